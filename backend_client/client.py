"""The one way from a door to the backend.

| call | one try | tries | in all |
|---|---|---|---|
| every read, and signing out | 3 s | 4 | 6 s |
| create_submission, lease_references | 8 s | 5 | 20 s |
| upload_attachment | 30 s | 4 | 60 s |
| signing in | 6 s | 1 | 6 s |

A call is repeated only when the backend could not be reached or did not answer in time, and only where
repeating is safe: reads change nothing, ending a session twice ends it, and submissions and attachments are
named by their sender, so that the backend knows them again. Signing in counts wrong tries and is never
repeated. A read from a backend that is down fails after about one second: a refused connection does not wait.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from types import TracebackType
from typing import Self

import grpc
from huimin.v1 import (
    case_pb2,
    case_pb2_grpc,
    catalog_pb2,
    catalog_pb2_grpc,
    form_pb2,
    form_pb2_grpc,
    identity_pb2,
    identity_pb2_grpc,
    notice_pb2,
    notice_pb2_grpc,
    policy_pb2,
    policy_pb2_grpc,
)

from backend_client import wire
from backend_client.calling import Patience, call
from backend_client.case import Case, Session
from backend_client.catalog import Service, ServiceKind
from backend_client.connection import Connection
from backend_client.credentials import DoorCredentials
from backend_client.errors import InvalidRequest
from backend_client.forms.form import Form
from backend_client.forms.wire import Malformed, form_from_proto, language_to_proto
from backend_client.notice import Notice, NoticeCategory
from backend_client.page import Page
from backend_client.policy import Policy, PolicyMatch, Topic
from backend_client.submission import MAX_ATTACHMENT_BYTES, Accepted, Attachment, Leased, Submission
from foundation.language import Language

READ = Patience(each=3, tries=4, total=6)
SUBMIT = Patience(each=8, tries=5, total=20)
UPLOAD = Patience(each=30, tries=4, total=60)
SIGN_IN = Patience(each=6, tries=1, total=6)

CHANNEL_OPTIONS: tuple[tuple[str, int | str], ...] = (
    ("grpc.lb_policy_name", "round_robin"),
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


class BackendClient:
    """Typed calls to one backend, or to several that share their data, over one channel.

    Every method raises BackendError and nothing else. One client serves all visits or calls of a process, on
    one event loop. It connects by itself, at the first call and again after every loss.
    """

    def __init__(self, target: str, *, credentials: DoorCredentials | None = None) -> None:
        """To be made on the running loop. target: ``HOST:PORT``, or any name that gRPC resolves, such as
        ``ipv4:HOST:PORT,HOST:PORT``, over whose addresses calls are spread. Raises PlainTextRefused where it
        leads off this machine and there are no credentials."""
        self._connection = Connection(target, CHANNEL_OPTIONS, credentials, self._use)

    def _use(self, channel: grpc.aio.Channel) -> None:
        """Sends from now on over this channel."""
        self._catalog = catalog_pb2_grpc.CatalogServiceStub(channel)
        self._policy = policy_pb2_grpc.PolicyServiceStub(channel)
        self._form = form_pb2_grpc.FormServiceStub(channel)
        self._case = case_pb2_grpc.CaseServiceStub(channel)
        self._notice = notice_pb2_grpc.NoticeServiceStub(channel)
        self._identity = identity_pb2_grpc.IdentityServiceStub(channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends the connection and what is under way on it. May be repeated."""
        await self._connection.close()

    # Policies

    async def list_topics(self) -> tuple[Topic, ...]:
        """The topics, in the order in which they are shown and said."""
        return await call(
            "ListTopics",
            lambda seconds: self._policy.ListTopics(policy_pb2.ListTopicsRequest(), timeout=seconds),
            lambda response: tuple(wire.topic(message) for message in response.topics),
            READ,
        )

    async def list_policies(self, topic: str = "", page_size: int = 20, page_token: str = "") -> Page[Policy]:
        """Policies without their text, the newest first. topic: ``topics/{topic}``, or empty for all."""
        return await call(
            "ListPolicies",
            lambda seconds: self._policy.ListPolicies(
                policy_pb2.ListPoliciesRequest(topic=topic, page_size=page_size, page_token=page_token),
                timeout=seconds,
            ),
            lambda response: wire.page(response.policies, wire.policy, response.next_page_token),
            READ,
        )

    async def search_policies(
        self, query: str, language: Language, page_size: int = 20, page_token: str = ""
    ) -> Page[PolicyMatch]:
        """What a query finds, best first: Chinese, English, pinyin or its initials, 1 to 100 characters."""
        return await call(
            "SearchPolicies",
            lambda seconds: self._policy.SearchPolicies(
                policy_pb2.SearchPoliciesRequest(
                    query=query,
                    language=language_to_proto(language),
                    page_size=page_size,
                    page_token=page_token,
                ),
                timeout=seconds,
            ),
            lambda response: wire.page(response.matches, wire.policy_match, response.next_page_token),
            READ,
        )

    async def get_policy(self, name: str) -> Policy:
        """A policy with its text. NotFound where there is none of that name."""

        def read(response: policy_pb2.GetPolicyResponse) -> Policy:
            wire.need(response, "policy")
            return wire.policy(response.policy)

        return await call(
            "GetPolicy",
            lambda seconds: self._policy.GetPolicy(policy_pb2.GetPolicyRequest(name=name), timeout=seconds),
            read,
            READ,
        )

    # Services and forms

    async def list_services(
        self, kind: ServiceKind | None = None, page_size: int = 50, page_token: str = ""
    ) -> Page[Service]:
        """Services without their guides, the most used first."""
        return await call(
            "ListServices",
            lambda seconds: self._catalog.ListServices(
                catalog_pb2.ListServicesRequest(
                    kind=catalog_pb2.ServiceKind.ValueType(kind.value if kind else 0),
                    page_size=page_size,
                    page_token=page_token,
                ),
                timeout=seconds,
            ),
            lambda response: wire.page(response.services, wire.service, response.next_page_token),
            READ,
        )

    async def get_service(self, name: str) -> Service:
        """A service with its guide. NotFound where there is none of that name."""

        def read(response: catalog_pb2.GetServiceResponse) -> Service:
            wire.need(response, "service")
            return wire.service(response.service)

        return await call(
            "GetService",
            lambda seconds: self._catalog.GetService(
                catalog_pb2.GetServiceRequest(name=name), timeout=seconds
            ),
            read,
            READ,
        )

    async def get_form(self, name: str) -> Form:
        """A form with its questions. NotFound where there is none of that name."""

        def read(response: form_pb2.GetFormResponse) -> Form:
            wire.need(response, "form")
            return form_from_proto(response.form)

        return await call(
            "GetForm",
            lambda seconds: self._form.GetForm(form_pb2.GetFormRequest(name=name), timeout=seconds),
            read,
            READ,
        )

    # Submissions

    async def upload_attachment(self, attachment: Attachment, *, resume: bool = False) -> None:
        """Stores a file before the submission that names it. InvalidRequest where it is over 16 MiB.

        A try after a broken one, and with `resume` the first, goes on where the one before stopped.
        """
        if len(attachment.content) > MAX_ATTACHMENT_BYTES:
            raise InvalidRequest("ATTACHMENT_TOO_LARGE", "content")

        async def messages(
            info: form_pb2.UploadAttachmentRequest,
        ) -> AsyncIterator[form_pb2.UploadAttachmentRequest]:
            yield info
            for chunk in wire.attachment_chunks(attachment, info.info.offset):
                yield chunk

        async def send(seconds: float) -> form_pb2.UploadAttachmentResponse:
            nonlocal resume
            offset = await self._arrived(attachment, seconds) if resume else 0
            resume = True
            response: form_pb2.UploadAttachmentResponse = await self._form.UploadAttachment(
                messages(wire.attachment_info(attachment, offset)), timeout=seconds
            )
            return response

        def read(response: form_pb2.UploadAttachmentResponse) -> None:
            if response.name != attachment.name:
                raise Malformed("UploadAttachmentResponse.name: another than was sent")

        await call("UploadAttachment", send, read, UPLOAD)

    async def _arrived(self, attachment: Attachment, seconds: float) -> int:
        """How many bytes of an upload the backend has; 0 where it knows of none or cannot tell."""
        try:
            response = await self._form.GetAttachment(
                form_pb2.GetAttachmentRequest(name=attachment.name), timeout=seconds
            )
        except grpc.aio.AioRpcError as error:
            if error.code() in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNIMPLEMENTED):
                return 0
            raise
        return min(max(response.received_bytes, 0), len(attachment.content)) if response is not None else 0

    async def lease_references(self, held: Collection[str], wanted: int, request_id: str) -> Leased:
        """New references for this door to give out, and which of those that it holds it still may.

        request_id: a UUID; repeating it gives the same new ones, less those used since.
        """
        return await call(
            "LeaseReferences",
            lambda seconds: self._form.LeaseReferences(
                form_pb2.LeaseReferencesRequest(held=held, wanted=wanted, request_id=request_id),
                timeout=seconds,
            ),
            wire.leased,
            SUBMIT,
        )

    async def create_submission(self, submission: Submission) -> Accepted:
        """Sends a form. Sending the same submission again gives the first answer and stores nothing.

        InvalidAnswers where the backend refuses answers, Conflict where an attachment is missing.
        """
        return await call(
            "CreateSubmission",
            lambda seconds: self._create(wire.submission_to_proto(submission), seconds),
            wire.accepted,
            SUBMIT,
        )

    async def create_encoded_submission(self, encoded: bytes, *, deferred: bool) -> Accepted:
        """Sends a form that was kept as the bytes of a `huimin.v1.Submission`; else as create_submission."""
        message = form_pb2.Submission.FromString(encoded)
        message.deferred = deferred
        return await call(
            "CreateSubmission", lambda seconds: self._create(message, seconds), wire.accepted, SUBMIT
        )

    async def _create(
        self, message: form_pb2.Submission, seconds: float
    ) -> form_pb2.CreateSubmissionResponse:
        response: form_pb2.CreateSubmissionResponse = await self._form.CreateSubmission(
            form_pb2.CreateSubmissionRequest(submission=message), timeout=seconds
        )
        return response

    # Cases

    async def sign_in_with_card(self, identity_number: str, full_name: str) -> Session:
        """A session that opens the cases of the card's holder, who may have none.

        InvalidRequest where the identity number or the name cannot be one.
        """
        return await self._sign_in(
            lambda: identity_pb2.CreateSessionRequest(
                identity_card=identity_pb2.IdentityCard(identity_number=identity_number, full_name=full_name)
            )
        )

    async def sign_in_with_reference(self, reference: str, identity_suffix: str) -> Session:
        """A session that opens one case, by the last six characters of the applicant's identity number.

        Denied where they do not belong together, TooManyTries after five wrong tries.
        """
        return await self._sign_in(
            lambda: identity_pb2.CreateSessionRequest(
                reference=identity_pb2.ReferenceCredential(
                    reference=reference, identity_suffix=identity_suffix
                )
            )
        )

    async def _sign_in(self, request: Callable[[], identity_pb2.CreateSessionRequest]) -> Session:
        return await call(
            "CreateSession",
            lambda seconds: self._identity.CreateSession(request(), timeout=seconds),
            wire.session,
            SIGN_IN,
        )

    async def sign_out(self, session: Session) -> None:
        """Ends a session. Ending one that is over succeeds."""
        await call(
            "DeleteSession",
            lambda seconds: self._identity.DeleteSession(
                identity_pb2.DeleteSessionRequest(token=session.token), timeout=seconds
            ),
            lambda _: None,
            READ,
        )

    async def get_case(self, session: Session, reference: str) -> Case:
        """A case with its events. NotFound where the session may not see it, SessionEnded once it is over."""

        def read(response: case_pb2.GetCaseResponse) -> Case:
            wire.need(response, "case_record")
            return wire.case(response.case_record)

        return await call(
            "GetCase",
            lambda seconds: self._case.GetCase(
                case_pb2.GetCaseRequest(name=f"cases/{reference}"),
                timeout=seconds,
                metadata=_authorization(session),
            ),
            read,
            READ,
        )

    async def list_cases(self, session: Session, page_size: int = 20, page_token: str = "") -> Page[Case]:
        """The cases that the session may see, without their events, the newest first."""
        return await call(
            "ListCases",
            lambda seconds: self._case.ListCases(
                case_pb2.ListCasesRequest(page_size=page_size, page_token=page_token),
                timeout=seconds,
                metadata=_authorization(session),
            ),
            lambda response: wire.page(response.cases, wire.case, response.next_page_token),
            READ,
        )

    # Notices

    async def list_notices(
        self, category: NoticeCategory | None = None, page_size: int = 20, page_token: str = ""
    ) -> Page[Notice]:
        """The notices in force without their text, the newest first."""
        return await call(
            "ListNotices",
            lambda seconds: self._notice.ListNotices(
                notice_pb2.ListNoticesRequest(
                    category=notice_pb2.NoticeCategory.ValueType(category.value if category else 0),
                    page_size=page_size,
                    page_token=page_token,
                ),
                timeout=seconds,
            ),
            lambda response: wire.page(response.notices, wire.notice, response.next_page_token),
            READ,
        )

    async def get_notice(self, name: str) -> Notice:
        """A notice with its text. NotFound where there is none of that name."""

        def read(response: notice_pb2.GetNoticeResponse) -> Notice:
            wire.need(response, "notice")
            return wire.notice(response.notice)

        return await call(
            "GetNotice",
            lambda seconds: self._notice.GetNotice(notice_pb2.GetNoticeRequest(name=name), timeout=seconds),
            read,
            READ,
        )


def _authorization(session: Session) -> tuple[tuple[str, str], ...]:
    if not wire.is_token(session.token):
        raise ValueError("the token cannot stand in a header")
    return (("authorization", f"Bearer {session.token}"),)
