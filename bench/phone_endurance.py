"""The phone line under load for a while: nobody fails, is answered wrongly, or costs more and more memory.

Callers in a process of their own call the real Kamailio with the configuration that is delivered, in front of
the workers of `huimin-ivr --workers`, with backend, records and metrics. They come and go, speak all the time
and press a key now and then: one of the main menu's, and back, and know by its pitch whether the right prompt
answers. In the middle a worker is drained and comes back, and later another is killed. A minute of it by
default, `--full` is ten.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench._callers import PAGE, compiled, recorded
from deploy.parts import Part
from tests.backend.house import CONTENT
from tests.end_to_end.kamailio import Kamailio
from tests.end_to_end.workers import Workers

LINES = 800
"""Of each worker, as it is installed."""
SAMPLES = 10
"""Looks at the memory: each minute of ten."""
KEYS = "123"
"""Of the main menu, whose first prompts are always the same."""
KEYS_A_CALL = 5
DRAINED, KILLED = 2, 3
"""The workers that are taken out of service and killed."""
DRAIN, RESUME, KILL = 0.4, 0.6, 0.7
"""When, as a share of the time."""
LATE_SHARE = 1e-4
PATIENCE = 60.0
BACK_SECONDS = 20.0
"""Within so many a killed worker answers calls again."""


@dataclass(frozen=True, slots=True)
class Look:
    """At everything, at one moment."""

    at: float
    """Seconds since the load was up."""
    calls: list[int]
    """Of each worker."""
    kib: dict[str, int]
    """Resident memory of each process, of Kamailio's all together."""


@dataclass(slots=True)
class House:
    """What runs."""

    backend: Part
    line: Workers
    proxy: Kamailio
    looks: list[Look] = field(default_factory=list)
    seen_while_drained: int = 0
    """Calls that the drained worker was given."""
    _taken_before: int = 0
    back_after: float = math.inf
    """Seconds from the kill until the worker had calls again."""

    async def look(self, at: float) -> None:
        """One more of `looks`."""
        told = (await self.line.ask(do="state"))["workers"]
        assert self.line.process
        kib = {f"worker {one['worker']}": _kib(one["process"]) for one in told}
        kib["supervisor"] = _kib(self.line.process.pid)
        kib["backend"] = _kib(self.backend.pid)
        kib["Kamailio"] = sum(_kib(pid) for pid in _family(int((self.proxy.folder / "pid").read_text())))
        self.looks.append(Look(at, [one.get("calls", 0) for one in told], kib))

    async def drain(self) -> None:
        """Takes a worker out of service, as an operator does."""
        await self._operate("drain")
        self._taken_before = await self._taken(DRAINED)

    async def resume(self) -> None:
        """Lets it take calls again."""
        self.seen_while_drained = await self._taken(DRAINED) - self._taken_before
        await self._operate("resume")

    async def kill(self) -> None:
        """Kills a worker, and waits until its successor has calls."""
        began = time.monotonic()
        await self.line.kill(KILLED)
        await asyncio.sleep(0.5)
        while time.monotonic() - began < PATIENCE:
            if (await self.line.told(KILLED)).get("calls", 0) > 0:
                self.back_after = time.monotonic() - began
                return
            await asyncio.sleep(0.1)

    async def _operate(self, what: str) -> None:
        command = (Part.command("huimin-ivr"), what, str(DRAINED), "--data", self.line.data)
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.DEVNULL)
        if await process.wait():
            raise RuntimeError(f"huimin-ivr {what} has failed")

    async def _taken(self, worker: int) -> int:
        told = await self.line.told(worker)
        return int(told["arrived"] - sum(told["refused"].values()))


def _kib(pid: int | None) -> int:
    """Resident memory; 0 of a process that is not there."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * PAGE // 1024
    except OSError:
        return 0


def _family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [pid, *map(int, children)]


@asynccontextmanager
async def house(folder: Path, workers: int) -> AsyncIterator[House]:
    """Everything but the callers, with prompts that they can tell from one another."""
    backend = Part(
        "backend",
        (
            *(Part.command("huimin-backend"), "--listen", "127.0.0.1:0"),
            *("--data", folder / "backend", "--content", CONTENT),
        ),
        log=folder / "backend.log",
        environment={},
    )
    try:
        await backend.start("huimin-backend")
        recordings = recorded(folder / "recordings")
        async with (
            Workers(
                *(folder / "line", workers, "--recordings", str(recordings)),
                backend=backend.ready["huimin-backend"],
                MAX_CALLS=str(LINES),
            ) as line,
            Kamailio(folder / "kamailio", line.addresses, LINES) as proxy,
        ):
            for address in line.addresses:
                await proxy.sees(address, "AP")
            yield House(backend, line, proxy)
    finally:
        await backend.stop()


class Measured:
    """Callers over a running house, and what is done to it meanwhile."""

    def __init__(self, program: Path, running: House, calls: int, seconds: float) -> None:
        self._program = program
        self._house = running
        self._calls = calls
        self._seconds = seconds
        self.hold = max(10.0, seconds / 15)
        self.said: dict[str, Any] = {}

    async def run(self) -> None:
        """Until the last caller has gone; it takes the time, and what is left of the last calls."""
        rate = self._calls / self.hold
        begun = self._calls + round(rate * self._seconds)
        key_every = self.hold / KEYS_A_CALL
        figures = (
            self._house.proxy.port,
            begun,
            rate,
            self.hold,
            self._seconds,
            key_every,
            KEYS,
            self._calls,
        )
        process = await asyncio.create_subprocess_exec(
            self._program, *map(str, figures), stdout=subprocess.PIPE, start_new_session=True
        )
        assert process.stdout
        try:
            async with asyncio.timeout(self._seconds + 4 * self.hold + 60):
                assert (await process.stdout.readline()).strip() == b"up"
                async with asyncio.TaskGroup() as together:
                    together.create_task(self._look_at_times())
                    together.create_task(self._drain_and_kill())
                async for line in process.stdout:
                    if line.startswith(b"{"):
                        self.said = json.loads(line)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def _look_at_times(self) -> None:
        clock = asyncio.get_running_loop().time
        began = clock()
        for number in range(SAMPLES + 1):
            await asyncio.sleep(began + number * self._seconds / SAMPLES - clock())
            await self._house.look(clock() - began)
            look = self._house.looks[-1]
            print(f"{look.at:.0f} s: calls {look.calls}, KiB {look.kib}", file=sys.stderr, flush=True)

    async def _drain_and_kill(self) -> None:
        clock = asyncio.get_running_loop().time
        began = clock()
        for share, what in (
            (DRAIN, self._house.drain),
            (RESUME, self._house.resume),
            (KILL, self._house.kill),
        ):
            await asyncio.sleep(began + share * self._seconds - clock())
            await what()


def rows(said: dict[str, Any], running: House, records: dict[str, int]) -> Iterator[tuple[str, str, bool]]:
    """What, how much, and whether that is well."""
    killed = int(running.line.addresses[KILLED - 1].rpartition(":")[2])
    lost = sum(worker["failed"] for worker in said["workers"] if worker["port"] == killed)
    elsewhere = said["failed"] - lost
    yield "calls begun; most at once", f"{said['calls']:,}; {said['most']:,}", True
    yield "finished", f"{said['finished']:,}", said["finished"] + said["failed"] == said["calls"]
    yield "failed on the worker that was killed", f"{lost}", True
    yield "failed elsewhere", f"{elsewhere} {said['codes'] if elsewhere else ''}".strip(), not elsewhere
    wrong, unanswered = said["wrong"], said["unanswered"]
    yield (
        f"wrong answers, and none, of {said['keys']:,} keys",
        f"{wrong}, {unanswered}",
        not wrong + unanswered,
    )
    begin = said["key_begin_ms"]
    yield "from a key's beginning to the prompt, p50 / p95 / p99", _spread(begin), True
    yield "from the call to its answer, p50 / p95 / p99", _spread(said["setup_ms"]), True
    late = said["late"]
    yield (
        f"packets over 40 ms late, and lost, of {said['packets']:,}",
        f"{late}, {said['lost']}",
        late < LATE_SHARE * said["packets"],
    )
    yield (
        "calls that the drained worker was given",
        f"{running.seen_while_drained}",
        not running.seen_while_drained,
    )
    yield (
        "from the kill until its successor has calls",
        f"{running.back_after:.1f} s",
        running.back_after < BACK_SECONDS,
    )
    written = sum(records.values())
    yield "call records", f"{written:,}: {records}", said["finished"] <= written <= said["finished"] + lost


def _spread(figures: list[float]) -> str:
    return " / ".join(f"{figure:.0f}" for figure in figures[:3]) + " ms" if figures else "-"


def growth(looks: list[Look], name: str) -> float:
    """KiB a minute after the first tenth: the slope of a line through the looks.

    A worker that was killed begins anew: with it only the time before counts.
    """
    end = round(KILL * SAMPLES) if name == f"worker {KILLED}" else SAMPLES
    points = [(look.at / 60, look.kib[name]) for look in looks[1 : end + 1]]
    mean_at = sum(at for at, _ in points) / len(points)
    mean = sum(kib for _, kib in points) / len(points)
    return sum((at - mean_at) * (kib - mean) for at, kib in points) / sum(
        (at - mean_at) ** 2 for at, _ in points
    )


def memory(looks: list[Look]) -> Iterator[str]:
    """The table of the looks: MiB, and a worker's calls beside them."""
    names = list(looks[0].kib)
    yield f"| at | {' | '.join(names)} |"
    yield "|---" * (len(names) + 1) + "|"
    for look in looks:
        cells = [f"{look.kib[name] / 1024:.1f}" for name in names]
        for number, calls in enumerate(look.calls):
            cells[number] += f" ({calls})"
        yield f"| {look.at:.0f} s | {' | '.join(cells)} |"
    yield f"| growth a minute, KiB | {' | '.join(f'{growth(looks, name):.0f}' for name in names)} |"


async def _records(line: Workers, wanted: int) -> dict[str, int]:
    """How many call records there are, by how the calls ended, once there are so many or no more come.

    All calls end together, and each record is on the disk before the next one's turn.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        found = Counter(
            str(json.loads(record)["result"]) for record in line.records.read_text("utf-8").splitlines()
        )
        if found.total() >= wanted or time.monotonic() > deadline:
            return dict(found)
        await asyncio.sleep(1)


async def measure(calls: int, workers: int, seconds: float) -> bool:
    """Runs it and prints the tables. False where something was not well."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with house(folder, workers) as running:
            measured = Measured(compiled(folder), running, calls, seconds)
            await measured.run()
            records = await _records(running.line, measured.said["finished"])
            hold = measured.hold
            print(f"{workers} workers, about {calls} calls at once for {seconds:.0f} s,", end=" ")
            print(
                f"each of {hold / 2:.0f} to {hold * 1.5:.0f} s, with a key every {hold / KEYS_A_CALL:.0f} s"
            )
            print("\n| what | found |\n|---|---|")
            well = True
            for what, found, good in rows(measured.said, running, records):
                print(f"| {what} | {found}{'' if good else ' **missed**'} |")
                well &= good
            print("\n" + "\n".join(memory(running.looks)))
            return well


def main() -> int:
    """Prints the tables; 1 where something was not well."""
    options = argparse.ArgumentParser(prog="bench.phone_endurance", description=__doc__)
    options.add_argument("--full", action="store_true", help="ten minutes")
    options.add_argument("--calls", type=int, default=1000, help="at once")
    options.add_argument("--workers", type=int, default=3)
    given = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    return int(not asyncio.run(measure(given.calls, given.workers, 600.0 if given.full else 60.0)))


if __name__ == "__main__":
    sys.exit(main())
