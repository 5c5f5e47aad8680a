"""espeak-ng as a child process: a part of a sentence in, its sound out.

espeak-ng's Mandarin knows single characters only: it says 银行 as yinxing and 重复 as zhongfu, and its
plain ``cmn`` voice reads many characters as if their pinyin were English. So it is given pinyin, which its
voice ``cmn-latn-pinyin`` says reliably.
"""

from __future__ import annotations

import asyncio
import shutil

from foundation.language import Language
from speech import sound
from speech.engine import Engine
from speech.errors import EngineFailed, EngineMissing, RecordingUnusable
from speech.pinyin import pinyin

VOICES = {Language.ZH_CN: "cmn-latn-pinyin", Language.EN: "en-gb"}
"""The usual ones, by their names there. A Mandarin one has to read pinyin."""
WORDS_A_MINUTE = {Language.ZH_CN: 150, Language.EN: 140}
"""espeak-ng's -s. Measured with the pauses, that is some 185 characters a minute in Mandarin and 125 words
in English: the slow end of what hotlines speak, for callers who hear badly and have to remember keys."""
PATIENCE = 15.0
"""Seconds that one part may take on a busy machine before it counts as failed."""
MOST_BYTES = 16 << 20
"""Three minutes of the engine's sound, far beyond any sentence."""


class Espeak(Engine):
    """Starts one espeak-ng a part. The text goes through a pipe: arguments can be read by every user."""

    def __init__(
        self, language: Language, voice: str = "", pace: float = 1.0, *, program: str = "espeak-ng"
    ) -> None:
        super().__init__(language, voice or VOICES[language], pace)
        self._program = program
        self._rate = round(WORDS_A_MINUTE[language] * pace)

    async def check(self) -> None:
        """Finds the program, its version and the voice. Raises EngineMissing or EngineFailed."""
        if shutil.which(self._program) is None:
            raise EngineMissing(
                f"{self._program}, which speaks the prompts, is not installed; "
                "install the Debian package espeak-ng"
            )
        version = (await self._run(["--version"], "")).decode(errors="replace").split("Data at")[0].strip()
        voices = (await self._run(["--voices"], "")).decode(errors="replace").split()
        if self.voice not in voices:
            raise EngineMissing(
                f"{self._program} has no voice {self.voice}; install the Debian package espeak-ng-data, "
                f"or take one that {self._program} --voices names"
            )
        self.identity = f"{version} {self.voice}@{self._rate}"

    async def render(self, text: str) -> tuple[sound.Samples, int]:
        """As the base says."""
        said = pinyin(text) if self.language is Language.ZH_CN else text
        if not any(character.isalnum() for character in said):
            return sound.silence(0), sound.RATE
        wav = await self._run(
            ["-v", self.voice, "-s", str(self._rate), "-b", "1", "--stdin", "--stdout"], said
        )
        try:
            return sound.read(wav)
        except RecordingUnusable as error:
            raise EngineFailed(f"{self._program} returned no sound ({error})") from None

    async def _run(self, arguments: list[str], text: str) -> bytes:
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
                # Its end is seen once its pipes are read out, and somebody who was interrupted in the middle
                # of the sound reads no more: waited for alone, it would never come.
                await process.communicate()
        if process.returncode != 0 or len(output) > MOST_BYTES:
            reason = complaint.decode(errors="replace").strip().partition("\n")[0][:200]
            raise EngineFailed(f"{self._program} failed ({process.returncode}): {reason}")
        return output
