"""Frames and people that several tests use. The people do not exist."""

from __future__ import annotations

from datetime import date

from hardware.interfaces.identity_card_reader import IdentityCardRecord, Sex
from hardware.protocols.gat467 import PREAMBLE, Command, Status

COMMANDS = {
    Command.RESET_SAM: "00 03 10 FF EC",
    Command.SAM_STATUS: "00 03 11 FF ED",
    Command.READ_SAM_ID: "00 03 12 FF EE",
    Command.FIND_CARD: "00 03 20 01 22",
    Command.SELECT_CARD: "00 03 20 02 21",
    Command.READ_TEXT_PHOTO: "00 03 30 01 32",
    Command.READ_APPENDED_ADDRESS: "00 03 30 03 30",
    Command.READ_TEXT_PHOTO_FINGERPRINT: "00 03 30 10 23",
}
REPLIES = {
    "card found": ("00 08 00 00 9F 00 00 00 00 97", Status.CARD_FOUND, bytes(4)),
    "card selected": ("00 0C 00 00 90 00 00 00 00 00 00 00 00 9C", Status.DONE, bytes(8)),
    "no card": ("00 04 00 00 80 84", Status.NO_CARD, b""),
    "select failed": ("00 04 00 00 81 85", Status.SELECT_FAILED, b""),
    "read failed": ("00 04 00 00 41 45", Status.READ_FAILED, b""),
}
"""What follows the preamble, byte for byte as the standard has it."""

PERSON = IdentityCardRecord(
    full_name="示例·阿依古丽",
    sex=Sex.FEMALE,
    ethnicity="02",
    birth_date=date(1990, 3, 7),
    address="幸福省惠民市示范区和平路1号",
    identity_number="11999919900307102X",
    issuer="幸福省惠民市公安局",
    valid_from=date(2020, 5, 1),
    valid_to=date(2040, 5, 1),
)


def framed(text: str) -> bytes:
    """A whole frame from what follows its preamble."""
    return PREAMBLE + bytes.fromhex(text)
