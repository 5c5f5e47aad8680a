"""The frames of the SmartPIN pads, against the examples of the maker's manuals."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.protocols import smartpin
from hardware.protocols.smartpin import (
    KEY_PRESSED,
    MAX_BODY,
    Accepted,
    Broken,
    Command,
    Fault,
    Frame,
    FrameReader,
    FunctionKey,
    KeyPressed,
    KeyState,
    KeyType,
    Refusal,
    Refused,
)

COMMANDS = {
    Command.GET_FUNCTION_KEY: "02 03 00 75 46 0B 38 C6 03",
    Command.CANCEL: "02 03 00 75 46 09 3A C4 03",
    Command.GET_VERSION: "02 03 00 78 46 01 3F BF 03",
    Command.GET_SERIAL_NUMBER: "02 03 00 78 46 02 3C C0 03",
    Command.GET_LENGTHS: "02 03 00 75 52 00 27 C7 03",
    Command.GET_KEY_STATUS: "02 03 00 78 46 25 1B E3 03",
}
VERSION = "022500064944205445434820536d61727450494e204c313030204669726d776172652056312e30303a7403"
NUMBER = "020b000630313233343536373839071303"
PRESSED = "0204000657465047f303"
KEYS = (
    "0263000618000000000001000000030000000400000006000000070000000800000008000100080002000800030008000400"
    "080005000800060008000700080008000800090008000a0008000b000a0000000a03e8000c0000000d0000001400000128000000ce2a03"
)
SAMPLES = [bytes.fromhex(text) for text in (*COMMANDS.values(), VERSION, NUMBER, PRESSED, KEYS)]
DIGITS = b"2578906"


def bodies(found: list[Frame | Broken]) -> list[bytes]:
    return [bytes(one.body) for one in found if isinstance(one, Frame)]


def body_of(sample: bytes) -> bytes:
    return sample[3:-3]


def answer(sample: str) -> smartpin.Answer:
    (found,) = FrameReader().feed(bytes.fromhex(sample))
    assert isinstance(found, Frame)
    return smartpin.answer(found.body)


@pytest.mark.parametrize(("command", "text"), COMMANDS.items())
def test_a_command_has_the_bytes_of_the_manual(command: Command, text: str) -> None:
    assert command.encode() == bytes.fromhex(text)


@pytest.mark.parametrize("sample", SAMPLES, ids=bytes.hex)
def test_a_frame_is_found_whole_and_made_again(sample: bytes) -> None:
    assert bodies(FrameReader().feed(sample)) == [body_of(sample)]
    assert smartpin.frame(body_of(sample)) == sample


@pytest.mark.parametrize("sample", SAMPLES, ids=bytes.hex)
def test_a_frame_is_found_byte_by_byte(sample: bytes) -> None:
    frames = FrameReader()
    *before, last = [frames.feed(bytes((byte,))) for byte in sample]
    assert not any(before)
    assert bodies(last) == [body_of(sample)]
    assert not frames.begun


def test_several_frames_at_once_are_found_in_order() -> None:
    assert bodies(FrameReader().feed(b"".join(SAMPLES))) == [body_of(sample) for sample in SAMPLES]


NOISE = [
    b"\x00",
    b"\x02",
    b"\x02\x02\x02",
    b"\x02\x05",
    b"\x02\x00\x00",
    b"\x02\xff\xff",
    bytes(range(256)),
    b"\x03" * 99,
]


@pytest.mark.parametrize("noise", NOISE, ids=bytes.hex)
@pytest.mark.parametrize("sample", SAMPLES, ids=bytes.hex)
def test_a_frame_is_found_after_noise_once_the_line_is_silent(noise: bytes, sample: bytes) -> None:
    frames = FrameReader()
    assert bodies(frames.feed(noise + sample) + frames.give_up())[-1] == body_of(sample)


def test_any_single_wrong_bit_is_noticed() -> None:
    sample = bytes.fromhex(VERSION)
    for at in range(len(sample)):
        wrong = bytearray(sample)
        wrong[at] ^= 1 << at % 8
        frames = FrameReader()
        assert bodies(frames.feed(bytes(wrong)) + frames.give_up()) == [], at


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("02 03 00 75 46 0B 39 C6 03", Fault.CHECK),
        ("02 03 00 75 46 0B 38 C7 03", Fault.CHECK),
        ("02 03 00 75 46 0B 38 C6 04", Fault.END),
        ("02 00 00", Fault.LENGTH),
        ("02 01 02", Fault.LENGTH),
    ],
)
def test_what_is_wrong_with_a_frame_is_said(text: str, fault: Fault) -> None:
    assert Broken(fault) in FrameReader().feed(bytes.fromhex(text))


def test_a_frame_cut_short_is_given_up_when_the_line_falls_silent() -> None:
    frames = FrameReader()
    assert frames.feed(bytes.fromhex(VERSION)[:20]) == []
    assert frames.begun
    assert Broken(Fault.CUT_SHORT) in frames.give_up()
    assert bodies(frames.feed(SAMPLES[0])) == [body_of(SAMPLES[0])]


@pytest.mark.parametrize("length", [0, MAX_BODY + 1])
def test_a_body_that_does_not_fit_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="1 to 512"):
        smartpin.frame(bytes(length))


def test_the_answers_of_the_manual_are_understood() -> None:
    version = answer(VERSION)
    assert isinstance(version, Accepted)
    assert version.data == b"ID TECH SmartPIN L100 Firmware V1.00"
    number = smartpin.answer(bytearray.fromhex("06 07 25 78 90 6F" + "FF" * 12))
    assert isinstance(number, Accepted)
    assert number.data == smartpin.packed(DIGITS)
    assert smartpin.digits(number.data) == DIGITS
    assert number.data == b""
    lengths = smartpin.answer(bytearray.fromhex("06 75 02 01 02 04 0C 02 02 01 10"))
    assert isinstance(lengths, Accepted)
    assert smartpin.pin_lengths(lengths.data) == (4, 12)
    assert answer(PRESSED) == KeyPressed()
    keys = answer(KEYS)
    assert isinstance(keys, Accepted)
    states = smartpin.key_states(keys.data)
    assert len(states) == 24
    assert states[0x14, 0] is KeyState.PRESENT
    assert states[0x0A, 1000] is KeyState.ABSENT


def test_refusals_are_understood_and_unknown_ones_kept() -> None:
    assert smartpin.answer(bytearray.fromhex("151800")) == Refused(Refusal.CANCELED)
    assert smartpin.answer(bytearray.fromhex("150400")) == Refused(Refusal.NO_PIN_KEY)
    assert smartpin.answer(bytearray.fromhex("15ABCD")) == Refused(b"\xab\xcd")
    assert smartpin.answer(bytearray.fromhex("15")) == Refused(b"")


@pytest.mark.parametrize("key", FunctionKey)
def test_function_keys_are_told_apart(key: FunctionKey) -> None:
    assert smartpin.function_key(bytearray(key.value)) is key


@pytest.mark.parametrize(
    ("data", "ksn", "block"),
    [
        (b"FFFF9876543210E000011B9C1845EB993A7A", "ffff9876543210e00001", "1b9c1845eb993a7a"),
        (b"1b9c1845eb993a7a", "", "1b9c1845eb993a7a"),
    ],
)
def test_a_pin_block_comes_with_its_serial_number(data: bytes, ksn: str, block: str) -> None:
    found = smartpin.pin_block(bytearray(data))
    assert (found.ksn.hex(), found.block.hex()) == (ksn, block)


@pytest.mark.parametrize(
    "data", [b"", b"1234", b"1b9c1845eb993a7", b"1b9c 845eb993a7a", b"\xff" * 16, b"g" * 16]
)
def test_what_is_no_pin_block_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="16 hexadecimal"):
        smartpin.pin_block(bytearray(data))


def test_the_entry_of_a_pin_is_asked_with_the_pads_sixteen_digits() -> None:
    body = smartpin.pin_entry(KeyType.DUKPT, "6222000000001234567", b"PIN")
    assert body == b"\x01" + b"2000000001234567" + b"\x03PIN"
    assert smartpin.pin_entry(KeyType.MASTER_SESSION, "4012345678909", b"PIN")[:17] == b"\x000004012345678909"


@pytest.mark.parametrize(
    ("pan", "message"),
    [("123", b"PIN"), ("x" * 16, b"PIN"), ("1" * 16, b""), ("1" * 16, b"\x00"), ("1" * 16, b"P" * 21)],
)
def test_an_entry_that_the_pad_could_not_take_is_refused_without_its_digits(pan: str, message: bytes) -> None:
    with pytest.raises(ValueError) as raised:
        smartpin.pin_entry(KeyType.DUKPT, pan, message)
    assert pan not in str(raised.value)


@given(st.text("0123456789", min_size=1, max_size=16).map(str.encode))
def test_a_number_is_packed_and_unpacked(number: bytes) -> None:
    assert smartpin.digits(smartpin.packed(number)) == number


@pytest.mark.parametrize(
    ("minimum", "maximum", "prompt"), [(0, 4, 256), (5, 4, 256), (1, 17, 256), (1, 4, 255)]
)
def test_a_number_that_the_pad_could_not_take_is_not_asked_for(
    minimum: int, maximum: int, prompt: int
) -> None:
    assert smartpin.number_entry(6, 12, bytes(256))[:3].hex() == "010c06"
    with pytest.raises(ValueError, match=r"16 digits|256 bytes"):
        smartpin.number_entry(minimum, maximum, bytes(prompt))


def test_digits_are_in_no_repr_and_are_wiped_when_they_are_let_go() -> None:
    frames = FrameReader()
    (found,) = frames.feed(smartpin.frame(b"\x06" + smartpin.packed(DIGITS)))
    assert isinstance(found, Frame)
    body = found.body
    understood = smartpin.answer(body)
    assert isinstance(understood, Accepted)
    assert repr(found) + repr(understood) == "Frame()Accepted()"
    assert body == b""
    data = understood.data
    assert smartpin.digits(data) == DIGITS
    assert data == b""
    assert frames._held == b""


@pytest.mark.parametrize(
    "data", ["", "00", "02 1F", "02 1A", "01 11", "11" + "11" * 16, "02 12 F0", "01 1F" + "FF" * 16, "7F 12"]
)
def test_what_is_no_number_is_refused_and_wiped(data: str) -> None:
    held = bytearray.fromhex(data)
    with pytest.raises(ValueError, match="1 to 16 digits"):
        smartpin.digits(held)
    assert held == b""


sent = st.binary(min_size=1, max_size=60).map(smartpin.frame)
anything = st.one_of(
    sent,
    st.binary(max_size=40),
    st.just(b"\x02"),
    st.builds(lambda one, at: one[: at % len(one)], sent, st.integers(1, 60)),
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


@given(st.lists(st.binary(max_size=3000), max_size=20))
def test_no_bytes_do_harm_or_fill_the_memory(pieces: list[bytes]) -> None:
    frames = FrameReader()
    for piece in pieces:
        for found in frames.feed(piece):
            if isinstance(found, Frame):
                understand(bytes(found.body))
        assert len(frames._held) <= MAX_BODY + 6


@given(st.binary(max_size=120))
def test_no_body_gives_anything_but_an_answer_or_a_typed_error(body: bytes) -> None:
    understand(body)
    understand(b"\x06" + body)
    understand(b"\x15" + body)


READERS = (
    smartpin.digits,
    smartpin.pin_block,
    smartpin.function_key,
    smartpin.key_states,
    smartpin.pin_lengths,
)


def understand(body: bytes) -> None:
    try:
        found = smartpin.answer(bytearray(body))
    except ValueError:
        return
    if isinstance(found, Accepted):
        for read in READERS:
            try:
                read(bytearray(found.data))
            except ValueError:
                continue
    assert isinstance(found, KeyPressed) == (body == KEY_PRESSED)
