"""Lists: of facts, of what can be chosen, of where to go."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.screens.screen import Action, Screen
from kiosk.technician.pages import Entry, Listing, Tone
from kiosk.technician.screens.entry_card import entry_card
from kiosk.theme import theme
from kiosk.widgets.box import Box
from kiosk.widgets.mark import error, message
from kiosk.widgets.press import PRIMARY, SECONDARY
from kiosk.widgets.sheets import Block


class ListingScreen(Screen[Listing]):
    """A title, what was done or went wrong, and the entries in sheets."""

    name = "technician.list"

    def draw(self) -> None:
        """From the top."""
        page, space = self.page, theme.space
        top = self.heading(page.title[self.language], sub=page.sub[self.language] if page.sub else "")
        if page.note:
            note = _note(page.note[self.language], self.width, page.note_tone)
            self.put(note, 0, top)
            top += note.height + space.m
        if page.entries:
            self.sheets(self._blocks, top)

    def actions(self) -> Sequence[Action]:
        """What can be done with the list."""
        last = len(self.page.deeds) - 1
        return [
            Action(
                deed.name,
                deed.text[self.language],
                deed.event,
                look=PRIMARY if at == last else SECONDARY,
                icon=deed.icon,
            )
            for at, deed in enumerate(self.page.deeds)
        ]

    def _blocks(self, width: float) -> list[Block]:
        return [
            Block(self._entry(entry, width), theme.space.s, float(number))
            for number, entry in enumerate(self.page.entries)
        ]

    def _entry(self, entry: Entry, width: float) -> Box:
        touched = self.touch(entry.event) if entry.event is not None else None
        return entry_card(entry, width, self.language, touched)


def _note(text: str, width: float, tone: Tone) -> Box:
    """What was done, or why it was not."""
    if tone is Tone.WRONG:
        return error(text, width)
    c = theme.colour
    return message(text, width, icon="done", ink=c.primary, ground=c.primary_pale)
