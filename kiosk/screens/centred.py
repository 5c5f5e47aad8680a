"""A page that says one thing: a picture, a title and a few sentences in the middle, large."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from kiosk.colours import Colour
from kiosk.screens.screen import Screen
from kiosk.theme import theme
from kiosk.visit.pages import Page
from kiosk.widgets.box import Box, stack
from kiosk.widgets.icon import Icon
from kiosk.widgets.text import TIGHT, Text

P = TypeVar("P", bound=Page)


class CentredScreen(Screen[P]):
    """Lays such a page out; who draws one says what is on it."""

    def say(
        self,
        title: str,
        texts: Sequence[str],
        *,
        icon: str,
        ink: Colour,
        ground: Colour,
        between: Sequence[Box | Text] = (),
    ) -> None:
        """Puts it all there. between: what stands between the title and the sentences, in `inner` width."""
        t, space = theme.type, theme.space
        width = self.inner
        picture = Icon(icon, round(t.display * 1.2), ink, ground=ground)
        middle = Box(width, picture.height)
        middle.put_centred(picture)
        heading = Text(
            title,
            width,
            size=t.title,
            bold=True,
            align="centre",
            leading=TIGHT,
            role="heading",
            name="page.title",
            balanced=True,
        )
        said = [Text(text, width, size=t.lead, align="centre", leading=1.45, balanced=True) for text in texts]
        parts: list[Box | Text] = [middle, heading, *between, *said]
        if sum(part.height + space.l for part in parts) > self.height:
            del parts[0]  # the words matter more than the picture
        if sum(part.height + space.l for part in parts) > self.height:
            small = [Text(text, width, align="centre", leading=1.4, balanced=True) for text in texts]
            parts = [heading, *between, *small]
        group = stack(width, parts, space.m if len(parts) > 4 else space.l)
        self.put(group, (self.width - width) / 2, max(0, (self.height - group.height) * 0.4))

    @property
    def inner(self) -> float:
        """Width of what is said."""
        return self.width if theme.portrait else round(self.width * 0.8)
