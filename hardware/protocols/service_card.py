"""The service card (社会保障卡): which files its application has, and what their records say.

::

    SELECT by name    00 A4 04 00 0F "sx1.sh." 社会保障          the card's own environment, SSSE
    SELECT file       00 A4 02 00 02 EF 05                       the issuer's data
    READ RECORD       00 B2 <tag> 00 00    or  00 B2 <number> 04 00
    SELECT file       00 A4 02 00 02 EF 06                       the holder's data
    READ RECORD       …

A record is one data object: a tag, a length and a value. Text is GB18030, padded with 00 or spaces; dates
and codes are packed digits (BCD), padded with F.

| file | tag | bytes | content |
|---|---|---|---|
| EF05 | 01 | 16 | identification of the card: administrative division (GB/T 2260, 3 bytes), RID, serial |
| | 02 | 1 | class of the card |
| | 03 | 4 | version of the specification, such as 2.00 |
| | 04 | 12 | the institution that initialised it |
| | 05, 06 | 4 | day of issue, day of expiry: YYYYMMDD, packed |
| | 07 | 9 | number of the card |
| EF06 | 08 | 18 | social security number (社会保障号码): of citizens the identity number, GB 11643 |
| | 09, 4E | 30, 20 | name, and what of it did not fit |
| | 0A | 1 | sex, GB/T 2261.1 |
| | 0B | 1 | ethnicity, GB/T 3304, packed |
| | 0C | 3 | birthplace, GB/T 2260, packed |
| | 0D | 4 | day of birth: YYYYMMDD, packed |

The commands, the two files and the RID were confirmed before; tags and lengths are those that several public
drivers of card readers agree on, and no real card was seen. By public accounts the records of EF06 stand in
another order on cards of version 1.0 than later, so records are asked for by their tag; a card that does not
know that is read record by record, and each is known by its tag. A card of version 3.0 may want proof of the
issuer's key before it shows its holder: that is PROTECTED, and needs a security module that is not public.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, IntEnum

from hardware.protocols import ber_tlv, identity_card
from hardware.protocols.apdu import (
    ApduError,
    Dialogue,
    Response,
    StatusWord,
    exchange,
    read_record,
    read_record_by_tag,
    select_file,
    select_name,
)

SSSE = bytes.fromhex("7378312E73682EC9E7BBE1B1A3D5CF")
"""Name of the card's environment: "sx1.sh." and 社会保障 in GB 18030."""
RID = bytes.fromhex("D156000005")
MAX_RECORDS = 16
"""Most records that are read of a file by their number."""
_BY_NUMBER = {
    StatusWord.FUNCTION_NOT_SUPPORTED,
    StatusWord.WRONG_P1_P2,
    StatusWord.WRONG_PARAMETERS,
    StatusWord.CONDITIONS_NOT_SATISFIED,
}
"""What a card says that finds no record by its tag."""
_PROTECTED = {StatusWord.SECURITY_STATUS_NOT_SATISFIED, StatusWord.AUTHENTICATION_BLOCKED}
_ABSENT = {StatusWord.RECORD_NOT_FOUND, StatusWord.DATA_NOT_FOUND, StatusWord.FILE_NOT_FOUND}


class File(IntEnum):
    """The files that this reads, by their identifier."""

    ISSUER = 0xEF05
    HOLDER = 0xEF06


class Tag(IntEnum):
    """The records that this reads."""

    CARD_IDENTIFICATION = 0x01
    CARD_CLASS = 0x02
    VERSION = 0x03
    INSTITUTION = 0x04
    ISSUED = 0x05
    EXPIRES = 0x06
    CARD_NUMBER = 0x07
    HOLDER_NUMBER = 0x08
    NAME = 0x09
    SEX = 0x0A
    ETHNICITY = 0x0B
    BIRTHPLACE = 0x0C
    BIRTH_DATE = 0x0D
    NAME_CONTINUED = 0x4E


FILES: Mapping[File, tuple[Tag, ...]] = {
    File.ISSUER: (Tag.CARD_IDENTIFICATION, Tag.VERSION, Tag.ISSUED, Tag.EXPIRES, Tag.CARD_NUMBER),
    File.HOLDER: (
        Tag.HOLDER_NUMBER,
        Tag.NAME,
        Tag.NAME_CONTINUED,
        Tag.SEX,
        Tag.ETHNICITY,
        Tag.BIRTHPLACE,
        Tag.BIRTH_DATE,
    ),
}
"""Which records are read of which file: what nobody needs stays on the card."""


class Reason(Enum):
    """Why a card was not read."""

    OTHER_CARD = "otherCard"
    """The card has no such application: a bank card, an access card."""
    PROTECTED = "protected"
    """The card wants proof of a PIN or a key first."""
    REFUSED = "refused"
    """The card answered something else than the specification has."""
    BROKEN = "broken"
    """What came is no response or no data object."""
    CONTENT = "content"
    """A record that has to be there is missing, blank or wrong."""


class ServiceCardError(ValueError):
    """A card was not read. place: name of the file or record, and the status word; never a value."""

    def __init__(self, reason: Reason, place: str) -> None:
        super().__init__(f"{place}: {reason.value}")
        self.reason = reason
        self.place = place


@dataclass(frozen=True, slots=True)
class ServiceCard:
    """What a service card says. Personal data: its repr shows none of it.

    holder_number: the social security number as it stands on the card; identity_number: the same where it is
    one of GB 11643, else empty, as foreigners have other numbers. What the card leaves blank, or has in
    another form than this specification, is empty or None.
    region, birthplace: GB/T 2260, six digits; ethnicity: GB/T 3304, two digits.
    """

    card_number: str = field(repr=False)
    holder: str = field(repr=False)
    holder_number: str = field(repr=False)
    identity_number: str = field(repr=False, default="")
    region: str = field(repr=False, default="")
    version: str = ""
    issued: date | None = field(repr=False, default=None)
    expires: date | None = field(repr=False, default=None)
    sex: str = field(repr=False, default="")
    ethnicity: str = field(repr=False, default="")
    birthplace: str = field(repr=False, default="")
    birth_date: date | None = field(repr=False, default=None)


def read() -> Dialogue[ServiceCard]:
    """Reads a card that lies in the reader, from its application's name to its holder's.

    Yields commands and is sent responses. Raises ServiceCardError.
    """
    try:
        response = yield from exchange(select_name(SSSE))
        _check(response, "SSSE", Reason.OTHER_CARD)
        records: dict[int, bytes] = {}
        for file, tags in FILES.items():
            response = yield from exchange(select_file(file))
            _check(response, f"EF{file & 0xFF:02X}", Reason.OTHER_CARD)
            records |= yield from _records(file, tags)
        return decode(records)
    except ApduError as error:
        raise ServiceCardError(Reason.BROKEN, str(error)) from None


def _records(file: File, tags: Iterable[Tag]) -> Dialogue[dict[int, bytes]]:
    """The values of a file's records, by their tag."""
    found: dict[int, bytes] = {}
    for tag in tags:
        place = f"EF{file & 0xFF:02X} {tag:02X}"
        response = yield from exchange(read_record_by_tag(tag))
        if response.status in _BY_NUMBER and not found:
            return (yield from _all_records(file))
        if response.status in _ABSENT:
            continue
        _check(response, place, Reason.REFUSED)
        for record in _objects(response, place):
            found.setdefault(record.tag, record.value)
    return found


def _all_records(file: File) -> Dialogue[dict[int, bytes]]:
    found: dict[int, bytes] = {}
    for number in range(1, MAX_RECORDS + 1):
        place = f"EF{file & 0xFF:02X} #{number}"
        response = yield from exchange(read_record(number))
        if response.status in _ABSENT:
            break
        _check(response, place, Reason.REFUSED)
        for record in _objects(response, place):
            found.setdefault(record.tag, record.value)
    return found


def _check(response: Response, place: str, otherwise: Reason) -> None:
    if not response.done:
        reason = Reason.PROTECTED if response.status in _PROTECTED else otherwise
        raise ServiceCardError(reason, f"{place} SW {int(response.status):04X}")


def _objects(response: Response, place: str) -> tuple[ber_tlv.Tlv, ...]:
    try:
        return ber_tlv.decode(response.data)
    except ber_tlv.TlvError as error:
        raise ServiceCardError(Reason.BROKEN, f"{place} {error}") from None


def decode(records: Mapping[int, bytes]) -> ServiceCard:
    """What records say, by their tags. ServiceCardError(CONTENT) where number or name is missing or wrong."""
    name = records.get(Tag.NAME, b"").rstrip(b"\0") + records.get(Tag.NAME_CONTINUED, b"")
    holder_number = _required(_ascii, records.get(Tag.HOLDER_NUMBER, b""), Tag.HOLDER_NUMBER)
    return ServiceCard(
        card_number=_required(_ascii, records.get(Tag.CARD_NUMBER, b""), Tag.CARD_NUMBER),
        holder=_required(_text, name, Tag.NAME),
        holder_number=holder_number,
        identity_number=_identity_number(holder_number),
        region=_digits(records.get(Tag.CARD_IDENTIFICATION, b"")[:3], 6),
        version=_ascii(records.get(Tag.VERSION, b"")),
        issued=_date(records.get(Tag.ISSUED, b"")),
        expires=_date(records.get(Tag.EXPIRES, b"")),
        sex=_ascii(records.get(Tag.SEX, b"")),
        ethnicity=_digits(records.get(Tag.ETHNICITY, b""), 2),
        birthplace=_digits(records.get(Tag.BIRTHPLACE, b""), 6),
        birth_date=_date(records.get(Tag.BIRTH_DATE, b"")),
    )


def encode(card: ServiceCard, serial: bytes = bytes(8)) -> dict[File, tuple[bytes, ...]]:
    """The records of both files that say this, in the order of version 2.0, for simulators and tests.

    serial: what follows the RID in the card's identification. ServiceCardError(CONTENT) where a value does
    not fit its record.
    """
    name = card.holder.encode("gb18030")
    return {
        File.ISSUER: (
            _record(Tag.CARD_IDENTIFICATION, bytes.fromhex(card.region) + RID + serial, 16),
            _record(Tag.CARD_CLASS, b"3", 1),
            _record(Tag.VERSION, card.version.encode("ascii"), 4),
            _record(Tag.INSTITUTION, b"", 12, b"\xff"),
            _record(Tag.ISSUED, _packed(card.issued), 4, b"\xff"),
            _record(Tag.EXPIRES, _packed(card.expires), 4, b"\xff"),
            _record(Tag.CARD_NUMBER, card.card_number.encode("ascii"), 9),
        ),
        File.HOLDER: (
            _record(Tag.HOLDER_NUMBER, card.holder_number.encode("ascii"), 18),
            _record(Tag.NAME, name[:30], 30),
            _record(Tag.NAME_CONTINUED, name[30:], 20),
            _record(Tag.SEX, card.sex.encode("ascii"), 1),
            _record(Tag.ETHNICITY, bytes.fromhex(card.ethnicity), 1, b"\xff"),
            _record(Tag.BIRTHPLACE, bytes.fromhex(card.birthplace), 3, b"\xff"),
            _record(Tag.BIRTH_DATE, _packed(card.birth_date), 4, b"\xff"),
        ),
    }


def _record(tag: Tag, value: bytes, width: int, padding: bytes = b"\0") -> bytes:
    if len(value) > width:
        raise ServiceCardError(Reason.CONTENT, tag.name.lower())
    return ber_tlv.Tlv(tag, value + padding * (width - len(value))).encode()


def _required(form: Callable[[bytes], str], value: bytes, tag: Tag) -> str:
    text = form(value)
    if not text:
        raise ServiceCardError(Reason.CONTENT, tag.name.lower())
    return text


def _identity_number(number: str) -> str:
    """The number where it is a citizen's; empty where it has another form.

    ServiceCardError(CONTENT) where it has the form and fails its check: it was not read right.
    """
    if not (len(number) == 18 and number[:17].isdigit()):
        return ""
    try:
        return identity_card.check_number(number)
    except identity_card.ContentError:
        raise ServiceCardError(Reason.CONTENT, Tag.HOLDER_NUMBER.name.lower()) from None


def _ascii(value: bytes) -> str:
    text = value.rstrip(b"\xff").strip(b"\0 ")
    return text.decode("ascii") if text.isascii() and text.decode("ascii").isprintable() else ""


def _text(value: bytes) -> str:
    try:
        text = value.rstrip(b"\xff").decode("gb18030").strip(" \0\u3000")
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() else ""


def _digits(packed: bytes, count: int) -> str:
    digits = packed.hex()
    return digits if len(digits) == count and digits.isdigit() and digits.strip("0") else ""


def _date(packed: bytes) -> date | None:
    digits = _digits(packed, 8)
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])) if digits else None
    except ValueError:
        return None


def _packed(day: date | None) -> bytes:
    return bytes.fromhex(f"{day:%Y%m%d}") if day else b""
