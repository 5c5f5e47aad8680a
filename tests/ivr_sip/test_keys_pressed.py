"""No key is lost: during a prompt, ahead of it, while speech is rendered, one right after another."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr.line import Line
from ivr.speech.speech import Speech
from tests.end_to_end.phone import CallerProcess
from tests.ivr_sip.conftest import Answering, said, tone
from tests.ivr_sip.test_speech import engine, espeak

ALL = "0123456789*#"


@pytest.mark.parametrize("mode", ["rfc4733", "info"])
async def test_every_key_arrives_in_order_while_a_prompt_plays(answering: Answering, mode: str) -> None:
    pressed: list[str] = []

    async def on_call(line: Line) -> None:
        playing = asyncio.create_task(line.play([tone("tone.low")]))
        while len(pressed) < len(ALL):
            pressed.append(await line.next_key())
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)

    async with (
        answering(on_call) as endpoint,
        CallerProcess(endpoint.address, None, "--key-mode", mode) as caller,
    ):
        await caller.heard_sound()
        await caller.press(ALL)
        await caller.ended()
    assert "".join(pressed) == ALL


@pytest.mark.parametrize("mode", ["rfc4733", "info"])
async def test_keys_typed_ahead_wait(answering: Answering, mode: str) -> None:
    pressed: list[str] = []
    typed = asyncio.Event()

    async def on_call(line: Line) -> None:
        await typed.wait()
        await line.play([tone("tone.short")])
        while line.key_waiting():
            pressed.append(await line.next_key())

    async with (
        answering(on_call) as endpoint,
        CallerProcess(endpoint.address, None, "--key-mode", mode) as caller,
    ):
        await caller.answered()
        await caller.press("1122#")
        typed.set()
        await caller.ended()
    assert "".join(pressed) == "1122#"


async def test_keys_pressed_while_speech_is_rendered_are_there(answering: Answering, tmp_path: Path) -> None:
    slow = engine(tmp_path, 'case "$1" in --v*) ;; *) sleep 2;; esac; exec espeak-ng "$@"')
    pressed: list[str] = []

    async def on_call(line: Line) -> None:
        playing = asyncio.create_task(line.play([said("One. Two. Three.")]))
        while len(pressed) < 3:
            pressed.append(await line.next_key())
        assert not playing.done()
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)

    async with (
        Speech(tmp_path / "cache", engines=espeak(slow)) as speech,
        answering(on_call, speech=speech) as endpoint,
        CallerProcess(endpoint.address) as caller,
    ):
        await caller.answered()
        await caller.press("789")
        await caller.ended()
    assert pressed == ["7", "8", "9"]


async def test_waiting_for_a_key_with_a_limit_loses_none(answering: Answering) -> None:
    pressed: list[str] = []

    async def on_call(line: Line) -> None:
        while len(pressed) < 6:
            try:
                async with asyncio.timeout(0.02):
                    pressed.append(await line.next_key())
            except TimeoutError:
                pass

    async with answering(on_call) as endpoint, CallerProcess(endpoint.address) as caller:
        await caller.answered()
        await caller.press("123456")
        await caller.ended()
    assert "".join(pressed) == "123456"
