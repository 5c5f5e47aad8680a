"""One key on the screen."""

from __future__ import annotations

from collections.abc import Callable

from kivy.clock import Clock, ClockEvent
from kivy.graphics import Color, Rectangle
from kivy.uix.behaviors import ButtonBehavior

from kiosk.input.keyboards.layout import Tone
from kiosk.input.keyboards.rounded import rounded
from kiosk.theme import theme
from kiosk.widgets.box import BARE
from kiosk.widgets.icon import Icon
from kiosk.widgets.inspectable import Inspectable
from kiosk.widgets.pictures import pictures
from kiosk.widgets.press import DISABLED, Shades

REPEAT_AFTER = 0.5
"""Seconds that a key is held before it repeats."""
REPEAT_EVERY = 0.08
"""Seconds between two repetitions."""
SHOWN_PRESSED = 0.03
"""Seconds for which a key is seen pressed at least, however short the touch."""

_LOOKS: dict[Tone, Shades] = {
    Tone.PLAIN: Shades("surface", "edge", "ink", "primary"),
    Tone.QUIET: Shades("key_quiet", "edge", "ink", "primary"),
    Tone.STRONG: Shades("primary", "primary_pressed", "on_colour", "primary_pressed"),
    Tone.CHOSEN: Shades("primary_pale", "primary", "primary", "primary"),
}


class KeyCap(ButtonBehavior, Inspectable):
    """Does what it does when the finger leaves it; a finger that slides off does nothing.

    The whole widget can be touched; its face is a little smaller, so that no strip between two keys is dead.
    """

    def __init__(
        self,
        width: float,
        height: float,
        *,
        name: str,
        touched: Callable[[], None],
        label: str = "",
        icon: str = "",
        corner: str = "",
        text: str = "",
        tone: Tone = Tone.PLAIN,
        largest: int = 0,
        bold: bool = False,
        repeats: bool = False,
        enabled: bool = True,
    ) -> None:
        """name: the inspector's ``keyboard.NAME``; label or icon, and corner: what stands on it.

        text: what is read; largest: size of the type where there is more room than on most keys; repeats:
        whether holding does it again and again.
        """
        super().__init__(
            size_hint=(None, None),
            size=(round(width), round(height)),
            inspect_id=f"keyboard.{name}",
            inspect_role="button",
            inspect_enabled=enabled,
            min_state_time=SHOWN_PRESSED,
            **BARE,
        )
        self._touched = touched
        self._tone = tone
        words = (theme.type.key, theme.type.lead, theme.type.body, theme.type.caption)
        smaller = sorted((size for size in words if size < largest), reverse=True)
        self._sizes = (largest, *smaller) if largest else words
        self._bold = bold
        self._repeats = repeats
        self._repeated = False
        self._next: ClockEvent | None = None
        self._inset = round(theme.space.xs / 2)
        self._draw(icon)
        self._draw_corner(corner)
        self.say(label, text)
        self.bind(pos=self._move, state=self._paint, inspect_enabled=self._paint)
        self._move()
        self._paint()

    def say(self, label: str, text: str = "") -> None:
        """Changes what stands on it and what is read."""
        self.inspect_text = text or label
        if not label:
            return
        room = self.width - 2 * self._inset - 2 * theme.space.hair
        for size in self._sizes:
            wide, high = pictures.extent(label, size, self._bold)
            if wide <= room and high <= self.height - 2 * self._inset:
                break
        picture = pictures.line(label, size, self._bold)
        self._ink.texture = picture
        self._ink.size = picture.size
        self._move()

    def become(self, *, name: str, touched: Callable[[], None], label: str, tone: Tone, bold: bool) -> None:
        """Stands for something else from now on: quicker than another key of the same size."""
        self.inspect_id = f"keyboard.{name}"
        self._touched, self._tone, self._bold = touched, tone, bold
        self.say(label)
        self._paint()

    @property
    def ink(self) -> tuple[float, float]:
        """Width and height of what stands on it, in pixels."""
        width, height = self._icon.size if self._icon else self._ink.size
        return float(width), float(height)

    def set_icon(self, name: str) -> None:
        """Another icon in the place of the one it has."""
        self.remove_widget(self._icon)
        self._add_icon(name)
        self._move()
        self._paint()

    def on_touch_down(self, touch):  # type: ignore[no-untyped-def] # noqa: D102 (Kivy's)
        return self.inspect_enabled and super().on_touch_down(touch)

    def on_press(self) -> None:
        """Begins to repeat, where it does that."""
        self._repeated = False
        if self._repeats:
            self._next = Clock.schedule_once(self._again, REPEAT_AFTER)

    def on_release(self) -> None:
        """Does it, unless repeating has done it."""
        self._stop()
        if not self._repeated:
            self._touched()

    def on_parent(self, _: object, parent: object) -> None:
        """A key that is taken away under the finger does nothing more."""
        if parent is None:
            self._stop()

    def _again(self, _: float) -> None:
        if self.state != "down":
            return
        self._repeated = True
        self._touched()
        self._next = Clock.schedule_once(self._again, REPEAT_EVERY)

    def _stop(self) -> None:
        if self._next:
            self._next.cancel()
            self._next = None

    def _draw(self, icon: str) -> None:
        lip = theme.space.hair
        face = (self.width - 2 * self._inset, self.height - 2 * self._inset - lip)
        radius = round(theme.space.radius * 0.6)
        with self.canvas:
            self._edge_colour = Color()
            self._edge = rounded((face[0], face[1] + lip), radius)
            self._face_colour = Color()
            self._face = rounded(face, radius)
            self._ink_colour = Color()
            self._ink = Rectangle(size=(0, 0))
        self._icon: Icon | None = None
        if icon:
            self._add_icon(icon)

    def _draw_corner(self, sign: str) -> None:
        with self.canvas:
            self._corner_colour = Color(*theme.colour.soft_ink)
            self._corner = Rectangle(size=(0, 0))
        if sign:
            picture = pictures.line(sign, theme.type.caption, bold=False)
            self._corner.texture = picture
            self._corner.size = picture.size

    def _add_icon(self, name: str) -> None:
        self._icon = Icon(name, self._sizes[0], theme.colour.ink)
        self.add_widget(self._icon)

    def _move(self, *_: object) -> None:
        lip = theme.space.hair
        self._edge.pos = (self.x + self._inset, self.y + self._inset)
        self._face.pos = (self.x + self._inset, self.y + self._inset + lip)
        middle = (self.center_x, self.center_y + lip / 2)
        self._ink.pos = (
            round(middle[0] - self._ink.size[0] / 2),
            round(middle[1] - self._ink.size[1] / 2),
        )
        self._corner.pos = (
            round(self.right - 2 * self._inset - self._corner.size[0] - theme.space.hair),
            round(self.top - 2 * self._inset - self._corner.size[1] + theme.space.xs / 2),
        )
        if self._icon:
            side = self._icon.width / 2
            self._icon.pos = (round(middle[0] - side), round(middle[1] - side))

    def _paint(self, *_: object) -> None:
        look = _LOOKS[self._tone] if self.inspect_enabled else DISABLED
        down = self.state == "down"
        ink = theme.colour.on_colour if down else look.ink
        self._face_colour.rgba = look.pressed if down else look.fill
        self._edge_colour.rgba = look.pressed if down else look.edge
        self._ink_colour.rgba = ink
        self._corner_colour.rgba = ink if down else theme.colour.soft_ink
        if self._icon:
            self._icon.paint(ink)
