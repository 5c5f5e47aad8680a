"""Finding one's way in a text, and taking it along: its headings, a code, a slip, sheets of A4."""

from __future__ import annotations

from dataclasses import replace

from backend_client.client import BackendClient
from backend_client.errors import BackendError
from foundation.log import logger
from hardware.interfaces.device import DeviceError
from hardware.interfaces.document_printer import DocumentError, DocumentPrinter, Waiting
from hardware.interfaces.receipt_printer import ReceiptPrinter
from kiosk.slip import SlipWriter
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.leaflet import contents, leaflet
from kiosk.visit.pages import Contents, Page, Slip, TakeAlong, Turned
from kiosk.visit.sheets import SheetPrinting
from kiosk.visit.slips import SlipPrinting
from kiosk.visit.visit import Chapter, Visit

log = logger(__name__)
_WANTED = (Slip.OFFERED, Slip.FAILED)


class TakingAlong(Chapter):
    """Owns the printing of sheets. It remembers nothing about anybody."""

    def __init__(
        self,
        visit: Visit,
        client: BackendClient,
        printer: ReceiptPrinter | None,
        documents: DocumentPrinter | None,
        slips: SlipWriter,
    ) -> None:
        self._visit = visit
        self._client = client
        self._documents = documents
        self._slips = slips
        self._slip = SlipPrinting(visit, printer)
        self._printing = SheetPrinting()

    def take(self, page: Page, event: Event) -> bool:
        """Knows texts, their headings, and the ways of taking them along."""
        match page, event:
            case Turned(), did.OpenContents() if headings := contents(page):
                text = leaflet(page)
                assert text is not None
                self._visit.open(Contents(text.title, headings, page.place))
            case Contents(), did.Jump(place):
                self._visit.close_page()
                if isinstance(text_page := self._visit.page, Turned):
                    self._visit.show(replace(text_page, place=place))
            case Turned(), did.TakeTextAlong() if leaflet(page) is not None:
                sheets = Slip.OFFERED if self._documents else Slip.NO_PRINTER
                self._visit.open(TakeAlong(page, self._slip.offered, sheets))
            case TakeAlong(slip=slip), did.PrintSlip() if slip in _WANTED and not _prints(page):
                text = leaflet(page.text)
                assert text is not None
                self._slip.print(page, self._slips.leaflet(text, self._visit.language))
            case TakeAlong(sheets=sheets), did.PrintSheets() if sheets in _WANTED and not _prints(page):
                self._print(page)
            case _:
                return False
        return True

    def wipe(self) -> None:
        """A printing goes on to its end; one that waits for paper is taken back."""
        self._printing.leave()

    async def settle(self) -> None:
        """Waits until what is being printed is printed."""
        await self._slip.settle()
        await self._printing.settle()

    def _print(self, page: TakeAlong) -> None:
        printing = replace(page, sheets=Slip.PRINTING, sheets_fault=None, waits=None)
        self._visit.show(printing)
        self._printing.begin(lambda waits: self._run(printing, waits))

    async def _run(self, page: TakeAlong, waits: Waiting) -> None:
        """Prints, and shows on the page how far it is."""
        assert self._documents
        shown = page

        def show(now: TakeAlong) -> None:
            nonlocal shown
            if self._visit.renew(shown, now):
                self._visit.touched()
            shown = now

        def waiting(why: DocumentError | None) -> None:
            waits(why)
            show(replace(shown, waits=why))

        text = leaflet(page.text)
        assert text is not None
        try:
            pdf = await self._client.render_text(text.name, self._visit.language)
            async with self._visit.turns.using():
                await self._documents.print_document(pdf, waiting)
        except BackendError as error:
            log.info("text_not_rendered", reason=error.reason)
            show(replace(shown, sheets=Slip.FAILED, waits=None))
        except DeviceError as error:
            log.warning("text_not_printed", completion=error.completion.value)
            show(replace(shown, sheets=Slip.FAILED, sheets_fault=error, waits=None))
        else:
            show(replace(shown, sheets=Slip.PRINTED, waits=None))


def _prints(page: TakeAlong) -> bool:
    return Slip.PRINTING in (page.slip, page.sheets)
