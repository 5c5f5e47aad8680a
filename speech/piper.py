"""Piper, with a voice file that the county supplies: neural, and far nearer to a person than espeak-ng.

The voice speaks in a child process, `piper_voice`, which is started once and again where it dies.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from asyncio.subprocess import PIPE, Process
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from foundation.language import Language
from speech.engine import Engine
from speech.errors import EngineFailed, EngineMissing
from speech.sound import Samples
from speech.spoken import readout

LOADING = 60.0
"""Seconds that a voice may take to load; a large one on a slow disk takes ten."""
PATIENCE = 15.0
"""Seconds that one text may take before it counts as failed."""
LONGEST_LINE = 1 << 16
MOST_BYTES = 64 << 20
"""Five minutes of float32 samples at 48 kHz, far beyond any sentence."""


class Piper(Engine):
    """One voice file, in one child process; texts wait for each other."""

    def __init__(self, language: Language, voice: str = "", pace: float = 1.0) -> None:
        """voice: the path of NAME.onnx; NAME.onnx.json lies beside it."""
        super().__init__(language, voice, pace)
        self._file = Path(voice)
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._version = ""
        self._saying: set[asyncio.Task[tuple[Samples, int]]] = set()

    async def check(self) -> None:
        """Loads the voice and says a word. Raises EngineMissing or EngineFailed."""
        place = f"ivr.voices.{self.language.value.lower()}.voice"
        if find_spec("piper") is None:
            raise EngineMissing('Piper is not installed; install it with: pip install "huimin[piper]"')
        if not self.voice:
            raise EngineMissing(
                f"{place}: Piper needs a voice file, such as zh_CN-huayan-medium.onnx; name it"
            )
        try:
            fingerprint = await asyncio.to_thread(self._fingerprint)
        except OSError as error:
            raise EngineMissing(f"{place}: {self._file}: {error.strerror}") from None
        try:
            async with self._turn:
                await self._start()
        except EngineMissing as error:
            raise EngineMissing(f"{place}: {error}") from None
        self.identity = f"piper {self._version} {fingerprint}@{self.pace:g}"
        samples, _ = await self.render(readout(self.language).integer(5))
        if not samples.size:
            raise EngineFailed(f"{place}: {self._file.name} gives no sound")

    async def render(self, text: str) -> tuple[Samples, int]:
        """As the base says. A text that is given up is said to its end all the same, to nobody: starting
        anew would take longer."""
        task = asyncio.create_task(self._rendered(text))
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)
        return await asyncio.shield(task)

    async def _rendered(self, text: str) -> tuple[Samples, int]:
        async with self._turn:
            try:
                process = await self._start()
                async with asyncio.timeout(PATIENCE):
                    return await self._ask(process, text)
            except TimeoutError:
                await self._end()
                raise EngineFailed(f"Piper took longer than {PATIENCE:.0f} s") from None
            except (OSError, EOFError, ValueError):
                await self._end()
                raise EngineFailed("Piper ended in the middle; the next text is tried anew") from None
            except EngineMissing as error:
                raise EngineFailed(str(error)) from None

    async def close(self) -> None:
        """Ends the child process, and what it is saying."""
        for task in tuple(self._saying):
            task.cancel()
        await asyncio.gather(*self._saying, return_exceptions=True)
        await self._end()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()

    async def _start(self) -> Process:
        """The child process, started where it does not run. Raises EngineMissing, OSError, EOFError."""
        if self._process is not None and self._process.returncode is None:
            return self._process
        arguments = [str(self._file), self.language.value, f"{self.pace:g}"]
        process = self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            f"{__package__}.piper_voice",
            *arguments,
            stdin=PIPE,
            stdout=PIPE,
            limit=LONGEST_LINE,
        )
        try:
            async with asyncio.timeout(LOADING):
                header, _ = await self._answer(process)
        except (TimeoutError, EOFError, ValueError):
            await self._end()
            raise EngineMissing(f"{self._file.name} cannot be loaded") from None
        if "error" in header:
            await self._end()
            raise EngineMissing(str(header["error"]))
        self._version = str(header["version"])
        return process

    async def _ask(self, process: Process, text: str) -> tuple[Samples, int]:
        assert process.stdin
        process.stdin.write(json.dumps({"text": text}).encode() + b"\n")
        await process.stdin.drain()
        header, data = await self._answer(process)
        if "error" in header:
            raise EngineFailed(str(header["error"]))
        return np.frombuffer(data, "<f4").astype(np.float32), int(header["hertz"])

    @staticmethod
    async def _answer(process: Process) -> tuple[dict[str, Any], bytes]:
        """Its next answer. Raises EOFError where it ended, ValueError where it talks nonsense."""
        assert process.stdout
        header = json.loads(await process.stdout.readline() or "null")
        if header is None:
            raise EOFError
        if not 0 <= header["bytes"] <= MOST_BYTES:
            raise ValueError("too much sound")
        return header, await process.stdout.readexactly(header["bytes"])

    def _fingerprint(self) -> str:
        """Of both files: another voice under the same name is not taken for the old one."""
        found = hashlib.sha256()
        for file in (self._file, self._file.with_name(f"{self._file.name}.json")):
            if file.exists() or file == self._file:
                with file.open("rb") as opened:
                    found.update(hashlib.file_digest(opened, "sha256").digest())
        return found.hexdigest()[:16]
