"""Netstrings (D. J. Bernstein, 1997), in which baresip's ctrl_tcp speaks: ``5:hello,``. Pure."""

from __future__ import annotations

MOST_BYTES = 64 << 10
"""Of one message. baresip's are hundreds of bytes."""
_MOST_DIGITS = len(str(MOST_BYTES))


class BadNetstring(Exception):
    """What came is none, or is too long; there is no next one to be found behind it."""


def netstring(content: bytes) -> bytes:
    """A message: its length in decimal digits, a colon, the content, a comma."""
    return b"%d:%s," % (len(content), content)


class Netstrings:
    """Takes bytes as they come and gives whole messages."""

    def __init__(self) -> None:
        self._rest = b""

    def take(self, received: bytes) -> list[bytes]:
        """The messages that are whole now. Raises BadNetstring."""
        self._rest += received
        found: list[bytes] = []
        while True:
            digits, colon, after = self._rest.partition(b":")
            if not colon:
                if len(digits) > _MOST_DIGITS or not (digits.isdigit() or not digits):
                    raise BadNetstring("no length")
                return found
            if not digits.isdigit() or len(digits) > _MOST_DIGITS or int(digits) > MOST_BYTES:
                raise BadNetstring("no length, or too much")
            length = int(digits)
            if len(after) <= length:
                return found
            if after[length : length + 1] != b",":
                raise BadNetstring("no comma")
            found.append(after[:length])
            self._rest = after[length + 1 :]
