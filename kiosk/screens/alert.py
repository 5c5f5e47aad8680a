"""An alert over the page: the whole window below the header, until somebody has understood it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from kivy.uix.widget import Widget

from backend_client.alert import Alert, AlertText
from foundation.language import Translate
from kiosk.screens.reading import heading_block
from kiosk.slip import local_time
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.visit import View
from kiosk.widgets.box import Box, framed, line_up, stack
from kiosk.widgets.icon import Icon
from kiosk.widgets.mark import pointed
from kiosk.widgets.press import SECONDARY, button
from kiosk.widgets.sheets import Block, Sheets, kept_together, text_blocks
from kiosk.widgets.text import TIGHT, Text, fitting, lines_of


class AlertOverlay(Box):
    """What it is, where and until when, what to do, what is going on, and "understood".

    Red where life or property is at stake. The header stays free, and with it the other language and the
    larger type.
    """

    name = "alert"

    def __init__(
        self,
        width: float,
        height: float,
        view: View,
        words: Translate,
        *,
        send: Callable[[Event], None],
        zone: ZoneInfo,
    ) -> None:
        alert = view.alert
        assert alert is not None
        c, space = theme.colour, theme.space
        super().__init__(width, height, fill=c.danger if alert.serious else c.notice, radius=0)
        self._words = words
        self._zone = zone
        self._send = send
        self._view = view
        said = alert[view.language]
        whole = width - 2 * space.xl
        there = bool(self._blocks(said, whole, "", said.area))
        # Lying: what it is at the left, what to do at the right.
        beside = there and not theme.portrait
        column = round((whole - space.xl) * 0.44) if beside else whole
        headline = self._headline(said, column)
        left_out = said.headline if headline.inspect_text != said.headline else ""
        facts, area = self._facts(alert, said, column)
        top = float(space.l)
        head: list[Widget] = [self._kind(alert, column), headline, facts]
        if said.language is not view.language:
            note = Text(words("alert.other_language"), column - 2 * space.m, leading=1.4, balanced=True)
            head.append(framed(note, space.m, fill=c.notice_pale))
        for part in head:
            self.put(part, space.xl, top)
            top += part.height + space.m
        bottom = self._put_button(column, height - space.l)
        left = 2 * space.xl + column if beside else space.xl
        if beside:
            top, bottom = float(space.l), height - space.l
        if self._blocks(said, whole, left_out, area):
            card = Box(width - space.xl - left, bottom - top, fill=c.surface)
            sheets = Sheets(
                card.width - 2 * space.l,
                card.height - 2 * space.l,
                lambda room: self._blocks(said, room, left_out, area),
                place=view.alert_place,
                words=words,
                turn=lambda place: send(did.TurnAlert(place)),
            )
            card.put(sheets, space.l, space.l)
            self.put(card, left, top)

    def on_touch_down(self, touch: Any) -> Any:  # noqa: D102 (Kivy's)
        super().on_touch_down(touch)
        return self.collide_point(*touch.pos)

    def _kind(self, alert: Alert, width: float) -> Box:
        t, c, space = theme.type, theme.colour, theme.space
        kind = self._words("alert.serious" if alert.serious else "alert.public")
        side = round(t.heading * 1.2)
        room = width - side - space.s
        parts: list[Any] = [Text(kind, room, size=t.heading, bold=True, colour=c.on_colour, leading=TIGHT)]
        head = line_up([Icon("alert", side, c.on_colour), *parts], space.s)
        if not alert.exercise:
            return head
        drill = Text(
            self._words("alert.drill"),
            width - 2 * space.m,
            size=t.lead,
            bold=True,
            colour=c.notice,
            align="centre",
            leading=TIGHT,
        )
        return stack(width, [framed(drill, space.m, fill=c.notice_pale), head], space.m)

    def _put_button(self, width: float, bottom: float) -> float:
        """Puts "understood" there; gives where it and what stands with it begin."""
        view, space = self._view, theme.space
        understood = button(
            self._words("alert.next" if view.more_alerts else "alert.understood"),
            width,
            name="alert.understood",
            touched=lambda: self._send(did.Understood()),
            look=SECONDARY,
            icon="check",
            height=theme.touch * 1.5,
        )
        top = bottom - understood.height
        self.put(understood, space.xl, top)
        if view.unsent:
            kept = Text(
                self._words("alert.kept"),
                width,
                size=theme.type.caption,
                colour=theme.colour.on_colour,
                align="centre",
                leading=TIGHT,
                balanced=True,
            )
            top -= kept.height + space.s
            self.put(kept, space.xl, top)
        return top - space.m

    def _headline(self, said: AlertText, width: float) -> Text:
        """The headline, or the event where the headline is too long to be one."""
        t = theme.type
        sizes = (t.title if theme.very_large else t.display, t.title, t.heading, t.lead)
        lines = 4 if theme.portrait else 6
        text = said.headline
        size = fitting(text, width, sizes, lines=lines, bold=True)
        if len(lines_of(text, width, size, bold=True)) > lines:
            text = said.event
            size = fitting(text, width, sizes, lines=lines, bold=True)
        return Text(
            text,
            width,
            size=size,
            bold=True,
            colour=theme.colour.on_colour,
            leading=1.25,
            role="heading",
            name="alert.headline",
            balanced=True,
        )

    def _facts(self, alert: Alert, said: AlertText, width: float) -> tuple[Box, str]:
        """Until when, where, and who says so; and the place where it is too long to stand there."""
        t, c, space = theme.type, theme.colour, theme.space
        until = self._words(
            "alert.until", time=local_time(alert.expire_time, self._zone, self._view.language)
        )
        side = round(t.lead * 1.1)
        room = width - side - space.s
        lines, area = [], ""
        sender = said.sender_name if _names_sender() else ""
        for icon, text in (("clock", until), ("place", said.area), ("department", sender)):
            if not text:
                continue
            sizes = (t.body, t.caption) if theme.very_large else (t.lead, t.body, t.caption)
            size = fitting(text, room, sizes, lines=2, bold=True)
            if icon == "place" and len(lines_of(text, room, size, bold=True)) > 2:
                area = text
                continue
            label = Text(text, room, size=size, bold=True, colour=c.on_colour, leading=TIGHT)
            lines.append(pointed(icon, side, label, ink=c.on_colour, gap=space.s))
        return stack(width, lines, space.xs), area

    def _blocks(self, said: AlertText, width: float, headline: str, area: str) -> list[Block]:
        """What to do, what is going on, and whom to ask. headline, area: what found no room elsewhere."""
        blocks: list[Block] = []
        contact = self._words("alert.contact", contact=said.contact) if said.contact else ""
        sender = "" if _names_sender() else said.sender_name
        parts = (
            ("", headline),
            ("alert.what_to_do", said.instruction),
            ("alert.what_happens", said.description),
            ("alert.where", area),
            ("", self._words("alert.sender", name=sender) if sender else ""),
            ("", contact),
        )
        for number, (heading, text) in enumerate(parts, 1):
            if text:
                blocks += self._part(heading, text, width, number)
        return blocks

    def _part(self, heading: str, text: str, width: float, number: int) -> list[Block]:
        space = theme.space
        blocks: list[Block] = []
        if heading:
            blocks.append(Block(heading_block(self._words(heading), width), space.l, float(number)))
        paragraphs = [part for part in text.split("\n") if part.strip()]
        step = 1.0 / max(1, len(paragraphs))
        for at, paragraph in enumerate(paragraphs):
            blocks += text_blocks(
                paragraph,
                width,
                place=number + at * step,
                gap=space.s if blocks and heading and at == 0 else space.m,
                until=step,
                size=theme.type.lead if heading == "alert.what_to_do" else None,
            )
        return [kept_together(blocks[:2], width), *blocks[2:]]


def _names_sender() -> bool:
    """Whether the head has room for who says so: what to do comes before that."""
    return theme.portrait and not theme.very_large
