"""A small county's own server for the contract, that can be told to misbehave, and a line that can be cut."""

# ruff: noqa: N802 (the methods have the names of the contract)

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status
from huimin.v1 import (
    case_pb2,
    case_pb2_grpc,
    catalog_pb2,
    catalog_pb2_grpc,
    common_pb2,
    form_pb2,
    form_pb2_grpc,
    identity_pb2,
    identity_pb2_grpc,
    notice_pb2,
    notice_pb2_grpc,
    policy_pb2,
    policy_pb2_grpc,
)

from backend_client.forms.wire import form_to_proto
from tests.backend_client.sample import FORM

REFERENCE = "002006673085"
TOKEN = "opaque-token"
MOMENT = Timestamp(seconds=1_770_000_000)


def text(zh_cn: str = "文", en: str = "Text") -> common_pb2.LocalizedText:
    return common_pb2.LocalizedText(zh_cn=zh_cn, en=en)


def policy(name: str = "policies/one", sections: int = 0) -> policy_pb2.Policy:
    message = policy_pb2.Policy(
        name=name,
        topic="topics/farming",
        title=text("种粮补贴", "Grain subsidy"),
        document_number="示政发〔2025〕3号",
        issuer=text(),
        summary=text(),
        sections=[common_pb2.Section(heading=text(), text=text()) for _ in range(sections)],
        demonstration=True,
    )
    message.issue_date.year, message.issue_date.month, message.issue_date.day = 2025, 3, 1
    return message


def service(*, guide: bool = False) -> catalog_pb2.Service:
    message = catalog_pb2.Service(
        name="services/permit",
        kind=catalog_pb2.SERVICE_KIND_FORM,
        title=text(),
        summary=text(),
        department=text(),
        form="forms/sample",
    )
    if guide:
        message.guide.CopyFrom(
            catalog_pb2.Guide(
                eligibility=text(),
                materials=[text(), text()],
                steps=[text()],
                duration=text(),
                fee=text(),
                place=text(),
                opening_hours=text(),
                phone="0000-12345678",
            )
        )
    return message


def notice(sections: int = 0) -> notice_pb2.Notice:
    return notice_pb2.Notice(
        name="notices/cut",
        category=notice_pb2.NOTICE_CATEGORY_POWER_CUT,
        title=text(),
        summary=text(),
        sections=[common_pb2.Section(heading=text(), text=text()) for _ in range(sections)],
        publish_time=MOMENT,
        start_time=MOMENT,
    )


def case(events: int = 0) -> case_pb2.Case:
    return case_pb2.Case(
        name=f"cases/{REFERENCE}",
        reference=REFERENCE,
        form="forms/sample",
        title=text(),
        state=case_pb2.CASE_STATE_IN_REVIEW,
        create_time=MOMENT,
        update_time=MOMENT,
        events=[
            case_pb2.CaseEvent(state=case_pb2.CASE_STATE_RECEIVED, event_time=MOMENT, note="已收")
            for _ in range(events)
        ],
    )


def refusal(code: grpc.StatusCode, *details: Message) -> Status:
    """A status with google.rpc details."""
    status = Status(code=code.value[0], message="refused")
    for detail in details:
        status.details.add().Pack(detail)
    return status


Misdeed = Callable[[grpc.aio.ServicerContext[Any, Any]], Awaitable[Any]]
"""What a call does instead of answering well; what it returns is the response, None for the right one."""


def refuse(code: grpc.StatusCode, *details: Message) -> Misdeed:
    """Ends the call with that status."""

    async def act(context: grpc.aio.ServicerContext[Any, Any]) -> None:
        await context.abort_with_status(rpc_status.to_status(refusal(code, *details)))

    return act


def dawdle(seconds: float) -> Misdeed:
    """Answers rightly, but late."""

    async def act(_: grpc.aio.ServicerContext[Any, Any]) -> None:
        await asyncio.sleep(seconds)

    return act


def answer(response: Message | bytes) -> Misdeed:
    """Answers with that message, or with those bytes."""

    async def act(_: grpc.aio.ServicerContext[Any, Any]) -> Message | bytes:
        return response

    return act


class County(
    catalog_pb2_grpc.CatalogServiceServicer,
    policy_pb2_grpc.PolicyServiceServicer,
    form_pb2_grpc.FormServiceServicer,
    case_pb2_grpc.CaseServiceServicer,
    notice_pb2_grpc.NoticeServiceServicer,
    identity_pb2_grpc.IdentityServiceServicer,
):
    """All six services in memory. `misdeeds` are done one a call, before the right answers."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.requests: list[Any] = []
        self.misdeeds: list[Misdeed] = []
        self.submissions: dict[str, form_pb2.Submission] = {}
        self.attachments: dict[str, bytes] = {}
        self.refuse_uploads: grpc.StatusCode | None = None

    async def _serve(self, request: Any, context: grpc.aio.ServicerContext[Any, Any], right: Message) -> Any:
        self.requests.append(request)
        self.calls[type(request).__name__.removesuffix("Request")] += 1
        if self.misdeeds:
            instead = await self.misdeeds.pop(0)(context)
            if instead is not None:
                return instead
        return right

    async def _serve_holder(
        self, request: Any, context: grpc.aio.ServicerContext[Any, Any], right: Message
    ) -> Any:
        if dict(context.invocation_metadata() or ()).get("authorization") != f"Bearer {TOKEN}":
            await refuse(grpc.StatusCode.UNAUTHENTICATED)(context)
        return await self._serve(request, context, right)

    async def ListTopics(self, request: Any, context: Any) -> Any:
        topic = policy_pb2.Topic(name="topics/farming", title=text("农业", "Farming"), policy_count=2)
        return await self._serve(request, context, policy_pb2.ListTopicsResponse(topics=[topic]))

    async def ListPolicies(self, request: Any, context: Any) -> Any:
        right = policy_pb2.ListPoliciesResponse(policies=[policy()], next_page_token="more")
        return await self._serve(request, context, right)

    async def SearchPolicies(self, request: Any, context: Any) -> Any:
        match = policy_pb2.PolicyMatch(
            policy=policy(), passage="种粮补贴", highlights=[policy_pb2.TextRange(start=2, end=4)]
        )
        return await self._serve(request, context, policy_pb2.SearchPoliciesResponse(matches=[match]))

    async def GetPolicy(self, request: Any, context: Any) -> Any:
        right = policy_pb2.GetPolicyResponse(policy=policy(request.name, sections=2))
        return await self._serve(request, context, right)

    async def ListServices(self, request: Any, context: Any) -> Any:
        return await self._serve(request, context, catalog_pb2.ListServicesResponse(services=[service()]))

    async def GetService(self, request: Any, context: Any) -> Any:
        return await self._serve(
            request, context, catalog_pb2.GetServiceResponse(service=service(guide=True))
        )

    async def GetForm(self, request: Any, context: Any) -> Any:
        return await self._serve(request, context, form_pb2.GetFormResponse(form=form_to_proto(FORM)))

    async def UploadAttachment(self, request_iterator: AsyncIterator[Any], context: Any) -> Any:
        first = await anext(request_iterator)
        if self.refuse_uploads:
            self.calls["UploadAttachment"] += 1
            await context.abort(self.refuse_uploads, "refused")
        content = b"".join([message.chunk async for message in request_iterator])
        assert hashlib.sha256(content).digest() == first.info.sha256
        assert len(content) == first.info.size_bytes
        self.attachments[first.info.name] = content
        return await self._serve(first, context, form_pb2.UploadAttachmentResponse(name=first.info.name))

    async def GetAttachment(self, request: Any, context: Any) -> Any:
        await refuse(grpc.StatusCode.UNIMPLEMENTED)(context)  # this county's server goes on with no upload

    async def LeaseReferences(self, request: Any, context: Any) -> Any:
        fresh = [REFERENCE] if request.wanted else []
        return await self._serve(request, context, form_pb2.LeaseReferencesResponse(fresh=fresh))

    async def CreateSubmission(self, request: Any, context: Any) -> Any:
        self.submissions.setdefault(request.submission.name, request.submission)
        right = form_pb2.CreateSubmissionResponse(reference=REFERENCE, accept_time=MOMENT)
        return await self._serve(request, context, right)

    async def GetCase(self, request: Any, context: Any) -> Any:
        right = case_pb2.GetCaseResponse(case_record=case(events=2))
        return await self._serve_holder(request, context, right)

    async def ListCases(self, request: Any, context: Any) -> Any:
        return await self._serve_holder(request, context, case_pb2.ListCasesResponse(cases=[case()]))

    async def ReopenCase(self, request: Any, context: Any) -> Any:
        return await self._serve_holder(request, context, case_pb2.ReopenCaseResponse(case_record=case()))

    async def ListPublicCases(self, request: Any, context: Any) -> Any:
        return await self._serve(request, context, case_pb2.ListPublicCasesResponse())

    async def ListNotices(self, request: Any, context: Any) -> Any:
        return await self._serve(request, context, notice_pb2.ListNoticesResponse(notices=[notice()]))

    async def GetNotice(self, request: Any, context: Any) -> Any:
        return await self._serve(request, context, notice_pb2.GetNoticeResponse(notice=notice(sections=1)))

    async def CreateSession(self, request: Any, context: Any) -> Any:
        right = identity_pb2.CreateSessionResponse(token=TOKEN, expire_time=MOMENT)
        return await self._serve(request, context, right)

    async def DeleteSession(self, request: Any, context: Any) -> Any:
        return await self._serve(request, context, identity_pb2.DeleteSessionResponse())


class _RawBytes(grpc.aio.ServerInterceptor):
    """Lets a misdeed answer with bytes that are no message."""

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        handler = await continuation(details)
        if handler is None:  # a method that this county does not have
            return None
        serialize = handler.response_serializer
        return handler._replace(
            response_serializer=lambda made: made if isinstance(made, bytes) else serialize(made)
        )


async def start(county: County, port: int = 0) -> tuple[grpc.aio.Server, int]:
    """Serves it on 127.0.0.1; gives the server and its port."""
    server = grpc.aio.server(interceptors=[_RawBytes()], options=[("grpc.so_reuseport", 0)])
    catalog_pb2_grpc.add_CatalogServiceServicer_to_server(county, server)
    policy_pb2_grpc.add_PolicyServiceServicer_to_server(county, server)
    form_pb2_grpc.add_FormServiceServicer_to_server(county, server)
    case_pb2_grpc.add_CaseServiceServicer_to_server(county, server)
    notice_pb2_grpc.add_NoticeServiceServicer_to_server(county, server)
    identity_pb2_grpc.add_IdentityServiceServicer_to_server(county, server)
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    return server, port


@contextlib.asynccontextmanager
async def serving(county: County) -> AsyncIterator[str]:
    """Serves it for a while; gives its address."""
    server, port = await start(county)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


class Cable:
    """A TCP line to a server that can be cut (every connection breaks) or go silent (no byte passes).

    carried: bytes that went to the server; broken: whether the line broke as `break_after` wanted.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.silent = False
        self.port = 0
        self.carried = 0
        self.broken = False
        self._break_at: int | None = None

    def break_after(self, size: int) -> None:
        """Breaks every connection once, in the middle, after that many bytes more went to the server."""
        self.broken, self._break_at = False, self.carried + size

    async def mend(self) -> None:
        """Lays the line, on the same port as before."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Breaks every connection and takes no more."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
            self._writers |= {writer, far_writer}
            await asyncio.gather(self._pump(reader, far_writer, count=True), self._pump(far_reader, writer))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            for end in (writer, far_writer):
                self._writers.discard(end)
                end.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, count: bool = False
    ) -> None:
        while data := await reader.read(65536):
            if count:
                self.carried += len(data)
                if self._break_at is not None:
                    await asyncio.sleep(0.01)  # so slow that what was carried has been taken in, too
                if self._break_at is not None and self.carried >= self._break_at:
                    self.broken, self._break_at = True, None
                    for end in self._writers:
                        end.transport.abort()
            if not self.silent:
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
