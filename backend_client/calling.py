"""Making one call well: a deadline on each try, tries elsewhere or again where safe, a bound on the whole.

How often calls are repeated has a budget for the whole client (`backend_client.budget`); what certainly never
left this machine, such as a refused connection, costs nothing of it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import grpc

from backend_client.budget import Budget
from backend_client.errors import InvalidRequest, Unreachable
from backend_client.failure import PROVIDER_FAILED, Details, failure
from backend_client.metrics import CALLS
from backend_client.rotation import SILENT, Backend, Rotation
from foundation.log import logger
from foundation.request_id import METADATA_KEY, current_request
from foundation.tracing import outgoing, span

FIRST_BACK_OFF = 0.2
LONGEST_BACK_OFF = 2.0
"""Seconds between two tries; it doubles from the one to the other, and half of it is left to chance."""
SHORTEST_TRY = 0.1
"""Seconds below which another try is not worth making."""

_NEVER_LEFT = ("failed to connect to all addresses", "connections to all backends failing", "DNS resolution")
"""How gRPC begins to say that it had no connection over which the call could have gone."""

_SENT_TOO_LATE = "Internal error from Core"
"""How gRPC's client tells of a stream that the backend ended while a part was being sent: its answer is lost,
and only another try can tell it."""

_log = logger(__name__)

Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call may take: seconds for one try, how many tries, seconds in all.

    elsewhere: seconds for one try while another backend is well and was not tried; 0: as `each`.
    once: repeated only where it is certain that the backend never saw it.
    """

    each: float
    tries: int
    total: float
    elsewhere: float = 0.0
    once: bool = False


class Calls:
    """Sends requests to one backend or several. To be made on the running loop."""

    def __init__(self, rotation: Rotation) -> None:
        self._rotation = rotation
        self._budget = Budget()

    @property
    def away(self) -> bool:
        """Whether no backend answered lately; those that come back are found meanwhile."""
        return self._rotation.away

    async def until_back(self) -> None:
        """Waits until a backend that did not answer does so again."""
        await self._rotation.until_back()

    async def unary(self, path: str, request: bytes, patience: Patience, metadata: Metadata = ()) -> bytes:
        """Sends a request until it is answered. path: ``/package.Service/Method``. Raises BackendError."""
        sent_with = (*_about(), *metadata) or None

        def send(backend: Backend, seconds: float) -> Awaitable[bytes]:
            return backend.unary(path)(request, timeout=seconds, metadata=sent_with)

        return await self.call(path, send, patience)

    async def call(
        self, path: str, send: Callable[[Backend, float], Awaitable[bytes]], patience: Patience
    ) -> bytes:
        """As `unary`, with a way of sending of its own: send(backend, seconds) makes one try."""
        verb = path.rpartition("/")[2]
        try:
            with span(f"call {verb}"):
                answer = await self._until_answered(verb, send, patience)
        except grpc.aio.AioRpcError as error:
            CALLS.labels(verb, error.code().name).inc()
            raise failure(error, verb) from None
        CALLS.labels(verb, "OK").inc()
        return answer

    async def stream(self, path: str, request: bytes, silence: float) -> AsyncIterator[bytes]:
        """The answers of one backend, the one whose turn it is, as they come; it is tried once.

        silence: seconds without an answer after which the line is taken to be cut. Ends where the backend
        ends it; raises BackendError.
        """
        backend = self._rotation.pick()
        verb = path.rpartition("/")[2]
        call = None
        try:
            call = backend.stream(path)(request, metadata=_about() or None)
            while True:
                async with asyncio.timeout(silence):
                    answer = await call.read()
                if not isinstance(answer, bytes):
                    CALLS.labels(verb, "OK").inc()
                    return
                self._rotation.answered(backend)
                yield answer
        except TimeoutError:
            self._rotation.failed(backend)
            CALLS.labels(verb, "SILENT").inc()
            raise Unreachable("BACKEND_TOO_SLOW") from None
        except grpc.aio.AioRpcError as error:
            if error.code() in SILENT:
                self._rotation.failed(backend)
            CALLS.labels(verb, error.code().name).inc()
            raise failure(error, verb) from None
        except grpc.aio.UsageError:
            raise Unreachable("CLIENT_CLOSED") from None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise Unreachable("CLIENT_CLOSED") from None  # the channel was closed under the call
        finally:
            if call is not None:
                call.cancel()

    async def _until_answered(
        self, verb: str, send: Callable[[Backend, float], Awaitable[bytes]], patience: Patience
    ) -> bytes:
        """Raises AioRpcError where the last try ends with one, Unreachable, InvalidRequest."""
        end = time.monotonic() + patience.total
        rotation, budget = self._rotation, self._budget
        budget.first()
        tried: set[Backend] = set()
        attempt = 1
        paid = False
        while True:
            backend = rotation.pick(tried)
            tried.add(backend)
            seconds = min(patience.each, end - time.monotonic())
            # A try that is cut short has to be able to be made elsewhere: that is paid for before.
            if patience.elsewhere and rotation.another(tried) and (paid := budget.take()):
                seconds = min(patience.elsewhere, seconds)
            try:
                answer = await _send(send, backend, seconds)
            except grpc.aio.AioRpcError as error:
                silent = error.code() in SILENT and Details(error).reason not in PROVIDER_FAILED
                cut = error.code() is grpc.StatusCode.INTERNAL and error.details() == _SENT_TOO_LATE
                if silent:
                    rotation.failed(backend)
                else:
                    rotation.answered(backend)
                pause = 0.0 if rotation.another(tried) else _pause(attempt, error)
                if (
                    not (silent or cut)
                    or attempt == patience.tries
                    or pause + SHORTEST_TRY > end - time.monotonic()
                    or not self._may_repeat(error, patience, paid=paid)
                ):
                    _log.info("call_failed", verb=verb, status=error.code().name, attempt=attempt)
                    raise
                _log.info("call_repeated", verb=verb, status=error.code().name, attempt=attempt)
                paid = False
                attempt += 1
                if pause:
                    tried.clear()
                    await asyncio.sleep(pause)
            else:
                rotation.answered(backend)
                if paid:
                    budget.give_back()
                return answer

    def _may_repeat(self, error: grpc.aio.AioRpcError, patience: Patience, *, paid: bool) -> bool:
        """Whether it is safe and affordable to send it again. paid: that was done already."""
        if (error.details() or "").startswith(_NEVER_LEFT):
            if paid:
                self._budget.give_back()
            return True
        return not patience.once and (paid or self._budget.take())


def _about() -> Metadata:
    """The name of the touch or key that led to the call, and the trace that it belongs to."""
    request_id = current_request()
    return (((METADATA_KEY, request_id),) if request_id else ()) + outgoing()


async def _send(
    send: Callable[[Backend, float], Awaitable[bytes]], backend: Backend, deadline: float
) -> bytes:
    try:
        return await send(backend, deadline)
    except grpc.aio.UsageError:
        raise Unreachable("CLIENT_CLOSED") from None
    except (ValueError, TypeError, KeyError) as error:
        raise InvalidRequest("REQUEST_MALFORMED", detail=type(error).__name__) from None
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise Unreachable("CLIENT_CLOSED") from None  # the channel was closed under the call


def _pause(attempt: int, error: grpc.aio.AioRpcError) -> float:
    """Seconds before the next try: what the backend asks for, but never less than our own back-off."""
    back_off = min(FIRST_BACK_OFF * 2.0 ** (attempt - 1), LONGEST_BACK_OFF)
    jittered = random.uniform(back_off / 2, back_off)  # noqa: S311 (spreads terminals out, keeps no secret)
    return max(jittered, Details(error).retry_after or 0.0)
