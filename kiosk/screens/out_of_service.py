"""The terminal is out of service: that it will be back, and what becomes of what was entered."""

from __future__ import annotations

from kiosk.screens.screen import Screen
from kiosk.theme import theme
from kiosk.visit.pages import OutOfService
from kiosk.widgets.box import Box, framed, stack
from kiosk.widgets.icon import Icon
from kiosk.widgets.text import TIGHT, Text


class OutOfServiceScreen(Screen[OutOfService]):
    """In the middle, large: most who read it are about to go on to another terminal."""

    name = "out_of_service"

    def draw(self) -> None:
        """A picture, what is the matter, where else to go, and what is kept."""
        t, c, space = theme.type, theme.colour, theme.space
        width = self.width if theme.portrait else round(self.width * 0.8)
        icon = Icon("technician", round(t.display * 1.2), c.notice, ground=c.notice_pale)
        middle = Box(width, icon.height)
        middle.put_centred(icon)
        title = Text(
            self.words("out_of_service.title"),
            width,
            size=t.title,
            bold=True,
            align="centre",
            leading=TIGHT,
            role="heading",
            name="page.title",
            balanced=True,
        )
        why = self.words(f"out_of_service.{self.page.cause.value}")
        parts: list[Box | Text] = [middle, title, self._sentence(why, width)]
        if self.page.kept_until is not None:
            until = self.page.kept_until.astimezone(self.surroundings.zone)
            kept = self.words("out_of_service.kept", hour=until.hour, minute=f"{until:%M}")
            inner = self._sentence(kept, width - 2 * space.l, bold=True)
            parts.append(framed(inner, space.l, fill=c.surface, edge=c.line))
        if phone := self.surroundings.help_phone:
            parts.append(self._sentence(self.words("out_of_service.phone", phone=phone), width))
        if sum(part.height + space.l for part in parts) > self.height:
            del parts[0]  # the words matter more than the picture
        group = stack(width, parts, space.l)
        self.put(group, (self.width - width) / 2, max(0, (self.height - group.height) * 0.4))

    def _sentence(self, text: str, width: float, *, bold: bool = False) -> Text:
        return Text(text, width, size=theme.type.lead, bold=bold, align="centre", leading=1.45, balanced=True)
