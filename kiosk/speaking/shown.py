"""What is on the screen, as far as it can be said: the accessibility tree without its widgets. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from foundation.language import Language
from kiosk.visit.keypad import KEYED


class Area(Enum):
    """Where something stands."""

    HEADER = auto()
    SCREEN = auto()
    FOOT = auto()
    """Below the screen: its actions, the way back, a rating."""
    OVERLAY = auto()


@dataclass(frozen=True, slots=True)
class Piece:
    """A text, or a control that can be reached. owner: identifier of the control that a text stands on;
    runs_on: its sentence goes on in the next text; personal: it is about the resident."""

    id: str
    role: str
    text: str = field(repr=False)
    area: Area
    owner: str = ""
    control: bool = False
    chosen: bool = False
    runs_on: bool = False
    personal: bool = False

    @property
    def keyed(self) -> bool:
        """Whether it is what a keypad holds, whose keys are counted aloud already."""
        return KEYED in self.text


@dataclass(frozen=True, slots=True)
class Shown:
    """All of it, in reading order. screen, overlay: their names, as the inspection says them."""

    screen: str
    overlay: str
    language: Language
    pieces: tuple[Piece, ...]

    @property
    def title(self) -> str:
        """The heading of what is to be read first."""
        where = Area.OVERLAY if self.overlay else Area.SCREEN
        headings = (p.text for p in self.pieces if p.role == "heading" and p.area is where)
        return next(headings, "")

    @property
    def controls(self) -> tuple[Piece, ...]:
        """What can have the focus, in order."""
        return tuple(piece for piece in self.pieces if piece.control)

    def find(self, identifier: str) -> Piece | None:
        """A control, where it is there."""
        return next((piece for piece in self.controls if piece.id == identifier), None)

    def on(self, control: Piece) -> tuple[str, ...]:
        """What stands on a control besides its name."""
        said = (p.text for p in self.pieces if p.owner == control.id and not p.control)
        return tuple(text for text in said if text and text not in control.text)
