"""Appointments: booked by sending a form, moved, cancelled, checked in, and never more than places."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import grpc
import pytest
import pytest_asyncio
from huimin.v1 import appointment_pb2 as pb
from huimin.v1 import appointment_pb2_grpc, case_pb2, common_pb2, form_pb2, form_pb2_grpc, identity_pb2
from sqlalchemy import Connection, select

from backend.appointments.changing import settle
from backend.settings import PACKAGED
from backend.storage import submissions
from backend.storage.tables import AppointmentRow, AuditEntryRow, MessageRow, SlotRow
from tests.backend import house as running
from tests.backend.house import Clock, Failed, House, failed
from tests.backend.sample import resident, submission
from tests.postgres import BOTH

COUNTERS = "counters/property-registration"
NINE = "2026-12-01T09:00@property-registration"
TEN = "2026-12-01T10:00@property-registration"
PLACES = 3
MORNING = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
"""Ten o'clock on a Monday in the county."""

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def office(tmp_path: Path, database: str) -> AsyncIterator[House]:
    """The demonstration content on a Monday morning."""
    async with running.house(tmp_path / "data", PACKAGED, Clock(MORNING), database=database) as started:
        yield started


def desk(house: House) -> appointment_pb2_grpc.AppointmentServiceAsyncStub:
    return appointment_pb2_grpc.AppointmentServiceStub(house.stubs.channel)


async def form_of(house: House, name: str = "forms/property-registration") -> form_pb2.Form:
    return (await house.stubs.form.GetForm(form_pb2.GetFormRequest(name=name))).form


def wish(form: form_pb2.Form, slot: str, who: int = 1) -> form_pb2.Submission:
    given = {
        "matter": form_pb2.Answer(choice="sale"),
        "full_name": form_pb2.Answer(text="示范居民"),
        "identity_number": form_pb2.Answer(identity_number=resident(who)),
        "phone": form_pb2.Answer(phone_number="13800000000"),
        "appointment": form_pb2.Answer(slot=slot),
    }
    for name, answer in given.items():
        answer.field = name
    return submission(form, given=list(given.values()))


async def send(house: House, one: form_pb2.Submission) -> str:
    request = form_pb2.CreateSubmissionRequest(submission=one)
    return str((await house.stubs.form.CreateSubmission(request)).reference)


async def refused(call: object) -> Failed:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call  # type: ignore[misc]
    return failed(caught.value)


async def session(house: House, reference: str, who: int = 1) -> tuple[tuple[str, str]]:
    credential = identity_pb2.ReferenceCredential(reference=reference, identity_suffix=resident(who)[-6:])
    request = identity_pb2.CreateSessionRequest(reference=credential)
    return (("authorization", f"Bearer {(await house.stubs.identity.CreateSession(request)).token}"),)


async def shown(house: House, reference: str, who: int = 1) -> case_pb2.Case:
    request = case_pb2.GetCaseRequest(name=f"cases/{reference}")
    answer = await house.stubs.case.GetCase(request, metadata=await session(house, reference, who))
    return answer.case_record


async def free(house: House, slot: str) -> int:
    answer = await desk(house).ListSlots(pb.ListSlotsRequest(counters=f"counters/{slot.partition('@')[2]}"))
    return next(one.free for day in answer.days for one in day.slots if one.name == slot)


def moving(reference: str, slot: str) -> pb.MoveAppointmentRequest:
    return pb.MoveAppointmentRequest(name=f"cases/{reference}", slot=slot, language=common_pb2.LANGUAGE_ZH_CN)


def cancelling(reference: str) -> pb.CancelAppointmentRequest:
    return pb.CancelAppointmentRequest(name=f"cases/{reference}", language=common_pb2.LANGUAGE_EN)


async def places_taken(house: House) -> dict[str, tuple[int, int]]:
    """By time of day: what the slot counts, and how many appointments hold a place of it."""

    def read(connection: Connection) -> dict[str, tuple[int, int]]:
        counted = {row.start_time: row.taken for row in connection.execute(select(SlotRow))}
        held = Counter(
            row.start_time
            for row in connection.execute(select(AppointmentRow))
            if row.state == pb.APPOINTMENT_STATE_BOOKED
        )
        local = timedelta(hours=8)
        return {f"{at + local:%H:%M}": (taken, held[at]) for at, taken in counted.items()}

    return await house.database.read(read)


@BOTH
async def test_two_hundred_clients_at_once_never_get_more_than_the_places(office: House) -> None:
    form = await form_of(office)
    slots = [NINE, TEN]
    channels = [
        grpc.aio.insecure_channel(office.address, options=[("grpc.use_local_subchannel_pool", 1)])
        for _ in range(200)
    ]
    await asyncio.gather(*(channel.channel_ready() for channel in channels))

    async def book(number: int) -> str:
        stub = form_pb2_grpc.FormServiceStub(channels[number])
        request = form_pb2.CreateSubmissionRequest(submission=wish(form, slots[number % 2], number))
        try:
            return "" if (await stub.CreateSubmission(request)).reference else "no reference"
        except grpc.aio.AioRpcError as error:
            return failed(error).violations["answers.appointment"]

    came = Counter(await asyncio.gather(*(book(number) for number in range(200))))
    await asyncio.gather(*(channel.close() for channel in channels))
    assert came == {"": 2 * PLACES, "SLOT_TAKEN": 200 - 2 * PLACES}
    assert await places_taken(office) == {"09:00": (PLACES, PLACES), "10:00": (PLACES, PLACES)}
    assert await free(office, NINE) == 0


@BOTH
async def test_appointments_moved_and_cancelled_at_once_leave_every_place_counted(office: House) -> None:
    form = await form_of(office)
    booked = [await send(office, wish(form, NINE if who < PLACES else TEN, who)) for who in range(5)]
    sessions = [await session(office, one, who) for who, one in enumerate(booked)]

    async def change(number: int) -> None:
        who, round_ = number % 5, number // 5
        try:
            if who == 4 and round_ == 3:
                await desk(office).CancelAppointment(cancelling(booked[who]), metadata=sessions[who])
            else:
                slot = NINE if (who + round_) % 2 else TEN
                await desk(office).MoveAppointment(moving(booked[who], slot), metadata=sessions[who])
        except grpc.aio.AioRpcError as error:
            why = failed(error)
            assert "SLOT_TAKEN" in why.violations.values() or why.reason == "APPOINTMENT_OVER", why

    await asyncio.gather(*(change(number) for number in range(40)))
    taken = await places_taken(office)
    assert sum(held for _, held in taken.values()) == 4
    assert all(counted == held <= PLACES for counted, held in taken.values()), taken


async def test_slots_are_listed_within_hours_and_days_and_full_ones_stand_there_as_full(
    office: House,
) -> None:
    answer = await desk(office).ListSlots(pb.ListSlotsRequest(counters=COUNTERS))
    days = [date(day.day.year, day.day.month, day.day.day) for day in answer.days]
    assert days[0] == date(2026, 11, 30) and days[-1] == date(2026, 12, 14)
    assert all(day.weekday() < 5 for day in days)
    assert answer.days[0].slots[0].name == "2026-11-30T11:00@property-registration"  # an hour from now
    assert [slot.name[11:16] for slot in answer.days[1].slots] == [
        *("09:00", "09:30", "10:00", "10:30", "11:00", "11:30"),
        *("13:30", "14:00", "14:30", "15:00", "15:30", "16:00", "16:30"),
    ]
    form = await form_of(office)
    for who in range(PLACES):
        await send(office, wish(form, NINE, who))
    assert await free(office, NINE) == 0
    wrong = await refused(send(office, wish(form, NINE, 7)))
    assert (wrong.reason, wrong.violations) == ("ANSWERS_INVALID", {"answers.appointment": "SLOT_TAKEN"})


NO_SLOTS = (
    "2026-11-30T10:30@property-registration",  # too soon
    "2026-12-05T09:00@property-registration",  # a Saturday
    "2026-12-01T12:00@property-registration",  # at noon
    "2026-12-01T09:10@property-registration",  # between two
    "2026-12-15T09:00@property-registration",  # too far ahead
    "2026-12-01T09:00@marriage-registration",  # elsewhere
    "2026-13-01T09:00@property-registration",
    "soon",
)


async def test_what_is_no_slot_is_not_booked(office: House) -> None:
    form = await form_of(office)
    for slot in NO_SLOTS:
        wrong = await refused(send(office, wish(form, slot)))
        assert wrong.violations == {"answers.appointment": "NO_SUCH_SLOT"}, slot
    assert await places_taken(office) == {}


async def test_a_booking_sent_twice_takes_one_place(office: House) -> None:
    one = wish(await form_of(office), NINE)
    assert await send(office, one) == await send(office, one)
    assert await places_taken(office) == {"09:00": (1, 1)}


@BOTH
async def test_a_person_who_books_twice_at_once_gets_one_appointment(office: House) -> None:
    form = await form_of(office)
    slots = [f"2026-12-0{day}T{hour}:00@property-registration" for day in (1, 2, 3) for hour in (10, 11, 14)]
    came = await asyncio.gather(*(send(office, wish(form, slot)) for slot in slots), return_exceptions=True)
    refusals = [failed(one) for one in came if isinstance(one, grpc.aio.AioRpcError)]
    assert len(refusals) == len(slots) - 1, came
    assert {one.violations["answers.appointment"] for one in refusals} == {"ALREADY_BOOKED"}


async def test_a_person_has_one_appointment_at_a_time_for_a_matter(office: House) -> None:
    form = await form_of(office)
    reference = await send(office, wish(form, NINE))
    wrong = await refused(send(office, wish(form, TEN)))
    assert wrong.violations == {"answers.appointment": "ALREADY_BOOKED"}
    await desk(office).CancelAppointment(cancelling(reference), metadata=await session(office, reference))
    await send(office, wish(form, TEN))
    assert await places_taken(office) == {"09:00": (0, 0), "10:00": (1, 1)}


async def test_an_appointment_is_moved_and_keeps_its_reference(office: House) -> None:
    reference = await send(office, wish(await form_of(office), NINE))
    before = (await shown(office, reference)).appointment
    assert (before.state, before.slot, before.minutes) == (pb.APPOINTMENT_STATE_BOOKED, NINE, 30)
    assert before.changeable and not before.check_in_open and "不动产" in before.title.zh_cn
    known = await session(office, reference)
    for _ in range(2):  # once more changes nothing
        moved = await desk(office).MoveAppointment(moving(reference, TEN), metadata=known)
        assert moved.appointment.slot == TEN
    case = await shown(office, reference)
    assert [event.note for event in case.events] == ["", "已改约到2026年12月1日 星期二 上午10:00。"]
    assert case.state == case_pb2.CASE_STATE_RECEIVED
    assert await places_taken(office) == {"09:00": (0, 0), "10:00": (1, 1)}
    wrong = await refused(
        desk(office).MoveAppointment(moving(reference, TEN[:10] + "T12:30@x"), metadata=known)
    )
    assert wrong.violations == {"slot": "NO_SUCH_SLOT"}


async def test_a_cancelled_appointment_gives_its_place_back_and_is_over(office: House) -> None:
    reference = await send(office, wish(await form_of(office), NINE))
    known = await session(office, reference)
    for _ in range(2):
        answer = await desk(office).CancelAppointment(cancelling(reference), metadata=known)
        assert answer.appointment.state == pb.APPOINTMENT_STATE_CANCELLED
    case = await shown(office, reference)
    assert (case.state, case.events[-1].note) == (
        case_pb2.CASE_STATE_WITHDRAWN,
        "Cancelled by the applicant.",
    )
    assert len(case.events) == 2
    assert (await refused(desk(office).MoveAppointment(moving(reference, TEN), metadata=known))).reason == (
        "APPOINTMENT_OVER"
    )
    assert await places_taken(office) == {"09:00": (0, 0)}


async def test_only_a_session_of_the_case_changes_its_appointment(office: House) -> None:
    form = await form_of(office)
    mine, other = await send(office, wish(form, NINE, 1)), await send(office, wish(form, NINE, 2))
    theirs = await session(office, other, 2)
    for call in (
        desk(office).MoveAppointment(moving(mine, TEN), metadata=theirs),
        desk(office).CancelAppointment(cancelling(mine), metadata=theirs),
        desk(office).CheckIn(pb.CheckInRequest(name=f"cases/{mine}"), metadata=theirs),
    ):
        assert (await refused(call)).reason == "CASE_UNKNOWN"
    assert (await refused(desk(office).CancelAppointment(cancelling(mine)))).reason == "SESSION_NEEDED"
    assert (await shown(office, mine)).appointment.state == pb.APPOINTMENT_STATE_BOOKED

    def trail(connection: Connection) -> list[tuple[str, str]]:
        found = connection.execute(
            select(AuditEntryRow.action, AuditEntryRow.outcome).where(AuditEntryRow.object == f"cases/{mine}")
        )
        return [(row.action, row.outcome) for row in found]

    assert ("AppointmentService.CancelAppointment", "CASE_UNKNOWN") in await office.database.read(trail)


async def test_a_deferred_booking_without_a_place_is_kept_unconfirmed_and_can_choose_another(
    office: House,
) -> None:
    form = await form_of(office)
    for who in range(PLACES):
        await send(office, wish(form, NINE, who))
    leased = await office.stubs.form.LeaseReferences(form_pb2.LeaseReferencesRequest(wanted=2))
    late = wish(form, NINE, 8)
    late.reference, late.deferred = leased.fresh[0], True
    assert await send(office, late) == leased.fresh[0]
    reference = leased.fresh[0]
    appointment = (await shown(office, reference, 8)).appointment
    assert (appointment.state, appointment.changeable) == (pb.APPOINTMENT_STATE_UNCONFIRMED, True)
    assert await office.database.read(submissions.problems, reference) == ("answers.appointment:SLOT_TAKEN",)
    assert await places_taken(office) == {"09:00": (PLACES, PLACES)}
    moved = await desk(office).MoveAppointment(
        moving(reference, TEN), metadata=await session(office, reference, 8)
    )
    assert moved.appointment.state == pb.APPOINTMENT_STATE_BOOKED
    assert await places_taken(office) == {"09:00": (PLACES, PLACES), "10:00": (1, 1)}
    free_one = wish(form, TEN, 9)
    free_one.reference, free_one.deferred = leased.fresh[1], True
    await send(office, free_one)
    assert (await shown(office, leased.fresh[1], 9)).appointment.state == pb.APPOINTMENT_STATE_BOOKED


async def test_who_checks_in_gets_a_ticket_that_goes_first(office: House) -> None:
    reference = await send(office, wish(await form_of(office), NINE))
    request = pb.CheckInRequest(name=f"cases/{reference}")
    known = await session(office, reference)
    assert (await refused(desk(office).CheckIn(request, metadata=known))).reason == "NOT_YET"
    office.clock.moment = datetime(2026, 12, 1, 1, 5, tzinfo=UTC)  # five past nine
    walk_in = pb.IssueTicketRequest(counters=COUNTERS, request_id=str(uuid.uuid4()))
    before = (await desk(office).IssueTicket(walk_in)).ticket
    assert (before.number, before.ahead, before.appointment) == ("C001", 0, False)
    known = await session(office, reference)
    tickets = [(await desk(office).CheckIn(request, metadata=known)).ticket for _ in range(2)]
    assert [(one.number, one.ahead, one.appointment) for one in tickets] == [("D001", 0, True)] * 2
    again = (await desk(office).IssueTicket(walk_in)).ticket
    assert (again.number, again.ahead, again.wait_minutes) == ("C001", 1, 15)
    case = await shown(office, reference)
    assert (case.appointment.state, case.appointment.ticket) == (pb.APPOINTMENT_STATE_CHECKED_IN, "D001")
    assert "D001" in case.events[-1].note


async def test_who_comes_too_late_is_told_so(office: House) -> None:
    reference = await send(office, wish(await form_of(office), NINE))
    office.clock.moment = datetime(2026, 12, 1, 1, 31, tzinfo=UTC)
    known = await session(office, reference)
    wrong = await refused(desk(office).CheckIn(pb.CheckInRequest(name=f"cases/{reference}"), metadata=known))
    assert wrong.reason == "TOO_LATE_TO_CHECK_IN"
    assert (await refused(desk(office).CancelAppointment(cancelling(reference), metadata=known))).reason == (
        "APPOINTMENT_OVER"
    )


async def test_tickets_are_given_out_while_the_counters_serve_and_say_when_they_will(office: House) -> None:
    asked = pb.IssueTicketRequest(counters=COUNTERS, request_id=str(uuid.uuid4()))
    office.clock.moment = datetime(2026, 11, 28, 4, 0, tzinfo=UTC)  # Saturday noon
    wrong = await refused(desk(office).IssueTicket(asked))
    assert (wrong.reason, wrong.metadata["opens"]) == ("COUNTERS_CLOSED", "2026-11-30T09:00")
    office.clock.moment = datetime(2026, 11, 30, 4, 30, tzinfo=UTC)  # in the break at noon
    assert (await desk(office).IssueTicket(asked)).ticket.number == "C001"
    office.clock.moment = datetime(2026, 11, 30, 8, 41, tzinfo=UTC)  # twenty minutes before five
    late = pb.IssueTicketRequest(counters=COUNTERS, request_id=str(uuid.uuid4()))
    wrong = await refused(desk(office).IssueTicket(late))
    assert (wrong.reason, wrong.metadata["opens"]) == ("COUNTERS_CLOSED", "2026-12-01T09:00")
    queue = (await desk(office).GetCounters(pb.GetCountersRequest(name=COUNTERS))).queue
    assert (queue.waiting, queue.giving_tickets, queue.opens) == (1, False, "2026-12-01T09:00")
    nowhere = pb.IssueTicketRequest(counters="counters/nowhere", request_id=str(uuid.uuid4()))
    assert (await refused(desk(office).IssueTicket(nowhere))).reason == "COUNTERS_UNKNOWN"


@BOTH
async def test_tickets_asked_for_at_once_have_numbers_without_gaps(office: House) -> None:
    async def ask(name: str) -> str:
        request = pb.IssueTicketRequest(counters=COUNTERS, request_id=name)
        return str((await desk(office).IssueTicket(request)).ticket.number)

    names = [str(uuid.uuid4()) for _ in range(40)] * 2  # each is asked for twice
    numbers = await asyncio.gather(*(ask(name) for name in names))
    assert sorted(set(numbers)) == [f"C{number:03d}" for number in range(1, 41)]
    assert numbers[:40] == numbers[40:]


async def test_no_more_tickets_than_can_be_served_today(office: House) -> None:
    office.clock.moment = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)  # an hour before closing, four counters
    given = 0
    while True:
        request = pb.IssueTicketRequest(counters=COUNTERS, request_id=str(uuid.uuid4()))
        try:
            await desk(office).IssueTicket(request)
        except grpc.aio.AioRpcError as error:
            assert failed(error).reason == "QUEUE_OF_TODAY_FULL"
            break
        given += 1
    assert given == 16  # sixty minutes, fifteen a matter, four counters


async def test_appointments_that_nobody_ended_are_ended(office: House) -> None:
    form = await form_of(office)
    came, missed = await send(office, wish(form, NINE, 1)), await send(office, wish(form, NINE, 2))
    office.clock.moment = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    known = await session(office, came, 1)
    await desk(office).CheckIn(pb.CheckInRequest(name=f"cases/{came}"), metadata=known)
    assert await office.database.write(settle, office.clock()) == 0
    office.clock.forward(hours=13)
    assert await office.database.write(settle, office.clock()) == 2
    one, other = await shown(office, came, 1), await shown(office, missed, 2)
    assert (one.state, one.appointment.state) == (case_pb2.CASE_STATE_COMPLETED, pb.APPOINTMENT_STATE_KEPT)
    assert (other.state, other.appointment.state) == (
        case_pb2.CASE_STATE_WITHDRAWN,
        pb.APPOINTMENT_STATE_MISSED,
    )


async def test_the_day_before_its_holder_is_reminded_of_the_appointment_as_it_is_then(office: House) -> None:
    form = await form_of(office)
    wednesday = "2026-12-02T09:00@property-registration"
    reference = await send(office, wish(form, wednesday))

    def reminders(connection: Connection) -> list[tuple[str, datetime]]:
        row = MessageRow
        found = connection.execute(
            select(row.kind, row.due_time).where(row.reference == reference, row.kind.like("appointment%"))
        )
        return [(one.kind, one.due_time) for one in found]

    first = ("appointment_reminder", datetime(2026, 12, 1, 2, 0, tzinfo=UTC))
    assert await office.database.read(reminders) == [first]
    known = await session(office, reference)
    friday = "2026-12-04T09:00@property-registration"
    await desk(office).MoveAppointment(moving(reference, friday), metadata=known)
    later = ("appointment_reminder", datetime(2026, 12, 3, 2, 0, tzinfo=UTC))
    assert sorted(await office.database.read(reminders)) == [("appointment_moved", MORNING), later]
    await desk(office).CancelAppointment(cancelling(reference), metadata=known)
    kinds = sorted(kind for kind, _ in await office.database.read(reminders))
    assert kinds == ["appointment_cancelled", "appointment_moved"]
