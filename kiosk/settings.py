"""What a technician sets at a terminal, in the table ``[kiosk]`` of the configuration."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, ClassVar, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_settings import NoDecode

from backend_client.door import DoorSettings
from backend_client.target import check_target
from foundation.language import Language, LocalizedText
from kiosk.calling.settings import HelpCallSettings
from kiosk.speaking.settings import SoundSettings

SMALLEST = (720, 768)
LARGEST = 7680


class Size(NamedTuple):
    """Width and height of the window in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


def parse_size(given: object) -> object:
    """A size from ``1080x1920``. ValueError with what is wanted instead."""
    if isinstance(given, Size):
        return given
    found = re.fullmatch(r"([0-9]{3,4})[x×]([0-9]{3,4})", given.strip()) if isinstance(given, str) else None
    if not found:
        raise ValueError("give it as WIDTHxHEIGHT, such as 1080x1920 or 1280x1024")
    width, height = int(found[1]), int(found[2])
    if width < SMALLEST[0] or height < SMALLEST[1] or max(width, height) > LARGEST:
        raise ValueError(f"from {SMALLEST[0]}x{SMALLEST[1]} to {LARGEST} pixels a side")
    return Size(width, height)


def known_time_zone(given: str) -> str:
    """A name that the system's time zone data has."""
    try:
        ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"no such time zone: {given}") from error
    return given


class Office(BaseModel):
    """Whose terminal it is, in both languages, for the header and the slip."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh_cn: Annotated[str, Field(min_length=1, max_length=16)] = "惠民县政务服务"
    en: Annotated[str, Field(min_length=1, max_length=40)] = "Huimin County Government Services"

    @property
    def name(self) -> LocalizedText:
        """Both of them."""
        return LocalizedText(self.zh_cn, self.en)


class KioskSettings(DoorSettings):
    """Settings of the terminal. Times are in seconds."""

    room: ClassVar[str] = "kiosk"

    backend: Annotated[str, AfterValidator(check_target)] = "127.0.0.1:50051"
    credentials: Path | None = None
    """Folder of the key and certificate that `enrol` put there; none for a backend on this machine."""
    size: Annotated[Size, NoDecode, BeforeValidator(parse_size)] = Size(1080, 1920)
    language: Language = Language.ZH_CN
    terminal: str = Field("terminal-1", pattern=r"^[A-Za-z0-9._-]{1,63}$")
    """Name of this terminal, sent with each form."""
    office: Office = Office()
    help_phone: str = Field("", pattern=r"^[0-9+ -]{0,20}$")
    """Number that the home page names for help; none where empty."""
    time_zone: Annotated[str, AfterValidator(known_time_zone)] = "Asia/Shanghai"
    """The county's local time."""
    patience: float = Field(60.0, ge=1, le=3600)
    """Without a touch, until the visit is asked about."""
    countdown: int = Field(30, ge=1, le=600)
    """From there to its end."""
    battery_patience: float = Field(60.0, ge=0, le=600)
    """For which a visit may go on once the battery is low: supplies say so some minutes before the end."""
    dark_after: float = Field(120.0, ge=0, le=86400)
    """Without anybody near, until the screen is dark, where a board tells who is near; 0: never."""
    card_patience: float = Field(30.0, ge=1, le=600)
    """Waiting for a card."""
    help_call: HelpCallSettings = HelpCallSettings()
    """The call to a person; see kiosk/calling/settings.py."""
    qr_prefix: str = Field("", max_length=200)
    """What stands before the reference in the QR code, such as the address of a portal."""
    panel_width_mm: float | None = Field(None, ge=100, le=3000)
    """Width of the panel's picture; None: that of the panels the terminal is drawn for."""
    panel_bottom_mm: float = Field(800.0, ge=200, le=1600)
    """From the floor to the lower edge of the picture, for those who sit."""
    sound: SoundSettings = SoundSettings()
    reading_prefix: str = Field("", pattern=r"^[!-~]{0,120}$")
    """What stands before the name of a policy, a notice or a guide in its QR code, such as
    ``https://portal.example/read?``; where empty, the code says its title, number and office."""
    demonstration: bool = True
    """Whether the screen says that it is a demonstration."""
    technician_patience: float = Field(180.0, ge=10, le=3600)
    """Without a touch, until the hidden menu closes by itself."""
    export_folder: Path | None = None
    """Where media that a technician puts in are mounted; the export goes there while something is."""
    hide_cursor: bool = False
    fullscreen: bool = False

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.time_zone)
