"""Data objects of chip cards: BER-TLV as ISO/IEC 7816-4 §6.3 has it (ISO/IEC 8825-1, definite lengths).

::

    tag      1 byte; where its low five bits are all set, up to two more, the last of which has bit 8 clear
    length   00 to 7F, or 81 and one byte, or 82 and two bytes
    value    so many bytes; data objects themselves where bit 6 of the tag's first byte is set

Bytes 00 and FF before, between and after data objects have no meaning: cards pad with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

MAX_BYTES = 4096
"""Upper cap on what is decoded at once."""
MAX_DEPTH = 8
"""Upper cap on data objects within data objects."""
_PADDING = (0x00, 0xFF)
_MORE, _CONSTRUCTED, _LONG_TAG = 0x80, 0x20, 0x1F


class Reason(Enum):
    """Why bytes are no data objects."""

    TOO_LONG = "tooLong"
    """More than MAX_BYTES."""
    TAG = "tag"
    """The tag has no end, or more than three bytes."""
    LENGTH = "length"
    """The length is cut short, indefinite, or longer than two bytes can say."""
    VALUE = "value"
    """The value is shorter than its length."""
    TOO_DEEP = "tooDeep"
    """More than MAX_DEPTH levels."""


class TlvError(ValueError):
    """Bytes are no data objects. Never holds the bytes."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Tlv:
    """One data object. tag: its bytes as a number; children: what a constructed one holds.

    The value can hold personal data: its repr does not show it.
    """

    tag: int
    value: bytes = field(repr=False)
    children: tuple[Tlv, ...] = field(repr=False, default=())

    def encode(self) -> bytes:
        """The bytes of it, with the shortest length. ValueError where the value is too long for one."""
        length = len(self.value)
        if length > MAX_BYTES:
            raise ValueError(f"a value has up to {MAX_BYTES} bytes")
        tag = self.tag.to_bytes(max(1, (self.tag.bit_length() + 7) // 8), "big")
        if length < 0x80:
            said = bytes((length,))
        elif length < 0x100:
            said = bytes((0x81, length))
        else:
            said = b"\x82" + length.to_bytes(2, "big")
        return tag + said + self.value


def decode(data: bytes) -> tuple[Tlv, ...]:
    """The data objects in bytes that hold nothing else. TlvError otherwise."""
    if len(data) > MAX_BYTES:
        raise TlvError(Reason.TOO_LONG)
    return _decode(data, 1)


def _decode(data: bytes, depth: int) -> tuple[Tlv, ...]:
    if depth > MAX_DEPTH:
        raise TlvError(Reason.TOO_DEEP)
    found = []
    at = 0
    while at < len(data):
        if data[at] in _PADDING:
            at += 1
            continue
        constructed = bool(data[at] & _CONSTRUCTED)
        tag, at = _tag(data, at)
        length, at = _length(data, at)
        value = data[at : at + length]
        if len(value) < length:
            raise TlvError(Reason.VALUE)
        at += length
        found.append(Tlv(tag, value, _decode(value, depth + 1) if constructed else ()))
    return tuple(found)


def _tag(data: bytes, at: int) -> tuple[int, int]:
    tag = data[at]
    at += 1
    if tag & _LONG_TAG != _LONG_TAG:
        return tag, at
    for byte in data[at : at + 2]:
        tag = tag << 8 | byte
        at += 1
        if not byte & _MORE:
            return tag, at
    raise TlvError(Reason.TAG)


def _length(data: bytes, at: int) -> tuple[int, int]:
    if at >= len(data):
        raise TlvError(Reason.LENGTH)
    first = data[at]
    at += 1
    if first < 0x80:
        return first, at
    count = first - 0x80
    if count not in (1, 2) or at + count > len(data):
        raise TlvError(Reason.LENGTH)
    return int.from_bytes(data[at : at + count], "big"), at + count
