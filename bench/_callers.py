"""A line as it is installed, with its backend, and callers in a process of their own that measure it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from deploy.parts import Part
from ivr import prompts
from ivr.speech import sound
from tests.backend.house import CONTENT

LINE_CPU, CALLERS_CPU = 0, 1
"""The line has one core to itself; callers and backend have the other."""
MAIN, OTHERS = 400.0, 1200.0
"""Hertz of the main menu's recordings and of all others: which prompt is heard is told by its pitch."""
RECORDING = 20.0
"""Seconds of each, so that a prompt plays whenever a key is pressed."""
MOST_CALLS = 2000
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Usage:
    """Of a process so far: seconds of CPU time, bytes of memory of its own."""

    cpu: float
    memory: int

    @classmethod
    def of(cls, pid: int) -> Usage:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
        kept = sum(int(size) for size in re.findall(r"^Private_\w+:\s+(\d+) kB", rollup, re.MULTILINE))
        return cls((int(fields[11]) + int(fields[12])) / TICKS, kept << 10)


@dataclass(slots=True)
class Outcome:
    """Of one run of the callers."""

    said: dict[str, Any]
    """What `_callers.c` says at its end."""
    before: Usage
    begin: Usage
    end: Usage
    seconds: float
    backend_cpu: float = 0.0
    extra: dict[str, float] = field(default_factory=dict)


class Callers:
    """The program, compiled, and the line that it calls."""

    def __init__(self, program: Path, line: Line) -> None:
        self._program = program
        self.line = line

    async def run(
        self, calls: int, *, rate: float, hold: float = 0.0, seconds: float = 0.0, key_every: float = 0.0
    ) -> Outcome:
        """So many calls, `rate` of them begun each second; see `_callers.c`."""
        before = Usage.of(self.line.pid)
        figures = [self.line.port, calls, rate, hold, seconds, key_every]
        process = await asyncio.create_subprocess_exec(
            *("taskset", "--cpu-list", str(CALLERS_CPU), str(self._program)),
            *(str(figure) for figure in figures),
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert process.stdout
        clock = asyncio.get_running_loop().time
        begin = end = before
        begun = ended = backend = clock()
        said: dict[str, Any] = {}
        async for line in process.stdout:
            match line.split():
                case [b"up"]:
                    begin, begun = Usage.of(self.line.pid), clock()
                    backend = Usage.of(self.line.backend_pid).cpu
                case [b"measured"]:
                    end, ended = Usage.of(self.line.pid), clock()
                    backend = Usage.of(self.line.backend_pid).cpu - backend
                case _:
                    said = json.loads(line)
        await process.wait()
        return Outcome(said, before, begin, end, ended - begun, backend)


@dataclass(frozen=True, slots=True)
class Line:
    """Where it is called."""

    port: int
    pid: int
    backend_pid: int
    records: Path


@asynccontextmanager
async def callers(*, max_calls: int = MOST_CALLS) -> AsyncIterator[Callers]:
    """A line with all that belongs to it: real backend, records, metrics, the whole dialogue."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = folder / "callers"
        source = Path(__file__).with_suffix(".c")
        subprocess.run(["cc", "-O2", "-o", str(program), str(source)], check=True)
        _record(folder / "recordings")
        pin = ("taskset", "--cpu-list")
        backend = Part(
            "backend",
            [*pin, str(CALLERS_CPU), Part.command("huimin-backend")]
            + ["--listen", "127.0.0.1:0", "--data", folder / "backend", "--content", CONTENT],
            log=folder / "backend.log",
            environment={},
        )
        try:
            await backend.start("huimin-backend")
            line = Part(
                "line",
                [*pin, str(LINE_CPU), Part.command("huimin-ivr"), "--sip", "127.0.0.1:0"]
                + ["--backend", backend.ready["huimin-backend"], "--data", folder / "line"]
                + ["--recordings", folder / "recordings"],
                log=folder / "line.log",
                environment={"HUIMIN_IVR_MAX_CALLS": str(max_calls)},
            )
            try:
                await line.start("huimin-ivr")
                port = int(line.ready["huimin-ivr"].rpartition(":")[2])
                records = folder / "line" / "calls.jsonl"
                yield Callers(program, Line(port, line.pid, backend.pid, records))
            finally:
                await line.stop()
        finally:
            await backend.stop()


def _record(folder: Path) -> None:
    for prompt in prompts.always_the_same():
        file = folder / prompt.language.value / f"{prompt.name}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        hertz = MAIN if prompt.name.startswith("main.") else OTHERS
        soundfile.write(file, np.asarray(sound.tone(hertz, RECORDING)), sound.RATE)
