"""What an identity card says: the content of the reader's reply (GA/T 467-2019 §7, record of GA/T 490).

The reply to "read text and photo" carries, after the status bytes::

    text length (2) | photo length (2) | text … | photo …

and with fingerprints a third length and a third part. Lengths are big-endian. The text record is
UTF-16LE in fields of fixed width, padded with spaces::

    name 30 | sex 2 | ethnicity 4 | birth 16 | address 70 | number 36
    | issuer 30 | valid from 16 | valid to 16 | reserved 36
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from hardware.interfaces.identity_card_reader import IdentityCardRecord, Sex

TEXT_BYTES = 256
NO_END = "长期"
LENGTH_BYTES = 2
_WIDTHS = {
    "full_name": 30,
    "sex": 2,
    "ethnicity": 4,
    "birth_date": 16,
    "address": 70,
    "identity_number": 36,
    "issuer": 30,
    "valid_from": 16,
    "valid_to": 16,
    "reserved": 36,
}
_ETHNICITIES = frozenset(f"{code:02}" for code in (*range(1, 57), 97, 98))
"""GB/T 3304: 01 to 56, 97 other, 98 foreigner who became a citizen."""
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"


class Reason(Enum):
    """Why a content is not accepted."""

    LENGTHS = "lengths"
    """The inner lengths do not fit the reply: the content did not arrive whole."""
    TEXT = "text"
    """A field is not text, or holds control characters, or is empty."""
    CODE = "code"
    """A code is not in its table."""
    DATE = "date"
    """A date is not one of the calendar."""
    NUMBER = "number"
    """The identity number has a wrong form or a wrong check character (GB 11643)."""


class ContentError(ValueError):
    """A reply's content is wrong. place: the name of the field, never its value."""

    def __init__(self, reason: Reason, place: str) -> None:
        super().__init__(f"{place}: {reason.value}")
        self.reason = reason
        self.place = place


@dataclass(frozen=True, slots=True)
class Content:
    """The parts of a reply, as they came. Personal data: its repr shows none of it."""

    text: bytes = field(repr=False)
    photo: bytes = field(repr=False)
    fingerprint: bytes = field(repr=False, default=b"")

    def encode(self, *, with_fingerprint: bool = False) -> bytes:
        """The reply's data, as the reader sends it."""
        parts = (self.text, self.photo, self.fingerprint) if with_fingerprint else (self.text, self.photo)
        return b"".join(len(part).to_bytes(LENGTH_BYTES, "big") for part in parts) + b"".join(parts)


def split(data: bytes, *, with_fingerprint: bool = False) -> Content:
    """Cuts a reply's data at its own lengths. ContentError(LENGTHS) where they do not add up."""
    count = 3 if with_fingerprint else 2
    start = count * LENGTH_BYTES
    if len(data) < start:
        raise ContentError(Reason.LENGTHS, "reply")
    lengths = [int.from_bytes(data[at : at + LENGTH_BYTES], "big") for at in range(0, start, LENGTH_BYTES)]
    if start + sum(lengths) != len(data):
        raise ContentError(Reason.LENGTHS, "reply")
    parts = []
    for length in lengths:
        parts.append(data[start : start + length])
        start += length
    return Content(*parts)


def decode(content: Content) -> IdentityCardRecord:
    """Reads and checks the text record. ContentError where any field is wrong."""
    if len(content.text) < TEXT_BYTES:
        raise ContentError(Reason.LENGTHS, "text")
    fields = {}
    at = 0
    for name, width in _WIDTHS.items():
        if name != "reserved":
            fields[name] = _text(content.text[at : at + width], name)
        at += width
    return IdentityCardRecord(
        full_name=fields["full_name"],
        sex=_sex(fields["sex"]),
        ethnicity=_ethnicity(fields["ethnicity"]),
        birth_date=_date(fields["birth_date"], "birth_date"),
        address=fields["address"],
        identity_number=check_number(fields["identity_number"]),
        issuer=fields["issuer"],
        valid_from=_date(fields["valid_from"], "valid_from"),
        valid_to=None if fields["valid_to"] == NO_END else _date(fields["valid_to"], "valid_to"),
        photo=content.photo,
    )


def encode(record: IdentityCardRecord) -> bytes:
    """The text record that says this, for simulators and tests; it checks only that every field fits."""
    values = {
        "full_name": record.full_name,
        "sex": str(record.sex.value),
        "ethnicity": record.ethnicity,
        "birth_date": f"{record.birth_date:%Y%m%d}",
        "address": record.address,
        "identity_number": record.identity_number,
        "issuer": record.issuer,
        "valid_from": f"{record.valid_from:%Y%m%d}",
        "valid_to": f"{record.valid_to:%Y%m%d}" if record.valid_to else NO_END,
        "reserved": "",
    }
    text = b""
    for name, width in _WIDTHS.items():
        value = values[name].encode("utf-16-le")
        if len(value) > width:
            raise ContentError(Reason.TEXT, name)
        text += value + " ".encode("utf-16-le") * ((width - len(value)) // 2)
    return text


def check_number(number: str) -> str:
    """Gives the number back where GB 11643-1999 allows it: 17 digits, a real birth date, the check character.

    Raises ContentError(NUMBER) or, for the birth date, ContentError(DATE) otherwise.
    """
    digits = number[:-1]
    if len(number) != 18 or not (digits.isascii() and digits.isdigit()):
        raise ContentError(Reason.NUMBER, "identity_number")
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True))
    if number[-1] != _CHECK_CHARACTERS[total % 11]:
        raise ContentError(Reason.NUMBER, "identity_number")
    _date(number[6:14], "identity_number")
    return number


def _text(encoded: bytes, name: str) -> str:
    try:
        text = encoded.decode("utf-16-le").strip(" \0\u3000")
    except UnicodeDecodeError:
        raise ContentError(Reason.TEXT, name) from None
    if not text or any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text):
        raise ContentError(Reason.TEXT, name)
    return text


def _date(text: str, name: str) -> date:
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        raise ContentError(Reason.DATE, name)
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise ContentError(Reason.DATE, name) from None


def _sex(text: str) -> Sex:
    codes = {str(sex.value): sex for sex in Sex}
    if text not in codes:
        raise ContentError(Reason.CODE, "sex")
    return codes[text]


def _ethnicity(text: str) -> str:
    if text not in _ETHNICITIES:
        raise ContentError(Reason.CODE, "ethnicity")
    return text
