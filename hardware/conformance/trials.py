"""The commands of each class, as the checks call them: one line each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from hardware.interfaces.auxiliaries import Auxiliaries, LightState
from hardware.interfaces.card_reader import CardReader, CardReaderError
from hardware.interfaces.code_reader import CodeError, CodeReader
from hardware.interfaces.device import AnyDevice
from hardware.interfaces.document_printer import DocumentPrinter
from hardware.interfaces.identity_card_reader import CardError, IdentityCardReader
from hardware.interfaces.pin_pad import PinPad, PinPadError
from hardware.interfaces.receipt_printer import Align, ReceiptPrinter, Rule, TextLine

SLIP = (TextLine("HUIMIN", Align.CENTRE, scale=2), Rule(), TextLine("CONFORMANCE TEST 一致性测试"))
PAGE = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
DIGITS = 4
"""How many a person is asked to key in."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A command. call: with a device and a time limit in seconds; late: the code of the class where that
    passes while nobody does what is waited for, None of a command that waits for nobody; able: whether a
    model with these capabilities has it."""

    name: str
    call: Callable[[Any, float], Awaitable[object]]
    late: Enum | None = None
    able: Callable[[Any], bool] = lambda capabilities: True

    @property
    def waits(self) -> bool:
        """Whether it waits for a person."""
        return self.late is not None


async def _light(board: Auxiliaries, _: float) -> None:
    """Switches the first light off."""
    await board.set_light(next(iter((await board.capabilities()).lights)), LightState.OFF)


TRIALS: dict[type[AnyDevice], tuple[Trial, ...]] = {
    IdentityCardReader: (
        Trial("read_card", lambda device, seconds: device.read_card(timeout=seconds), CardError.NO_MEDIA),
    ),
    CardReader: (
        Trial(
            "read_card",
            lambda device, seconds: device.read_card(timeout=seconds),
            CardReaderError.NO_MEDIA,
            lambda able: able.stripe or able.chip,
        ),
    ),
    PinPad: (
        Trial(
            "enter_digits",
            lambda device, seconds: device.enter_digits(timeout=seconds, minimum=DIGITS, maximum=DIGITS),
            PinPadError.ENTRY_TIMEOUT,
            lambda able: able.digits,
        ),
    ),
    ReceiptPrinter: (Trial("print_slip", lambda device, _: device.print_slip(SLIP)),),
    DocumentPrinter: (Trial("print_document", lambda device, _: device.print_document(PAGE)),),
    CodeReader: (
        Trial("read_code", lambda device, seconds: device.read_code(timeout=seconds), CodeError.NO_CODE),
    ),
    Auxiliaries: (Trial("set_light", _light, able=lambda able: bool(able.lights)),),
}
"""Those that every model of the class has, and that do no harm. A class without one has its status alone."""


def trials_of(device: AnyDevice) -> tuple[Trial, ...]:
    """The trials of a device's class."""
    return next((trials for kind, trials in TRIALS.items() if isinstance(device, kind)), ())
