"""The methods of the contract: where each is called, what it takes, and what is made of its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from google.protobuf.message import DecodeError, Message
from huimin.v1 import (
    alert_pb2,
    appointment_pb2,
    case_pb2,
    catalog_pb2,
    document_pb2,
    form_pb2,
    identity_pb2,
    lookup_pb2,
    notice_pb2,
    payment_pb2,
    policy_pb2,
    rating_pb2,
    terminal_pb2,
    text_pb2,
)

from backend_client import wire
from backend_client.alert import AlertNews, news_from_proto
from backend_client.appointment import (
    Appointment,
    Counters,
    Queue,
    SlotDay,
    Ticket,
    appointment_from_proto,
    counters_from_proto,
    slots_from_proto,
    ticket_from_proto,
)
from backend_client.case import Case, Session
from backend_client.catalog import Service
from backend_client.document import DocumentLink
from backend_client.errors import BackendFailure, InvalidRequest
from backend_client.forms.form import Form
from backend_client.forms.lookup import Found, Lookup
from backend_client.forms.lookup_wire import found_from_proto, lookup_from_proto
from backend_client.forms.wire import Malformed, form_from_proto
from backend_client.notice import Notice
from backend_client.page import Page
from backend_client.payment import Order, Payment, SentLink
from backend_client.policy import Policy, PolicyMatches, Topic
from backend_client.public_case import PublicCase
from backend_client.submission import Accepted, Leased
from foundation.log import logger

_log = logger(__name__)

R = TypeVar("R", bound=Message)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Method(Generic[T]):
    """One method. path: ``/package.Service/Method``; request: its message."""

    path: str
    request: type[Message]
    _read: Callable[[bytes], T]

    @property
    def verb(self) -> str:
        """Its name alone."""
        return self.path.rpartition("/")[2]

    def encode(self, **fields: Any) -> bytes:
        """A request with these fields. InvalidRequest where they cannot stand in one."""
        try:
            return self.request(**fields).SerializeToString()
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidRequest("REQUEST_MALFORMED", detail=type(error).__name__) from None

    def read(self, answer: bytes) -> T:
        """What an answer says. BackendFailure where it breaks the contract."""
        try:
            return self._read(answer)
        except DecodeError:
            place = "not a message"
        except Malformed as error:
            place = str(error)
        _log.error("answer_malformed", verb=self.verb, place=place)
        raise BackendFailure("ANSWER_MALFORMED", place)


def method(path: str, request: type[Message], answer: type[R], read: Callable[[R], T]) -> Method[T]:
    """A method. path: ``Service/Method``; read: raises Malformed where an answer breaks the contract."""
    return Method(f"/huimin.v1.{path}", request, lambda data: read(answer.FromString(data)))


def _policy(answer: policy_pb2.GetPolicyResponse) -> Policy:
    wire.need(answer, "policy")
    return wire.policy(answer.policy)


def _service(answer: catalog_pb2.GetServiceResponse) -> Service:
    wire.need(answer, "service")
    return wire.service(answer.service)


def _form(answer: form_pb2.GetFormResponse) -> Form:
    wire.need(answer, "form")
    return form_from_proto(answer.form)


def _lookup(answer: lookup_pb2.GetLookupResponse) -> Lookup:
    wire.need(answer, "lookup")
    return lookup_from_proto(answer.lookup)


def run_lookup(lookup: Lookup) -> Method[Found]:
    """RunLookup, whose answer is read by the columns of that lookup."""
    return method(
        "LookupService/RunLookup",
        lookup_pb2.RunLookupRequest,
        lookup_pb2.RunLookupResponse,
        lambda answer: found_from_proto(lookup, answer),
    )


def _document_link(answer: document_pb2.CreateDocumentLinkResponse) -> DocumentLink:
    return DocumentLink(answer.link, wire.moment(answer, "expire_time"), answer.delayed, answer.email_offered)


def _case(answer: case_pb2.GetCaseResponse) -> Case:
    wire.need(answer, "case_record")
    return wire.case(answer.case_record)


def _reopened(answer: case_pb2.ReopenCaseResponse) -> Case:
    wire.need(answer, "case_record")
    return wire.case(answer.case_record)


def _notice(answer: notice_pb2.GetNoticeResponse) -> Notice:
    wire.need(answer, "notice")
    return wire.notice(answer.notice)


def _order(
    answer: payment_pb2.CreateOrderResponse
    | payment_pb2.GetOrderResponse
    | payment_pb2.CancelOrderResponse
    | payment_pb2.SendPaymentLinkResponse,
) -> Order:
    wire.need(answer, "order")
    return wire.order(answer.order)


LIST_TOPICS: Method[Page[Topic]] = method(
    "PolicyService/ListTopics",
    policy_pb2.ListTopicsRequest,
    policy_pb2.ListTopicsResponse,
    lambda answer: wire.page(answer.topics, wire.topic, ""),
)
LIST_POLICIES: Method[Page[Policy]] = method(
    "PolicyService/ListPolicies",
    policy_pb2.ListPoliciesRequest,
    policy_pb2.ListPoliciesResponse,
    lambda answer: wire.page(answer.policies, wire.policy, answer.next_page_token),
)
SEARCH_POLICIES: Method[PolicyMatches] = method(
    "PolicyService/SearchPolicies",
    policy_pb2.SearchPoliciesRequest,
    policy_pb2.SearchPoliciesResponse,
    wire.policy_matches,
)
GET_POLICY = method(
    "PolicyService/GetPolicy", policy_pb2.GetPolicyRequest, policy_pb2.GetPolicyResponse, _policy
)
LIST_SERVICES: Method[Page[Service]] = method(
    "CatalogService/ListServices",
    catalog_pb2.ListServicesRequest,
    catalog_pb2.ListServicesResponse,
    lambda answer: wire.page(wire.services(answer.services), wire.service, answer.next_page_token),
)
GET_SERVICE = method(
    "CatalogService/GetService", catalog_pb2.GetServiceRequest, catalog_pb2.GetServiceResponse, _service
)
GET_FORM = method("FormService/GetForm", form_pb2.GetFormRequest, form_pb2.GetFormResponse, _form)
UPLOAD_ATTACHMENT: Method[str] = method(
    "FormService/UploadAttachment",
    form_pb2.UploadAttachmentRequest,
    form_pb2.UploadAttachmentResponse,
    lambda answer: answer.name,
)
GET_ATTACHMENT: Method[int] = method(
    "FormService/GetAttachment",
    form_pb2.GetAttachmentRequest,
    form_pb2.GetAttachmentResponse,
    lambda answer: answer.received_bytes,
)
LEASE_REFERENCES: Method[Leased] = method(
    "FormService/LeaseReferences",
    form_pb2.LeaseReferencesRequest,
    form_pb2.LeaseReferencesResponse,
    wire.leased,
)
CREATE_SUBMISSION: Method[Accepted] = method(
    "FormService/CreateSubmission",
    form_pb2.CreateSubmissionRequest,
    form_pb2.CreateSubmissionResponse,
    wire.accepted,
)
CREATE_SESSION: Method[Session] = method(
    "IdentityService/CreateSession",
    identity_pb2.CreateSessionRequest,
    identity_pb2.CreateSessionResponse,
    wire.session,
)
DELETE_SESSION: Method[None] = method(
    "IdentityService/DeleteSession",
    identity_pb2.DeleteSessionRequest,
    identity_pb2.DeleteSessionResponse,
    lambda answer: None,
)
GET_CASE = method("CaseService/GetCase", case_pb2.GetCaseRequest, case_pb2.GetCaseResponse, _case)
LIST_CASES: Method[Page[Case]] = method(
    "CaseService/ListCases",
    case_pb2.ListCasesRequest,
    case_pb2.ListCasesResponse,
    lambda answer: wire.page(answer.cases, wire.case, answer.next_page_token),
)
GET_LOOKUP = method(
    "LookupService/GetLookup", lookup_pb2.GetLookupRequest, lookup_pb2.GetLookupResponse, _lookup
)
LIST_NOTICES: Method[Page[Notice]] = method(
    "NoticeService/ListNotices",
    notice_pb2.ListNoticesRequest,
    notice_pb2.ListNoticesResponse,
    lambda answer: wire.page(answer.notices, wire.notice, answer.next_page_token),
)
GET_NOTICE = method(
    "NoticeService/GetNotice", notice_pb2.GetNoticeRequest, notice_pb2.GetNoticeResponse, _notice
)
CREATE_ORDER: Method[Order] = method(
    "PaymentService/CreateOrder",
    payment_pb2.CreateOrderRequest,
    payment_pb2.CreateOrderResponse,
    _order,
)
GET_ORDER: Method[Order] = method(
    "PaymentService/GetOrder", payment_pb2.GetOrderRequest, payment_pb2.GetOrderResponse, _order
)
START_PAYMENT: Method[Payment] = method(
    "PaymentService/StartPayment",
    payment_pb2.StartPaymentRequest,
    payment_pb2.StartPaymentResponse,
    wire.payment,
)
CANCEL_ORDER: Method[Order] = method(
    "PaymentService/CancelOrder", payment_pb2.CancelOrderRequest, payment_pb2.CancelOrderResponse, _order
)
SEND_PAYMENT_LINK: Method[SentLink] = method(
    "PaymentService/SendPaymentLink",
    payment_pb2.SendPaymentLinkRequest,
    payment_pb2.SendPaymentLinkResponse,
    lambda answer: SentLink(_order(answer), answer.delayed),
)
RENDER_DOCUMENT: Method[bytes] = method(
    "DocumentService/RenderDocument",
    document_pb2.RenderDocumentRequest,
    document_pb2.RenderDocumentResponse,
    lambda answer: answer.chunk,
)
RENDER_TEXT: Method[bytes] = method(
    "DocumentService/RenderText",
    document_pb2.RenderTextRequest,
    document_pb2.RenderTextResponse,
    lambda answer: answer.chunk,
)
CREATE_DOCUMENT_LINK: Method[DocumentLink] = method(
    "DocumentService/CreateDocumentLink",
    document_pb2.CreateDocumentLinkRequest,
    document_pb2.CreateDocumentLinkResponse,
    _document_link,
)
SEND_TEXT: Method[bool] = method(
    "TextService/SendText",
    text_pb2.SendTextRequest,
    text_pb2.SendTextResponse,
    lambda answer: answer.delayed,
)
REOPEN_CASE = method(
    "CaseService/ReopenCase", case_pb2.ReopenCaseRequest, case_pb2.ReopenCaseResponse, _reopened
)
LIST_PUBLIC_CASES: Method[Page[PublicCase]] = method(
    "CaseService/ListPublicCases",
    case_pb2.ListPublicCasesRequest,
    case_pb2.ListPublicCasesResponse,
    lambda answer: wire.page(answer.public_cases, wire.public_case, answer.next_page_token),
)
CREATE_RATING: Method[bool] = method(
    "RatingService/CreateRating",
    rating_pb2.CreateRatingRequest,
    rating_pb2.CreateRatingResponse,
    lambda answer: answer.case_opened,
)
WATCH_ALERTS: Method[AlertNews] = method(
    "AlertService/WatchAlerts",
    alert_pb2.WatchAlertsRequest,
    alert_pb2.WatchAlertsResponse,
    news_from_proto,
)
ACKNOWLEDGE_ALERT: Method[None] = method(
    "AlertService/AcknowledgeAlert",
    alert_pb2.AcknowledgeAlertRequest,
    alert_pb2.AcknowledgeAlertResponse,
    lambda answer: None,
)
REPORT_TERMINAL: Method[datetime] = method(
    "TerminalService/ReportTerminal",
    terminal_pb2.ReportTerminalRequest,
    terminal_pb2.ReportTerminalResponse,
    lambda answer: wire.moment(answer, "receive_time"),
)
GET_COUNTERS: Method[tuple[Counters, Queue | None]] = method(
    "AppointmentService/GetCounters",
    appointment_pb2.GetCountersRequest,
    appointment_pb2.GetCountersResponse,
    counters_from_proto,
)
LIST_SLOTS: Method[tuple[SlotDay, ...]] = method(
    "AppointmentService/ListSlots",
    appointment_pb2.ListSlotsRequest,
    appointment_pb2.ListSlotsResponse,
    slots_from_proto,
)
MOVE_APPOINTMENT: Method[Appointment] = method(
    "AppointmentService/MoveAppointment",
    appointment_pb2.MoveAppointmentRequest,
    appointment_pb2.MoveAppointmentResponse,
    lambda answer: appointment_from_proto(answer.appointment),
)
CANCEL_APPOINTMENT: Method[Appointment] = method(
    "AppointmentService/CancelAppointment",
    appointment_pb2.CancelAppointmentRequest,
    appointment_pb2.CancelAppointmentResponse,
    lambda answer: appointment_from_proto(answer.appointment),
)
CHECK_IN: Method[Ticket] = method(
    "AppointmentService/CheckIn",
    appointment_pb2.CheckInRequest,
    appointment_pb2.CheckInResponse,
    lambda answer: ticket_from_proto(answer.ticket),
)
ISSUE_TICKET: Method[Ticket] = method(
    "AppointmentService/IssueTicket",
    appointment_pb2.IssueTicketRequest,
    appointment_pb2.IssueTicketResponse,
    lambda answer: ticket_from_proto(answer.ticket),
)
