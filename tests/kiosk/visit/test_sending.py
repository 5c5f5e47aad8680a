"""Sending: once, whatever the line does; and what the backend no longer has."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from backend_client.errors import NotFound, Unreachable
from foundation.language import Language
from kiosk.visit import events as did
from kiosk.visit.pages import (
    Confirmation,
    Declaration,
    Door,
    Home,
    Introduction,
    Question,
    Review,
    ServiceGuide,
    ServiceList,
)
from tests.backend import house as running
from tests.backend.house import House
from tests.kiosk.visit.terminal import BY_HAND, LETTER, PERMIT, Terminal, kept, submissions, terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_touching_send_often_sends_once(at: Terminal, house: House) -> None:
    before = await submissions(house.database)
    await at.declaration()
    await at.page(Confirmation, *[did.Send()] * 5)
    shown = at.visit.page
    at.do(did.Send(), did.Next(), did.TryAgain())
    await asyncio.sleep(0.1)
    assert at.visit.page is shown
    assert len(await submissions(house.database) - before) == 1


async def test_a_backend_that_is_down_loses_nothing(at: Terminal, house: House) -> None:
    before = await submissions(house.database)
    declaration = await at.declaration()
    await at.cable.pull_out()
    assert isinstance(await at.trouble(did.Send()), Unreachable)
    assert at.visit.page == declaration
    at.do(did.Next(), did.Send(), did.Back())
    assert at.visit.page == declaration
    await at.trouble(did.TryAgain())
    await at.cable.plug_in()
    accepted = (await at.page(Confirmation, did.TryAgain())).accepted
    assert len(await submissions(house.database) - before) == 1
    assert len((await kept(house.database, accepted.reference)).answers) == len(BY_HAND)


async def test_an_answer_that_was_lost_is_asked_for_again_by_the_same_name(
    at: Terminal, house: House
) -> None:
    """The backend has kept the form, and the line breaks before the resident is told."""
    before = await submissions(house.database)
    await at.declaration()
    at.cable.answers.clear()
    at.do(did.Send())
    async with asyncio.timeout(5):
        while len(arrived := await submissions(house.database) - before) < 1:  # noqa: ASYNC110 (in a database)
            await asyncio.sleep(0.02)
    await at.cable.pull_out()
    at.cable.answers.set()
    await at.until(lambda: at.visit.view.trouble is not None)
    await at.cable.plug_in()
    accepted = (await at.page(Confirmation, did.TryAgain())).accepted
    assert await submissions(house.database) - before == arrived
    assert {(await kept(house.database, accepted.reference)).name} == arrived


async def test_after_a_failure_answers_can_be_changed_and_sent(at: Terminal, house: House) -> None:
    await at.declaration()
    await at.cable.pull_out()
    await at.trouble(did.Send())
    at.do(did.Dismiss())
    assert at.visit.view.trouble is None
    await at.cable.plug_in()
    assert isinstance(at.do(did.Back()), Review)
    at.do(did.Change("remarks"))
    assert isinstance(at.answer("换了一种说法。"), Review)
    await at.page(Declaration, did.Next())
    accepted = (await at.page(Confirmation, did.Send())).accepted
    answers = {a.field: a for a in (await kept(house.database, accepted.reference)).answers}
    assert answers["remarks"].text == "换了一种说法。"


async def test_sending_cannot_be_stopped_half_way(at: Terminal) -> None:
    await at.declaration()
    at.cable.answers.clear()
    at.do(did.Send())
    await at.until(lambda: at.visit.view.waiting)
    assert not at.visit.view.stoppable
    at.do(did.Back(), did.GoHome())
    assert isinstance(at.visit.page, Declaration)
    at.cable.answers.set()
    await at.page(Confirmation)
    assert not at.visit.view.waiting


async def test_nobody_is_asked_about_leaving_a_form_that_has_been_sent(at: Terminal) -> None:
    await at.declaration()
    at.cable.answers.clear()
    at.do(did.Send(), did.Leave())
    assert at.visit.view.leaving
    at.cable.answers.set()
    await at.page(Confirmation)
    assert not at.visit.view.leaving


async def test_the_confirmation_stays_until_it_is_left(at: Terminal) -> None:
    await at.accepted()
    shown = at.visit.page
    assert not at.visit.view.back
    at.do(did.Back())
    assert at.visit.page is shown
    assert isinstance(at.do(did.GoHome()), Home)


async def test_a_form_that_was_sent_begins_empty(at: Terminal) -> None:
    await at.accepted()
    at.do(did.GoHome())
    page = await at.introduction()
    assert not page.begun


# Reading while the backend is away.


async def test_waiting_is_shown_and_can_be_given_up(at: Terminal) -> None:
    await at.guide(PERMIT)
    at.cable.answers.clear()
    at.do(did.Apply())
    await at.until(lambda: at.visit.view.waiting)
    assert at.visit.view.stoppable
    assert isinstance(at.do(did.Back()), ServiceGuide)
    assert not at.visit.view.waiting
    at.cable.answers.set()
    await asyncio.sleep(0.1)
    assert isinstance(at.visit.page, ServiceGuide)
    await at.page(Introduction, did.Apply())


async def test_giving_up_just_when_waiting_would_be_shown_leaves_no_mark(at: Terminal) -> None:
    await at.guide(PERMIT)
    at.cable.answers.clear()
    at.do(did.Apply())
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(at.visit.send, did.Back())
    time.sleep(at.visit.pace.waiting_mark + 0.02)  # noqa: ASYNC251 (a frame that took long: both are due at once)
    await asyncio.sleep(0.1)
    assert not at.visit.view.waiting


async def test_the_guide_can_be_tried_again_once_the_backend_is_back(at: Terminal) -> None:
    listed = await at.page(ServiceList, did.OpenDoor(Door.SERVICES))
    await at.cable.pull_out()
    assert isinstance(await at.trouble(did.OpenService(listed.services[0])), Unreachable)
    await at.cable.plug_in()
    await at.page(ServiceGuide, did.TryAgain())


# A backend with other content.


def changed(target: Path) -> Path:
    """The content with one more question in the permit's form, and without the letter."""
    content = running.copy_content(target)
    form = content / "forms" / "everything.yaml"
    question = (
        "- id: reason\n  type: text\n  label: {zh: 理由, en: Reason}\n  question: {zh: 为什么？, en: Why?}\n"
    )
    form.write_text(form.read_text("utf-8").replace("declaration:", question + "declaration:"), "utf-8")
    (content / "forms" / "letter.yaml").unlink()
    (content / "services" / "letter.yaml").unlink()
    return content


async def test_what_was_entered_comes_along_into_a_form_that_has_changed(tmp_path: Path) -> None:
    async with (
        running.house(tmp_path / "data") as before,
        terminal(before.address, tmp_path) as at,
    ):
        await at.first_question()
        at.answer_to("amount")
        at.do(did.Enter("77"), did.GoHome())
        await at.cable.pull_out()
        async with running.house(tmp_path / "data", changed(tmp_path / "content")) as after:
            await at.cable.plug_in(after.address)
            page = await at.introduction()
            assert page.begun
            at.do(did.Next())
            for name, text in BY_HAND.items():
                if name == "amount":
                    break
                assert (at.question.field.id, at.question.entered) == (name, text)
                at.do(did.Next())
            assert at.question.entered == "77"
            at.answer_to("reason")
            review = at.answer("想开一家店。")
            assert isinstance(review, Review)
            await at.page(Declaration, did.Next())
            accepted = (await at.page(Confirmation, did.Send())).accepted
            assert len((await kept(after.database, accepted.reference)).answers) == len(BY_HAND) + 1
        await at.cable.pull_out()


async def test_a_form_that_changed_after_it_was_filled_in_is_still_taken(tmp_path: Path) -> None:
    async with (
        running.house(tmp_path / "data") as before,
        terminal(before.address, tmp_path) as at,
    ):
        await at.declaration()
        await at.cable.pull_out()
        async with running.house(tmp_path / "data", changed(tmp_path / "content")) as after:
            await at.cable.plug_in(after.address)
            await at.page(Confirmation, did.Send())
            at.do(did.GoHome())
            assert not (await at.introduction()).begun
        await at.cable.pull_out()


async def test_what_is_no_longer_there_is_said_so_and_the_way_goes_on(tmp_path: Path) -> None:
    async with (
        running.house(tmp_path / "data") as before,
        running.house(tmp_path / "other", changed(tmp_path / "content")) as after,
        terminal(before.address, tmp_path) as at,
    ):
        guide = await at.guide(LETTER)
        await at.cable.pull_out()
        await at.cable.plug_in(after.address)
        unknown = await at.trouble(did.Apply())
        assert isinstance(unknown, NotFound)
        assert unknown.reason == "FORM_UNKNOWN"
        assert at.do(did.Dismiss()) == guide
        assert isinstance(at.do(did.Back()), ServiceList)
        unknown = await at.trouble(did.OpenService(guide.service))
        assert unknown.reason == "SERVICE_UNKNOWN"
        at.do(did.Dismiss(), did.GoHome())
        await at.introduction()


async def test_a_terminal_that_starts_before_its_backend_gets_its_doors(house: House, tmp_path: Path) -> None:
    async with terminal(house.address, tmp_path) as at:
        await at.cable.pull_out()
        at.visit.show_home(Home())
        at.do(did.SwitchLanguage(), did.LeaveAnyway())
        await at.until(lambda: at.visit.home.failure is not None)
        assert at.visit.language is Language.ZH_CN
        await at.cable.plug_in()
        await at.until(lambda: bool(at.visit.home.doors))
        assert isinstance(await at.first_question(LETTER), Question)
