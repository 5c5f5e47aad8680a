"""Help: on every kind of page that has words of its own, and in every state of a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kiosk.calling.telephone import CallState
from kiosk.screens.help_words import purposes
from kiosk.visit.pages import Help, HelpCall, Page


def helps(shown: Iterable[Page]) -> Iterator[Page]:
    """Help about the first of the pages with each text, and the calls."""
    seen: set[tuple[str, ...]] = set()
    for page in shown:
        if (said := purposes(page)) not in seen:
            seen.add(said)
            yield Help(page, can_call=len(seen) % 2 == 0)
    page = next(page for page in shown if purposes(page)[0] == "help.about.question")
    for call in calls():
        yield Help(page, can_call=True, call=call)


def calls() -> Iterator[HelpCall]:
    """A call in each state."""
    for state in CallState:
        yield HelpCall(state, 754 if state is CallState.TALKING else 0)
