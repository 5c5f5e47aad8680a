"""While the backend works: a sentence, a soft tone, no lost key; and `0` where it never answers."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from backend_client.client import BackendClient
from backend_client.errors import Unreachable
from speech import sound
from tests.ivr.conftest import Phone

SLOW = {"please_wait": 0.1, "wait_again": 0.2}


def slow_down(monkeypatch: pytest.MonkeyPatch, seconds: float, *, then_fail: bool = False) -> None:
    really = BackendClient.list_topics

    async def slow(self: BackendClient) -> object:
        await asyncio.sleep(seconds)
        if then_fail:
            raise Unreachable("BACKEND_UNREACHABLE")
        return await really(self)

    monkeypatch.setattr(BackendClient, "list_topics", slow)


def test_the_tone_is_soft_and_begins_and_ends_without_a_click() -> None:
    samples = sound.from_pcm(sound.WAITING)
    assert sound.seconds_of(sound.WAITING) == pytest.approx(3.0, abs=0.03)
    loudest = 20 * np.log10(np.abs(samples).max() / np.sqrt(2))
    assert -31 < loudest < -29, "the RMS of a note where it is loudest, in dBFS"
    assert np.abs(np.diff(samples)).max() < 0.02
    assert abs(samples[0]) < 0.001
    assert abs(samples[-1]) < 0.001
    quiet = np.abs(samples) < 10 ** (-60 / 20)
    assert quiet.mean() > 0.4, "most of the time it rests"


async def test_a_slow_answer_is_covered_by_a_sentence_and_a_tone_and_then_another_sentence(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_down(monkeypatch, 0.75)
    phone.set(timing=phone.settings.timing.model_copy(update=SLOW))
    heard = await phone.call("1\n!")
    lines = [line for line in heard.text.splitlines() if line.startswith(("[backend", "(a soft"))]
    assert lines[0].startswith("[backend.please_wait]")
    assert lines[1] == "(a soft tone)"
    assert lines[2].startswith("[backend.still_waiting]")
    assert heard.prompts.count("backend.please_wait") == 1
    assert "policies.topics" in heard.prompts


async def test_keys_pressed_meanwhile_wait_and_are_not_talked_into(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_down(monkeypatch, 0.6)
    phone.set(timing=phone.settings.timing.model_copy(update=SLOW))
    async with phone.calling() as live:
        live.does("1 1 1")
        await asyncio.sleep(0.4)
        live.does("*")
    heard = live.heard
    assert heard.keys.startswith("111")
    assert "backend.please_wait" not in heard.prompts
    assert "(a soft tone)" in heard.text
    assert any(name.startswith("policies/care") for name in heard.prompts)


async def test_zero_pressed_while_waiting_for_an_answer_that_never_comes_is_a_person(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_down(monkeypatch, 0.3, then_fail=True)
    phone.set(timing=phone.settings.timing.model_copy(update=SLOW))
    heard = await phone.call("1 0 1 2 3\n*\n!")
    assert "person asked for" in heard.events
    assert "keys typed ahead dropped" in heard.events
    assert "message.offer" in heard.prompts


async def test_a_caller_who_hangs_up_while_the_tone_is_heard_has_gone(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_down(monkeypatch, 30.0)
    phone.set(timing=phone.settings.timing.model_copy(update=SLOW))
    async with phone.calling() as live:
        live.does("1")
        await live.until("backend.please_wait")
        await asyncio.sleep(0.05)
        await live.line.hang_up()
    assert live.heard.record["result"] == "hung_up"
