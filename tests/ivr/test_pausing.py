"""Keys pressed while a caller is recorded: neither digits nor their sound are kept."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.pausing import BEFORE, PAUSE, Pauses
from ivr.sip.keys.tones import HIGH, LOW
from ivr.sip.silencing import without_tones
from speech import sound

RATE = 10
"""Samples a second: each is its own number, so that it is seen which are left."""


def numbered(seconds: float) -> bytes:
    return np.arange(round(seconds * RATE), dtype="<i2").tobytes()


def kept(pauses: Pauses, seconds: float) -> list[float]:
    """The seconds that are left of a recording."""
    return [float(number) / RATE for number in np.frombuffer(pauses.kept(numbered(seconds), RATE), "<i2")]


def test_digits_pause_it_until_no_more_have_come_for_a_while() -> None:
    pauses = Pauses()
    assert pauses.press("1", 4.0) is None
    assert (pauses.look(5.0), pauses.paused) == (None, True)
    assert pauses.press("0", 5.5) is None
    assert (pauses.look(7.4), pauses.paused) == (None, True)
    assert (pauses.look(7.6), pauses.paused) == (None, False)
    assert pauses.any
    left = kept(pauses, 10)
    assert max(second for second in left if second < 5) < 4.0 - BEFORE <= 3.8
    assert min(second for second in left if second > 5) == pytest.approx(7.6)


def test_hash_and_star_end_it_at_once_also_in_a_pause() -> None:
    assert Pauses().press("#", 1.0) == "#"
    pauses = Pauses()
    assert pauses.press("1", 1.0) is None
    assert pauses.press("*", 1.5) == "*"
    assert max(kept(pauses, 1.5)) < 1.0


def test_a_single_zero_asks_for_a_person_and_one_among_others_does_not() -> None:
    alone = Pauses()
    assert alone.press("0", 1.0) is None
    assert alone.look(1.0 + PAUSE) == "0"
    among = Pauses()
    assert [among.press(key, 1.0) for key in "0100"] == [None] * 4
    assert among.look(1.0 + PAUSE) is None


def test_nothing_is_kept_behind_a_pause_that_lasts() -> None:
    pauses = Pauses()
    pauses.press("5", 2.0)
    assert max(kept(pauses, 9)) < 2.0


@given(st.lists(st.floats(0.01, 5.0), max_size=12))
def test_the_sound_of_a_digit_is_never_kept(waits: list[float]) -> None:
    pauses = Pauses()
    at, pressed = 0.0, []
    for wait in waits:
        at += wait
        pauses.look(at)
        pauses.press("7", at)
        pressed.append(at)
    left = kept(pauses, at + 1)
    for moment in pressed:
        assert not any(moment - BEFORE + 0.1 <= second <= moment for second in left)


def tones(seconds: float, dbfs: float, twist: float, off: float) -> list[sound.Samples]:
    """Each key's sound."""
    time = np.arange(round(seconds * sound.RATE)) / sound.RATE

    def sine(hertz: float, level: float) -> sound.Samples:
        return (np.sin(2 * np.pi * hertz * off * time) * 10 ** (level / 20) * np.sqrt(2)).astype(np.float32)

    return [sine(low, dbfs) + sine(high, dbfs + twist) for low, high in itertools.product(LOW, HIGH)]


@pytest.mark.parametrize("seconds", [0.04, 0.1, 0.7])
@pytest.mark.parametrize("off", [0.985, 1.0, 1.015])
@pytest.mark.parametrize(("dbfs", "twist"), [(-35, 0), (-12, 6), (-12, -6)])
def test_the_sound_of_a_key_is_silenced(seconds: float, off: float, dbfs: float, twist: float) -> None:
    around = sound.tone(300.0, 0.2, -25)
    noise = np.random.default_rng(7)
    for heard in tones(seconds, dbfs, twist, off):
        whole = np.concatenate([around, heard, around])
        whole += noise.normal(0, 10 ** ((dbfs - 20) / 20), len(whole)).astype(np.float32)
        left = sound.from_pcm(without_tones(sound.to_pcm(whole)))
        assert np.abs(left[len(around) : len(around) + len(heard)]).max() < 0.3 * np.abs(heard).max()
        assert np.abs(left[400:1200]).max() > 0.05, "what was said before it is gone"


def test_other_sound_is_left_as_it_is() -> None:
    random = np.random.default_rng(3)
    buzz = sum(sound.tone(150.0 * number, 2.0, -20 - 2 * number) for number in range(1, 12))
    noise = random.normal(0, 0.1, 16_000).astype(np.float32)
    for other in (
        np.asarray(buzz, dtype=np.float32),
        noise,
        sound.tone(1000.0, 1.0),
        np.zeros(300, np.float32),
    ):
        pcm = sound.to_pcm(other)
        assert without_tones(pcm) == pcm


@given(st.binary(max_size=1000).map(lambda found: found[: len(found) // 2 * 2]))
def test_any_sound_keeps_its_length(pcm: bytes) -> None:
    assert len(without_tones(pcm)) == len(pcm)
