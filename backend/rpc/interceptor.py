"""What every call goes through: who may make it, what it may hold, how long it may take, what is told of it.

In this order, and each before anything else of the call is looked at: the door (`backend.rpc.guard`), the
table of permissions and the session, the bounds of the message. A call that is refused early costs little.

A handler raises `Refusal` for what it documents. Anything else that escapes it is the backend's own fault:
the client gets INTERNAL with a request id, the log the type of the error and where it arose, but not its
message, which may hold what a resident entered.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from huimin.v1 import identity_pb2

from backend.rpc import limits, metrics, permissions
from backend.rpc.bounds import MALFORMED, REQUIRED, violations
from backend.rpc.door import Context, Door, door_of
from backend.rpc.failure import abort, refusal_of
from backend.rpc.permissions import Credential, Rights
from backend.rpc.refusal import Wrong, invalid
from backend.rpc.session import Right, carries_token, grant, session_expired, token_of
from backend.storage import sessions
from backend.storage.database import Database, answer_by
from foundation.log import logger
from foundation.request_id import METADATA_KEY, begin_request
from foundation.tracing import incoming, span

_OURS = "/huimin."
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SHOWN = {
    "identity_card": Credential.CARD,
    "service_card": Credential.SERVICE_CARD,
    "reference": Credential.REFERENCE,
    "code": Credential.CODE,
}
"""The credential that a CreateSessionRequest shows, by the name of its field."""
_log = logger(__name__)

Received = AsyncIterator[bytes]
Answer = Callable[[], Awaitable[Any]]


class Edge(grpc.aio.ServerInterceptor):
    """The interceptor around every method, health and reflection included, inside the guard."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._under_way = limits.UnderWay()

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Puts itself around a handler."""
        handler = await continuation(handler_call_details)
        return None if handler is None else self._wrap(handler_call_details.method, handler)

    def _wrap(self, method: str, handler: Any) -> grpc.RpcMethodHandler[Any, Any]:
        """A handler around another.

        It always takes a stream, which on the wire is the same: gRPC would wait for a single message as long
        as its sender likes, before it asks any handler.
        """
        inner = handler.unary_unary or handler.stream_unary or handler.unary_stream or handler.stream_stream
        parse, streaming = handler.request_deserializer, handler.request_streaming
        look = method.startswith(_OURS)

        async def request(received: Received, allowed: Rights) -> Any:
            if streaming:
                return (_parsed(parse, data, look) async for data in received)
            data = await anext(received, None)
            if data is None:
                raise invalid(Wrong("", REQUIRED, "there is no message"))
            message = _parsed(parse, data, look)
            if isinstance(message, identity_pb2.CreateSessionRequest):
                shown = _SHOWN[message.WhichOneof("credential") or ""]
                grant(Right(permissions.scope(allowed, shown)))
            return message

        async def one(received: Received, context: Context) -> Any:
            async def answer(allowed: Rights) -> Any:
                return await inner(await request(received, allowed), context)

            return await self._call(method, answer, context)

        async def many(received: Received, context: Context) -> None:
            async def answer(allowed: Rights) -> None:
                answers = inner(await request(received, allowed), context)
                if isinstance(answers, AsyncIterable):
                    async for message in answers:
                        await context.write(message)
                else:
                    await answers

            await self._call(method, answer, context)

        made: grpc.RpcMethodHandler[Any, Any]
        if handler.response_streaming:
            made = grpc.stream_stream_rpc_method_handler(many, None, handler.response_serializer)
        else:
            made = grpc.stream_unary_rpc_method_handler(one, None, handler.response_serializer)
        return made

    async def _call(self, method: str, answer: Callable[[Rights], Awaitable[Any]], context: Context) -> Any:
        metadata = context.invocation_metadata() or ()
        request_id = begin_request(_request_id(metadata))
        began = time.monotonic()
        seconds = limits.seconds(method, context.time_remaining())
        outcome, reason = "CANCELLED", ""
        try:
            with metrics.under_way(method), span(method, incoming(metadata)):
                answer_by.set(began + seconds)
                async with asyncio.timeout(seconds):
                    door = door_of(context)
                    self._begin(door, seconds, context)
                    given = await answer(await self._let_in(method, door, context))
            outcome = "OK"
            return given
        except grpc.aio.AbortError:  # a handler that is not ours has said itself what is to be said
            outcome = "ABORTED"
            raise
        except grpc.aio.InternalError:  # what was to be sent found the connection broken
            raise
        except Exception as error:
            refusal = refusal_of(error, request_id)
            outcome, reason = refusal.code.name, refusal.reason
        finally:
            # Told once the answer is on its way: a line of the log takes as long as a read.
            lasted = time.monotonic() - began
            asyncio.get_running_loop().call_soon(_tell, method, outcome, reason, lasted)
        return await abort(context, refusal)

    def _begin(self, door: Door, seconds: float, context: Context) -> None:
        """Counts a call until its answer was taken, and lets go of one whose answer nobody takes.

        gRPC waits with the end of a call until the caller opens its window, as long as it likes.
        """
        self._under_way.begin(door)
        task = asyncio.current_task()
        assert task is not None
        loop = asyncio.get_running_loop()
        letting_go = loop.call_later(seconds + limits.TAKING_SECONDS, _let_go, task, door)

        def over(ctx: Any) -> None:
            letting_go.cancel()
            self._under_way.end(door)

        context.add_done_callback(over)  # type: ignore[arg-type]  # the stub's protocol is private

    async def _let_in(self, method: str, door: Door, context: Context) -> Rights:
        """What those may who make this call; what this caller may is granted where it is known already."""
        allowed = permissions.rights(method, door.kind)
        with_session = permissions.takes_session(allowed) and carries_token(context)
        if Credential.NONE in allowed and not with_session:
            grant(Right(allowed[Credential.NONE]))
        elif with_session or permissions.needs_session(allowed):
            token = token_of(context)
            opened = await self._database.glance(sessions.opened_by, token, door.name, self._now())
            if opened is None:
                raise session_expired()
            grant(Right(permissions.scope(allowed, Credential(opened.kind)), opened))
        return allowed


def _tell(method: str, outcome: str, reason: str, seconds: float) -> None:
    """How a call ended."""
    metrics.ended(method, outcome, reason, seconds)
    say = _log.info if method.startswith(_OURS) else _log.debug
    say("call", method=method, code=outcome, reason=reason, milliseconds=round(seconds * 1000, 1))


def _let_go(task: asyncio.Task[Any], door: Door) -> None:
    _log.warning("answer_not_taken", door=door.name)
    task.cancel()


def _parsed(parse: Callable[[bytes], Any], data: bytes, look: bool) -> Any:
    """A message. look: whether its bounds are looked at, which only the contract's own messages have."""
    try:
        message = parse(data)
    except DecodeError:
        raise invalid(Wrong("", MALFORMED, "is not a message of this call")) from None
    if look and (wrong := violations(message)):
        raise invalid(wrong)
    return message


def _request_id(metadata: Any) -> str:
    """The caller's, where it sent a fit one, else empty."""
    for key, value in metadata:
        if key == METADATA_KEY and isinstance(value, str) and _REQUEST_ID.fullmatch(value):
            return value
    return ""
