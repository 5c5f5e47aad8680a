"""What a receipt printer answers: every byte is told apart by its fixed bits."""

from __future__ import annotations

import random
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.protocols.escpos import PrinterStatus
from hardware.protocols.escpos_answers import (
    UNASKED_BYTES,
    AnswerReader,
    InOrder,
    Noise,
    StatusByte,
    Unasked,
    encode_unasked,
)

FINE = PrinterStatus()
OPEN = PrinterStatus(offline=True, cover_open=True)
UNASKED_BITS = [
    (0, 0x08, "offline"),
    (0, 0x20, "cover_open"),
    (0, 0x40, "fed_by_button"),
    (1, 0x01, "waits_for_recovery"),
    (1, 0x02, "feed_button"),
    (1, 0x04, "recoverable_error"),
    (1, 0x08, "cutter_error"),
    (1, 0x20, "unrecoverable_error"),
    (1, 0x40, "passing_error"),
    (2, 0x01, "paper_near_end"),
    (2, 0x02, "paper_near_end"),
    (2, 0x04, "paper_end"),
    (2, 0x08, "paper_end"),
]
ERRORS = ("recoverable_error", "cutter_error", "unrecoverable_error", "passing_error")


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (b"\x12", [StatusByte(0x12)]),
        (b"\x7e", [StatusByte(0x7E)]),
        (b"\x00", [InOrder(False, False)]),
        (b"\x03", [InOrder(True, False)]),
        (b"\x0f", [InOrder(True, True)]),
        (b"\x6c", [InOrder(False, True)]),
        (b"\x10\x00\x00\x00", [Unasked(FINE)]),
        (b"\x38\x00\x00\x00", [Unasked(OPEN)]),
        (b"\x10\x00\x13\x00\x11\x00", [Unasked(FINE)]),
        (b"\x11\x13", []),
        (b"\xff\x95\x19", [Noise(0xFF), Noise(0x95), Noise(0x19)]),
        (
            b"\x12\x10\x00\x00\x00\x00\x12",
            [StatusByte(0x12), Unasked(FINE), InOrder(False, False), StatusByte(0x12)],
        ),
    ],
)
def test_each_answer_is_told_by_its_fixed_bits(sent: bytes, found: list[object]) -> None:
    assert AnswerReader().feed(sent) == found
    reader = AnswerReader()
    assert [one for byte in sent for one in reader.feed(bytes((byte,)))] == found


@pytest.mark.parametrize(("place", "bit", "name"), UNASKED_BITS)
def test_each_bit_of_what_is_told_unasked_means_one_thing(place: int, bit: int, name: str) -> None:
    block = bytearray(b"\x10\x00\x00\x00")
    block[place] |= bit
    expected = replace(FINE, **{name: True}, error=name in ERRORS)
    assert AnswerReader().feed(bytes(block)) == [Unasked(expected)]


@pytest.mark.parametrize("name", [field.name for field in fields(PrinterStatus) if field.name != "error"])
def test_what_is_told_unasked_is_what_is_meant(name: str) -> None:
    (found,) = AnswerReader().feed(encode_unasked(replace(FINE, **{name: True})))
    assert isinstance(found, Unasked)
    assert getattr(found.status, name)


def test_nothing_told_unasked_is_taken_for_an_answer_that_a_job_is_done() -> None:
    """Whoever counts its bytes as answers to GS r believes in a slip that a power failure left undone."""
    for status in (FINE, OPEN, PrinterStatus(paper_end=True, offline=True)):
        assert not any(isinstance(one, InOrder) for one in AnswerReader().feed(encode_unasked(status)))


@pytest.mark.parametrize("length", [1, 2, 3])
def test_what_is_cut_short_confirms_nothing_and_the_next_answer_is_found(length: int) -> None:
    found = AnswerReader().feed(encode_unasked(FINE)[:length] + b"\x12\x00")
    assert found[length:] == [StatusByte(0x12), InOrder(False, False)]
    assert all(isinstance(one, Noise) for one in found[:length])


def test_what_was_begun_is_forgotten_when_the_line_is_new() -> None:
    reader = AnswerReader()
    assert reader.feed(b"\x10\x00") == []
    reader.clear()
    assert reader.feed(b"\x00") == [InOrder(False, False)]


@given(st.binary(max_size=300), st.randoms(use_true_random=False))
def test_any_bytes_are_found_the_same_however_they_are_cut(data: bytes, chance: random.Random) -> None:
    whole = AnswerReader().feed(data)
    reader = AnswerReader()
    found = []
    at = 0
    while at < len(data):
        step = chance.randint(1, 9)
        found += reader.feed(data[at : at + step])
        assert len(reader._held) < UNASKED_BYTES
        at += step
    assert found == whole
