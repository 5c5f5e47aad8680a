"""What a technician does, as the menu's screens tell it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import Enum

from foundation.language import Language
from hardware.diagnosing.check import Level
from kiosk.technician.calibration import Point
from kiosk.technician.own_settings import Reason
from kiosk.visit.events import Event


class Section(Enum):
    """What the menu leads to; the values name texts of the room."""

    DEVICES = "devices"
    STATISTICS = "statistics"
    EVENTS = "events"
    FAULTS = "faults"
    LOG = "log"
    NETWORK = "network"
    SCREEN = "screen"
    SOUND = "sound"
    LANGUAGE = "language"
    VERSION = "version"
    SERVICE = "service"
    """Out of service, and back."""
    EXPORT = "export"
    CARD = "card"
    """The technician's own."""


class Ear(Enum):
    """On which side a tone is played; the values name texts of the room."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class AskForMenu(Event):
    """The hidden gesture was made."""


@dataclass(frozen=True, slots=True)
class OpenSection(Event):
    """To one part of the menu."""

    section: Section


@dataclass(frozen=True, slots=True)
class Again(Event):
    """Look once more, or play it once more."""


@dataclass(frozen=True, slots=True)
class OpenDevice(Event):
    """To one device, by its class."""

    device: str


@dataclass(frozen=True, slots=True)
class RunTest(Event):
    """Test a device; its class, or empty for all of them."""

    device: str
    level: Level


@dataclass(frozen=True, slots=True)
class Answer(Event):
    """Yes or no to what a test asks."""

    yes: bool


class ScreenTest(Enum):
    """Tests of the screen; the values name texts of the room."""

    COLOURS = "colours"
    DRAWING = "drawing"
    CALIBRATION = "calibration"


@dataclass(frozen=True, slots=True)
class BeginTest(Event):
    """Begin a test of the screen."""

    test: ScreenTest


@dataclass(frozen=True, slots=True)
class Touched(Event):
    """A target was touched. at: where the screen felt it, before any correction."""

    at: Point


@dataclass(frozen=True, slots=True)
class Uncalibrate(Event):
    """Touches count as the screen feels them."""


@dataclass(frozen=True, slots=True)
class PlayTone(Event):
    """A tone on one side."""

    ear: Ear


@dataclass(frozen=True, slots=True)
class Louder(Event):
    """The volume in which a visit begins, so many percent louder; fewer than none: softer."""

    by: int


@dataclass(frozen=True, slots=True)
class BeginIn(Event):
    """A visit begins in this language."""

    language: Language


@dataclass(frozen=True, slots=True)
class AsConfigured(Event):
    """Take back what was set in the menu of one section: the configuration counts again."""

    section: Section


@dataclass(frozen=True, slots=True)
class TakeOut(Event):
    """Out of service."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class PutBack(Event):
    """Into service again."""


@dataclass(frozen=True, slots=True)
class WriteExport(Event):
    """Write the file for whoever is asked for help."""


@dataclass(frozen=True, slots=True)
class Restart(Event):
    """Start the program anew; the first time it is asked whether that is meant."""

    sure: bool = dataclasses.field(default=False)


@dataclass(frozen=True, slots=True)
class ForgetCard(Event):
    """The technician's card opens the menu no more."""
