"""Utterances to sound, in order, the first of it as early as possible."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from foundation.language import Language
from foundation.log import logger
from ivr.line import Utterance
from ivr.speech.assembly import Assembly
from ivr.speech.recordings import Recording, Recordings
from speech import reading, sound
from speech.engine import Engine
from speech.errors import EngineFailed, EngineMissing, RecordingUnusable
from speech.espeak import Espeak
from speech.lately import Lately
from speech.store import Store

MADE = "2"
"""Changes whenever the same text would sound differently, so that nothing old is taken from the store."""
AT_ONCE = 2
"""Renderings at the same time; each takes one core for some tens of milliseconds, or more."""
AHEAD = 4
"""Pieces rendered before they are needed."""
PAUSE = {"sentence": 0.35, "clause": 0.15}
"""Seconds of silence after a sentence, and after a clause of one that had to be cut."""
VOICE_JOINT = 0.03
"""Seconds of silence where the voice changes."""

log = logger("ivr.speech")


@dataclass(frozen=True, slots=True)
class Sentence:
    """What the engine renders in one go, and the silence after it."""

    utterance: str
    parts: tuple[reading.Part, ...]
    pause: float
    private: bool


@dataclass(frozen=True, slots=True)
class Take:
    """Recordings with the silence after each, and what is spoken where one of them cannot be used."""

    recordings: tuple[tuple[Recording, float], ...]
    instead: tuple[Sentence, ...]
    private: bool


Piece = Sentence | Take


class Speech:
    """Owns the engines, the store and the recordings. One for all calls; use it as a context manager."""

    def __init__(
        self,
        cache_dir: Path,
        recordings_dir: Path | None = None,
        *,
        engines: Mapping[Language, Engine] | None = None,
    ) -> None:
        """cache_dir: where rendered speech is kept, made when needed; recordings_dir: see `recordings`;
        engines: who speaks each language, espeak-ng where not given.

        Where another engine fails during a call, espeak-ng says that sentence.
        """
        self._engines = engines or {language: Espeak(language) for language in Language}
        others = any(not isinstance(engine, Espeak) for engine in self._engines.values())
        self._spares: Mapping[Language, Engine] = (
            {language: Espeak(language) for language in Language} if others else {}
        )
        self._places = asyncio.Semaphore(AT_ONCE)
        self._store = Store(cache_dir)
        self._heard: Lately[str] = Lately()
        self._joined: Lately[tuple[bytes, ...]] = Lately()
        self._recordings = Recordings(recordings_dir)
        self._assemblies = {language: Assembly(language) for language in Language} if recordings_dir else {}
        self._making: dict[str, asyncio.Task[bytes]] = {}
        self._unusable: set[Recording] = set()

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

    async def prepare(self, utterances: Iterable[Utterance]) -> None:
        """Renders what is always the same, one piece after another, so that a call keeps a place.

        Raises SpeechError.
        """
        for utterance in utterances:
            for piece in self._pieces(utterance):
                await self._sound(piece)

    async def sounds(self, utterances: Sequence[Utterance]) -> AsyncGenerator[bytes]:
        """The PCM of all of it, in order: each time as much as is ready, and rendering goes on meanwhile.

        Close it (`contextlib.aclosing`) to give up. Raises SpeechError.
        """
        waiting = (piece for utterance in utterances for piece in self._pieces(utterance))
        private = any(utterance.private for utterance in utterances)
        under_way: deque[asyncio.Task[bytes]] = deque()
        try:
            while True:
                under_way.extend(
                    asyncio.create_task(self._sound(piece))
                    for piece, _ in zip(waiting, range(AHEAD - len(under_way)), strict=False)
                )
                if not under_way:
                    return
                ready = [await under_way[0]]
                under_way.popleft()
                while under_way and under_way[0].done():
                    ready.append(under_way.popleft().result())
                yield self._together(ready, private)
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    def _pieces(self, utterance: Utterance) -> tuple[Piece, ...]:
        sentences = tuple(self._sentences(utterance))
        recordings = tuple(self._recorded(utterance))
        return (Take(recordings, sentences, utterance.private),) if recordings else sentences

    def _recorded(self, utterance: Utterance) -> Iterator[tuple[Recording, float]]:
        """The recordings that make up all of it; nothing where one of them is missing."""
        if not self._assemblies:
            return
        found = []
        for name, text, pause in self._assemblies[utterance.language].pieces(utterance):
            recording = self._recordings.find(name, utterance.language, text)
            if recording is None or recording in self._unusable:
                return
            found.append((recording, pause))
        yield from found

    @staticmethod
    def _sentences(utterance: Utterance) -> Iterator[Sentence]:
        read = _sentences.__wrapped__ if utterance.private else _sentences
        for parts, pause in read(utterance.text, utterance.language):
            yield Sentence(utterance.name, parts, pause, utterance.private)

    async def _sound(self, piece: Piece) -> bytes:
        if isinstance(piece, Take):
            return await self._played(piece)
        made_from = [f"{self._engines[part.language].identity}:{part.text}" for part in piece.parts]
        key = self._store.key(MADE, str(piece.pause), *made_from)
        try:
            if piece.private:
                return await self._render(piece, self._engines)
            return await self._kept(key, lambda: self._render(piece, self._engines))
        except EngineFailed as error:
            if not self._spares:
                raise
            log.warning("voice_failed", utterance=piece.utterance, reason=str(error))
            return await self._render(piece, self._spares)

    async def _played(self, take: Take) -> bytes:
        heard = []
        for recording, pause in take.recordings:
            key = self._store.key(MADE, str(recording.path), recording.version)
            try:
                heard.append(await self._kept(key, partial(asyncio.to_thread, recording.pcm)))
            except RecordingUnusable as error:
                self._unusable.add(recording)
                log.warning("recording_unusable", file=str(recording.path), reason=str(error))
                return b"".join([await self._sound(sentence) for sentence in take.instead])
            heard.append(_silence(pause))
        return self._together(heard, take.private)

    def _together(self, pieces: Sequence[bytes], private: bool) -> bytes:
        """The pieces as one sound, which is held for other calls where it is not private."""
        if len(pieces) == 1:
            return pieces[0]
        if private:
            return b"".join(pieces)
        joined = self._joined.get(key := tuple(pieces))
        if joined is None:
            self._joined.put(key, joined := b"".join(pieces))
        return joined

    async def _kept(self, key: str, make: Callable[[], Coroutine[None, None, bytes]]) -> bytes:
        """From memory or the store; else made and kept, once even where several calls want it at once."""
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

    async def _make_and_keep(self, key: str, make: Callable[[], Coroutine[None, None, bytes]]) -> bytes:
        pcm = await make()
        self._heard.put(key, pcm)
        self._store.put(key, pcm)
        return pcm

    async def _render(self, sentence: Sentence, engines: Mapping[Language, Engine]) -> bytes:
        """The parts joined, each at the same level, and the pause."""
        joined = []
        for part in sentence.parts:
            async with self._places:
                samples, hertz = await engines[part.language].render(part.text)
            said = sound.levelled(sound.trimmed(sound.to_telephone(samples, hertz)))
            if not said.size:
                log.warning("nothing_to_hear", utterance=sentence.utterance)
            joined += [said, sound.silence(VOICE_JOINT)]
        joined[-1] = sound.silence(sentence.pause)
        return sound.to_pcm(np.concatenate(joined))


@lru_cache(maxsize=2048)
def _sentences(text: str, language: Language) -> tuple[tuple[tuple[reading.Part, ...], float], ...]:
    """What is rendered in one go, and the silence after it; kept, as most texts are said to every caller."""
    return tuple(
        (parts, PAUSE["sentence" if sentence[-1] in "。！？；.!?;" else "clause"])
        for sentence in reading.sentences(text, language)
        if (parts := reading.parts(sentence, language))
    )


@lru_cache(maxsize=64)
def _silence(seconds: float) -> bytes:
    return sound.to_pcm(sound.silence(seconds))
