"""Help: on every kind of page that has words of its own, and in every state of a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from foundation.language import Language, translator
from kiosk.calling.telephone import CallState
from kiosk.screens.help_words import purposes
from kiosk.slip import LOCALE
from kiosk.visit.pages import Help, HelpCall, Page


def helps(shown: Iterable[Page], *, complete: bool) -> Iterator[Page]:
    """Help about the first of the pages with each text, or those with most to say, and the calls."""
    first: dict[tuple[str, ...], Page] = {}
    for page in shown:
        first.setdefault(purposes(page), page)
    said = translator("kiosk", LOCALE, Language.EN)
    longest = sorted(first, key=lambda names: -sum(len(said(name)) for name in names))
    for number, names in enumerate(longest if complete else longest[:3]):
        yield Help(first[names], can_call=number % 2 == 0)
    page = next(page for page in shown if purposes(page)[0] == "help.about.question")
    for call in calls():
        yield Help(page, can_call=True, call=call)


def calls() -> Iterator[HelpCall]:
    """A call in each state."""
    for state in CallState:
        yield HelpCall(state, 754 if state is CallState.TALKING else 0)
