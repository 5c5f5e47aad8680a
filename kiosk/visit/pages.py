"""What a visit can show: one frozen state a page.

A page holds what was learnt and entered, in both languages; words and layout are the screens'. Pages with
personal data show none of it in their repr.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from backend_client.appointment import Counters, Queue, SlotDay, Ticket
from backend_client.case import Case
from backend_client.catalog import Service
from backend_client.errors import BackendError, ProviderFailed
from backend_client.forms.answer import AnswerError
from backend_client.forms.charge import Bill
from backend_client.forms.filling import SummaryLine
from backend_client.forms.form import Field, FieldType, Form
from backend_client.forms.lookup import Found, Lookup, Record
from backend_client.notice import Notice
from backend_client.payment import Order, OrderState
from backend_client.policy import Policy, PolicyMatch, Topic
from backend_client.public_case import PublicCase
from backend_client.rating import MAX_REASON, Matter, Satisfaction
from backend_client.submission import Accepted
from foundation.language import Language, LocalizedText
from hardware.interfaces.device import DeviceError
from hardware.interfaces.document_printer import DocumentError
from kiosk.calling.telephone import CallState


@dataclass(frozen=True, slots=True)
class Page:
    """Base of all."""

    @property
    def as_of(self) -> datetime | None:
        """When what it shows was read, where the backend is away; None where it is fresh."""
        return None

    @property
    def leave_text(self) -> str:
        """Name of the text that says what ending is called here."""
        return "bar.leave"

    @property
    def matter(self) -> Matter | None:
        """What was done for the resident once this page is shown, and can be rated; None where none."""
        return None


@dataclass(frozen=True, slots=True)
class Turned(Page):
    """Base of pages that may need several sheets. `place` is where the present sheet begins.

    It counts the entries of a list or the parts of a text and may lie between two (2.5 is half-way
    through the third), so that it holds in every language and type size.
    """

    place: float = dataclasses.field(default=0.0, kw_only=True)


@dataclass(frozen=True, slots=True)
class Display(Turned):
    """How everything is shown and said. It lies over the visit's own page, which stays as it is."""


class Door(Enum):
    """What the home page leads to. Shown where the catalogue has a service of its kinds."""

    POLICIES = "policies"
    SERVICES = "services"
    LOOKUPS = "lookups"
    PAYMENTS = "payments"
    APPOINTMENTS = "appointments"
    DOCUMENTS = "documents"
    PROGRESS = "progress"
    NOTICES = "notices"
    CONTINUE = "continue"
    """To what was kept of a visit that was interrupted; shown where there is any."""


@dataclass(frozen=True, slots=True)
class Home(Page):
    """The beginning and the end of a visit. `failure` says why there are no doors yet.

    services_as_of: when the services were read, where the backend is away.
    """

    doors: tuple[Door, ...] = ()
    services: tuple[Service, ...] = ()
    failure: BackendError | None = None
    services_as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class HelpCall:
    """A call to a person. seconds: of talking, so far."""

    state: CallState
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Help(Turned):
    """What is to be known of the page below it, in plain words.

    can_call: a person can be called; call: the one that was begun.
    """

    about: Page = dataclasses.field(repr=False)
    can_call: bool = False
    call: HelpCall | None = None


class Cause(Enum):
    """Why the terminal is out of service."""

    TECHNICIAN = "technician"
    """A technician has the devices."""
    POWER = "power"
    """The mains have failed, and the battery is low."""
    MENU = "menu"
    """A technician is at the screen."""
    WITHDRAWN = "withdrawn"
    """A technician took it out of service, until somebody puts it back."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The service ends in so many seconds, and why."""

    cause: Cause
    seconds: int


@dataclass(frozen=True, slots=True)
class OutOfService(Page):
    """Nobody is served. kept_until: of the visit below, None where there is none."""

    kept_until: datetime | None = None
    cause: Cause = Cause.TECHNICIAN


@dataclass(frozen=True, slots=True)
class Topics(Turned):
    """The topics of the policies, and the way to the search."""

    topics: tuple[Topic, ...]
    as_of: datetime | None = dataclasses.field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class PolicySearch(Page):
    """What to search for is being entered. `empty`: a search without words was asked for."""

    entered: str = ""
    empty: bool = False


@dataclass(frozen=True, slots=True)
class PolicyResults(Turned):
    """What a search found: services of the catalogue, and policies.

    corrected: what was searched for in place of the query, which held a slip, or empty; as_typed: no slip was
    to be corrected.
    """

    query: str
    matches: tuple[PolicyMatch, ...]
    next_page_token: str = ""
    services: tuple[Service, ...] = dataclasses.field(default=(), kw_only=True)
    corrected: str = dataclasses.field(default="", kw_only=True)
    as_typed: bool = dataclasses.field(default=False, kw_only=True)
    as_of: datetime | None = dataclasses.field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class PolicyList(Turned):
    """The policies of a topic."""

    topic: Topic
    policies: tuple[Policy, ...]
    next_page_token: str = ""
    as_of: datetime | None = dataclasses.field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class PolicyText(Turned):
    """A policy to read."""

    policy: Policy

    @property
    def as_of(self) -> datetime | None:
        """As of the policy."""
        return self.policy.as_of


@dataclass(frozen=True, slots=True)
class ServiceList(Turned):
    """The matters behind one door of the home page."""

    door: Door
    services: tuple[Service, ...]
    as_of: datetime | None = dataclasses.field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class ServiceGuide(Turned):
    """How a matter is handled."""

    service: Service

    @property
    def as_of(self) -> datetime | None:
        """As of the service."""
        return self.service.as_of


@dataclass(frozen=True, slots=True)
class Introduction(Turned):
    """What to know before a form.

    begun: some of it was filled in already; changed: the office changed the form since.
    """

    form: Form
    begun: bool = False
    changed: bool = False

    @property
    def as_of(self) -> datetime | None:
        """As of the form."""
        return self.form.as_of


class CardUse(Enum):
    """What a card is wanted for."""

    FILL_IN = "fill-in"
    SIGN_IN = "sign-in"
    LOOK_UP = "look-up"
    """Or a reference."""
    LOOK_UP_ONLY = "look-up-only"
    PAPER = "paper"
    """To be filled into a form on paper."""
    TAKE_UP = "take-up"
    """To what was kept of an earlier visit."""


class CardKind(Enum):
    """Which card."""

    IDENTITY = "identity"
    """居民身份证, laid on its reader."""
    SERVICE = "service"
    """社会保障卡, put into the contact reader."""


@dataclass(frozen=True, slots=True)
class CardWanted(Page):
    """The reader waits for a card; where `fault` is set it does so no more.

    known: whether a card read earlier in the visit can be used; kinds: which cards are read here;
    broken: the reader of the other kind does not work now.
    """

    use: CardUse
    fault: DeviceError | None = None
    known: bool = False
    kinds: tuple[CardKind, ...] = (CardKind.IDENTITY,)
    broken: bool = False


@dataclass(frozen=True, slots=True)
class CardTaken(Page):
    """What a card filled in."""

    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class CardLeft(Page):
    """The visit is over, and a card is still in the reader. kept: the reader has taken it in."""

    kind: CardKind
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Keeping:
    """By what a visit that is interrupted can be taken up again at this terminal: a code, or the card."""

    code: str = dataclasses.field(repr=False)
    by_card: bool = False


@dataclass(frozen=True, slots=True)
class StillThere(Page):
    """The terminal was started anew in the middle of a visit: is its resident still there?"""


@dataclass(frozen=True, slots=True)
class NothingKept(Page):
    """Nothing was kept for that card, or its hour is over."""


class KeypadTrouble(Enum):
    """What a resident has to know of the keypad; the values name sentences of the catalogue."""

    LOST = "keypad.lost"
    """What was keyed in did not arrive."""
    FORGOTTEN = "keypad.forgotten"
    """The pad has forgotten what was keyed in: it keeps digits a few seconds only."""
    OUT = "keypad.out"
    """It does not work now."""


@dataclass(frozen=True, slots=True)
class Question(Turned):
    """One question of a form.

    entered: the answer as it was entered, in a form that `backend_client.forms.check.parse` takes;
    error: why it was not taken; from_card: a card filled it in; checking: `Review` follows, not the
    next question; keyed: how many digits a keypad holds that are still to come; keypad: what is wrong
    with that.
    """

    field: Field
    number: int
    total: int
    entered: str = dataclasses.field(default="", repr=False)
    error: AnswerError | None = None
    from_card: bool = False
    checking: bool = False
    keyed: int = 0
    keypad: KeypadTrouble | None = None


@dataclass(frozen=True, slots=True)
class SlotQuestion(Question):
    """A question whose answer is a slot: first the day, then the time.

    days: what can be booked, None while it is being fetched; failure: why that failed; day: the one chosen;
    counters: where it is.
    """

    days: tuple[SlotDay, ...] | None = None
    failure: BackendError | None = None
    day: date | None = None
    counters: Counters | None = None


SLOT = Field(
    id="slot",
    type=FieldType.SLOT,
    label=LocalizedText("", ""),
    question=LocalizedText("", ""),
)
"""What is entered where an appointment is moved; its words are the screen's."""


@dataclass(frozen=True, slots=True)
class MovingAppointment(SlotQuestion):
    """Another slot is being chosen for the appointment of a case."""

    case: Case = dataclasses.field(kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Review(Turned):
    """All answers, to be checked; private ones masked until the resident wants to see them."""

    form: Form
    summary: Mapping[Language, tuple[SummaryLine, ...]] = dataclasses.field(repr=False)
    revealed: bool = False


@dataclass(frozen=True, slots=True)
class ChargeReview(Turned):
    """What a form costs with these answers, line by line, to be checked before it is sent."""

    form: Form
    bill: Bill = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True)
class Declaration(Page):
    """What the resident declares by sending the form. told: changes will be told by message."""

    form: Form
    told: bool = False


class Slip(Enum):
    """How far the printed slip has come."""

    NO_PRINTER = 0
    OFFERED = 1
    PRINTING = 2
    PRINTED = 3
    FAILED = 4


@dataclass(frozen=True, slots=True)
class Booked:
    """What was booked with a form. at: local time of the county, naive; materials: what to bring."""

    at: datetime
    place: LocalizedText | None = None
    materials: tuple[LocalizedText, ...] = ()


@dataclass(frozen=True, slots=True)
class Confirmation(Turned):
    """The form was taken. `slip_fault` says why the slip was not printed.

    booked: the appointment that was made, or, where the form was not delivered yet, wished for;
    due_fen: what is to be paid, None where the form costs nothing by its description; takes: how long the
    office needs, as the guide says it.
    """

    form: Form
    accepted: Accepted
    slip: Slip
    slip_fault: DeviceError | None = None
    due_fen: int | None = None
    booked: Booked | None = None
    takes: LocalizedText | None = None

    @property
    def due_date(self) -> date | None:
        """The last day on which the office answers; None where it promises none, or not before it is paid."""
        return None if self.due_fen else self.accepted.due_date

    @property
    def matter(self) -> Matter:
        """The application."""
        return Matter(reference=self.accepted.reference, form=self.form.name)


@dataclass(frozen=True, slots=True)
class Paying(Page):
    """A QR code is shown, to be paid within the time that is left.

    seconds_left: until the code can no longer be paid; unsure: the backend cannot say now whether it is paid.
    """

    order: Order
    code: str = dataclasses.field(repr=False)
    seconds_left: int
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class PaymentKept(Turned):
    """An order that is not being paid now: paid already, given back, or to be paid later."""

    order: Order
    slip: Slip
    slip_fault: DeviceError | None = None

    @property
    def matter(self) -> Matter | None:
        """What was paid for, by its number, which may be a case's."""
        paid = self.order.state is OrderState.PAID
        return Matter(reference=self.order.reference) if paid else None


@dataclass(frozen=True, slots=True)
class ProgressWays(Page):
    """By card or by reference; shown where there is a reader."""


class EntryFault(Enum):
    """Why what was entered to find a case does not do; the values name sentences of the catalogue."""

    EMPTY = "empty"
    TOO_SHORT = "too-short"
    TOO_LONG = "too-long"
    WRONG_CHECK_DIGIT = "wrong-check-digit"
    SUFFIX_WRONG = "suffix-wrong"
    OPENS_NOTHING = "opens-nothing"
    CODE_UNREAD = "code-unread"
    """A code was held before the reader, and what was read is none."""
    CODE_FOREIGN = "code-foreign"
    """It is another code than a slip's."""
    CODE_TOO_SHORT = "code-too-short"
    CODE_WRONG = "code-wrong"
    """A code opens nothing here."""
    OFFICE_CODE_WRONG = "office-code-wrong"
    CODE_CLOSED = "code-closed"
    """After too many wrong ones none is taken for a while."""


@dataclass(frozen=True, slots=True)
class ReferenceEntry(Page):
    """The reference is being entered: up to 12 digits. keyed, keypad: as for a `Question`."""

    entered: str = dataclasses.field(default="", repr=False)
    fault: EntryFault | None = None
    keyed: int = 0
    keypad: KeypadTrouble | None = None


@dataclass(frozen=True, slots=True)
class OrderEntry(ReferenceEntry):
    """The reference of what is to be paid, or was paid, is being entered."""


@dataclass(frozen=True, slots=True)
class SuffixEntry(Page):
    """The last six characters of the identity number are being entered. keyed, keypad: as for a
    `Question`."""

    reference: str
    entered: str = dataclasses.field(default="", repr=False)
    fault: EntryFault | None = None
    keyed: int = 0
    keypad: KeypadTrouble | None = None


@dataclass(frozen=True, slots=True)
class OfficeCode(Page):
    """The code that the office gave out for a case is being entered. keyed, keypad: as for a `Question`."""

    reference: str
    entered: str = dataclasses.field(default="", repr=False)
    fault: EntryFault | None = None
    keyed: int = 0
    keypad: KeypadTrouble | None = None


@dataclass(frozen=True, slots=True)
class TakeUpCode(Page):
    """The code by which an earlier visit is taken up again is being entered. keyed, keypad: as for a
    `Question`; minutes: until a code is taken again."""

    entered: str = dataclasses.field(default="", repr=False)
    fault: EntryFault | None = None
    keyed: int = 0
    keypad: KeypadTrouble | None = None
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class KeptForLater(Page):
    """What was entered is kept. until: when it is wiped, aware."""

    keeping: Keeping
    until: datetime
    slip: Slip
    slip_fault: DeviceError | None = None


@dataclass(frozen=True, slots=True)
class CaseList(Turned):
    """The cases of the holder of a card."""

    cases: tuple[Case, ...] = dataclasses.field(repr=False)
    next_page_token: str = ""


@dataclass(frozen=True, slots=True)
class CaseHistory(Turned):
    """How far one case has come, and how. order: what it costs, once that is known."""

    case: Case = dataclasses.field(repr=False)
    order: Order | None = None

    @property
    def matter(self) -> Matter | None:
        """The case, unless it was rated before."""
        return None if self.case.rated else Matter(reference=self.case.reference, form=self.case.form)


@dataclass(frozen=True, slots=True)
class CancelQuestion(Page):
    """Whether the appointment of a case is really to be cancelled."""

    case: Case = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True)
class AppointmentServices(Turned):
    """What can be booked or queued for. queues: how many wait, by the name of the counters, once known."""

    services: tuple[Service, ...]
    queues: Mapping[str, Queue] = dataclasses.field(default_factory=dict)
    as_of: datetime | None = dataclasses.field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class TicketIssued(Turned):
    """A ticket for the queue."""

    ticket: Ticket
    counters: Counters
    slip: Slip
    slip_fault: DeviceError | None = None


class ReasonFor(Enum):
    """What somebody gives a reason for; the values name sentences of the catalogue."""

    RATING = "rating"
    REOPENING = "reopening"


REASON = Field(
    id="reason",
    type=FieldType.TEXT,
    label=LocalizedText("", ""),
    question=LocalizedText("", ""),
    required=True,
    max_length=MAX_REASON,
)
"""What is entered as a reason; its words are the screen's."""


@dataclass(frozen=True, slots=True)
class ReasonEntry(Turned):
    """Why somebody is not satisfied is being written, as the answer to a question (`Question`).

    name: of what the reason is sent with, the same for every try.
    """

    use: ReasonFor
    name: str
    entered: str = dataclasses.field(default="", repr=False)
    error: AnswerError | None = None
    field: Field = REASON
    from_card: bool = False
    checking: bool = False
    keypad: KeypadTrouble | None = None


@dataclass(frozen=True, slots=True)
class RatingServices(Turned):
    """The services, one of which is to be rated."""

    services: tuple[Service, ...]
    as_of: datetime | None = dataclasses.field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class ServiceRating(Page):
    """How satisfied somebody is with one service; `given` is the answer."""

    service: Service
    given: Satisfaction | None = None


class OfferStage(Enum):
    """How far an offered rating has come."""

    ASKED = 0
    WHY = 1
    """A low level was chosen: a reason may be given."""
    THANKED = 2


@dataclass(frozen=True, slots=True)
class Offer:
    """The rating that is offered below a page, about what it shows."""

    matter: Matter
    stage: OfferStage = OfferStage.ASKED


@dataclass(frozen=True, slots=True)
class Contents(Turned):
    """The headings of the text below, each with its place there. at: the place that was being read."""

    title: LocalizedText
    headings: tuple[tuple[LocalizedText, float], ...]
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class TakeAlong(Page):
    """The ways of taking the text below along: a code for a phone, a slip, and sheets of A4.

    slip, sheets: how far either has come; waits: why the sheets do not go on, None while they do; slip_fault,
    sheets_fault: why it was not printed, with no sheets_fault where the office could not be asked for them.
    """

    text: Page
    slip: Slip
    sheets: Slip
    slip_fault: DeviceError | None = None
    sheets_fault: DeviceError | None = None
    waits: DocumentError | None = None


@dataclass(frozen=True, slots=True)
class PublicCaseList(Turned):
    """What the office has made public of letters and complaints."""

    cases: tuple[PublicCase, ...]
    next_page_token: str = ""
    as_of: datetime | None = dataclasses.field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class PublicCaseText(Turned):
    """One of them to read."""

    case: PublicCase
    as_of: datetime | None = dataclasses.field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class NoticeList(Turned):
    """The notices in force."""

    notices: tuple[Notice, ...]
    next_page_token: str = ""
    as_of: datetime | None = dataclasses.field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class NoticeText(Turned):
    """A notice to read."""

    notice: Notice

    @property
    def as_of(self) -> datetime | None:
        """As of the notice."""
        return self.notice.as_of


@dataclass(frozen=True, slots=True)
class LookupRecords(Turned):
    """What a lookup found: several records, or none."""

    service: Service
    lookup: Lookup
    found: Found = dataclasses.field(repr=False)

    @property
    def matter(self) -> Matter:
        """The search, with the records that it leads to."""
        return Matter(service=self.service.name)


@dataclass(frozen=True, slots=True)
class LookupRecord(Turned):
    """One record in full. `slip_fault` says why it was not printed."""

    service: Service
    lookup: Lookup
    record: Record = dataclasses.field(repr=False)
    found: Found = dataclasses.field(repr=False)
    slip: Slip
    slip_fault: DeviceError | None = None

    @property
    def matter(self) -> Matter:
        """The search, with the records that it led to."""
        return Matter(service=self.service.name)


@dataclass(frozen=True, slots=True)
class LookupTrouble(Page):
    """Whoever keeps the records cannot tell now; failure is None where this terminal cannot ask at all."""

    service: Service
    failure: ProviderFailed | None


@dataclass(frozen=True, slots=True)
class PaperWays(Page):
    """How a form on paper is to be taken along.

    printer: whether this terminal prints; reader: whether it reads cards; begun: whether some of the form was
    filled in on the screen before.
    """

    service: Service
    form: Form
    printer: bool
    reader: bool
    begun: bool


class PaperState(Enum):
    """How far a form on paper has come; the values name sentences of the catalogue."""

    PRINTING = "printing"
    PRINTED = "printed"
    FAILED = "failed"
    LINK = "link"
    """It is not printed: its code is shown."""
    SENT = "sent"
    """A link is on its way to an address of e-mail."""


@dataclass(frozen=True, slots=True)
class Paper(Page):
    """A form on paper.

    waits: why a printing does not go on, None while it does; fault: why it was not printed; link: for the
    code; filled: something of the resident's stands on it; delayed: messages do not get through just now;
    email: a link can be sent to an address.
    """

    service: Service
    form: Form
    state: PaperState
    filled: bool
    waits: DocumentError | None = None
    fault: DeviceError | None = None
    link: str = dataclasses.field(default="", repr=False)
    delayed: bool = False
    email: bool = False

    @property
    def matter(self) -> Matter | None:
        """The service, once the resident has the form."""
        done = self.state in (PaperState.PRINTED, PaperState.LINK, PaperState.SENT)
        return Matter(service=self.service.name) if done else None


ADDRESS = Field(
    id="address",
    type=FieldType.TEXT,
    label=LocalizedText("", ""),
    question=LocalizedText("", ""),
    required=True,
    max_length=100,
)
"""What is entered as an address of e-mail; its words are the screen's."""


@dataclass(frozen=True, slots=True)
class AddressEntry(Turned):
    """The address of e-mail to which a form goes is being written, as the answer to a question (`Question`).

    filled: as in `Paper`.
    """

    service: Service
    form: Form
    filled: bool
    entered: str = dataclasses.field(default="", repr=False)
    error: AnswerError | None = None
    field: Field = ADDRESS
    from_card: bool = False
    checking: bool = False
    keypad: KeypadTrouble | None = None
