"""Policies and notices: reading needs no form and no card."""

from __future__ import annotations

import pytest

from backend_client.catalog import ServiceKind
from backend_client.errors import Unreachable
from foundation.language import Language
from kiosk.visit import events as did
from kiosk.visit.pages import (
    Door,
    Home,
    NoticeList,
    NoticeText,
    PolicyList,
    PolicyResults,
    PolicySearch,
    PolicyText,
    ServiceGuide,
    Topics,
)
from tests.kiosk.visit.terminal import Terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def results(at: Terminal, query: str = "医保") -> PolicyResults:
    """From the home page to what a search finds."""
    await at.page(Topics, did.OpenDoor(Door.POLICIES))
    at.do(did.OpenSearch(), did.Enter(query))
    return await at.page(PolicyResults, did.Next())


async def test_the_home_page_has_the_doors_that_the_catalogue_has(at: Terminal) -> None:
    assert at.visit.home.doors == (Door.POLICIES, Door.SERVICES, Door.PROGRESS, Door.NOTICES)
    assert not at.visit.view.leave


async def test_notices_are_listed_and_read(at: Terminal) -> None:
    listed = await at.page(NoticeList, did.OpenDoor(Door.NOTICES))
    assert listed.notices
    text = await at.page(NoticeText, did.OpenNotice(listed.notices[0].name))
    assert text.notice.sections
    assert at.do(did.Back()) == listed
    assert isinstance(at.do(did.Back()), Home)


async def test_a_notice_that_is_over_is_said_so(at: Terminal) -> None:
    listed = await at.page(NoticeList, did.OpenDoor(Door.NOTICES))
    assert (await at.trouble(did.OpenNotice("notices/no-such"))).reason == "NOTICE_UNKNOWN"
    assert at.do(did.Dismiss()) == listed


async def test_policies_are_found_by_topic_and_by_search(at: Terminal) -> None:
    topics = await at.page(Topics, did.OpenDoor(Door.POLICIES))
    topic = next(t for t in topics.topics if t.policy_count)
    listed = await at.page(PolicyList, did.OpenTopic(topic))
    assert len(listed.policies) == topic.policy_count
    assert (await at.page(PolicyText, did.OpenPolicy(listed.policies[0]))).policy.sections
    at.do(did.Back(), did.Back(), did.OpenSearch())
    assert at.do(did.Next()) == PolicySearch(empty=True)
    found = await at.page(PolicyResults, did.Enter("医保"), did.Next())
    assert found.matches
    assert at.do(did.Back()) == PolicySearch("医保")


async def test_the_search_is_a_touch_from_home_and_finds_services_too(at: Terminal) -> None:
    wanted = next(one for one in at.visit.home.services if one.kind is ServiceKind.FORM)
    at.do(did.OpenSearch(), did.Enter(wanted.title.zh_cn))
    found = await at.page(PolicyResults, did.Next())
    assert found.services[0].name == wanted.name
    guide = await at.page(ServiceGuide, did.OpenService(found.services[0]))
    assert guide.service.name == found.services[0].name
    assert at.do(did.Back()) == found


async def test_a_slip_is_corrected_and_told_and_can_be_taken_back(at: Terminal) -> None:
    found = await results(at, "医宝")
    assert (found.query, found.corrected) == ("医宝", "医保")
    assert found.matches
    at.do(did.SearchAsTyped())
    await at.until(lambda: at.visit.page != found)
    typed = at.visit.page
    assert isinstance(typed, PolicyResults)
    assert (typed.query, typed.corrected, typed.as_typed) == ("医宝", "", True)
    at.do(did.SearchAsTyped())  # there is nothing to take back any more
    assert at.visit.page is typed
    assert at.do(did.Back()) == PolicySearch("医宝")


async def test_what_is_no_slip_is_not_said_to_be_one(at: Terminal) -> None:
    assert (await results(at)).corrected == ""


async def test_results_come_again_in_the_other_language(at: Terminal) -> None:
    chinese = await results(at)
    at.do(did.SwitchLanguage())
    await at.until(lambda: at.visit.page is not chinese)
    english = at.visit.page
    assert isinstance(english, PolicyResults)
    assert {m.policy.name for m in english.matches} == {m.policy.name for m in chinese.matches}
    assert [m.passage for m in english.matches] != [m.passage for m in chinese.matches]


async def test_trying_again_goes_before_the_other_language(at: Terminal) -> None:
    """The language is switched over what failed, and at once it is tried again."""
    found = await results(at)
    await at.cable.pull_out()
    assert isinstance(await at.trouble(did.OpenPolicy(found.matches[0].policy)), Unreachable)
    await at.cable.plug_in()
    await at.page(PolicyText, did.SwitchLanguage(), did.TryAgain())
    assert at.visit.language is Language.EN


async def test_late_touches_do_nothing(at: Terminal) -> None:
    home = at.visit.page
    every = [
        *(did.Back(), did.Next(), did.Send(), did.Skip(), did.PrintSlip(), did.Apply(), did.Reveal()),
        *(did.Enter("1"), did.Insert("1"), did.Erase(), did.Choose("1"), did.ReadCard(), did.UseKnownCard()),
        *(did.ByCard(), did.ByReference(), did.TryAgain(), did.Dismiss(), did.ShowMore(), did.Stay()),
        *(did.SearchAsTyped(), did.Turn(3.0), did.Change("full_name"), did.OpenCase("1"), did.MoreTime()),
    ]
    assert at.do(*every) is home
    assert at.visit.view.trouble is None
