"""A person at the other end of the terminal's calls, and the sounds by which the ends know each other."""

from __future__ import annotations

import asyncio
import json
import math
import struct
import sys
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from kiosk.calling.settings import HelpCallSettings
from tests.end_to_end.phone import Heard

PATIENCE = 20.0
RESIDENT, PERSON = 700.0, 1300.0
"""Tones of the two ends, in hertz."""


def tone(file: Path, hertz: float, seconds: float = 60.0) -> Path:
    """A WAV file of 8000 Hz."""
    with wave.open(str(file), "wb") as written:
        written.setparams((1, 2, 8000, 0, "NONE", ""))
        samples = (round(8000 * math.sin(2 * math.pi * hertz * n / 8000)) for n in range(8000))
        written.writeframes(b"".join(struct.pack("<h", one) for one in samples) * round(seconds))
    return file


class Person:
    """Answers, refuses and hangs up when told to."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self._process = process
        self.folder = folder
        self.port = 0
        self._events: list[dict[str, Any]] = []

    @property
    def address(self) -> str:
        """Where they are called."""
        return f"sip:person@127.0.0.1:{self.port}"

    async def does(self, what: str) -> None:
        """Answers, rings, refuses or hangs up."""
        assert self._process.stdin
        self._process.stdin.write(what.encode() + b"\n")
        await self._process.stdin.drain()

    async def notices(self, event: str) -> dict[str, Any]:
        """Waits for the next event of a kind."""
        assert self._process.stdout
        async with asyncio.timeout(PATIENCE):
            while True:
                line = await self._process.stdout.readline()
                assert line, f"the phone ended before {event}"
                found: dict[str, Any] = json.loads(line)
                if found["event"] == event:
                    return found

    async def heard_the_resident(self) -> bool:
        """Whether the resident's tone reached them in the call that ended, and makes up what they heard."""
        for _ in range(round(PATIENCE / 0.05)):  # PJSIP closes the file a little later
            heard = Heard(self.folder / "person.wav")
            if (length := len(heard.samples) / heard.rate) > 0.5:
                return heard.share_of(RESIDENT, length / 2, length - 0.1) > 0.9
            await asyncio.sleep(0.05)
        return False


@asynccontextmanager
async def person(folder: Path) -> AsyncIterator[Person]:
    """Somebody at a phone."""
    folder.mkdir(parents=True, exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.kiosk.calling.answerer", "--record", folder / "person.wav"),
        *("--speak", tone(folder / "speaks.wav", PERSON)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    there = Person(process, folder)
    try:
        there.port = (await there.notices("listening"))["port"]
        yield there
    finally:
        assert process.stdin
        process.stdin.close()
        try:
            async with asyncio.timeout(PATIENCE):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def settings(address: str, folder: Path, **more: object) -> HelpCallSettings:
    """A line whose microphone hears the resident's tone, and whose loudspeaker leads nowhere."""
    given = {
        "address": address,
        "bind": "127.0.0.1",
        "microphone": f"aufile,{tone(folder / 'resident.wav', RESIDENT)}",
        "loudspeaker": "aubridge,nowhere",
    }
    return HelpCallSettings.model_validate(given | more)
