"""A line as it is installed, with its backend, and callers in a process of their own that measure it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from deploy.parts import Part
from ivr import prompts
from speech import sound
from tests.backend.house import CONTENT

LINE_CPU, CALLERS_CPU = 0, 1
"""The line has one core to itself; callers and backend have the other."""
TONE = 380.0
"""Hertz of the first tone; of the others it is a multiple: which prompt is heard is told by its pitch."""
HEARD = ("main.", "policies.topics", "services.which_", "progress.reference")
"""What the first tone is heard for, the second, and so on: the main menu, and what its keys lead to."""
OTHERS = 7
"""The tone of all other recordings."""
RECORDING = 5.0
"""Seconds of each: the menus, which are several, are then as long as real ones."""
TICKS, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class Usage:
    """Of a process so far: seconds of CPU time, bytes of memory of its own."""

    cpu: float
    memory: int

    @classmethod
    def of(cls, pid: int) -> Usage:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        _, resident, shared = (
            int(field) for field in Path(f"/proc/{pid}/statm").read_text("ascii").split()[:3]
        )
        return cls((int(fields[11]) + int(fields[12])) / TICKS, (resident - shared) * PAGE)


@dataclass(slots=True)
class Outcome:
    """Of one run of the callers."""

    said: dict[str, Any]
    """What `_callers.c` says at its end."""
    before: Usage
    begin: Usage
    end: Usage
    seconds: float


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
        figures = [self.line.port, calls, rate, hold, seconds, key_every, "1", 0]
        process = await asyncio.create_subprocess_exec(
            *("taskset", "--cpu-list", str(CALLERS_CPU), str(self._program)),
            *(str(figure) for figure in figures),
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert process.stdout
        clock = asyncio.get_running_loop().time
        begin = end = before
        begun = ended = clock()
        said: dict[str, Any] = {}
        async for line in process.stdout:
            match line.split():
                case [b"up"]:
                    begin, begun = Usage.of(self.line.pid), clock()
                case [b"measured"]:
                    end, ended = Usage.of(self.line.pid), clock()
                case _:
                    said = json.loads(line)
        await process.wait()
        return Outcome(said, before, begin, end, ended - begun)


@dataclass(frozen=True, slots=True)
class Line:
    """Where it is called."""

    port: int
    pid: int


@asynccontextmanager
async def callers() -> AsyncIterator[Callers]:
    """A line as it is installed, with all that belongs to it: backend, records, metrics, every dialogue."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program, recordings = compiled(folder), recorded(folder / "recordings")
        pin: tuple[str | Path, ...] = ("taskset", "--cpu-list")
        backend = Part(
            "backend",
            (
                *(*pin, str(CALLERS_CPU), Part.command("huimin-backend"), "--listen", "127.0.0.1:0"),
                *("--data", folder / "backend", "--content", CONTENT),
            ),
            log=folder / "backend.log",
            environment={},
        )
        try:
            await backend.start("huimin-backend")
            line = Part(
                "line",
                (
                    *(*pin, str(LINE_CPU), Part.command("huimin-ivr"), "--sip", "127.0.0.1:0"),
                    *("--backend", backend.ready["huimin-backend"], "--data", folder / "line"),
                    *("--recordings", recordings),
                ),
                log=folder / "line.log",
                environment={},
            )
            try:
                await line.start("huimin-ivr")
                port = int(line.ready["huimin-ivr"].rpartition(":")[2])
                yield Callers(program, Line(port, line.pid))
            finally:
                await line.stop()
        finally:
            await backend.stop()


def compiled(folder: Path) -> Path:
    """The program of the callers, in a folder."""
    program = folder / "callers"
    source = Path(__file__).with_suffix(".c")
    subprocess.run(["cc", "-O2", "-o", str(program), str(source)], check=True)
    return program


def recorded(folder: Path) -> Path:
    """A folder of recordings that can be told from one another, for every prompt that is always the same."""
    for prompt in prompts.always_the_same():
        file = folder / prompt.language.value / f"{prompt.name}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        tone = next((i for i, name in enumerate(HEARD, 1) if prompt.name.startswith(name)), OTHERS)
        soundfile.write(file, np.asarray(sound.tone(tone * TONE, RECORDING)), sound.RATE)
    return folder
