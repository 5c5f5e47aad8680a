"""What the hidden menu can show: one frozen state a page. Most of them are lists."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from enum import Enum

from foundation.language import LocalizedText
from hardware.diagnosing.check import CheckResult, Level
from hardware.diagnosing.faults import Series
from kiosk.technician.events import ScreenTest
from kiosk.visit.events import Event
from kiosk.visit.pages import Turned


@dataclass(frozen=True, slots=True)
class TechnicianPage(Turned):
    """Base of all."""

    @property
    def leave_text(self) -> str:
        """What ending is called here."""
        return "bar.leave_menu"


class Refused(Enum):
    """Why nobody was let in; the values name texts of the room."""

    WRONG = "wrong"
    LOCKED = "locked"
    NOBODY = "nobody"
    """No technician is enrolled."""
    UNUSABLE = "unusable"
    """What is known of technicians cannot be read."""


@dataclass(frozen=True, slots=True)
class PinEntry(TechnicianPage):
    """A PIN is being entered, or a card waited for.

    digits: how many stand there, the PIN itself is not here; left: tries until it is locked; locked: until
    when it is, local time; card: whether somebody may enter by card; checking: it is being judged.
    """

    digits: int = 0
    refused: Refused | None = None
    left: int = 0
    locked: LocalizedText | None = None
    card: bool = False
    checking: bool = False


class Tone(Enum):
    """What is thought of an entry."""

    PLAIN = "plain"
    FINE = "fine"
    WRONG = "wrong"
    SET = "set"
    """It was set here, and stands in the place of the configuration."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One of a list. name: its identifier; mark: a few words beside its title; event: what a touch does;
    chosen: whether it is the one of several that counts, None where there is nothing to choose."""

    name: str
    title: LocalizedText
    lines: tuple[LocalizedText, ...] = ()
    mark: LocalizedText | None = None
    tone: Tone = Tone.PLAIN
    event: Event | None = None
    icon: str = ""
    chosen: bool | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """A button at the foot. name: its identifier."""

    name: str
    text: LocalizedText
    event: Event
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Listing(TechnicianPage):
    """A list: of facts, of what can be chosen, of where to go. note: what went wrong or was done, above it.

    name: which list it is.
    """

    name: str
    title: LocalizedText
    entries: tuple[Entry, ...]
    sub: LocalizedText | None = None
    note: LocalizedText | None = None
    note_tone: Tone = Tone.FINE
    deeds: tuple[Deed, ...] = ()


@dataclass(frozen=True, slots=True)
class Faults(TechnicianPage):
    """Failed commands over time. names: of the series, in their order."""

    days: tuple[date, ...]
    series: tuple[Series, ...]
    names: tuple[LocalizedText, ...]


class Asks(Enum):
    """What a test waits for."""

    NOTHING = 0
    YES_OR_NO = 1
    NUMBER = 2


@dataclass(frozen=True, slots=True)
class RunningTest(TechnicianPage):
    """Devices are being tested, or were.

    device: the one whose turn it is, its class; said: what the technician was told of it, the newest last;
    entered: the digits that were typed; results: of those that are done; done: nothing more follows.
    """

    devices: tuple[str, ...]
    level: Level
    device: str = ""
    said: tuple[LocalizedText, ...] = ()
    asks: Asks = Asks.NOTHING
    entered: str = dataclasses.field(default="", repr=False)
    results: tuple[CheckResult, ...] = ()
    done: bool = False


@dataclass(frozen=True, slots=True)
class Bare(TechnicianPage):
    """Has the whole window: no header and no foot."""


@dataclass(frozen=True, slots=True)
class Colours(Bare):
    """One colour after another, for dead pixels. number: from 0."""

    number: int = 0


@dataclass(frozen=True, slots=True)
class Drawing(Bare):
    """Every place of the screen is drawn over with a finger."""


@dataclass(frozen=True, slots=True)
class Targets(Bare):
    """One target after another is touched; touched: how many were."""

    touched: int = 0


TESTS = {ScreenTest.COLOURS: Colours, ScreenTest.DRAWING: Drawing, ScreenTest.CALIBRATION: Targets}
"""The page on which each test of the screen begins."""
