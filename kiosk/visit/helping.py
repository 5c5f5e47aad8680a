"""Help from anywhere: a page in plain words over whatever is shown, and a call to a person."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace

from foundation.log import logger
from kiosk.calling.telephone import CallState, Telephone
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import Help, HelpCall, Page
from kiosk.visit.visit import Chapter, Visit

log = logger(__name__)


class Helping(Chapter):
    """Owns the call. The help page lies over the page shown, which stays as it is: nothing entered is lost.

    The visit does not end while somebody talks, and the call ends with the visit.
    """

    def __init__(self, visit: Visit, telephone: Telephone | None) -> None:
        self._visit = visit
        self._telephone = telephone
        self._calling: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()

    def take(self, page: Page, event: Event) -> bool:
        """Knows help and the call, on every page."""
        match event:
            case did.OpenHelp():
                can_call = self._telephone is not None and self._telephone.available
                self._visit.lay(Help(page, can_call, self._visit.call))
            case did.CallForHelp():
                self._call()
            case did.HangUp():
                self._hang_up()
            case _:
                return False
        return True

    def page_changed(self, page: Page) -> None:
        """What became of a call that is over has been read."""
        call = self._visit.call
        if call is not None and not call.state.live and not isinstance(self._visit.page_over, Help):
            self._show(None)

    def wipe(self) -> None:
        """Ends the call."""
        self._stop()

    async def settle(self) -> None:
        """Waits until the line is free."""
        if self._ending:
            await asyncio.wait(self._ending)

    def _show(self, call: HelpCall | None) -> None:
        self._visit.show_call(call)
        if isinstance(over := self._visit.page_over, Help):
            self._visit.lay(replace(over, call=call))

    def _call(self) -> None:
        going_on = self._visit.call is not None and self._visit.call.state.live
        if self._telephone is None or not self._telephone.available or going_on:
            return
        self._show(HelpCall(CallState.CALLING, 0))
        self._calling = asyncio.get_running_loop().create_task(self._follow(self._telephone))

    def _hang_up(self) -> None:
        call = self._visit.call
        self._stop()
        if call is not None and call.state.live:
            state = CallState.ENDED if call.state is CallState.TALKING else None
            self._show(replace(call, state=state) if state else None)

    def _stop(self) -> None:
        if self._calling is not None:
            self._calling.cancel()
            self._ending.add(self._calling)
            self._calling.add_done_callback(self._ending.discard)
            self._calling = None

    async def _follow(self, telephone: Telephone) -> None:
        """Shows every state of a call, and how long it has been."""
        await self.settle()  # the call before may still be on its way to its end
        async with aclosing(telephone.call()) as states:
            clock: asyncio.Task[None] | None = None
            try:
                async for state in states:
                    if clock is not None:
                        clock.cancel()
                        clock = None
                    before = self._visit.call
                    seconds = before.seconds if before is not None and before.state.live else 0
                    self._show(HelpCall(state, seconds))
                    if state is CallState.TALKING:
                        clock = asyncio.get_running_loop().create_task(self._count())
                self._calling = None
                self._visit.touched()  # whoever talked has time to go on
            finally:
                if clock is not None:
                    clock.cancel()

    async def _count(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            await asyncio.sleep(1.0 - (loop.time() - began) % 1.0)
            self._show(HelpCall(CallState.TALKING, round(loop.time() - began)))
