"""Submissions and status queries: how many a second and how long each takes, over SQLite and over PostgreSQL.

The backend is a process of its own, as it is installed; the clients call bare stubs from one other process of
the same machine, each the next call when the last one has been answered. Every submission is on the disk when
it is answered, every status query is in the audit trail, on the disk. A round measures everything once; what
is printed are the medians of the rounds.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc.aio
from huimin.v1 import case_pb2, form_pb2, identity_pb2

from deploy.parts import Part
from tests.backend.house import CONTENT, Stubs
from tests.backend.sample import RESIDENT, submission
from tests.postgres import cluster

ROUNDS = 5
SECONDS = 2.0
"""Of one measurement."""
WARM_UP = 100
"""Calls before the first."""
CLIENTS = (1, 8)
TARGET_MILLISECONDS = 5.0
"""Of a status query, 95th percentile."""

Call = Callable[[Stubs], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one measurement: calls a second, and milliseconds of a call."""

    rate: float
    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, seconds: list[float], lasted: float) -> Figures:
        """From the seconds of each call."""
        milliseconds = sorted(second * 1000 for second in seconds)
        cut = statistics.quantiles(milliseconds, n=100, method="inclusive")
        return cls(len(seconds) / lasted, cut[49], cut[94], cut[98])

    @classmethod
    def median(cls, rounds: list[Figures]) -> Figures:
        """The median of each figure."""
        return cls(
            *(
                statistics.median(getattr(one, name) for one in rounds)
                for name in ("rate", "p50", "p95", "p99")
            )
        )


class Resident:
    """What one resident does, again and again: applies, signs in with the reference, asks how far it is."""

    def __init__(self, form: form_pb2.Form) -> None:
        self._form = form
        self._references: list[str] = []

    async def submit(self, stubs: Stubs) -> None:
        """One application."""
        call = form_pb2.CreateSubmissionRequest(submission=submission(self._form))
        self._references.append((await stubs.form.CreateSubmission(call)).reference)

    async def sign_in(self, stubs: Stubs) -> tuple[str, str]:
        """A session with one of the references; both."""
        reference = self._references[0]
        self._references.append(self._references.pop(0))
        credential = identity_pb2.ReferenceCredential(reference=reference, identity_suffix=RESIDENT[-6:])
        answer = await stubs.identity.CreateSession(identity_pb2.CreateSessionRequest(reference=credential))
        return reference, answer.token


async def measured(channels: list[Stubs], calls: list[Call]) -> Figures:
    """Clients side by side, for a while."""
    taken: list[float] = []
    end = time.perf_counter() + SECONDS

    async def client(stubs: Stubs, call: Call) -> None:
        while (began := time.perf_counter()) < end:
            await call(stubs)
            taken.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(client(stubs, call) for stubs, call in zip(channels, calls, strict=True)))
    return Figures.of(taken, time.perf_counter() - began)


async def measure(address: str) -> dict[tuple[str, int], Figures]:
    """All figures of one database, by what was called and how many clients there were."""
    channels = [grpc.aio.insecure_channel(address, _own_line(number)) for number in range(max(CLIENTS))]
    try:
        stubs = [Stubs(channel) for channel in channels]
        form = (await stubs[0].form.GetForm(form_pb2.GetFormRequest(name="forms/everything"))).form
        residents = [Resident(form) for _ in stubs]
        for each in residents:
            for _ in range(WARM_UP // len(residents)):
                await each.submit(stubs[0])
        rounds: dict[tuple[str, int], list[Figures]] = {}
        for _ in range(ROUNDS):
            for count in CLIENTS:
                some, theirs = stubs[:count], residents[:count]
                queries = [_query(*await each.sign_in(stubs[0])) for each in theirs]
                for what, calls in (
                    ("CreateSubmission", [each.submit for each in theirs]),
                    ("CreateSession", [each.sign_in for each in theirs]),
                    ("GetCase", queries),
                ):
                    rounds.setdefault((what, count), []).append(await measured(some, list(calls)))
        return {key: Figures.median(found) for key, found in rounds.items()}
    finally:
        for channel in channels:
            await channel.close()


def _query(reference: str, token: str) -> Call:
    request = case_pb2.GetCaseRequest(name=f"cases/{reference}")
    metadata = (("authorization", f"Bearer {token}"),)

    async def ask(stubs: Stubs) -> None:
        await stubs.case.GetCase(request, metadata=metadata)

    return ask


def _own_line(number: int) -> list[tuple[str, int]]:
    """Channels of equal options share a connection; doors do not."""
    return [("grpc.use_local_subchannel_pool", 1), ("grpc.primary_user_agent_number", number)]


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """Where each is."""
    with cluster() as started:
        yield {"SQLite": "", "PostgreSQL": started.empty_database()}


async def main() -> int:
    """Prints the table; 1 where a status query takes longer than its target."""
    too_slow, options = False, ("--listen", "127.0.0.1:0")
    print(f"{'':10} {'':16} {'clients':>7} {'calls/s':>8} {'p50 ms':>7} {'p95 ms':>7} {'p99 ms':>7}")
    with databases() as places:
        for name, url in places.items():
            with tempfile.TemporaryDirectory() as folder:
                data = Path(folder) / "data"
                part = Part(
                    "backend",
                    [Part.command("huimin-backend"), *options, "--data", data, "--content", CONTENT],
                    log=Path(folder) / "backend.log",
                    environment={**os.environ, "HUIMIN_BACKEND_DATABASE": url},
                )
                try:
                    await part.start("huimin-backend")
                    found = await measure(part.ready["huimin-backend"])
                finally:
                    await part.stop()
            for (what, count), figures in found.items():
                row = f"{figures.rate:8.0f} {figures.p50:7.2f} {figures.p95:7.2f} {figures.p99:7.2f}"
                print(f"{name:10} {what:16} {count:7} {row}", flush=True)
            too_slow |= found["GetCase", 1].p95 > TARGET_MILLISECONDS
    print(f"target: p95 of GetCase under {TARGET_MILLISECONDS:g} ms; {'missed' if too_slow else 'met'}")
    return int(too_slow)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
