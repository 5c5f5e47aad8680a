"""The service card at a contact reader on a pty: signing in, filling in, and the card that is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from backend_client.case import new_reopening_name
from backend_client.errors import BackendError
from hardware.drivers import crt188_reader
from hardware.interfaces.card_reader import CardReaderError
from hardware.protocols.crt188 import Position
from hardware.simulators.service_card import DEMONSTRATION, CardFault, CardProgram, SimulatedServiceCard
from kiosk.visit import events as did
from kiosk.visit.pages import (
    CardKind,
    CardLeft,
    CardTaken,
    CardUse,
    CardWanted,
    CaseHistory,
    CaseList,
    Door,
    Home,
    Introduction,
    ProgressWays,
    Question,
)
from kiosk.visit.visit import Signal
from tests.backend.house import House
from tests.hardware.pcsc import READER, Pcscd, pcscd
from tests.kiosk.visit.terminal import MOTOR, Terminal, eventually, terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader is asked as often as it answers."""
    monkeypatch.setattr(crt188_reader, "POLL_SECONDS", 0.05)


@pytest_asyncio.fixture(loop_scope="module")
async def at(house: House, tmp_path: Path) -> AsyncIterator[Terminal]:
    """A terminal with a contact reader that has a motor, on a pty."""
    async with terminal(house.address, tmp_path, chips=MOTOR) as here:
        yield here


@pytest.fixture(scope="module")
def service() -> Iterator[Pcscd]:
    with pcscd() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def card(service: Pcscd) -> AsyncIterator[SimulatedServiceCard]:
    """A card for the reader below."""
    made = SimulatedServiceCard(service.port)
    yield made
    await made.remove()


@pytest_asyncio.fixture(loop_scope="module")
async def plain(house: House, tmp_path: Path, card: SimulatedServiceCard) -> AsyncIterator[Terminal]:
    """A terminal with a contact reader without a motor, which a real pcscd has."""
    async with terminal(house.address, tmp_path, chips=READER) as here:
        yield here


def insert(at: Terminal, fault: CardFault = CardFault.NONE) -> None:
    """Puts the demonstration card into the contact reader."""
    at.contacts.insert(chip=CardProgram(DEMONSTRATION, fault).answer)


async def sign_in(at: Terminal) -> CaseList:
    """From the home page to the cases of the card's holder."""
    await at.page(ProgressWays, did.OpenDoor(Door.PROGRESS))
    await at.page(CardWanted, did.ByCard())
    insert(at)
    return await at.page(CaseList)


async def filled_in(at: Terminal) -> CardTaken:
    """From the home page to what a service card filled in."""
    await at.introduction()
    page = await at.page(CardWanted, did.Next())
    assert page.kinds == (CardKind.IDENTITY, CardKind.SERVICE)
    insert(at)
    return await at.page(CardTaken)


async def test_it_fills_in_what_it_knows_and_says_so(at: Terminal) -> None:
    taken = await filled_in(at)
    assert [field.id for field in taken.fields] == ["full_name", "sex", "identity_number"]
    await eventually(lambda: at.contacts.position is Position.AT_MOUTH)
    at.contacts.take()
    page = at.do(did.Next())
    assert isinstance(page, Question)
    assert page.field.id == "phone"
    answers = at.applications.begun["forms/everything"].filling
    assert answers.answers["identity_number"] == DEMONSTRATION.identity_number
    assert answers.prefilled == {"full_name", "sex", "identity_number"}


async def test_an_identity_card_does_as_well_while_both_are_waited_for(at: Terminal) -> None:
    await at.introduction()
    await at.page(CardWanted, did.Next())
    at.lay()
    await at.page(CardTaken)
    await eventually(lambda: not at.contacts.entry_open)


async def test_it_shows_the_cases_of_its_holder_and_changes_none(at: Terminal) -> None:
    accepted = await at.accepted()
    at.do(did.GoHome())
    cases = await sign_in(at)
    assert accepted.reference in [case.reference for case in cases.cases]
    await at.page(CaseHistory, did.OpenCase(accepted.reference))
    assert at.progress.session
    with pytest.raises(BackendError) as refused:
        await at.client.reopen_case(
            at.progress.session, accepted.reference, new_reopening_name(), reason="没有答复"
        )
    assert refused.value.reason == "NOT_WITH_THIS_CREDENTIAL"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (CardFault.OTHER_CARD, CardReaderError.INVALID_MEDIA),
        (CardFault.GARBAGE, CardReaderError.READ_FAILED),
        (CardFault.WRONG_NUMBER, CardReaderError.INVALID_CONTENT),
    ],
)
async def test_a_card_that_is_not_read_is_given_back_and_can_be_tried_again(
    at: Terminal, fault: CardFault, code: CardReaderError
) -> None:
    await at.introduction()
    await at.page(CardWanted, did.Next())
    insert(at, fault)
    await at.until(lambda: isinstance(at.visit.page, CardWanted) and at.visit.page.fault is not None)
    page = at.visit.page
    assert isinstance(page, CardWanted)
    assert page.fault
    assert page.fault.code is code
    await eventually(lambda: at.contacts.position is Position.AT_MOUTH)
    at.contacts.take()
    at.do(did.ReadCard())
    insert(at)
    await at.page(CardTaken)


async def test_one_reader_that_is_out_of_order_does_not_stop_the_other(at: Terminal) -> None:
    at.reader.line.unplug()
    await at.introduction()
    await at.page(CardWanted, did.Next())
    insert(at)
    await at.page(CardTaken)
    at.reader.line.plug_in()


async def test_a_card_left_behind_is_told_until_it_is_taken(at: Terminal) -> None:
    signals: list[Signal] = []
    at.visit.signal = signals.append
    at.do(did.SwitchLanguage())
    await filled_in(at)
    await in_the_reader(at)
    page = at.do(did.Leave(), did.LeaveAnyway())
    assert page == CardLeft(CardKind.SERVICE)
    view = at.visit.view
    assert not at.applications.begun
    assert not at.cards.holder
    assert view.language is not at.visit.first_language, "it is told in the language of who goes"
    await eventually(lambda: signals == [Signal.CARD_LEFT])
    at.contacts.free()
    await at.until(lambda: isinstance(at.visit.page, Home))
    assert at.visit.language is at.visit.first_language
    assert at.contacts.retained == 0


async def test_a_card_that_was_taken_is_not_told_of(at: Terminal) -> None:
    await filled_in(at)
    await in_the_reader(at)
    at.contacts.take()
    await gone(at)
    assert isinstance(at.do(did.Leave(), did.LeaveAnyway()), Home)


async def test_what_nobody_takes_is_taken_in(at: Terminal) -> None:
    await filled_in(at)
    await in_the_reader(at)
    assert at.do(did.Leave(), did.LeaveAnyway()) == CardLeft(CardKind.SERVICE)
    await at.until(lambda: at.visit.page == CardLeft(CardKind.SERVICE, kept=True))
    assert at.contacts.retained == 1
    await at.until(lambda: isinstance(at.visit.page, Home))


async def test_whoever_goes_back_while_the_card_is_read_gets_it_back(at: Terminal) -> None:
    await at.introduction()
    await at.page(CardWanted, did.Next())
    at.contacts.upon("exchange", lambda: at.visit.send(did.Back()))
    insert(at)
    await eventually(lambda: at.contacts.position is Position.AT_MOUTH)
    await in_the_reader(at)
    assert isinstance(at.visit.page, Introduction)
    assert at.do(did.LeaveAnyway()) == CardLeft(CardKind.SERVICE)
    at.contacts.take()
    await at.until(lambda: isinstance(at.visit.page, Home))


async def test_whoever_ends_the_visit_while_the_card_is_read_is_told_at_once(at: Terminal) -> None:
    await at.introduction()
    await at.page(CardWanted, did.Next(), did.SwitchLanguage())
    at.contacts.upon("exchange", lambda: at.visit.send(did.LeaveAnyway()))
    insert(at)
    await at.until(lambda: at.visit.page == CardLeft(CardKind.SERVICE))
    assert at.visit.language is not at.visit.first_language
    await eventually(lambda: at.contacts.position is Position.AT_MOUTH)
    await at.until(lambda: at.visit.page == CardLeft(CardKind.SERVICE, kept=True))
    assert at.contacts.retained == 1
    await at.until(lambda: isinstance(at.visit.page, Home))
    assert not at.cards.holder
    assert at.tally.counts.visits == 1


@pytest.mark.parametrize("fault", [CardFault.SLOW, CardFault.GARBAGE])
async def test_a_card_that_was_not_read_whole_is_not_read_for_the_next_resident(
    plain: Terminal, card: SimulatedServiceCard, fault: CardFault
) -> None:
    await plain.introduction()
    await plain.page(CardWanted, did.Next())
    card.insert(fault=fault)
    await eventually(lambda: card.commands > 0)
    if fault is CardFault.GARBAGE:
        await plain.until(lambda: getattr(plain.visit.page, "fault", None) is not None)
    plain.do(did.LeaveAnyway())
    await plain.until(lambda: plain.visit.page == CardLeft(CardKind.SERVICE))
    assert isinstance(plain.do(did.Next()), Home)
    commands = card.commands
    await plain.introduction()
    await plain.page(CardWanted, did.Next())
    await asyncio.sleep(0.5)
    assert plain.visit.page == CardWanted(CardUse.FILL_IN, kinds=(CardKind.IDENTITY, CardKind.SERVICE))
    assert card.commands == commands
    await card.remove()
    await gone(plain)  # also for pcscd, before the next card


async def test_a_card_left_in_a_reader_without_a_motor_is_told_until_it_is_taken(
    plain: Terminal, card: SimulatedServiceCard
) -> None:
    await put_in(plain, card)
    assert plain.do(did.Leave(), did.LeaveAnyway()) == CardLeft(CardKind.SERVICE)
    await card.remove()
    await plain.until(lambda: isinstance(plain.visit.page, Home))


async def test_a_card_that_stays_in_is_not_read_for_the_next_resident(
    plain: Terminal, card: SimulatedServiceCard
) -> None:
    await put_in(plain, card)
    plain.do(did.Leave(), did.LeaveAnyway())
    await plain.until(lambda: isinstance(plain.visit.page, Home))
    commands = card.commands
    await plain.introduction()
    await plain.page(CardWanted, did.Next())
    await asyncio.sleep(0.5)
    assert isinstance(plain.visit.page, CardWanted), "it is somebody else's"
    assert card.commands == commands
    await card.remove()
    await gone(plain)
    card.insert()
    await plain.page(CardTaken)


async def test_who_touches_the_reminder_away_is_not_reminded_again(at: Terminal) -> None:
    await filled_in(at)
    await in_the_reader(at)
    at.do(did.Leave(), did.LeaveAnyway())
    assert isinstance(at.do(did.Next()), Home)
    at.do(did.OpenDoor(Door.SERVICES))
    assert isinstance(at.do(did.LeaveAnyway()), Home)


async def test_without_a_chip_reader_only_identity_cards_are_asked_for(house: House, tmp_path: Path) -> None:
    async with terminal(house.address, tmp_path) as at:
        await at.introduction()
        assert (await at.page(CardWanted, did.Next())).kinds == (CardKind.IDENTITY,)


async def put_in(at: Terminal, card: SimulatedServiceCard) -> None:
    """From the home page to what the card of the reader without a motor filled in."""
    await at.introduction()
    await at.page(CardWanted, did.Next())
    card.insert()
    await at.page(CardTaken)
    await in_the_reader(at)


async def in_the_reader(at: Terminal) -> None:
    """Waits until the reader was seen with the card in it."""
    await eventually(lambda: CardKind.SERVICE in at.slots.inside)


async def gone(at: Terminal) -> None:
    """Waits until the reader was seen without."""
    await eventually(lambda: CardKind.SERVICE not in at.slots.inside)
