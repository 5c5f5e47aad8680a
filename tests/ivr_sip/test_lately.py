"""Sounds in memory: the last ones heard, the same objects, no more than is allowed."""

from __future__ import annotations

from speech.lately import Lately


def test_what_was_not_heard_for_longest_goes_first() -> None:
    sounds: Lately[str] = Lately(most_bytes=30)
    for name in "abc":
        sounds.put(name, name.encode() * 10)
    kept = sounds.get("a")
    sounds.put("d", b"d" * 10)
    assert sounds.get("b") is None
    assert sounds.get("a") is kept
    assert sounds.get("d") == b"d" * 10


def test_a_sound_put_again_is_counted_once() -> None:
    sounds: Lately[str] = Lately(most_bytes=30)
    sounds.put("a", b"x" * 10)
    for _ in range(5):
        sounds.put("b", b"y" * 20)
    assert sounds.get("a") is not None


def test_a_sound_that_is_larger_than_all_is_not_held() -> None:
    sounds: Lately[str] = Lately(most_bytes=30)
    sounds.put("a", b"x" * 31)
    assert sounds.get("a") is None
