"""The frames of GA/T 467, in both directions."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.protocols import gat467
from hardware.protocols.gat467 import (
    MAX_LEN,
    PREAMBLE,
    Broken,
    Command,
    Fault,
    Frame,
    FrameReader,
    Reply,
    Status,
)
from tests.hardware.samples import COMMANDS, REPLIES, framed

EVERY_SAMPLE = [*COMMANDS.values(), *(text for text, _, _ in REPLIES.values())]
LONG = Reply(Status.DONE, bytes(range(256)) * 5 + bytes(4)).encode()


def bodies(found: list[Frame | Broken]) -> list[bytes]:
    return [one.body for one in found if isinstance(one, Frame)]


def body(text: str) -> bytes:
    return bytes.fromhex(text)[2:-1]


@pytest.mark.parametrize(("command", "text"), COMMANDS.items())
def test_a_command_has_the_bytes_of_the_standard(command: Command, text: str) -> None:
    assert command.encode() == framed(text)
    assert gat467.command(body(text)) is command


@pytest.mark.parametrize(("text", "status", "data"), REPLIES.values(), ids=REPLIES.keys())
def test_a_reply_has_the_bytes_of_the_standard(text: str, status: Status, data: bytes) -> None:
    assert Reply(status, data).encode() == framed(text)
    assert Reply.decode(body(text)) == Reply(status, data)


def test_the_content_of_a_card_takes_1295_bytes() -> None:
    answer = Reply(Status.DONE, bytes.fromhex("01000400") + bytes(256) + bytes(1024)).encode()
    assert len(answer) == 1295
    assert answer[5:7].hex() == "0508"


@pytest.mark.parametrize("text", EVERY_SAMPLE)
def test_a_frame_is_found_whole(text: str) -> None:
    assert bodies(FrameReader().feed(framed(text))) == [body(text)]


@pytest.mark.parametrize("text", EVERY_SAMPLE)
def test_a_frame_is_found_byte_by_byte(text: str) -> None:
    frames = FrameReader()
    *before, last = [frames.feed(bytes((byte,))) for byte in framed(text)]
    assert not any(before)
    assert bodies(last) == [body(text)]


def test_several_frames_at_once_are_found_in_order() -> None:
    stream = b"".join(map(framed, EVERY_SAMPLE)) + LONG
    assert bodies(FrameReader().feed(stream)) == [*map(body, EVERY_SAMPLE), LONG[7:-1]]


@pytest.mark.parametrize(
    "noise",
    [
        b"\x00",
        b"\xaa",
        b"\xaa\xaa\xaa\xaa",
        PREAMBLE[:4],
        bytes(range(256)),
        b"\xaa" * 500,
        PREAMBLE + b"\x00\x00",
        PREAMBLE + b"\xff\xff",
    ],
)
@pytest.mark.parametrize("text", EVERY_SAMPLE)
def test_noise_before_a_frame_is_skipped(noise: bytes, text: str) -> None:
    assert bodies(FrameReader().feed(noise + framed(text))) == [body(text)]


def test_a_frame_behind_a_wrong_checksum_is_found() -> None:
    wrong = bytearray(framed("00 04 00 00 80 84"))
    wrong[-1] ^= 0x40
    found = FrameReader().feed(bytes(wrong) + framed("00 04 00 00 81 85"))
    assert found[0] == Broken(Fault.CHECKSUM)
    assert bodies(found) == [bytes.fromhex("000081")]


def test_any_single_wrong_bit_is_noticed() -> None:
    for at in range(len(PREAMBLE), len(LONG)):
        wrong = bytearray(LONG)
        wrong[at] ^= 1 << at % 8
        frames = FrameReader()
        assert bodies(frames.feed(bytes(wrong)) + frames.give_up()) == [], at


@pytest.mark.parametrize("length", [0, 1, 2, MAX_LEN + 1, 0xFFFF])
def test_a_length_beyond_the_bounds_is_refused_at_once(length: int) -> None:
    found = FrameReader().feed(PREAMBLE + length.to_bytes(2, "big"))
    assert found == [Broken(Fault.LENGTH)]


def test_a_frame_cut_short_is_given_up_when_the_line_falls_silent() -> None:
    frames = FrameReader()
    assert frames.feed(LONG[:700]) == []
    assert frames.begun
    assert frames.give_up() == [Broken(Fault.CUT_SHORT)]
    assert bodies(frames.feed(LONG)) == [LONG[7:-1]]


def test_a_frame_behind_a_false_beginning_is_found_when_the_line_falls_silent() -> None:
    frames = FrameReader()
    assert frames.feed(PREAMBLE + b"\x08\x00" + framed("00 04 00 00 80 84")) == []
    found = frames.give_up()
    assert found[0] == Broken(Fault.CUT_SHORT)
    assert bodies(found) == [bytes.fromhex("000080")]


def test_silence_on_an_empty_line_is_no_fault() -> None:
    frames = FrameReader()
    frames.feed(b"\xaa\xaa")
    assert frames.give_up() == []


def test_an_unknown_status_is_kept_as_a_number() -> None:
    assert Reply.decode(b"\x00\x00\x77").status == 0x77


def test_a_reply_without_status_bytes_is_refused() -> None:
    with pytest.raises(ValueError):
        Reply.decode(b"\x00\x00")


@pytest.mark.parametrize("asked", [b"", b"\x20", b"\x20\x07", b"\xff\x00"])
def test_an_unknown_command_is_none(asked: bytes) -> None:
    assert gat467.command(asked) is None


def test_a_body_too_long_for_a_frame_is_refused() -> None:
    assert len(gat467.frame(bytes(MAX_LEN - 1))) == MAX_LEN + 7
    with pytest.raises(ValueError):
        gat467.frame(bytes(MAX_LEN))


def test_what_a_card_says_is_in_no_repr() -> None:
    reply = Reply(Status.DONE, b"private")
    assert "private" not in repr(reply) + repr(Frame(b"private"))


LATE = [
    (Command.FIND_CARD, Reply(Status.DONE, bytes(8))),
    (Command.FIND_CARD, Reply(Status.DONE, bytes(1284))),
    (Command.FIND_CARD, Reply(Status.SELECT_FAILED)),
    (Command.SELECT_CARD, Reply(Status.CARD_FOUND, bytes(4))),
    (Command.SELECT_CARD, Reply(Status.DONE, bytes(1284))),
    (Command.READ_TEXT_PHOTO, Reply(Status.CARD_FOUND, bytes(4))),
    (Command.READ_TEXT_PHOTO, Reply(Status.DONE, bytes(8))),
    (Command.READ_TEXT_PHOTO, Reply(Status.SELECT_FAILED)),
    (Command.SAM_STATUS, Reply(Status.CARD_FOUND, bytes(4))),
    (Command.SAM_STATUS, Reply(Status.DONE, bytes(1284))),
    (Command.READ_SAM_ID, Reply(Status.DONE)),
]


@pytest.mark.parametrize(("asked", "reply"), LATE)
def test_the_answer_to_another_command_is_recognised(asked: Command, reply: Reply) -> None:
    assert not gat467.can_answer(asked, reply)


@pytest.mark.parametrize(
    "status", [Status.SELF_TEST_FAILED, Status.NOT_AUTHORISED, Status.UNKNOWN_ERROR, 0x77]
)
@pytest.mark.parametrize("asked", list(Command))
def test_a_general_error_can_answer_anything(asked: Command, status: int) -> None:
    assert gat467.can_answer(asked, Reply(status))


frames_on_the_line = st.builds(
    lambda status, data: Reply(status, data).encode(), st.sampled_from(Status), st.binary(max_size=60)
)
broken_on_the_line = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([PREAMBLE, PREAMBLE[:3], b"\xaa" * 7, LONG[:900]]),
    st.builds(lambda frame, at: frame[: at % len(frame)], frames_on_the_line, st.integers(1, 60)),
)
lines = st.lists(st.one_of(frames_on_the_line, broken_on_the_line), max_size=12).map(b"".join)


@given(lines, st.randoms(use_true_random=False))
def test_what_is_found_does_not_depend_on_how_the_bytes_are_cut(line: bytes, chance: random.Random) -> None:
    whole = FrameReader()
    expected = whole.feed(line) + whole.give_up()
    frames = FrameReader()
    found: list[Frame | Broken] = []
    at = 0
    while at < len(line):
        step = chance.randint(1, 50)
        found += frames.feed(line[at : at + step])
        at += step
    assert found + frames.give_up() == expected


@given(st.lists(st.binary(max_size=3000), max_size=20))
def test_no_bytes_do_harm_or_fill_the_memory(pieces: list[bytes]) -> None:
    frames = FrameReader()
    for piece in pieces:
        frames.feed(piece)
        assert len(frames._held) <= MAX_LEN + gat467.HEADER_BYTES


def test_a_flood_holds_no_more_than_one_frame() -> None:
    frames = FrameReader()
    frames.feed(random.Random(1).randbytes(2_000_000) + PREAMBLE + b"\x10\x00" + bytes(3000))
    assert len(frames._held) <= MAX_LEN + gat467.HEADER_BYTES


@given(st.lists(frames_on_the_line, min_size=1, max_size=6), st.binary(max_size=60))
def test_every_frame_after_noise_is_found_once_the_line_is_silent(sent: list[bytes], noise: bytes) -> None:
    frames = FrameReader()
    found = bodies(frames.feed(noise + b"".join(sent)) + frames.give_up())
    assert found[-len(sent) :] == [frame[7:-1] for frame in sent]
