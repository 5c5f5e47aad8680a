"""Keys from the phone to whoever asks for the next one."""

from __future__ import annotations

import asyncio

import pytest

from ivr.sip.keys.queue import MOST_WAITING, KeyQueue

RFC4733, INFO = 0, 1


async def test_keys_come_in_the_order_of_pressing() -> None:
    keys = KeyQueue()
    for number, key in enumerate("12*0#"):
        keys.press(key, RFC4733, number * 0.1)
    assert [await keys.take() for _ in range(5)] == list("12*0#")
    assert not keys


async def test_only_keys_of_a_telephone_count() -> None:
    keys = KeyQueue()
    for key in ["A", "D", "", "12", "R", "一", " "]:
        keys.press(key, INFO, 0.0)
    assert not keys


async def test_a_key_sent_in_both_ways_is_one_key() -> None:
    keys = KeyQueue()
    for number, key in enumerate("1123"):
        keys.press(key, RFC4733, number * 0.2)
        keys.press(key, INFO, number * 0.2 + 0.05)
    keys.press("3", INFO, 0.9)
    keys.press("3", RFC4733, 0.95)
    assert [await keys.take() for _ in range(5)] == list("11233")
    assert not keys


async def test_the_same_key_later_by_another_way_is_another_key() -> None:
    keys = KeyQueue()
    keys.press("5", RFC4733, 0.0)
    keys.press("5", INFO, 5.0)
    assert [await keys.take(), await keys.take()] == ["5", "5"]


async def test_whoever_gives_up_waiting_takes_no_key_away() -> None:
    keys = KeyQueue()
    for _ in range(20):
        waiting = asyncio.create_task(keys.take())
        await asyncio.sleep(0)
        keys.press("7", RFC4733, 0.0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        async with asyncio.timeout(1):
            assert await keys.take() == "7"


async def test_a_flood_is_bounded() -> None:
    keys = KeyQueue()
    for number in range(10_000):
        keys.press("1", RFC4733, number * 0.001)
    taken = 0
    while keys:
        await keys.take()
        taken += 1
    assert taken == MOST_WAITING
