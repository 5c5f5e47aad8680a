"""Messages of the contract as the room's dataclasses, and submissions as messages.

Every function that reads a message raises `Malformed` where it breaks the contract: a field missing, an
enumeration's number unknown, a day that does not exist.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from huimin.v1 import (
    case_pb2,
    catalog_pb2,
    common_pb2,
    form_pb2,
    identity_pb2,
    notice_pb2,
    payment_pb2,
    policy_pb2,
    rating_pb2,
)

from backend_client.appointment import appointment_from_proto
from backend_client.case import Case, CaseEvent, CaseReply, CaseState, Reopening, Session
from backend_client.catalog import Guide, Section, Service, ServiceKind
from backend_client.forms.wire import (
    Malformed,
    answer_to_proto,
    date_from_proto,
    enum_from_proto,
    language_to_proto,
    localized_from_proto,
    optional_localized_from_proto,
)
from backend_client.notice import Notice, NoticeCategory
from backend_client.page import Page
from backend_client.payment import Order, OrderState, Payment
from backend_client.policy import Policy, PolicyMatch, PolicyMatches, Topic
from backend_client.public_case import PublicCase
from backend_client.rating import Rating
from backend_client.submission import Accepted, Attachment, Leased, Submission
from foundation.language import Language

CHUNK_BYTES = 64 << 10
_ONLY = {common_pb2.LANGUAGE_ZH_CN: Language.ZH_CN, common_pb2.LANGUAGE_EN: Language.EN}
MAX_PAYMENT_CODE = 512
MAX_CORRECTED = 200

_REFERENCE = re.compile(r"[0-9]{12}")
_TOKEN = re.compile(r"[!-~]{1,4096}")

M = TypeVar("M", bound=Message)
T = TypeVar("T")


def page(messages: Iterable[M], read: Callable[[M], T], next_page_token: str) -> Page[T]:
    """A page of what `read` makes of each message."""
    return Page(tuple(read(message) for message in messages), next_page_token)


def need(response: Message, field: str) -> None:
    """Raises Malformed where a response lacks the message that it is about."""
    if not response.HasField(field):
        raise Malformed(f"{response.DESCRIPTOR.name}.{field}: missing")


def topic(message: policy_pb2.Topic) -> Topic:
    """A topic."""
    return Topic(
        _name(message.name, "topics"),
        localized_from_proto(message.title, "topic.title"),
        message.policy_count,
    )


def policy(message: policy_pb2.Policy) -> Policy:
    """A policy."""
    return Policy(
        name=_name(message.name, "policies"),
        topic=_name(message.topic, "topics"),
        title=localized_from_proto(message.title, "policy.title"),
        document_number=message.document_number,
        issuer=localized_from_proto(message.issuer, "policy.issuer"),
        issue_date=date_from_proto(message.issue_date, "policy.issue_date"),
        summary=localized_from_proto(message.summary, "policy.summary"),
        sections=_sections(message.sections),
        demonstration=message.demonstration,
    )


def policy_match(message: policy_pb2.PolicyMatch) -> PolicyMatch:
    """A policy that was found, with the parts of the passage in order and inside it."""
    ranges = tuple((part.start, part.end) for part in message.highlights)
    last = 0
    for start, end in ranges:
        if not last <= start < end <= len(message.passage):
            raise Malformed("match.highlights: outside the passage or out of order")
        last = end
    return PolicyMatch(policy(message.policy), message.passage, ranges)


def policy_matches(message: policy_pb2.SearchPoliciesResponse) -> PolicyMatches:
    """A page of what a search found, and what it searched for in place of the query."""
    found = page(message.matches, policy_match, message.next_page_token)
    return PolicyMatches(
        found.items, found.next_page_token, corrected=message.corrected_query[:MAX_CORRECTED]
    )


def services(messages: Iterable[catalog_pb2.Service]) -> list[catalog_pb2.Service]:
    """Those of kinds that are known here. A backend that is newer than its doors has others too."""
    known = {kind.value for kind in ServiceKind}
    return [message for message in messages if message.kind in known]


def service(message: catalog_pb2.Service) -> Service:
    """A service."""
    return Service(
        name=_name(message.name, "services"),
        kind=enum_from_proto(ServiceKind, message.kind, "service.kind"),
        title=localized_from_proto(message.title, "service.title"),
        summary=localized_from_proto(message.summary, "service.summary"),
        department=localized_from_proto(message.department, "service.department"),
        form=_name(message.form, "forms") if message.form else "",
        guide=_guide(message.guide) if message.HasField("guide") else None,
        demonstration=message.demonstration,
        lookup=_name(message.lookup, "lookups") if message.lookup else "",
        counters=_name(message.counters, "counters") if message.counters else "",
        feedback=message.feedback,
    )


def notice(message: notice_pb2.Notice) -> Notice:
    """A notice."""
    return Notice(
        name=_name(message.name, "notices"),
        category=enum_from_proto(NoticeCategory, message.category, "notice.category"),
        title=localized_from_proto(message.title, "notice.title"),
        area=optional_localized_from_proto(message.area, "notice.area"),
        summary=localized_from_proto(message.summary, "notice.summary"),
        sections=_sections(message.sections),
        publish_time=moment(message, "publish_time"),
        start_time=moment(message, "start_time") if message.HasField("start_time") else None,
        end_time=moment(message, "end_time") if message.HasField("end_time") else None,
        demonstration=message.demonstration,
    )


def case(message: case_pb2.Case) -> Case:
    """A case."""
    return Case(
        reference=_reference(message.reference),
        form=_name(message.form, "forms"),
        title=localized_from_proto(message.title, "case.title"),
        state=enum_from_proto(CaseState, message.state, "case.state"),
        create_time=moment(message, "create_time"),
        update_time=moment(message, "update_time"),
        events=tuple(
            CaseEvent(
                enum_from_proto(CaseState, event.state, "case.events.state"),
                moment(event, "event_time"),
                event.note,
            )
            for event in message.events
        ),
        replies=tuple(CaseReply(reply.text, moment(reply, "reply_time")) for reply in message.replies),
        reopenable=message.reopenable,
        reopening=_reopening(message.reopening) if message.HasField("reopening") else None,
        rated=message.rated,
        appointment=appointment_from_proto(message.appointment) if message.HasField("appointment") else None,
    )


def _reopening(message: case_pb2.Reopening) -> Reopening:
    return Reopening(moment(message, "reopen_time"), date_from_proto(message.due_date, "reopening.due_date"))


def public_case(message: case_pb2.PublicCase) -> PublicCase:
    """A public case."""
    return PublicCase(
        name=_name(message.name, "publicCases"),
        title=localized_from_proto(message.title, "public_case.title"),
        summary=localized_from_proto(message.summary, "public_case.summary"),
        reply=localized_from_proto(message.reply, "public_case.reply"),
        only=_ONLY.get(message.only),
        department=optional_localized_from_proto(message.department, "public_case.department"),
        state=enum_from_proto(CaseState, message.state, "public_case.state"),
        receive_date=date_from_proto(message.receive_date, "public_case.receive_date"),
        reply_date=date_from_proto(message.reply_date, "public_case.reply_date"),
        demonstration=message.demonstration,
    )


def rating_to_proto(rating: Rating) -> rating_pb2.Rating:
    """A rating of a case, or of a service in one visit or call."""
    message = rating_pb2.Rating(
        name=rating.name,
        service=rating.matter.service,
        satisfaction=rating_pb2.Satisfaction.ValueType(rating.satisfaction.value),
        reason=rating.reason,
        recording=rating.recording,
        channel=common_pb2.Channel.ValueType(rating.channel.value),
    )
    if rating.matter.reference:
        message.reference = rating.matter.reference
    else:
        message.visit = rating.visit
    return message


def session(message: identity_pb2.CreateSessionResponse) -> Session:
    """A session, whose token can stand in a header."""
    if not is_token(message.token):
        raise Malformed("session.token: empty, too long or not visible ASCII")
    return Session(message.token, moment(message, "expire_time"))


def is_token(token: str) -> bool:
    """Whether a session's token can stand in a header: visible ASCII, up to 4096 characters."""
    return _TOKEN.fullmatch(token) is not None


def order(message: payment_pb2.Order) -> Order:
    """An order."""
    if message.amount_fen <= 0:
        raise Malformed("order.amount_fen: not more than 0")
    return Order(
        reference=_reference(message.reference),
        title=localized_from_proto(message.title, "order.title"),
        amount_fen=message.amount_fen,
        state=enum_from_proto(OrderState, message.state, "order.state"),
        payable=message.payable,
        create_time=moment(message, "create_time"),
        update_time=moment(message, "update_time"),
        due_time=moment(message, "due_time"),
        pay_time=moment(message, "pay_time") if message.HasField("pay_time") else None,
        demonstration=message.demonstration,
        transaction=message.transaction,
    )


def payment(message: payment_pb2.StartPaymentResponse) -> Payment:
    """What is shown so that somebody pays."""
    need(message, "order")
    need(message, "payment")
    if not 0 < len(message.payment.code) <= MAX_PAYMENT_CODE:
        raise Malformed("payment.code: empty or too long")
    return Payment(
        order(message.order),
        message.payment.code,
        moment(message.payment, "expire_time"),
        max(message.payment.seconds_left, 0),
    )


def accepted(message: form_pb2.CreateSubmissionResponse) -> Accepted:
    """What the backend makes of a submission."""
    due = date_from_proto(message.due_date, "due_date") if message.HasField("due_date") else None
    return Accepted(_reference(message.reference), moment(message, "accept_time"), due_date=due)


def leased(message: form_pb2.LeaseReferencesResponse) -> Leased:
    """References of the door."""
    return Leased(
        frozenset(map(_reference, message.usable)), tuple(_reference(fresh) for fresh in message.fresh)
    )


def submission_to_proto(submission: Submission) -> form_pb2.Submission:
    """A submission, its answers in the form's order. KeyError where an answer has no field."""
    message = form_pb2.Submission(
        name=submission.name,
        form=submission.form.name,
        form_revision=submission.form.revision,
        answers=[
            answer_to_proto(submission.form.field(identifier), value)
            for identifier, value in submission.answers.items()
        ],
        channel=common_pb2.Channel.ValueType(submission.channel.value),
        language=language_to_proto(submission.language),
        origin=submission.origin,
        reference=submission.reference,
        deferred=submission.deferred,
    )
    message.send_time.FromDatetime(submission.send_time)
    return message


def attachment_info(attachment: Attachment, offset: int = 0) -> form_pb2.UploadAttachmentRequest:
    """The first message of an upload: what follows. offset: so many bytes have arrived already."""
    return form_pb2.UploadAttachmentRequest(
        info=form_pb2.AttachmentInfo(
            name=attachment.name,
            submission=attachment.submission,
            media_type=attachment.media_type,
            size_bytes=len(attachment.content),
            sha256=hashlib.sha256(attachment.content).digest(),
            offset=offset,
        )
    )


def attachment_chunks(attachment: Attachment, offset: int = 0) -> Iterator[form_pb2.UploadAttachmentRequest]:
    """The following messages of an upload: its bytes from `offset` on, 64 KiB at a time."""
    for start in range(offset, len(attachment.content), CHUNK_BYTES):
        yield form_pb2.UploadAttachmentRequest(chunk=attachment.content[start : start + CHUNK_BYTES])


def _name(name: str, collection: str) -> str:
    if not name.startswith(f"{collection}/") or len(name) <= len(collection) + 1:
        raise Malformed(f"{collection}: not a name of one")
    return name


def _reference(reference: str) -> str:
    if not _REFERENCE.fullmatch(reference):
        raise Malformed("reference: not 12 digits")
    return reference


def moment(message: Message, field: str) -> datetime:
    """A time that has to be there. Raises Malformed."""
    need(message, field)
    stamp: Timestamp = getattr(message, field)
    try:
        return stamp.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Malformed(f"{message.DESCRIPTOR.name}.{field}: not a time") from None


def _sections(messages: Iterable[common_pb2.Section]) -> tuple[Section, ...]:
    return tuple(
        Section(
            localized_from_proto(message.heading, "section.heading"),
            localized_from_proto(message.text, "section.text"),
        )
        for message in messages
    )


def _guide(message: catalog_pb2.Guide) -> Guide:
    return Guide(
        eligibility=localized_from_proto(message.eligibility, "guide.eligibility"),
        materials=tuple(localized_from_proto(text, "guide.materials") for text in message.materials),
        steps=tuple(localized_from_proto(text, "guide.steps") for text in message.steps),
        duration=localized_from_proto(message.duration, "guide.duration"),
        fee=localized_from_proto(message.fee, "guide.fee"),
        place=localized_from_proto(message.place, "guide.place"),
        opening_hours=localized_from_proto(message.opening_hours, "guide.opening_hours"),
        phone=message.phone,
    )
