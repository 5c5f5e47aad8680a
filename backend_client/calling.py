"""Making one call well: a deadline on each try, tries again where repeating is safe, a bound on the whole."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import grpc

from backend_client.errors import BackendFailure, InvalidRequest, Unreachable
from backend_client.failure import Details, failure
from backend_client.forms.wire import Malformed
from foundation.log import logger

FIRST_BACK_OFF = 0.2
LONGEST_BACK_OFF = 2.0
"""Seconds between two tries; it doubles from the one to the other, and half of it is left to chance."""
SHORTEST_TRY = 0.1
"""Seconds below which another try is not worth making."""

_AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)

_log = logger(__name__)

Response = TypeVar("Response")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call may take: seconds for one try, how many tries, seconds in all."""

    each: float
    tries: int
    total: float


async def call(
    verb: str,
    send: Callable[[float], Awaitable[Response]],
    read: Callable[[Response], Result],
    patience: Patience,
) -> Result:
    """Sends a request until it is answered, and reads the answer.

    verb: name of the method, for the log; send: starts one try with that deadline in seconds; read: makes the
    result of a response, raising Malformed where it breaks the contract. Raises BackendError.
    """
    end = time.monotonic() + patience.total
    for attempt in range(1, patience.tries + 1):
        left = end - time.monotonic()
        try:
            response = await _send(send, min(patience.each, left))
        except grpc.aio.AioRpcError as error:
            wait = _wait(attempt, error)
            over = attempt == patience.tries or wait + SHORTEST_TRY > end - time.monotonic()
            if error.code() not in _AGAIN or over:
                _log.info("call failed", verb=verb, status=error.code().name, attempt=attempt)
                raise failure(error) from None
            _log.info("call repeated", verb=verb, status=error.code().name, attempt=attempt)
            await asyncio.sleep(wait)
        else:
            return _read(verb, read, response)
    raise AssertionError("the last try has returned or raised")


async def _send(send: Callable[[float], Awaitable[Response]], deadline: float) -> Response:
    try:
        return await send(deadline)
    except grpc.aio.UsageError:
        raise Unreachable("CLIENT_CLOSED") from None
    except (ValueError, TypeError, KeyError) as error:
        raise InvalidRequest("REQUEST_MALFORMED", detail=type(error).__name__) from None
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise Unreachable("CLIENT_CLOSED") from None  # the channel was closed under the call


def _wait(attempt: int, error: grpc.aio.AioRpcError) -> float:
    """Seconds before the next try: what the backend asks for, but never less than our own back-off."""
    back_off = min(FIRST_BACK_OFF * 2.0 ** (attempt - 1), LONGEST_BACK_OFF)
    jittered = random.uniform(back_off / 2, back_off)  # noqa: S311 (spreads terminals out, keeps no secret)
    return max(jittered, Details(error).retry_after or 0.0)


def _read(verb: str, read: Callable[[Response], Result], response: Response | None) -> Result:
    try:
        if response is None:  # grpc.aio gives None for bytes that are no message
            raise Malformed("not a message")
        return read(response)
    except Malformed as error:
        _log.error("answer malformed", verb=verb, place=str(error))
        raise BackendFailure("ANSWER_MALFORMED", str(error)) from None
