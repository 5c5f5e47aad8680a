"""What was entered outlives the terminal, and is taken up again within the hour by whom it belongs to."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio

from backend_client.forms.filling import Filling
from foundation.language import Language, LocalizedText
from hardware.simulators.cards import load
from kiosk.drafts.lifetime import moment
from kiosk.drafts.shelf import KEPT_SECONDS, SUFFIX
from kiosk.visit import events as did
from kiosk.visit.application import Draft
from kiosk.visit.pages import (
    CardTaken,
    CardWanted,
    Confirmation,
    Declaration,
    Door,
    EntryFault,
    Home,
    Introduction,
    KeptForLater,
    NothingKept,
    Question,
    Review,
    Slip,
    StillThere,
    TakeUpCode,
)
from kiosk.visit.visit import Pace
from tests.backend.house import House
from tests.kiosk.visit.terminal import (
    BY_HAND,
    CARD,
    LETTER,
    PACE,
    Terminal,
    eventually,
    submissions,
    terminal,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMPATIENT = Pace(waiting_mark=0.1, patience=0.3, countdown=1, card=5.0)
TYPED = "石桥街的路灯"


def drafts(folder: Path) -> list[Path]:
    """The files of drafts that lie on a terminal's disk."""
    return list((folder / "drafts").glob(f"*{SUFFIX}"))


@asynccontextmanager
async def after_a_crash(
    at: Terminal, house: House, tmp_path: Path, pace: Pace = PACE, *, out_of_service: bool = False
) -> AsyncIterator[Terminal]:
    """Another terminal with the disk as it is at this moment."""
    await at.shelf.settle()
    folder = tmp_path / "after"
    shutil.copytree(tmp_path / "drafts", folder / "drafts")
    async with terminal(house.address, folder, pace, out_of_service=out_of_service) as here:
        yield here


@pytest_asyncio.fixture(loop_scope="module")
async def hasty(house: House, tmp_path: Path) -> AsyncIterator[Terminal]:
    """A terminal that asks after 0.3 s, and ends the visit 1 s later."""
    async with terminal(house.address, tmp_path, IMPATIENT) as here:
        yield here


async def left(hasty: Terminal) -> None:
    """Waits until an idle visit is over."""
    await hasty.until(lambda: Door.CONTINUE in hasty.visit.home.doors, 20)
    assert isinstance(hasty.visit.page, Home)


async def keep_for_later(at: Terminal) -> KeptForLater:
    """A letter is begun, and kept."""
    await at.first_question(LETTER)
    at.do(did.Enter("1199"), did.Leave())
    page = at.do(did.KeepForLater())
    assert isinstance(page, KeptForLater)
    return page


async def test_whoever_still_stands_there_after_a_crash_sees_the_same_question(
    at: Terminal, house: House, tmp_path: Path
) -> None:
    at.do(did.SwitchLanguage())
    await at.card_taken()
    at.do(did.Next())
    at.answer_to("goods")
    at.do(did.Choose("tools"))
    before = at.question
    async with after_a_crash(at, house, tmp_path) as again:
        assert isinstance(again.visit.page, StillThere)
        assert again.visit.language is Language.EN
        assert not again.applications.begun, "nothing of theirs is there until they say so"
        page = await again.page(Question, did.TakeUp())
        assert (page.field.id, page.entered, page.number, page.total) == (
            before.field.id,
            before.entered,
            before.number,
            before.total,
        )
        again.do(did.Next())
        again.answer_to("")
        review = again.visit.page
        assert isinstance(review, Review)
        assert {line.field.id for line in review.summary[Language.EN] if line.prefilled} == {
            "full_name",
            "sex",
            "identity_number",
        }
        assert (await again.page(Declaration, did.Next())).form.name
        assert (await again.page(Confirmation, did.Send())).accepted.delivered
        await again.shelf.settle()
        assert not drafts(tmp_path / "after")


async def test_back_from_what_was_taken_up_loses_nothing(at: Terminal, house: House, tmp_path: Path) -> None:
    await at.first_question()
    at.answer_to("phone")
    async with after_a_crash(at, house, tmp_path) as again:
        await again.page(Question, did.TakeUp())
        for field in ("identity_number", "sex", "full_name"):
            page = again.do(did.Back())
            assert isinstance(page, Question)
            assert (page.field.id, page.entered) == (field, BY_HAND[field])
        assert isinstance(again.do(did.Back()), Introduction)
        assert isinstance(again.do(did.Back()), Home)


@pytest.mark.parametrize("step", ["review", "declaration"])
async def test_the_later_pages_come_back_too(at: Terminal, house: House, tmp_path: Path, step: str) -> None:
    before = await (at.review() if step == "review" else at.declaration())
    async with after_a_crash(at, house, tmp_path) as again:
        page = await again.page(type(before), did.TakeUp())
        assert type(page) is type(before)


async def test_what_is_no_answer_yet_comes_back_as_it_was_typed(
    at: Terminal, house: House, tmp_path: Path
) -> None:
    await at.first_question(LETTER)
    at.do(did.Enter("1199"))
    async with after_a_crash(at, house, tmp_path) as again:
        assert (await again.page(Question, did.TakeUp())).entered == "1199"


async def test_a_form_that_was_being_sent_when_the_terminal_died_is_taken_once(
    at: Terminal, house: House, tmp_path: Path
) -> None:
    await at.declaration()
    before = await submissions(house.database)
    at.cable.answers.clear()
    at.do(did.Send())
    async with asyncio.timeout(30):  # until it is taken, and the terminal does not know yet
        while not await submissions(house.database) - before:  # noqa: ASYNC110 (a database)
            await asyncio.sleep(0.01)
    async with after_a_crash(at, house, tmp_path) as again:
        at.cable.answers.set()
        first = await at.page(Confirmation)
        await again.page(Declaration, did.TakeUp())
        second = await again.page(Confirmation, did.Send())
        assert second.accepted.reference == first.accepted.reference
    assert len(await submissions(house.database) - before) == 1


async def test_nobody_who_answers_after_a_crash_sees_anything_and_the_card_still_opens_it(
    at: Terminal, house: House, tmp_path: Path
) -> None:
    await at.card_taken()
    at.do(did.Next())
    async with after_a_crash(at, house, tmp_path, IMPATIENT) as again:
        assert isinstance(again.visit.page, StillThere)
        await again.until(lambda: Door.CONTINUE in again.visit.home.doors)
        assert isinstance(again.visit.page, Home)
        await again.page(CardWanted, did.OpenDoor(Door.CONTINUE))
        again.lay()
        assert (await again.page(Question)).field.id == at.question.field.id


async def test_nobody_is_asked_after_a_crash_while_nobody_is_served(
    at: Terminal, house: House, tmp_path: Path
) -> None:
    await at.first_question(LETTER)
    at.do(did.Enter("1199"))
    async with after_a_crash(at, house, tmp_path, out_of_service=True) as again:
        again.visit.resume()
        assert isinstance(again.visit.page, Home), "whoever comes now may be somebody else"
        await again.shelf.settle()
        assert not drafts(tmp_path / "after")


@pytest.mark.parametrize("event", [did.StartAnew(), did.LeaveAnyway()])
async def test_anew_wipes_what_no_card_opens(
    at: Terminal, house: House, tmp_path: Path, event: did.Event
) -> None:
    await at.first_question(LETTER)
    at.do(did.Enter("1199"))
    async with after_a_crash(at, house, tmp_path) as again:
        assert isinstance(again.do(event), Home)
        await eventually(lambda: not drafts(tmp_path / "after"))
        assert not again.visit.view.leave


async def test_an_idle_visit_is_taken_up_with_the_card_that_its_number_names(hasty: Terminal) -> None:
    await hasty.first_question(LETTER)
    field = hasty.question.field.id
    assert field == "identity_number"
    hasty.answer(CARD.identity_number)
    before = hasty.question
    await left(hasty)
    assert not hasty.applications.begun
    await hasty.page(CardWanted, did.OpenDoor(Door.CONTINUE))
    hasty.lay()
    assert (await hasty.page(Question)).field.id == before.field.id
    assert hasty.applications.begun["forms/letter"].text_of(field) == CARD.identity_number


async def test_somebody_elses_card_opens_nothing(hasty: Terminal) -> None:
    await hasty.first_question(LETTER)
    hasty.answer(CARD.identity_number)
    await left(hasty)
    await hasty.page(CardWanted, did.OpenDoor(Door.CONTINUE))
    hasty.lay(load("elder"))
    await hasty.page(NothingKept)


async def test_the_code_that_is_shown_at_leaving_opens_it_and_a_slip_has_it(
    at: Terminal, tmp_path: Path
) -> None:
    await at.first_question(LETTER)
    at.do(did.Enter("1199"), did.Leave())
    view = at.visit.view
    assert view.leaving
    assert view.keeping
    page = at.do(did.KeepForLater())
    assert isinstance(page, KeptForLater)
    assert not at.applications.begun
    code = page.keeping.code
    assert len(code) == 8
    assert code not in repr(page)
    at.do(did.PrintSlip())
    await at.until(lambda: getattr(at.visit.page, "slip", None) is Slip.PRINTED)
    assert isinstance(at.do(did.Next()), Home)
    await at.until(lambda: Door.CONTINUE in at.visit.home.doors)
    await at.page(CardWanted, did.OpenDoor(Door.CONTINUE))
    assert isinstance(at.do(did.Skip()), TakeUpCode)
    at.do(*(did.Insert(digit) for digit in code))
    assert (await at.page(Question, did.Next())).entered == "1199"
    assert isinstance(at.do(did.LeaveAnyway()), Home)
    await at.shelf.settle()
    assert not drafts(tmp_path)


async def test_what_is_taken_up_stays_where_it_lies_and_its_code_goes_on_opening_it(
    at: Terminal, tmp_path: Path
) -> None:
    page = await keep_for_later(at)
    await at.shelf.settle()
    files = drafts(tmp_path)
    at.do(did.Next(), did.OpenDoor(Door.CONTINUE), did.Skip(), did.Insert(page.keeping.code))
    await at.page(Question, did.Next())
    await at.shelf.settle()
    assert drafts(tmp_path) == files
    at.do(did.Leave())
    assert at.visit.view.keeping == page.keeping


async def test_a_form_that_was_begun_anew_is_not_replaced_unasked(at: Terminal) -> None:
    page = await keep_for_later(at)
    at.do(did.Next())
    await at.first_question(LETTER)
    at.do(did.Enter("42"), did.GoHome(), did.OpenDoor(Door.CONTINUE), did.Skip())
    at.do(did.Insert(page.keeping.code), did.Next())
    await at.until(lambda: at.visit.view.leaving)
    assert at.applications.begun["forms/letter"].text_of("identity_number") == "42"
    at.do(did.KeepForLater(), did.Next(), did.OpenDoor(Door.CONTINUE), did.Skip())
    at.do(did.Insert(page.keeping.code))
    assert (await at.page(Question, did.Next())).entered == "1199"


async def test_another_form_that_was_begun_goes_on_with_what_is_taken_up(
    at: Terminal, tmp_path: Path
) -> None:
    page = await keep_for_later(at)
    at.do(did.Next())
    await at.shelf.settle()
    files = drafts(tmp_path)
    await at.first_question()
    at.answer_to("phone")
    at.do(did.GoHome(), did.OpenDoor(Door.CONTINUE), did.Skip(), did.Insert(page.keeping.code))
    assert (await at.page(Question, did.Next())).entered == "1199"
    assert len(at.applications.begun) == 2
    await at.shelf.settle()
    assert drafts(tmp_path) == files


async def test_codes_are_not_guessed(at: Terminal, tmp_path: Path, house: House) -> None:
    page = await keep_for_later(at)
    right = page.keeping.code
    wrong = f"{(int(right) + 1) % 10**8:08d}"
    at.do(did.Next(), did.OpenDoor(Door.CONTINUE), did.Skip())
    for number in range(5):
        await entered(at, wrong)
        assert code_page(at).fault is EntryFault.CODE_WRONG, number
    await entered(at, right)
    closed = code_page(at)
    assert (closed.fault, closed.entered) == (EntryFault.CODE_CLOSED, "")
    assert 1 <= closed.minutes <= 16
    async with after_a_crash(at, house, tmp_path) as again:
        await again.page(CardWanted, did.OpenDoor(Door.CONTINUE))
        again.do(did.Skip())
        await entered(again, right)
        assert code_page(again).fault is EntryFault.CODE_CLOSED, "a restart gives no tries away"


async def test_a_code_that_is_too_short_is_said_at_once(at: Terminal) -> None:
    await at.first_question(LETTER)
    at.do(did.Enter("1199"), did.Leave(), did.KeepForLater(), did.Next())
    at.do(did.OpenDoor(Door.CONTINUE), did.Skip(), did.Next())
    assert code_page(at).fault is EntryFault.EMPTY
    at.do(did.Insert("123"), did.Next())
    assert code_page(at).fault is EntryFault.CODE_TOO_SHORT


async def test_who_leaves_on_purpose_leaves_nothing(at: Terminal, tmp_path: Path) -> None:
    await at.first_question(LETTER)
    at.do(did.Enter(TYPED))
    await at.shelf.settle()
    [file] = drafts(tmp_path)
    assert TYPED.encode() not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    at.do(did.Leave(), did.LeaveAnyway())
    await at.shelf.settle()
    assert not drafts(tmp_path)
    assert Door.CONTINUE not in at.visit.home.doors


async def test_what_was_erased_again_is_not_kept(at: Terminal, tmp_path: Path) -> None:
    await at.first_question(LETTER)
    at.do(did.Enter("1"), did.Erase())
    await at.shelf.settle()
    assert not drafts(tmp_path)


async def test_after_its_time_nothing_is_left(house: House, tmp_path: Path) -> None:
    async with terminal(house.address, tmp_path, kept_seconds=1.0) as at:
        page = await keep_for_later(at)
        at.do(did.Next())
        await at.until(lambda: Door.CONTINUE in at.visit.home.doors)
        await eventually(lambda: not drafts(tmp_path))
        await at.until(lambda: Door.CONTINUE not in at.visit.home.doors)
        at.do(did.OpenDoor(Door.CONTINUE), did.Skip())
        await entered(at, page.keeping.code)
        assert code_page(at).fault is EntryFault.CODE_WRONG


async def test_the_hour_that_is_promised_begins_with_the_promise(
    at: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half_an_hour_ago = moment().model_copy(update={"spent": 1800.0})
    monkeypatch.setattr("kiosk.visit.drafts.moment", lambda: half_an_hour_ago)
    await at.first_question(LETTER)
    at.do(did.Enter("1199"), did.Leave())
    monkeypatch.undo()
    page = at.do(did.KeepForLater())
    assert isinstance(page, KeptForLater)
    await at.shelf.settle()
    kept = await at.shelf.take(drafts(tmp_path)[0].stem)
    assert kept
    over = kept.kept_at.calendar - kept.kept_at.spent + KEPT_SECONDS
    assert over >= page.until.timestamp()


async def test_a_disk_that_takes_nothing_is_not_promised(at: Terminal, tmp_path: Path) -> None:
    (tmp_path / "drafts").rmdir()
    (tmp_path / "drafts").write_text("in the way")
    await at.first_question(LETTER)
    at.do(did.Enter("1199"))
    await at.shelf.settle()
    at.do(did.Leave())
    assert at.visit.view.leaving
    assert at.visit.view.keeping is None
    assert at.question.entered == "1199"


async def test_whatever_a_county_names_its_forms_and_papers_they_are_kept(
    at: Terminal, tmp_path: Path
) -> None:
    letter = await at.client.get_form("forms/letter")
    papers = (LocalizedText("户口簿" * 1000, "Household register " * 200),)
    begun = {}
    for number in range(25):
        form = replace(letter, name=f"forms/{number:a>63}", revision="r" * 100)
        draft = Draft(Filling(form, date.today), entered={"identity_number": "1199"}, materials=papers)
        begun[form.name] = draft
    at.applications.take_up(begun, None)
    await at.shelf.settle()
    [file] = drafts(tmp_path)
    kept = await at.shelf.take(file.stem)
    assert kept
    assert {one.form for one in kept.forms} == set(begun)
    at.do(did.Leave())
    assert at.visit.view.keeping


@pytest.mark.parametrize("entry", ["\ud800", b"\xff"])
async def test_what_cannot_be_kept_can_still_be_entered_and_is_not_promised(
    at: Terminal, tmp_path: Path, entry: str
) -> None:
    await at.first_question(LETTER)
    at.do(did.Enter("1199"))
    await at.shelf.settle()
    at.do(did.Enter(entry))
    assert at.question.entered == entry
    assert at.visit.view.trouble is None
    await at.shelf.settle()
    assert not drafts(tmp_path)
    at.do(did.Leave())
    view = at.visit.view
    assert view.keeping is None
    at.do(did.Stay(), did.Enter("1198"))
    await at.shelf.settle()
    at.do(did.Leave())
    assert at.visit.view.keeping
    assert drafts(tmp_path)


async def test_a_card_prefills_nothing_that_was_taken_up(at: Terminal, house: House, tmp_path: Path) -> None:
    await at.first_question()
    at.answer("李试填")
    async with after_a_crash(at, house, tmp_path) as again:
        await again.page(Question, did.TakeUp())
        again.do(did.Back())
        assert again.question.entered == "李试填"
        assert not again.question.from_card
        assert not isinstance(again.visit.page, CardTaken)


async def entered(at: Terminal, code: str) -> None:
    """Keys a code in and waits for what comes of it."""
    while code_page(at).entered or code_page(at).fault:
        at.do(did.Erase())
    assert code_page(at).fault is None
    at.do(did.Insert(code), did.Next())
    await at.until(lambda: getattr(at.visit.page, "fault", None) is not None)


def code_page(at: Terminal) -> TakeUpCode:
    """The page that asks for the code."""
    assert isinstance(at.visit.page, TakeUpCode), at.visit.page
    return at.visit.page
