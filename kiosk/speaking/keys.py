"""Keys that can be felt, and what each does: those of a PIN pad, and of a keypad on USB.

A PIN pad tells digits only as whole numbers, with its enter key, and every other key at once. So the keys
that walk through a page are those that are no digits, and every pad has.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from hardware.interfaces.pin_pad import FunctionKey


class Key(Enum):
    """What somebody asks for."""

    NEXT = auto()
    PREVIOUS = auto()
    ACTIVATE = auto()
    BACK = auto()
    AGAIN = auto()
    HOME = auto()
    HELP = auto()
    LOUDER = auto()
    SOFTER = auto()


PAD: Mapping[FunctionKey, Key] = {
    FunctionKey.HASH: Key.NEXT,
    FunctionKey.DOWN: Key.NEXT,
    FunctionKey.RIGHT: Key.NEXT,
    FunctionKey.STAR: Key.PREVIOUS,
    FunctionKey.UP: Key.PREVIOUS,
    FunctionKey.LEFT: Key.PREVIOUS,
    FunctionKey.ENTER: Key.ACTIVATE,
    FunctionKey.CANCEL: Key.BACK,
    FunctionKey.CLEAR: Key.AGAIN,
    FunctionKey.BACKSPACE: Key.AGAIN,
    FunctionKey.HELP: Key.HELP,
    FunctionKey.F1: Key.SOFTER,
    FunctionKey.F2: Key.LOUDER,
    FunctionKey.F3: Key.HOME,
}
USB: Mapping[int, Key] = {
    274: Key.NEXT,
    275: Key.NEXT,
    35: Key.NEXT,
    273: Key.PREVIOUS,
    276: Key.PREVIOUS,
    42: Key.PREVIOUS,
    268: Key.PREVIOUS,
    13: Key.ACTIVATE,
    271: Key.ACTIVATE,
    27: Key.BACK,
    8: Key.AGAIN,
    127: Key.AGAIN,
    278: Key.HOME,
    282: Key.HELP,
    43: Key.LOUDER,
    270: Key.LOUDER,
    45: Key.SOFTER,
    269: Key.SOFTER,
}
"""Kivy's numbers of the keys of a keypad for the blind: arrows, ``*`` and ``#``, enter, escape, backspace,
home, F1, plus and minus. Every other key of a USB keyboard does nothing at all."""
USB_DIGITS: Mapping[int, str] = {48 + n: str(n) for n in range(10)} | {256 + n: str(n) for n in range(10)}
