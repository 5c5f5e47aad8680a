"""The one way from a door to the backend.

| call | one try | tries | in all |
|---|---|---|---|
| every read, and signing out | 3 s, 0.4 s while another backend is well | 4 | 6 s |
| create_submission, lease_references | 8 s, 2 s while another backend is well | 5 | 20 s |
| what changes an appointment, issue_ticket, send_text | as above | 5 | 20 s |
| the calls about payments, but get_order | 8 s | 3 | 20 s |
| report_terminal | 5 s | 1 | 5 s |
| upload_attachment | 30 s | 4 | 60 s |
| signing in | 6 s | 3 | 6 s |
| run_lookup | 22 s | 3 | 22 s |

A call is repeated, on another backend where there is one, only when the backend could not be reached, did not
answer in time or stopped, and only where repeating is safe: reads change nothing, ending a session twice ends
it, submissions and attachments are named by their sender, so that the backend knows them again, and an order
is paid once, however often paying is begun. Signing in and looking up count wrong tries and are repeated only
where no connection came about. A read from a backend that is down fails after about one second: a refused
connection does not wait.

A read whose answer is known from before (`backend_client.cache`) waits 2 s at the most, and not at all once
the backend is known to be away: what was known is given, with the moment as of which.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import grpc
from google.protobuf.message import DecodeError
from huimin.v1 import alert_pb2, catalog_pb2, common_pb2, form_pb2, notice_pb2, rating_pb2

from backend_client import methods, wire
from backend_client.alert import Acknowledgement, Alert, AlertNews, snapshot_to_proto
from backend_client.appointment import Appointment, Counters, Queue, SlotDay, Ticket
from backend_client.cache import ReadCache
from backend_client.calling import Metadata, Patience
from backend_client.case import Case, Session
from backend_client.catalog import Service, ServiceKind
from backend_client.connection import Connection
from backend_client.credentials import DoorCredentials
from backend_client.document import MAX_BYTES, DocumentLink
from backend_client.errors import BackendFailure, Conflict, InvalidRequest, NeedsConnection, Unreachable
from backend_client.forms.answer import Value
from backend_client.forms.form import Form
from backend_client.forms.lookup import Found, Lookup
from backend_client.forms.wire import answer_to_proto, language_to_proto
from backend_client.methods import Method
from backend_client.metrics import CACHED
from backend_client.notice import Notice, NoticeCategory
from backend_client.page import Page
from backend_client.payment import Order, Payment, SentLink
from backend_client.policy import Policy, PolicyMatches, Topic
from backend_client.public_case import PublicCase
from backend_client.rotation import Backend
from backend_client.submission import MAX_ATTACHMENT_BYTES, Accepted, Attachment, Channel, Leased, Submission
from backend_client.terminal import TerminalReport, report_to_proto
from backend_client.text import Result
from foundation.language import Language

READ = Patience(each=3, tries=4, total=6, elsewhere=0.4)
KNOWN = Patience(each=2, tries=2, total=2.5, elsewhere=0.4)
"""Of a read whose answer is known from before."""
AWAY = Patience(each=1, tries=4, total=2, elsewhere=0.4)
"""Of a read whose answer is not known, while no backend answers."""
SUBMIT = Patience(each=8, tries=5, total=20, elsewhere=2)
QUEUED_AWAY = Patience(each=8, tries=2, total=8, elsewhere=2)
"""Of a submission that waits in a queue, while no backend answers: the queue tries again by itself."""
PAY = Patience(each=8, tries=3, total=20)
"""Of what may wait for a payment gateway, to which a backend gives 5 s."""
REPORT = Patience(each=5, tries=1, total=5)
"""Of a report, which says when it was sent: whoever could not send one sends a newer one."""
UPLOAD = Patience(each=30, tries=4, total=60)
SIGN_IN = Patience(each=6, tries=3, total=6, once=True)
LOOK_UP = Patience(each=22, tries=3, total=22, once=True)
"""The backend gives those who keep the records up to 15 s."""

_TEXTS = {"policies": "policy", "notices": "notice", "services": "service"}
"""Which field of the contract names a text, by the first part of its name."""
RENDERING_SILENCE = 28.0
"""Seconds for which a document is made; its type is set before the first byte comes."""
ALERTS_SILENCE = 25.0
"""Seconds without a word on the stream of alerts, on which one comes every 10 s."""

CHANNEL_OPTIONS: tuple[tuple[str, int | str], ...] = (
    ("grpc.lb_policy_name", "round_robin"),  # over the addresses that one name has
    # A backend that comes back is found within 0.6 s (gRPC adds up to a fifth), before a read has used up its
    # tries; a silent address is left after 3 s.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 500),
    ("grpc.min_reconnect_backoff_ms", 3000),
    # A line that was cut in silence is noticed within 40 s, before the next resident comes. A server should
    # permit pings without calls; one that does not closes the line now and then, and is connected to again.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
)

MAX_CALLER = 64
"""Characters of a caller (huimin.v1.CreateSessionRequest)."""

T = TypeVar("T")
P = TypeVar(
    "P",
    Page[Topic],
    Page[Policy],
    PolicyMatches,
    Page[Service],
    Page[Notice],
    Page[PublicCase],
    Policy,
    Service,
    Form,
    Lookup,
    Notice,
)


class BackendClient:
    """Typed calls to one backend, or to several that share their data.

    Every method raises BackendError and nothing else. One client serves all visits or calls of a process, on
    one event loop. It connects by itself, at the first call and again after every loss.
    """

    def __init__(
        self,
        target: str,
        *,
        credentials: DoorCredentials | None = None,
        cache: ReadCache | None = None,
        fresh: float = 0.0,
    ) -> None:
        """To be made on the running loop. target: as `check_target` takes it; calls are spread over several
        addresses. cache: answers reads while the backend is away; it is its maker's to close. fresh: seconds
        for which a public answer is given again without asking. Raises PlainTextRefused where the target
        leads off this machine and there are no credentials."""
        self._connection = Connection(target, CHANNEL_OPTIONS, credentials)
        self._calls = self._connection.calls
        self._cache = cache
        self._fresh = fresh

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends the connection and what is under way on it. May be repeated."""
        await self._connection.close()

    @property
    def away(self) -> bool:
        """Whether no backend answered lately."""
        return self._calls.away

    async def until_back(self) -> None:
        """Waits until a backend that did not answer does so again."""
        await self._calls.until_back()

    @property
    def health(self) -> dict[str, bool]:
        """The backends' addresses, and which of them answer."""
        return self._connection.health

    async def probe(self) -> dict[str, float | None]:
        """The backends' addresses, and in how many seconds each says that it is well; None where it does not.

        For a technician: it asks all of them, whatever is known. Never raises.
        """
        return await self._connection.probe()

    # Policies

    async def list_topics(self) -> Page[Topic]:
        """All topics, in the order in which they are shown and said."""
        return await self._public(methods.LIST_TOPICS)

    async def list_policies(self, topic: str = "", page_size: int = 20, page_token: str = "") -> Page[Policy]:
        """Policies without their text, the newest first. topic: ``topics/{topic}``, or empty for all."""
        return await self._public(
            methods.LIST_POLICIES, topic=topic, page_size=page_size, page_token=page_token
        )

    async def search_policies(
        self,
        query: str,
        language: Language,
        page_size: int = 20,
        page_token: str = "",
        *,
        keypad: bool = False,
        as_typed: bool = False,
    ) -> PolicyMatches:
        """What a query finds, best first: Chinese, English, pinyin or its initials, 1 to 100 characters.

        keypad: the query is digits, the keys of a telephone for the initials of a title in that language;
        as_typed: no slip is corrected.
        """
        return await self._public(
            methods.SEARCH_POLICIES,
            query=query,
            language=language_to_proto(language),
            page_size=page_size,
            page_token=page_token,
            keypad=keypad,
            as_typed=as_typed,
        )

    async def get_policy(self, name: str) -> Policy:
        """A policy with its text. NotFound where there is none of that name."""
        return await self._public(methods.GET_POLICY, name=name)

    # Services and forms

    async def list_services(
        self, kind: ServiceKind | None = None, page_size: int = 50, page_token: str = ""
    ) -> Page[Service]:
        """Services without their guides, the most used first."""
        return await self._public(
            methods.LIST_SERVICES,
            kind=catalog_pb2.ServiceKind.ValueType(kind.value if kind else 0),
            page_size=page_size,
            page_token=page_token,
        )

    async def get_service(self, name: str) -> Service:
        """A service with its guide. NotFound where there is none of that name."""
        return await self._public(methods.GET_SERVICE, name=name)

    async def get_form(self, name: str) -> Form:
        """A form with its questions. NotFound where there is none of that name."""
        return await self._public(methods.GET_FORM, name=name)

    # Notices

    async def list_notices(
        self, category: NoticeCategory | None = None, page_size: int = 20, page_token: str = ""
    ) -> Page[Notice]:
        """The notices in force without their text, the newest first."""
        return await self._public(
            methods.LIST_NOTICES,
            category=notice_pb2.NoticeCategory.ValueType(category.value if category else 0),
            page_size=page_size,
            page_token=page_token,
        )

    async def get_notice(self, name: str) -> Notice:
        """A notice with its text. NotFound where there is none of that name."""
        return await self._public(methods.GET_NOTICE, name=name)

    # Lookups

    async def get_lookup(self, name: str) -> Lookup:
        """A lookup with its questions. NotFound where there is none of that name."""
        return await self._public(methods.GET_LOOKUP, name=name)

    async def run_lookup(
        self,
        lookup: Lookup,
        answers: Mapping[str, Value],
        *,
        session: Session | None = None,
        caller: str = "",
    ) -> Found:
        """The records, which are never kept. session: needed where the lookup is personal.

        ProviderFailed where whoever keeps the records cannot tell now, Conflict where the lookup has changed,
        InvalidAnswers, Denied where the session opens less than the lookup needs, TooManyTries.
        """
        fields = lookup.questions
        return await self._call(
            methods.run_lookup(lookup),
            LOOK_UP,
            _authorization(session) if session else (),
            name=lookup.name,
            revision=lookup.revision,
            answers=[answer_to_proto(fields.field(name), value) for name, value in answers.items()],
            caller=caller[:MAX_CALLER],
        )

    # Alerts

    async def watch_alerts(self) -> AsyncIterator[AlertNews]:
        """All alerts in force, then every change, from one backend, until it ends the stream."""
        method = methods.WATCH_ALERTS
        async for answer in self._calls.stream(method.path, method.encode(), ALERTS_SILENCE):
            yield method.read(answer)

    def known_alerts(self) -> tuple[Alert, ...]:
        """What `remember_alerts` remembered last, maybe before the door was started."""
        method = methods.WATCH_ALERTS
        known = self._cache.get(method.path, method.encode()) if self._cache is not None else None
        try:
            return method.read(known.answer).alerts if known else ()
        except BackendFailure:  # written by another release
            return ()

    def remember_alerts(self, alerts: Sequence[Alert]) -> None:
        """Keeps what is in force for the time when no backend can be reached."""
        method = methods.WATCH_ALERTS
        if self._cache is not None:
            self._cache.put(method.path, method.encode(), snapshot_to_proto(alerts).SerializeToString(), None)

    async def acknowledge_alert(
        self, name: str, what: Acknowledgement, origin: str, moment: datetime
    ) -> None:
        """Tells what became of an alert at the terminal or line `origin`. NotFound where there is none."""
        await self._call(
            methods.ACKNOWLEDGE_ALERT,
            READ,
            name=name,
            acknowledgement=alert_pb2.AlertAcknowledgement.ValueType(what.value),
            origin=origin,
            time=moment,
        )

    # Terminals

    async def report_terminal(self, report: TerminalReport) -> datetime:
        """Tells how this terminal is, in place of what it told before; the backend's time."""
        return await self._call(methods.REPORT_TERMINAL, REPORT, report=report_to_proto(report))

    # Submissions

    async def upload_attachment(self, attachment: Attachment, *, resume: bool = False) -> None:
        """Stores a file before the submission that names it. InvalidRequest where it is over 16 MiB.

        A try after a broken one, and with `resume` the first, goes on where the one before stopped.
        """
        if len(attachment.content) > MAX_ATTACHMENT_BYTES:
            raise InvalidRequest("ATTACHMENT_TOO_LARGE", "content")

        async def parts(info: form_pb2.UploadAttachmentRequest) -> AsyncIterator[bytes]:
            yield info.SerializeToString()
            for chunk in wire.attachment_chunks(attachment, info.info.offset):
                yield chunk.SerializeToString()

        async def send(backend: Backend, seconds: float) -> bytes:
            nonlocal resume
            offset = await _arrived(backend, attachment, seconds) if resume else 0
            info = wire.attachment_info(attachment, offset)
            resume = True
            return await backend.upload(methods.UPLOAD_ATTACHMENT.path)(parts(info), timeout=seconds)

        answer = await self._calls.call(methods.UPLOAD_ATTACHMENT.path, send, UPLOAD)
        if methods.UPLOAD_ATTACHMENT.read(answer) != attachment.name:
            raise BackendFailure("ANSWER_MALFORMED", "UploadAttachmentResponse.name: another than was sent")

    async def lease_references(self, held: Collection[str], wanted: int, request_id: str) -> Leased:
        """New references for this door to give out, and which of those that it holds it still may.

        request_id: a UUID; repeating it gives the same new ones, less those used since.
        """
        return await self._call(
            methods.LEASE_REFERENCES, SUBMIT, held=held, wanted=wanted, request_id=request_id
        )

    async def create_submission(self, submission: Submission) -> Accepted:
        """Sends a form. Sending the same submission again gives the first answer and stores nothing.

        InvalidAnswers where the backend refuses answers, Conflict where an attachment is missing.
        """
        try:
            message = wire.submission_to_proto(submission)
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidRequest("REQUEST_MALFORMED", detail=type(error).__name__) from None
        return await self._call(methods.CREATE_SUBMISSION, SUBMIT, submission=message)

    async def create_encoded_submission(self, encoded: bytes, *, deferred: bool) -> Accepted:
        """Sends a form that was kept as the bytes of a `huimin.v1.Submission`; else as create_submission."""
        try:
            message = form_pb2.Submission.FromString(encoded)
        except DecodeError:
            raise InvalidRequest("REQUEST_MALFORMED", "submission") from None
        message.deferred = deferred
        patience = QUEUED_AWAY if self.away else SUBMIT
        return await self._call(methods.CREATE_SUBMISSION, patience, submission=message)

    # Cases

    async def sign_in_with_card(self, identity_number: str, full_name: str) -> Session:
        """A session that opens the cases of the card's holder, who may have none.

        InvalidRequest where the identity number or the name cannot be one.
        """
        return await self._sign_in(identity_card={"identity_number": identity_number, "full_name": full_name})

    async def sign_in_with_service_card(self, identity_number: str, full_name: str) -> Session:
        """The same with a service card (社会保障卡), which shows cases and changes none of them."""
        return await self._sign_in(service_card={"identity_number": identity_number, "full_name": full_name})

    async def sign_in_with_code(self, reference: str, code: str, *, caller: str = "") -> Session:
        """A session that opens one case, by a code of eight digits from the office, which is good once.

        Denied where they do not belong together, TooManyTries after too many wrong tries.
        """
        return await self._sign_in(code={"reference": reference, "code": code}, caller=caller[:MAX_CALLER])

    async def sign_in_with_reference(
        self, reference: str, identity_suffix: str, *, caller: str = ""
    ) -> Session:
        """A session that opens one case, by the last six characters of the applicant's identity number.

        caller: who calls, as the phone line knows it. Denied where they do not belong together, TooManyTries
        after too many wrong tries.
        """
        credential = {"reference": reference, "identity_suffix": identity_suffix}
        return await self._sign_in(reference=credential, caller=caller[:MAX_CALLER])

    async def _sign_in(self, **credential: Any) -> Session:
        """Raises NeedsConnection where the backend does not answer."""
        try:
            return await self._call(methods.CREATE_SESSION, SIGN_IN, **credential)
        except Unreachable as error:
            raise NeedsConnection(error.reason) from None

    async def sign_out(self, session: Session) -> None:
        """Ends a session. Ending one that is over succeeds."""
        await self._call(methods.DELETE_SESSION, READ, token=session.token)

    async def get_case(self, session: Session, reference: str) -> Case:
        """A case with its events. NotFound where the session may not see it, SessionEnded once it is over."""
        return await self._call(methods.GET_CASE, READ, _authorization(session), name=f"cases/{reference}")

    async def list_cases(self, session: Session, page_size: int = 20, page_token: str = "") -> Page[Case]:
        """The cases that the session may see, without their events, the newest first."""
        return await self._call(
            methods.LIST_CASES, READ, _authorization(session), page_size=page_size, page_token=page_token
        )

    # Appointments

    async def get_counters(self, name: str) -> tuple[Counters, Queue | None]:
        """A group of counters, and its queue as it is now; None where there are no tickets."""
        return await self._call(methods.GET_COUNTERS, READ, name=name)

    async def list_slots(self, counters: str) -> tuple[SlotDay, ...]:
        """The slots that may be booked there, full ones too, as they are now: they are never remembered."""
        return await self._call(methods.LIST_SLOTS, READ, counters=counters)

    async def move_appointment(
        self, session: Session, reference: str, slot: str, language: Language
    ) -> Appointment:
        """Gives an appointment another slot. Moving it to the slot that it has changes nothing.

        InvalidAnswers with SLOT_TAKEN or NO_SUCH_SLOT, Conflict with reason APPOINTMENT_OVER where it cannot
        be changed any more.
        """
        return await self._call(
            methods.MOVE_APPOINTMENT,
            SUBMIT,
            _authorization(session),
            name=f"cases/{reference}",
            slot=slot,
            language=language_to_proto(language),
        )

    async def cancel_appointment(self, session: Session, reference: str, language: Language) -> Appointment:
        """Gives its place back, and ends the case. Repeating it changes nothing; Conflict as above."""
        return await self._call(
            methods.CANCEL_APPOINTMENT,
            SUBMIT,
            _authorization(session),
            name=f"cases/{reference}",
            language=language_to_proto(language),
        )

    async def check_in(self, session: Session, reference: str) -> Ticket:
        """The ticket of who has come for an appointment. Repeating it gives the same one.

        Conflict with reason NOT_YET, TOO_LATE_TO_CHECK_IN or APPOINTMENT_OVER; CountersClosed.
        """
        return await self._call(methods.CHECK_IN, SUBMIT, _authorization(session), name=f"cases/{reference}")

    async def issue_ticket(self, counters: str, service: str, request_id: str) -> Ticket:
        """A ticket for the queue of today. request_id: a UUID; repeating it gives the same ticket.

        CountersClosed where none are given out now; Conflict with reason QUEUE_OF_TODAY_FULL.
        """
        return await self._call(
            methods.ISSUE_TICKET, SUBMIT, counters=counters, service=service, request_id=request_id
        )

    # Payments

    async def create_order(self, payable: str, channel: Channel, request_id: str) -> Order:
        """The order of a record that a lookup gave, made where there is none.

        payable: the record's token; request_id: from `new_order_request`. Conflict with reason PAYABLE_OVER
        where it has to be looked up again, PAYABLE_PAID where it is paid already.
        """
        return await self._call(
            methods.CREATE_ORDER,
            PAY,
            payable=payable,
            channel=common_pb2.Channel.ValueType(channel.value),
            request_id=request_id,
        )

    async def get_order(self, reference: str, *, caller: str = "") -> Order:
        """An order as it stands. reference: its own, or its case's; caller: who calls, as the line knows it.

        NotFound where there is none, TooManyTries after too many that were unknown.
        """
        return await self._call(
            methods.GET_ORDER, READ, name=f"orders/{reference}", caller=caller[:MAX_CALLER]
        )

    async def start_payment(self, reference: str, *, caller: str = "") -> Payment:
        """Begins to pay, or goes on: what to show. Repeating it is safe.

        Conflict with reason PAYMENT_UNAVAILABLE where the gateway does not do its work at the moment,
        ORDER_PAID where it is paid, ORDER_OVER where it cannot be paid any more, PAYMENT_NOT_OFFERED where
        the county takes no payments here; else as `get_order`.
        """
        return await self._call(
            methods.START_PAYMENT, PAY, name=f"orders/{reference}", caller=caller[:MAX_CALLER]
        )

    async def cancel_order(self, reference: str, *, caller: str = "") -> Order:
        """Closes what was begun; it may be begun again. The order as it stands then: PAID where the resident
        was faster, WAITING where the gateway does not answer and the backend goes on closing it."""
        return await self._call(
            methods.CANCEL_ORDER, PAY, name=f"orders/{reference}", caller=caller[:MAX_CALLER]
        )

    async def send_payment_link(
        self, reference: str, phone_number: str, language: Language, *, caller: str = ""
    ) -> SentLink:
        """Sends an SMS with a link under which the order is paid. phone_number: a Chinese mobile number.

        Raises as `start_payment`; Unreachable with reason TOO_MANY_LINKS after three within an hour.
        """
        return await self._call(
            methods.SEND_PAYMENT_LINK,
            PAY,
            name=f"orders/{reference}",
            phone_number=phone_number,
            language=language_to_proto(language),
            caller=caller[:MAX_CALLER],
        )

    async def render_document(
        self, form: Form, language: Language, answers: Mapping[str, Value] | None = None
    ) -> bytes:
        """A form for printing: PDF, A4. answers: to some of its fields, none for a blank one.

        Unreachable where it cannot be made now; InvalidAnswers, NotFound.
        """
        filled = [answer_to_proto(form.field(name), value) for name, value in (answers or {}).items()]
        rendering = methods.RENDER_DOCUMENT
        request = rendering.encode(form=form.name, language=language_to_proto(language), answers=filled)
        return await self._rendered(rendering, request)

    async def render_text(self, name: str, language: Language) -> bytes:
        """A policy, a notice or a service's guide for printing, by its name: PDF, A4.

        Unreachable where it cannot be made now; NotFound.
        """
        rendering = methods.RENDER_TEXT
        kind = _TEXTS[name.partition("/")[0]]
        request = rendering.encode(**{kind: name}, language=language_to_proto(language))
        return await self._rendered(rendering, request)

    async def _rendered(self, rendering: Method[bytes], request: bytes) -> bytes:
        made = bytearray()
        async for piece in self._calls.stream(rendering.path, request, RENDERING_SILENCE):
            made += rendering.read(piece)
            if len(made) > MAX_BYTES:
                raise BackendFailure("ANSWER_MALFORMED", "document too large")
        if not made.startswith(b"%PDF-"):
            raise BackendFailure("ANSWER_MALFORMED", "not a PDF")
        return bytes(made)

    async def create_document_link(
        self,
        name: str,
        form: Form,
        language: Language,
        *,
        answers: Mapping[str, Value] | None = None,
        recipient: str = "",
    ) -> DocumentLink:
        """A link to such a PDF, sent to a mobile number or an address, or to be shown where there is none.

        name: `new_document_name`, the same when it is tried again. Conflict with reason LINKS_NOT_OFFERED
        where there are none; Unreachable with reason TOO_MANY_LINKS where the recipient got enough today;
        InvalidRequest with reason NO_SUCH_RECIPIENT.
        """
        return await self._call(
            methods.CREATE_DOCUMENT_LINK,
            SUBMIT,
            name=name,
            form=form.name,
            language=language_to_proto(language),
            answers=[answer_to_proto(form.field(one), value) for one, value in (answers or {}).items()],
            recipient=recipient,
        )

    async def send_text(
        self,
        name: str,
        result: Result,
        phone_number: str,
        language: Language,
        *,
        session: Session | None = None,
        caller: str = "",
    ) -> bool:
        """Sends a result by SMS, once; whether it goes out later, because messages do not get through.

        name: `new_text_name`, the same when it is tried again; session: for a case. Unreachable with reason
        TOO_MANY_TEXTS where the number or the caller got enough today; Conflict with reason TEXT_OVER where
        a record has to be looked up again, TEXTS_NOT_OFFERED where the county sends none; NotFound.
        """
        try:
            return await self._call(
                methods.SEND_TEXT,
                SUBMIT,
                _authorization(session) if session else (),
                name=name,
                phone_number=phone_number,
                language=language_to_proto(language),
                caller=caller[:MAX_CALLER],
                **{result.of.value: result.name},
            )
        except BackendFailure as error:
            if error.reason == "UNIMPLEMENTED":
                raise Conflict("TEXTS_NOT_OFFERED") from None
            raise

    async def reopen_case(
        self, session: Session, reference: str, name: str, *, reason: str = "", recording: str = ""
    ) -> Case:
        """Opens a case again whose resident is not satisfied with the reply; the case as it is then.

        name: ``reopenings/{uuid}``, made before the first try; recording: ``attachments/{uuid}``, uploaded
        before, in place of a reason. Conflict where it is not opened again: its reason says why.
        """
        why = {"recording": recording} if recording else {"reason": reason}
        return await self._call(
            methods.REOPEN_CASE,
            SUBMIT,
            _authorization(session),
            name=f"cases/{reference}",
            reopening=name,
            **why,
        )

    async def list_public_cases(self, page_size: int = 20, page_token: str = "") -> Page[PublicCase]:
        """What the office has made public, whole, the newest answer first."""
        return await self._public(methods.LIST_PUBLIC_CASES, page_size=page_size, page_token=page_token)

    # Ratings

    async def create_encoded_rating(self, encoded: bytes) -> None:
        """Sends a rating that was kept as the bytes of a `huimin.v1.Rating`, once however often it is sent.

        Conflict where its matter was rated before, or its recording has not arrived.
        """
        try:
            message = rating_pb2.Rating.FromString(encoded)
        except DecodeError:
            raise InvalidRequest("REQUEST_MALFORMED", "rating") from None
        await self._call(methods.CREATE_RATING, QUEUED_AWAY if self.away else SUBMIT, rating=message)

    # Inside

    async def _call(
        self, method: Method[T], patience: Patience, metadata: Metadata = (), /, **fields: Any
    ) -> T:
        request = method.encode(**fields)
        return method.read(await self._calls.unary(method.path, request, patience, metadata))

    async def _public(self, method: Method[P], /, **fields: Any) -> P:
        """A read of what everybody may see: from what was known where the backend does not answer."""
        request = method.encode(**fields)
        cache = self._cache
        if cache is None:
            return method.read(await self._calls.unary(method.path, request, READ))
        known = cache.get(method.path, request)
        if known is None:
            answer = await self._calls.unary(method.path, request, AWAY if self.away else READ)
            value = method.read(answer)
            cache.put(method.path, request, answer, value)
            return value
        if known.value is not None and cache.age(known) < self._fresh:
            return cast(P, known.value)
        if not self.away:
            with suppress(Unreachable, BackendFailure):
                answer = await self._calls.unary(method.path, request, KNOWN)
                if answer == known.answer and known.value is not None:
                    cache.confirm(method.path, request, known)
                    value = known.value
                else:
                    value = method.read(answer)
                    cache.put(method.path, request, answer, value)
                return value
        CACHED.labels(method.verb).inc()
        try:
            value = known.value if known.value is not None else method.read(known.answer)
        except BackendFailure:  # written by another release
            cache.drop(method.path, request)
            raise Unreachable("BACKEND_UNREACHABLE") from None
        return replace(value, as_of=cache.as_of(known))


async def _arrived(backend: Backend, attachment: Attachment, seconds: float) -> int:
    """How many bytes of an upload the backend has; 0 where it knows of none or cannot tell."""
    request = methods.GET_ATTACHMENT.encode(name=attachment.name)
    try:
        answer = await backend.unary(methods.GET_ATTACHMENT.path)(request, timeout=seconds)
    except grpc.aio.AioRpcError as error:
        if error.code() in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNIMPLEMENTED):
            return 0
        raise
    try:
        arrived = methods.GET_ATTACHMENT.read(answer)
    except BackendFailure:
        return 0
    return min(max(arrived, 0), len(attachment.content))


def _authorization(session: Session) -> Metadata:
    if not wire.is_token(session.token):
        raise InvalidRequest("REQUEST_MALFORMED", detail="the token cannot stand in a header")
    return (("authorization", f"Bearer {session.token}"),)
