"""PIN blocks of ISO 9564-1: how a PIN leaves a pad, encrypted, and never otherwise.

::

    format 0   nibbles 0 L P…P F…F            xor   0000 + the 12 rightmost digits of the PAN
    format 1   nibbles 1 L P…P random          no PAN: where there is no card
    format 3   nibbles 3 L P…P random A to F   xor   as format 0
    format 4   nibbles 4 L P…P A…A, 8 random bytes; encrypted, xor the PAN field, encrypted again

    L          length of the PIN, 4 to 12
    PAN        the check digit, its last one, is left out in formats 0 and 3
    PAN field  M + the whole PAN + 0…0, 16 bytes: M its digits beyond 12, a shorter one being filled to 12

Formats 0, 1 and 3 have 8 bytes and are encrypted with TDES, format 4 has 16 and is encrypted with AES, both
block by block (ECB), as the standard has it. The digits go through `bytearray`s, which are wiped.
"""

from __future__ import annotations

import secrets
from enum import Enum

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hardware.protocols.wiping import wipe

SHORTEST_PIN, LONGEST_PIN = 4, 12
SHORTEST_PAN, LONGEST_PAN = 12, 19
ZERO = 0x30
"""The digit 0 in ASCII."""


class Format(Enum):
    """Format of a block; the values are its first nibble."""

    ISO_0 = 0
    ISO_1 = 1
    ISO_3 = 3
    ISO_4 = 4


_FILLS = {
    Format.ISO_0: range(0xF, 0x10),
    Format.ISO_1: range(0x10),
    Format.ISO_3: range(0xA, 0x10),
    Format.ISO_4: range(0xA, 0xB),
}
"""What may stand behind the PIN."""


def encrypted(layout: Format, pin: bytes | bytearray, key: bytes, pan: str = "") -> bytes:
    """The encrypted block of a PIN, which is left to its owner to wipe.

    pin: ASCII digits; key: 16 or 24 bytes for TDES, 16, 24 or 32 for AES; pan: of any format but 1.
    ValueError, without a digit in it, where one of them is of another form.
    """
    field = _pin_field(layout, pin)
    try:
        if layout is Format.ISO_4:
            middle = bytearray(_aes(key, field))
            _mix(middle, _pan_field_of_format_4(pan))
            return _aes(key, middle)
        if layout is not Format.ISO_1:
            _mix(field, _pan_field(pan))
        return _tdes(key, field)
    finally:
        wipe(field)


def decrypted(layout: Format, block: bytes, key: bytes, pan: str = "") -> bytearray:
    """The PIN in a block, in ASCII digits: what the host does. ValueError where the block holds none."""
    if layout is Format.ISO_4:
        middle = bytearray(_aes(key, block, back=True))
        _mix(middle, _pan_field_of_format_4(pan))
        field = bytearray(_aes(key, middle, back=True))
    else:
        field = bytearray(_tdes(key, block, back=True))
        if layout is not Format.ISO_1:
            _mix(field, _pan_field(pan))
    try:
        return _pin_in(layout, field)
    finally:
        wipe(field)


def _pin_field(layout: Format, pin: bytes | bytearray) -> bytearray:
    if not SHORTEST_PIN <= len(pin) <= LONGEST_PIN or not all(ZERO <= byte <= ZERO + 9 for byte in pin):
        raise ValueError(f"a PIN has {SHORTEST_PIN} to {LONGEST_PIN} digits")
    nibbles = bytearray((layout.value, len(pin)))
    nibbles.extend(byte - ZERO for byte in pin)
    nibbles.extend(secrets.choice(_FILLS[layout]) for _ in range(16 - len(nibbles)))
    field = bytearray(high << 4 | low for high, low in zip(nibbles[::2], nibbles[1::2], strict=True))
    wipe(nibbles)
    if layout is Format.ISO_4:
        field += secrets.token_bytes(8)
    return field


def _pin_in(layout: Format, field: bytearray) -> bytearray:
    nibbles = bytearray(half for byte in field[:8] for half in (byte >> 4, byte & 0xF))
    pin = bytearray()
    try:
        kind, length = nibbles[:2]
        digits, fill = nibbles[2 : 2 + length], nibbles[2 + length :]
        right = kind == layout.value and SHORTEST_PIN <= length <= LONGEST_PIN and max(digits) <= 9
        if not right or not set(fill) <= set(_FILLS[layout]):
            raise ValueError("the block holds no PIN of this format, card and key")
        pin.extend(ZERO + digit for digit in digits)
        wipe(digits)
        return pin
    finally:
        wipe(nibbles)


def _checked(pan: str) -> str:
    if not pan.isascii() or not pan.isdigit() or not SHORTEST_PAN <= len(pan) <= LONGEST_PAN:
        raise ValueError(f"a PAN has {SHORTEST_PAN} to {LONGEST_PAN} digits")
    return pan


def _pan_field(pan: str) -> bytes:
    return bytes.fromhex("0000" + _checked(pan)[:-1][-12:].rjust(12, "0"))


def _pan_field_of_format_4(pan: str) -> bytes:
    return bytes.fromhex(f"{len(_checked(pan)) - 12}{pan}".ljust(32, "0"))


def _mix(field: bytearray, other: bytes) -> None:
    """Exclusive or, in place."""
    for at, byte in enumerate(other):
        field[at] ^= byte


def _tdes(key: bytes, block: bytes | bytearray, *, back: bool = False) -> bytes:
    if len(key) not in (16, 24) or len(block) != 8:
        raise ValueError("a TDES key has 16 or 24 bytes, and its block 8")
    return _ecb(TripleDES(key if len(key) == 24 else key + key[:8]), block, back=back)


def _aes(key: bytes, block: bytes | bytearray, *, back: bool = False) -> bytes:
    if len(key) not in (16, 24, 32) or len(block) != 16:
        raise ValueError("an AES key has 16, 24 or 32 bytes, and its block 16")
    return _ecb(algorithms.AES(key), block, back=back)


def _ecb(algorithm: TripleDES | algorithms.AES, block: bytes | bytearray, *, back: bool) -> bytes:
    cipher = Cipher(algorithm, modes.ECB())  # noqa: S305 (one block: ISO 9564-1 has no chaining)
    worker = cipher.decryptor() if back else cipher.encryptor()
    return worker.update(block) + worker.finalize()
