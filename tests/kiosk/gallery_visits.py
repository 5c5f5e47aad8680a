"""Pages of visits that are interrupted, and of cards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from backend_client.catalog import Service
from hardware.interfaces.card_reader import CardReaderError
from hardware.interfaces.device import CompletionCode, DeviceError
from hardware.interfaces.receipt_printer import PrintError
from kiosk.visit import pages
from kiosk.visit.home import doors
from kiosk.visit.pages import CardKind, CardUse, EntryFault, Keeping, KeypadTrouble, Page, Slip
from tests.kiosk.references import reference

UNTIL = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
KEEPING = Keeping("88888888", by_card=True)
BOTH = (CardKind.IDENTITY, CardKind.SERVICE)


def visits(services: tuple[Service, ...]) -> Iterator[Page]:
    """What is kept and how it is found again; cards of both kinds; codes."""
    yield pages.Home((*doors(services), pages.Door.CONTINUE), services)
    yield pages.StillThere()
    yield pages.NothingKept()
    for keeping in (KEEPING, Keeping("12345678")):
        yield pages.KeptForLater(keeping, UNTIL, Slip.OFFERED)
    for slip in (Slip.NO_PRINTER, Slip.PRINTING, Slip.PRINTED):
        yield pages.KeptForLater(KEEPING, UNTIL, slip)
    for error in (PrintError.PAPER_OUT, None):
        fault = DeviceError(CompletionCode.HARDWARE_ERROR, error)
        yield pages.KeptForLater(KEEPING, UNTIL, Slip.FAILED, fault)
    for use in CardUse:
        yield pages.CardWanted(use, kinds=BOTH)
    yield pages.CardWanted(CardUse.SIGN_IN, kinds=(CardKind.SERVICE,))
    for code in CardReaderError:
        fault = DeviceError(CompletionCode.USER_ERROR, code)
        yield pages.CardWanted(CardUse.FILL_IN, fault, kinds=BOTH, known=code is CardReaderError.READ_FAILED)
    for kind in CardKind:
        yield pages.CardLeft(kind)
    yield pages.CardLeft(CardKind.SERVICE, kept=True)
    yield pages.TakeUpCode()
    yield pages.TakeUpCode("88888888", EntryFault.CODE_WRONG)
    yield pages.TakeUpCode("123", EntryFault.CODE_TOO_SHORT)
    yield pages.TakeUpCode("", EntryFault.CODE_CLOSED, minutes=15)
    yield pages.TakeUpCode("", keypad=KeypadTrouble.OUT)
    yield pages.OfficeCode(reference())
    yield pages.OfficeCode(reference(), "88888888", EntryFault.OFFICE_CODE_WRONG)
