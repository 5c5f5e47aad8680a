"""The interactive check: a person acts, and says whether what the device made of it is right.

What was read is shown masked: the technician's own card is personal data, too.
"""

from __future__ import annotations

import asyncio
import secrets

from hardware.diagnosing.external import Act, slip
from hardware.diagnosing.technician import NotSeen, Technician
from hardware.diagnosing.test_page import test_page
from hardware.interfaces.auxiliaries import Auxiliaries, Door, LightState
from hardware.interfaces.card_reader import CardReader
from hardware.interfaces.code_reader import CodeReader
from hardware.interfaces.document_printer import DocumentPrinter
from hardware.interfaces.identity_card_reader import IdentityCardReader
from hardware.interfaces.pin_pad import PinPad
from hardware.interfaces.power_supply import PowerSource, PowerSupply
from hardware.interfaces.receipt_printer import ReceiptPrinter

PERSON_SECONDS = 30.0
"""For which a person is waited for."""
DIGITS = 4
NOBODYS_ACCOUNT = "0" * 16
"""For a PIN block that nobody can use: no issuer has this number (ISO/IEC 7812-1)."""
LOOK_SECONDS = 0.5


def masked(text: str, first: int, last: int) -> str:
    """A text of which only the beginning and the end are shown, and of a short one less."""
    if len(text) <= first + last:
        first, last = min(first, 1, max(0, len(text) - 1)), 0
    return text[:first] + "*" * (len(text) - first - last) + text[len(text) - last :]


def new_number() -> str:
    """Digits that nobody can know without having seen them."""
    return "".join(secrets.choice("23456789") for _ in range(DIGITS))


async def read_identity_card(reader: IdentityCardReader, technician: Technician) -> tuple[str, ...]:
    """Reads the technician's card."""
    technician.say("check.lay_card")
    record = await reader.read_card(timeout=PERSON_SECONDS)
    technician.say(
        "check.identity_card",
        name=masked(record.full_name, 1, 0),
        number=masked(record.identity_number, 4, 2),
    )
    del record
    technician.say("check.lift_card")
    return await _judged(technician)


async def read_card(reader: CardReader, technician: Technician) -> tuple[str, ...] | None:
    """Reads a card, and gives it back where there is a motor; None where it reads none."""
    has = await reader.capabilities()
    if not (has.stripe or has.chip):
        return None
    technician.say("check.insert_card")
    try:
        card = await reader.read_card(timeout=PERSON_SECONDS)
        technician.say("check.card", name=masked(card.holder, 1, 0), number=masked(card.number, 4, 2))
        del card
    finally:
        if has.ejects:
            await reader.eject_card()
    technician.say("check.take_card")
    return await _judged(technician)


async def read_code(reader: CodeReader, technician: Technician) -> tuple[str, ...]:
    """Reads a code that the technician holds there."""
    technician.say("check.hold_code")
    code = await reader.read_code(timeout=PERSON_SECONDS)
    technician.say("check.code", text=masked(code, 2, 2), count=len(code))
    return await _judged(technician)


async def press_keys(pad: PinPad, technician: Technician) -> tuple[str, ...] | None:
    """Has keys pressed: digits; on a pad that gives none another key, or a PIN that nobody has."""
    has = await pad.capabilities()
    if has.digits:
        return await _enter_digits(pad, technician)
    if has.function_keys:
        wanted = secrets.choice(sorted(has.function_keys, key=lambda key: key.value))
        technician.say("check.press_key", key=technician.text(f"key.{wanted.value}"))
        pressed = await pad.function_key(timeout=PERSON_SECONDS)
        return () if pressed is wanted else ("advice.check.other_keys",)
    if has.pin:
        technician.say("check.press_any")
        await pad.enter_pin(NOBODYS_ACCOUNT, timeout=PERSON_SECONDS)
        return ()
    return None


async def _enter_digits(pad: PinPad, technician: Technician) -> tuple[str, ...]:
    number = new_number()
    technician.say("check.press_keys", number=number)
    with await pad.enter_digits(timeout=PERSON_SECONDS, minimum=DIGITS, maximum=DIGITS) as digits:
        right = digits.text() == number
    return () if right else ("advice.check.other_keys",)


async def print_slip(printer: ReceiptPrinter, technician: Technician) -> tuple[str, ...]:
    """Has the number of a slip typed in that was just printed."""
    number = new_number()
    technician.say("check.printing")
    await printer.print_slip(slip(number))
    return await _compared(technician, number)


async def print_page(printer: DocumentPrinter, technician: Technician) -> tuple[str, ...]:
    """The same, of a page."""
    number = new_number()
    technician.say("check.printing")
    await printer.print_document(test_page(number))
    return await _compared(technician, number)


async def look_at_lights(board: Auxiliaries, technician: Technician) -> tuple[str, ...]:
    """Each light is asked for, and the door is opened."""
    has = await board.capabilities()
    findings: tuple[str, ...] = ()
    for light in has.lights:
        await board.set_light(light, LightState.CONTINUOUS)
        try:
            name = technician.text(f"light.{light.value}")
            if not await technician.confirms("check.is_light_on", light=name):
                findings += (f"advice.check.dark.{light.value}",)
        finally:
            await board.set_light(light, LightState.OFF)
    if has.door:
        technician.say("check.move_door")
        if not await _seen(board, {Door.OPEN, Door.TAMPERED}, {Door.CLOSED}):
            if not findings:
                raise NotSeen("advice.check.door_unseen")
            findings += ("advice.check.door_unseen",)
    return findings


async def pull_plug(supply: PowerSupply, technician: Technician) -> tuple[str, ...]:
    """The mains are taken away for a moment."""
    technician.say("check.pull_plug")
    if not await _seen(supply, {PowerSource.BATTERY}, {PowerSource.MAINS, PowerSource.BYPASS}):
        raise NotSeen("advice.check.power_unseen")
    return ()


async def _seen(device: Auxiliaries | PowerSupply, *wanted: set[Door] | set[PowerSource]) -> bool:
    """Whether a device says one thing after another within the time that a person is given for each."""
    for states in wanted:
        try:
            async with asyncio.timeout(PERSON_SECONDS):
                while True:
                    status = await device.status()
                    if getattr(status, "door", None) in states or getattr(status, "source", None) in states:
                        break
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            return False
    return True


async def _judged(technician: Technician) -> tuple[str, ...]:
    return () if await technician.confirms("check.was_it_right") else ("advice.check.wrong_result",)


async def _compared(technician: Technician, number: str) -> tuple[str, ...]:
    """The number that stands on the paper, typed in; twice, for nobody types well."""
    for _ in range(2):
        if await technician.enters("check.type_number") == number:
            return ()
    return ("advice.check.wrong_print",)


ACTS: dict[str, Act] = {
    IdentityCardReader.name: read_identity_card,
    CardReader.name: read_card,
    CodeReader.name: read_code,
    PinPad.name: press_keys,
    ReceiptPrinter.name: print_slip,
    DocumentPrinter.name: print_page,
    Auxiliaries.name: look_at_lights,
    PowerSupply.name: pull_plug,
}
"""What a person and a device of each class do together."""
