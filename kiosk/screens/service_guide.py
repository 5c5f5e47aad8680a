"""How a matter is handled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backend_client.catalog import ServiceKind
from foundation.language import LocalizedText
from kiosk.screens.reading import heading_block
from kiosk.screens.screen import Action, Screen
from kiosk.screens.text_tools import put_text
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import ServiceGuide
from kiosk.widgets.box import Box
from kiosk.widgets.icon import Icon
from kiosk.widgets.press import SECONDARY
from kiosk.widgets.sheets import Block, kept_together
from kiosk.widgets.text import TIGHT, Text, width_of

_APPLY = {ServiceKind.APPOINTMENT: "guide.book", ServiceKind.DOCUMENT: "guide.take"}
"""What a service's form is for, where it is not to apply; else ``guide.apply``."""
LABEL = 0.28
"""Share of the width that labels take at most where texts stand beside them."""


class ServiceGuideScreen(Screen[ServiceGuide]):
    """Who, what to bring, what happens, how long, how much, where; and the way to the form."""

    name = "services.guide"
    for_everybody = True
    heard = True

    def draw(self) -> None:
        """Facts first, then the longer parts; what it is about is turned with them in very large type."""
        service = self.page.service
        lang = self.language
        top = self.heading(service.title[lang], sub="" if theme.very_large else service.summary[lang])
        self._tools = put_text(self, self._parts, top)

    def _parts(self, width: float) -> list[Block]:
        service, lang = self.page.service, self.language
        guide = service.guide
        if guide is None:
            return []
        facts = [
            ("clock", "guide.duration", guide.duration[lang]),
            ("money", "guide.fee", guide.fee[lang]),
            ("place", "guide.place", guide.place[lang]),
            ("calendar", "guide.hours", guide.opening_hours[lang]),
            ("phone", "guide.phone", guide.phone),
            ("department", "guide.department", service.department[lang]),
        ]
        column = max(width_of(self.words(label), theme.type.body, bold=True) for _, label, _ in facts)
        blocks = [
            Block(
                self._fact(icon, self.words(label), text, width, round(column)),
                theme.space.s,
                number / (1 + len(facts)),
            )
            for number, (icon, label, text) in enumerate(facts, 1)
            if text
        ]
        if theme.very_large:
            summary = Text(service.summary[lang], width, colour=theme.colour.soft_ink, leading=1.4)
            blocks = [Block(summary, 0, 0.0), replace(blocks[0], gap=theme.space.m), *blocks[1:]]
        else:
            blocks[0] = replace(blocks[0], place=0.0)
        blocks += self._part("guide.eligibility", (guide.eligibility,), width, place=1.0, numbered=False)
        blocks += self._part("guide.materials", guide.materials, width, place=2.0, numbered=True)
        blocks += self._part("guide.steps", guide.steps, width, place=3.0, numbered=True)
        return blocks

    def actions(self) -> Sequence[Action]:
        """Apply, where there is a form."""
        if self.page.service.lookup:
            text = self.words("guide.look_up")
            return (*self._tools, Action("guide.look_up", text, did.Apply(), icon="search"))
        service = self.page.service
        ticket = Action(
            "guide.ticket",
            self.words("appointments.ticket"),
            did.TakeTicket(service),
            look=SECONDARY,
            icon="ticket",
        )
        apply = _APPLY.get(service.kind, "guide.apply")
        form = Action("guide.apply", self.words(apply), did.Apply(), icon="next", icon_after=True)
        return (
            *self._tools,
            *((ticket,) if service.counters else ()),
            *((form,) if service.form else ()),
        )

    def _fact(self, icon: str, label: str, text: str, width: float, column: int) -> Box:
        """column: room for the longest label, below which the text stands where little is left beside it."""
        t, space, c = theme.type, theme.space, theme.colour
        side = round(t.lead)
        name = Text(label, column + space.xs, bold=True, colour=c.soft_ink, leading=1.4)
        below = column > width * LABEL
        left = side + space.s + (0 if below else column + space.l)
        value = Text(text, width - left, leading=1.4)
        top = name.height if below else 0
        box = Box(width, max(name.height, top + value.height))
        box.put(Icon(icon, side, c.primary), 0, (name.pitch - side) / 2)
        box.put(name, side + space.s, 0)
        box.put(value, left, top)
        return box

    def _part(
        self, heading: str, texts: Sequence[LocalizedText], width: float, *, place: float, numbered: bool
    ) -> list[Block]:
        space = theme.space
        parts = [Block(heading_block(self.words(heading), width), space.l, place)]
        for number, text in enumerate(texts):
            entry = self._entry(text[self.language], number + 1 if numbered else 0, width)
            parts.append(Block(entry, space.s if number else space.xs, place + number / len(texts)))
        return [kept_together(parts[:2], width), *parts[2:]]

    def _entry(self, text: str, number: int, width: float) -> Box:
        t, c = theme.type, theme.colour
        left = round(t.body * 1.9) if number else 0
        label = Text(text, width - left, leading=1.45)
        box = Box(width, label.height)
        if number:
            side = round(t.body * 1.35)
            disc = Box(side, side, fill=c.primary_pale, radius=side // 2)
            disc.put_centred(
                Text(
                    str(number),
                    side,
                    size=t.caption,
                    bold=True,
                    colour=c.primary,
                    align="centre",
                    leading=TIGHT,
                )
            )
            box.put(disc, 0, (label.pitch - side) / 2)
        box.put(label, left, 0)
        return box
