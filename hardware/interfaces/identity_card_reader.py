"""The reader of citizen identity cards (居民身份证)."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from hardware.interfaces.device import Device


class CardError(Enum):
    """Why a card was not read (XFS4IoT CardReader's codes where it has one)."""

    NO_MEDIA = "noMedia"
    """No card came in time: present the card."""
    MEDIA_REMOVED = "mediaRemoved"
    """The card was lifted before it was read: lay it down and leave it there."""
    INVALID_MEDIA = "invalidMedia"
    """The card is of another kind, or the reader does not accept it: use another way."""
    READ_FAILED = "readFailed"
    """The card's content did not arrive whole: lift the card and lay it down again."""
    INVALID_CONTENT = "invalidContent"
    """The content arrived but is wrong, such as an identity number with a wrong check character."""


class Sex(Enum):
    """GB/T 2261.1."""

    UNKNOWN = 0
    MALE = 1
    FEMALE = 2
    UNSPECIFIED = 9


@dataclass(frozen=True, slots=True)
class IdentityCardRecord:
    """What a card says. Personal data: it lives in the visit only, and its repr shows none of it.

    ethnicity: GB/T 3304 code, two digits; valid_to: None for 长期 (no end); photo: WLT, undecoded.
    """

    full_name: str = field(repr=False)
    sex: Sex = field(repr=False)
    ethnicity: str = field(repr=False)
    birth_date: date = field(repr=False)
    address: str = field(repr=False)
    identity_number: str = field(repr=False)
    issuer: str = field(repr=False)
    valid_from: date = field(repr=False)
    valid_to: date | None = field(repr=False)
    photo: bytes = field(repr=False, default=b"")


class IdentityCardReader(Device):
    """Reads citizen identity cards without contact."""

    @abstractmethod
    async def read_card(self, *, timeout: float) -> IdentityCardRecord:
        """Waits up to `timeout` seconds for a card and reads it.

        DeviceError with a CardError where the card is at fault, with CONNECTION_LOST or
        HARDWARE_ERROR where the reader is. Calling it again is the second chance.
        """
