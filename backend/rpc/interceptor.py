"""What happens around every call: a request id, a log entry, errors as the contract documents them.

A handler raises `Refusal` for what it documents. Anything else that escapes it is the backend's own fault:
the client gets INTERNAL with a request id, the log the type of the error and where it arose, but not its
message, which may hold what a resident entered.
"""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import grpc
import structlog
from google.protobuf.message import DecodeError, Message
from grpc_status import rpc_status
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from backend.rpc import metrics
from backend.rpc.bounds import MALFORMED, violations
from backend.rpc.refusal import Refusal, Wrong, invalid
from foundation.log import logger
from foundation.tracing import incoming, span

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_RETRY_STORAGE = timedelta(seconds=2)
_log = logger(__name__)

Context = grpc.aio.ServicerContext[Any, Any]
Handler = Callable[[Any, Context], Awaitable[Message]]


class Edge(grpc.aio.ServerInterceptor):
    """The interceptor around the services of the contract; health and reflection are left as they are."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Puts itself around a handler."""
        handler: Any = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or not method.startswith("/huimin."):
            return handler  # type: ignore[no-any-return]
        parse = handler.request_deserializer
        if handler.request_streaming:

            async def streamed(received: AsyncIterator[bytes], context: Context) -> Message:
                requests = (_parsed(parse, data) async for data in received)
                return await _call(method, handler.stream_unary, requests, context)

            return grpc.stream_unary_rpc_method_handler(
                streamed, response_serializer=handler.response_serializer
            )

        async def single(received: bytes, context: Context) -> Message:
            async def handle(data: bytes, inner: Context) -> Message:
                answer: Message = await handler.unary_unary(_parsed(parse, data), inner)
                return answer

            return await _call(method, handle, received, context)

        return grpc.unary_unary_rpc_method_handler(single, response_serializer=handler.response_serializer)


def _parsed(parse: Callable[[bytes], Any], data: bytes) -> Any:
    try:
        message = parse(data)
    except DecodeError:
        raise invalid(Wrong("", MALFORMED, "is not a message of this call")) from None
    if wrong := violations(message):
        raise invalid(wrong)
    return message


async def _call(method: str, handler: Handler, request: Any, context: Context) -> Message:
    request_id = _request_id(context)
    structlog.contextvars.bind_contextvars(request_id=request_id)
    began = time.monotonic()
    outcome, reason = "CANCELLED", ""
    try:
        with (
            metrics.UNDER_WAY.track_inprogress(),
            span(method, incoming(context.invocation_metadata() or ())),
        ):
            answer = await handler(request, context)
        outcome = "OK"
        return answer
    except Exception as error:
        refusal = _refusal(error, request_id)
        outcome, reason = refusal.code.name, refusal.reason
    finally:
        seconds = time.monotonic() - began
        metrics.ended(method, outcome, reason, seconds)
        milliseconds = round(seconds * 1000, 1)
        _log.info("call", method=method, code=outcome, reason=reason, milliseconds=milliseconds)
    status = rpc_status.to_status(refusal.status)
    return await context.abort(status.code, status.details, status.trailing_metadata)


def _refusal(error: Exception, request_id: str) -> Refusal:
    """What the client is told of an error; what it is not told goes into the log."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, (OperationalError, PoolTimeout, OSError)):  # database, its queue, attachments
        _log.error("storage_failed", error=type(error).__name__, detail=_detail(error))
        return Refusal(
            grpc.StatusCode.UNAVAILABLE,
            "STORAGE_UNAVAILABLE",
            "The storage does not answer.",
            retry_after=_RETRY_STORAGE,
        )
    _log.error("call_failed", error=type(error).__name__, where=_where(error))
    return Refusal(
        grpc.StatusCode.INTERNAL,
        "INTERNAL",
        "The backend failed; its log tells why.",
        metadata={"request_id": request_id},
    )


def _detail(error: Exception) -> str:
    """What the database or the operating system said, without what was to be stored."""
    if isinstance(error, OSError):
        return error.strerror or ""
    return str(getattr(error, "orig", ""))


def _request_id(context: Context) -> str:
    """The caller's, where it sent a fit one, else a new one."""
    for key, value in context.invocation_metadata() or ():
        if key == "x-request-id" and isinstance(value, str) and _REQUEST_ID.fullmatch(value):
            return value
    return uuid4().hex


def _where(error: BaseException) -> list[str]:
    """The frames of an error without anything that was in them."""
    return [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-12:]
    ]
