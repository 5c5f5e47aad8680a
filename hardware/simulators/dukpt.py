"""The keys of a pad that makes a new one for each PIN: DUKPT with TDES, ANSI X9.24-1:2009, annex A.

A pad holds an initial key, made from the base derivation key (BDK) and the pad's own number; it sends the key
serial number (KSN, 10 bytes, whose last 21 bits count the PINs) with every block, so that the host, which has
the BDK, makes the same key again.
"""

from __future__ import annotations

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

KSN_BYTES = 10
COUNTER_BITS = 21
_COUNTER = (1 << COUNTER_BITS) - 1
_HALF = bytes.fromhex("C0C0C0C000000000")
_KEY_MASK = _HALF + _HALF
_PIN_MASK = bytes.fromhex("00000000000000FF00000000000000FF")


def initial_key(base: bytes, ksn: bytes) -> bytes:
    """The key that is put into the pad of this KSN. base: the BDK, 16 bytes."""
    number = (int.from_bytes(ksn[:8], "big") & ~(_COUNTER >> 16)).to_bytes(8, "big")
    return _tdes(base, number) + _tdes(_xor(base, _KEY_MASK), number)


def pin_key(initial: bytes, ksn: bytes) -> bytes:
    """The key for the PIN of this KSN, 16 bytes."""
    number = int.from_bytes(ksn, "big")
    counter, register, key = number & _COUNTER, number & ~_COUNTER, initial
    for bit in reversed(range(COUNTER_BITS)):
        if counter >> bit & 1:
            register |= 1 << bit
            last = (register & (1 << 64) - 1).to_bytes(8, "big")
            key = _half(_xor(key, _KEY_MASK), last) + _half(key, last)
    return _xor(key, _PIN_MASK)


def next_ksn(ksn: bytes) -> bytes:
    """The KSN of the next PIN."""
    number = int.from_bytes(ksn, "big")
    return (number & ~_COUNTER | number + 1 & _COUNTER).to_bytes(KSN_BYTES, "big")


def _half(key: bytes, register: bytes) -> bytes:
    left, right = key[:8], key[8:]
    return _xor(_tdes(left + left, _xor(register, right)), right)


def _tdes(key: bytes, block: bytes) -> bytes:
    encryptor = Cipher(TripleDES(key + key[:8]), modes.ECB()).encryptor()  # noqa: S305 (the standard's)
    return encryptor.update(block) + encryptor.finalize()


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
