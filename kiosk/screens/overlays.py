"""What lies over a page: is somebody there, shall it end, what went wrong, please wait."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from backend_client.errors import (
    BackendError,
    BackendFailure,
    NoReference,
    QueueFull,
    QueueUnusable,
    TooManyTries,
    Unreachable,
)
from backend_client.forms.reference import group
from backend_client.sentences import sentence
from foundation.language import Translate
from kiosk.slip import fours
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import Ending, Paying
from kiosk.visit.visit import View
from kiosk.widgets.overlay import Moving, Overlay, inner_width
from kiosk.widgets.press import PRIMARY, QUIET, SECONDARY, Press, Shades, button

WORTH_ANOTHER_TRY = (Unreachable, TooManyTries, BackendFailure, QueueFull, NoReference, QueueUnusable)
"""What may go well the next time; anything else does not change by being repeated."""
WORTH_WAITING_FOR = ("PAYMENT_UNAVAILABLE",)
"""Reasons of the same: the backend is well, and somebody behind it is not."""


def overlay(
    width: float, height: float, view: View, words: Translate, send: Callable[[Event], None]
) -> Overlay | None:
    """The most urgent one, or None."""
    over = _Overlays(width, height, view, words, send)
    if view.seconds_left is not None:
        return over.idle(view.seconds_left)
    if view.ending is not None:
        return over.ending(view.ending)
    if view.leaving:
        return over.leave()
    if view.trouble:
        return over.trouble(view.trouble)
    if view.waiting:
        return over.waiting()
    return None


class _Overlays:
    """Each of those over one view."""

    def __init__(
        self, width: float, height: float, view: View, words: Translate, send: Callable[[Event], None]
    ) -> None:
        self._view = view
        self._words = words
        self._send = send
        self._overlay = partial(Overlay, width, height)
        self._inner = inner_width(width)

    def idle(self, seconds: int) -> Overlay:
        """Is somebody still there?"""
        return self._overlay(
            name="idle",
            icon="",
            figure=str(seconds),
            title=self._words("idle.title"),
            texts=self._at_the_end(),
            buttons=(
                self._press("idle.more", did.MoreTime(), PRIMARY, icon="check", grow=1.9),
                self._press("idle.end", did.LeaveAnyway(), QUIET, grow=1.0),
            ),
        )

    def ending(self, ending: Ending) -> Overlay:
        """The service ends soon."""
        cause = ending.cause.value
        return self._overlay(
            name="ending",
            icon="warning",
            title=self._words(f"ending.{cause}.title"),
            texts=(self._words(f"ending.{cause}.text", seconds=ending.seconds),),
            buttons=(self._press("ending.noted", did.Noted(), PRIMARY, icon="check"),),
        )

    def leave(self) -> Overlay:
        """Shall the visit end?"""
        kept = self._view.keeping
        return self._overlay(
            name="leave",
            icon="leave",
            title=self._words("leave.title"),
            texts=(self._words("leave.text.keep" if kept else "leave.text"),),
            buttons=(
                self._press("leave.stay", did.Stay(), PRIMARY),
                *((self._press("leave.keep", did.KeepForLater(), SECONDARY),) if kept else ()),
                self._press("leave.end", did.LeaveAnyway(), QUIET),
            ),
        )

    def trouble(self, trouble: BackendError) -> Overlay:
        """What went wrong."""
        said = sentence(trouble, self._view.language)
        again = isinstance(trouble, WORTH_ANOTHER_TRY) or trouble.reason in WORTH_WAITING_FOR
        close = self._press("trouble.close", did.Dismiss(), QUIET if again else PRIMARY)
        return self._overlay(
            name="trouble",
            icon="warning",
            title=self._words("trouble.title"),
            texts=(said, self._words("trouble.kept")) if self._view.unsent else (said,),
            small=self._words("trouble.code", code=trouble.reason),
            buttons=(self._press("trouble.again", did.TryAgain(), PRIMARY, icon="again"), close)
            if again
            else (close,),
        )

    def waiting(self) -> Overlay:
        """Please wait; where that takes long, why, and a way out."""
        view = self._view
        buttons: tuple[Press, ...] = ()
        look = PRIMARY if view.long_wait else SECONDARY
        if view.stoppable:
            buttons = (self._press("waiting.stop", did.Back(), look),)
        elif view.long_wait:
            buttons = (self._press("waiting.leave", did.LeaveAnyway(), look),)
        why = "waiting.long" if view.stoppable else "waiting.long_sent"
        return self._overlay(
            name="waiting",
            icon="clock",
            title=self._words("waiting.title"),
            texts=(self._words(why),) if view.long_wait else (),
            extra=Moving(self._inner * 0.6),
            buttons=buttons,
        )

    def _at_the_end(self) -> tuple[str, ...]:
        """What becomes of what is shown. A code that was scanned is left open: whoever is paying on the phone
        does not touch the screen, and would find the payment closed."""
        page, kept, words = self._view.page, self._view.keeping, self._words
        if isinstance(page, Paying) and page.seconds_left:
            minutes = math.ceil(page.seconds_left / 60)
            number = group(page.order.reference)
            return words("idle.paying", minutes=minutes), words("idle.paying_number", reference=number)
        if kept is None:
            return (words("idle.text"),)
        return (words("idle.kept.card" if kept.by_card else "idle.kept", code=fours(kept.code)),)

    def _press(self, name: str, event: Event, look: Shades, *, icon: str = "", grow: float = 1.2) -> Press:
        return button(
            self._words(name),
            self._inner,
            name=name,
            touched=partial(self._send, event),
            look=look,
            icon=icon,
            height=theme.touch * grow,
        )
