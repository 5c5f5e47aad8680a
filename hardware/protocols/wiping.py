"""Overwriting what nobody may see any more."""

from __future__ import annotations


def wipe(secret: bytearray) -> None:
    """Overwrites what stood there, and empties it."""
    secret[:] = bytes(len(secret))
    secret.clear()
