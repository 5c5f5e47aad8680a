"""espeak-ng as a child process: a part of a sentence in, its sound out."""

from __future__ import annotations

import asyncio
import shutil

from ivr.speech import sound
from ivr.speech.errors import EngineFailed, EngineMissing, RecordingUnusable
from ivr.speech.reading import Part, Voice

WORDS_A_MINUTE = {Voice.MANDARIN: 150, Voice.ENGLISH: 140}
"""espeak-ng's -s. Measured with the pauses, that is some 185 characters a minute in Mandarin and 125 words
in English: the slow end of what hotlines speak, for callers who hear badly and have to remember keys."""
AT_ONCE = 2
"""Renderings at the same time; each takes one core for some tens of milliseconds."""
PATIENCE = 15.0
"""Seconds that one part may take on a busy machine before it counts as failed."""
MOST_BYTES = 16 << 20
"""Three minutes of the engine's sound, far beyond any sentence."""


class Engine:
    """Starts one espeak-ng a part. The text goes through a pipe: arguments can be read by every user."""

    def __init__(self, program: str = "espeak-ng") -> None:
        self._program = program
        self._places = asyncio.Semaphore(AT_ONCE)
        self.version = ""

    async def check(self) -> None:
        """Finds the program, its version and its voices. Raises EngineMissing or EngineFailed."""
        if shutil.which(self._program) is None:
            raise EngineMissing(
                f"{self._program}, which speaks the prompts, is not installed; "
                "install the Debian package espeak-ng"
            )
        self.version = (
            (await self._run(["--version"], "")).decode(errors="replace").split("Data at")[0].strip()
        )
        voices = (await self._run(["--voices"], "")).decode(errors="replace").split()
        for voice in Voice:
            if voice.value not in voices:
                raise EngineMissing(
                    f"{self._program} has no voice {voice.value}; install the Debian package espeak-ng-data"
                )

    async def render(self, part: Part) -> sound.Samples:
        """The sound of one part at 8000 Hz, trimmed, not yet levelled. Raises EngineFailed."""
        rate = WORDS_A_MINUTE[part.voice]
        arguments = ["-v", part.voice.value, "-s", str(rate), "-b", "1", "--stdin", "--stdout"]
        wav = await self._run(arguments, part.text)
        try:
            samples, hertz = sound.read(wav)
        except RecordingUnusable as error:
            raise EngineFailed(f"{self._program} returned no sound ({error})") from None
        return sound.trimmed(sound.to_telephone(samples, hertz))

    async def _run(self, arguments: list[str], text: str) -> bytes:
        async with self._places:
            try:
                process = await asyncio.create_subprocess_exec(
                    self._program,
                    *arguments,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                )
            except OSError as error:
                raise EngineMissing(f"{self._program} cannot be started: {error.strerror}") from None
            try:
                async with asyncio.timeout(PATIENCE):
                    output, complaint = await process.communicate(text.encode())
            except TimeoutError:
                raise EngineFailed(f"{self._program} took longer than {PATIENCE:.0f} s") from None
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if process.returncode != 0 or len(output) > MOST_BYTES:
            reason = complaint.decode(errors="replace").strip().partition("\n")[0][:200]
            raise EngineFailed(f"{self._program} failed ({process.returncode}): {reason}")
        return output
