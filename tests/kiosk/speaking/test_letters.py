"""Letters keyed in with two digits each."""

from __future__ import annotations

import pytest

from kiosk.speaking.letters import ON_KEYS, letters


def test_every_letter_has_its_two_digits() -> None:
    spelt = {letters(f"{key}{place}") for key, on_it in ON_KEYS.items() for place in range(1, len(on_it) + 1)}
    assert spelt == set("abcdefghijklmnopqrstuvwxyz")


def test_words_digits_and_spaces() -> None:
    assert letters("4282436143 62".replace(" ", "")) == "huimin"
    assert letters("21001719") == "a 79"


@pytest.mark.parametrize("keyed", ["2", "24", "20", "01", "95", "212"])
def test_what_stands_for_nothing_is_refused(keyed: str) -> None:
    with pytest.raises(ValueError, match="letter"):
        letters(keyed)
