"""Looking something up: who asks, where that matters, the questions, and the records.

What was answered lives until the records are shown, or the pages are left; a session until they are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from backend_client.case import Session
from backend_client.catalog import Service
from backend_client.client import BackendClient
from backend_client.errors import Conflict, InvalidAnswers, ProviderFailed
from backend_client.forms.answer import AnswerError, Value
from backend_client.forms.filling import Filling
from backend_client.forms.lookup import Access, Found, Lookup
from foundation.log import logger
from hardware.interfaces.receipt_printer import ReceiptPrinter
from kiosk.slip import SlipWriter
from kiosk.visit import events as did
from kiosk.visit.application import Applications
from kiosk.visit.events import Event
from kiosk.visit.pages import (
    LookupRecord,
    LookupRecords,
    LookupTrouble,
    Page,
    Question,
    ServiceGuide,
    Slip,
)
from kiosk.visit.progress import Progress
from kiosk.visit.slips import SlipPrinting
from kiosk.visit.visit import Chapter, Visit

log = logger(__name__)


@dataclass(slots=True)
class Search:
    """What is looked up now. Its repr shows no answer."""

    service: Service
    lookup: Lookup
    session: Session | None = field(default=None, repr=False)
    answers: Mapping[str, Value] = field(default_factory=dict, repr=False)


class Lookups(Chapter):
    """Owns what is looked up."""

    def __init__(
        self,
        visit: Visit,
        client: BackendClient,
        applications: Applications,
        progress: Progress,
        *,
        printer: ReceiptPrinter | None,
        slips: SlipWriter,
    ) -> None:
        """applications: asks the questions; progress: finds out who the resident is."""
        self._visit = visit
        self._client = client
        self._applications = applications
        self._progress = progress
        self._slips = slips
        self._printing = SlipPrinting(visit, printer)
        self._search: Search | None = None

    def take(self, page: Page, event: Event) -> bool:
        """Knows the way into a lookup, its records, and what to do where there are none now.

        A record that is owed is paid by whichever chapter takes `did.Pay` with what is payable of it.
        """
        match page, event:
            case ServiceGuide(service=service), did.Apply() if service.lookup:
                self._visit.do(lambda: self._begin(service))
            case ((LookupRecords() | LookupRecord()), did.SearchAnew()):
                self._visit.unwind(ServiceGuide)
                self._visit.do(lambda: self._begin(page.service))
            case LookupRecords(found=found), did.OpenRecord(record) if record in found.records:
                self._visit.open(
                    LookupRecord(page.service, page.lookup, record, found, self._printing.offered)
                )
            case LookupRecord(slip=Slip.OFFERED | Slip.FAILED), did.PrintSlip():
                self._printing.print(page, self._slips.record(page.lookup, page.record, self._visit.language))
            case LookupTrouble(failure=ProviderFailed()), did.TryAgain() if self._search:
                self._visit.do(self._run)
            case LookupTrouble(failure=ProviderFailed()), did.Back():
                self._visit.unwind(ServiceGuide)
            case _:
                return False
        return True

    def page_changed(self, page: Page) -> None:
        """What was looked up is forgotten once it is shown, or left."""
        if isinstance(page, ServiceGuide | LookupRecords | LookupRecord):
            self._forget()

    def wipe(self) -> None:
        """Forgets what is looked up."""
        self._forget()

    async def settle(self) -> None:
        """Waits until the slip is printed."""
        await self._printing.settle()

    def _forget(self) -> None:
        if self._search is not None and self._search.session is not None:
            self._progress.end_session()
        self._search = None

    async def _begin(self, service: Service) -> None:
        """Gets the lookup, which may have changed, and finds out who asks where that matters."""
        lookup = await self._client.get_lookup(service.lookup)
        search = Search(service, lookup)
        if not lookup.personal:
            await self._ask(search)
            return

        async def signed_in(session: Session) -> None:
            search.session = session
            self._visit.unwind(ServiceGuide)
            await self._ask(search)

        if not self._progress.sign_in(signed_in, by_reference=lookup.access is Access.REFERENCE):
            self._visit.open(LookupTrouble(service, None))

    async def _ask(self, search: Search) -> None:
        """The questions; where there are none, the records at once."""
        if search.lookup.questions.fields:
            self._applications.ask(search.lookup.questions, self._answered)
            self._search = search
        else:
            self._search = search
            await self._run()

    def _answered(self, filling: Filling) -> None:
        assert self._search
        self._search.answers = filling.answers
        self._visit.do(self._run)

    async def _run(self) -> None:
        search = self._search
        assert search
        try:
            found = await self._client.run_lookup(search.lookup, search.answers, session=search.session)
        except ProviderFailed as error:
            log.info("lookup_failed", lookup=search.lookup.name, reason=error.reason)
            self._in_place(LookupTrouble(search.service, error))
        except InvalidAnswers as refused:
            first = refused.violations[0]
            self._applications.ask_again(AnswerError(first.field, first.problem))
        except Conflict:
            self._visit.unwind(ServiceGuide)
            await self._begin(search.service)
        else:
            log.info("lookup_answered", lookup=search.lookup.name, records=len(found.records))
            self._visit.unwind(ServiceGuide)
            self._visit.open(self._shown(search, found))

    def _shown(self, search: Search, found: Found) -> Page:
        """One record in full, several or none as a list."""
        if len(found.records) == 1 and not found.more:
            record = found.records[0]
            return LookupRecord(search.service, search.lookup, record, found, self._printing.offered)
        return LookupRecords(search.service, search.lookup, found)

    def _in_place(self, trouble: LookupTrouble) -> None:
        """Instead of the last question, or of the trouble before."""
        if isinstance(self._visit.page, Question | LookupTrouble):
            self._visit.show(trouble)
        else:
            self._visit.open(trouble)
