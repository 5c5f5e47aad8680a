"""Keys that become entries."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.entry import ONE_KEY, Collector, End, Star, Wanted
from ivr.line import KEYS

AMOUNT = Wanted(14, Star.POINT, lambda keys: bool(re.search(r"\*[0-9]{2}$", keys)))
IDENTITY = Wanted(18, Star.LAST_X)


def enter(keys: str, wanted: Wanted) -> tuple[str, End | None, str]:
    """What was collected, how it ended, and the keys that were not needed."""
    collector = Collector(wanted)
    for position, key in enumerate(keys, 1):
        if end := collector.take(key):
            return collector.keys, end, keys[position:]
    return collector.keys, None, ""


@pytest.mark.parametrize(
    ("wanted", "keys", "collected", "end", "left"),
    [
        (ONE_KEY, "3", "3", End.COMPLETE, ""),
        (ONE_KEY, "*", "", End.BACK, ""),
        (ONE_KEY, "#", "", End.HASH, ""),
        (Wanted(8), "20260203#", "20260203", End.COMPLETE, "#"),
        (Wanted(8), "2026#", "2026", End.HASH, ""),
        (Wanted(8), "2026", "2026", None, ""),
        (Wanted(8), "2026*", "2026", End.CLEARED, ""),
        (AMOUNT, "12#", "12", End.HASH, ""),
        (AMOUNT, "12*5#", "12*5", End.HASH, ""),
        (AMOUNT, "12*50", "12*50", End.COMPLETE, ""),
        (AMOUNT, "12**", "12*", End.CLEARED, ""),
        (AMOUNT, "*", "", End.BACK, ""),
        (IDENTITY, "11010119900307201*", "11010119900307201*", End.COMPLETE, ""),
        (IDENTITY, "1101011990030720*", "1101011990030720", End.CLEARED, ""),
        (IDENTITY, "*", "", End.BACK, ""),
        (Wanted(6, Star.LAST_X), "07201*", "07201*", End.COMPLETE, ""),
    ],
)
def test_an_entry_ends_as_people_expect(
    wanted: Wanted, keys: str, collected: str, end: End | None, left: str
) -> None:
    assert enter(keys, wanted) == (collected, end, left)


@given(st.text(KEYS, max_size=40), st.integers(1, 20), st.sampled_from(Star))
def test_no_entry_is_longer_than_wanted_and_only_a_hash_or_star_ends_it_early(
    keys: str, longest: int, star: Star
) -> None:
    collected, end, left = enter(keys, Wanted(longest, star))
    assert len(collected) <= longest
    assert "#" not in collected
    assert (end is End.COMPLETE) == (len(collected) == longest)
    if end is None:
        assert collected == keys
    assert end is None or end is End.COMPLETE or keys.removesuffix(left)[-1] in "#*"


@given(st.text(KEYS, max_size=40))
def test_a_star_in_an_identity_number_is_only_ever_its_last_character(keys: str) -> None:
    collected, _, _ = enter(keys, IDENTITY)
    assert "*" not in collected[:17]


def test_what_was_keyed_is_not_shown() -> None:
    from ivr.entry import Entry

    assert "1234" not in repr(Entry("1234", End.HASH))
