"""The reader of bank cards and service cards: magnetic stripe, contact chip, with or without a motor."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar, final

from hardware.interfaces.device import CompletionCode, Device, DeviceError, Status
from hardware.interfaces.media import Media

MOVE_SECONDS = 10.0
"""Longest time for a motor to move a card."""
CHIP_SECONDS = 10.0
"""Longest time for a chip to answer one command; ISO/IEC 7816-3 lets it ask for more again and again."""
MAX_COMMAND_APDU = 4 + 3 + 65_535 + 3
MIN_COMMAND_APDU = 4
"""Bytes of a command APDU (ISO/IEC 7816-4, 5.1): CLA INS P1 P2, and what may follow."""


class CardReaderError(Enum):
    """Why a card was not read or moved (XFS4IoT CardReader's codes where it has one)."""

    NO_MEDIA = "noMedia"
    """No card came in time, or none is in the reader: present the card."""
    MEDIA_REMOVED = "mediaRemoved"
    """The card was taken out before the work with it was done: insert it again and leave it there."""
    INVALID_MEDIA = "invalidMedia"
    """The card has nothing that this reader can read, or not what it should: use another card or way."""
    READ_FAILED = "readFailed"
    """The stripe or chip was not read whole: present the card once more."""
    INVALID_CONTENT = "invalidContent"
    """It was read whole and is wrong, such as a card number with a wrong check digit."""
    CARD_TOO_SHORT = "cardTooShort"
    CARD_TOO_LONG = "cardTooLong"
    MEDIA_JAM = "mediaJam"
    """The card is stuck: a technician has to take it out."""
    SHUTTER_FAIL = "shutterFail"
    """The shutter of the slot did not open or close."""
    MEDIA_RETAINED = "mediaRetained"
    """The card was taken in because nobody took it."""
    RETAIN_BIN_FULL = "retainBinFull"
    """The bin for such cards is full: a technician has to empty it."""
    CHIP_NOT_SUPPORTED = "chipNotSupported"
    """The chip does not answer as ISO/IEC 7816 says: is the card the right way round?"""


class CardSource(Enum):
    """Where the data came from."""

    STRIPE = "stripe"
    CHIP = "chip"


@dataclass(frozen=True, slots=True)
class CardData:
    """What a card says. Personal data: its repr shows none of it.

    number: of the card: a PAN (ISO/IEC 7812), or the number of a service card (社会保障卡); holder: name;
    identity_number: GB 11643, of a service card; expires: YYMM as on track 2, or YYYYMMDD as in a chip;
    track2: between its sentinels, for who hands it on; details: other elements by name, of a service card its
    EF05 and EF06. What the card or the reader does not tell is empty.
    """

    number: str = field(repr=False)
    holder: str = field(repr=False, default="")
    identity_number: str = field(repr=False, default="")
    expires: str = field(repr=False, default="")
    track2: str = field(repr=False, default="")
    source: CardSource = CardSource.STRIPE
    details: Mapping[str, str] = field(repr=False, default_factory=dict)


class Shutter(Enum):
    """The shutter of the slot (XFS4IoT Auxiliaries, shutter)."""

    CLOSED = "closed"
    OPEN = "open"
    JAMMED = "jammed"
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


class RetainBin(Enum):
    """The bin for cards that nobody took (XFS4IoT CardReader, storage)."""

    OK = "ok"
    HIGH = "high"
    FULL = "full"
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


class ChipPower(Enum):
    """The chip of the card in the reader (XFS4IoT CardReader, chipPower)."""

    ONLINE = "online"
    """It answered to its reset."""
    POWERED_OFF = "poweredOff"
    NO_CARD = "noCard"
    HARDWARE_ERROR = "hardwareError"
    """It is there and does not answer."""
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CardReaderCapabilities:
    """stripe, chip: what it reads; transmits: `transmit` works; ejects, retains: it has a motor for that."""

    stripe: bool
    chip: bool
    transmits: bool = False
    ejects: bool = False
    retains: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CardReaderStatus(Status):
    """How the reader is."""

    WRONG: ClassVar[Mapping[Enum, str]] = {
        Media.JAMMED: "advice.card_reader.mediaJam",
        Shutter.JAMMED: "advice.card_reader.shutterFail",
        RetainBin.FULL: "advice.card_reader.retainBinFull",
        RetainBin.HIGH: "advice.card_reader.retainBinHigh",
        ChipPower.HARDWARE_ERROR: "advice.card_reader.chipNotSupported",
    }

    media: Media = Media.UNKNOWN
    shutter: Shutter = Shutter.UNKNOWN
    retain_bin: RetainBin = RetainBin.UNKNOWN
    chip: ChipPower = ChipPower.UNKNOWN


class CardReader(Device[CardReaderCapabilities, CardReaderStatus]):
    """Reads cards, and moves them where it has a motor."""

    name = "card_reader"
    status_type = CardReaderStatus
    codes = tuple(CardReaderError)
    unused = (CardReaderError.NO_MEDIA,)

    @abstractmethod
    async def _read_card(self) -> CardData:
        """Waits for a card, for ever, and reads it: once one has come, `_grant` it the time. DeviceError with
        a CardReaderError where the card is at fault."""

    async def _eject_card(self) -> None:
        """Moves the card to where its owner can take it."""
        raise DeviceError(CompletionCode.UNSUPPORTED_COMMAND)

    async def _retain_card(self) -> None:
        """Moves the card into the bin."""
        raise DeviceError(CompletionCode.UNSUPPORTED_COMMAND)

    async def _transmit(self, command: bytes) -> bytes:
        """Hands a command APDU to the chip of the card that is in the reader, and gives its answer."""
        raise DeviceError(CompletionCode.UNSUPPORTED_COMMAND)

    @final
    async def read_card(self, *, timeout: float) -> CardData:
        """Waits up to `timeout` seconds for a card and reads it (XFS4IoT CardReader.ReadRawData).

        DeviceError with a CardReaderError where the card is at fault, TIME_OUT with NO_MEDIA where none
        came. A card in a reader with a motor stays there until `eject_card` or `retain_card`.
        """
        return await self._command(
            "read_card",
            self._read_card,
            timeout=timeout,
            late=CardReaderError.NO_MEDIA,
            counts=lambda _: {"cards_read": 1},
        )

    @final
    async def eject_card(self) -> None:
        """Gives the card back (XFS4IoT CardReader.Move to the exit). UNSUPPORTED_COMMAND without a motor."""
        await self._command(
            "eject_card",
            self._eject_card,
            timeout=MOVE_SECONDS,
            late=CardReaderError.MEDIA_JAM,
            counts=lambda _: {"cards_ejected": 1},
        )

    @final
    async def retain_card(self) -> None:
        """Takes in a card that nobody took (XFS4IoT CardReader.Move to a bin). UNSUPPORTED_COMMAND without a
        motor."""
        await self._command(
            "retain_card",
            self._retain_card,
            timeout=MOVE_SECONDS,
            late=CardReaderError.MEDIA_JAM,
            counts=lambda _: {"cards_retained": 1},
        )

    @final
    async def transmit(self, command: bytes, *, timeout: float = CHIP_SECONDS) -> bytes:
        """Hands a command APDU to the chip of the card in the reader and gives its answer: data, SW1, SW2
        (ISO/IEC 7816-4, 5.1; XFS4IoT CardReader.ChipIO). A status word other than 9000 is no DeviceError.

        NO_MEDIA where no card is in the reader; INVALID_DATA where it is no APDU.
        """
        if not MIN_COMMAND_APDU <= len(command) <= MAX_COMMAND_APDU:
            raise DeviceError(CompletionCode.INVALID_DATA, detail=f"{len(command)} bytes are no APDU")
        return await self._command(
            "transmit",
            lambda: self._transmit(command),
            timeout=timeout,
            late=CardReaderError.READ_FAILED,
            counts=lambda _: {"apdus": 1},
        )
