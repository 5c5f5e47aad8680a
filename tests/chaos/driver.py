"""Rounds in which doors send, everything fails at random moments, and what is stored is counted.

A round: one door or two, each a fresh process, send their applications through the line to the backend,
which is a process, too. While they do, faults are dealt at random moments; some rounds are without a
connection from beginning to end. Then everything is mended, what waits has to be delivered, and the backend's
database is counted: each application whose resident was told that it is accepted is there once, under the
reference that was told, and after those that the same resident sent before. Nothing is there twice, and no
reference is.

The driver's chances come from one seed; the moments at which processes are hit are those of the machine.
"""

from __future__ import annotations

import asyncio
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from huimin.v1 import form_pb2, form_pb2_grpc

from deploy.parts import Part
from tests.chaos.door import Order, who
from tests.chaos.ledger import Ledger, Stored
from tests.chaos.line import Line
from tests.chaos.room import Room
from tests.ports import free_port

CONTENT = Path(__file__).resolve().parents[1] / "backend" / "content"
ROOT = Path(__file__).resolve().parents[2]
FORM = "forms/letter"
OFFLINE_SECONDS = 10.0
"""How long at most a round without a connection lasts beyond that: until everybody was told something."""
DRAIN_SECONDS = 90.0
DECADE = 10 * 365 * 86_400


class Lost(AssertionError):
    """A promise was broken; the text says which, with the seed and the round."""


@dataclass
class Door:
    """One door over all rounds: its folder, its process of the moment, and what its residents were told."""

    name: str
    folder: Path
    log: Path
    process: asyncio.subprocess.Process | None = None
    accepted: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    waiting: int = -1
    set_aside: int = 0
    done: bool = False
    listening: asyncio.Task[None] | None = None

    @property
    def clock(self) -> Path:
        return self.log.with_suffix(".clock")

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def start(self, order: Order) -> None:
        self.waiting, self.done = -1, False
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.chaos.door",
                order.encode(),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
            )
        self.listening = asyncio.create_task(self._listen(self.process))

    async def end(self, number: signal.Signals) -> None:
        """Ends the process, and hears out what it said before."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(number)
            await self.process.wait()
        if self.listening is not None:
            await self.listening

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            match line.decode().split():
                case ["tried", marker]:
                    self.left.remove(marker)
                case ["accepted", marker, reference]:
                    self.accepted[marker] = reference
                case ["refused", marker, reason]:
                    self.refused[marker] = reason
                case ["waiting", count, aside]:
                    self.waiting, self.set_aside = int(count), int(aside)
                case ["done"]:
                    self.done = True


@dataclass
class Figures:
    """What a run came to."""

    seed: int
    rounds: int = 0
    sent: int = 0
    accepted: int = 0
    stored: int = 0
    files: int = 0
    seconds: float = 0.0
    longest_drain: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    disk: str = ""

    def __str__(self) -> str:
        faults = ", ".join(f"{kind} {count}" for kind, count in sorted(self.faults.items()))
        return (
            f"seed {self.seed}: {self.rounds} rounds, {self.sent} sent, {self.accepted} accepted, "
            f"all of them stored once; {self.stored} stored in all, {self.files} with a file; "
            f"{self.seconds:.0f} s, longest time to deliver what was left {self.longest_drain:.1f} s; "
            f"disk: {self.disk}; faults: {faults}"
        )


class Driver:
    """One run. `folder` is empty and stays for a look at the logs.

    trouble: seconds in which faults are dealt in a round; offline: how likely a round is to be without a
    connection; plant: see `tests.chaos.door.Order`.
    """

    def __init__(
        self,
        folder: Path,
        seed: int,
        *,
        trouble: float = 2.5,
        offline: float = 0.2,
        plant: str = "",
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._trouble_seconds = trouble
        self._offline = offline
        self._chance = random.Random(seed)
        self._plant = plant
        self._port = free_port()
        self._line = Line(self._port)
        self._backend = Part(
            "backend",
            [
                Part.command("huimin-backend"),
                *("--listen", f"127.0.0.1:{self._port}"),
                *("--data", folder / "data"),
                *("--content", CONTENT),
            ],
            log=folder / "backend.log",
            environment={"PYTHONUNBUFFERED": "1"},
        )
        self._ledger = Ledger(folder / "data")
        self._seen: dict[str, Stored] = {}
        self.figures = Figures(seed)

    async def run(self, rounds: int, submissions: int) -> Figures:
        """Runs so many rounds with so many submissions in all. Raises Lost."""
        began = time.monotonic()
        room = Room(self._folder / "room")
        self.figures.disk = "a file system of its own" if room.real else "limits on file sizes alone"
        doors = [Door(name, room.folder / name, self._folder / f"{name}.log") for name in ("one", "two")]
        try:
            await self._begin()
            for number in range(rounds):
                share = submissions // rounds + (number < submissions % rounds)
                await self._round(number, share, doors, room)
        finally:
            for door in doors:
                await door.end(signal.SIGKILL)
            await self._line.take_up()
            await self._backend.stop()
            room.close()
            self.figures.seconds = time.monotonic() - began
        return self.figures

    async def _begin(self) -> None:
        await self._backend.start("huimin-backend")
        await self._line.lay()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self._port}") as channel:
            stub = form_pb2_grpc.FormServiceStub(channel)
            answer = await stub.GetForm(form_pb2.GetFormRequest(name=FORM), wait_for_ready=True)
        (self._folder / "form").write_bytes(answer.form.SerializeToString())

    async def _round(self, number: int, share: int, doors: list[Door], room: Room) -> None:
        two = self._chance.random() < 0.4
        for position, door in enumerate(doors):
            shares = [share - share // 2, share // 2] if two else [share, 0]
            door.left = [f"r{number}-{door.name}-{turn}" for turn in range(shares[position])]
            door.clock.write_text("0")
        taking_part = [door for door in doors if door.left or door.folder.exists()]
        for door in taking_part:
            await self._start(door)
        self.figures.faults["two doors"] += two
        offline = number > 0 and self._chance.random() < self._offline
        if offline:
            self.figures.faults["offline"] += 1
            await self._line.take_up()
        await self._trouble(taking_part, room)
        if offline:
            await self._until(
                lambda: all(door.done or not door.left for door in taking_part), OFFLINE_SECONDS
            )
        await self._mend(taking_part, room)
        await self._drain(number, taking_part)
        for door in taking_part:
            await door.end(signal.SIGTERM)
        self._count(number, doors)
        self.figures.rounds += 1
        self.figures.sent += share

    async def _start(self, door: Door) -> None:
        await door.start(
            Order(
                backend=f"127.0.0.1:{self._line.port}",
                folder=str(door.folder),
                form=str(self._folder / "form"),
                clock=str(door.clock),
                markers=door.left,
                seed=self._chance.getrandbits(32),
                plant=self._plant,
            )
        )

    # Faults

    async def _trouble(self, doors: list[Door], room: Room) -> None:
        """Deals some faults at random moments."""
        await self._until(lambda: all(door.waiting >= 0 or not door.runs for door in doors), 30)
        faults = [
            self._kill_door,
            self._kill_door,
            self._kill_backend,
            self._cut,
            self._cut,
            self._slow,
            self._stall,
            self._fill_disk,
            self._fail_disk,
            self._move_clock,
        ]
        dealt = self._chance.sample(faults, self._chance.randint(1, 4))
        moments = sorted(self._chance.random() * self._trouble_seconds for _ in dealt)
        began = time.monotonic()
        for moment, fault in zip(moments, dealt, strict=True):
            await asyncio.sleep(max(began + moment - time.monotonic(), 0))
            door = self._chance.choice(doors)
            self.figures.faults[fault.__name__.strip("_").replace("_", " ")] += 1
            await fault(door, room)

    async def _kill_door(self, door: Door, room: Room) -> None:
        await door.end(signal.SIGKILL)
        await self._start(door)

    async def _kill_backend(self, door: Door, room: Room) -> None:
        self._backend.kill()
        await self._a_while()
        await self._backend.stop()
        await self._backend.start("huimin-backend")

    async def _a_while(self) -> None:
        await asyncio.sleep(self._chance.random() * self._trouble_seconds / 2)

    async def _cut(self, door: Door, room: Room) -> None:
        if self._chance.random() < 0.3:
            self._line.cut()
        else:
            self._line.cut_after(
                int(self._chance.choice((50, 500, 5_000, 100_000)) * self._chance.random()) + 1
            )

    async def _slow(self, door: Door, room: Room) -> None:
        self._line.slow(self._chance.choice((5_000, 50_000, 500_000)))

    async def _stall(self, door: Door, room: Room) -> None:
        self._line.stall()

    async def _fill_disk(self, door: Door, room: Room) -> None:
        if room.real:
            room.fill()
            await self._a_while()
            if self._chance.random() < 0.5:
                await door.end(signal.SIGKILL)  # and it starts on the full disk
                await self._start(door)
                await self._a_while()
            room.clear()
        else:
            await self._fail_disk(door, room)

    async def _fail_disk(self, door: Door, room: Room) -> None:
        if door.process is not None and door.runs:
            room.refuse(door.process.pid, self._chance.choice((1, 50_000, 500_000)))
            await self._a_while()
            room.allow(door.process.pid)

    async def _move_clock(self, door: Door, room: Room) -> None:
        door.clock.write_text(str(self._chance.choice((-6 * DECADE, -3600, 3600, 5 * DECADE))))

    # After the trouble

    async def _mend(self, doors: list[Door], room: Room) -> None:
        room.clear()
        await self._line.lay()
        for door in doors:
            if self._chance.random() < 0.3:
                self.figures.faults["kill door"] += 1
                await door.end(signal.SIGKILL)
            if not door.runs:
                await door.end(signal.SIGKILL)
                await self._start(door)

    async def _drain(self, number: int, doors: list[Door]) -> None:
        """Waits until every door has sent and delivered everything."""
        began = time.monotonic()
        finished = await self._until(
            lambda: all(door.done and door.waiting == 0 for door in doors), DRAIN_SECONDS
        )
        self.figures.longest_drain = max(self.figures.longest_drain, time.monotonic() - began)
        if not finished:
            states = [(door.name, door.runs, door.done, door.waiting) for door in doors]
            raise Lost(f"{self._place(number)}: not delivered after {DRAIN_SECONDS} s: {states}")
        if any(door.set_aside for door in doors):
            raise Lost(f"{self._place(number)}: something was set aside")

    async def _until(self, condition: Callable[[], bool], seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.02)
        return True

    def _count(self, number: int, doors: list[Door]) -> None:
        """Compares what residents were told with what is stored. Raises Lost."""
        place = self._place(number)
        references = self._ledger.references()
        for stored in self._ledger.since(len(self._seen)):
            if stored.marker in self._seen:
                raise Lost(f"{place}: {stored.marker} is stored twice")
            self._seen[stored.marker] = stored
            self.figures.files += stored.has_file
        told: dict[str, str] = {}
        for door in doors:
            if door.refused:
                raise Lost(f"{place}: refused: {door.refused}")
            for marker, reference in door.accepted.items():
                if marker not in self._seen:
                    raise Lost(f"{place}: {marker} was accepted and is not stored")
                if references[self._seen[marker].name] != reference:
                    raise Lost(f"{place}: {marker} was told another reference than it is stored under")
                if told.setdefault(reference, marker) != marker:
                    raise Lost(f"{place}: {marker} and {told[reference]} were told the same reference")
        self._order(place)
        self.figures.accepted = len(told)
        self.figures.stored = len(references)

    def _order(self, place: str) -> None:
        """Checks that what one resident sent at one door is stored in the order in which it was sent."""
        last: dict[tuple[str, int], tuple[int, int]] = {}
        for marker in self._seen:
            in_round, door, turn = marker.split("-")
            sent = (int(in_round[1:]), int(turn))
            before = last.get((door, who(marker)))
            if before is not None and before > sent:
                raise Lost(f"{place}: {marker} overtook what the same resident sent before")
            last[door, who(marker)] = sent

    def _place(self, number: int) -> str:
        return f"seed {self.figures.seed}, round {number}, see {self._folder}"
