"""The tables of keys, and the arithmetic of candidates."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.language import Language
from kiosk.fonts import covers
from kiosk.input.keyboards import letters, pads
from kiosk.input.keyboards.layout import Act, Layout, place
from kiosk.input.keyboards.lines import chunks
from kiosk.input.rime import LETTERS
from kiosk.input.wording import words

ALL = [
    letters.PINYIN,
    letters.PINYIN_SYMBOLS,
    letters.PINYIN_OR_HAND,
    letters.PINYIN_OR_HAND_SYMBOLS,
    letters.HANDWRITING,
    letters.HANDWRITING_SYMBOLS,
    letters.ENGLISH,
    letters.ENGLISH_CAPITALS,
    letters.ENGLISH_SYMBOLS,
    pads.DIGITS,
    pads.IDENTITY,
    pads.MONEY,
]


@pytest.mark.parametrize("layout", ALL, ids=lambda layout: layout.name)
def test_each_key_has_a_name_of_its_own_and_a_face(layout: Layout) -> None:
    names = [cell.key.name for cell in layout.cells]
    assert len(set(names)) == len(names)
    for cell in layout.cells:
        assert cell.key.label or cell.key.message or cell.key.icon
        for language in Language:
            if cell.key.message:
                assert words(language)(cell.key.message)


@pytest.mark.parametrize("layout", ALL, ids=lambda layout: layout.name)
def test_each_layout_can_erase_and_end(layout: Layout) -> None:
    acts = {cell.key.act for cell in layout.cells}
    assert {Act.BACKSPACE, Act.DONE} <= acts


@pytest.mark.parametrize("layout", ALL, ids=lambda layout: layout.name)
def test_the_font_has_every_sign(layout: Layout) -> None:
    assert covers("".join(cell.key.label + cell.key.insert for cell in layout.cells)) == ""


@pytest.mark.parametrize("width", [1064, 1268, 777])
def test_beside_the_fields_for_writing_there_are_keys_at_the_edge_only(width: int) -> None:
    """The fields have the rest of three rows; the fourth is filled as any other."""
    places = place(letters.HANDWRITING, width, 100)
    beside = [p for p in places if p.y >= 100]
    assert {p.key.name for p in beside} == {"undo", "clear", "backspace"}
    assert {(p.x, p.x + p.width) for p in beside} == {(round(width * 0.85), width)}
    assert sum(p.width for p in places if p.y < 100) == width


@pytest.mark.parametrize(
    "layout", [one for one in ALL if one is not letters.HANDWRITING], ids=lambda layout: layout.name
)
@pytest.mark.parametrize("width", [1064, 1268, 777])
def test_rows_fill_their_width_without_gap_or_overlap(layout: Layout, width: int) -> None:
    """Every pixel between the first and the last key of a row is one key's, whatever the width."""
    places = place(layout, width, 100)
    for y in range(50, layout.rows * 100, 100):
        row = sorted((p.x, p.width) for p in places if p.y <= y < p.y + p.height)
        assert all(x + wide == following for (x, wide), (following, _) in pairwise(row))
        assert row[0][0] >= 0
        assert abs(row[0][0] - (width - row[-1][0] - row[-1][1])) <= 1


def test_the_pinyin_keys_are_what_the_engine_takes() -> None:
    assert letters.SYLLABLE_KEYS == LETTERS
    on_keys = {cell.key.insert for cell in letters.PINYIN.cells if cell.key.name in letters.SYLLABLE_KEYS}
    assert on_keys == LETTERS


WIDTHS = st.lists(st.integers(min_value=1, max_value=900), max_size=10)


@given(widths=WIDTHS, room=st.integers(min_value=100, max_value=900), lines=st.integers(1, 3))
def test_candidates_keep_their_order_and_none_is_lost_or_cut(
    widths: list[int], room: int, lines: int
) -> None:
    portions = chunks(widths, room, lines)
    assert [n for portion in portions for line in portion for n in line] == list(range(len(widths)))
    for portion in portions:
        assert len(portion) <= lines
        for line in portion:
            assert sum(widths[n] for n in line) <= room or len(line) == 1
    assert len(portions) == 1 or all(portions)
