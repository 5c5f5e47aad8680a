"""What a reader of bar codes and QR codes sends on a serial line: a code's bytes and a suffix.

The line is 8N1; nothing but the suffix says where a code ends, and there is no checksum::

    reader -> host   DATA… | CR          0D
                     DATA… | CR LF       0D 0A
                     DATA… |             no suffix: the line falls silent

DATA is what the symbol holds, in the coding its maker chose: in China UTF-8 or GB18030 (GB 18030-2005), and
no reader tells which. `decode` says when it can be known and refuses where it cannot. `LineReader` takes
bytes as they come, in pieces of any size, holds no more than the longest code, and begins afresh behind every
suffix.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

MAX_BYTES = 7089
"""Longest code: the digits of a QR code of version 40-L (ISO/IEC 18004, table 7). All others hold less."""
IDEOGRAPHIC_SPACE = "\u3000"
"""The one character beside the printable ones that Chinese text has."""
BYTE_ORDER_MARK = "\ufeff"

_THREE_BYTES = "\u0800"
"""From here on UTF-8 takes three bytes and more."""


class Suffix(Enum):
    """What the reader was set to send behind each code; the values are the configuration's."""

    CR = "cr"
    """A line feed behind it is passed over, so that a reader set to CR LF works too."""
    CR_LF = "cr-lf"
    NONE = "none"
    """A code ends where the line falls silent, which `LineReader.silent` is told."""


_ENDS = {Suffix.CR: b"\r", Suffix.CR_LF: b"\r\n", Suffix.NONE: b""}


class Coding(Enum):
    """The coding of what is read; the values are the configuration's."""

    DETECT = "detect"
    UTF_8 = "utf-8"
    GB18030 = "gb18030"


class Reason(Enum):
    """Why a line is no code."""

    TOO_LONG = "tooLong"
    """It has more than MAX_BYTES."""
    CUT_SHORT = "cutShort"
    """The line fell silent before the suffix came."""
    NOT_TEXT = "notText"
    """Its bytes are no text in the coding, or in either: a bad contact, or a code that holds no text."""
    CONTROL = "control"
    """It holds control characters, or others that nobody can see."""
    AMBIGUOUS = "ambiguous"
    """It is text in both codings. Naming the reader's coding in the configuration settles it."""


@dataclass(frozen=True, slots=True)
class Code:
    """What a code says. It can be personal data: the repr shows none of it."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that is no code."""

    reason: Reason


def encode(text: str, suffix: Suffix = Suffix.CR, coding: Coding = Coding.UTF_8) -> bytes:
    """What a reader sends for a code. ValueError where it is too long, or the coding is not named."""
    if coding is Coding.DETECT:
        raise ValueError("a reader sends one coding")
    data = text.encode(coding.value)
    if len(data) > MAX_BYTES:
        raise ValueError(f"a code has at most {MAX_BYTES} bytes, not {len(data)}")
    return data + _ENDS[suffix]


def decode(data: bytes, coding: Coding = Coding.DETECT) -> Code | Refused:
    """The text of one code. Never raises.

    Detecting: text that is right in one coding only has that. Chinese text in UTF-8 is often right in GB18030
    too, but there it has characters that are not among the everyday ones of GB/T 2312, and so it is UTF-8.
    Where it has only those, or the text in UTF-8 has no character of three bytes as Chinese ones are, nobody
    can tell, and it is refused rather than guessed: one or two characters in a few of a hundred codes, longer
    text next to never.
    """
    utf_8 = None if coding is Coding.GB18030 else _text(data, "utf-8")
    gb = None if coding is Coding.UTF_8 else _text(data, "gb18030")
    if utf_8 is None and gb is None:
        return Refused(Reason.NOT_TEXT)
    if utf_8 is not None and gb is not None and utf_8 != gb and (_everyday(gb) or max(utf_8) < _THREE_BYTES):
        return Refused(Reason.AMBIGUOUS)
    text = (utf_8 if utf_8 is not None else gb or "").removeprefix(BYTE_ORDER_MARK)
    if not all(one.isprintable() or one == IDEOGRAPHIC_SPACE for one in text):
        return Refused(Reason.CONTROL)
    return Code(text)


def _text(data: bytes, coding: str) -> str | None:
    try:
        return data.decode(coding)
    except UnicodeDecodeError:
        return None


def _everyday(text: str) -> bool:
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


class LineReader:
    """Finds codes in a stream of bytes. What it finds depends on the bytes, not on how they were cut."""

    def __init__(self, suffix: Suffix = Suffix.CR, coding: Coding = Coding.DETECT) -> None:
        self._suffix = suffix
        self._coding = coding
        self._end = _ENDS[suffix]
        self._held = bytearray()
        self._too_long = False

    @property
    def begun(self) -> bool:
        """True while bytes have come and the end of their code has not."""
        return bool(self._held) or self._too_long

    def feed(self, data: bytes) -> list[Code | Refused]:
        """Takes bytes and gives the codes they complete, in order; empty lines are none. Never raises."""
        found: list[Code | Refused] = []
        for start in range(0, len(data), MAX_BYTES):
            self._held += data[start : start + MAX_BYTES]
            while self._end and (at := self._held.find(self._end)) >= 0:
                found += self._line(at)
                del self._held[: len(self._end)]
            self._pass_over_line_feeds()
            if len(self._held) > MAX_BYTES + max(0, len(self._end) - 1):
                self._too_long = True
            if self._too_long:  # what is kept may be the beginning of the suffix
                del self._held[: len(self._held) - max(0, len(self._end) - 1)]
        return found

    def silent(self) -> list[Code | Refused]:
        """Says that the line fell silent: ends a code without suffix; one whose suffix is missing is none."""
        if not self.begun:
            return []
        if self._suffix is Suffix.NONE:
            return self._line(len(self._held))
        self.clear()
        return [Refused(Reason.CUT_SHORT)]

    def clear(self) -> None:
        """Forgets what has come."""
        self._held.clear()
        self._too_long = False

    def _line(self, length: int) -> list[Code | Refused]:
        """Takes a line of so many bytes out of what is held."""
        length -= self._pass_over_line_feeds()
        line = bytes(self._held[:length])
        del self._held[:length]
        too_long, self._too_long = self._too_long or length > MAX_BYTES, False
        if too_long:
            return [Refused(Reason.TOO_LONG)]
        return [decode(line, self._coding)] if line else []

    def _pass_over_line_feeds(self) -> int:
        """Those that a reader set to CR LF sends where CR was expected. Gives how many there were."""
        if self._suffix is not Suffix.CR:
            return 0
        count = len(self._held) - len(self._held.lstrip(b"\n"))
        del self._held[:count]
        return count
