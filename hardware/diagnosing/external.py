"""The external check: a device does something that can be seen, and says that it did.

An act gives the names of what is to be done, none where all is well, and None where this model has nothing to
show.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from foundation.language import Language
from hardware.diagnosing.technician import Technician
from hardware.diagnosing.test_page import test_page
from hardware.interfaces.auxiliaries import Auxiliaries, Fan, LightState
from hardware.interfaces.card_reader import CardReader
from hardware.interfaces.code_reader import CodeError, CodeReader
from hardware.interfaces.device import DeviceError
from hardware.interfaces.document_printer import DocumentPrinter
from hardware.interfaces.media import Media
from hardware.interfaces.receipt_printer import Align, QrCode, ReceiptPrinter, Rule, SlipPart, TextLine
from hardware.wording import texts

Act = Callable[[Any, Technician], Awaitable[tuple[str, ...] | None]]

SHOWN_SECONDS = 1.0
"""A lamp is lit for so long, and a scanner is on."""


def slip(number: str) -> tuple[SlipPart, ...]:
    """A slip for looking at: large and small, bold, Chinese, a rule, a QR code. number: to be read out."""
    parts: list[SlipPart] = []
    for language in Language:
        text = texts(language)
        parts.append(TextLine(text("test_slip.title"), Align.CENTRE, scale=2, bold=True))
        parts.append(TextLine(text("test_slip.text")))
    now = datetime.now().astimezone().isoformat(" ", "seconds")
    return (
        *parts,
        Rule(),
        TextLine(number, Align.CENTRE, scale=2),
        QrCode(f"HUIMIN TEST {number}"),
        TextLine(now, Align.RIGHT),
    )


async def print_slip(printer: ReceiptPrinter, technician: Technician) -> tuple[str, ...]:
    """A test slip."""
    technician.say("check.printing")
    await printer.print_slip(slip("0000"))
    return ()


async def print_page(printer: DocumentPrinter, technician: Technician) -> tuple[str, ...]:
    """A test page."""
    technician.say("check.printing")
    await printer.print_document(test_page("0000"))
    return ()


async def give_card(reader: CardReader, technician: Technician) -> tuple[str, ...] | None:
    """Moves a card out, where there is a motor and a card."""
    without = (Media.NOT_PRESENT, Media.NOT_SUPPORTED)
    if not (await reader.capabilities()).ejects or (await reader.status()).media in without:
        return None
    technician.say("check.ejecting")
    await reader.eject_card()
    return ()


async def scan(reader: CodeReader, technician: Technician) -> tuple[str, ...] | None:
    """Switches the scanner on for a moment, where it can be."""
    if not (await reader.capabilities()).triggers:
        return None
    technician.say("check.scanner_on")
    try:
        await reader.read_code(timeout=SHOWN_SECONDS)
    except DeviceError as error:
        if error.code is not CodeError.NO_CODE:
            raise
    return ()


async def show_lights(board: Auxiliaries, technician: Technician) -> tuple[str, ...] | None:
    """Each light in turn, then the fan."""
    has = await board.capabilities()
    if not has.lights and not has.fan:
        return None
    for light in has.lights:
        technician.say("check.light_on", light=technician.text(f"light.{light.value}"))
        await board.set_light(light, LightState.CONTINUOUS)
        try:
            await asyncio.sleep(SHOWN_SECONDS)
        finally:
            with suppress(DeviceError):
                await board.set_light(light, LightState.OFF)
    if has.fan:
        was_off = (await board.status()).fan is Fan.OFF
        technician.say("check.fan_on")
        await board.set_fan(on=True)
        await asyncio.sleep(SHOWN_SECONDS)
        turns = (await board.status()).fan is not Fan.FAILED
        if was_off:
            await board.set_fan(on=False)
        return () if turns else ("advice.auxiliaries.fanFailed",)
    return ()


ACTS: dict[str, Act] = {
    ReceiptPrinter.name: print_slip,
    DocumentPrinter.name: print_page,
    CardReader.name: give_card,
    CodeReader.name: scan,
    Auxiliaries.name: show_lights,
}
"""What a device of each class does to be seen."""
