"""Says texts one after another, the first of them at once, and falls silent at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from foundation.language import Language
from foundation.log import logger
from kiosk.hearing import decibels
from kiosk.speaking.output import Output, SoundLost
from speech import rendering
from speech.errors import SpeechError
from speech.rendering import Renderer, Sentence
from speech.spoken import readout

log = logger(__name__)

AHEAD = 2
"""Sentences rendered before they are needed."""
ENOUGH = 1.0
"""Seconds of sound in the queue of the device; what is said next is handed over no earlier."""
AGAIN = 2.0
"""Seconds until a lost device is looked for again."""


@dataclass(frozen=True, slots=True)
class Saying:
    """A text to be said; private: it is kept nowhere."""

    text: str = field(repr=False)
    language: Language
    private: bool = True


class Speaker:
    """Owns the device while something is to be heard."""

    def __init__(self, renderer: Renderer, output: Output) -> None:
        self._renderer = renderer
        self._output = output
        self._task: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        """What was cut off and has still to end. The loop itself holds no task: one that is thrown away in
        the middle of ending never gives back its place among those that make sound, until nothing is said
        any more."""
        self._opening: asyncio.Task[bool] | None = None
        self._device: str | None = None
        self.volume = 0
        self.said: list[str] = []
        """The texts before the one that is being said, since somebody began to say something."""
        self.turn = 0
        """How often something was begun to be said, or silence was kept, in place of what was said before."""
        self.heard: Callable[[int, str], None] = lambda turn, text: None
        """Is told each text as it begins to be said, and of which turn."""

    @property
    def speaking(self) -> bool:
        """Whether something is being said."""
        return self._task is not None and not self._task.done()

    def use(self, device: str | None) -> None:
        """From now on that device, or none."""
        if device != self._device:
            self.stop()
            self._device = device
            self._output.close()

    def say(self, sayings: Sequence[Saying]) -> None:
        """Says that now, in place of whatever is being said."""
        self.stop()
        self.said = []
        if sayings and self._device is not None:
            self._task = asyncio.get_running_loop().create_task(self._say(tuple(sayings)))

    def stop(self) -> None:
        """Silence, at once."""
        self.turn += 1
        if self._task is not None:
            self._task.cancel()
            self._ending.add(self._task)
            self._task.add_done_callback(self._ending.discard)
            self._task = None
        self._output.stop()

    async def _say(self, sayings: Sequence[Saying]) -> None:
        if not await self._open():
            return
        under_way: list[asyncio.Task[bytes]] = []
        waiting = [(saying, sentence) for saying in sayings for sentence in _sentences(saying)]
        before: Saying | None = None
        try:
            for number, (saying, _) in enumerate(waiting):
                while len(under_way) < min(number + 1 + AHEAD, len(waiting)):
                    sentence = waiting[len(under_way)][1]
                    under_way.append(asyncio.create_task(self._renderer.render(sentence)))
                pcm = await under_way[number]
                await asyncio.sleep(max(0.0, self._output.left - ENOUGH))
                if self._output.lost and not await self._open():
                    return
                if saying is not before:
                    if before is not None:
                        self.said.append(before.text)
                    self.heard(self.turn, saying.text)
                    before = saying
                self._output.play(louder(pcm, decibels(self.volume)))
            await asyncio.sleep(self._output.left)
        except SpeechError as error:
            log.warning("not_said", reason=str(error))
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _open(self) -> bool:
        """Whether the device is there. What is being said may change while one is being opened, which goes on
        then: there is never a second one."""
        if not self._output.lost:
            return True
        if self._opening is None or self._opening.done():
            self._opening = asyncio.get_running_loop().create_task(self._opened())
        return await asyncio.shield(self._opening)

    async def _opened(self) -> bool:
        """Whether it is there, now or after a while: a plug that sits badly comes back."""
        tries = 2
        while (device := self._device) is not None:
            try:
                await self._output.open(device)
            except SoundLost as error:
                log.warning("no_sound", reason=str(error))
                tries -= 1
                if not tries:
                    return False
                await asyncio.sleep(AGAIN)
                continue
            if device == self._device:
                return True
        self._output.close()
        return False


def _sentences(saying: Saying) -> tuple[Sentence, ...]:
    said = readout(saying.language).text(saying.text)
    return tuple(rendering.sentences(said, saying.language, name="screen", private=saying.private))


def louder(pcm: bytes, by: float) -> bytes:
    """PCM louder by so many decibels, or softer; nothing beyond full scale."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float32) * np.float32(10 ** (by / 20))
    bounded: bytes = np.clip(samples, -32768, 32767).astype("<i2").tobytes()
    return bounded
