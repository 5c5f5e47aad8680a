"""Home: its doors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backend_client.catalog import Service
from kiosk.screens.screen import Screen
from kiosk.screens.topics import search_field
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.home import DOORS
from kiosk.visit.pages import Door, Home
from kiosk.widgets.box import Box, line_up, stack
from kiosk.widgets.icon import Icon
from kiosk.widgets.mark import error
from kiosk.widgets.press import QUIET, Press, button, door
from kiosk.widgets.text import TIGHT, Text, fitting, lines_of

GROUNDS = {
    Door.POLICIES: "policy",
    Door.SERVICES: "service",
    Door.LOOKUPS: "lookup",
    Door.PAYMENTS: "payment",
    Door.APPOINTMENTS: "appointment",
    Door.DOCUMENTS: "document",
    Door.PROGRESS: "status",
    Door.NOTICES: "news",
    Door.CONTINUE: "status",
}


MOST_WORDS = 0.75
"""Share of the height that greeting and help may take together where the window lies."""
MOST_HELP = 3
"""Lines of the help below the doors, where smaller type makes it so few."""
ABOUT = 1.4
"""Distance of the lines that say what is behind a door, in sizes of the type."""


class HomeScreen(Screen[Home]):
    """Greets, offers the doors, says how to get help."""

    name = "home"
    for_everybody = True

    def draw(self) -> None:
        """Upright: greeting, doors, help below one another; lying: greeting and help beside the doors."""
        space = theme.space
        if theme.portrait:
            greeting = self._greeting(self.width)
            help_ = self._help(self.width)
            self.put(greeting, 0, space.l)
            top = space.l + greeting.height + space.l
            if self.page.doors:
                search = search_field(
                    self.words("home.search"), self.width, self.touch(did.OpenSearch()), "home.search"
                )
                self.put(search, 0, top)
                top += search.height + space.l
            self._put_doors(0, top, self.width, self.height - help_.height - space.xl - top)
            self.put(help_, 0, self.height - help_.height)
        else:
            side = round(self.width * 0.31)
            greeting = self._greeting(side)
            help_ = self._help(side)
            if greeting.height + help_.height > self.height * MOST_WORDS:  # the search stands between them
                help_ = self._help(side, theme.type.caption)
            self.put(greeting, 0, space.s)
            if self.page.doors:
                search = search_field(
                    self.words("home.search"), side, self.touch(did.OpenSearch()), "home.search"
                )
                free = self.height - help_.height - space.s - greeting.height
                self.put(search, 0, space.s + greeting.height + (free - search.height) / 2)
            self.put(help_, 0, self.height - help_.height)
            left = side + space.xl
            self._put_doors(left, 0, self.width - left, self.height)

    def _greeting(self, width: float) -> Box:
        t = theme.type
        text = self.words("home.greeting")
        size = fitting(text, width, (t.display, t.title), lines=2 if theme.portrait else 3, bold=True)
        parts = [
            Text(
                text,
                width,
                size=size,
                bold=True,
                leading=1.25,
                role="heading",
                name="page.title",
                balanced=True,
            ),
            Text(
                self.words("home.how"),
                width,
                size=t.lead,
                colour=theme.colour.soft_ink,
                leading=1.45,
                balanced=True,
            ),
        ]
        return stack(width, parts, theme.space.s)

    def _help(self, width: float, size: int | None = None) -> Box:
        t, c = theme.type, theme.colour
        icon = Icon("help", round(t.heading), c.primary)
        phone = self.surroundings.help_phone
        said = self.words("home.help_phone", phone=phone) if phone else self.words("home.help")
        low = self._low(width) if theme.out_of_reach else None
        room = width - icon.width - theme.space.s
        if low and theme.portrait:
            room -= low.width + theme.space.l
        if size is None and theme.portrait:
            size = fitting(said, room, (t.body, t.caption, t.mark), lines=MOST_HELP)
        text = Text(said, room, size=size, colour=c.soft_ink, leading=1.4, balanced=True)
        line = line_up([icon, text], theme.space.s)
        if not low:
            return line
        return (
            line_up([line, low], theme.space.l)
            if theme.portrait
            else stack(width, [line, low], theme.space.s)
        )

    def _low(self, width: float) -> Press:
        """Brings everything under the reach of who sits, and back: from the foot, because the header may be
        too high for them."""
        look, t = self.view.look, theme.type
        to = "high" if look.low else "low"
        return button(
            self.words(f"home.{to}"),
            width * 0.3 if theme.portrait else width,
            name="home.low",
            touched=self.touch(did.SetLook(replace(look, low=not look.low))),
            look=QUIET,
            icon=to,
            sizes=(t.body, t.caption, t.mark),
        )

    def _put_doors(self, left: float, top: float, width: float, height: float) -> None:
        if not self.page.doors:
            self.put(self._nothing(width), left, top)
            return
        gap = theme.space.m
        wide = (width - gap) / 2
        rows = (len(self.page.doors) + 1) // 2
        high = (height - gap * (rows - 1)) / rows
        room = wide - 2 * theme.space.l
        words = [self._door_words(which, room, high) for which in self.page.doors]
        if any(len(said.children) == 1 for said in words):  # all of them say more than their name, or none
            words = [self._door_words(which, room, 0) for which in self.page.doors]
        free = min(high - said.height - 3 * theme.space.m for said in words)
        side = round(min(free, high * 0.34, theme.type.display * 1.9))
        beside = side < theme.type.body  # above its name it would be a speck
        if beside:
            side = round(min(high * 0.5, theme.type.heading * 1.2))
            words = [self._door_words(which, room - side - theme.space.m, 0) for which in self.page.doors]
        for number, (which, said) in enumerate(zip(self.page.doors, words, strict=True)):
            row, column = divmod(number, 2)
            tile = self._door(which, said, side, (wide, high), beside=beside)
            self.put(tile, left + column * (wide + gap), top + row * (high + gap))

    def _nothing(self, width: float) -> Box:
        if self.page.failure is None:
            return stack(width, [Text(self.words("home.opening"), width, size=theme.type.lead)])
        return error(self.words("home.closed"), width, theme.type.lead)

    def _door_words(self, which: Door, room: float, height: float) -> Box:
        """What it is called, and what is behind it as far as an icon above still has room in that height."""
        t, space, c = theme.type, theme.space, theme.colour
        title = self.words(f"door.{which.value}")
        size = fitting(title, room, (t.title, t.heading, t.lead, t.body), lines=1, bold=True)
        label = Text(title, room, size=size, bold=True, colour=c.on_door, leading=TIGHT, role="")
        free = height - 3 * space.m - t.heading - label.height - space.xs
        pitch = round(t.body * ABOUT)
        for named in (3, 2, 1):
            about = self._about(which, named)
            if len(lines_of(about, room, t.body)) * pitch <= free:  # an icon above it
                said = Text(about, room, colour=c.on_door, leading=ABOUT, balanced=True)
                return stack(room, [label, said], space.xs)
        return stack(room, [label])

    def _door(self, which: Door, words: Box, side: int, size: tuple[float, float], *, beside: bool) -> Press:
        """side: of the icon, the same for all; size: of the door; beside: the icon is before the words."""
        space = theme.space
        press = Press(
            *size,
            look=door(GROUNDS[which]),
            name=f"home.{which.value}",
            text=self.words(f"door.{which.value}"),
            touched=self.touch(did.OpenDoor(which)),
        )
        icon = Icon(which.value, side, theme.colour.on_door)
        if beside:
            press.put(icon, space.l, (size[1] - side) / 2)
            press.put(words, space.l + side + space.m, (size[1] - words.height) / 2)
        else:
            press.put(words, space.l, size[1] - space.m - words.height)
            press.put(icon, space.l - side * 0.08, space.m)
        return press

    def _about(self, which: Door, named: int) -> str:
        """What is behind it. named: so many services, of those that it names."""
        there: Sequence[Service] = [s for s in self.page.services if DOORS[s.kind] is which]
        comma = self.words("list.comma")
        names = comma.join(service.title[self.language] for service in there[:named])
        if which is Door.APPOINTMENTS and not any(service.counters for service in self.page.services):
            return self.words("door.appointments.about_booking")
        return self.words(f"door.{which.value}.about", names=names, count=len(there))
