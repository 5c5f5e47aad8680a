"""The frames of the CRT-188 and CRT-310, in both directions."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.protocols import crt188
from hardware.protocols.crt188 import (
    MAX_LEN,
    Broken,
    Command,
    Control,
    Done,
    Fault,
    Found,
    Frame,
    FrameReader,
    Position,
    Refusal,
    Refused,
    ReplyError,
    Result,
    Sensors,
    State,
    TrackFault,
)

ASKED = {
    Command.RESET_EJECT: "02 00 02 30 31 03 02",
    Command.READ_SERIAL_NUMBER: "02 00 02 30 3A 03 09",
    Command.STATE: "02 00 02 31 30 03 02",
    Command.SENSORS: "02 00 02 31 2F 03 1D",
    Command.EJECT: "02 00 02 32 30 03 01",
    Command.RETAIN: "02 00 02 32 33 03 02",
    Command.STOP_INSIDE: "02 00 02 2E 32 03 1F",
}
"""Commands without data; the frame of the serial number is the maker's own, the BCC of each by hand."""
ANSWERED = [
    "02 00 0B 30 3A 59 07 43 52 54 2D 32 38 34 03 08",
    "02 00 03 32 30 59 03 59",
    "02 00 05 31 30 4E 4A 4E 03 4F",
    "02 00 03 4E 32 02 03 7C",
]
"""The serial number "CRT-284" of the maker's sheet, a card that was moved, the state, a refusal."""
SAMPLES = [*ASKED.values(), *ANSWERED]


def body(text: str) -> bytes:
    return bytes.fromhex(text)[3:-2]


def bodies(found: list[Found]) -> list[bytes]:
    return [one.body for one in found if isinstance(one, Frame)]


@pytest.mark.parametrize(("command", "text"), ASKED.items())
def test_a_command_has_its_bytes(command: Command, text: str) -> None:
    assert command.encode() == bytes.fromhex(text)
    assert crt188.command(body(text)) is command


def test_the_commands_with_data() -> None:
    assert Command.OPEN_ENTRY.encode(crt188.REAR_CLOSED) == bytes.fromhex("02 00 03 2F 33 31 03 2F")
    assert Command.READ_TRACKS.encode(crt188.TRACK_2) == bytes.fromhex("02 00 04 45 30 30 32 03 72")


@pytest.mark.parametrize("asked", [b"", b"\x30", b"\x30\x3b", b"\x80\x30", b"\x34\x33", b"\x35\x30"])
def test_what_is_not_public_or_not_ours_is_no_command(asked: bytes) -> None:
    assert crt188.command(asked) is None


@pytest.mark.parametrize("text", SAMPLES)
def test_a_sample_is_found_whole(text: str) -> None:
    assert FrameReader().feed(bytes.fromhex(text)) == [Frame(body(text))]


@pytest.mark.parametrize("text", SAMPLES)
def test_a_sample_is_found_byte_by_byte(text: str) -> None:
    frames = FrameReader()
    *before, last = [frames.feed(bytes((byte,))) for byte in bytes.fromhex(text)]
    assert not any(before)
    assert last == [Frame(body(text))]


def test_several_samples_and_the_handshake_at_once_are_found_in_order() -> None:
    stream = b"".join(control.encode() + bytes.fromhex(text) for control in Control for text in SAMPLES)
    expected = [one for control in Control for text in SAMPLES for one in (control, Frame(body(text)))]
    assert FrameReader().feed(stream) == expected


NOISES = ["00", "FF FF FF", "31 32 33", "02 FF", "02 00 00", "02 00 01", "02 FF FF", "03", "7F 02 FF 00"]


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("text", SAMPLES)
def test_noise_before_a_sample_is_skipped(noise: str, text: str) -> None:
    assert bodies(FrameReader().feed(bytes.fromhex(noise) + bytes.fromhex(text))) == [body(text)]


def test_a_frame_behind_a_wrong_checksum_is_found() -> None:
    found = FrameReader().feed(bytes.fromhex("02 00 03 32 30 59 03 58") + bytes.fromhex(ANSWERED[1]))
    assert found[0] == Broken(Fault.CHECKSUM)
    assert bodies(found) == [body(ANSWERED[1])]


@pytest.mark.parametrize("text", SAMPLES)
def test_any_single_wrong_bit_is_noticed(text: str) -> None:
    sample = bytes.fromhex(text)
    for at in range(len(sample)):
        for bit in range(8):
            wrong = bytearray(sample)
            wrong[at] ^= 1 << bit
            frames = FrameReader()
            assert bodies(frames.feed(bytes(wrong)) + frames.give_up()) == []


@pytest.mark.parametrize("length", [0, 1, MAX_LEN + 1, 0xFFFF])
def test_a_length_beyond_the_bounds_is_refused_at_once(length: int) -> None:
    assert FrameReader().feed(b"\x02" + length.to_bytes(2, "big"))[0] == Broken(Fault.LENGTH)


def test_a_frame_cut_short_is_given_up_when_the_line_falls_silent() -> None:
    frames = FrameReader()
    assert frames.feed(bytes.fromhex(ANSWERED[0])[:9]) == []
    begun = frames.begun
    assert frames.give_up() == [Broken(Fault.CUT_SHORT)]
    assert (begun, frames.begun) == (True, False)
    assert bodies(frames.feed(bytes.fromhex(ANSWERED[0]))) == [body(ANSWERED[0])]


def test_a_body_too_long_or_too_short_for_a_frame_is_refused() -> None:
    assert len(crt188.frame(bytes(MAX_LEN))) == MAX_LEN + 5
    for wrong in (b"", b"\x30", bytes(MAX_LEN + 1)):
        with pytest.raises(ValueError):
            crt188.frame(wrong)


def test_a_reply_belongs_to_its_command() -> None:
    assert crt188.reply_to(Command.EJECT, body(ANSWERED[1])) == Done(b"\x59")
    assert crt188.reply_to(Command.RETAIN, body(ANSWERED[1])) is None
    assert crt188.reply_to(Command.STATE, body(ANSWERED[1])) is None


@pytest.mark.parametrize("written", [2, 0x32])
def test_a_refusal_says_why(written: int) -> None:
    assert crt188.reply_to(Command.EJECT, bytes((0x4E, 0x32, written))) == Refused(Refusal.NOT_POSSIBLE)
    assert crt188.reply_to(Command.STATE, bytes((0x4E, 0x32, written))) is None


def test_a_refusal_without_a_known_reason_is_kept_as_a_number() -> None:
    assert crt188.reply_to(Command.EJECT, b"\x4e\x32\x63") == Refused(0x63)
    assert crt188.reply_to(Command.EJECT, b"\x4e\x32") is None


@pytest.mark.parametrize("result", list(Result))
def test_the_result_is_the_last_byte(result: Result) -> None:
    assert Done(bytes((0x30, result.value))).result is result
    assert Done(b"").result is None
    assert Done(b"\x00").result is None


@pytest.mark.parametrize("position", list(Position))
def test_the_state_says_where_the_card_is(position: Position) -> None:
    assert State.decode(bytes((position.value, 0x4A, 0x4E))) == State(position, entry_open=True)
    assert State.decode(bytes((position.value, 0x4E, 0x4E))) == State(position, entry_open=False)


@pytest.mark.parametrize("data", [b"", b"\x4a", b"\x00\x4e\x4e", b"\x4f\x4e\x4e"])
def test_a_state_of_another_form_is_a_typed_error(data: bytes) -> None:
    with pytest.raises(ReplyError):
        State.decode(data)


@pytest.mark.parametrize("barriers", [b"00000", b"010101"])
def test_the_sensors_of_both_models(barriers: bytes) -> None:
    assert Sensors.decode(barriers + b"10") == Sensors(shutter_open=True, card_at_mouth=False)
    assert Sensors.decode(barriers + b"01") == Sensors(shutter_open=False, card_at_mouth=True)


@pytest.mark.parametrize("data", [b"", b"00", b"00x00", b"0002"])
def test_sensors_of_another_form_are_a_typed_error(data: bytes) -> None:
    with pytest.raises(ReplyError):
        Sensors.decode(data)


def test_the_serial_number_of_the_makers_sheet() -> None:
    reply = crt188.reply_to(Command.READ_SERIAL_NUMBER, body(ANSWERED[0]))
    assert isinstance(reply, Done)
    assert crt188.serial_number(reply.data) == "CRT-284"


@pytest.mark.parametrize("data", [b"", b"N", b"Y\x02A", b"Y\x11" + b"A" * 17, b"Y\x01\x00", b"Y\x01\xff"])
def test_a_serial_number_of_another_form_is_a_typed_error(data: bytes) -> None:
    with pytest.raises(ReplyError):
        crt188.serial_number(data)


def test_the_commands_to_a_chip() -> None:
    select = bytes.fromhex("00A4040000")
    assert Command.EXCHANGE_T0.encode(crt188.chip_data(select)) == bytes.fromhex(
        "02 00 09 37 31 00 05 00 A4 04 00 00 03 AB"
    )
    with pytest.raises(ValueError):
        crt188.chip_data(bytes(MAX_LEN - 3))
    assert len(Command.EXCHANGE_T1.encode(crt188.chip_data(bytes(MAX_LEN - 4)))) == MAX_LEN + 5


def test_which_chip_a_card_has() -> None:
    assert crt188.chip_protocol(b"10") is Command.EXCHANGE_T0
    assert crt188.chip_protocol(b"11") is Command.EXCHANGE_T1
    for other in (b"", b"1", b"N0", b"00", b"30", b"100"):
        assert crt188.chip_protocol(other) is None


def test_whether_a_chip_answered_to_its_reset() -> None:
    assert crt188.chip_was_reset(b"Y")
    assert crt188.chip_was_reset(b"Z\x00\x01\x3b")
    assert not any(map(crt188.chip_was_reset, (b"", b"N", b"E", b"W")))


def test_the_answer_of_a_chip() -> None:
    assert crt188.chip_answer(b"Y\x00\x02\x90\x00") == b"\x90\x00"
    assert crt188.chip_answer(b"E") is Result.NO_CARD


@pytest.mark.parametrize("data", [b"", b"X", b"Y", b"Y\x00", b"Y\x00\x03\x90\x00", b"Y\x00\x01\x90\x00"])
def test_an_answer_of_a_chip_in_another_form_is_a_typed_error(data: bytes) -> None:
    with pytest.raises(ReplyError):
        crt188.chip_answer(data)


TRACKS = [
    (b"02\x1fY6200=30121010", "6200=30121010"),
    (b"02\x1f\x1fY6200=30121010\x1f", "6200=30121010"),
    (b"02\x1fN\xe4", TrackFault.CHECK),
    (b"02\x1fN\xe5\x1f", TrackFault.BLANK),
    (b"02E", Result.NO_CARD),
    (b"02W", Result.WRONG_POSITION),
]


@pytest.mark.parametrize(("data", "track"), TRACKS)
def test_a_track(data: bytes, track: str | TrackFault | Result) -> None:
    assert crt188.track_of(data) == track


@pytest.mark.parametrize(
    "data",
    [b"", b"02", b"07\x1fY1", b"02Y1", b"02\x1f", b"02\x1fX", b"02\x1fN", b"02\x1fN\x01", b"02\x1fY\xff",
     b"02\x1fY1\x1fY2"],
)  # fmt: skip
def test_a_track_of_another_form_is_a_typed_error(data: bytes) -> None:
    with pytest.raises(ReplyError):
        crt188.track_of(data)


def test_what_a_card_says_is_in_no_repr() -> None:
    assert "private" not in repr(Frame(b"private")) + repr(Done(b"private"))


sent = st.one_of(
    st.sampled_from(Control).map(lambda one: (one.encode(), one)),
    st.binary(min_size=2, max_size=80).map(lambda content: (crt188.frame(content), Frame(content))),
)
lines = st.lists(
    st.one_of(
        sent.map(lambda one: one[0]),
        st.binary(max_size=30),
        st.builds(lambda one, at: one[0][: at % len(one[0])], sent, st.integers(1, 60)),
    ),
    max_size=12,
).map(b"".join)


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
    found: list[Found] = []
    at = 0
    while at < len(line):
        step = chance.randint(1, 30)
        found += frames.feed(line[at : at + step])
        at += step
    assert found + frames.give_up() == expected


@given(st.lists(st.binary(max_size=2000), max_size=12))
def test_no_bytes_do_harm_or_fill_the_memory(pieces: list[bytes]) -> None:
    frames = FrameReader()
    for piece in pieces:
        for found in frames.feed(piece):
            if isinstance(found, Frame):
                for command in Command:
                    crt188.reply_to(command, found.body)
        assert len(frames._held) <= MAX_LEN + 5


@given(st.binary(max_size=60))
def test_no_reply_makes_anything_but_a_typed_error(data: bytes) -> None:
    for decode in (
        State.decode,
        Sensors.decode,
        crt188.serial_number,
        crt188.track_of,
        crt188.chip_answer,
    ):
        try:
            decode(data)
        except ReplyError:
            continue


def test_a_flood_holds_no_more_than_one_frame() -> None:
    frames = FrameReader()
    frames.feed(random.Random(1).randbytes(300_000) + b"\x02\x04\x00" + bytes(900))
    assert len(frames._held) <= MAX_LEN + 5
