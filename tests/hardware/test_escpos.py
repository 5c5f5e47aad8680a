"""ESC/POS: what the host says, and what the printer makes of it."""

from __future__ import annotations

import random
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.interfaces.receipt_printer import Align, QrCode, RasterImage, Rule, SlipPart, TextLine
from hardware.protocols.escpos import (
    BAND_ROWS,
    CLEAR,
    MAX_JOB_BYTES,
    MAX_RASTER_ROWS,
    QR_MAX,
    PrinterStatus,
    SlipError,
    StatusByteError,
    ask_status,
    encode_slip,
    is_paper_in_order,
    is_status,
    lines_of,
)
from hardware.protocols.escpos_printer import (
    Alignment,
    AskPaper,
    AskStatus,
    Bold,
    Clear,
    Command,
    CommandReader,
    Cut,
    Feed,
    Initialise,
    LineFeed,
    PrintQrCode,
    RasterRow,
    Size,
    TellUnasked,
    Text,
)

SLIP: tuple[SlipPart, ...] = (
    TextLine("惠民回执", Align.CENTRE, scale=2, bold=True),
    Rule(),
    TextLine("No. 1234-5678-9012"),
    QrCode("HTTPS://HUIMIN.EXAMPLE/C/1"),
)


def merged(commands: list[Command]) -> list[Command]:
    """Text that came in several pieces as one."""
    together: list[Command] = []
    for command in commands:
        if isinstance(command, Text) and together and isinstance(together[-1], Text):
            together[-1] = Text(together[-1].text + command.text)
        else:
            together.append(command)
    return together


def test_a_slip_has_these_bytes() -> None:
    assert encode_slip((TextLine("惠a", Align.CENTRE, scale=2, bold=True),)) == (
        b"\x1b@"  # initialise
        b"\x1ba\x01\x1d!\x11\x1bE\x01"  # centre, twice as wide and high, bold
        b"\x1c&\xbb\xdda\x1c.\n"  # GB18030 between Chinese on and off
        b"\x1dVB\x00"  # feed and cut
    )


def test_ascii_needs_no_chinese_mode() -> None:
    job = encode_slip((TextLine("plain"),))
    assert b"plain\n" in job
    assert b"\x1c" not in job


def test_a_qr_code_has_these_bytes() -> None:
    assert encode_slip((QrCode("ABC"),)) == (
        b"\x1b@\x1ba\x01\x1d!\x00\x1bE\x00\n"
        b"\x1d(k\x04\x001A2\x00"  # model 2
        b"\x1d(k\x03\x001C\x08"  # 8 dots a module
        b"\x1d(k\x03\x001E1"  # correction M
        b"\x1d(k\x06\x001P0ABC"  # store
        b"\x1d(k\x03\x001Q0\n"  # print
        b"\x1dVB\x00"
    )


def test_a_character_of_four_bytes_is_written() -> None:
    assert "㐀".encode("gb18030") in encode_slip((TextLine("㐀"),))


def test_a_large_line_holds_half_as_much() -> None:
    job = encode_slip((TextLine("惠" * 13, scale=2),), columns=48)
    assert job.count(b"\n") == 2


@pytest.mark.parametrize(
    "part",
    [
        QrCode(""),
        QrCode("x" * (QR_MAX + 1)),
        QrCode("惠民"),
        QrCode("a\x10\x04\x01"),
        TextLine("a", scale=3),
        TextLine("a", scale=0),
        TextLine("a" * MAX_JOB_BYTES),
        RasterImage(0, (b"",)),
        RasterImage(577, (bytes(73),)),
        RasterImage(8, ()),
        RasterImage(8, (b"a", b"")),
        RasterImage(9, (b"a",)),
        RasterImage(8, (b"a",) * (MAX_RASTER_ROWS + 1)),
        RasterImage(576, (bytes(72),) * 600),
    ],
)
def test_what_cannot_be_printed_is_refused(part: SlipPart) -> None:
    with pytest.raises(SlipError):
        encode_slip((part,))


def test_a_picture_has_these_bytes() -> None:
    assert encode_slip((RasterImage(10, (b"\xff\xc0", b"\x80\x40")),)) == (
        b"\x1b@\x1ba\x01\x1d!\x00\x1bE\x00"
        b"\x1dv0\x00\x02\x00\x02\x00"  # 2 bytes wide, 2 rows
        b"\xff\xc0\x80\x40"
        b"\x1dVB\x00"
    )


def test_a_high_picture_goes_in_bands() -> None:
    rows = tuple(bytes((row % 256,)) for row in range(BAND_ROWS + 2))
    found = CommandReader().feed(encode_slip((RasterImage(8, rows),)))
    assert [one.dots for one in found if isinstance(one, RasterRow)] == list(rows)
    assert encode_slip((RasterImage(8, rows),)).count(b"\x1dv0\x00\x01\x00") == 2


def test_no_picture_holds_a_command_that_printers_obey_at_once() -> None:
    job = encode_slip((RasterImage(16, (b"\x10\x04", b"\x01\x10", b"\x05\x10", b"\x14\x10")),))
    found = CommandReader().feed(job)
    assert [one.dots for one in found if isinstance(one, RasterRow)] == [
        b"\x10\x0c",
        b"\x01\x10",
        b"\x0d\x10",
        b"\x1c\x10",
    ]


@pytest.mark.parametrize(
    ("part", "lines"),
    [
        (TextLine("a"), 1),
        (TextLine("a", scale=2), 2),
        (TextLine("a" * 49), 2),
        (Rule(), 1),
        (RasterImage(8, (b"a",) * 31), 2),
    ],
)
def test_the_lines_of_a_slip_are_counted(part: SlipPart, lines: int) -> None:
    assert lines_of((part,)) == lines


def test_the_printer_understands_a_slip() -> None:
    assert merged(CommandReader().feed(encode_slip(SLIP))) == [
        Initialise(),
        Alignment(Align.CENTRE),
        Size(2, 2),
        Bold(True),
        Text("惠民回执"),
        LineFeed(),
        Alignment(Align.LEFT),
        Size(1, 1),
        Bold(False),
        Text("-" * 48),
        LineFeed(),
        Alignment(Align.LEFT),
        Size(1, 1),
        Bold(False),
        Text("No. 1234-5678-9012"),
        LineFeed(),
        Alignment(Align.CENTRE),
        Size(1, 1),
        Bold(False),
        LineFeed(),
        PrintQrCode(b"HTTPS://HUIMIN.EXAMPLE/C/1", 8, "M"),
        LineFeed(),
        Cut(),
    ]


def test_the_printer_understands_a_slip_byte_by_byte() -> None:
    job = encode_slip(SLIP)
    printer = CommandReader()
    found = [command for byte in job for command in printer.feed(bytes((byte,)))]
    assert merged(found) == merged(CommandReader().feed(job))


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_the_four_questions_are_asked_and_understood(n: int) -> None:
    assert ask_status(n) == bytes((0x10, 0x04, n))
    assert CommandReader().feed(ask_status(n)) == [AskStatus(n)]


@pytest.mark.parametrize(
    ("sent", "understood"),
    [
        (b"\x1dr\x01", [AskPaper()]),
        (b"\x1dr1", [AskPaper()]),
        (b"\x1dr\x02", []),
        (CLEAR, [Clear()]),
        (b"\x10\x05\x01", []),
        (b"\x10\x04\x09", []),
        (b"\x1bd\x03", [Feed(3)]),
        (b"\x1ba2", [Alignment(Align.RIGHT)]),
        (b"\x1ba\x09", []),
        (b"\x1da\x0e", [TellUnasked(True)]),
        (b"\x1da\x00", [TellUnasked(False)]),
        (b"\x1dv0\x00\x02\x00\x02\x00abcdX", [RasterRow(b"ab"), RasterRow(b"cd"), Text("X")]),
        (b"\x1dv03\x01\x00\x01\x00aX", [RasterRow(b"a", 2, 2), Text("X")]),
        (b"\x1dv0\x01\x01\x00\x01\x00aX", [RasterRow(b"a", 2, 1), Text("X")]),
        (b"\x1dv0\x09\x01\x00\x01\x00aX", [Text("X")]),
        (b"\x1dv0\x00\x00\x00\x09\x00X", [Text("X")]),
        (b"\x1dv0\x00\x00\x02\x02\x00" + b"z" * 1024 + b"X", [Text("X")]),
        (b"\x1dV\x00", [Cut()]),
        (b"\x1dV1", [Cut()]),
        (b"\x1dVA\x10", [Cut()]),
        (b"\x1d(L\x05\x00abcdeX", [Text("X")]),
        (b"\x1d(k\xff\xff" + b"z" * 0xFFFF + b"X", [Text("X")]),
        (b"\x1d(k\x03\x001Q0", []),
        (b"\x00\x07\x0d\x7fX", [Text("X")]),
        (b"\x1b!X", [Text("X")]),
        (b"\xbb\xdd", [Text("\ufffd\ufffd")]),
    ],
)
def test_other_commands_are_understood_or_skipped(sent: bytes, understood: list[Command]) -> None:
    assert merged(CommandReader().feed(sent)) == understood


STATUS_BYTES = [
    (1, 0x08, "offline"),
    (1, 0x20, "waits_for_recovery"),
    (1, 0x40, "feed_button"),
    (2, 0x04, "cover_open"),
    (2, 0x08, "fed_by_button"),
    (2, 0x20, "paper_end"),
    (2, 0x40, "error"),
    (3, 0x04, "recoverable_error"),
    (3, 0x08, "cutter_error"),
    (3, 0x20, "unrecoverable_error"),
    (3, 0x40, "passing_error"),
    (4, 0x04, "paper_near_end"),
    (4, 0x08, "paper_near_end"),
    (4, 0x20, "paper_end"),
    (4, 0x40, "paper_end"),
]


@pytest.mark.parametrize(("n", "bit", "name"), STATUS_BYTES)
def test_each_bit_of_the_four_status_bytes_means_one_thing(n: int, bit: int, name: str) -> None:
    answers = bytearray(b"\x12" * 4)
    answers[n - 1] |= bit
    assert PrinterStatus.decode(bytes(answers)) == replace(PrinterStatus(), **{name: True})


@pytest.mark.parametrize("name", [field.name for field in fields(PrinterStatus)])
def test_what_a_printer_answers_is_what_it_means(name: str) -> None:
    status = PrinterStatus.decode(replace(PrinterStatus(), **{name: True}).encode())
    assert getattr(status, name)


def test_bytes_without_the_fixed_pattern_are_no_status() -> None:
    right = {byte for byte in range(256) if f"{byte:08b}"[0] == "0" and f"{byte:08b}"[3] == "1"}
    right = {byte for byte in right if f"{byte:08b}"[6:] == "10"}
    assert {byte for byte in range(256) if is_status(byte)} == right
    assert len(right) == 16
    for byte in set(range(256)) - right:
        with pytest.raises(StatusByteError):
            PrinterStatus.decode(bytes((0x12, 0x12, byte, 0x12)))


@pytest.mark.parametrize("answers", [b"", b"\x12" * 3, b"\x12" * 5])
def test_a_status_has_four_bytes(answers: bytes) -> None:
    with pytest.raises(StatusByteError):
        PrinterStatus.decode(answers)


def test_the_two_kinds_of_answers_cannot_be_confused() -> None:
    assert not any(is_status(byte) and is_paper_in_order(byte) for byte in range(256))
    for status in (PrinterStatus(), PrinterStatus(paper_end=True), PrinterStatus(paper_near_end=True)):
        assert is_paper_in_order(status.encode_paper_in_order())


printable_ascii = st.characters(min_codepoint=32, max_codepoint=126)
parts = st.one_of(
    st.builds(
        TextLine,
        text=st.text(max_size=120),
        align=st.sampled_from(Align),
        scale=st.sampled_from([1, 2]),
        bold=st.booleans(),
    ),
    st.builds(QrCode, st.text(printable_ascii, min_size=1, max_size=QR_MAX)),
    st.just(Rule()),
    st.integers(1, 40).flatmap(
        lambda width: st.builds(
            RasterImage,
            st.just(width),
            st.lists(
                st.binary(min_size=(width + 7) // 8, max_size=(width + 7) // 8), min_size=1, max_size=200
            ).map(tuple),
        )
    ),
)


@given(st.lists(parts, max_size=8).map(tuple), st.randoms(use_true_random=False))
def test_any_slip_is_understood_however_its_bytes_are_cut(
    slip: tuple[SlipPart, ...], chance: random.Random
) -> None:
    job = encode_slip(slip)
    assert not any(bytes((0x10, code)) in job for code in (0x04, 0x05, 0x14)), "would act at once"
    assert lines_of(slip) >= len(slip)
    whole = merged(CommandReader().feed(job))
    assert whole[-1] == Cut()
    assert len([command for command in whole if isinstance(command, PrintQrCode)]) == sum(
        isinstance(part, QrCode) for part in slip
    )
    assert "\ufffd" in str(slip) or not any("\ufffd" in one.text for one in whole if isinstance(one, Text))
    printer = CommandReader()
    found: list[Command] = []
    at = 0
    while at < len(job):
        step = chance.randint(1, 30)
        found += printer.feed(job[at : at + step])
        at += step
    assert merged(found) == whole


@given(st.lists(st.binary(max_size=500), max_size=10))
def test_no_bytes_do_the_printer_harm(pieces: list[bytes]) -> None:
    printer = CommandReader()
    for piece in pieces:
        printer.feed(piece)
        assert len(printer._held) < 8000
