"""Texts longer than one message."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ivr.sip.pieces import LONGEST_PIECE, pieces_of


@given(st.text(st.sampled_from("1a。惠𠀀"), max_size=2000))
def test_a_text_is_cut_between_characters_and_nothing_of_it_is_lost(text: str) -> None:
    pieces = pieces_of(text)
    assert "".join(pieces) == text
    assert all(0 < len(piece.encode()) <= LONGEST_PIECE for piece in pieces)
    assert all(len((one + after[0]).encode()) > LONGEST_PIECE for one, after in pairwise(pieces))
