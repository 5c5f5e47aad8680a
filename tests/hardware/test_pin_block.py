"""PIN blocks of ISO 9564-1, against published examples and against themselves, and the keys of DUKPT."""

from __future__ import annotations

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.protocols import pin_block
from hardware.protocols.pin_block import Format
from hardware.protocols.wiping import wipe
from hardware.simulators import dukpt

BDK = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
KSN = bytes.fromhex("FFFF9876543210E00001")
AES_KEY = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
TDES_KEY = BDK

pins = st.text("0123456789", min_size=4, max_size=12).map(str.encode)
pans = st.text("0123456789", min_size=12, max_size=19)
keys = st.binary(min_size=16, max_size=16)


def clear(layout: Format, pin: bytes, pan: str) -> bytes:
    return bytes(pin_block._tdes(TDES_KEY, pin_block.encrypted(layout, pin, TDES_KEY, pan), back=True))


def test_format_0_is_the_published_example() -> None:
    assert clear(Format.ISO_0, b"1234", "43219876543210987").hex() == "0412ac89abcdef67"


def test_the_annex_of_dukpt_is_met_block_by_block() -> None:
    ksn, initial = KSN, dukpt.initial_key(BDK, KSN)
    assert initial.hex() == "6ac292faa1315b4d858ab3a3d7d5933a"
    for expected in ("1b9c1845eb993a7a", "10a01c8d02c69107"):
        key = dukpt.pin_key(initial, ksn)
        assert pin_block.encrypted(Format.ISO_0, b"1234", key, "4012345678909").hex() == expected
        ksn = dukpt.next_ksn(ksn)
    assert ksn.hex() == "ffff9876543210e00003"


def test_the_counter_of_dukpt_does_not_run_into_the_pads_number() -> None:
    assert dukpt.next_ksn(bytes.fromhex("FFFF98765432101FFFFF")).hex() == "ffff9876543210000000"


def test_format_4_is_the_published_example() -> None:
    block = bytes.fromhex("28B41FDDD29B743E93124BD8E32D921E")
    assert pin_block.decrypted(Format.ISO_4, block, AES_KEY, "1234567890123456789") == b"1234"


@pytest.mark.parametrize(("layout", "first"), [(Format.ISO_0, 0), (Format.ISO_1, 1), (Format.ISO_3, 3)])
def test_the_first_nibbles_are_the_format_and_the_length(layout: Format, first: int) -> None:
    block = clear(layout, b"987654", "0000000000000")
    assert (block[0] >> 4, block[0] & 0xF) == (first, 6)
    assert block[1:4].hex() == "987654"


def test_format_3_fills_with_a_to_f_and_formats_1_3_and_4_never_twice_the_same() -> None:
    fills = {clear(Format.ISO_3, b"1234", "0" * 13).hex()[6:] for _ in range(50)}
    assert len(fills) > 1
    assert set("".join(fills)) <= set("abcdef")
    for layout, key in ((Format.ISO_1, TDES_KEY), (Format.ISO_3, TDES_KEY), (Format.ISO_4, AES_KEY)):
        assert len({pin_block.encrypted(layout, b"1234", key, "0" * 13) for _ in range(20)}) > 1
    assert len({pin_block.encrypted(Format.ISO_0, b"1234", TDES_KEY, "0" * 13) for _ in range(5)}) == 1


@given(st.sampled_from(Format), pins, pans, keys)
def test_the_host_gets_the_pin_back(layout: Format, pin: bytes, pan: str, key: bytes) -> None:
    block = pin_block.encrypted(layout, pin, key, pan)
    assert len(block) == (16 if layout is Format.ISO_4 else 8)
    assert pin_block.decrypted(layout, block, key, pan) == pin


@given(st.binary(max_size=20), st.text(max_size=20), st.binary(max_size=40), st.sampled_from(Format))
def test_whatever_is_wrong_is_refused_without_a_word_of_it(
    pin: bytes, pan: str, key: bytes, layout: Format
) -> None:
    for attempt in (pin_block.encrypted, pin_block.decrypted):
        try:
            attempt(layout, pin, key, pan)
        except ValueError as error:
            said = "".join(traceback.format_exception_only(error))
            assert len(pin) < 4 or pin.hex() not in said
            assert len(pan) < 4 or pan not in said


@pytest.mark.parametrize("pin", [b"", b"123", b"1234567890123", b"12a4", b"12 4"])
def test_what_is_no_pin_is_refused(pin: bytes) -> None:
    with pytest.raises(ValueError, match="4 to 12 digits"):
        pin_block.encrypted(Format.ISO_0, pin, TDES_KEY, "0" * 13)


@pytest.mark.parametrize("pan", ["", "0" * 11, "0" * 20, "012345678901x", "٠" * 13])
def test_what_is_no_pan_is_refused(pan: str) -> None:
    with pytest.raises(ValueError, match="12 to 19 digits"):
        pin_block.encrypted(Format.ISO_3, b"1234", TDES_KEY, pan)


def test_another_card_or_key_gives_no_pin() -> None:
    block = pin_block.encrypted(Format.ISO_0, b"1234", TDES_KEY, "6222000000000000")
    for pan, key in (("6222000099990000", TDES_KEY), ("6222000000000000", AES_KEY)):
        with pytest.raises(ValueError, match="holds no PIN"):
            pin_block.decrypted(Format.ISO_0, block, key, pan)


def test_wiping_leaves_nothing() -> None:
    secret = bytearray(b"1234")
    seen = memoryview(secret)
    with pytest.raises(BufferError):
        wipe(secret)  # cannot shrink while somebody looks; it is overwritten all the same
    assert bytes(seen) == bytes(4)
    seen.release()
    wipe(secret)
    assert secret == b""
