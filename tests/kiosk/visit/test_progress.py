"""How far a case has come: by its reference, by card; and what is said where it does not open."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from backend.storage import codes
from backend_client.case import CaseState
from backend_client.errors import TooManyTries, Unreachable
from backend_client.forms.reference import new_reference
from backend_client.sentences import sentence
from foundation.language import Language, translator
from hardware.simulators import cards as card_files
from kiosk.slip import LOCALE
from kiosk.visit import events as did
from kiosk.visit.pages import (
    CardWanted,
    CaseHistory,
    CaseList,
    Door,
    EntryFault,
    OfficeCode,
    Page,
    ProgressWays,
    ReferenceEntry,
    SuffixEntry,
)
from tests.backend.house import House
from tests.kiosk.visit.terminal import SUFFIX, Terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")


def keyed(text: str) -> list[did.Event]:
    """Keys touched one after another."""
    return [did.Insert(character) for character in text]


async def by_reference(at: Terminal, reference: str) -> Page:
    """From the home page past the reference."""
    at.do(did.GoHome())
    await at.page(ProgressWays, did.OpenDoor(Door.PROGRESS))
    return at.do(did.ByReference(), *keyed(reference), did.Next())


async def test_a_case_is_found_by_its_reference(at: Terminal) -> None:
    accepted = await at.accepted()
    assert isinstance(await by_reference(at, accepted.reference), SuffixEntry)
    shown = await at.page(CaseHistory, *keyed(SUFFIX), did.Next())
    assert shown.case.reference == accepted.reference
    assert shown.case.state is CaseState.RECEIVED
    assert [event.state for event in shown.case.events] == [CaseState.RECEIVED]
    assert isinstance(at.do(did.Back()), ProgressWays)


@pytest.mark.parametrize(
    ("entered", "fault"),
    [
        ("", EntryFault.EMPTY),
        ("12345", EntryFault.TOO_SHORT),
        ("wrong", EntryFault.WRONG_CHECK_DIGIT),
    ],
)
async def test_a_reference_that_cannot_be_one_is_said_so(
    at: Terminal, entered: str, fault: EntryFault
) -> None:
    if entered == "wrong":
        right = new_reference()
        entered = right[:-1] + str((int(right[-1]) + 1) % 10)
    assert await by_reference(at, entered) == ReferenceEntry(entered, fault)
    for language in Language:
        said = translator("kiosk", LOCALE, language)(f"entry.{fault.value}", count=len(entered))
        assert said
        assert "{" not in said
    corrected = at.do(did.Erase(), did.Insert("5"))
    assert isinstance(corrected, ReferenceEntry)
    assert corrected.fault is None


async def test_no_more_digits_are_taken_than_there_are(at: Terminal) -> None:
    at.do(did.OpenDoor(Door.PROGRESS), did.ByReference(), *keyed("1" * 20))
    assert at.visit.page == ReferenceEntry("1" * 12)
    at.do(*[did.Erase()] * 30)
    assert at.visit.page == ReferenceEntry()


async def test_a_wrong_suffix_opens_nothing_and_can_be_corrected(at: Terminal) -> None:
    accepted = await at.accepted()
    await by_reference(at, accepted.reference)
    for entered, fault in (("", EntryFault.EMPTY), ("X12", EntryFault.SUFFIX_WRONG)):
        page = at.do(*keyed(entered), did.Next())
        assert page == SuffixEntry(accepted.reference, entered, fault)
    at.do(*[did.Erase()] * 3, *keyed("111111"), did.Next())
    await at.until(lambda: at.visit.page != SuffixEntry(accepted.reference, "111111"))
    refused: Page = at.visit.page
    assert refused == SuffixEntry(accepted.reference, "111111", EntryFault.OPENS_NOTHING)
    await at.page(CaseHistory, *[did.Erase()] * 6, *keyed(SUFFIX), did.Next())


async def test_the_reference_is_kept_on_the_way_back(at: Terminal) -> None:
    reference = new_reference()
    await by_reference(at, reference)
    at.do(*keyed("1"), did.Back())
    assert at.visit.page == ReferenceEntry(reference)


async def test_too_many_wrong_tries_are_stopped_for_a_time(at: Terminal, house: House) -> None:
    accepted = await at.accepted()
    await by_reference(at, accepted.reference)
    at.do(*keyed("111111"))
    for _ in range(5):
        at.do(did.Next())
        await at.until(lambda: getattr(at.visit.page, "fault", None) is EntryFault.OPENS_NOTHING)
        at.do(did.Erase(), did.Insert("1"))
    refused = await at.trouble(did.Next())
    assert isinstance(refused, TooManyTries)
    assert refused.retry_after > 0
    for language in Language:
        assert any(character.isdigit() for character in sentence(refused, language))
    at.do(did.Dismiss(), *[did.Erase()] * 6, *keyed(SUFFIX))
    assert isinstance(await at.trouble(did.Next()), TooManyTries)
    house.clock.forward(seconds=refused.retry_after + 1)
    try:
        await at.page(CaseHistory, did.TryAgain())
    finally:
        house.clock.moment -= timedelta(seconds=refused.retry_after + 1)


async def test_the_cases_of_a_card_are_listed_and_opened(at: Terminal) -> None:
    accepted = await at.accepted()
    at.do(did.GoHome(), did.OpenDoor(Door.PROGRESS))
    await at.page(CardWanted, did.ByCard())
    at.lay()
    listed = await at.page(CaseList)
    assert accepted.reference in [case.reference for case in listed.cases]
    shown = await at.page(CaseHistory, did.OpenCase(accepted.reference))
    assert shown.case.events
    assert at.do(did.Back()) == listed
    assert isinstance(at.do(did.Back()), ProgressWays)


async def test_a_long_list_comes_in_parts(at: Terminal) -> None:
    for _ in range(22):
        await at.accepted()
        at.do(did.GoHome())
    at.do(did.OpenDoor(Door.PROGRESS))
    await at.page(CardWanted, did.ByCard())
    at.lay()
    first = await at.page(CaseList)
    assert len(first.cases) == 20
    at.do(did.ShowMore())
    await at.until(lambda: at.visit.page is not first)
    assert isinstance(at.visit.page, CaseList)
    assert at.visit.page.cases[:20] == first.cases
    assert len({case.reference for case in at.visit.page.cases}) == len(at.visit.page.cases) >= 22
    assert at.visit.page.place == 20


async def test_a_holder_without_cases_gets_an_empty_list(at: Terminal) -> None:
    at.do(did.OpenDoor(Door.PROGRESS))
    await at.page(CardWanted, did.ByCard())
    at.lay(card_files.load("minority"))
    assert (await at.page(CaseList)).cases == ()


async def test_a_card_is_read_once_where_the_backend_is_away(at: Terminal) -> None:
    at.do(did.OpenDoor(Door.PROGRESS))
    await at.page(CardWanted, did.ByCard())
    await at.cable.pull_out()
    at.lay()
    assert isinstance(await at.trouble(), Unreachable)
    at.reader.lift()
    await at.cable.plug_in()
    await asyncio.sleep(1)  # signing in is tried once, by a client that looks for the backend now and then
    await at.page(CaseList, did.TryAgain())


async def test_a_case_of_somebody_else_stays_closed(at: Terminal) -> None:
    accepted = await at.accepted()
    at.do(did.GoHome(), did.OpenDoor(Door.PROGRESS))
    await at.page(CardWanted, did.ByCard())
    at.lay(card_files.load("elder"))
    await at.page(CaseList)
    assert (await at.trouble(did.OpenCase(accepted.reference))).reason == "CASE_UNKNOWN"


async def test_a_code_of_the_office_opens_its_case_once(at: Terminal, house: House) -> None:
    accepted = await at.accepted()
    end = house.clock() + timedelta(hours=24)
    code = await house.database.write(codes.give, accepted.reference, end)
    assert isinstance(await by_reference(at, accepted.reference), SuffixEntry)
    await at.page(OfficeCode, did.ByOfficeCode())
    at.do(did.Next())
    assert office_code(at).fault is EntryFault.EMPTY
    at.do(did.Insert(code[:5]), did.Next())
    assert office_code(at).fault is EntryFault.CODE_TOO_SHORT
    at.do(did.Insert(code[5:]))
    shown = await at.page(CaseHistory, did.Next())
    assert shown.case.reference == accepted.reference
    await by_reference(at, accepted.reference)
    await at.page(OfficeCode, did.ByOfficeCode())
    at.do(did.Insert(code), did.Next())
    await at.until(lambda: getattr(at.visit.page, "fault", None) is not None)
    assert office_code(at).fault is EntryFault.OFFICE_CODE_WRONG


def office_code(at: Terminal) -> OfficeCode:
    """The page that asks for the office's code."""
    assert isinstance(at.visit.page, OfficeCode), at.visit.page
    return at.visit.page
