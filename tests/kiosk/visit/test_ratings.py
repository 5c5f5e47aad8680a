"""Ratings at the terminal: offered, never pressed. Replies are read, and a case is opened again once."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from huimin.v1 import case_pb2
from sqlalchemy import select

from backend.storage import public_cases, ratings, replies
from backend.storage.tables import RatingRow
from backend_client.case import CaseState
from backend_client.errors import Conflict
from backend_client.forms.answer import Problem
from backend_client.rating import Satisfaction
from foundation.language import LocalizedText
from kiosk.visit import events as did
from kiosk.visit.pages import (
    CaseHistory,
    Confirmation,
    Door,
    Home,
    NoticeList,
    OfferStage,
    PublicCaseList,
    PublicCaseText,
    RatingServices,
    ReasonEntry,
    ReferenceEntry,
    ServiceList,
    ServiceRating,
    Slip,
    SuffixEntry,
)
from tests.backend.house import CONTENT, House, house
from tests.kiosk.visit.terminal import PACE, SUFFIX, Terminal, terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICE = "services/permit"
REPLY = "已经修好。\n感谢来信。"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A backend with a service of the kind RATING beside the others."""
    folder = tmp_path_factory.mktemp("county")
    shutil.copytree(CONTENT, folder / "content")
    (folder / "content" / "services" / "rating.yaml").write_text(
        "id: rating\nrank: 90\nkind: rating\ntitle: {zh: 网上评议, en: Rate a service}\n"
        "summary: {zh: 给服务打分。, en: Rate a service.}\ndepartment: {zh: 测试局, en: Test Office}\n",
        "utf-8",
    )
    async with house(folder / "data", folder / "content") as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def at(county: House, tmp_path: Path) -> AsyncIterator[Terminal]:
    """A terminal there."""
    async with terminal(county.address, tmp_path) as here:
        yield here


async def given(county: House) -> Counter[tuple[str, int]]:
    """How often each service was rated at each level."""
    rows = await county.database.read(
        lambda connection: connection.execute(select(RatingRow.service, RatingRow.satisfaction)).all()
    )
    return Counter((row.service, row.satisfaction) for row in rows)


async def new_since(county: House, before: Counter[tuple[str, int]]) -> list[tuple[str, int]]:
    """The ratings that came since; there is one at least, and it is waited for."""
    for _ in range(500):
        if found := await given(county) - before:
            return list(found.elements())
        await asyncio.sleep(0.02)
    raise AssertionError("no rating came")


def stage(at: Terminal) -> OfferStage | None:
    """How far the offered rating has come; None where none is offered."""
    offer = at.visit.view.offer
    return offer.stage if offer else None


def problem(at: Terminal) -> Problem | None:
    """What is wrong with the reason."""
    page = at.visit.page
    return page.error.problem if isinstance(page, ReasonEntry) and page.error else None


def printed(at: Terminal) -> bool:
    """Whether the slip is."""
    return isinstance(page := at.visit.page, Confirmation) and page.slip is Slip.PRINTED


async def case_of(at: Terminal, reference: str) -> CaseHistory:
    """From home to a case."""
    at.do(did.GoHome())
    at.do(did.OpenDoor(Door.PROGRESS), did.ByReference())
    assert isinstance(at.visit.page, ReferenceEntry)
    at.do(did.Insert(reference), did.Next())
    await at.page(SuffixEntry)
    at.do(did.Insert(SUFFIX))
    return await at.page(CaseHistory, did.Next())


async def answer(county: House, reference: str, text: str = REPLY) -> None:
    done = case_pb2.CASE_STATE_COMPLETED
    assert await county.database.write(replies.write, reference, text, done, county.clock())


async def test_one_touch_rates_what_was_sent_and_it_is_not_asked_again(at: Terminal, county: House) -> None:
    before = await given(county)
    accepted = await at.accepted()
    assert stage(at) is OfferStage.ASKED
    at.do(did.Rate(Satisfaction.SATISFIED))
    assert stage(at) is OfferStage.THANKED
    assert isinstance(at.visit.page, Confirmation)
    assert await new_since(county, before) == [(SERVICE, 2)]
    page = await case_of(at, accepted.reference)
    assert page.case.rated
    assert stage(at) is None
    at.do(did.Rate(Satisfaction.VERY_DISSATISFIED))
    await asyncio.sleep(0.3)
    assert list((await given(county) - before).elements()) == [(SERVICE, 2)]


async def test_skipping_is_one_touch_too_and_nothing_is_sent(at: Terminal, county: House) -> None:
    before = await given(county)
    await at.accepted()
    at.do(did.SkipRating())
    assert stage(at) is None
    at.do(did.PrintSlip())
    await at.until(lambda: printed(at))
    assert stage(at) is None
    assert isinstance(at.do(did.GoHome()), Home)
    assert not await given(county) - before


async def test_the_offer_disappears_by_itself_and_survives_the_printing(
    county: House, tmp_path: Path
) -> None:
    pace = replace(PACE, rating=1.5, thanks=0.3)
    async with terminal(county.address, tmp_path, pace) as at:
        await at.accepted()
        at.do(did.PrintSlip())
        await at.until(
            lambda: isinstance(at.visit.page, Confirmation) and at.visit.page.slip.name == "PRINTED"
        )
        assert stage(at) is OfferStage.ASKED
        await at.until(lambda: stage(at) is None, 5)
        assert isinstance(at.visit.page, Confirmation)
        assert isinstance(at.do(did.Leave()), Home)


async def test_a_low_rating_may_have_a_reason_and_reaches_the_office(at: Terminal, county: House) -> None:
    before = await given(county)
    accepted = await at.accepted()
    at.do(did.Rate(Satisfaction.DISSATISFIED))
    assert stage(at) is OfferStage.WHY
    assert not await given(county) - before  # it waits for the reason
    await at.page(ReasonEntry, did.SayWhy())
    assert stage(at) is None
    at.do(did.Next())
    assert problem(at) is Problem.REQUIRED
    at.do(did.Enter("字" * 501), did.Next())
    assert problem(at) is Problem.TOO_LONG
    at.do(did.Enter("排队"), did.Insert("太久了"), did.Erase(), did.Insert("了"), did.Next())
    assert isinstance(at.visit.page, Confirmation)
    assert stage(at) is OfferStage.THANKED
    assert await new_since(county, before) == [(SERVICE, 4)]
    cases = await county.database.read(ratings.cases)
    assert [(case.reason, case.reference) for case in cases if case.reference == accepted.reference] == [
        ("排队太久了", accepted.reference)
    ]


@pytest.mark.parametrize("end", [did.SkipRating(), did.GoHome(), did.LeaveAnyway()])
async def test_a_low_rating_without_a_reason_is_sent_however_it_ends(
    at: Terminal, county: House, end: did.Event
) -> None:
    before = await given(county)
    await at.accepted()
    at.do(did.Rate(Satisfaction.VERY_DISSATISFIED), did.SayWhy(), did.Enter("没写完"))
    if isinstance(end, did.LeaveAnyway):
        at.do(did.Leave())
        assert at.visit.view.leaving  # what was written would be lost
    else:
        at.do(did.Back())
        assert stage(at) is OfferStage.WHY
    at.do(end)
    assert stage(at) is None
    assert await new_since(county, before) == [(SERVICE, 5)]


async def test_a_rating_given_without_a_line_arrives_once_it_is_back(at: Terminal, county: House) -> None:
    before = await given(county)
    await at.accepted()
    await at.cable.pull_out()
    at.do(did.Rate(Satisfaction.VERY_SATISFIED))
    assert stage(at) is OfferStage.THANKED
    await at.applications.settle()
    await asyncio.sleep(0.2)
    assert not await given(county) - before
    await at.cable.plug_in()
    assert await new_since(county, before) == [(SERVICE, 1)]


async def test_any_service_can_be_rated_once_a_visit(at: Terminal, county: House) -> None:
    before = await given(county)
    listed = await at.page(ServiceList, did.OpenDoor(Door.SERVICES))
    own = next(service for service in listed.services if service.name == "services/rating")
    which = await at.page(RatingServices, did.OpenService(own))
    assert own not in which.services
    letter = next(service for service in which.services if service.name == "services/letter")
    await at.page(ServiceRating, did.OpenService(letter))
    at.do(did.Rate(Satisfaction.BASICALLY_SATISFIED))
    assert await new_since(county, before) == [("services/letter", 3)]
    at.do(did.Back(), did.OpenService(letter), did.Rate(Satisfaction.SATISFIED), did.GoHome())
    await asyncio.sleep(0.3)
    assert list((await given(county) - before).elements()) == [("services/letter", 3)]


async def test_a_reply_is_read_and_the_case_opened_again_once(at: Terminal, county: House) -> None:
    reference = (await at.accepted()).reference
    await answer(county, reference)
    page = await case_of(at, reference)
    assert [reply.text for reply in page.case.replies] == [REPLY]
    assert page.case.reopenable
    at.do(did.NotSatisfied())
    assert isinstance(at.visit.page, ReasonEntry)
    at.do(did.Enter("灯还是不亮"))
    at.do(did.Leave())
    assert at.visit.view.leaving
    at.do(did.Stay())
    page = await at.page(CaseHistory, did.Next())
    assert page.case.state is CaseState.IN_REVIEW
    assert page.case.reopening is not None
    assert not page.case.reopenable
    assert isinstance(at.do(did.NotSatisfied()), CaseHistory)
    held = await county.database.read(replies.of, reference)
    assert held.reopening is not None
    assert held.reopening.reason == "灯还是不亮"


async def test_a_case_that_was_opened_again_elsewhere_says_what_else_can_be_done(
    at: Terminal, county: House
) -> None:
    reference = (await at.accepted()).reference
    await answer(county, reference)
    await case_of(at, reference)
    other = replies.Reopening("reopenings/x", "电话里说的", None, county.clock(), county.clock().date())
    assert await county.database.write(replies.reopen, reference, other, door="doors/local") is None
    at.do(did.NotSatisfied(), did.Enter("不满意"))
    trouble = await at.trouble(did.Next())
    assert isinstance(trouble, Conflict)
    assert trouble.reason == "REOPENED_BEFORE"
    assert isinstance(at.do(did.Dismiss(), did.Back()), CaseHistory)


async def test_public_replies_are_read_from_the_notices(at: Terminal, county: House) -> None:
    await at.page(NoticeList, did.OpenDoor(Door.NOTICES))
    assert (await at.page(PublicCaseList, did.OpenPublicCases())).cases == ()
    at.do(did.GoHome())
    reference = (await at.accepted()).reference  # whose applicant agrees to publication
    await answer(county, reference)
    texts = public_cases.Texts(
        LocalizedText("路灯不亮", "A street light"),
        LocalizedText("路灯坏了。", "It was broken."),
        LocalizedText("已经修好。", "It was repaired."),
    )
    assert await county.database.write(public_cases.publish, reference, texts, county.clock()) is None
    at.do(did.GoHome())
    await at.page(NoticeList, did.OpenDoor(Door.NOTICES))
    listed = await at.page(PublicCaseList, did.OpenPublicCases())
    page = await at.page(PublicCaseText, did.OpenPublicCase(listed.cases[0].name))
    assert page.case.reply.zh_cn == "已经修好。"
    at.do(did.Back())
    assert isinstance(at.visit.page, PublicCaseList)
