"""What is done at the terminal, counted since its start: nothing of who did it, or when."""

from __future__ import annotations

from backend_client.terminal import Counts
from hardware.interfaces.device import CommandEnded, Event
from kiosk.visit.pages import CardLeft, Confirmation, Home, Page
from kiosk.visit.visit import Chapter


class Tally(Chapter):
    """Counts visits in which a page was opened, applications that were taken in, slips."""

    def __init__(self) -> None:
        self._visits = self._applications = self._slips = 0
        self._counted = False
        self._confirmed: set[str] = set()
        """References in this visit: a confirmation may be shown more than once."""

    @property
    def counts(self) -> Counts:
        """Since the start."""
        return Counts(self._visits, self._applications, self._slips)

    def page_changed(self, page: Page) -> None:
        """Another page is shown."""
        if not self._counted and not isinstance(page, Home | CardLeft):
            self._counted = True
            self._visits += 1
        if isinstance(page, Confirmation) and page.accepted.reference not in self._confirmed:
            self._confirmed.add(page.accepted.reference)
            self._applications += 1

    def wipe(self) -> None:
        """The next page that is opened is of another visit."""
        self._counted = False
        self._confirmed.clear()

    def told(self, event: Event) -> None:
        """Something happened at the printer."""
        if isinstance(event, CommandEnded):
            self._slips += event.counts.get("slips_printed", 0)
