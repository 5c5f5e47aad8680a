"""Track 2 of the magnetic stripe, as readers send it. The numbers are made up."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.protocols import track2
from hardware.protocols.track2 import MAX_DATA, Broken, Fault, SwipeReader, Track2, Track2Error

CARD = Track2("6200001234567892", "3012", "220", "0001234500")
LONGEST = Track2("6200000000000000000", "4912", "201", "0123456789")
NATIONAL = Track2("9156123456789", "3107", "", "00:<=>7")
UNDATED = Track2("91561234567890123", "", "101", "")
EVERY_CARD = [CARD, LONGEST, NATIONAL, UNDATED]
"""The first two are numbered as banks' are, with a check digit; the others nationally, without one."""


def data(card: Track2) -> str:
    return card.encode()


def whole(card: Track2) -> bytes:
    return track2.sent(data(card))


def without_lrc(card: Track2) -> bytes:
    return whole(card)[:-1]


def bare(card: Track2) -> bytes:
    return whole(card)[1:-2]


FORMS = [
    pytest.param(lambda card: whole(card) + b"\r", id="whole"),
    pytest.param(lambda card: b"\x02" + whole(card) + b"\x03", id="between STX and ETX"),
    pytest.param(lambda card: without_lrc(card) + b"\r\n", id="without LRC"),
    pytest.param(lambda card: bare(card) + b"\r", id="without sentinels"),
    pytest.param(
        lambda card: b"%B6200001234567892^DEMO/A^30122200?;" + whole(card) + b"\r", id="after track 1"
    ),
    pytest.param(lambda card: whole(card) + b"+0162000012345678920000000?3\r", id="before track 3"),
]


def tracks(found: list[Track2 | Broken]) -> list[Track2]:
    return [one for one in found if isinstance(one, Track2)]


def test_the_bytes_of_a_track() -> None:
    # Exclusive or of the low halves, by hand: B ^ 1^2^3^4^5^6^7^8 ^ D ^ 3^0^1^2 ^ 1^0^1 ^ F.
    sent = track2.sent("12345678=3012101")
    assert sent == b";12345678=3012101?" + bytes((0x30 | (0xB ^ 0x8 ^ 0xD ^ 0x0 ^ 0x0 ^ 0xF),))


def test_the_longest_track_has_forty_characters() -> None:
    assert len(whole(LONGEST)) == track2.MAX_TRACK


@pytest.mark.parametrize("card", EVERY_CARD)
def test_what_is_written_is_read(card: Track2) -> None:
    assert Track2.decode(data(card)) == card


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("card", EVERY_CARD)
def test_a_swipe_is_found_whole(form, card: Track2) -> None:  # type: ignore[no-untyped-def]
    assert tracks(SwipeReader().feed(form(card))) == [card]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("card", EVERY_CARD)
def test_a_swipe_is_found_byte_by_byte(form, card: Track2) -> None:  # type: ignore[no-untyped-def]
    swipes = SwipeReader()
    found = [one for byte in form(card) for one in swipes.feed(bytes((byte,)))]
    assert tracks(found) == [card]


@pytest.mark.parametrize("form", FORMS)
def test_several_swipes_at_once_are_found_in_order(form) -> None:  # type: ignore[no-untyped-def]
    assert tracks(SwipeReader().feed(b"".join(map(form, EVERY_CARD)))) == EVERY_CARD


def test_several_swipes_without_any_end_between_them_are_found() -> None:
    swipes = SwipeReader()
    found = swipes.feed(b"".join(map(whole, EVERY_CARD)) + b"".join(map(without_lrc, EVERY_CARD)))
    assert tracks(found + swipes.give_up()) == EVERY_CARD * 2


NOISES = [b"\x00", b"\xff" * 50, b"?", b"%", b"E", b"AB12", bytes(range(0x3B)), b";", b"12", b"; \xfe?"]


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("card", EVERY_CARD)
def test_noise_before_a_swipe_is_skipped(noise: bytes, card: Track2) -> None:
    assert tracks(SwipeReader().feed(noise + whole(card))) == [card]


@pytest.mark.parametrize("form", [without_lrc, bare])
def test_a_swipe_without_an_end_is_over_when_the_line_falls_silent(form) -> None:  # type: ignore[no-untyped-def]
    swipes = SwipeReader()
    assert swipes.feed(form(CARD)) == []
    assert swipes.begun
    assert swipes.give_up() == [CARD]
    assert not swipes.begun


def test_silence_on_an_empty_line_is_no_swipe() -> None:
    assert SwipeReader().give_up() == []


WRONG = [
    pytest.param(without_lrc(CARD)[:20] + b"\r", Fault.NO_END, id="swiped half"),
    pytest.param(without_lrc(CARD)[:20] + b"\x80\r", Fault.NO_END, id="a byte that is none"),
    pytest.param(whole(CARD)[1:] + b"\r", Fault.NO_START, id="swiped from the middle"),
    pytest.param(b";?\x0d", Fault.EMPTY, id="blank"),
    pytest.param(b";E?\r", Fault.UNREADABLE, id="swiped too fast"),
    pytest.param(b"%E?;E?+E?\r", Fault.UNREADABLE, id="swiped too fast, all tracks"),
    pytest.param(without_lrc(CARD) + b"0\r", Fault.CHECK, id="wrong LRC"),
    pytest.param(b";" + b"6" * 38 + b"?\r", Fault.LENGTH, id="too long"),
    pytest.param(b"1" * 38 + b"\r", Fault.LENGTH, id="too long without sentinels"),
    pytest.param(track2.sent("1234567=3012101"), Fault.LAYOUT, id="PAN too short"),
    pytest.param(track2.sent("62000000000000000007=30121010"), Fault.LAYOUT, id="PAN too long"),
    pytest.param(track2.sent("6200001234567892"), Fault.LAYOUT, id="nothing but a number"),
    pytest.param(track2.sent("6200001234567892=301"), Fault.LAYOUT, id="expiry cut"),
    pytest.param(track2.sent("6200001234567892=3013101"), Fault.EXPIRY, id="month 13"),
    pytest.param(track2.sent("6200001234567892=3000101"), Fault.EXPIRY, id="month 0"),
    pytest.param(track2.sent("6200001234567898=3012101"), Fault.CHECK_DIGIT, id="check digit"),
]


@pytest.mark.parametrize(("line", "fault"), WRONG)
def test_a_wrong_swipe_says_what_is_wrong_and_the_next_is_read(line: bytes, fault: Fault) -> None:
    swipes = SwipeReader()
    assert swipes.feed(line) == [Broken(fault)]
    assert tracks(swipes.feed(whole(CARD) + b"\r")) == [CARD]


@pytest.mark.parametrize("card", EVERY_CARD)
def test_no_single_wrong_bit_makes_another_number(card: Track2) -> None:
    sent = whole(card)
    for at in range(len(sent)):
        for bit in range(8):
            wrong = bytearray(sent)
            wrong[at] ^= 1 << bit
            for track in tracks(SwipeReader().feed(bytes(wrong) + b"\r")):
                assert track.pan == card.pan  # the LRC alone was lost, as where a reader strips it
                assert at >= len(sent) - 2


@pytest.mark.parametrize("number", ["79927398713", "4111111111111111", "6200001234567892", "0"])
def test_luhn(number: str) -> None:
    assert track2.passes_luhn(number)
    for digit in set("0123456789") - {number[-1]}:
        assert not track2.passes_luhn(number[:-1] + digit)


def test_what_a_card_says_is_in_no_repr_and_in_no_error() -> None:
    assert CARD.pan not in repr(CARD)
    with pytest.raises(Track2Error) as raised:
        Track2.decode("6200001234567898=3012101")
    assert "6200001234567898" not in repr(raised.value) + str(raised.value)


digits = st.text("0123456789")
pans = st.text("0123456789", min_size=7, max_size=18).map(
    lambda body: next(body + digit for digit in "0123456789" if track2.passes_luhn(body + digit))
)
expiries = st.one_of(
    st.just(""),
    st.tuples(st.integers(0, 99), st.integers(1, 12)).map(lambda when: f"{when[0]:02}{when[1]:02}"),
)
services = st.one_of(st.just(""), st.text("0123456789", min_size=3, max_size=3))


@st.composite
def cards(draw: st.DrawFn) -> Track2:
    pan, expiry, service = draw(pans), draw(expiries), draw(services)
    room = MAX_DATA - len(Track2(pan, expiry, service).encode())
    return Track2(pan, expiry, service, draw(st.text("0123456789:<=>", max_size=room)))


@given(cards())
def test_every_card_is_read_as_it_is_written(card: Track2) -> None:
    # Behind "no expiry" or "no service code" the rest may look like one: the layout decides, not the wish.
    decoded = Track2.decode(card.encode())
    assert decoded.encode() == card.encode()
    assert decoded.pan == card.pan


@given(st.lists(cards(), min_size=1, max_size=4), st.binary(max_size=60))
def test_every_swipe_after_noise_is_found(swiped: list[Track2], noise: bytes) -> None:
    found = tracks(SwipeReader().feed(noise + b"\r" + b"".join(whole(card) + b"\r" for card in swiped)))
    assert [card.encode() for card in found[-len(swiped) :]] == [card.encode() for card in swiped]


pieces_of_swipes = st.one_of(
    cards().map(whole),
    cards().map(bare),
    st.sampled_from([b"\r", b"\n", b"\x02", b";", b"?", b";E?", b"%B^?", b"+1?"]),
    st.text("0123456789:;<=>?\r").map(str.encode),
    st.binary(max_size=20),
)
lines = st.lists(pieces_of_swipes, max_size=10).map(b"".join)


@given(lines, st.randoms(use_true_random=False))
def test_what_is_found_does_not_depend_on_how_the_bytes_are_cut(line: bytes, chance: random.Random) -> None:
    expected = (swipes := SwipeReader()).feed(line) + swipes.give_up()
    swipes = SwipeReader()
    found: list[Track2 | Broken] = []
    at = 0
    while at < len(line):
        step = chance.randint(1, 12)
        found += swipes.feed(line[at : at + step])
        at += step
    assert found + swipes.give_up() == expected


@given(st.text(max_size=50))
def test_no_text_makes_anything_but_a_typed_error(text: str) -> None:
    try:
        track = Track2.decode(text)
    except Track2Error:
        return
    assert track.encode() == text


@given(st.lists(st.binary(max_size=500), max_size=10))
def test_no_bytes_do_harm_or_fill_the_memory(pieces: list[bytes]) -> None:
    swipes = SwipeReader()
    for piece in pieces:
        swipes.feed(piece)
        assert len(swipes._held) <= MAX_DATA
