"""The lines of a reader of bar codes and QR codes."""

from __future__ import annotations

import re
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardware
from hardware.protocols.code_line import (
    MAX_BYTES,
    Code,
    Coding,
    LineReader,
    Reason,
    Refused,
    Suffix,
    decode,
    encode,
)

REFERENCE = "410725260019"
ADDRESS = "https://example.invalid/办件?no=410725260019"
CODES = [
    REFERENCE,
    ADDRESS,
    "惠民县政务服务中心",
    "受理回执：四一〇七",
    "朱镕基 喆 㐂 𠮷",
    "A",
    "0" * MAX_BYTES,
]
NAMED = [Coding.UTF_8, Coding.GB18030]


def texts(found: list[Code | Refused]) -> list[str | Reason]:
    return [one.text if isinstance(one, Code) else one.reason for one in found]


@pytest.mark.parametrize("coding", NAMED)
@pytest.mark.parametrize("suffix", Suffix)
@pytest.mark.parametrize("text", CODES)
def test_a_code_is_found_whole(text: str, suffix: Suffix, coding: Coding) -> None:
    lines = LineReader(suffix)
    assert texts(lines.feed(encode(text, suffix, coding)) + lines.silent()) == [text]
    assert not lines.begun


@pytest.mark.parametrize("coding", NAMED)
@pytest.mark.parametrize("suffix", Suffix)
@pytest.mark.parametrize("text", CODES[:-1])
def test_a_code_is_found_byte_by_byte(text: str, suffix: Suffix, coding: Coding) -> None:
    lines = LineReader(suffix, coding)
    *before, last = [lines.feed(bytes((byte,))) for byte in encode(text, suffix, coding)]
    assert not any(before)
    assert texts(last + lines.silent()) == [text]


@pytest.mark.parametrize("suffix", [Suffix.CR, Suffix.CR_LF])
def test_several_codes_at_once_are_found_in_order(suffix: Suffix) -> None:
    stream = b"".join(encode(text, suffix, coding) for text in CODES for coding in NAMED)
    assert texts(LineReader(suffix).feed(stream)) == [text for text in CODES for _ in NAMED]


def test_without_a_suffix_silence_ends_a_code() -> None:
    lines = LineReader(Suffix.NONE)
    assert lines.feed(b"4107") == lines.feed(b"2526") == []
    assert lines.begun
    assert texts(lines.silent()) == ["41072526"]
    assert lines.silent() == []


def test_silence_before_the_suffix_has_cut_a_code_short() -> None:
    lines = LineReader()
    lines.feed(b"4107252")
    assert texts(lines.silent()) == [Reason.CUT_SHORT]
    assert texts(lines.feed(b"410725260019\r")) == [REFERENCE]


def test_a_reader_that_sends_cr_lf_where_cr_is_expected_is_understood() -> None:
    stream = b"1\r\n22\r\n\n333\r"
    assert texts(LineReader(Suffix.CR).feed(stream)) == ["1", "22", "333"]


def test_empty_lines_are_no_codes() -> None:
    assert LineReader(Suffix.CR_LF).feed(b"\r\n\r\n\r\n") == []
    assert LineReader(Suffix.CR).feed(b"\r\r\n\r") == []


@pytest.mark.parametrize("noise", [b"\x00", b"\xff\xff", b"\x80", bytes(range(256)), b"\x1b[A"])
def test_noise_spoils_its_own_line_and_no_other(noise: bytes) -> None:
    found = texts(LineReader(Suffix.CR_LF).feed(noise + b"410725260019\r\n410725260019\r\n"))
    assert found[-1] == REFERENCE
    assert all(isinstance(one, Reason) for one in found[:-1])


@pytest.mark.parametrize(
    "text", ["a\x00b", "a\tb", "a\x1bb", "a\x1db", "a\x7fb", "a\u202eb", "a\u200bb", "a\u2028b", "a\ue000b"]
)
def test_what_nobody_can_see_is_refused(text: str) -> None:
    assert decode(text.encode(), Coding.UTF_8) == Refused(Reason.CONTROL)


def test_the_wide_space_of_chinese_text_is_no_control_character() -> None:
    assert decode("惠民县\u3000政务服务".encode()) == Code("惠民县\u3000政务服务")


def test_a_byte_order_mark_is_no_part_of_the_code() -> None:
    assert decode(b"\xef\xbb\xbf" + "惠民县政务服务".encode()) == Code("惠民县政务服务")


def test_a_named_coding_is_held_to() -> None:
    assert decode("模".encode("gb18030"), Coding.GB18030) == Code("模")
    assert decode("模".encode("gb18030"), Coding.UTF_8) == Code("ģ")
    assert decode("惠民县".encode("gb18030"), Coding.UTF_8) == Refused(Reason.NOT_TEXT)


@pytest.mark.parametrize("text", ["模", "谩茅", "模模模"])
def test_what_reads_as_both_is_refused_and_not_guessed(text: str) -> None:
    data = text.encode("gb18030")
    assert data.decode("utf-8") != text  # it is text in UTF-8 as well
    assert decode(data) == Refused(Reason.AMBIGUOUS)


EVERYDAY = "".join(
    bytes((high, low)).decode("gb2312") for high in range(0xB0, 0xD7) for low in range(0xA1, 0xFF)
)


@given(st.text(st.sampled_from(EVERYDAY + "0123456789，。：（）"), min_size=1, max_size=12))
def test_everyday_chinese_is_never_read_wrongly(text: str) -> None:
    for coding in NAMED:
        assert decode(text.encode(coding.value)) in (Code(text), Refused(Reason.AMBIGUOUS))


def test_real_sentences_are_recognised_in_either_coding() -> None:
    catalogue = Path(hardware.__file__).parent / "locale/zh_CN/LC_MESSAGES/hardware.po"
    sentences = re.findall(r"[\u4e00-\u9fff，。；：]{6,}", catalogue.read_text("utf-8"))
    assert len(sentences) > 50
    for sentence in sentences:
        for coding in NAMED:
            assert decode(sentence.encode(coding.value)) == Code(sentence)


@pytest.mark.parametrize("suffix", Suffix)
def test_a_code_that_is_too_long_is_said_so_once(suffix: Suffix) -> None:
    lines = LineReader(suffix)
    end = encode("", suffix)
    assert texts(lines.feed(b"7" * (MAX_BYTES * 3 + 5) + end) + lines.silent()) == [Reason.TOO_LONG]
    assert texts(lines.feed(b"7" * (MAX_BYTES + 1) + end) + lines.silent()) == [Reason.TOO_LONG]
    assert texts(lines.feed(b"7" + end) + lines.silent()) == ["7"]


@pytest.mark.parametrize("suffix", Suffix)
def test_what_is_held_stays_under_the_cap(suffix: Suffix) -> None:
    lines = LineReader(suffix)
    piece = b"7" * 65_536
    lines.feed(piece)
    tracemalloc.start()
    for _ in range(50):
        lines.feed(piece)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 4 * MAX_BYTES


def test_a_code_too_long_to_send_is_refused() -> None:
    with pytest.raises(ValueError, match="7089"):
        encode("7" * (MAX_BYTES + 1))
    with pytest.raises(ValueError, match="one coding"):
        encode("7", coding=Coding.DETECT)


def test_a_code_shows_nothing_of_itself() -> None:
    assert REFERENCE not in repr(Code(REFERENCE))


pieces = st.lists(
    st.one_of(st.binary(max_size=12), st.sampled_from([b"\r", b"\n", b"\r\n", "惠民".encode()])), max_size=20
)


@given(pieces, st.sampled_from([Suffix.CR, Suffix.CR_LF]), st.sampled_from(Coding))
def test_any_bytes_give_the_same_codes_however_they_are_cut(
    cut: list[bytes], suffix: Suffix, coding: Coding
) -> None:
    whole, by_piece, by_byte = (LineReader(suffix, coding) for _ in range(3))
    stream = b"".join(cut)
    expected = whole.feed(stream) + whole.silent()
    found = [one for piece in cut for one in by_piece.feed(piece)] + by_piece.silent()
    assert found == expected
    assert [one for byte in stream for one in by_byte.feed(bytes((byte,)))] + by_byte.silent() == expected
    for one in expected:
        if isinstance(one, Code):
            assert one.text.replace("\u3000", "").isprintable()
