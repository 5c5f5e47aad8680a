"""The guard: finds the door of a call, and lets nobody else in.

It stands outside all other interceptors and around every method, health and reflection included. How a door
is recognised depends on the port: plain text on loopback is one door, the port on which doors enrol knows
newcomers only, and everywhere else the certificate says which door it is (`backend.doors.registry`).
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable
from typing import Any

import grpc

from backend.rpc.door import LOCAL, NEWCOMER, Context, Door, remember
from backend.rpc.failure import abort
from backend.rpc.refusal import Refusal
from foundation.log import logger

Recognise = Callable[[Context], Awaitable[Door]]
"""Finds the door of a call, or raises Refusal."""

_log = logger(__name__)


async def recognise_local(context: Context) -> Door:
    """On a port that speaks plain text, which is on loopback."""
    return LOCAL


async def recognise_newcomer(context: Context) -> Door:
    """On the port where doors enrol."""
    return NEWCOMER


class Guard(grpc.aio.ServerInterceptor):
    """Finds the door of each call and remembers it for `door_of`; refuses those that are not let in."""

    def __init__(self, recognise: Recognise) -> None:
        self._recognise = recognise

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Puts itself around a handler."""
        handler: Any = await continuation(handler_call_details)
        if handler is None:
            return None
        method = handler_call_details.method
        inner = handler.unary_unary or handler.stream_unary or handler.unary_stream or handler.stream_stream

        async def one(request: Any, context: Context) -> Any:
            await self._let_in(method, context)
            return await inner(request, context)

        async def many(request: Any, context: Context) -> None:
            await self._let_in(method, context)
            answers = inner(request, context)
            if isinstance(answers, AsyncIterable):
                async for answer in answers:
                    await context.write(answer)
            else:
                await answers

        kinds: dict[tuple[bool, bool], tuple[Callable[..., Any], Callable[..., Any]]] = {
            (False, False): (grpc.unary_unary_rpc_method_handler, one),
            (True, False): (grpc.stream_unary_rpc_method_handler, one),
            (False, True): (grpc.unary_stream_rpc_method_handler, many),
            (True, True): (grpc.stream_stream_rpc_method_handler, many),
        }
        make, guarded = kinds[handler.request_streaming, handler.response_streaming]
        made: grpc.RpcMethodHandler[Any, Any] = make(
            guarded, handler.request_deserializer, handler.response_serializer
        )
        return made

    async def _let_in(self, method: str, context: Context) -> None:
        try:
            remember(await self._recognise(context))
            return
        except Refusal as error:
            refusal = error
        except Exception as error:  # without a look at the doors nobody is let in
            _log.error("doors_unreadable", error=type(error).__name__)
            refusal = Refusal(
                grpc.StatusCode.UNAVAILABLE, "STORAGE_UNAVAILABLE", "The storage does not answer."
            )
        _log.warning("door_refused", method=method, reason=refusal.reason, peer=context.peer())
        await abort(context, refusal)
