"""Runs the fuzzer for a while: in bursts, after each of which the backend has to be as well as before."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from huimin.v1 import case_pb2, form_pb2, identity_pb2

from tests.backend.fuzz.messages import Words, message, mutated
from tests.backend.house import Stubs
from tests.backend.reflected import Method, methods
from tests.backend.sample import RESIDENT, submission
from tests.backend.wire import connected, framed

BURST = 60
"""Attacks in a burst."""
AT_ONCE = 12
WELL_SECONDS = 5.0
"""So soon a backend has to answer after a burst."""
SESSION_SECONDS = 300.0
GROWTH = 300 << 20
"""Bytes by which the backend may have grown since the first burst."""
_LONG = {
    "/grpc.health.v1.Health/Watch",
    "/huimin.v1.AlertService/WatchAlerts",
    "/huimin.v1.FormService/UploadAttachment",
}
_OWN_FAILURE = "Internal error from Core"
"""What the client's own gRPC says where a call ended while it sent the next message."""
_FRAMES = 10
"""Types of frames, RFC 9113 section 6."""


class Unwell(AssertionError):
    """The backend did what it never may; the message says what, and after how many attacks."""


@dataclass
class Tally:
    """What was done, and how it was answered."""

    attacks: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    bursts: int = 0
    slowest: float = 0.0
    """Seconds of the slowest look whether the backend is well."""
    grown: int = 0
    """Bytes that the backend grew by."""

    def __str__(self) -> str:
        return (
            f"{sum(self.attacks.values())} attacks in {self.bursts} bursts: {dict(self.attacks)}; "
            f"answered {dict(self.answers.most_common())}; slowest answer after a burst "
            f"{self.slowest * 1000:.0f} ms; grown by {self.grown >> 20} MiB"
        )


class Fuzzer:
    """Attacks one backend. log: its standard error; seed: the same attacks again."""

    def __init__(self, address: str, process: int, log: Path, seed: int) -> None:
        self.tally = Tally()
        self._address = address
        self._process = process
        self._log = log
        self._read = 0
        self._random = random.Random(seed)
        self._words = Words(self._random)
        self._methods: list[Method] = []
        self._reference = ""
        self._token = ""
        self._signed_in = float("-inf")

    async def run(self, seconds: float) -> Tally:
        """Attacks for so long. Raises Unwell."""
        end = time.monotonic() + seconds
        async with grpc.aio.insecure_channel(self._address) as channel:
            self._methods = list((await methods(channel)).values())
            await self._apply(Stubs(channel))
            await self._look(channel)
            small = None
            while time.monotonic() < end:
                for _ in range(0, BURST, AT_ONCE):
                    await asyncio.gather(*(self._attack(channel) for _ in range(AT_ONCE)))
                self.tally.bursts += 1
                await self._look(channel)
                size = _resident_bytes(self._process)
                small = size if small is None else small
                self.tally.grown = size - small
                if self.tally.grown > GROWTH:
                    raise Unwell(f"grew by {self.tally.grown >> 20} MiB: {self.tally}")
        return self.tally

    async def _attack(self, channel: grpc.aio.Channel) -> None:
        attack = self._random.choices(
            (self._shaped, self._changed, self._noise, self._frames, self._half_calls), (8, 5, 2, 3, 2)
        )[0]
        self.tally.attacks[attack.__name__.strip("_")] += 1
        await attack(channel)

    async def _shaped(self, channel: grpc.aio.Channel) -> None:
        method = self._random.choice(self._methods)
        await self._send(channel, method, [self._message(method) for _ in range(self._many(method))])

    async def _changed(self, channel: grpc.aio.Channel) -> None:
        method = self._random.choice(self._methods)
        sent = [
            mutated(self._message(method).SerializeToString(), self._random)
            for _ in range(self._many(method))
        ]
        await self._send(channel, method, sent)

    async def _noise(self, channel: grpc.aio.Channel) -> None:
        """Bytes that are nothing, with or without the preface."""
        async with connected(self._address, preface=self._random.random() < 0.5) as wire:
            await wire.raw(self._random.randbytes(self._random.randrange(1, 4000)))
            await self._listen(wire)

    async def _frames(self, channel: grpc.aio.Channel) -> None:
        """Frames of every type, on any stream, as long as they like."""
        async with connected(self._address) as wire:
            for _ in range(self._random.randrange(1, 12)):
                content = self._random.randbytes(self._random.choice((0, 4, 5, 6, 8, 30, 300)))
                length = self._random.choice((len(content), len(content), self._random.randrange(1 << 24)))
                head = length.to_bytes(3, "big") + bytes(
                    (self._random.randrange(_FRAMES + 3), self._random.randrange(256))
                )
                stream = self._random.choice((0, 1, 2, 3, 0xFFFFFFFF))
                await wire.raw(head + stream.to_bytes(4, "big") + content)
            await self._listen(wire)

    async def _half_calls(self, channel: grpc.aio.Channel) -> None:
        """Calls that are begun and go wrong somewhere."""
        async with connected(self._address) as wire:
            for _ in range(self._random.randrange(1, 5)):
                method = self._random.choice(self._methods)
                strange = (
                    ("grpc-timeout", self._words.text().strip()[:20].encode("ascii", "replace").decode()),
                )
                stream = await wire.call(method.path, headers=strange if self._random.random() < 0.3 else ())
                content = self._message(method).SerializeToString()
                length = self._random.choice((None, None, 0, 1 << 30, 0xFFFFFFFF))
                packed = framed(content, compressed=self._random.random() < 0.2, length=length)
                await wire.data(stream, packed[: self._random.randrange(1, 16_000)])
                if self._random.random() < 0.5:
                    wire.http2.reset_stream(stream)
            await self._listen(wire)

    async def _listen(self, wire: Any) -> None:
        """For a moment, so that what comes is taken."""
        with suppress(TimeoutError):
            await wire.until_closed(self._random.choice((0.0, 0.02, 0.1)))

    def _message(self, method: Method) -> Any:
        descriptor: Any = method.request.DESCRIPTOR
        return message(descriptor, self._words)

    def _many(self, method: Method) -> int:
        return self._random.randrange(1, 5) if method.streams_in else 1

    async def _send(self, channel: grpc.aio.Channel, method: Method, sent: list[Any]) -> None:
        seconds = 0.3 if method.path in _LONG else 20
        token = self._random.choice((None, self._token, "x", "A" * 43))
        try:
            for answer in await method.call(channel, *sent, token=token, seconds=seconds):
                self.tally.answers["OK"] += 1
                self._words.learn(answer)
        except asyncio.CancelledError:  # raised by the client's own gRPC too, where a stream ended under it
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            self.tally.answers["not sent"] += 1
        except grpc.aio.AioRpcError as error:
            if error.details() == _OWN_FAILURE:
                self.tally.answers["not sent"] += 1
                return
            self.tally.answers[error.code().name] += 1
            if error.code() in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN):
                raise Unwell(f"{method.path} ended with {error.code().name}: {error.details()}") from None

    async def _apply(self, stubs: Stubs) -> None:
        """An application, whose case is read after every burst."""
        form = (await stubs.form.GetForm(form_pb2.GetFormRequest(name="forms/everything"))).form
        sent = form_pb2.CreateSubmissionRequest(submission=submission(form))
        self._reference = (await stubs.form.CreateSubmission(sent)).reference

    async def _look(self, channel: grpc.aio.Channel) -> None:
        """Whether the backend is well. Raises Unwell."""
        stubs = Stubs(channel)
        began = time.monotonic()
        try:
            answer = await health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(), timeout=WELL_SECONDS
            )
            if began - self._signed_in > SESSION_SECONDS:
                card = identity_pb2.IdentityCard(identity_number=RESIDENT, full_name="示范居民")
                asked = identity_pb2.CreateSessionRequest(identity_card=card)
                self._token = (await stubs.identity.CreateSession(asked, timeout=WELL_SECONDS)).token
                self._signed_in = began
            case = await stubs.case.GetCase(
                case_pb2.GetCaseRequest(name=f"cases/{self._reference}"),
                metadata=(("authorization", f"Bearer {self._token}"),),
                timeout=WELL_SECONDS,
            )
        except grpc.aio.AioRpcError as error:
            raise Unwell(f"{error.code().name} {error.details()} after {self.tally}") from None
        self.tally.slowest = max(self.tally.slowest, time.monotonic() - began)
        if answer.status != health_pb2.HealthCheckResponse.SERVING:
            raise Unwell(f"not serving after {self.tally}")
        if case.case_record.reference != self._reference:
            raise Unwell(f"another case after {self.tally}")
        self._look_at_log()

    def _look_at_log(self) -> None:
        """Nothing in the log may tell of a failure of the backend."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            new = log.read()
        whole = new.rpartition(b"\n")[0]
        self._read += len(whole)
        for line in whole.decode("utf-8", "replace").split("\n"):
            if not line:
                continue
            try:
                entry = json.loads(line)
            except ValueError:
                raise Unwell(f"a line of the log is no JSON: {line[:2000]!r}") from None
            failed = entry.get("event") in ("call_failed", "storage_failed") or "exception" in entry
            if failed or "Traceback" in line or entry.get("level") in ("error", "critical"):
                raise Unwell(f"the log says {line[:2000]} after {self.tally}")


def _resident_bytes(process: int) -> int:
    """VmRSS, proc(5)."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) << 10
    return 0
