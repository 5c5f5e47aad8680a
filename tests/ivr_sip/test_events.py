"""Which packets of telephone events are one key and which are two, whatever networks and gateways do."""

from __future__ import annotations

import random

import pytest

from ivr.sip.keys.events import WRAP, Packet, TelephoneEvents
from ivr.sip.keys.info import key_of

STEP = 20
"""Milliseconds of a packet."""
ALL = "0123456789*#"


def press(
    key: str, begin: int, milliseconds: int, *, ends: int = 3, moving: bool = False, stuck: bool = False
) -> list[Packet]:
    """A key as a gateway sends it. moving: each packet has its own time; stuck: all keys have the same."""
    packets = []
    for number, duration in enumerate([*range(STEP, milliseconds, STEP), *([milliseconds] * ends)]):
        at = begin + (number * STEP if moving else 0)
        ended = duration == milliseconds
        packets.append(Packet(key, 0 if stuck else at % WRAP, duration, ended))
    return packets


def heard(packets: list[Packet]) -> str:
    events = TelephoneEvents()
    return "".join(packet.key for packet in packets if events.begins(packet))


def entry(chance: random.Random, count: int, **how: bool) -> list[tuple[str, list[Packet]]]:
    """Keys one after another, 40 to 400 ms each, at least 40 ms apart, with many digits twice."""
    at = chance.randrange(WRAP)
    keys: list[tuple[str, list[Packet]]] = []
    for _ in range(count):
        key = keys[-1][0] if keys and chance.random() < 0.4 else chance.choice(ALL)
        length = STEP * chance.randint(2, 20)
        keys.append((key, press(key, at, length, **how)))
        at += length + STEP * chance.randint(2, 30)
    return keys


@pytest.mark.parametrize("how", [{}, {"moving": True}, {"stuck": True}])
def test_whole_keys_are_counted_right_from_every_kind_of_gateway(how: dict[str, bool]) -> None:
    keys = entry(random.Random(1), 3000, **how)
    assert heard([packet for _, packets in keys for packet in packets]) == "".join(key for key, _ in keys)


def test_whatever_is_lost_a_key_of_which_one_packet_arrives_is_one_key() -> None:
    chance = random.Random(2)
    keys = entry(chance, 5000)
    arrived = []
    for _, packets in keys:
        kept = [packet for packet in packets if chance.random() < 0.4]
        arrived += kept or [chance.choice(packets)]
    assert heard(arrived) == "".join(key for key, _ in keys)


def test_of_every_key_only_the_ends_arrive() -> None:
    keys = entry(random.Random(3), 2000)
    assert heard([packet for _, packets in keys for packet in packets[-3:]]) == "".join(
        key for key, _ in keys
    )


def test_timestamps_that_are_rounded_on_the_way_tell_keys_apart_all_the_same() -> None:
    def rounded(packet: Packet) -> Packet:
        return Packet(packet.key, round(packet.begin / 32) * 32 % WRAP, packet.duration, packet.ended)

    chance = random.Random(4)
    for how in ({}, {"moving": True}):
        keys = entry(chance, 2000, **how)
        everything = [rounded(packet) for _, packets in keys for packet in packets]
        assert heard(everything) == "".join(key for key, _ in keys)


def test_the_same_digit_twice_50_ms_apart_is_two_keys() -> None:
    first, second = press("5", 0, 60), press("5", 110, 60)
    assert heard(first + second) == "55"
    assert heard(first[:1] + second[-1:]) == "55", "all but the first and the last packet were lost"
    assert heard(first[-1:] + second[-1:]) == "55"


def test_a_key_held_for_half_a_minute_is_one_key() -> None:
    whole = []
    for number in range(4):
        segment = press("7", number * 8191, 8180, ends=0 if number < 3 else 3)
        whole += segment
    assert heard(whole) == "7"
    wrapped = [Packet("7", 0, duration % 8192, False) for duration in range(20, 30_000, 20)]
    assert heard([*wrapped, *press("7", 31_000, 100)]) == "77"


def test_the_clock_may_begin_again_between_and_within_two_keys() -> None:
    assert heard(press("1", WRAP - 200, 100) + press("1", WRAP - 40, 100) + press("1", 200, 100)) == "111"


RELAY, PLAIN = "application/dtmf-relay", "application/dtmf"


@pytest.mark.parametrize(
    ("kind", "body", "key"),
    [
        (RELAY, "Signal=5\r\nDuration=160\r\n", "5"),
        (RELAY, "Signal=5", "5"),
        (RELAY, "Signal= #\r\nDuration= 250\r\n", "#"),
        (RELAY, "signal: 0\nduration: 100\n", "0"),
        (RELAY, "Duration=160\r\nSignal=*\r\n", "*"),
        (RELAY, "Signal=10\r\nDuration=160\r\n", "*"),
        (RELAY, "Signal=11\r\n", "#"),
        (PLAIN, "7", "7"),
        (PLAIN, "*\r\n", "*"),
        (PLAIN, "11", "#"),
        (PLAIN, "d=9\r\n", "9"),
        (PLAIN, "Signal=4\r\nDuration=90", "4"),
        (RELAY, "Signal=A\r\n", None),
        (RELAY, "Signal=\r\nDuration=160\r\n", None),
        (RELAY, "7", None),
        (PLAIN, "", None),
        (PLAIN, "12", None),
        (PLAIN, "一", None),
        (PLAIN, "5" + " " * 300, None),
        ("application/media_control+xml", "Signal=5\r\n", None),
    ],
)
def test_an_info_says_its_key(kind: str, body: str, key: str | None) -> None:
    head = f"INFO sip:line@192.0.2.1 SIP/2.0\r\nCSeq: 2 INFO\r\nContent-Type: {kind}\r\nContent-Length: 9"
    assert key_of(f"{head}\r\n\r\n{body}") == key


def test_the_short_name_of_a_header_and_its_parameters_change_nothing() -> None:
    assert key_of("INFO sip:a SIP/2.0\r\nc: Application/DTMF-Relay;charset=utf-8\r\n\r\nSignal=3\r\n") == "3"
