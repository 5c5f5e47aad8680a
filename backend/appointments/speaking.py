"""The call of a ticket, spoken: "请 A 零二三号到二号窗口", then in English, as one WAV file.

espeak-ng is given the Mandarin in Hanyu Pinyin, because it reads Han characters with an English accent, and
letters in English. A call has few words, which is why this is no engine for texts.
"""

from __future__ import annotations

import asyncio
import io
import wave
from collections import OrderedDict

_PROGRAM = "espeak-ng"
_MANDARIN, _ENGLISH = "cmn-latn-pinyin", "en-gb"
_SPEED = 140
"""Words a minute: a hall is loud, and many who wait are old."""
_PATIENCE = 15.0
_REMEMBERED = 64
_PAUSE = 0.35
"""Seconds between the two languages."""
_DIGITS = ("ling2", "yi1", "er4", "san1", "si4", "wu3", "liu4", "qi1", "ba1", "jiu3")
_SAID = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class CannotSpeak(Exception):
    """espeak-ng is not installed, or made no sound; the text says which."""


def parts(number: str, window: int) -> tuple[tuple[str, str], ...]:
    """What is said, by voice. number: such as ``A023``; window: of the counter, 1 to 60."""
    letter, digits = number[0], number[1:]
    chinese = " ".join(_DIGITS[int(digit)] for digit in digits)
    english = ", ".join(_SAID[int(digit)] for digit in digits)
    return (
        (_MANDARIN, "qing3"),
        (_ENGLISH, letter),
        (_MANDARIN, f"{chinese} hao4, dao4 {_counted(window)} hao4 chuang1 kou3."),
        ("", ""),
        (_ENGLISH, f"Number {letter}, {english}. Counter {window}."),
    )


class Caller:
    """Renders calls, one at a time, and remembers the latest."""

    def __init__(self, program: str = _PROGRAM) -> None:
        self._program = program
        self._turn = asyncio.Lock()
        self._made: OrderedDict[tuple[str, int], bytes] = OrderedDict()

    async def call(self, number: str, window: int) -> bytes:
        """A WAV file. Raises CannotSpeak."""
        async with self._turn:
            if (number, window) not in self._made:
                self._made[number, window] = await self._render(number, window)
                while len(self._made) > _REMEMBERED:
                    self._made.popitem(last=False)
            return self._made[number, window]

    async def _render(self, number: str, window: int) -> bytes:
        frames, rate = [], 22_050
        for voice, text in parts(number, window):
            if voice:
                rate, sound = _frames(await self._run(voice, text))
                frames.append(sound)
            else:
                frames.append(bytes(2 * int(rate * _PAUSE)))
        made = io.BytesIO()
        with wave.open(made, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(b"".join(frames))
        return made.getvalue()

    async def _run(self, voice: str, text: str) -> bytes:
        try:
            process = await asyncio.create_subprocess_exec(
                self._program,
                *("-v", voice, "-s", str(_SPEED), "-b", "1", "--stdin", "--stdout"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            raise CannotSpeak(f"{self._program}: {error.strerror}") from None
        try:
            async with asyncio.timeout(_PATIENCE):
                output, _ = await process.communicate(text.encode())
        except TimeoutError:
            raise CannotSpeak(f"{self._program} takes too long") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            raise CannotSpeak(f"{self._program} failed ({process.returncode})")
        return output


def _frames(wav: bytes) -> tuple[int, bytes]:
    """Rate and 16-bit samples of what espeak-ng writes to a pipe, whose header knows no length."""
    try:
        with wave.open(io.BytesIO(wav)) as file:
            if file.getnchannels() != 1 or file.getsampwidth() != 2:
                raise CannotSpeak("the sound is not 16 bit mono")
            rate = file.getframerate()
    except (wave.Error, EOFError):
        raise CannotSpeak("there is no sound") from None
    start = wav.find(b"data") + 8
    sound = wav[start:]
    if not sound.strip(b"\0"):
        raise CannotSpeak("there is no sound")
    return rate, sound[: len(sound) // 2 * 2]


def _counted(number: int) -> str:
    """A number of 1 to 99 in Pinyin."""
    tens, ones = divmod(number, 10)
    said = [] if tens == 0 else ["shi2"] if tens == 1 else [_DIGITS[tens], "shi2"]
    if ones or not tens:
        said.append(_DIGITS[ones])
    return " ".join(said)
