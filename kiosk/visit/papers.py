"""Forms on paper: blank, with the card, or with what was entered; printed on A4, or as a code for a phone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from backend_client.catalog import Service, ServiceKind
from backend_client.client import BackendClient
from backend_client.document import new_document_name
from backend_client.errors import InvalidRequest
from backend_client.forms.answer import AnswerError, Problem, Recording, Value
from backend_client.forms.filling import Filling
from backend_client.forms.form import Form
from foundation.log import logger
from hardware.interfaces.device import DeviceError
from hardware.interfaces.document_printer import DocumentError, DocumentPrinter, Waiting
from kiosk.visit import events as did
from kiosk.visit.application import MAX_ENTERED, Applications
from kiosk.visit.cards import CardRead, Cards
from kiosk.visit.events import Event
from kiosk.visit.pages import (
    AddressEntry,
    CardUse,
    CardWanted,
    Page,
    Paper,
    PaperState,
    PaperWays,
    ReasonEntry,
    ServiceGuide,
)
from kiosk.visit.sheets import SheetPrinting
from kiosk.visit.visit import Chapter, Visit

log = logger(__name__)

NO_SUCH_RECIPIENT = "NO_SUCH_RECIPIENT"
"""The backend's word that something is no address."""


class Papers(Chapter):
    """Owns the printing. What was filled in is forgotten once its page is left."""

    def __init__(
        self,
        visit: Visit,
        client: BackendClient,
        cards: Cards,
        applications: Applications,
        printer: DocumentPrinter | None,
        *,
        today: Callable[[], date],
    ) -> None:
        """today: the local date of the county."""
        self._visit = visit
        self._client = client
        self._cards = cards
        self._applications = applications
        self._printer = printer
        self._today = today
        self._answers: Mapping[str, Value] = {}
        self._name = ""
        self._sent: dict[tuple[str, str], str] = {}
        self._printing = SheetPrinting()
        cards.serve(CardUse.PAPER, self._card_read)

    def take(self, page: Page, event: Event) -> bool:
        """Knows the ways of taking a form along, and the form."""
        match page, event:
            case ServiceGuide(service=service), did.Apply() if service.kind is ServiceKind.DOCUMENT:
                self._visit.do(lambda: self._open(service))
            case PaperWays(), did.TakeBlank():
                self._take(page, {})
            case PaperWays(form=form, begun=True), did.TakeBegun():
                self._take(page, self._begun(form))
            case PaperWays(reader=True), did.ByCard():
                self._cards.want(CardUse.PAPER)
            case PaperWays(), did.TakeLink():
                self._answers, self._name = {}, ""
                self._visit.do(lambda: self._link(page.service, page.form))
            case CardWanted(use=CardUse.PAPER), did.Skip():
                self._visit.close_page()
                self.take(self._visit.page, did.TakeBlank())
            case Paper(state=PaperState.FAILED, service=service, form=form), did.TakeLink():
                self._visit.do(lambda: self._link(service, form))
            case Paper(state=PaperState.FAILED, service=service, form=form), did.TakeBlank():
                self._visit.do(lambda: self._print(service, form))
            case Paper(state=PaperState.LINK, service=service, form=form, email=True), did.ByEmail():
                self._visit.open(AddressEntry(service, form, page.filled))
            case AddressEntry(), did.Enter(text):
                self._visit.show(replace(page, entered=text[:MAX_ENTERED], error=None))
            case AddressEntry(), did.Next():
                self._visit.do(lambda: self._send(page))
            case _:
                return False
        return True

    def unsent(self) -> bool:
        """An address that nothing went to yet."""
        page = self._visit.page
        return isinstance(page, AddressEntry) and bool(page.entered.strip())

    def page_changed(self, page: Page) -> None:
        """What was filled in goes with the page; whoever says why a rating is low comes back to it."""
        if not isinstance(page, Paper | PaperWays | CardWanted | AddressEntry | ReasonEntry):
            self._answers = {}

    def wipe(self) -> None:
        """Forgets everything. A printing goes on to its end; one that waits for paper is taken back."""
        self._printing.leave()
        self._answers, self._name = {}, ""
        self._sent.clear()

    async def settle(self) -> None:
        """Waits until what is being printed is printed."""
        await self._printing.settle()

    async def _open(self, service: Service) -> None:
        form = await self._client.get_form(service.form)
        begun = bool(self._begun(form))
        ways = PaperWays(service, form, self._printer is not None, self._cards.there, begun)
        self._visit.open(ways)

    def _begun(self, form: Form) -> Mapping[str, Value]:
        """What was entered on the screen; what was spoken has no place on paper."""
        answers = self._applications.answers_of(form)
        return {name: value for name, value in answers.items() if not isinstance(value, Recording)}

    def _card_read(self, card: CardRead) -> None:
        self._visit.close_page()
        page = self._visit.page
        if isinstance(page, PaperWays):
            filling = Filling(page.form, self._today)
            filling.prefill(card.answers)
            self._take(page, dict(filling.answers))

    def _take(self, page: PaperWays, answers: Mapping[str, Value]) -> None:
        """Prints it, or shows its code where this terminal does not print."""
        self._answers, self._name = dict(answers), ""
        if self._printer is None:
            self._visit.do(lambda: self._link(page.service, page.form))
        else:
            self._visit.do(lambda: self._print(page.service, page.form))

    async def _link(self, service: Service, form: Form) -> None:
        """Shows the code. Trying it again leads to the same link."""
        self._name = self._name or new_document_name()
        made = await self._client.create_document_link(
            self._name, form, self._visit.language, answers=self._answers
        )
        shown = Paper(service, form, PaperState.LINK, bool(self._answers), link=made.link, email=made.email)
        self._show(shown)

    async def _send(self, page: AddressEntry) -> None:
        """Has a link sent to an address. Trying it again sends the same link, and only once."""
        address = page.entered.strip()
        try:
            if "@" not in address:  # a mobile number would be taken, too
                raise InvalidRequest(NO_SUCH_RECIPIENT)
            name = self._sent.setdefault((self._name, address), new_document_name())
            made = await self._client.create_document_link(
                name, page.form, self._visit.language, answers=self._answers, recipient=address
            )
        except InvalidRequest as refused:
            if refused.reason != NO_SUCH_RECIPIENT:
                raise
            self._visit.show(replace(page, error=AnswerError(page.field.id, Problem.WRONG_TYPE)))
            return
        self._visit.close_page()
        self._show(Paper(page.service, page.form, PaperState.SENT, page.filled, delayed=made.delayed))

    async def _print(self, service: Service, form: Form) -> None:
        pdf = await self._client.render_document(form, self._visit.language, self._answers)
        page = Paper(service, form, PaperState.PRINTING, bool(self._answers))
        self._show(page)
        self._printing.begin(lambda waits: self._watch(pdf, page, waits))

    async def _watch(self, pdf: bytes, page: Paper, waits: Waiting) -> None:
        """Prints, and shows on the page how far it is."""
        assert self._printer
        shown = page

        def show(now: Paper) -> None:
            nonlocal shown
            if self._visit.renew(shown, now):
                self._visit.touched()
            shown = now

        def waiting(why: DocumentError | None) -> None:
            waits(why)
            show(replace(shown, waits=why))

        try:
            async with self._visit.turns.using():
                sheets = await self._printer.print_document(pdf, waiting)
        except DeviceError as error:
            code = error.code and error.code.value
            log.warning("document_not_printed", completion=error.completion.value, code=code)
            show(replace(shown, state=PaperState.FAILED, waits=None, fault=error))
        else:
            log.info("document_printed", sheets=sheets)
            show(replace(shown, state=PaperState.PRINTED, waits=None))

    def _show(self, page: Paper) -> None:
        """In place of what was shown of the same form before."""
        if isinstance(self._visit.page, Paper):
            self._visit.show(page)
        else:
            self._visit.open(page)
