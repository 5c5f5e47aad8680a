"""The reader of citizen identity cards (居民身份证)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import ClassVar, final

from hardware.interfaces.device import Device, Status
from hardware.interfaces.media import Media


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


class SecurityModule(Enum):
    """The module (SAM_A) that alone can read such cards."""

    READY = "ready"
    FAILED = "failed"
    NOT_AUTHORISED = "notAuthorised"
    """Only who issues modules can help."""
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class IdentityCardReaderCapabilities:
    """What it reads, besides the text. photo: the portrait; fingerprint: its features."""

    photo: bool
    fingerprint: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCardReaderStatus(Status):
    """How the reader is."""

    WRONG: ClassVar[Mapping[Enum, str]] = {
        SecurityModule.FAILED: "advice.identity_card_reader.securityModule",
        SecurityModule.NOT_AUTHORISED: "advice.identity_card_reader.notAuthorised",
    }

    media: Media = Media.UNKNOWN
    security_module: SecurityModule = SecurityModule.UNKNOWN


class IdentityCardReader(Device[IdentityCardReaderCapabilities, IdentityCardReaderStatus]):
    """Reads citizen identity cards without contact."""

    name = "identity_card_reader"
    status_type = IdentityCardReaderStatus
    codes = tuple(CardError)
    unused = (CardError.NO_MEDIA,)

    @abstractmethod
    async def _read_card(self) -> IdentityCardRecord:
        """Waits for a card, for ever, and reads it: once one has come, `_grant` it the time. DeviceError with
        a CardError where the card is at fault, with CONNECTION_LOST or HARDWARE_ERROR where the reader is."""

    @final
    async def read_card(self, *, timeout: float) -> IdentityCardRecord:
        """Waits up to `timeout` seconds for a card and reads it.

        DeviceError with a CardError where the card is at fault (TIME_OUT with NO_MEDIA where none came), with
        CONNECTION_LOST or HARDWARE_ERROR where the reader is. Calling it again is the second chance.
        """
        return await self._command(
            "read_card",
            self._read_card,
            timeout=timeout,
            late=CardError.NO_MEDIA,
            counts=lambda _: {"cards_read": 1},
        )
