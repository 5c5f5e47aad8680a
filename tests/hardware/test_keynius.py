"""The answers of the Keynius keypad, and the table that its owner brings along."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.protocols import keynius
from hardware.protocols.keynius import (
    Broken,
    Done,
    Fault,
    Frame,
    FrameReader,
    Key,
    KeyPressed,
    Message,
    Refusal,
    Refused,
    Table,
    Unknown,
)

PUBLIC: dict[str, Message] = {
    "02 02 AA A8 03": Done(),
    "02 03 55 E1 B7 03": Refused(Refusal.INVALID_COMMAND),
    "02 03 55 E0 B6 03": Refused(Refusal.WRONG_CHECK),
}
SAMPLES = [bytes.fromhex(text) for text in PUBLIC]
CODES: dict[bytes, Key | int] = {
    **{bytes((0xAA, 0x70 + digit)): digit for digit in range(10)},
    **{bytes((0xAA, 0x7A + at)): key for at, key in enumerate(Key)},
}
TABLE = Table(b"\x01", b"\x02", CODES)
"""Of no pad: codes of this test."""


def bodies(found: list[Frame | Broken]) -> list[bytes]:
    return [bytes(one.body) for one in found if isinstance(one, Frame)]


def body_of(sample: bytes) -> bytes:
    return sample[2:-2]


@pytest.mark.parametrize(("text", "says"), PUBLIC.items())
def test_the_public_answers_are_understood_and_made(text: str, says: Message) -> None:
    sample = bytes.fromhex(text)
    assert keynius.frame(body_of(sample)) == sample
    (found,) = FrameReader().feed(sample)
    assert isinstance(found, Frame)
    assert keynius.message(found.body, None) == says
    assert found.body == b""


@pytest.mark.parametrize("sample", SAMPLES, ids=bytes.hex)
def test_a_frame_is_found_byte_by_byte(sample: bytes) -> None:
    frames = FrameReader()
    *before, last = [frames.feed(bytes((byte,))) for byte in sample]
    assert not any(before)
    assert bodies(last) == [body_of(sample)]


def test_several_frames_at_once_are_found_in_order() -> None:
    assert bodies(FrameReader().feed(b"".join(SAMPLES))) == [body_of(sample) for sample in SAMPLES]


@pytest.mark.parametrize(
    "noise",
    [b"\x00", b"\x02", b"\x02\x02", b"\x02\xff", b"\x02\x01", b"\x03" * 99, bytes(range(256))],
    ids=bytes.hex,
)
@pytest.mark.parametrize("sample", SAMPLES, ids=bytes.hex)
def test_a_frame_is_found_after_noise_once_the_line_is_silent(noise: bytes, sample: bytes) -> None:
    frames = FrameReader()
    assert bodies(frames.feed(noise + sample) + frames.give_up())[-1] == body_of(sample)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("02 02 AA A9 03", Fault.CHECK),
        ("02 02 AA A8 04", Fault.END),
        ("02 01", Fault.LENGTH),
        ("02 00", Fault.LENGTH),
    ],
)
def test_what_is_wrong_with_a_frame_is_said(text: str, fault: Fault) -> None:
    assert Broken(fault) in FrameReader().feed(bytes.fromhex(text))


def test_any_single_wrong_bit_is_noticed() -> None:
    for sample in SAMPLES:
        for at in range(len(sample) * 8):
            wrong = bytearray(sample)
            wrong[at // 8] ^= 1 << at % 8
            frames = FrameReader()
            assert bodies(frames.feed(bytes(wrong)) + frames.give_up()) == [], (sample, at)


def test_a_frame_cut_short_is_given_up_when_the_line_falls_silent() -> None:
    frames = FrameReader()
    assert frames.feed(SAMPLES[0][:3]) == []
    assert frames.begun
    assert Broken(Fault.CUT_SHORT) in frames.give_up()
    assert bodies(frames.feed(SAMPLES[0])) == [body_of(SAMPLES[0])]


def test_keys_are_known_by_the_table_alone() -> None:
    for code, key in CODES.items():
        assert keynius.message(bytearray(code), None) == Unknown()
        pressed = keynius.message(bytearray(code), TABLE)
        assert isinstance(pressed, KeyPressed)
        assert pressed.what == (key if isinstance(key, Key) else str(key).encode())
        assert repr(pressed) == "KeyPressed()"


def test_a_refusal_that_is_not_public_has_no_reason() -> None:
    assert keynius.message(bytearray.fromhex("55 EE"), None) == Refused(None)


@pytest.mark.parametrize(
    ("codes", "says"),
    [
        ({code: key for code, key in CODES.items() if key not in (7, Key.ENTER)}, "7, enter"),
        (CODES | {b"\xaa": Key.F1}, "one of the pad's answers"),
        (CODES | {b"\x55\xe1": Key.F1}, "one of the pad's answers"),
        (CODES | {b"": Key.F1}, "too long"),
    ],
)
def test_a_table_that_cannot_be_the_manuals_is_refused(codes: dict[bytes, Key | int], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Table(b"\x01", b"\x02", codes)
    with pytest.raises(ValueError, match="1 to 64"):
        Table(b"", b"\x02", CODES)


sent = st.binary(min_size=1, max_size=60).map(keynius.frame)
anything = st.one_of(
    sent, st.binary(max_size=40), st.builds(lambda one, at: one[: at % len(one)], sent, st.integers(1, 60))
)


@given(st.lists(anything, max_size=12).map(b"".join), st.randoms(use_true_random=False))
def test_what_is_found_does_not_depend_on_how_the_bytes_are_cut(line: bytes, chance: random.Random) -> None:
    whole = FrameReader()
    expected = whole.feed(line) + whole.give_up()
    frames, at = FrameReader(), 0
    found: list[Frame | Broken] = []
    while at < len(line):
        step = chance.randint(1, 50)
        found += frames.feed(line[at : at + step])
        at += step
    assert found + frames.give_up() == expected


@given(st.lists(sent, min_size=1, max_size=6), st.binary(max_size=60).filter(lambda noise: 2 not in noise))
def test_every_frame_after_noise_is_found(frames_sent: list[bytes], noise: bytes) -> None:
    assert bodies(FrameReader().feed(noise + b"".join(frames_sent))) == [body_of(one) for one in frames_sent]


@given(st.lists(st.binary(max_size=2000), max_size=20))
def test_no_bytes_do_harm_or_fill_the_memory(pieces: list[bytes]) -> None:
    frames = FrameReader()
    for piece in pieces:
        for found in frames.feed(piece):
            if isinstance(found, Frame):
                keynius.message(found.body, TABLE)
        assert len(frames._held) <= 258


@given(st.binary(max_size=255))
def test_every_body_has_a_meaning(body: bytes) -> None:
    for table in (None, TABLE):
        assert isinstance(keynius.message(bytearray(body), table), Message)
