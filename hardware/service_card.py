"""The service card (社会保障卡), read through any reader that can speak to a chip.

A reader that knows the card's application reads it by itself. One that only hands commands on, such as a
reader with a motor, takes the card in first; then the same dialogue runs over its `transmit`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hardware.interfaces.card_reader import CardData, CardReader, CardReaderError, CardSource
from hardware.interfaces.device import CompletionCode, DeviceError
from hardware.protocols import service_card
from hardware.protocols.apdu import ApduError, Response
from hardware.protocols.service_card import Reason, ServiceCard, ServiceCardError

DIALOGUE_SECONDS = 12.0
"""Longest time for a whole card over `transmit`: twenty exchanges at 9600 baud take about four."""
_REASONS = {
    Reason.OTHER_CARD: (CompletionCode.USER_ERROR, CardReaderError.INVALID_MEDIA),
    Reason.PROTECTED: (CompletionCode.USER_ERROR, CardReaderError.INVALID_MEDIA),
    Reason.REFUSED: (CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED),
    Reason.BROKEN: (CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED),
    Reason.CONTENT: (CompletionCode.INVALID_DATA, CardReaderError.INVALID_CONTENT),
}
_OF_THE_STRIPE = (
    CardReaderError.INVALID_MEDIA,
    CardReaderError.READ_FAILED,
    CardReaderError.INVALID_CONTENT,
)
"""Faults of a stripe, which a service card need not have: the card is in the reader all the same."""


def card_error(error: ServiceCardError) -> DeviceError:
    """What a card that was not read means, as every reader says it."""
    completion, code = _REASONS[error.reason]
    return DeviceError(completion, code, str(error))


def card_data(card: ServiceCard) -> CardData:
    """What a card says, as every reader says it."""
    details = {
        "holder_number": card.holder_number,
        "region": card.region,
        "version": card.version,
        "issued": f"{card.issued:%Y%m%d}" if card.issued else "",
        "sex": card.sex,
        "ethnicity": card.ethnicity,
        "birthplace": card.birthplace,
        "birth_date": f"{card.birth_date:%Y%m%d}" if card.birth_date else "",
    }
    return CardData(
        number=card.card_number,
        holder=card.holder,
        identity_number=card.identity_number,
        expires=f"{card.expires:%Y%m%d}" if card.expires else "",
        source=CardSource.CHIP,
        details={name: value for name, value in details.items() if value},
    )


async def reads_service_cards(reader: CardReader) -> bool:
    """Whether a reader can speak to a chip. Raises DeviceError where it does not answer."""
    can = await reader.capabilities()
    return can.chip or can.transmits


async def read_service_card(
    reader: CardReader, *, timeout: float, came: Callable[[], None] = lambda: None
) -> CardData:
    """Waits up to `timeout` seconds for a card, and reads its application.

    DeviceError as `CardReader.read_card`; INVALID_MEDIA where it is another card. In a reader with a motor
    the card stays inside, whatever came of it. came: is called where a card is in before it is read.
    """
    can = await reader.capabilities()
    if can.chip:
        return await reader.read_card(timeout=timeout)
    if not can.transmits:
        raise DeviceError(CompletionCode.UNSUPPORTED_COMMAND)
    try:
        await reader.read_card(timeout=timeout)
    except DeviceError as error:
        if error.code not in _OF_THE_STRIPE:
            raise
    came()
    try:
        async with asyncio.timeout(DIALOGUE_SECONDS):
            return card_data(await _application(reader))
    except ServiceCardError as error:
        raise card_error(error) from None
    except TimeoutError:
        raise DeviceError(CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED, "too slow") from None


async def _application(reader: CardReader) -> ServiceCard:
    dialogue = service_card.read()
    command = next(dialogue)
    while True:
        answer = await reader.transmit(command.encode())
        try:
            command = dialogue.send(Response.decode(answer))
        except StopIteration as done:
            card: ServiceCard = done.value
            return card
        except ApduError as error:
            raise ServiceCardError(Reason.BROKEN, str(error)) from None
