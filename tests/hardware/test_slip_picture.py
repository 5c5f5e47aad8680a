"""What the simulated printer draws."""

from __future__ import annotations

import pytest
import zxingcpp
from PIL import Image

from hardware.interfaces.receipt_printer import Align, QrCode, RasterImage, Rule, SlipPart, TextLine
from hardware.protocols.escpos import QR_MAX, encode_slip
from hardware.protocols.escpos_printer import CommandReader, PrintQrCode, RasterRow, Text
from hardware.simulators.slip_picture import (
    INK,
    LINE_DOTS,
    MARGIN_DOTS,
    PAPER,
    SPACING_DOTS,
    SlipPicture,
    _character,
)


def drawn(parts: tuple[SlipPart, ...], columns: int = 48) -> Image.Image:
    paper = SlipPicture(columns)
    for command in CommandReader().feed(encode_slip(parts, columns)):
        paper.do(command)
    return paper.cut("SIMULATED")


def ink(picture: Image.Image) -> tuple[int, int, int, int]:
    """Box of what is printed, without the mark at the end."""
    printed = picture.crop((0, 0, picture.width, picture.height - 40)).point(lambda dot: 255 - dot)
    box = printed.getbbox()
    assert box
    return box


def test_paper_of_80_mm_is_576_dots_wide() -> None:
    assert drawn((Rule(),)).width == 576 + 2 * MARGIN_DOTS
    assert drawn((Rule(),), columns=32).width == 384 + 2 * MARGIN_DOTS


def test_a_full_line_fits_between_the_margins() -> None:
    left, _, right, _ = ink(drawn((TextLine("惠" * 24),)))
    assert left >= MARGIN_DOTS
    assert right <= MARGIN_DOTS + 576


@pytest.mark.parametrize("text", ["办理进度", "progress"])
def test_lines_stand_where_they_are_to(text: str) -> None:
    boxes = [ink(drawn((TextLine(text, align),))) for align in (Align.LEFT, Align.CENTRE, Align.RIGHT)]
    assert boxes[0][0] < MARGIN_DOTS + 24
    assert abs((boxes[1][0] + boxes[1][2]) / 2 - (MARGIN_DOTS + 288)) < 24
    assert boxes[2][2] > MARGIN_DOTS + 576 - 24


def test_a_large_line_is_twice_as_large() -> None:
    small, large = (ink(drawn((TextLine("惠民", scale=scale),))) for scale in (1, 2))
    assert abs((large[2] - large[0]) - 2 * (small[2] - small[0])) <= 4
    assert abs((large[3] - large[1]) - 2 * (small[3] - small[1])) <= 4


def test_bold_is_darker() -> None:
    plain, bold = (
        sum(255 - dot for dot in drawn((TextLine("惠民", bold=bold),)).tobytes()) for bold in (False, True)
    )
    assert bold > plain * 1.1


@pytest.mark.parametrize("character", "惠民办证查询龘㐀·，（A1g")
def test_no_character_is_a_square_or_missing(character: str) -> None:
    columns = 1 if character.isascii() else 2
    cell = _character(character, columns * 12, 24, bold=False).tobytes()
    missing = _character("\U0010fffe" if columns == 2 else "\u0378", columns * 12, 24, bold=False).tobytes()
    unknown = _character("\u0378", columns * 12, 24, bold=False).tobytes()
    assert any(dot != PAPER for dot in cell)
    assert cell not in (missing, unknown)


def test_letters_below_the_line_are_whole() -> None:
    cell = _character("g", 12, 24, bold=False)
    assert all(dot == PAPER for dot in cell.crop((0, cell.height - 1, cell.width, cell.height)).tobytes())


@pytest.mark.parametrize(
    "data", ["1", "https://huimin.example/c/123456789012", "x" * 106, "x" * 107, "y" * QR_MAX]
)
@pytest.mark.parametrize("columns", [32, 48])
def test_codes_can_be_scanned(data: str, columns: int) -> None:
    assert [code.text for code in zxingcpp.read_barcodes(drawn((QrCode(data),), columns))] == [data]


def test_a_code_too_large_for_the_paper_is_not_printed() -> None:
    paper = SlipPicture(48)
    paper.do(PrintQrCode(b"z" * 2000, 16, "H"))
    paper.do(PrintQrCode(b"z" * 7000, 1, "H"))
    assert paper.empty


def test_a_picture_is_drawn_dot_by_dot_in_the_middle() -> None:
    seal = RasterImage(16, (b"\x80\x01", b"\x00\x00", b"\xff\xff"))
    picture = drawn((seal,))
    left = MARGIN_DOTS + (576 - 16) // 2
    rows = [[picture.getpixel((left + x, MARGIN_DOTS + y)) == INK for x in range(-1, 17)] for y in range(3)]
    assert rows[0] == [False, True, *[False] * 14, True, False]
    assert not any(rows[1])
    assert rows[2] == [False, *[True] * 16, False]


def test_a_picture_may_be_twice_as_wide_and_high() -> None:
    paper = SlipPicture()
    paper.do(RasterRow(b"\x80", 2, 2))
    picture = paper.cut("SIMULATED")
    assert ink(picture) == (MARGIN_DOTS, MARGIN_DOTS, MARGIN_DOTS + 2, MARGIN_DOTS + 2)


def test_text_that_waits_is_printed_before_a_picture() -> None:
    paper = SlipPicture()
    paper.do(Text("惠"))
    paper.do(RasterRow(b"\xff"))
    picture = paper.cut("SIMULATED")
    assert ink(picture)[3] == MARGIN_DOTS + LINE_DOTS + SPACING_DOTS + 1


def test_everything_on_a_slip_is_drawn_below_the_other() -> None:
    parts: tuple[SlipPart, ...] = (TextLine("大", scale=2), TextLine("惠民"), QrCode("X"), Rule())
    heights = [drawn((part,)).height - drawn(()).height for part in parts]
    assert min(heights) >= LINE_DOTS
    assert drawn(parts).height == drawn(()).height + sum(heights)


def test_the_picture_says_that_it_is_simulated() -> None:
    picture = drawn((TextLine("slip"),))
    bottom = picture.crop((0, picture.height - 30, picture.width, picture.height))
    assert any(dot != PAPER for dot in bottom.tobytes())


def test_nothing_of_a_slip_is_on_the_next() -> None:
    paper = SlipPicture()
    reader = CommandReader()
    for command in reader.feed(encode_slip((TextLine("large", Align.RIGHT, scale=2, bold=True),))):
        paper.do(command)
    paper.cut("SIMULATED")
    assert paper.empty
    for command in reader.feed(encode_slip((TextLine("plain"),))):
        paper.do(command)
    assert paper.cut("SIMULATED").tobytes() == drawn((TextLine("plain"),)).tobytes()
