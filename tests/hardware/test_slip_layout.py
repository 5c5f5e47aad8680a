"""Where the text of a slip breaks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.protocols.slip_layout import columns_of, printable, wrap


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("惠民", 4), ("惠民 No 1", 9), ("·", 2), ("—", 2), ("", 0)]
)
def test_chinese_characters_and_what_has_two_bytes_take_two_columns(text: str, columns: int) -> None:
    assert columns_of(text) == columns


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("惠民政务", 8, ["惠民政务"]),
        ("惠民政务", 7, ["惠民政", "务"]),
        ("惠民政务", 4, ["惠民", "政务"]),
        ("keep this slip", 9, ["keep this", "slip"]),
        ("keep this slip", 8, ["keep", "this", "slip"]),
        ("编号 1234-5678", 12, ["编号", "1234-5678"]),
        ("办理，完成", 4, ["办", "理，", "完成"]),
        ("（办理）完成", 6, ["（办", "理）完", "成"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("一\n\n二", 8, ["一", "", "二"]),
        ("", 8, [""]),
        ("  indented", 20, ["  indented"]),
        ("a    b", 3, ["a", "b"]),
    ],
)
def test_lines_break_where_a_reader_expects_it(text: str, columns: int, lines: list[str]) -> None:
    assert wrap(text, columns) == lines


def test_no_text_is_a_command() -> None:
    assert printable("a\x1b@b\x10\x04\x01c\x7fd\x85e") == "a@bcde"
    assert printable("a\tb\r\nc\ud800d\xa0e\u2028f\u3000g") == "a b\nc?d e\nf\u3000g"


@given(st.text(max_size=300), st.integers(2, 64))
def test_no_line_is_too_long_and_no_character_is_lost(text: str, columns: int) -> None:
    lines = wrap(text, columns)
    assert all(columns_of(line) <= columns for line in lines)
    shown = printable(text).replace(" ", "").replace("\n", "")
    assert "".join(lines).replace(" ", "") == shown
