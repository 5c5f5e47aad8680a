"""The service card through a reader with a motor, which itself knows stripes only: real bytes on a pty."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hardware.drivers import crt188_reader
from hardware.drivers.crt188_reader import Crt188Options, Crt188Reader
from hardware.interfaces.card_reader import CardReaderError, CardSource
from hardware.interfaces.device import CompletionCode, DeviceError
from hardware.interfaces.media import Media
from hardware.service_card import read_service_card, reads_service_cards
from hardware.simulators.crt188_reader import INSTANT, ReaderFault, SimulatedCrt188Reader
from hardware.simulators.service_card import DEMONSTRATION, CardFault, CardProgram
from hardware.simulators.swipe_reader import DEMONSTRATION as STRIPE
from tests.hardware.conftest import running


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader is asked as often as it answers."""
    monkeypatch.setattr(crt188_reader, "POLL_SECONDS", 0.05)


@pytest.fixture
async def simulated(tmp_path: Path) -> AsyncIterator[SimulatedCrt188Reader]:
    device = SimulatedCrt188Reader(tmp_path / "reader", INSTANT)
    async with running(device):
        yield device


@pytest.fixture
async def reader(simulated: SimulatedCrt188Reader) -> AsyncIterator[Crt188Reader]:
    driver = Crt188Reader(Crt188Options(port=str(simulated.line.name)))
    await driver.open()
    yield driver
    await driver.close()


@pytest.mark.parametrize("stripe", [ReaderFault.NONE, ReaderFault.BLANK, ReaderFault.UNREADABLE])
async def test_its_holder_is_read_from_the_chip_whatever_the_stripe_says(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader, stripe: ReaderFault
) -> None:
    assert await reads_service_cards(reader)
    simulated.insert(chip=CardProgram(DEMONSTRATION).answer)
    simulated.fault = stripe
    card = await read_service_card(reader, timeout=3.0)
    assert (card.identity_number, card.holder) == (DEMONSTRATION.identity_number, DEMONSTRATION.holder)
    assert (card.number, card.source) == (DEMONSTRATION.card_number, CardSource.CHIP)
    assert DEMONSTRATION.identity_number not in repr(card)
    assert (await reader.status()).media is Media.LATCHED
    await reader.eject_card()
    assert (await reader.status()).media is Media.ENTERING


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (CardFault.OTHER_CARD, CardReaderError.INVALID_MEDIA),
        (CardFault.PROTECTED, CardReaderError.INVALID_MEDIA),
        (CardFault.GARBAGE, CardReaderError.READ_FAILED),
        (CardFault.WRONG_NUMBER, CardReaderError.INVALID_CONTENT),
    ],
)
async def test_what_is_wrong_with_the_chip_is_told(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader, fault: CardFault, code: CardReaderError
) -> None:
    simulated.insert(chip=CardProgram(DEMONSTRATION, fault).answer)
    with pytest.raises(DeviceError) as raised:
        await read_service_card(reader, timeout=3.0)
    assert raised.value.code is code


async def test_a_bank_card_without_such_a_chip_is_told(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    simulated.insert(STRIPE)
    with pytest.raises(DeviceError) as raised:
        await read_service_card(reader, timeout=3.0)
    assert raised.value.code is CardReaderError.CHIP_NOT_SUPPORTED
    await reader.eject_card()


async def test_no_card_at_all_is_told(reader: Crt188Reader) -> None:
    with pytest.raises(DeviceError) as raised:
        await read_service_card(reader, timeout=0.2)
    assert (raised.value.completion, raised.value.code) == (
        CompletionCode.TIME_OUT,
        CardReaderError.NO_MEDIA,
    )
