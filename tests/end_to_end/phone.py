"""A phone in a test's hand: the caller process, and what it reports."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import soundfile

PATIENCE = 30.0
"""Seconds to wait for anything on a machine that does other things too."""
ROOT = Path(__file__).resolve().parents[2]


class CallerProcess:
    """Calls when its context opens, hangs up when it closes. The options are those of the command."""

    def __init__(self, uri: str, record: Path | None = None, *options: str) -> None:
        self._command = [sys.executable, "-m", "tests.end_to_end.caller", uri, "--script", "-", *options]
        if record is not None:
            self._command += ["--record", str(record)]
        self.record = record
        self.events: list[dict[str, Any]] = []
        self.sounding = False
        self.complaint = b""
        self._process: asyncio.subprocess.Process | None = None
        self._reading: list[asyncio.Task[None]] = []
        self._news = asyncio.Condition()
        self._finished = False

    async def __aenter__(self) -> Self:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=ROOT
        )
        self._reading = [asyncio.create_task(self._read()), asyncio.create_task(self._read_complaint())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process = self._started()
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
        try:
            async with asyncio.timeout(PATIENCE):
                if process.stdin:
                    process.stdin.close()  # the end of the script: it hangs up
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        await asyncio.gather(*self._reading)

    # --- doing ---------------------------------------------------------------

    async def do(self, step: str, patience: float = PATIENCE) -> dict[str, Any]:
        """One step of a script, to its end."""
        seen = len(self.events)
        await self.begin(step)
        return await self.event("step", patience, after=seen, step=step)

    async def begin(self, step: str) -> None:
        """One step of a script, without waiting for its end."""
        process = self._started()
        assert process.stdin
        process.stdin.write(f"{step}\n".encode())
        await process.stdin.drain()

    async def press(self, keys: str) -> float:
        """Presses keys; returns when the first of them was pressed, in the caller's time.

        The last one may end the call.
        """
        seen = len(self.events)
        await self.begin(f"keys {keys}")

        def pressed() -> list[dict[str, Any]]:
            return [event for event in self.events[seen:] if event["event"] == "key"]

        await self._until(lambda: len(pressed()) == len(keys), PATIENCE)
        assert len(pressed()) == len(keys), f"the call ended before {keys} was pressed"
        return float(pressed()[0]["t"])

    async def speak(self, file: Path) -> None:
        """Says a WAV file."""
        await self.do(f"speak {file}", 120.0)

    async def hang_up(self) -> None:
        """Ends the call."""
        await self.begin("hangup")
        await self.event("ended")

    def freeze(self) -> None:
        """Answers nothing any more, as if the phone had lost its power, until the context closes."""
        self._started().send_signal(signal.SIGSTOP)

    # --- hearing --------------------------------------------------------------

    async def event(
        self, name: str, patience: float = PATIENCE, after: int = 0, **like: object
    ) -> dict[str, Any]:
        """The first event of that name and content from position `after` on, waited for."""

        def found() -> dict[str, Any] | None:
            for event in self.events[after:]:
                if event["event"] == name and all(event.get(key) == value for key, value in like.items()):
                    return event
            return None

        await self._until(lambda: found() is not None, patience)
        event = found()
        assert event, (
            f"no event {name} {like}; there were {self.events[-12:]} {self.complaint.decode()[-2000:]}"
        )
        return event

    async def answered(self) -> dict[str, Any]:
        """Waits for the answer."""
        return await self.event("answered")

    async def ended(self, patience: float = PATIENCE) -> dict[str, Any]:
        """Waits until the call has ended, whoever ended it."""
        return await self.event("ended", patience)

    async def heard_sound(self, patience: float = PATIENCE) -> dict[str, Any]:
        """Waits until something sounds, or returns at once where it does; the event that began it."""
        seen = len(self.events)
        if self.sounding:
            return next(event for event in reversed(self.events) if event["event"] == "sound")
        return await self.event("sound", patience, after=seen)

    async def wait_for_silence(self, seconds: float = 1.0, patience: float = 120.0) -> None:
        """Waits until nothing has sounded for so long."""
        await self.do(f"quiet {seconds}", patience)

    def time_of(self, name: str) -> float:
        """When the first event of that name was, in the caller's time."""
        return float(next(event["t"] for event in self.events if event["event"] == name))

    def heard(self) -> Heard:
        """What was recorded; only once the call has ended."""
        assert self.record
        return Heard(self.record, began=self.time_of("recording"))

    # --- inside ----------------------------------------------------------------

    def _started(self) -> asyncio.subprocess.Process:
        assert self._process
        return self._process

    async def _until(self, condition: Callable[[], bool], patience: float) -> None:
        """Waits until it holds, or the call has ended, or for so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience), self._news:
                await self._news.wait_for(lambda: condition() or self._finished)

    async def _read(self) -> None:
        process = self._started()
        assert process.stdout
        async for line in process.stdout:
            event = json.loads(line)
            if event["event"] in {"sound", "silence"}:
                self.sounding = event["event"] == "sound"
            async with self._news:
                self.events.append(event)
                self._news.notify_all()
        async with self._news:
            self._finished = True
            self._news.notify_all()

    async def _read_complaint(self) -> None:
        process = self._started()
        assert process.stderr
        self.complaint = await process.stderr.read()


class Heard:
    """A recording of what a caller heard, asked by the caller's time."""

    def __init__(self, file: Path, began: float = 0.0) -> None:
        samples, self.rate = soundfile.read(file, dtype="float32")
        self.samples: npt.NDArray[np.float32] = samples
        self.began = began

    def between(self, start: float, end: float) -> npt.NDArray[np.float32]:
        """The samples between two moments."""
        first, last = (max(0, round((moment - self.began) * self.rate)) for moment in (start, end))
        return self.samples[first:last]

    def loud_times(self, threshold_dbfs: float = -40.0) -> npt.NDArray[np.float64]:
        """The moments of the 20 ms frames in which something sounds."""
        frame = self.rate // 50
        frames = self.samples[: len(self.samples) // frame * frame].reshape(-1, frame)
        levels = np.sqrt(np.mean(np.square(frames, dtype=np.float64), axis=1))
        loud = np.flatnonzero(levels > 10 ** (threshold_dbfs / 20))
        return np.asarray(self.began + loud * frame / self.rate, dtype=np.float64)

    def share_of(self, hertz: float, start: float, end: float) -> float:
        """How much of the energy between two moments lies within 25 Hz of a frequency, 0 to 1."""
        samples = self.between(start, end)
        energy = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
        frequencies = np.fft.rfftfreq(len(samples), 1 / self.rate)
        return float(energy[np.abs(frequencies - hertz) <= 25].sum() / max(energy.sum(), 1e-12))
