"""Track 2 of a card's magnetic stripe, ISO/IEC 7813, as a swipe reader sends it on a serial line.

The stripe has characters of four bits and a parity bit (ISO/IEC 7811-6); a reader sends each as the ASCII
character ``0x30`` + its four bits, so that the alphabet is ``0123456789:;<=>?``::

    ;  PAN, 8 to 19 digits  =  YYMM  service code, 3 digits  discretionary data  ?  LRC

    ;    start sentinel          =    separator; one in place of YYMM or of the service code says that
    ?    end sentinel                 there is none
    LRC  exclusive or of the four bits of every character, both sentinels included

The track has 40 characters at most, sentinels and LRC included. Readers differ in what they strip: nothing,
the LRC, or both sentinels and the LRC. A stripped track needs an end (CR, LF, ETX) or silence behind it.
Other tracks of the same swipe (``%…?``, ``+…?``) are skipped. ``;E?`` is what a reader sends that could not
make the track out.

The primary account number (PAN) is numbered by ISO/IEC 7812-1, whose last digit is a Luhn check digit. The
numbers of banks and merchants (first digit 3 to 6) must have it right; others are issued by national schemes
and are not judged by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import reduce
from operator import xor

START, END, SEPARATOR = ";", "?", "="
MAX_TRACK = 40
"""Characters of a whole track, both sentinels and LRC included."""
MAX_DATA = MAX_TRACK - 3
"""Characters between the sentinels."""
_TERMINATORS = frozenset(b"\r\n\x03")
_LEADERS = frozenset(b"\x02")
"""STX, which some readers send before the track."""
_DATA = frozenset(b"0123456789:<=>")
_ALPHABET = frozenset(range(0x30, 0x40))
_DIGITS = frozenset(b"0123456789")
_LAYOUT = re.compile(
    r"(?P<pan>[0-9]{8,19})=(?P<expiry>[0-9]{4}|=)(?P<service>[0-9]{3}|=)(?P<rest>[0-9:<=>]*)", re.ASCII
)
_CHECKED_INDUSTRIES = "3456"
"""First digits of the numbers that banks and merchants give (ISO/IEC 7812-1): Luhn applies."""


class Fault(Enum):
    """Why a swipe is no track 2."""

    NO_START = "noStart"
    """The start sentinel is missing, and the end sentinel is there: the swipe began too late."""
    NO_END = "noEnd"
    """The track broke off before its end sentinel: the card was swiped half, or not evenly."""
    EMPTY = "empty"
    """There was nothing between the sentinels: the stripe is on the other side, or blank."""
    UNREADABLE = "unreadable"
    """The reader says that it could not make the track out: mostly the swipe was too fast."""
    CHECK = "check"
    """The LRC is wrong."""
    LENGTH = "length"
    """The track is longer than a track can be."""
    LAYOUT = "layout"
    """The characters are no PAN, expiry, service code and rest: a card of another kind."""
    EXPIRY = "expiry"
    """The expiry's month is none."""
    CHECK_DIGIT = "checkDigit"
    """The PAN's check digit is wrong, and it is of the kind that has one."""


class Track2Error(ValueError):
    """What came is no track 2. It names the fault and never the content."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Track2:
    """What a track says. Personal data: its repr shows none of it.

    pan: 8 to 19 digits; expiry: YYMM, or "" where the card has none; service_code: three digits, or "";
    discretionary: the issuer's own characters, of ``0-9:<=>``.
    """

    pan: str = field(repr=False)
    expiry: str = field(repr=False, default="")
    service_code: str = field(repr=False, default="")
    discretionary: str = field(repr=False, default="")

    @classmethod
    def decode(cls, data: str) -> Track2:
        """Reads what stands between the sentinels. Track2Error otherwise."""
        if not data:
            raise Track2Error(Fault.EMPTY)
        if len(data) > MAX_DATA:
            raise Track2Error(Fault.LENGTH)
        found = _LAYOUT.fullmatch(data)
        if found is None:
            raise Track2Error(Fault.LAYOUT)
        track = cls(
            found["pan"],
            found["expiry"].strip(SEPARATOR),
            found["service"].strip(SEPARATOR),
            found["rest"],
        )
        if track.expiry and not 1 <= int(track.expiry[2:]) <= 12:
            raise Track2Error(Fault.EXPIRY)
        if track.pan[0] in _CHECKED_INDUSTRIES and not passes_luhn(track.pan):
            raise Track2Error(Fault.CHECK_DIGIT)
        return track

    def encode(self) -> str:
        """What stands between the sentinels; it checks nothing, so that a simulator can say what is wrong."""
        expiry, service = self.expiry or SEPARATOR, self.service_code or SEPARATOR
        return f"{self.pan}{SEPARATOR}{expiry}{service}{self.discretionary}"


@dataclass(frozen=True, slots=True)
class Broken:
    """A swipe that gave no track 2."""

    fault: Fault


def passes_luhn(number: str) -> bool:
    """Whether the last digit is the check digit of ISO/IEC 7812-1, annex B. number: digits only."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = (2 * digit - 9 if digit > 4 else 2 * digit for digit in digits[1::2])
    return (sum(digits[0::2]) + sum(doubled)) % 10 == 0


def lrc(track: str) -> str:
    """The check character over a track from its start sentinel to its end sentinel."""
    return chr(0x30 | reduce(xor, (ord(character) & 0x0F for character in track), 0))


def sent(data: str) -> bytes:
    """A whole track as a reader sends it that strips nothing: sentinels, data, LRC."""
    track = START + data + END
    return (track + lrc(track)).encode("ascii")


class _Place(Enum):
    """Where in a swipe the next byte stands."""

    BEGINNING = auto()
    """Nothing has come since the last end."""
    TRACK = auto()
    """Behind the start sentinel."""
    CHECK = auto()
    """Behind the end sentinel: the LRC may come."""
    BARE = auto()
    """In a track without sentinels."""
    ELSEWHERE = auto()
    """In another track, in noise, or behind a track that was read."""


class SwipeReader:
    """Finds track 2 in a stream of bytes, and says what is wrong with a swipe that has none.

    What it finds depends on the bytes alone, not on how they were cut into pieces. It holds one track at
    most; a start sentinel always begins a new one, so that a whole track behind noise is found.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._place = _Place.BEGINNING

    @property
    def begun(self) -> bool:
        """True while a track has begun and it is not yet known whether it is whole."""
        return self._place in (_Place.TRACK, _Place.CHECK, _Place.BARE)

    def feed(self, data: bytes) -> list[Track2 | Broken]:
        """Takes bytes and gives what they complete, in order. Never raises."""
        found: list[Track2 | Broken] = []
        for byte in data:
            self._take(byte, found)
        return found

    def give_up(self) -> list[Track2 | Broken]:
        """Says that the line fell silent: what has begun is over."""
        found: list[Track2 | Broken] = []
        self._end(found)
        self._to(_Place.BEGINNING)
        return found

    def clear(self) -> None:
        """Forgets what has come."""
        self._to(_Place.BEGINNING)

    def _take(self, byte: int, found: list[Track2 | Broken]) -> None:
        if self._place is _Place.CHECK and byte in _ALPHABET:
            expected = lrc(START + self._text() + END)
            if byte == ord(expected):
                self._judge(found)
                self._to(_Place.ELSEWHERE)
                return
            if byte != ord(START):
                found.append(Broken(Fault.CHECK))
                self._to(_Place.ELSEWHERE)
                return
        if byte == ord(START):
            if self._place is not _Place.BARE:  # digits before a start sentinel are noise
                self._end(found)
            self._to(_Place.TRACK)
        elif byte in _TERMINATORS:
            self._end(found)
            self._to(_Place.BEGINNING)
        else:
            self._inside(byte, found)

    def _inside(self, byte: int, found: list[Track2 | Broken]) -> None:
        match self._place:
            case _Place.BEGINNING if byte in _DIGITS:
                self._to(_Place.BARE)
                self._held.append(byte)
            case _Place.BEGINNING if byte in _LEADERS:
                pass
            case _Place.TRACK | _Place.BARE if byte in _DATA:
                if len(self._held) == MAX_DATA:
                    found.append(Broken(Fault.LENGTH))
                    self._to(_Place.ELSEWHERE)
                else:
                    self._held.append(byte)
            case _Place.TRACK if byte == ord(END):
                self._place = _Place.CHECK
            case _Place.TRACK if byte == ord("E") and not self._held:
                found.append(Broken(Fault.UNREADABLE))
                self._to(_Place.ELSEWHERE)
            case _Place.BARE if byte == ord(END):
                found.append(Broken(Fault.NO_START))
                self._to(_Place.ELSEWHERE)
            case _Place.BARE:
                self._to(_Place.ELSEWHERE)  # digits in some other text
            case _:
                self._end(found)
                self._to(_Place.ELSEWHERE)

    def _end(self, found: list[Track2 | Broken]) -> None:
        """Nothing more belongs to what has begun."""
        match self._place:
            case _Place.CHECK | _Place.BARE:
                self._judge(found)
            case _Place.TRACK if self._held:
                found.append(Broken(Fault.NO_END))

    def _judge(self, found: list[Track2 | Broken]) -> None:
        try:
            found.append(Track2.decode(self._text()))
        except Track2Error as error:
            found.append(Broken(error.fault))

    def _text(self) -> str:
        return self._held.decode("ascii")

    def _to(self, place: _Place) -> None:
        self._held.clear()
        self._place = place
