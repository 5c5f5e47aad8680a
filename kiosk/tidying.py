"""Memory is tidied up while nobody can notice: right after a page was shown, when touches are ignored anyway.

A page's widgets refer to one another, so that only the collector of cycles frees them, some twenty thousand
objects a page. Left alone it looks through everything the process holds whenever it likes, which takes a
fifth of a second; now and then that fell between a card's last byte and its answers on the screen.

What has come to stay since the start, such as the dictionary of what is read aloud, would be looked through
for every page: 80 ms in place of 15. Once that is noticed, while nobody is there, it is put aside too.
"""

from __future__ import annotations

import asyncio
import gc
import time

from kivy.core.window import Window

from kiosk.screens.stage import Stage
from kiosk.visit.pages import Home

SETTLE_SECONDS = 0.05
"""After a page was drawn, until the display has it. Touches are ignored for longer."""
YOUNG, MIDDLE = 700, 10
"""Of the collector's first two generations, as Python sets them: they cost a millisecond."""
OLD = 50
"""Collections of the second generation until all is looked through without a new page: by then somebody has
typed for minutes."""
LONG = 0.03
"""Seconds of processor time for a collection by which more has come to stay."""
MOST_ASIDE = 4
"""Times that this is put aside: on a machine where every collection takes long it is of no use."""


class Tidying:
    """Owns the process's collector from `begin` on. What is there by then is never looked through again."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._seen: object = None
        self._aside = 0

    def begin(self) -> None:
        """Once the first page is shown."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG, MIDDLE, OLD)
        Window.bind(on_flip=self._drawn)

    def end(self) -> None:
        """No more."""
        Window.unbind(on_flip=self._drawn)

    def _drawn(self, *_: object) -> None:
        """A frame is about to be shown; the one before it may have been of another page."""
        if self._stage.screen is not self._seen:
            self._seen = self._stage.screen
            asyncio.get_running_loop().call_later(SETTLE_SECONDS, self._collect)

    def _collect(self) -> None:
        began = time.thread_time()
        gc.collect()
        took = time.thread_time() - began
        view = self._stage.view
        if took > LONG and self._aside < MOST_ASIDE and view is not None and isinstance(view.page, Home):
            self._aside += 1
            gc.unfreeze()  # the page that was put aside last time can go
            gc.collect()
            gc.freeze()
