from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import soundfile

from foundation.language import Language
from ivr.line import Line, Utterance
from ivr.sip.endpoint import SipEndpoint
from ivr.sip.library import RtpPorts
from ivr.speech.speech import Speech
from speech import sound

Answering = Callable[..., AbstractAsyncContextManager[SipEndpoint]]
"""Opens an endpoint whose calls go to the given coroutine function."""

TONES = {
    "tone.low": (440.0, 6.0),
    "tone.high": (1000.0, 4.0),
    "tone.short": (700.0, 0.6),
    "tone.next": (1300.0, 0.8),
}
"""Recordings by name: hertz and seconds. Tones can be told apart in what a caller recorded."""


def tone(name: str) -> Utterance:
    """What makes the line play one of the tones."""
    return Utterance(name, "This is not heard.", Language.EN, fixed=True)


def said(text: str, language: Language = Language.EN, **more: Any) -> Utterance:
    """A text to be spoken."""
    return Utterance("test.text", text, language, **more)


async def until(condition: Callable[[], bool], patience: float = 20.0) -> None:
    """Waits until it holds."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county's folder with the tones in it, as a studio would deliver them: 44.1 kHz, stereo, 24 bit."""
    folder = tmp_path_factory.mktemp("recordings")
    (folder / "en").mkdir()
    for name, (hertz, seconds) in TONES.items():
        samples = sound.tone(hertz * sound.RATE / 44_100, seconds * 44_100 / sound.RATE)
        soundfile.write(
            folder / "en" / f"{name}.wav", samples[:, None].repeat(2, axis=1), 44_100, subtype="PCM_24"
        )
    return folder


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("speech")


@pytest.fixture
async def speech(cache: Path, recordings: Path) -> AsyncIterator[Speech]:
    async with Speech(cache, recordings) as speech:
        yield speech


@pytest.fixture
def answering(speech: Speech) -> Answering:
    @asynccontextmanager
    async def open_line(
        on_call: Callable[[Line], Awaitable[None]], **options: Any
    ) -> AsyncIterator[SipEndpoint]:
        ports = RtpPorts(random.randrange(20_000, 60_000, 2), 2_000)
        settings: dict[str, Any] = {"speech": speech, "rtp_ports": ports} | options
        async with SipEndpoint("127.0.0.1:0", on_call=on_call, **settings) as endpoint:
            yield endpoint

    return open_line
