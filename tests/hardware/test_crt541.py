"""The frames of the CRT-541, in both directions."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.protocols import crt541
from hardware.protocols.crt541 import (
    ADDRESSES,
    Acknowledged,
    Broken,
    Command,
    Fault,
    Found,
    Frame,
    FrameReader,
    NotAcknowledged,
    State,
    Working,
)

SAMPLES: list[tuple[str, Found]] = [
    ("02 30 30 41 50 03 10", Frame(0, b"AP")),
    ("02 30 35 44 43 03 03", Frame(5, b"DC")),
    ("02 31 35 52 53 03 04", Frame(15, b"RS")),
    ("02 30 30 30 30 03 01", Frame(0, b"00")),
    ("02 30 31 33 30 03 03", Frame(1, b"30")),
    ("06 30 31", Acknowledged(1)),
    ("15 31 35", NotAcknowledged(15)),
]
"""The BCC was worked out by hand from the specification's rule; the answer of unit 1 is its own example."""

COMMANDS = {
    Command.DISPENSE: "DC",
    Command.ENQUIRE: "AP",
    Command.RESET: "RS",
    Command.ALLOW_PREPARING: "IP",
    Command.FORBID_PREPARING: "IE",
    Command.BAUD_1200: "B0",
    Command.BAUD_38400: "B5",
}


def found(text: str) -> bytes:
    return bytes.fromhex(text)


def whole_only(everything: list[Found]) -> list[Found]:
    return [one for one in everything if not isinstance(one, Broken)]


@pytest.mark.parametrize(("text", "meaning"), SAMPLES)
def test_the_bytes_are_those_of_the_specification(text: str, meaning: Found) -> None:
    match meaning:
        case Frame(address, body):
            assert crt541.frame(address, body) == found(text)
        case Acknowledged(address):
            assert crt541.answer(address, understood=True) == found(text)
        case NotAcknowledged(address):
            assert crt541.answer(address, understood=False) == found(text)


@pytest.mark.parametrize(("command", "characters"), COMMANDS.items())
def test_a_command_has_the_characters_of_the_specification(command: Command, characters: str) -> None:
    assert command.value == characters.encode()
    assert crt541.command(characters.encode()) is command


@pytest.mark.parametrize("asked", [b"", b"D", b"CP", b"EJ", b"\x00\x00", b"B6"])
def test_an_unknown_command_is_none(asked: bytes) -> None:
    assert crt541.command(asked) is None


@pytest.mark.parametrize("working", list(Working))
def test_a_state_is_read_as_it_is_written(working: Working) -> None:
    state = State(working, crt541.STACKER_ENOUGH)
    assert State.decode(state.encode()) == state
    assert state.enough is True


def test_a_state_without_a_public_meaning_is_kept_as_a_number() -> None:
    state = State.decode(b"\x32\x31")
    assert (state.working, state.stacker, state.enough) == (0x32, 0x31, None)
    assert state.encode() == b"\x32\x31"


@pytest.mark.parametrize(("text", "meaning"), SAMPLES)
def test_a_sample_is_found_whole(text: str, meaning: Found) -> None:
    assert FrameReader().feed(found(text)) == [meaning]


@pytest.mark.parametrize(("text", "meaning"), SAMPLES)
def test_a_sample_is_found_byte_by_byte(text: str, meaning: Found) -> None:
    frames = FrameReader()
    *before, last = [frames.feed(bytes((byte,))) for byte in found(text)]
    assert not any(before)
    assert last == [meaning]


def test_several_samples_at_once_are_found_in_order() -> None:
    stream = b"".join(found(text) for text, _ in SAMPLES)
    assert FrameReader().feed(stream) == [meaning for _, meaning in SAMPLES]


NOISES = [
    "00",
    "02",
    "06",
    "15",
    "02 30",
    "06 31",
    "02 31 36",
    "15 32",
    "02 02 06 06",
    "FF FF 03",
    "02 06 30",
]


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize(("text", "meaning"), SAMPLES)
def test_noise_before_a_sample_is_skipped(noise: str, text: str, meaning: Found) -> None:
    assert FrameReader().feed(found(noise) + found(text)) == [meaning]


def test_a_frame_behind_a_wrong_checksum_is_found() -> None:
    stream = found("02 30 30 41 50 03 11") + found("02 30 30 30 30 03 01")
    assert FrameReader().feed(stream) == [Broken(Fault.CHECKSUM), Frame(0, b"00")]


@pytest.mark.parametrize("text", [text for text, meaning in SAMPLES if isinstance(meaning, Frame)])
def test_any_single_wrong_bit_is_noticed(text: str) -> None:
    for at in range(7):
        for bit in range(8):
            wrong = bytearray(found(text))
            wrong[at] ^= 1 << bit
            frames = FrameReader()
            everything = frames.feed(bytes(wrong)) + frames.give_up()
            assert not [one for one in everything if isinstance(one, Frame)]


def test_a_frame_cut_short_is_given_up_when_the_line_falls_silent() -> None:
    frames = FrameReader()
    assert frames.feed(found("02 30 30 30")) == []
    begun = frames.begun
    assert frames.give_up() == [Broken(Fault.CUT_SHORT)]
    assert (begun, frames.begun) == (True, False)


def test_an_answer_behind_a_false_beginning_is_found_when_the_line_falls_silent() -> None:
    frames = FrameReader()
    assert frames.feed(found("02 30 30 06 30 31")) == []
    assert frames.give_up() == [Broken(Fault.CUT_SHORT), Acknowledged(1)]


def test_a_control_character_alone_is_no_fault() -> None:
    frames = FrameReader()
    frames.feed(b"\x06")
    assert frames.give_up() == []


@pytest.mark.parametrize("address", [-1, 16, 99])
def test_an_address_beyond_the_bounds_is_refused(address: int) -> None:
    with pytest.raises(ValueError):
        crt541.frame(address, b"AP")
    with pytest.raises(ValueError):
        crt541.answer(address, understood=True)


@pytest.mark.parametrize("body", [b"", b"A", b"APP"])
def test_a_body_of_another_length_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        crt541.frame(0, body)
    with pytest.raises(ValueError):
        State.decode(body)


addresses = st.sampled_from(ADDRESSES)
bodies = st.binary(min_size=2, max_size=2)
sent = st.one_of(
    st.builds(lambda address, body: (crt541.frame(address, body), Frame(address, body)), addresses, bodies),
    addresses.map(lambda one: (crt541.answer(one, understood=True), Acknowledged(one))),
    addresses.map(lambda one: (crt541.answer(one, understood=False), NotAcknowledged(one))),
)
lines = st.lists(st.one_of(sent.map(lambda one: one[0]), st.binary(max_size=9)), max_size=12).map(b"".join)


@given(st.lists(sent, min_size=1, max_size=6), st.binary(max_size=40))
def test_every_message_after_noise_is_found_once_the_line_was_silent(
    messages: list[tuple[bytes, Found]], noise: bytes
) -> None:
    frames = FrameReader()
    frames.feed(noise)
    frames.give_up()
    assert frames.feed(b"".join(data for data, _ in messages)) == [meaning for _, meaning in messages]


@given(lines, st.randoms(use_true_random=False))
def test_what_is_found_does_not_depend_on_how_the_bytes_are_cut(line: bytes, chance: random.Random) -> None:
    expected = (frames := FrameReader()).feed(line) + frames.give_up()
    frames = FrameReader()
    everything: list[Found] = []
    at = 0
    while at < len(line):
        step = chance.randint(1, 9)
        everything += frames.feed(line[at : at + step])
        at += step
    assert everything + frames.give_up() == expected


@given(st.lists(st.binary(max_size=400), max_size=10))
def test_no_bytes_do_harm_or_fill_the_memory(pieces: list[bytes]) -> None:
    frames = FrameReader()
    for piece in pieces:
        frames.feed(piece)
        assert len(frames._held) < crt541.FRAME_BYTES
