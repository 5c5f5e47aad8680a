"""Appointments by telephone: booked by keys, read back, moved and cancelled by reference."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from backend.settings import PACKAGED
from backend.storage import appointments
from backend.storage.appointments import Time
from backend_client.appointment import AppointmentState
from backend_client.case import Case
from foundation.language import Language
from ivr.dialogue.services import offered
from tests.backend import house as running
from tests.backend.house import Clock, House
from tests.backend.sample import resident
from tests.ivr.calling import FAST
from tests.ivr.conftest import Phone
from tests.ivr.county import County
from tests.ivr.people import IDENTITY, IDENTITY_X, keyed, suffix
from tests.ivr.test_shipped_content import way_to

pytestmark = pytest.mark.asyncio(loop_scope="module")

MONDAY = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
"""Ten o'clock in the county."""
FORM = "forms/property-registration"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The demonstration content on a Monday morning."""
    data = tmp_path_factory.mktemp("house") / "data"
    async with running.house(data, PACKAGED, Clock(MONDAY)) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def line(house: House, tmp_path: Path) -> AsyncIterator[Phone]:
    """The phone line of that county."""
    made = Phone(County(house.data, PACKAGED), tmp_path / "phone", house.address)
    made.set(timing=FAST.model_copy(update={"first_key": 20.0}))
    await made.open()
    yield made
    await made.close()


async def way(line: Phone) -> str:
    """The keys from the main menu to what is booked."""
    listed = (await line.client.list_services(page_size=200)).items
    there = list(offered(listed))
    forms = [one.form for one in offered(listed)["book"]]
    return f"2\n{way_to(there.index('book'))}\n{way_to(forms.index(FORM))}"


def answers(identity: str) -> str:
    """A sale, who comes, and where they are called, until the days are offered."""
    return f"1\n1\n1\n请听我说\n1\n{keyed(identity)}\n1\n13800001111\n1"


async def case_of(line: Phone, reference: str, identity: str) -> Case:
    session = await line.client.sign_in_with_reference(reference, identity[-6:])
    return await line.client.get_case(session, reference)


async def fill(house: House, start: datetime) -> None:
    """Others take all places of a slot."""
    for _ in range(3):
        time = Time("property-registration", start, 30, 3)
        assert await house.database.write(appointments.take, time)


async def booked(line: Phone, identity: str, language: Language = Language.ZH_CN) -> str:
    """Books the first time of the second day; the reference."""
    before = set(line.county.references())
    heard = await line.call(f"{await way(line)}\n1\n{answers(identity)}\n2\n1\n1\n1\n*\n!", language)
    assert "booked.time" in heard.prompts, heard.prompts
    (reference,) = set(line.county.references()) - before
    return reference


@pytest.mark.parametrize("language", Language)
async def test_a_day_and_a_time_are_chosen_read_back_and_booked(
    line: Phone, house: House, language: Language
) -> None:
    identity = IDENTITY if language is Language.EN else IDENTITY_X
    before = set(line.county.references())
    # The second day; more times, the first of them; not this one after all; the second day, its first time.
    keys = f"{await way(line)}\n1\n{answers(identity)}\n2\n5\n1\n2\n2\n1\n1\n1\n*\n!"
    heard = await line.call(keys, language)
    (reference,) = set(line.county.references()) - before
    case = await case_of(line, reference, identity)
    assert case.appointment and case.appointment.state is AppointmentState.BOOKED
    assert case.appointment.slot.name == "2026-12-01T09:00@property-registration"
    said = heard.text
    if language is Language.ZH_CN:
        assert "您选的是十二月一日星期二上午十一点。" in said
        assert "您选的是十二月一日星期二上午九点。" in said
        assert heard.said("booked.time").startswith("预约成功，时间是十二月一日星期二上午九点。")
        assert "上午九点半，请按二" in said.replace(" ", "")
    else:
        assert "You chose Tuesday, the first of December, eleven a.m." in said
        assert heard.said("booked.time").startswith("You are booked for Tuesday, the first of December, nine")
    assert heard.prompts.count("slot.confirm") == 2
    kept = line.county.submission(reference)
    assert next(one.slot for one in kept.answers if one.field == "appointment") == case.appointment.slot.name


async def test_nobody_is_sent_for_a_ticket_to_counters_that_give_out_none(tmp_path: Path) -> None:
    content = tmp_path / "content"
    shutil.copytree(PACKAGED, content)
    file = content / FORM.replace("forms", "counters")
    text = file.with_suffix(".yaml").read_text("utf-8")
    without = re.sub(r"^tickets:\n(  .*\n)+", "", text, flags=re.M)
    assert without != text
    file.with_suffix(".yaml").write_text(without, "utf-8")
    async with running.house(tmp_path / "data", content, Clock(MONDAY)) as house:
        line = Phone(County(house.data, content), tmp_path / "phone", house.address)
        line.set(timing=FAST.model_copy(update={"first_key": 20.0}))
        await line.open()
        heard = await line.call(f"{await way(line)}\n1\n{answers(IDENTITY)}\n2\n1\n1\n1\n*\n!")
        await line.close()
    assert {"book.keys", "booked.time_no_ticket", "booked.place"} <= set(heard.prompts)
    assert "book.waiting_key" not in heard.prompts


async def test_what_is_full_is_not_offered_and_what_is_taken_meanwhile_is_chosen_again(
    line: Phone, house: House
) -> None:
    await fill(house, datetime(2026, 12, 3, 1, 0, tzinfo=UTC))
    async with line.calling() as live:
        live.does(f"{await way(line)}\n1\n{answers(resident(501))}\n4\n1")
        await live.until("slot.confirm")
        live.does("1")
        await live.until("summary.keys")
        await fill(house, datetime(2026, 12, 3, 1, 30, tzinfo=UTC))
        live.does("1")
        await live.until("problem.SLOT_TAKEN")
        live.does("4\n1\n1")
        await live.until("summary.keys")
        live.does("1")
        await live.until("booked.time")
    heard = live.heard
    assert "您选的是十二月三日星期四上午九点半。" in heard.text  # nine was full before
    assert heard.said("booked.time").startswith("预约成功，时间是十二月三日星期四上午十点。")


async def test_an_appointment_is_moved_and_cancelled_by_its_reference(line: Phone) -> None:
    identity = resident(502)
    reference = await booked(line, identity)
    end = suffix(identity)
    heard = await line.call(f"3 {reference} {end}\n5\n1\n3\n1\n1\n!")
    assert "您预约的时间是十二月一日星期二上午" in heard.text
    assert heard.said("appointment.BOOKED") == "您预约的时间是十二月二日星期三上午九点。"
    case = await case_of(line, reference, identity)
    assert case.appointment and case.appointment.slot.start.date().isoformat() == "2026-12-02"
    assert case.events[-1].note.startswith("已改约到2026年12月2日")
    kept = await line.call(f"3 {reference} {end}\n5\n2\n2\n!")
    assert "appointment.cancel_sure" in kept.prompts
    over = await line.call(f"3 {reference} {end}\n5\n2\n1\n!")
    assert "appointment.CANCELLED" in over.prompts
    case = await case_of(line, reference, identity)
    assert case.appointment and case.appointment.state is AppointmentState.CANCELLED
    again = await line.call(f"3 {reference} {end}\n!")
    assert "progress.appointment" not in again.prompts


async def test_how_many_are_waiting_is_said(line: Phone) -> None:
    heard = await line.call(f"{await way(line)}\n3\n!")
    assert heard.said("queue.nobody") == "现在没有人等候。"
    for _ in range(2):
        await line.client.issue_ticket("counters/property-registration", "", str(uuid4()))
    heard = await line.call(f"{await way(line)}\n3\n!")
    assert heard.said("queue.waiting") == "现在有两人等候，预计要等三十分钟。"


async def test_while_the_counters_are_closed_it_says_when_they_open(line: Phone, house: House) -> None:
    house.clock.moment = datetime(2026, 11, 28, 4, 0, tzinfo=UTC)  # a Saturday
    try:
        heard = await line.call(f"{await way(line)}\n3\n!")
    finally:
        house.clock.moment = MONDAY
    assert heard.said("queue.opens") == "现在还不能取号，十一月三十日星期一上午九点开始取号。"
