"""One question of a form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kivy.uix.widget import Widget

from backend_client.forms.explain import explain
from backend_client.forms.form import MAX_TEXT, FieldType
from foundation.language import Language
from kiosk.initials import groups
from kiosk.input.keyboards.keyboard import Keyboard
from kiosk.input.keyboards.text import TextKeyboard
from kiosk.screens import question_words
from kiosk.screens.indexed import put_indexed
from kiosk.screens.keyboards import PADS, date_keyboard, grouped, listen, pad_width
from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.keypad import KEYED
from kiosk.visit.pages import Question
from kiosk.widgets.box import Box, stack
from kiosk.widgets.entry import Entry, TextEntry, text_entry_height
from kiosk.widgets.mark import chip, error, notice, progress_bar
from kiosk.widgets.press import SECONDARY, icon_button, option, option_room
from kiosk.widgets.sheets import Block
from kiosk.widgets.text import TIGHT, Text, fitting

LONG = 200
"""Characters from which an answer may be longer than its field: buttons lead up and down in it."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Type of the question, type of hint and error, and whether the hint stays beside an error."""

    question: int
    small: int
    hint: bool = True


class QuestionScreen(Screen[Question]):
    """How far, the question, the answer, and what it is given with."""

    name = "form.question"
    latin = False
    """Whether a text is most likely written in Latin letters, whatever the language of the visit."""

    def draw(self) -> None:
        """Keyboards stand at the lower end, or at the right where the window lies and they are narrow."""
        self._entry: Widget | None = None
        self._error: Widget | None = None
        match self.page.field.type:
            case FieldType.CHOICE | FieldType.CHOICES | FieldType.YES_NO:
                self._draw_options()
            case FieldType.TEXT:
                self._draw_text()
            case _:
                self._draw_pad()

    def actions(self) -> Sequence[Action]:
        """On; or past it, where it may stay unanswered."""
        offered = question_words.actions(self.page.field, self.words, checking=self.page.checking)
        return [
            Action(name, text, did.Next(), icon="next", icon_after=True)
            if name == "form.next"
            else Action(name, text, did.Skip(), look=SECONDARY)
            for name, text in offered
        ]

    def refresh(self, page: Question) -> bool:
        """What was entered changes in place; everything else is another picture."""
        if (
            page.field is not self.page.field
            or page.error is not None
            or page.keypad is not self.page.keypad
            or page.from_card != self.page.from_card
            or page.checking != self.page.checking
        ):
            return False
        if page.field.type in (FieldType.CHOICE, FieldType.CHOICES, FieldType.YES_NO):
            return False
        if self._error:
            self._above_now.remove_widget(self._error)
            self._error = None
        self.page = page
        match page.field.type:
            case FieldType.TEXT:
                self._show_count()
                self._text.right_again()
            case FieldType.DATE:
                pass
            case _:
                self._show_entry()
        return True

    def settle(self) -> None:
        """Takes what is being composed, before the screen goes."""
        if self.page.field.type is FieldType.TEXT:
            self._keyboard.settle()

    # Above the answer.

    def _above(self, width: float, room: float) -> Box:
        """Everything above the answer, in the largest type with which it is at most so high."""
        t = theme.type
        tries = (
            Sizes(t.title, t.body),
            Sizes(t.heading, t.body),
            Sizes(t.lead, t.body),
            Sizes(t.lead, t.body, hint=False),
            Sizes(t.lead, t.caption),
            Sizes(t.lead, t.caption, hint=False),
            Sizes(t.body, t.caption, hint=False),
        )
        box = Box(0, 0)
        for sizes in tries:
            box = self._above_in(width, sizes)
            if box.height <= room:
                break
        self._above_now = box
        return box

    def _above_in(self, width: float, sizes: Sizes) -> Box:
        page, c, space = self.page, theme.colour, theme.space
        where = question_words.where(page.field, page.number, page.total, self.words)
        parts: list[Widget | int] = [
            Text(
                where, width, size=theme.type.caption, colour=c.soft_ink, leading=TIGHT, name="form.position"
            ),
            space.xs,
            progress_bar(page.number, page.total, width),
            space.s,
            Text(
                page.field.question[self.language],
                width,
                size=sizes.question,
                bold=True,
                leading=TIGHT,
                role="heading",
                name="page.title",
                balanced=True,
            ),
        ]
        if page.field.hint and (sizes.hint or not page.error):
            hint = Text(
                page.field.hint[self.language],
                width,
                size=sizes.small,
                colour=c.soft_ink,
                leading=1.4,
                balanced=True,
            )
            parts += [space.xs, hint]
        if page.from_card:
            mark = chip(self.words("question.from_card"), ink=c.primary, ground=c.primary_pale, icon="card")
            parts += [space.s, mark]
        if page.error:
            self._error = error(explain(page.error, page.field, self.language), width, sizes.small)
            parts += [space.s, self._error]
        elif page.keypad:
            parts += [space.s, notice(self.words(page.keypad.value), width, sizes.small)]
        return stack(width, parts)

    # Choices.

    def _draw_options(self) -> None:
        space = theme.space
        above = self._above(self.width, self.height * 0.5)
        self.put(above, 0, 0)
        top = above.height + space.m
        options = question_words.options(self.page.field, self.language, self.words)
        labels = [label for _, label in options]
        if found := groups(labels, self.language, self.surroundings.typing.words):
            put_indexed(self, found, lambda members, width: self._lines(members, width, theme.touch), top)
            return
        room = self.height - top

        def blocks(width: float) -> list[Block]:
            columns = self._columns(labels, room, width)
            high = min(room / -(-len(options) // columns) - space.s, theme.touch * 1.4)
            lines = self._lines(range(len(options)), width, high, columns)
            return [Block(line, space.s, float(number * columns)) for number, (line, _) in enumerate(lines)]

        self.sheets(blocks, top)

    def _lines(
        self, members: Sequence[int], width: float, height: float, columns: int = 0
    ) -> list[tuple[Box, int]]:
        """Options by their numbers, side by side in so many columns (0: as many as their words allow), and
        how many there are in each line."""
        options = question_words.options(self.page.field, self.language, self.words)
        several = self.page.field.type is FieldType.CHOICES
        chosen = self.page.entered.split(",") if self.page.entered else []
        gap = theme.space.s
        columns = columns or self._columns([label for _, label in options], 0, width)
        wide = (width - gap * (columns - 1)) / columns
        lines = []
        for start in range(0, len(members), columns):
            side_by_side = [options[number] for number in members[start : start + columns]]
            presses = [
                option(
                    label,
                    wide,
                    name=f"form.option.{identifier}",
                    touched=self.touch(did.Choose(identifier)),
                    chosen=identifier in chosen,
                    several=several,
                    height=height,
                )
                for identifier, label in side_by_side
            ]
            line = Box(width, max(press.height for press in presses))
            for column, press in enumerate(presses):
                line.put(press, column * (wide + gap), 0)
            lines.append((line, len(presses)))
        return lines

    def _columns(self, labels: Sequence[str], room: float, width: float) -> int:
        """One below the other where they fit, else in two columns, where every word is whole in them."""
        many = len(labels) * (theme.touch + theme.space.s) * 1.15 > room
        if not many and (theme.portrait or len(labels) <= 3):
            return 1
        words = option_room((width - theme.space.s) / 2)
        size = theme.type.lead
        short = all(
            len(label.encode()) <= 36 and fitting(label, words, (size, 0), lines=2) == size
            for label in labels
        )
        return 2 if short else 1

    # Text.

    def _draw_text(self) -> None:
        """Upright the field stands below the question, lying beside it, always above the keyboard."""
        space = theme.space
        first = Language.EN if self.latin else self.language
        self._keyboard = keyboard = TextKeyboard(
            round(self.width), self.language, self.surroundings.typing, first
        )
        bottom = self.height - keyboard.height - space.m
        self.put(keyboard, 0, self.height - keyboard.height)
        most = self.page.field.max_length or MAX_TEXT
        # Upright, buttons that lead up and down in a long text stand one above the other.
        least = max(text_entry_height(2), 2 * theme.touch + space.s if most > LONG else 0)
        if theme.portrait:
            left, wide = 0.0, self.width
            above = self._above(self.width, bottom - least - space.s)
            top = above.height + space.s
        else:
            side = round(self.width * 0.48)
            left, wide = side + space.l, self.width - side - space.l
            above = self._above(side, bottom)
            top = round(theme.type.caption * TIGHT) + space.s
        self.put(above, 0, 0)
        lines = min(8, 1 + round(most * theme.type.lead / wide))
        high = text_entry_height(lines, bottom - top)
        upright = high >= 2 * theme.touch + space.s
        ways = 0 if most <= LONG else 1 if upright else 2
        beside = ways * (theme.touch + space.s)
        self._text = TextEntry(
            wide - beside,
            high,
            name="form.entry",
            text=self.page.entered,
            changed=lambda text: self.send(did.Enter(text)),
            wrong=self.page.error is not None,
        )
        self.put(self._text, left, top)
        if beside:
            tall = (high - space.s) / 2 if upright else max(high, theme.touch)
            for number, (way, move) in enumerate((("up", self._text.up), ("down", self._text.down))):
                turn = icon_button(
                    way,
                    theme.touch,
                    tall,
                    name=f"form.entry.{way}",
                    text=self.words(f"question.{way}"),
                    touched=move,
                )
                across, down = (0, number) if upright else (number, 0)
                start = left + wide - beside + space.s
                self.put(turn, start + across * (theme.touch + space.s), top + down * (tall + space.s))
        listen(
            keyboard, insert=self._text.insert, backspace=self._text.backspace, done=self.touch(did.Next())
        )
        self._count: Text | None = None
        self._show_count()

    def _show_count(self) -> None:
        field = self.page.field
        if self._count:
            self.remove_widget(self._count)
        most = field.max_length or MAX_TEXT
        given = len(self.page.entered.strip())
        c = theme.colour
        self._count = Text(
            self.words("question.count", given=given, most=most),
            self.width,
            size=theme.type.caption,
            colour=c.danger if given > most else c.soft_ink,
            align="right",
            leading=TIGHT,
        )
        self.put(self._count, 0, 0)

    # Numbers and dates.

    def _draw_pad(self) -> None:
        space = theme.space
        wide = pad_width(self.width)
        kind = self.page.field.type
        if kind is FieldType.DATE:
            keyboard: Keyboard = date_keyboard(
                wide,
                self.language,
                self.page.field,
                text=self.page.entered,
                today=datetime.now(self.surroundings.zone).date(),
                entered=lambda text: self.send(did.Enter(text)),
            )
        else:
            keyboard = PADS[kind](wide, self.language)
        listen(
            keyboard,
            insert=lambda text: self.send(did.Insert(text)),
            backspace=self.touch(did.Erase()),
            done=self.touch(did.Next()),
        )
        if theme.portrait:
            self._room = self.width
            self.put(keyboard, (self.width - wide) / 2, self.height - keyboard.height)
            most = self.height - keyboard.height - space.l
        else:
            self._room = self.width - wide - space.xl
            self.put(keyboard, self.width - wide, 0)
            most = self.height
        entry_high = 0 if kind is FieldType.DATE else round(theme.type.title * 1.3) + 2 * space.s
        above = self._above(self._room, most - entry_high - space.m)
        self.put(above, 0, 0)
        self._entry_at = above.height + space.m
        if kind is not FieldType.DATE:
            self._show_entry()

    def _show_entry(self) -> None:
        if self._entry:
            self.remove_widget(self._entry)
        kind = self.page.field.type
        self._entry = Entry(
            self._room,
            name="form.entry",
            text=grouped(kind, self.page.entered) + KEYED * self.page.keyed,
            unit=self.words("question.yuan") if kind is FieldType.MONEY else "",
            wrong=self.page.error is not None,
        )
        self.put(self._entry, 0, self._entry_at)
