"""What is shown in the place of the visit while the terminal is out of service: the technician's menu."""

from __future__ import annotations

from kiosk.visit.events import Event
from kiosk.visit.pages import Page


class Above:
    """Nothing is: base of what may be."""

    @property
    def page(self) -> Page | None:
        """What is shown in the visit's place, if anything."""
        return None

    @property
    def back(self) -> bool:
        """Whether there is a page before."""
        return False

    def take(self, event: Event) -> bool:
        """Does what an event asks for; False where it is not for it."""
        return False

    def broken(self) -> None:
        """The page could not be drawn: there is none any more."""

    def touched(self) -> None:
        """The screen was touched, wherever."""
