"""No key is lost and none is doubled, in whatever way a phone sends it and whatever the network does to it.

Real calls, with RTP packet by packet.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from ivr.line import Line
from tests.ivr_sip.conftest import Answering, tone, until
from tests.ivr_sip.raw_caller import PACKET, RawCaller, Rtp, calling, encoded
from tests.ivr_sip.test_tones import tone as sound_of

ALL = "0123456789*#"


class Taker:
    """Takes every key of a call, while prompts play and are cut short all the time."""

    def __init__(self) -> None:
        self.pressed = ""
        self.times: list[float] = []

    async def __call__(self, line: Line) -> None:
        while True:
            playing = asyncio.create_task(line.play([tone("tone.low")]))
            try:
                self.pressed += await line.next_key()
                self.times.append(time.monotonic())
            finally:
                playing.cancel()
                await asyncio.gather(playing, return_exceptions=True)


def entry(chance: random.Random, count: int) -> str:
    """Keys, nearly half of them the same as the one before."""
    keys = chance.choice(ALL)
    while len(keys) < count:
        keys += keys[-1] if chance.random() < 0.4 else chance.choice(ALL)
    return keys


def whole(packets: list[bytes], chance: random.Random) -> list[bytes]:
    return packets


def lossy(packets: list[bytes], chance: random.Random) -> list[bytes]:
    kept = [packet for packet in packets if chance.random() < 0.5]
    return kept or [packets[-1]]


def repeated(packets: list[bytes], chance: random.Random) -> list[bytes]:
    return [packet for packet in packets for _ in range(chance.choice((1, 2, 3)))]


def shuffled(packets: list[bytes], chance: random.Random) -> list[bytes]:
    places = sorted(range(len(packets)), key=lambda place: place + chance.uniform(0, 2.5))
    return [packets[place] for place in places]


def ends_only(packets: list[bytes], chance: random.Random) -> list[bytes]:
    return packets[-3:]


def one_packet(packets: list[bytes], chance: random.Random) -> list[bytes]:
    return [chance.choice(packets)]


async def send(caller: RawCaller, keys: str, network: Callable[..., list[bytes]], **how: bool) -> None:
    """Keys of 40 to 200 ms, 40 to 400 ms apart by their timestamps, faster than anybody could press them."""
    chance = random.Random(len(keys))
    for key in keys:
        packets = caller.rtp.key(key, chance.randint(2, 10), **how)
        caller.say(*network(packets, chance))
        caller.rtp.pause(PACKET * chance.randint(2, 20))
        await asyncio.sleep(0.002)


@pytest.mark.parametrize("network", [whole, lossy, repeated, shuffled, ends_only, one_packet])
async def test_events_come_through_any_network(
    answering: Answering, network: Callable[..., list[bytes]]
) -> None:
    keys, taker = entry(random.Random(7), 600), Taker()
    async with answering(taker) as endpoint, calling(endpoint.address) as caller:
        await caller.invite()
        caller.say(*[caller.rtp.sound() for _ in range(5)])
        await send(caller, keys, network)
        await until(lambda: len(taker.pressed) >= len(keys), 3)
        await asyncio.sleep(0.1)
    assert taker.pressed == keys


async def test_events_of_a_gateway_that_moves_the_time_on_in_each_packet(answering: Answering) -> None:
    keys, taker = entry(random.Random(8), 600), Taker()
    async with answering(taker) as endpoint, calling(endpoint.address) as caller:
        await caller.invite()
        await send(caller, keys, whole, moving_time=True)
        await until(lambda: len(taker.pressed) >= len(keys), 3)
        await asyncio.sleep(0.1)
    assert taker.pressed == keys


async def test_the_same_digit_50_ms_later_a_long_key_and_a_changed_source(answering: Answering) -> None:
    taker = Taker()
    async with answering(taker) as endpoint, calling(endpoint.address) as caller:
        await caller.invite()
        for _ in range(2):
            caller.say(*caller.rtp.key("5", 3))
            caller.rtp.pause(400)
        for packet in caller.rtp.key("7", 400)[:-3]:  # eight seconds, of which the ends are lost
            caller.say(packet)
            await asyncio.sleep(0.0005)  # a socket takes some 250 packets that nobody has read yet
        caller.say(*caller.rtp.key("8", 5))
        caller.rtp = Rtp()
        caller.say(*caller.rtp.key("8", 5))
        caller.say(*caller.rtp.key("#", 5))
        await until(lambda: taker.pressed.endswith("#"), 3)
    assert taker.pressed == "55788#"


async def test_keys_pressed_right_at_the_answer_wait_for_the_first_prompt(answering: Answering) -> None:
    pressed: list[str] = []

    async def on_call(line: Line) -> None:
        while len(pressed) < 4:
            pressed.append(await line.next_key())

    async with answering(on_call) as endpoint, calling(endpoint.address) as caller:
        await caller.invite(acknowledge=False)
        for key in "12":
            caller.say(*caller.rtp.key(key))
        await caller.info("application/dtmf-relay", "Signal=3\r\nDuration=100\r\n")
        await asyncio.sleep(0.05)
        caller.acknowledge()
        caller.say(*caller.rtp.key("4"))
        await until(lambda: len(pressed) == 4, 3)
    assert sorted(pressed[:3]) == ["1", "2", "3"] and pressed[3] == "4"


async def test_keys_go_on_across_hold_and_new_offers(answering: Answering) -> None:
    taker = Taker()
    async with answering(taker) as endpoint, calling(endpoint.address) as caller:
        await caller.invite()
        expected = ""
        for key, direction in zip("0123456789", ("sendonly", "sendrecv") * 5, strict=True):
            packets = caller.rtp.key(key, 6)
            caller.say(*packets[:3])
            await caller.invite(direction)
            caller.say(*packets[3:])  # the rest of a key comes once the sound was agreed on anew
            caller.rtp.pause(800)
            expected += key
            await until(lambda: taker.pressed == expected, 3)  # noqa: B023 (at once)
            if direction == "sendonly":
                await caller.info("application/dtmf", "*")
                expected += "*"
        await asyncio.sleep(0.2)
    assert taker.pressed == expected


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/dtmf-relay", "Signal={key}\r\nDuration=160\r\n"),
        ("application/dtmf-relay", "Signal= {key}\r\n"),
        ("application/dtmf", "{key}"),
    ],
)
async def test_info_of_either_kind_is_taken_and_answered(answering: Answering, kind: str, body: str) -> None:
    keys, taker = entry(random.Random(9), 200), Taker()
    async with answering(taker) as endpoint, calling(endpoint.address) as caller:
        await caller.invite()
        for key in keys:
            answer = await caller.info(kind, body.format(key=key))
            assert answer.startswith("SIP/2.0 200"), answer
        await until(lambda: len(taker.pressed) >= len(keys), 3)
    assert taker.pressed == keys


async def test_an_info_without_an_end_of_line_does_not_end_the_process(answering: Answering) -> None:
    taker = Taker()
    async with answering(taker) as endpoint, calling(endpoint.address) as caller:
        await caller.invite()
        for body in ("Signal=6", "Signal", "=", "Signal=", "\r\n", "Duration=100"):
            await caller.info("application/dtmf-relay", body)
        caller.say(*caller.rtp.key("#"))
        await until(lambda: taker.pressed.endswith("#"), 3)
    assert taker.pressed == "6#"


async def test_a_phone_that_sends_a_key_in_two_ways_presses_it_once(answering: Answering) -> None:
    taker = Taker()
    async with answering(taker) as endpoint, calling(endpoint.address) as caller:
        await caller.invite()
        for key in "1123":
            await caller.say_in_time(
                caller.rtp.key(key, 60 if key == "3" else 5)
            )  # one is held for over a second
            caller.rtp.pause(1600)
            await caller.info("application/dtmf-relay", f"Signal={key}\r\nDuration=100\r\n")
        await asyncio.sleep(0.2)
    assert taker.pressed == "1123"


def in_band(keys: str, chance: random.Random) -> Iterator[bytes]:
    """Packets of sound in which keys of 50 to 150 ms are, 60 to 200 ms apart, amid an open line's noise."""
    parts = [np.zeros(800)]
    for key in keys:
        parts += [sound_of(key, chance.randint(50, 150)), np.zeros(8 * chance.randint(60, 200))]
    samples = np.concatenate([*parts, np.zeros(3200)])
    samples = samples + np.random.default_rng(1).normal(0, 0.001, len(samples))
    data = encoded(samples)
    return (data[start : start + PACKET] for start in range(0, len(data) - PACKET, PACKET))


async def test_a_phone_without_events_is_heard_in_its_sound(answering: Answering) -> None:
    chance = random.Random(10)
    keys, takers = [entry(chance, 20) for _ in range(6)], []

    async def on_call(line: Line) -> None:
        takers.append(taker := Taker())
        await taker(line)

    async def one(address: str, keys: str) -> None:
        async with calling(address, events=False) as caller:
            await caller.invite()
            await caller.say_in_time(caller.rtp.sound(payload) for payload in in_band(keys, chance))

    async with answering(on_call, max_calls=6) as endpoint:
        await asyncio.gather(*(one(endpoint.address, each) for each in keys))
    assert sorted(taker.pressed for taker in takers) == sorted(keys)


async def test_a_key_in_the_sound_stops_the_prompt_at_once(answering: Answering) -> None:
    taker = Taker()
    delays = []
    async with answering(taker) as endpoint, calling(endpoint.address, events=False) as caller:
        await caller.invite()
        silence = b"\xd5" * PACKET
        for key in "123456":
            await caller.say_in_time(caller.rtp.sound(silence) for _ in range(10))
            began, before = time.monotonic(), len(taker.times)
            data = encoded(sound_of(key, 100))
            await caller.say_in_time(
                caller.rtp.sound(data[start : start + PACKET]) for start in range(0, len(data), PACKET)
            )
            await caller.say_in_time(caller.rtp.sound(silence) for _ in range(10))
            delays += [at - began for at in taker.times[before:]]
    assert taker.pressed == "123456"
    assert sorted(delays)[3] < 0.2, delays


async def test_a_phone_with_events_is_not_listened_to(answering: Answering) -> None:
    taker = Taker()
    async with answering(taker) as endpoint, calling(endpoint.address) as caller:
        await caller.invite()
        await caller.say_in_time(caller.rtp.sound(payload) for payload in in_band("159", random.Random(3)))
    assert taker.pressed == ""
