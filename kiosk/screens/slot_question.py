"""Choosing a time at counters: the days as large buttons, then the times of the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend_client.appointment import OfferedSlot, SlotDay
from backend_client.forms.explain import explain
from backend_client.forms.present import present_clock, present_day, present_time
from backend_client.sentences import sentence
from kiosk.screens.question import QuestionScreen
from kiosk.screens.screen import Action
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import MovingAppointment, Question, SlotQuestion
from kiosk.widgets.box import Box, stack
from kiosk.widgets.mark import error, message
from kiosk.widgets.press import CHOSEN, QUIET, SECONDARY, Press, button
from kiosk.widgets.sheets import Block
from kiosk.widgets.text import TIGHT, Text, fitting, width_of


@dataclass(frozen=True, slots=True)
class _Choice:
    """A day or a time on a button, and what is free."""

    title: str
    below: str
    event: Event
    name: str
    free: bool


class SlotQuestionScreen(QuestionScreen):
    """What is full stands there as full: who sees that the morning is gone looks at the afternoon."""

    name = "form.slot"

    def draw(self) -> None:
        """The question, then days or times, or why there are none."""
        page, space = self._page, theme.space
        top = self._head()
        if page.failure is not None:
            self.put(error(sentence(page.failure, self.language), self.width), 0, top)
        elif page.days is None:
            self.put(self._note("slot.fetching", "clock"), 0, top)
        elif not page.days:
            tickets = page.counters is None or page.counters.tickets
            self.put(self._note("slot.none" if tickets else "slot.none_no_tickets", "calendar"), 0, top)
        elif page.day is None:
            days = self._days(page.days)
            self.sheets(lambda width: self._rows(days, width, self._day_columns), top, whole=True)
        else:
            top += self._day_line(top) + space.m
            there = next((one for one in page.days if one.day == page.day), None)
            slots = there.slots if there else ()
            times = self._times(slots)
            self.sheets(lambda width: self._rows(times, width, self._time_columns), top, whole=True)

    def actions(self) -> Sequence[Action]:
        """On with the time that was chosen; or once more where nothing could be fetched."""
        page = self._page
        if page.failure is not None:
            return (Action("slot.again", self.words("records.again"), did.TryAgain(), icon="again"),)
        if page.day is None or not page.entered:
            return ()
        if isinstance(page, MovingAppointment):
            text = self.words("appointment.move_here")
            return (Action("appointment.move_here", text, did.Next(), icon="done"),)
        return super().actions()

    def refresh(self, page: Question) -> bool:
        """Every state is another picture."""
        return False

    @property
    def _page(self) -> SlotQuestion:
        assert isinstance(self.page, SlotQuestion)
        return self.page

    @property
    def _day_columns(self) -> int:
        return 2 if theme.portrait else 3 if theme.large else 4

    @property
    def _time_columns(self) -> int:
        if theme.portrait:
            return 2 if theme.large else 3
        return 4 if theme.large else 5

    def _head(self) -> float:
        """The question, where it is, and what was wrong; gives where the rest begins."""
        page, space = self._page, theme.space
        if isinstance(page, MovingAppointment):
            appointment = page.case.appointment
            assert appointment
            now = self.words("appointment.now", time=present_time(appointment.slot.start, self.language))
            top = self.heading(self.words("appointment.move_title"), sub=now)
            if page.error:
                wrong = error(explain(page.error, page.field, self.language), self.width)
                self.put(wrong, 0, top)
                top += wrong.height + space.m
            return top
        above = self._above(self.width, self.height * 0.4)
        self.put(above, 0, 0)
        return above.height + space.m

    def _note(self, name: str, icon: str) -> Box:
        c = theme.colour
        return message(self.words(name), self.width, icon=icon, ink=c.primary, ground=c.primary_pale)

    def _day_line(self, top: float) -> float:
        """The day that was chosen, and the way to the others; gives its height."""
        page = self._page
        assert page.day
        text = present_day(page.day, self.language)
        wide = self.width * 0.34
        other = button(
            self.words("slot.other_day"),
            wide,
            name="slot.other_day",
            touched=self.touch(did.Back()),
            look=SECONDARY,
            icon="calendar",
        )
        room = self.width - wide - theme.space.m
        t = theme.type
        size = fitting(text, room, (t.heading, t.lead, t.body), lines=1, bold=True)
        label = Text(text, room, size=size, bold=True, leading=TIGHT)
        high = max(other.height, label.height)
        self.put(label, 0, top + (high - label.height) / 2)
        self.put(other, self.width - wide, top + (high - other.height) / 2)
        return high

    def _days(self, days: Sequence[SlotDay]) -> list[_Choice]:
        return [
            _Choice(
                present_day(one.day, self.language),
                self._free(one.free),
                did.ChooseDay(one.day),
                f"slot.day.{one.day.isoformat()}",
                one.free > 0,
            )
            for one in days
        ]

    def _times(self, slots: Sequence[OfferedSlot]) -> list[_Choice]:
        return [
            _Choice(
                present_clock(one.slot.start, self.language),
                self._free(one.free),
                did.Choose(one.slot.name),
                f"slot.time.{one.slot.start:%H%M}",
                one.free > 0,
            )
            for one in slots
        ]

    def _free(self, places: int) -> str:
        return self.words("slot.free", count=places) if places else self.words("slot.full")

    def _rows(self, entries: Sequence[_Choice], width: float, columns: int) -> list[Block]:
        """All of them equally high, and in type of one size."""
        t, space, gap = theme.type, theme.space, theme.space.s
        wide = (width - gap * (columns - 1)) / columns
        room = wide - 2 * space.s
        titles = [entry.title for entry in entries]
        size = min(
            (fitting(title, room, (t.lead, t.body), lines=1, bold=True) for title in titles), default=t.lead
        )
        parted = any(width_of(title, size, bold=True) > room for title in titles)
        if parted:  # the weekday and the date each have a line then
            size = t.lead
        said = (1 + parted) * round(size * TIGHT) + space.xs + round(t.caption * TIGHT)
        high = max(theme.touch * 1.15, said + 2 * space.s)
        blocks = []
        for start in range(0, len(entries), columns):
            line = Box(width, high)
            for column, entry in enumerate(entries[start : start + columns]):
                line.put(self._press(entry, (wide, high), size, parted=parted), column * (wide + gap), 0)
            blocks.append(Block(line, gap, float(start)))
        return blocks

    def _press(self, choice: _Choice, of: tuple[float, float], size: int, *, parted: bool) -> Press:
        """of: its width and height; size: of the type of its title; parted: that has two lines."""
        t, c, space = theme.type, theme.colour, theme.space
        width, high = of
        chosen = (
            isinstance(choice.event, did.Choose) and choice.event.option == self._page.entered and choice.free
        )
        look = CHOSEN if chosen else QUIET
        ink = c.disabled_ink if not choice.free else c.primary if chosen else c.ink
        room = width - 2 * space.s
        label = Text(
            choice.title.replace(" ", "\n", 1) if parted else choice.title,
            room,
            size=size,
            bold=True,
            align="centre",
            colour=ink,
            leading=TIGHT,
            role="",
            balanced=True,
        )
        soft = c.disabled_ink if not choice.free else c.soft_ink
        under = Text(choice.below, room, size=t.caption, align="centre", colour=soft, leading=TIGHT, role="")
        words = stack(room, [label, under], space.xs)
        press = Press(
            width,
            high,
            look=look,
            name=choice.name,
            text=f"{choice.title} {choice.below}",
            touched=self.touch(choice.event),
            role="option",
            enabled=choice.free,
            chosen=chosen,
            edge_width=2 * space.hair if chosen else space.hair,
        )
        press.put_centred(words)
        return press
