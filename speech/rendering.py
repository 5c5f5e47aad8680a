"""Sentences to sound, each as soon as it can be: from memory, from the store, or by the engine of its
language, and by espeak-ng where that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from foundation.language import Language
from foundation.log import logger
from speech import reading, sound
from speech.engine import Engine
from speech.errors import EngineFailed, EngineMissing
from speech.espeak import Espeak
from speech.lately import Lately
from speech.sound import TELEPHONE, Band
from speech.store import Store

MADE = "2"
"""Changes whenever the same text would sound differently, so that nothing old is taken from the store."""
AT_ONCE = 2
"""Renderings at the same time; each takes one core for some tens of milliseconds, or more."""
PAUSE = {"sentence": 0.35, "clause": 0.15}
"""Seconds of silence after a sentence, and after a clause of one that had to be cut."""
VOICE_JOINT = 0.03
"""Seconds of silence where the voice changes."""

log = logger(__name__)

Make = Callable[[], Coroutine[None, None, bytes]]


@dataclass(frozen=True, slots=True)
class Sentence:
    """What the engine renders in one go, and the silence after it.

    name: of the text it is of, for the log; private: it is kept nowhere.
    """

    name: str
    parts: tuple[reading.Part, ...]
    pause: float
    private: bool


class Renderer:
    """Owns the engines and the store. Use it as a context manager."""

    def __init__(
        self,
        cache_dir: Path,
        *,
        engines: Mapping[Language, Engine] | None = None,
        band: Band = TELEPHONE,
    ) -> None:
        """cache_dir: where rendered speech is kept, made when needed; engines: who speaks each language,
        espeak-ng where not given; band: what the sound is made for.

        Where another engine fails, espeak-ng says that sentence.
        """
        self._engines = engines or {language: Espeak(language) for language in Language}
        others = any(not isinstance(engine, Espeak) for engine in self._engines.values())
        self._spares: Mapping[Language, Engine] = (
            {language: Espeak(language) for language in Language} if others else {}
        )
        self._band = band
        self._places = asyncio.Semaphore(AT_ONCE)
        self._store = Store(cache_dir, rate=band.rate)
        self._heard: Lately[str] = Lately()
        self._making: dict[str, asyncio.Task[bytes]] = {}

    async def __aenter__(self) -> Self:
        try:
            for engine in self._engines.values():
                await engine.check()
            await self._check_spares()
        except BaseException:
            await self._close_engines()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks = list(self._making.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._close_engines()

    async def _check_spares(self) -> None:
        try:
            for engine in self._spares.values():
                await engine.check()
        except (EngineMissing, EngineFailed) as error:
            log.warning("no_spare_voice", reason=str(error))
            self._spares = {}

    async def _close_engines(self) -> None:
        for engine in (*self._engines.values(), *self._spares.values()):
            await engine.close()

    async def render(self, sentence: Sentence) -> bytes:
        """The PCM of a sentence and its pause. Raises SpeechError."""
        made_from = [f"{self._engines[part.language].identity}:{part.text}" for part in sentence.parts]
        try:
            if sentence.private:
                return await self._made(sentence, self._engines)
            key = (str(sentence.pause), *made_from)
            return await self.kept(key, lambda: self._made(sentence, self._engines))
        except EngineFailed as error:
            if not self._spares:
                raise
            log.warning("voice_failed", utterance=sentence.name, reason=str(error))
            return await self._made(sentence, self._spares)

    async def kept(self, made_from: tuple[str, ...], make: Make) -> bytes:
        """PCM from memory or the store; else made and kept, once even where several want it at once."""
        key = self._store.key(MADE, *made_from)
        if (heard := self._heard.get(key)) is not None:
            return heard
        if (kept := self._store.get(key)) is not None:
            self._heard.put(key, kept)
            return kept
        task = self._making.get(key)
        if task is None:
            task = self._making[key] = asyncio.create_task(self._make_and_keep(key, make))
            task.add_done_callback(lambda _: self._making.pop(key))
        return await asyncio.shield(task)

    async def _make_and_keep(self, key: str, make: Make) -> bytes:
        pcm = await make()
        self._heard.put(key, pcm)
        self._store.put(key, pcm)
        return pcm

    async def _made(self, sentence: Sentence, engines: Mapping[Language, Engine]) -> bytes:
        """The parts joined, each at the same level, and the pause."""
        rate = self._band.rate
        joined = []
        for part in sentence.parts:
            async with self._places:
                samples, hertz = await engines[part.language].render(part.text)
            whole = sound.resampled(samples, hertz, self._band)
            said = sound.levelled(sound.trimmed(whole, rate=rate), rate)
            if not said.size:
                log.warning("nothing_to_hear", utterance=sentence.name)
            joined += [said, sound.silence(VOICE_JOINT, rate)]
        joined[-1] = sound.silence(sentence.pause, rate)
        return sound.to_pcm(np.concatenate(joined), rate)


def sentences(text: str, language: Language, *, name: str, private: bool = False) -> Iterator[Sentence]:
    """A text as it is rendered. Raises TextTooLong."""
    read = _sentences.__wrapped__ if private else _sentences
    for parts, pause in read(text, language):
        yield Sentence(name, parts, pause, private)


@lru_cache(maxsize=2048)
def _sentences(text: str, language: Language) -> tuple[tuple[tuple[reading.Part, ...], float], ...]:
    """What is rendered in one go, and the silence after it; kept, as most texts are said to everybody."""
    return tuple(
        (parts, PAUSE["sentence" if sentence[-1] in "。！？；.!?;" else "clause"])
        for sentence in reading.sentences(text, language)
        if (parts := reading.parts(sentence, language))
    )
