"""Data objects of chip cards."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.protocols.ber_tlv import MAX_BYTES, MAX_DEPTH, Reason, Tlv, TlvError, decode


def test_records_and_templates_are_read() -> None:
    (record,) = decode(bytes.fromhex("07 03 41 42 43"))
    assert (record.tag, record.value, record.children) == (0x07, b"ABC", ())
    (template,) = decode(bytes.fromhex("6F 07 84 02 01 02 A5 01 00"))
    assert template.tag == 0x6F and [child.tag for child in template.children] == [0x84, 0xA5]
    (long,) = decode(bytes.fromhex("9F 0B 81 02 41 42"))
    assert (long.tag, long.value) == (0x9F0B, b"AB")
    (longest,) = decode(bytes.fromhex("5F 81 01 00"))
    assert longest.tag == 0x5F8101


def test_padding_between_objects_has_no_meaning() -> None:
    found = decode(bytes.fromhex("00 00 01 01 AA FF FF 02 01 BB 00"))
    assert [(one.tag, one.value.hex()) for one in found] == [(1, "aa"), (2, "bb")]
    assert decode(b"") == decode(b"\0\xff") == ()


WRONG = [
    ("07", Reason.LENGTH),
    ("07 80 00 00", Reason.LENGTH),
    ("07 81", Reason.LENGTH),
    ("07 82 01", Reason.LENGTH),
    ("07 83 00 00 01 AA", Reason.LENGTH),
    ("07 05 41 42", Reason.VALUE),
    ("07 82 FF FF 41", Reason.VALUE),
    ("1F", Reason.TAG),
    ("1F 81 82 83 00", Reason.TAG),
    ("6F 02 84 05", Reason.VALUE),
]


@pytest.mark.parametrize(("data", "reason"), WRONG)
def test_what_is_no_data_object_is_refused(data: str, reason: Reason) -> None:
    with pytest.raises(TlvError) as raised:
        decode(bytes.fromhex(data))
    assert raised.value.reason is reason


def test_depth_and_size_have_a_cap() -> None:
    nested = b""
    for _ in range(MAX_DEPTH):
        nested = Tlv(0x6F, nested).encode()
    with pytest.raises(TlvError) as raised:
        decode(nested)
    assert raised.value.reason is Reason.TOO_DEEP
    with pytest.raises(TlvError) as raised:
        decode(bytes(MAX_BYTES + 1))
    assert raised.value.reason is Reason.TOO_LONG
    with pytest.raises(ValueError, match="up to"):
        Tlv(1, bytes(MAX_BYTES + 1)).encode()


def test_a_data_object_does_not_show_its_value() -> None:
    assert "secret" not in repr(decode(Tlv(0x6F, Tlv(0x09, b"secret").encode()).encode()))


@given(st.binary(max_size=600))
def test_no_bytes_raise_anything_but_the_error(data: bytes) -> None:
    with suppress(TlvError):
        assert sum(len(one.value) for one in decode(data)) <= len(data)


tags = st.sampled_from([0x01, 0x09, 0x4E, 0x84, 0x5F20, 0x9F0B, 0x5F8101])


@given(st.lists(st.builds(Tlv, tags, st.binary(max_size=300)), max_size=5))
def test_what_is_written_is_read(objects: list[Tlv]) -> None:
    assert list(decode(b"".join(one.encode() for one in objects))) == objects
