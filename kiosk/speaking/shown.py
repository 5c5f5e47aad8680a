"""What is on the screen, as far as it can be said: a picture of the accessibility tree without widgets."""

from __future__ import annotations

from dataclasses import dataclass, field

from foundation.language import Language
from kiosk.accessibility import Area, nodes
from kiosk.screens.keyboards import KEYED
from kiosk.screens.stage import Stage
from kiosk.widgets.inspectable import Inspectable
from kiosk.widgets.text import Text


@dataclass(frozen=True, slots=True)
class Piece:
    """A text, or a control that can be reached. owner: identifier of the control that a text stands on."""

    id: str
    role: str
    text: str = field(repr=False)
    area: Area
    owner: str = ""
    control: bool = False
    chosen: bool = False

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


def shown(stage: Stage) -> Shown:
    """What a stage shows now."""
    pieces = []
    for node in nodes(stage):
        widget = node.widget
        if node.control:
            reached = bool(widget.inspect_enabled) and widget.inspect_role != "image"
            pieces.append(_piece(widget, node.area, node.owner, control=reached))
        elif isinstance(widget, Text) and widget.drawn:
            pieces.append(_piece(widget, node.area, node.owner, control=False))
    return Shown(
        stage.screen.name if stage.screen else "",
        stage.overlay.name if stage.overlay else "",
        stage.view.language if stage.view else Language.ZH_CN,
        tuple(pieces),
    )


def widget_of(stage: Stage, identifier: str) -> Inspectable | None:
    """The control of that identifier, where it can be reached."""
    for node in nodes(stage):
        if node.control and node.widget.inspect_id == identifier and node.widget.inspect_enabled:
            return node.widget
    return None


def _piece(widget: Inspectable, area: Area, owner: str, *, control: bool) -> Piece:
    said = widget.inspect_text or getattr(widget, "text", "")
    return Piece(
        widget.inspect_id, widget.inspect_role, said, area, owner, control, bool(widget.inspect_chosen)
    )
