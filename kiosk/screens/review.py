"""Check the answers before they are sent."""

from __future__ import annotations

from collections.abc import Sequence

from backend_client.forms.filling import SummaryLine
from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import Review
from kiosk.widgets.box import Box, stack
from kiosk.widgets.mark import chip, rule
from kiosk.widgets.press import SECONDARY, button
from kiosk.widgets.row_of_buttons import needed
from kiosk.widgets.sheets import Block, text_blocks
from kiosk.widgets.text import TIGHT, Text


class ReviewScreen(Screen[Review]):
    """One entry an answer: question, answer, and the way to change it."""

    name = "form.review"

    def draw(self) -> None:
        """A long text goes over as many sheets as it needs."""
        top = self.heading(self.words("review.title"), sub=self.words("review.sub"))
        self.sheets(self._entries, top)

    def _entries(self, width: float) -> list[Block]:
        blocks: list[Block] = []
        for number, line in enumerate(self.page.summary[self.language]):
            blocks += self._entry(number, line, width)
        return blocks

    def actions(self) -> Sequence[Action]:
        """See what is masked; on to the declaration."""
        masked = any(line.masked for line in self.page.summary[self.language])
        shown = self.page.revealed
        see = Action(
            "form.reveal",
            self.words("review.mask" if shown else "review.reveal"),
            did.Reveal(),
            look=SECONDARY,
            icon="hide" if shown else "show",
        )
        on = Action("form.next", self.words("review.next"), did.Next(), icon="next", icon_after=True)
        return (see, on) if masked or shown else (on,)

    def _entry(self, number: int, line: SummaryLine, width: float) -> list[Block]:
        t, space, c = theme.type, theme.space, theme.colour
        text = self.words("review.change")
        side = round(max(width * (0.2 if theme.portrait else 0.14), needed(text, t.body, icon=False)))
        change = button(
            text,
            side,
            name=f"form.change.{line.field.id}",
            touched=self.touch(did.Change(line.field.id)),
            look=SECONDARY,
            sizes=(t.body, t.caption),
        )
        change.inspect_text = self.words("review.change_of", label=line.label)
        room = width - side - space.l
        label = Text(line.label, room, size=t.caption, colour=c.soft_ink, leading=TIGHT)
        said = line.text if line.answered else self.words("review.skipped")
        first, *others = text_blocks(said, room, place=float(number), gap=space.s, size=t.lead)
        parts: list[Text | Box | int] = [label, space.xs, first.widget]
        if line.prefilled:
            parts += [space.xs, chip(self.words("question.from_card"), ink=c.primary, ground=c.primary_pale)]
        for part in (first.widget, *(block.widget for block in others)):
            part.inspect_personal = line.answered
        words = stack(room, parts)
        high = max(words.height, change.height) + space.s + space.hair
        box = Box(width, high)
        box.put(words, 0, (high - space.hair - space.s - words.height) / 2)
        box.put(change, width - side, (high - space.hair - space.s - change.height) / 2)
        if not others:
            box.put(rule(width), 0, high - space.hair)
        return [Block(box, space.s, float(number)), *others]
