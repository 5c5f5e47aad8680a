"""Applying with a form: introduction, card, one question a page, check, declare, send, slip."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from backend_client.catalog import Service
from backend_client.client import BackendClient
from backend_client.errors import Conflict, InvalidAnswers
from backend_client.forms.answer import AnswerError, Problem, Value
from backend_client.forms.charge import bill_for
from backend_client.forms.contact import is_told
from backend_client.forms.filling import Filling, SummaryLine
from backend_client.forms.form import Field, FieldType, Form
from backend_client.forms.present import present
from backend_client.forms.slot import slot_of
from backend_client.forms.together import Broken
from backend_client.queue.outbox import Outbox
from backend_client.submission import Channel, Submission, new_submission_name
from foundation.language import Language, LocalizedText
from foundation.log import logger
from hardware.interfaces.receipt_printer import ReceiptPrinter
from kiosk.drafts.record import Place, Step
from kiosk.slip import SlipWriter
from kiosk.visit import events as did
from kiosk.visit.cards import CardRead, Cards
from kiosk.visit.entered import entered
from kiosk.visit.events import Event
from kiosk.visit.pages import (
    Booked,
    CardTaken,
    CardUse,
    CardWanted,
    ChargeReview,
    Confirmation,
    Declaration,
    Home,
    Introduction,
    LookupTrouble,
    Page,
    Question,
    Review,
    ServiceGuide,
    Slip,
    SlotQuestion,
)
from kiosk.visit.slips import SlipPrinting
from kiosk.visit.visit import Chapter, Visit

log = logger(__name__)

MAX_ENTERED = 100_000
"""Characters that a question keeps of what is entered; an answer may have far fewer."""


@dataclass
class Draft:
    """One form as it is being filled in.

    entered: what stands in the fields, by their identifiers, also where it is no answer yet;
    sent: what was sent last, to which no answer came;
    finish: what follows the last question of what is asked only, and not sent as an application;
    place: where what it books is; materials: what to bring there; takes: how long the office needs, as the
    guide says it.
    """

    filling: Filling
    entered: dict[str, str] = field(default_factory=dict, repr=False)
    sent: Submission | None = field(default=None, repr=False)
    finish: Callable[[Filling], None] | None = None
    place: LocalizedText | None = None
    materials: tuple[LocalizedText, ...] = ()
    takes: LocalizedText | None = None

    @property
    def form(self) -> Form:
        """The form."""
        return self.filling.form

    @property
    def begun(self) -> bool:
        """Whether something would be lost."""
        return bool(self.filling.answers or any(self.entered.values()))

    def text_of(self, field_id: str) -> str:
        """What stands in a field."""
        if field_id not in self.entered and field_id in self.filling.answers:
            return entered(self.filling.answers[field_id])
        return self.entered.get(field_id, "")

    def renewed(self, filling: Filling) -> Draft:
        """The same entries for a newer revision of the form. An answer that still fits stands; what does not,
        or was no answer yet, stands where it was entered."""
        old = {question.id: question.type for question in self.form.fields}
        draft = Draft(filling)
        for question in filling.form.fields:
            text = self.text_of(question.id) if old.get(question.id) is question.type else ""
            if not text:
                continue
            try:
                if question.id in self.entered:
                    raise AnswerError(question.id, Problem.REQUIRED)
                filling.answer(question.id, text)
            except AnswerError:
                draft.entered[question.id] = text
        return draft

    def submission(self, language: Language, origin: str) -> Submission:
        """What to send: until an answer comes the same as before, its name too, while the answers are."""
        if self.sent is None or self.sent.answers != self.filling.answers:
            self.sent = Submission(
                name=new_submission_name(),
                form=self.form,
                answers=self.filling.answers,
                channel=Channel.TERMINAL,
                language=language,
                origin=origin,
                send_time=datetime.now(UTC),
            )
        return self.sent

    def wipe(self) -> None:
        """Forgets everything entered."""
        self.filling.wipe()
        self.entered.clear()
        self.sent = None


async def _at_once() -> None:
    """Nothing has to be waited for."""


def chosen(page: Question, option: str) -> str:
    """What is entered once an option was touched: options of CHOICES come and go, any other stands alone."""
    if page.field.type is not FieldType.CHOICES:
        return option
    before = [one for one in page.entered.split(",") if one]
    return ",".join([one for one in before if one != option] if option in before else [*before, option])


def _booked(draft: Draft) -> Booked | None:
    """What a form books, where it books anything."""
    field = draft.form.slot_field
    slot = draft.filling.answers.get(field.id) if field else None
    if not isinstance(slot, str):
        return None
    return Booked(slot_of(slot).start, draft.place, draft.materials)


class Applications(Chapter):
    """Owns what is filled in: one draft a form, so that looking around loses nothing."""

    def __init__(
        self,
        visit: Visit,
        client: BackendClient,
        cards: Cards,
        printer: ReceiptPrinter | None,
        slips: SlipWriter,
        *,
        outbox: Outbox,
        origin: str,
        today: Callable[[], date],
    ) -> None:
        """outbox: takes what is sent; origin: the terminal's name, for the office; today: the local date of
        the county."""
        self.before_sending: Callable[[], Awaitable[None]] = _at_once
        """Is waited for before a form is sent, once it has its name."""
        self._visit = visit
        self._client = client
        self._outbox = outbox
        self._cards = cards
        self._printing = SlipPrinting(visit, printer)
        self._slips = slips
        self._origin = origin
        self._today = today
        self._drafts: dict[str, Draft] = {}
        self._draft: Draft | None = None
        cards.serve(CardUse.FILL_IN, self._card_read)

    def take(self, page: Page, event: Event) -> bool:
        """Knows the pages of a form, from its introduction to its confirmation."""
        match page, event:
            case ServiceGuide(service=service), did.Apply() if service.form:
                self._visit.do(lambda: self._open_form(service))
            case Introduction(), did.Next():
                self._start()
            case CardWanted(use=CardUse.FILL_IN), did.Skip():
                self._continue()
            case CardTaken(), did.Next():
                self._continue()
            case Question(), _:
                return self._take_question(page, event)
            case Review(), did.Change(field_id):
                self._ask(self._open.form.field(field_id), checking=True)
            case Review(), did.Back():
                self._ask(self._open.filling.asked[-1])
            case Review(revealed=revealed), did.Reveal():
                self._visit.show(replace(self._review(revealed=not revealed), place=page.place))
            case Review(form=form), did.Next():
                self._charge(form)
            case ChargeReview(form=form), did.Next():
                self._visit.show(Declaration(form, is_told(form, self._open.filling.answers)))
            case ChargeReview(), did.Back():
                self._check()
            case Declaration(form=form), did.Back():
                if form.charge:
                    self._charge(form)
                else:
                    self._check()
            case Declaration(form=form), did.Send():
                self._visit.do(lambda: self._send(form), stoppable=False)
            case Confirmation(slip=Slip.OFFERED | Slip.FAILED), did.PrintSlip():
                self._print(page)
            case _:
                return False
        return True

    def unsent(self) -> bool:
        """Whether any form has something in it."""
        return any(draft.begun for draft in self._drafts.values())

    def holds(self) -> bool:
        """Whether any form has something in it."""
        return self.unsent()

    def wipe(self) -> None:
        """Forgets every draft. A slip that is being printed is printed to its end."""
        for draft in self._drafts.values():
            draft.wipe()
        self._drafts.clear()
        self._forget_asked()
        self._draft = None

    def page_changed(self, page: Page) -> None:
        """What is asked only is forgotten once its pages are left."""
        if not isinstance(page, Question | LookupTrouble):
            self._forget_asked()

    def answers_of(self, form: Form) -> Mapping[str, Value]:
        """What was entered so far of a form of that revision; nothing where it was not begun."""
        draft = self._drafts.get(form.name)
        return dict(draft.filling.answers) if draft and draft.form.revision == form.revision else {}

    @property
    def begun(self) -> Mapping[str, Draft]:
        """The drafts that have something in them, by the names of their forms."""
        return {name: draft for name, draft in self._drafts.items() if draft.begun}

    @property
    def open_form(self) -> str:
        """The name of the form whose pages are shown, or were last; empty where there is none."""
        return next((name for name, draft in self._drafts.items() if draft is self._draft), "")

    def take_up(self, drafts: Mapping[str, Draft], at: Place | None) -> None:
        """Goes on with drafts that were kept, where the resident was. They are there before any page changes,
        which would find nothing begun and have what was kept wiped."""
        self._drafts.update(drafts)
        last = list(drafts.values())[-1]
        self._draft = draft = drafts.get(at.form, last) if at else last
        self._visit.unwind(Home)
        self._visit.open(Introduction(draft.form, begun=True))
        if at is not None and at.form == draft.form.name and at.step is not Step.INTRODUCTION:
            self._visit.open(self._page_at(draft, at))

    def _page_at(self, draft: Draft, at: Place) -> Page:
        """The page of that step, or the nearest before it that the form of today has."""
        form, answers = draft.form, draft.filling.answers
        question = next((field for field in draft.filling.asked if field.id == at.field), None)
        if at.step is Step.QUESTION and question is not None:
            return self._question(question, checking=at.checking)
        if (still_open := draft.filling.next_field()) is not None:
            return self._question(still_open)
        if draft.filling.broken():
            return self._review()  # going on from there asks what breaks the rule
        if at.step is Step.DECLARATION:
            return Declaration(form, is_told(form, answers))
        if at.step is Step.CHARGE and (bill := bill_for(form, answers)):
            return ChargeReview(form, bill)
        return self._review()

    def ask(self, questions: Form, finish: Callable[[Filling], None]) -> None:
        """Asks what is not sent as an application, from the next page on. Nothing of it is kept as a draft.

        finish: is called once all is answered.
        """
        self._draft = Draft(Filling(questions, self._today), finish=finish)
        first = self._draft.filling.next_field()
        assert first is not None
        self._visit.open(self._question(first))

    def ask_again(self, wrong: AnswerError) -> None:
        """Shows a question once more in place of the present page, with what is wrong with its answer."""
        self._ask(self._open.form.field(wrong.field), error=wrong)

    def _forget_asked(self) -> None:
        if self._draft is not None and self._draft.finish is not None:
            self._draft.wipe()
            self._draft = None

    async def settle(self) -> None:
        """Waits until the slip is printed."""
        await self._printing.settle()

    # From the guide to the first question.

    @property
    def _open(self) -> Draft:
        assert self._draft
        return self._draft

    async def _open_form(self, service: Service) -> None:
        name = service.form
        form = await self._client.get_form(name)
        draft = self._drafts.get(name)
        if draft is None:
            draft = Draft(Filling(form, self._today))
        elif draft.form.revision != form.revision:
            draft = draft.renewed(Filling(form, self._today))
        draft.materials = service.guide.materials if service.guide else ()
        draft.takes = service.guide.duration if service.guide else None
        self._draft = self._drafts[name] = draft
        self._visit.open(Introduction(form, begun=draft.begun))

    def _start(self) -> None:
        if not self._open.begun and self._cards.there and any(f.prefill for f in self._open.form.fields):
            self._cards.want(CardUse.FILL_IN)
        else:
            self._visit.open(self._page_of(self._open.filling.next_field()))

    def _card_read(self, card: CardRead) -> None:
        filled = self._open.filling.prefill(card.answers)
        for field_id in filled:
            self._open.entered.pop(field_id, None)
        self._visit.show(CardTaken(tuple(self._open.form.field(field_id) for field_id in filled)))

    def _continue(self) -> None:
        self._visit.show(self._page_of(self._open.filling.next_field()))

    # Questions.

    def _page_of(self, question: Field | None) -> Page:
        return self._question(question) if question else self._review()

    def _question(
        self, question: Field, *, checking: bool = False, error: AnswerError | None = None
    ) -> Question:
        draft = self._open
        number, total = draft.filling.position(question.id)
        if question.type is FieldType.SLOT:
            slot = draft.text_of(question.id)
            return SlotQuestion(
                question,
                number,
                total,
                entered=slot,
                error=error,
                checking=checking,
                day=slot_of(slot).start.date() if slot else None,
            )
        return Question(
            question,
            number,
            total,
            entered=draft.text_of(question.id),
            error=error,
            from_card=question.id in draft.filling.prefilled,
            checking=checking,
        )

    def _ask(self, question: Field, *, checking: bool = False, error: AnswerError | None = None) -> None:
        self._visit.show(self._question(question, checking=checking, error=error))

    def _take_question(self, page: Question, event: Event) -> bool:
        match event:
            case did.Enter(text):
                self._enter(page, text)
            case did.Insert(text):
                self._enter(page, page.entered + text)
            case did.Erase():
                self._enter(page, page.entered[:-1])
            case did.Choose(option):
                self._enter(page, chosen(page, option))
            case did.Next():
                self._answer(page)
            case did.Skip() if not page.field.required:
                self._open.entered.pop(page.field.id, None)
                self._open.filling.skip(page.field.id)
                self._after(page)
            case did.Back():
                self._before(page)
            case _:
                return False
        return True

    def _enter(self, page: Question, text: str) -> None:
        """Keeps it, answer or not."""
        self._open.entered[page.field.id] = text[:MAX_ENTERED]
        self._visit.show(replace(page, entered=text[:MAX_ENTERED], error=None))

    def _answer(self, page: Question) -> None:
        draft, question = self._open, page.field
        text = draft.text_of(question.id)
        try:
            if text.strip():
                if question.id not in draft.filling.prefilled or question.id in draft.entered:
                    draft.filling.answer(question.id, text)
            elif question.required:
                raise AnswerError(question.id, Problem.REQUIRED)
            else:
                draft.filling.skip(question.id)
        except AnswerError as error:
            self._ask(question, checking=page.checking, error=error)
            return
        draft.entered.pop(question.id, None)
        if isinstance(page, SlotQuestion) and page.counters:
            draft.place = page.counters.place
        self._after(page)

    def _after(self, page: Question) -> None:
        """One by one, past what a card filled in; once the last is reached, to what is still open. Where the
        answers break a rule, to the question that can mend it."""
        draft = self._open
        if broken := draft.filling.broken():
            self._mend(broken[0], checking=page.checking)
            return
        still_open = draft.filling.next_field()
        if page.checking and still_open:
            self._ask(still_open, checking=True)
            return
        later = () if page.checking else draft.filling.asked[page.number :]
        following = next((f for f in later if f.id not in draft.filling.prefilled), None)
        if draft.finish is not None and not (following or still_open):
            draft.finish(draft.filling)
            return
        self._visit.show(self._page_of(following or still_open))

    def _mend(self, broken: Broken, *, checking: bool) -> None:
        """Asks again what breaks a rule, with the answer still standing there and the rule's sentence."""
        draft = self._open
        draft.entered.update({question.id: draft.text_of(question.id) for question in broken.fields})
        draft.filling.reopen(broken)
        self._ask(broken.fields[0], checking=checking, error=broken.error)

    def _before(self, page: Question) -> None:
        draft = self._open
        earlier = draft.filling.asked[: page.number - 1]
        if page.checking:
            self._check()
        elif before := next((f for f in reversed(earlier) if f.id not in draft.filling.prefilled), None):
            self._ask(before)
        else:
            self._visit.close_page()
            if draft.finish is not None:
                return
            self._visit.show(Introduction(draft.form, begun=draft.begun))

    # Check, declare, send.

    def _review(self, *, revealed: bool = False) -> Review:
        filling = self._open.filling

        def line(masked: SummaryLine, language: Language) -> SummaryLine:
            if not (revealed and masked.masked):
                return masked
            text = present(masked.field, filling.answers[masked.field.id], language)
            return replace(masked, text=text, masked=False)

        return Review(
            filling.form,
            {one: tuple(line(masked, one) for masked in filling.summary(one)) for one in Language},
            revealed,
        )

    def _check(self) -> None:
        self._visit.show(self._review())

    def _charge(self, form: Form) -> None:
        """On to what it costs and the declaration, or to what a change has opened or broken."""
        filling = self._open.filling
        if (question := filling.next_field()) is not None:
            self._ask(question, checking=True)
        elif broken := filling.broken():
            self._mend(broken[0], checking=True)
        elif bill := bill_for(form, filling.answers):
            self._visit.show(ChargeReview(form, bill))
        else:
            self._visit.show(Declaration(form, is_told(form, self._open.filling.answers)))

    async def _send(self, form: Form) -> None:
        draft = self._open
        submission = draft.submission(self._visit.language, self._origin)
        await self.before_sending()
        try:
            accepted = await self._outbox.send(submission)
        except InvalidAnswers as refused:
            first = refused.violations[0]
            if any(one.field not in {field.id for field in form.fields} for one in refused.violations):
                await self._renew(form)
            else:
                wrong = AnswerError(first.field, first.problem)
                if form.field(first.field).type is FieldType.SLOT:  # another has to be chosen
                    draft.filling.clear(first.field)
                    draft.entered.pop(first.field, None)
                self._ask(form.field(first.field), checking=True, error=wrong)
            return
        except Conflict as refused:
            if refused.reason != "FORM_CHANGED":
                raise
            await self._renew(form)
            return
        log.info("submission_accepted", form=form.name, delivered=accepted.delivered)
        bill = bill_for(draft.form, draft.filling.answers)
        booked, takes = _booked(draft), draft.takes
        draft.wipe()
        del self._drafts[form.name]
        self._draft = None
        self._visit.unwind(Home)
        slip = self._printing.offered
        self._visit.open(
            Confirmation(
                form, accepted, slip, due_fen=bill.total_fen if bill else None, booked=booked, takes=takes
            )
        )

    async def _renew(self, form: Form) -> None:
        """Goes on with the form as it is now: what fits is kept, what is new is asked."""
        now = await self._client.get_form(form.name)
        self._draft = self._drafts[form.name] = self._open.renewed(Filling(now, self._today))
        self._visit.show(Introduction(now, begun=True, changed=True))

    # The slip.

    def _print(self, page: Confirmation) -> None:
        parts = self._slips.acceptance(
            page.form,
            page.accepted,
            self._visit.language,
            due_fen=page.due_fen or 0,
            booked=page.booked,
            takes=page.takes,
        )
        self._printing.print(page, parts)
