"""A technician at the screen: what of the menu is shown, who entered, and when they are gone.

While it is open the terminal is out of service for residents; a visit under way is kept below it, as in
vendor mode. It closes by itself after some minutes without a touch, and nothing of a test goes on then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

from foundation.log import logger, trace
from kiosk.look import Look
from kiosk.technician.events import AskForMenu
from kiosk.visit import events as did
from kiosk.visit.above import Above
from kiosk.visit.events import Event
from kiosk.visit.pages import Cause, Display, Page, Turned
from kiosk.visit.visit import Visit

log = logger(__name__)

ANYWHERE = (did.Leave, did.Back, did.Turn)


class Part:
    """One part of the menu: which events its pages know."""

    def take(self, page: Page, event: Event) -> bool:
        """Does what an event asks for; False where it is not for this part."""
        return False

    def shown(self, page: Page | None) -> None:
        """Another page is shown; None: the menu is closed."""


class Session(Above):
    """The owner of the pages and of the time without a touch."""

    def __init__(self, visit: Visit, *, keep: float, patience: float) -> None:
        """keep: seconds for which a visit under way is kept; patience: without a touch, until it closes."""
        self._visit = visit
        self._keep = keep
        self._patience = patience
        self._parts: Sequence[Part] = ()
        self._pages: list[Page] = []
        self._first: Callable[[], Page] = Page
        self._menu: Callable[[], Turned] = Turned
        self._leaving: asyncio.TimerHandle | None = None
        self._working: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._language = visit.language
        self._look = visit.view.look
        self.who = ""
        """Name of the technician, once they have entered."""

    def begin(self, first: Callable[[], Page], menu: Callable[[], Turned], parts: Sequence[Part]) -> None:
        """Gives it its parts, once. first: makes the page on which somebody has to say who they are; menu:
        the one behind it; parts: the entrance first."""
        self._first = first
        self._menu = menu
        self._parts = parts

    # What is shown.

    @property
    def page(self) -> Page | None:
        """The page shown, None while it is closed."""
        return self._pages[-1] if self._pages else None

    @property
    def back(self) -> bool:
        """Whether there is a page before."""
        return len(self._pages) > 1

    def open(self, page: Page) -> None:
        """Shows a page; `Back` leads to the present one."""
        self._pages.append(page)
        self._shown()

    def show(self, page: Page) -> None:
        """Shows a page in the place of the present one."""
        if self._pages:
            self._pages[-1] = page
            self._shown()

    def close_page(self) -> None:
        """Shows the page before; the first one as it is by now."""
        *pages, _ = self._pages
        if len(pages) == 1:
            before = pages[0]
            place = before.place if isinstance(before, Turned) else 0.0
            pages = [replace(self._menu(), place=place) if self.who else self._first()]
        self._pages = pages
        self._shown()

    def enter(self, who: str, by: str) -> None:
        """Somebody said who they are, by PIN or card: the menu is shown."""
        self.who = who
        log.warning("technician_entered", who=who, by=by)
        self._pages = [self._menu()]
        self._shown()

    def broken(self) -> None:
        """Closes: what its page is for would break again."""
        self.close("broken")

    # What technicians do.

    def take(self, event: Event) -> bool:
        """Knows its own events, and those by which pages are turned and left."""
        page = self.page
        if page is None:
            if not isinstance(event, AskForMenu):
                return False
            self._begin()
            return True
        match event:
            case did.Leave():
                self.close("left")
            case did.Back() if self.back:
                self.close_page()
            case did.OpenDisplay():
                self.open(Display())
            case did.Turn(place) if isinstance(page, Turned):
                self.show(replace(page, place=place))
            case _:
                # Until somebody has said who they are, there is the entrance alone.
                parts = self._parts if self.who else self._parts[:1]
                return any(part.take(page, event) for part in parts) or isinstance(event, ANYWHERE)
        return True

    def touched(self) -> None:
        """Somebody is there."""
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = asyncio.get_running_loop().call_later(self._patience, self.close, "idle")

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Waits for something beside, in the place of what was waited for before; it ends with the menu."""
        self.stop()
        self._working = asyncio.get_running_loop().create_task(self._run(work))
        self._ending.add(self._working)
        self._working.add_done_callback(self._ending.discard)
        self._working.add_done_callback(lambda _: work.close())  # it may have been stopped before it began

    def stop(self) -> None:
        """Waits no more."""
        if self._working is not None and self._working is not asyncio.current_task():
            self._working.cancel()
        self._working = None

    async def settle(self) -> None:
        """Waits until what was stopped has put its devices in order."""
        if self._ending:
            await asyncio.wait(self._ending)

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            log.error("menu_broke", page=type(self.page).__name__, trace=trace(error))
            self.broken()

    # The beginning and the end.

    def _begin(self) -> None:
        visit = self._visit
        something = visit.view.leave
        if not something and not visit.out_of_service:
            visit.end("technician")
        self._language, self._look = visit.language, visit.view.look
        visit.interrupt(self._keep if something else 0, Cause.MENU)
        self._leaving = asyncio.get_running_loop().call_later(self._patience, self.close, "idle")
        self._pages = [self._first()]
        self._shown()

    def close(self, reason: str) -> None:
        """Shows the visit again, or that the terminal is out of service, where there is another cause. What
        is shown is as the resident had it, if they are still there."""
        if not self._pages:
            return
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        if self.who:
            log.warning("technician_left", who=self.who, reason=reason)
        self.who = ""
        self._pages = []
        self.stop()
        for part in self._parts:
            part.shown(None)
        visit = self._visit
        there = visit.under_way
        visit.language = self._language if there else visit.first_language
        visit.send(did.SetLook(self._look if there else Look()))
        visit.resume(Cause.MENU)

    def _shown(self) -> None:
        for part in self._parts:
            part.shown(self.page)
        self._visit.changed()
