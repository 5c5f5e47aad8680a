"""Sending: once, whatever the line does; and what the backend no longer has."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.storage.tables import CaseRow, SubmissionRow
from backend_client.cache import ReadCache
from backend_client.errors import NeedsConnection, NotFound, QueueFull, Unreachable
from backend_client.queue.outbox import Bounds
from backend_client.sentences import sentence
from foundation.language import Language
from foundation.request_id import current_request
from kiosk.visit import events as did
from kiosk.visit.pages import (
    Confirmation,
    Declaration,
    Door,
    Home,
    Introduction,
    NoticeList,
    NoticeText,
    Page,
    PolicyList,
    PolicyText,
    Question,
    Review,
    ServiceGuide,
    ServiceList,
    Topics,
)
from tests.backend import house as running
from tests.backend.house import House
from tests.kiosk.visit.terminal import (
    BY_HAND,
    LETTER,
    PERMIT,
    SUFFIX,
    Terminal,
    eventually,
    kept,
    submissions,
    terminal,
)

REFERENCE = "002006673085"

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


async def test_without_a_line_the_resident_has_the_reference_and_the_office_gets_it_later(
    at: Terminal, house: House
) -> None:
    before = await submissions(house.database)
    await at.declaration()
    await at.cable.pull_out()
    began = time.monotonic()
    accepted = (await at.page(Confirmation, did.Send())).accepted
    assert time.monotonic() - began < 5
    assert not accepted.delivered
    assert await submissions(house.database) == before
    at.do(did.GoHome())
    assert not at.applications.holds()
    await at.cable.plug_in()
    await eventually(lambda: at.outbox.waiting == 0)
    assert len(await submissions(house.database) - before) == 1
    stored = await kept(house.database, accepted.reference)
    assert len(stored.answers) == len(BY_HAND)


async def test_an_answer_that_was_lost_makes_no_second_case_and_changes_no_reference(
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
    accepted = (await at.page(Confirmation)).accepted
    assert not accepted.delivered
    await at.cable.plug_in()
    await eventually(lambda: at.outbox.waiting == 0)
    assert await submissions(house.database) - before == arrived
    assert {(await kept(house.database, accepted.reference)).name} == arrived


async def test_what_cannot_be_kept_is_not_lost_and_can_be_sent_once_there_is_room(
    house: House, tmp_path: Path
) -> None:
    full = Bounds(submissions=1, low=1, wanted=5)
    async with terminal(house.address, tmp_path, cache=ReadCache(), bounds=full) as at:
        before = await submissions(house.database)
        await at.introduction()
        at.do(did.GoHome())
        await at.first_question(LETTER)
        at.answer(BY_HAND["identity_number"])
        at.answer("门口的路灯坏了。")
        await at.page(Declaration, did.Next())
        await at.cable.pull_out()
        assert not (await at.page(Confirmation, did.Send())).accepted.delivered
        at.do(did.GoHome())
        declaration = await at.declaration()
        assert isinstance(await at.trouble(did.Send()), QueueFull)
        assert at.visit.page == declaration
        assert at.applications.unsent()
        await at.cable.plug_in()
        await eventually(lambda: at.outbox.waiting == 0)
        accepted = (await at.page(Confirmation, did.TryAgain())).accepted
        assert accepted.delivered
        assert len(await submissions(house.database) - before) == 2
        assert len((await kept(house.database, accepted.reference)).answers) == len(BY_HAND)


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


async def test_the_confirmation_says_how_long_the_office_needs_as_the_guide_does(at: Terminal) -> None:
    guide = (await at.guide(PERMIT)).service.guide
    assert guide is not None
    await at.page(Introduction, did.Apply())
    page = at.do(did.Next())
    if not isinstance(page, Question):
        await at.page(Question, did.Skip())
    at.answer_to("")
    await at.page(Declaration, did.Next())
    confirmed = await at.page(Confirmation, did.Send())
    assert confirmed.takes == guide.duration
    assert confirmed.due_date == confirmed.accepted.due_date
    assert confirmed.due_date is not None and confirmed.due_date > confirmed.accepted.accept_time.date()
    assert replace(confirmed, due_fen=100).due_date is None  # it does not begin before that is paid


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


async def test_what_was_read_before_is_shown_without_a_line_and_says_how_old_it_is(
    house: House, tmp_path: Path
) -> None:
    async with terminal(house.address, tmp_path, cache=ReadCache()) as at:

        async def look_around() -> list[Page]:
            topics = await at.page(Topics, did.OpenDoor(Door.POLICIES))
            listed = await at.page(PolicyList, did.OpenTopic(topics.topics[0]))
            seen: list[Page] = [topics, listed, await at.page(PolicyText, did.OpenPolicy(listed.policies[0]))]
            at.do(did.GoHome())
            seen += [await at.guide(PERMIT), await at.page(Introduction, did.Apply())]
            at.do(did.GoHome())
            seen.append(notices := await at.page(NoticeList, did.OpenDoor(Door.NOTICES)))
            seen.append(await at.page(NoticeText, did.OpenNotice(notices.notices[0].name)))
            at.do(did.GoHome())
            return seen

        fresh = await look_around()
        assert [page.as_of for page in fresh] == [None] * len(fresh)
        await at.cable.pull_out()
        old = await look_around()
        for page in old:
            assert page.as_of is not None
            assert timedelta(0) <= datetime.now(UTC) - page.as_of < timedelta(minutes=1)
        at.do(did.LeaveAnyway())
        await at.idle()
        await eventually(lambda: at.visit.home.services_as_of is not None)
        assert (await at.page(ServiceList, did.OpenDoor(Door.SERVICES))).as_of is not None


async def test_signing_in_says_what_can_be_done_without_a_line(at: Terminal) -> None:
    await at.cable.pull_out()
    at.do(did.OpenDoor(Door.PROGRESS), did.ByReference(), did.Insert(REFERENCE), did.Next())
    at.do(did.Insert(SUFFIX))
    error = await at.trouble(did.Next())
    assert isinstance(error, NeedsConnection)
    assert "申请现在仍然可以提交" in sentence(error, Language.ZH_CN)


async def test_one_name_leads_from_the_touch_to_the_row(at: Terminal, house: House) -> None:
    await at.declaration()
    await at.cable.pull_out()
    at.do(did.Send())
    name = current_request()
    accepted = (await at.page(Confirmation)).accepted
    at.do(did.GoHome())
    assert current_request() != name
    await at.cable.plug_in()
    await eventually(lambda: at.outbox.waiting == 0)
    asked = select(SubmissionRow.request_id).join(CaseRow, CaseRow.submission == SubmissionRow.name)
    asked = asked.where(CaseRow.reference == accepted.reference)
    assert await house.database.read(lambda connection: connection.execute(asked).scalar_one()) == name


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
            assert (at.question.field.id, at.question.entered) == ("amount", "77")
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


async def test_a_form_that_changed_long_ago_is_renewed_and_only_what_is_new_is_asked(tmp_path: Path) -> None:
    async with (
        running.house(tmp_path / "data") as before,
        terminal(before.address, tmp_path) as at,
    ):
        await at.declaration()
        await at.cable.pull_out()
        later = running.Clock()
        async with running.house(tmp_path / "data", changed(tmp_path / "content"), later) as after:
            later.forward(days=8)
            await at.cable.plug_in(after.address)
            page = await at.page(Introduction, did.Send())
            assert page.changed
            at.do(did.Next())
            assert at.question.field.id == "reason"
            assert isinstance(at.answer("想开一家店。"), Review)
            await at.page(Declaration, did.Next())
            accepted = (await at.page(Confirmation, did.Send())).accepted
            assert accepted.delivered
            assert len((await kept(after.database, accepted.reference)).answers) == len(BY_HAND) + 1
            assert len(await submissions(after.database)) == 1
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
