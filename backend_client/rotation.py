"""Which of the backends the next call goes to.

Calls go to the backends in turn. One that could not be reached, was silent or stopped is left out at once and
asked for its health (grpc.health.v1) until it answers; while all are left out, calls are tried nevertheless.
One that answers for its health and fails at calls comes back for one call at a time, ever more rarely.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping

import grpc
from grpc_health.v1 import health_pb2

from foundation.log import logger

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 3.0
"""Seconds before a backend that was left out is asked for its health; they double, half is left to chance."""
HEALTH_DEADLINE = 1.0

_CHECK = "/grpc.health.v1.Health/Check"
_EVERYTHING = health_pb2.HealthCheckRequest().SerializeToString()
_SERVING = health_pb2.HealthCheckResponse.SERVING
SILENT = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
)
"""What a backend says, or is said for it, that does not do its work: it is away, silent, or stopping."""

_log = logger(__name__)

Unary = grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]
Stream = grpc.aio.UnaryStreamMultiCallable[bytes, bytes]
Upload = grpc.aio.StreamUnaryMultiCallable[bytes, bytes]


class Backend:
    """One address with its channel. Requests and answers are bytes."""

    __slots__ = ("_unary", "address", "channel", "failures", "out")

    def __init__(self, address: str, channel: grpc.aio.Channel) -> None:
        self.address = address
        self.channel = channel
        self.out = False
        self.failures = 0
        self._unary: dict[str, Unary] = {}

    def unary(self, path: str) -> Unary:
        """A method with one request and one answer. path: ``/package.Service/Method``."""
        found = self._unary.get(path)
        if found is None:
            found = self._unary[path] = self.channel.unary_unary(path)
        return found

    def upload(self, path: str) -> Upload:
        """A method with many requests and one answer."""
        return self.channel.stream_unary(path)

    def stream(self, path: str) -> Stream:
        """A method with one request and many answers."""
        return self.channel.unary_stream(path)

    def change(self, channel: grpc.aio.Channel) -> grpc.aio.Channel:
        """Uses another channel for new calls; gives the one before."""
        before, self.channel = self.channel, channel
        self._unary.clear()
        return before


class Rotation:
    """The owner of what is known of each backend's health. To be made on the running loop."""

    def __init__(self, channels: Mapping[str, grpc.aio.Channel]) -> None:
        self.backends = tuple(Backend(address, channel) for address, channel in channels.items())
        self._next = random.randrange(len(self.backends))  # noqa: S311 (spreads doors out, keeps no secret)
        self._asking: dict[Backend, asyncio.Task[None]] = {}
        self._back = asyncio.Event()

    @property
    def away(self) -> bool:
        """Whether every backend is left out."""
        return all(backend.out for backend in self.backends)

    def pick(self, tried: frozenset[Backend] | set[Backend] = frozenset()) -> Backend:
        """The one whose turn it is: of those that are well and not tried, else not tried, else any."""
        if len(self.backends) == 1:
            return self.backends[0]
        self._next = (self._next + 1) % len(self.backends)
        turn = self.backends[self._next :] + self.backends[: self._next]
        return min(turn, key=lambda backend: (backend in tried, backend.out))  # min keeps the turn

    def another(self, tried: set[Backend]) -> bool:
        """Whether one is well that was not tried."""
        return any(not backend.out and backend not in tried for backend in self.backends)

    def answered(self, backend: Backend) -> None:
        """It did its work."""
        backend.failures = 0
        if backend.out:
            self._take_in(backend)

    def failed(self, backend: Backend) -> None:
        """It did not: it is left out until it is well."""
        if backend.out:
            return
        backend.out = True
        backend.failures += 1
        _log.info("backend_left_out", backend=backend.address, failures=backend.failures)
        if backend not in self._asking:
            self._asking[backend] = asyncio.create_task(self._bring_back(backend))

    async def until_back(self) -> None:
        """Waits until one that was left out is well again."""
        await self._back.wait()

    async def probe(self) -> dict[str, float | None]:
        """Asks each backend for its health, now: seconds until it said that it is well, or None."""
        took = await asyncio.gather(*(_timed(backend) for backend in self.backends))
        return {backend.address: seconds for backend, seconds in zip(self.backends, took, strict=True)}

    async def close(self) -> None:
        """Asks no more."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _bring_back(self, backend: Backend) -> None:
        try:
            times = backend.failures
            while backend.out:
                pause = min(FIRST_PAUSE * 2.0 ** min(times - 1, 10), LONGEST_PAUSE)
                await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311
                if backend.out and await _is_well(backend):
                    self._take_in(backend)
                times += 1
        finally:
            self._asking.pop(backend, None)

    def _take_in(self, backend: Backend) -> None:
        backend.out = False
        self._back.set()
        self._back = asyncio.Event()
        _log.info("backend_back", backend=backend.address)


async def _timed(backend: Backend) -> float | None:
    began = time.monotonic()
    return time.monotonic() - began if await _is_well(backend) else None


async def _is_well(backend: Backend) -> bool:
    """Whether it says so, or answers at all where it has no health service."""
    try:
        answer = await backend.unary(_CHECK)(_EVERYTHING, timeout=HEALTH_DEADLINE)
        return bool(health_pb2.HealthCheckResponse.FromString(answer).status == _SERVING)
    except grpc.aio.AioRpcError as error:
        return error.code() not in SILENT
    except Exception as error:  # a channel that is being closed or changed, an answer that is none
        _log.info("health_not_known", backend=backend.address, error=type(error).__name__)
        return False
