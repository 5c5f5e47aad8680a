"""Policies: the topics, and the way to the search."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from backend_client.policy import Topic
from kiosk.screens.screen import Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import Topics
from kiosk.widgets.box import Box
from kiosk.widgets.icon import Icon
from kiosk.widgets.press import QUIET, SECONDARY, Press
from kiosk.widgets.sheets import Block
from kiosk.widgets.text import TIGHT, Text, fitting


def search_field(text: str, width: float, touched: Callable[[], None], name: str) -> Press:
    """What looks like a field to search in, and leads to it."""
    t, space, c = theme.type, theme.space, theme.colour
    high = round(theme.touch * 1.2)
    press = Press(width, high, look=SECONDARY, name=name, text=text, touched=touched)
    icon = Icon("search", round(t.lead * 1.3), c.primary)
    room = width - 3 * space.m - icon.width
    size = fitting(text, room, (t.lead, t.body, t.caption), lines=1)
    label = Text(text, room, size=size, colour=c.soft_ink, leading=TIGHT, role="")
    press.put(icon, space.m, (high - icon.height) / 2)
    press.put(label, space.m * 2 + icon.width, (high - label.height) / 2)
    return press


class TopicsScreen(Screen[Topics]):
    """A search field above, the topics below."""

    name = "policies.topics"
    for_everybody = True

    def draw(self) -> None:
        """Topics in two columns, in four where the window lies."""
        space = theme.space
        top = self.heading(self.words("door.policies"))
        search = search_field(
            self.words("topics.search"), self.width, self.touch(did.OpenSearch()), "policies.search"
        )
        self.put(search, 0, top)
        top += search.height + space.l
        label = Text(self.words("topics.choose"), self.width, colour=theme.colour.soft_ink)
        self.put(label, 0, top)
        top += label.height + space.s
        self.sheets(self._tiles, top, whole=True)

    def _tiles(self, width: float) -> list[Block]:
        columns = 2 if theme.portrait else 4
        gap = theme.space.m
        wide = (width - gap * (columns - 1)) / columns
        titles = [topic.title[self.language] for topic in self.page.topics]
        size, lines = self._size(titles, self._room(wide))
        t, space = theme.type, theme.space
        words = round(lines * size * TIGHT) + space.xs + round(t.caption * TIGHT)
        high = max(words + 2 * space.m, 0 if theme.very_large else t.lead * 5.2)
        rows = []
        for start in range(0, len(self.page.topics), columns):
            tiles = [
                self._tile(topic, (wide, high), size) for topic in self.page.topics[start : start + columns]
            ]
            line = Box(width, tiles[0].height)
            for column, tile in enumerate(tiles):
                line.put(tile, column * (wide + gap), 0)
            rows.append(Block(line, gap, float(start)))
        return rows

    def _room(self, width: float) -> float:
        """For the words of a tile so wide."""
        return width - 2 * theme.space.m - round(theme.type.heading)

    def _size(self, titles: Sequence[str], room: float) -> tuple[int, int]:
        """Size of the type in which all titles have one line or else two, and how many."""
        t = theme.type
        several = any(" " in title for title in titles)  # words, which may be parted
        one = (t.heading, t.lead) if several else (t.heading, t.lead, t.body)
        for lines, sizes in ((1, one), (2, (t.heading, t.lead, t.body))):
            size = min(fitting(title, room, (*sizes, 0), lines=lines, bold=True) for title in titles)
            if size:
                return size, lines
        return t.body, 3

    def _tile(self, topic: Topic, of: tuple[float, float], size: int) -> Press:
        """of: its width and height; size: of the type of its title."""
        t, space, c = theme.type, theme.space, theme.colour
        title = topic.title[self.language]
        identifier = topic.name.partition("/")[2]
        width, high = of
        press = Press(
            width,
            high,
            look=QUIET,
            name=f"topics.{identifier}",
            text=title,
            touched=self.touch(did.OpenTopic(topic)),
        )
        chevron = Icon("open", round(t.heading), c.edge)
        press.put(chevron, width - space.s - chevron.width, (high - chevron.height) / 2)
        room = self._room(width)
        label = Text(title, room, size=size, bold=True, leading=TIGHT, role="")
        count = Text(
            self.words("topics.count", count=topic.policy_count),
            room,
            size=t.caption,
            colour=c.soft_ink,
            leading=TIGHT,
        )
        gap = space.xs
        top = (high - label.height - gap - count.height) / 2
        press.put(label, space.m, top)
        press.put(count, space.m, top + label.height + gap)
        return press
