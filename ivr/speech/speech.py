"""Utterances to sound, in order, the first of it as early as possible."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from types import TracebackType
from typing import Self

from foundation.language import Language
from foundation.log import logger
from ivr.line import Utterance
from ivr.speech.assembly import Assembly
from ivr.speech.recordings import Recording, Recordings
from speech import rendering, sound
from speech.engine import Engine
from speech.errors import RecordingUnusable
from speech.lately import Lately
from speech.rendering import Renderer, Sentence

AHEAD = 4
"""Pieces rendered before they are needed."""

log = logger("ivr.speech")


@dataclass(frozen=True, slots=True)
class Take:
    """Recordings with the silence after each, and what is spoken where one of them cannot be used."""

    recordings: tuple[tuple[Recording, float], ...]
    instead: tuple[Sentence, ...]
    private: bool


Piece = Sentence | Take


class Speech:
    """Owns the recordings, and what renders the rest. One for all calls; use it as a context manager."""

    def __init__(
        self,
        cache_dir: Path,
        recordings_dir: Path | None = None,
        *,
        engines: Mapping[Language, Engine] | None = None,
    ) -> None:
        """cache_dir, engines: see `Renderer`; recordings_dir: see `recordings`."""
        self._renderer = Renderer(cache_dir, engines=engines)
        self._joined: Lately[tuple[bytes, ...]] = Lately()
        self._recordings = Recordings(recordings_dir)
        self._assemblies = {language: Assembly(language) for language in Language} if recordings_dir else {}
        self._unusable: set[Recording] = set()

    async def __aenter__(self) -> Self:
        await self._renderer.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._renderer.__aexit__(kind, error, trace)

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
        return rendering.sentences(
            utterance.text, utterance.language, name=utterance.name, private=utterance.private
        )

    async def _sound(self, piece: Piece) -> bytes:
        return await (self._played(piece) if isinstance(piece, Take) else self._renderer.render(piece))

    async def _played(self, take: Take) -> bytes:
        heard = []
        for recording, pause in take.recordings:
            made_from = (str(recording.path), recording.version)
            try:
                heard.append(await self._renderer.kept(made_from, partial(asyncio.to_thread, recording.pcm)))
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


@lru_cache(maxsize=64)
def _silence(seconds: float) -> bytes:
    return sound.to_pcm(sound.silence(seconds))
