"""A caller who walks through the dialogue: hears what is said until a key is awaited, then presses one."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from foundation.language import Language
from ivr.answering import Answering
from ivr.console import ConsoleLine, Kind, Step
from ivr.line import Recorded
from ivr.settings import Timing
from tests.ivr.calling import hum, transcript
from tests.ivr.conftest import Phone

PATIENT = Timing(
    first_key=600.0,
    between_keys=600.0,
    reading_pause=600.0,
    please_wait=60.0,
    recording_silence=0.1,
    call=3600.0,
)
"""Nothing passes by itself while the walker thinks."""
SECONDS = 20.0
"""After which a call that neither says nor asks anything has got stuck."""


@dataclass(frozen=True)
class Stop:
    """What was said until a key was awaited. recording: the caller is to speak; over: the call has ended."""

    said: tuple[tuple[str, str], ...]
    events: tuple[str, ...]
    over: bool = False
    recording: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Of what was said, in order."""
        return tuple(name for name, _ in self.said)

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(text for _, text in self.said)

    def __contains__(self, name: str) -> bool:
        return name in self.names


class Walker(ConsoleLine):
    """A line that stops where a key is awaited, until it is told what the caller does."""

    def __init__(self) -> None:
        super().__init__(hum, output=io.StringIO(), caller="")
        self._read = 0
        self._awaiting: asyncio.Queue[bool] = asyncio.Queue()
        self._told = asyncio.Event()
        self._silent = False
        self._speech = ""

    async def _advance(self) -> None:
        """A key is awaited: until the walker says what happens. Silence is the dialogue's timeout, now."""
        self._told.clear()
        self._awaiting.put_nowait(False)
        try:
            await self._told.wait()
        except asyncio.CancelledError:  # something is said meanwhile: no key was awaited here
            with suppress(asyncio.QueueEmpty):
                self._awaiting.get_nowait()
            raise
        if self._silent:
            self._silent = False
            raise TimeoutError

    async def record(self, *, max_seconds: float, silence_seconds: float) -> Recorded:
        """Stops here, too, and says what it is told."""
        self._told.clear()
        self._awaiting.put_nowait(True)
        await self._told.wait()
        return await super().record(max_seconds=max_seconds, silence_seconds=silence_seconds)

    async def stop(self, holding: asyncio.Task[None]) -> Stop:
        """Until a key is awaited, or the call is over."""
        asked = asyncio.create_task(self._awaiting.get())
        async with asyncio.timeout(SECONDS):
            await asyncio.wait({asked, holding}, return_when=asyncio.FIRST_COMPLETED)
        over = not asked.done()
        recording = not over and asked.result()
        asked.cancel()
        heard = transcript(self)[self._read :]
        self._read += len(heard)
        said = tuple(re.findall(r"^\[(.+?)\] (.*)$", heard, re.MULTILINE))
        return Stop(said, tuple(re.findall(r"^\((.*)\)$", heard, re.MULTILINE)), over, recording)

    def press(self, keys: str) -> None:
        """Presses keys one after another."""
        self._press(keys)
        self._told.set()

    def wait(self) -> None:
        """Presses nothing: the time for it is over at once."""
        self._silent = True
        self._told.set()

    def speak(self, text: str) -> None:
        """Says something into a recording."""
        self.add(Step(Kind.SPEECH, text))
        self._told.set()

    def leave(self) -> None:
        """Hangs up."""
        self._hung_up()
        self._told.set()


class Walk:
    """A call that is walked through. `here` is where the caller stands."""

    def __init__(self, line: Walker, holding: asyncio.Task[None], here: Stop) -> None:
        self._line = line
        self._holding = holding
        self.here = here

    async def press(self, *entries: str) -> Stop:
        """Presses each once the one before has been answered."""
        for keys in entries:
            assert not self.here.over, (keys, transcript(self._line)[-600:])
            self._line.press(keys)
            await self._stopped()
        return self.here

    async def wait(self) -> Stop:
        """Lets the time for a key go by."""
        self._line.wait()
        return await self._stopped()

    async def speak(self, text: str = "请听我说") -> Stop:
        """Says something where a recording is made."""
        assert self.here.recording
        self._line.speak(text)
        return await self._stopped()

    async def _stopped(self) -> Stop:
        self.here = await self._line.stop(self._holding)
        return self.here

    @property
    def transcript(self) -> str:
        """All that was said and pressed."""
        return transcript(self._line)


@asynccontextmanager
async def walking(phone: Phone, language: Language = Language.ZH_CN) -> AsyncIterator[Walk]:
    """A call from its first menu on; the caller hangs up at the end of the block."""
    phone.set(timing=PATIENT)
    line = Walker()
    holding = asyncio.create_task(
        Answering(phone.door, phone.settings, language=language, now=phone.now)(line)
    )
    try:
        yield Walk(line, holding, await line.stop(holding))
    finally:
        line.leave()
        await holding
