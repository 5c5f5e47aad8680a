"""Ratings: each matter once, confidential, and what is low becomes a case of the office with a deadline."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from huimin.v1 import common_pb2, form_pb2, rating_pb2
from sqlalchemy import select, text

from backend.calendar import Calendar
from backend.clock import county_day
from backend.storage import audit, ratings, retention
from backend.storage.tables import AttachmentRow, AuditEntryRow, RatingCaseRow, RatingRow
from backend.upkeep import hourly, once
from backend_client.forms.reference import new_reference
from tests.backend.house import Failed, House, command, failed
from tests.backend.test_sealing import CLERK, found_in, on_disk
from tests.backend.test_sessions_and_cases import apply, by_reference, get
from tests.postgres import BOTH

SERVICE = "services/permit"
REASON = "排了两个小时的队"
SOUND = b"RIFF, and why somebody was dissatisfied, said aloud. " * 2000


def rating(level: int, **given: str) -> rating_pb2.Rating:
    """A rating of a service in a visit, unless a reference is given."""
    made = rating_pb2.Rating(
        name=f"ratings/{uuid.uuid4()}",
        satisfaction=rating_pb2.Satisfaction.ValueType(level),
        channel=common_pb2.CHANNEL_TERMINAL,
        service=SERVICE,
    )
    for name, value in given.items():
        setattr(made, name, value)
    if not made.WhichOneof("matter"):
        made.visit = f"visits/{uuid.uuid4()}"
    return made


async def rate(house: House, given: rating_pb2.Rating) -> bool:
    answer = await house.stubs.rating.CreateRating(rating_pb2.CreateRatingRequest(rating=given))
    return answer.case_opened


async def refused(house: House, given: rating_pb2.Rating) -> Failed:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await rate(house, given)
    return failed(caught.value)


async def upload(house: House, given: rating_pb2.Rating, sound: bytes = SOUND) -> str:
    """The recording of a rating."""
    name = f"attachments/{uuid.uuid4()}"
    described = form_pb2.AttachmentInfo(
        name=name,
        submission=given.name.replace("ratings", "submissions"),
        media_type="audio/wav",
        size_bytes=len(sound),
        sha256=hashlib.sha256(sound).digest(),
    )
    parts = [form_pb2.UploadAttachmentRequest(info=described)]
    parts += [
        form_pb2.UploadAttachmentRequest(chunk=sound[start : start + 65536])
        for start in range(0, len(sound), 65536)
    ]
    await house.stubs.form.UploadAttachment(iter(parts))
    return name


async def kept(house: House) -> list[tuple[str, int]]:
    """Service and level of every rating."""
    rows = await house.database.read(
        lambda connection: connection.execute(select(RatingRow.service, RatingRow.satisfaction)).all()
    )
    return [(row.service, row.satisfaction) for row in rows]


@BOTH
async def test_a_matter_is_rated_once_however_often_it_is_sent(house: House) -> None:
    given = rating(2)
    answers = await asyncio.gather(*(rate(house, given) for _ in range(8)))
    assert answers == [False] * 8
    assert await kept(house) == [(SERVICE, 2)]
    again = rating(5, visit=given.visit)
    assert (await refused(house, again)).reason == "MATTER_RATED"
    assert not await rate(house, rating(1, visit=given.visit, service="services/letter"))
    assert len(await kept(house)) == 2
    assert await house.database.read(ratings.cases) == []


@BOTH
async def test_of_many_that_rate_the_same_case_at_once_one_counts(house: House, form: form_pb2.Form) -> None:
    reference = await apply(house, form)
    assert not (await get(house, await by_reference(house, reference), reference)).rated
    outcomes = await asyncio.gather(
        *(rate(house, rating(level, reference=reference)) for level in (1, 2, 3, 4, 5)),
        return_exceptions=True,
    )
    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 1
    assert len(await kept(house)) == 1
    assert (await get(house, await by_reference(house, reference), reference)).rated


async def test_the_service_of_a_case_need_not_be_named(house: House, form: form_pb2.Form) -> None:
    reference = await apply(house, form)
    await rate(house, rating(1, reference=reference, service=""))
    assert await kept(house) == [(SERVICE, 1)]
    await rate(house, rating(1, reference=new_reference()))  # its application is still in a queue
    unknown = rating(1, reference=new_reference(), service="")
    assert (await refused(house, unknown)).reason == "SERVICE_UNKNOWN"
    assert (await refused(house, rating(1, service="services/none"))).reason == "SERVICE_UNKNOWN"


async def test_what_is_malformed_is_refused(house: House) -> None:
    given = rating(2, reason=REASON)
    assert (await refused(house, given)).violations == {"rating.reason": "OUT_OF_RANGE"}
    assert (await refused(house, rating(0))).violations == {"rating.satisfaction": "REQUIRED"}
    assert (await refused(house, rating(1, service=""))).violations == {"rating.service": "REQUIRED"}
    wrong = rating(1, reference="123456789012")
    assert (await refused(house, wrong)).violations == {"rating.reference": "MALFORMED"}
    low = rating(5, reason="\x07" * 3)
    assert (await refused(house, low)).violations == {"rating.reason": "BAD_CHARACTER"}
    nothing = rating_pb2.Rating(
        name=f"ratings/{uuid.uuid4()}",
        channel=common_pb2.CHANNEL_TERMINAL,
        satisfaction=rating_pb2.SATISFACTION_VERY_SATISFIED,
    )
    assert (await refused(house, nothing)).violations == {"rating.matter": "REQUIRED"}
    assert await kept(house) == []


@BOTH
async def test_a_low_rating_opens_a_case_of_the_office_with_a_deadline(
    house: House, form: form_pb2.Form
) -> None:
    reference = await apply(house, form)
    assert await rate(house, rating(4, reference=reference, reason=f" {REASON}\n"))
    assert await rate(house, rating(5))
    first, second = await house.database.read(ratings.cases)
    assert (first.service, first.reference, first.reason, first.satisfaction) == (
        SERVICE,
        reference,
        REASON,
        4,
    )
    assert (second.reference, second.reason, second.recording) == (None, "", None)
    assert first.due_day == Calendar().add_working_days(county_day(house.clock()), 15)
    url = house.database.url
    given = (
        "" if url.get_backend_name() == "sqlite" else url.set(drivername="postgresql").render_as_string(False)
    )
    assert found_in(on_disk(given, house.data), (REASON,)) == []
    assert await house.database.write(ratings.answer, first.number, "已增开窗口", house.clock())
    assert [
        case.number for case in await house.database.read(lambda c: ratings.cases(c, answered=False))
    ] == [second.number]
    assert not await house.database.write(ratings.answer, 999, "…", house.clock())


async def test_the_reason_may_be_spoken_and_stays_though_no_case_has_it(house: House) -> None:
    given = rating(5)
    given.recording = f"attachments/{uuid.uuid4()}"
    assert (await refused(house, given)).reason == "ATTACHMENT_MISSING"
    assert await kept(house) == []
    given.recording = await upload(house, given)
    assert await rate(house, given)
    unclaimed = rating(5)
    await upload(house, unclaimed)
    house.clock.forward(days=31)
    await once(hourly(house.database, house.clock))
    left = await house.database.read(
        lambda connection: list(connection.execute(select(AttachmentRow.name)).scalars())
    )
    assert left == [given.recording]


async def test_nothing_tells_who_rated(house: House, form: form_pb2.Form) -> None:
    """Not even with the whole database and its keys' owner asleep: no name, no reference, no minute."""
    reference = await apply(house, form)
    given = rating(1, reference=reference)
    await rate(house, given)
    rows = await house.database.read(
        lambda connection: connection.execute(text("SELECT * FROM ratings")).mappings().all()
    )
    assert len(rows) == 1
    shown = str(dict(rows[0])).encode()
    assert reference.encode() not in shown
    assert given.name.removeprefix("ratings/").encode() not in shown
    assert str(rows[0]["day"]) == county_day(house.clock()).isoformat()
    entries = await house.database.read(
        lambda connection: connection.execute(
            select(AuditEntryRow.object, AuditEntryRow.person, AuditEntryRow.credential).where(
                AuditEntryRow.action == "RatingService.CreateRating"
            )
        ).all()
    )
    assert [tuple(entry) for entry in entries] == [("ratings", None, "door")]


@BOTH
async def test_an_erased_case_takes_its_reason_along_and_the_rating_stays(
    house: House, form: form_pb2.Form
) -> None:
    reference = await apply(house, form)
    given = rating(5, reference=reference, reason=REASON)
    given.recording = await upload(house, given)
    await rate(house, given)
    await house.database.write(
        lambda connection: retention.erase(connection, [reference], CLERK, "person erase", house.clock())
    )
    [case] = await house.database.read(ratings.cases)
    assert (case.reason, case.recording, case.reference) == ("", None, None)
    assert await kept(house) == [(SERVICE, 5)]
    gone = await house.database.read(
        lambda connection: list(
            connection.execute(
                select(AttachmentRow.name).where(AttachmentRow.name == given.recording)
            ).scalars()
        )
    )
    assert gone == []


async def test_what_was_answered_is_erased_after_its_time(house: House) -> None:
    await rate(house, rating(4, reason=REASON))
    [case] = await house.database.read(ratings.cases)
    await house.database.write(ratings.answer, case.number, "已处理", house.clock())
    house.clock.forward(days=1094)
    assert await house.database.write(ratings.erase_due, house.clock()) == 0
    house.clock.forward(days=2)
    assert await house.database.write(ratings.erase_due, house.clock()) == 1
    [case] = await house.database.read(ratings.cases)
    assert (case.reason, case.answer) == ("", "")


@BOTH
async def test_totals_are_by_week_service_and_door(house: House) -> None:
    house.clock.moment = datetime(
        2026, 11, 22, 15, 30, tzinfo=UTC
    )  # Sunday in the county, to Monday in UTC+9
    for level in (1, 1, 2):
        await rate(house, rating(level))
    house.clock.forward(hours=1)  # Monday in the county
    given = rating(3)
    given.channel = common_pb2.CHANNEL_PHONE
    await rate(house, given)
    monday = datetime(2026, 11, 16).date()
    found = await house.database.read(ratings.totals, monday, monday + timedelta(days=13))
    assert [(total.week.isoformat(), total.channel, total.counts) for total in found] == [
        ("2026-11-16", common_pb2.CHANNEL_TERMINAL, (2, 1, 0, 0, 0)),
        ("2026-11-23", common_pb2.CHANNEL_PHONE, (0, 0, 1, 0, 0)),
    ]
    only = await house.database.read(ratings.totals, monday, monday + timedelta(days=6))
    assert len(only) == 1


async def test_clerks_list_show_answer_and_count(house: House, tmp_path: Path) -> None:
    spoken = rating(5)
    spoken.recording = await upload(house, spoken)
    await rate(house, spoken)
    await rate(house, rating(4, reason=REASON))
    for _ in range(4):
        await rate(house, rating(1, service="services/letter"))
    data = ("--data", house.data)
    code, listed, _ = await command("rating", "list", *data)
    assert code == 0
    due = Calendar().add_working_days(county_day(house.clock()), 15).isoformat()
    assert listed.splitlines() == [
        f"1  by {due}  Permit  terminal  very dissatisfied",
        f"2  by {due}  Permit  terminal  dissatisfied",
    ]
    file = tmp_path / "reason.wav"
    code, _, _ = await command("rating", "show", *data, "1", "--recording", file)
    assert (code, file.read_bytes()) == (0, SOUND)
    code, shown, _ = await command("rating", "show", *data, "2")
    assert f"Reason: {REASON}" in shown
    assert (await command("rating", "answer", *data, "2", "已增开窗口"))[0] == 0
    assert len((await command("rating", "list", *data))[1].splitlines()) == 1
    assert len((await command("rating", "list", "--all", *data))[1].splitlines()) == 2
    code, out, _ = await command("rating", "totals", "--csv", *data)
    rows = list(csv.DictReader(io.StringIO(out)))
    # Two of the one, four of the other: of neither the levels are told.
    assert [(row["service"], row["ratings"], row["satisfied"]) for row in rows] == [
        ("services/letter", "4", ""),
        ("services/permit", "2", ""),
    ]
    await rate(house, rating(2, service="services/letter"))
    code, out, _ = await command("rating", "totals", "--csv", *data)
    row = next(csv.DictReader(io.StringIO(out)))
    assert (row["ratings"], row["very_satisfied"], row["satisfied"], row["dissatisfied"]) == (
        "5",
        "4",
        "1",
        "0",
    )
    assert (await command("rating", "totals", "--week", "2026-W54", *data))[0] == 2
    assert (await command("rating", "totals", "--week", "2020-W01", *data))[
        1
    ] == "There are no ratings in that time.\n"
    actions = [kept.entry.action for kept in await house.database.read(audit.entries)]
    assert [action for action in actions if action.startswith("rating ")] == [
        "rating list", "rating show", "rating show", "rating answer", "rating list", "rating list",
    ]  # fmt: skip


async def test_the_office_sees_no_more_than_it_needs(house: House) -> None:
    columns = {column.name for column in RatingCaseRow.__table__.columns}
    assert not columns & {"person", "applicant", "door", "visit", "matter", "name"}
    assert {column.name for column in RatingRow.__table__.columns} == {
        "name", "matter", "service", "channel", "satisfaction", "day",
    }  # fmt: skip
