"""The accessibility tree of what is shown: what can be read and touched, in reading order.

It is walked anew each time: a screen is made anew when its page changes. Tests look at it through
`kiosk.inspect`; `kiosk.speaking` reads it out and moves its focus through it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kivy.core.window import Window

from foundation.language import Language
from kiosk.screens.stage import Stage
from kiosk.speaking.shown import Area, Piece, Shown
from kiosk.widgets.inspectable import Inspectable
from kiosk.widgets.text import Text

CONTROLS = ("button", "option", "field", "image")
"""Roles of what is more than text."""
Bounds = list[int]
"""x, y, width, height in window pixels, y downwards."""


@dataclass(frozen=True, slots=True)
class Node:
    """One widget of the tree. owner: identifier of the control that it stands on; inside: its bounds;
    personal: whether it is about the resident."""

    widget: Inspectable
    area: Area
    owner: str
    inside: Bounds
    personal: bool = False

    @property
    def control(self) -> bool:
        """Whether it is more than text."""
        return bool(self.widget.inspect_id) and self.widget.inspect_role in CONTROLS


def nodes(stage: Stage) -> Iterator[Node]:
    """All that can be reached; what an overlay covers is left out."""
    for root in stage.reachable:
        if root is stage:
            for child in reversed(stage.children):
                yield from _below(child, stage)
        else:
            yield from _below(root, stage)


def _below(part: Any, stage: Stage) -> Iterator[Node]:
    if part is stage.overlay:
        area = Area.OVERLAY
    elif part is stage.screen:
        area = Area.SCREEN
    else:
        area = Area.HEADER if part in stage.above else Area.FOOT
    yield from _walk(part, area, "", bounds(part))


def _walk(widget: Any, area: Area, owner: str, inside: Bounds, personal: bool = False) -> Iterator[Node]:
    """Every Inspectable below a widget, with the control it belongs to."""
    for child in _as_read(widget):
        own, around = owner, inside
        about = personal or getattr(child, "inspect_personal", False)
        if isinstance(child, Inspectable):
            node = Node(child, area, owner, inside, about)
            yield node
            if node.control:
                own, around = child.inspect_id, bounds(child)
        yield from _walk(child, area, own, around, about)


def _as_read(widget: Any) -> list[Any]:
    """Its children in their order, keys after what they fill in."""
    children: list[Any] = widget.children[::-1]
    return sorted(children, key=lambda child: bool(getattr(child, "comes_last", False)))


def bounds(widget: Any) -> Bounds:
    """Where a widget stands."""
    x, y = widget.to_window(*widget.pos)
    return flipped(x, y, widget.width, widget.height)


def flipped(x: float, y: float, width: float, height: float) -> Bounds:
    """Kivy counts upwards from the bottom; everybody else downwards."""
    return [round(x), round(Window.height - y - height), round(width), round(height)]


def shown(stage: Stage) -> Shown:
    """What a stage shows now."""
    pieces = []
    for node in nodes(stage):
        widget = node.widget
        if node.control:
            reached = bool(widget.inspect_enabled) and widget.inspect_role != "image"
            pieces.append(_piece(node, control=reached))
        elif isinstance(widget, Text) and widget.drawn:
            pieces.append(_piece(node, control=False))
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


def _piece(node: Node, *, control: bool) -> Piece:
    widget = node.widget
    said = widget.inspect_text or getattr(widget, "text", "")
    return Piece(
        widget.inspect_id,
        widget.inspect_role,
        said,
        node.area,
        node.owner,
        control,
        bool(widget.inspect_chosen),
        isinstance(widget, Text) and widget.runs_on,
        node.personal,
    )
