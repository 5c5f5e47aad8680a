"""What lies over a page: is somebody there, shall it end, what went wrong, please wait."""

from __future__ import annotations

import math
from collections.abc import Callable

from backend_client.errors import (
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
from kiosk.visit.pages import Paying
from kiosk.visit.visit import View
from kiosk.widgets.overlay import Moving, Overlay, inner_width
from kiosk.widgets.press import PRIMARY, QUIET, SECONDARY, Press, Shades, button

WORTH_ANOTHER_TRY = (Unreachable, TooManyTries, BackendFailure, QueueFull, NoReference, QueueUnusable)
"""What may go well the next time; anything else does not change by being repeated."""
WORTH_WAITING_FOR = ("PAYMENT_UNAVAILABLE",)
"""Reasons of the same: the backend is well, and somebody behind it is not."""


def _at_the_end(view: View, words: Translate) -> tuple[str, ...]:
    """What becomes of what is shown. A code that was scanned is left open: whoever is paying on the phone
    does not touch the screen, and would find the payment closed."""
    page = view.page
    if not isinstance(page, Paying) or not page.seconds_left:
        if view.keeping is None:
            return (words("idle.text"),)
        ways = "idle.kept.card" if view.keeping.by_card else "idle.kept"
        return (words(ways, code=fours(view.keeping.code)),)
    minutes = math.ceil(page.seconds_left / 60)
    number = group(page.order.reference)
    return words("idle.paying", minutes=minutes), words("idle.paying_number", reference=number)


def overlay(
    width: float, height: float, view: View, words: Translate, send: Callable[[Event], None]
) -> Overlay | None:
    """The most urgent one, or None."""

    def press(name: str, event: Event, look: Shades, *, icon: str = "", grow: float = 1.2) -> Press:
        return button(
            words(name),
            inner_width(width),
            name=name,
            touched=lambda: send(event),
            look=look,
            icon=icon,
            height=theme.touch * grow,
        )

    if view.seconds_left is not None:
        return Overlay(
            width,
            height,
            name="idle",
            icon="",
            figure=str(view.seconds_left),
            title=words("idle.title"),
            texts=_at_the_end(view, words),
            buttons=(
                press("idle.more", did.MoreTime(), PRIMARY, icon="check", grow=1.9),
                press("idle.end", did.LeaveAnyway(), QUIET, grow=1.0),
            ),
        )
    if view.ending is not None:
        cause, seconds = view.ending.cause.value, view.ending.seconds
        return Overlay(
            width,
            height,
            name="ending",
            icon="warning",
            title=words(f"ending.{cause}.title"),
            texts=(words(f"ending.{cause}.text", seconds=seconds),),
            buttons=(press("ending.noted", did.Noted(), PRIMARY, icon="check"),),
        )
    if view.leaving:
        return Overlay(
            width,
            height,
            name="leave",
            icon="leave",
            title=words("leave.title"),
            texts=(words("leave.text.keep" if view.keeping else "leave.text"),),
            buttons=(
                press("leave.stay", did.Stay(), PRIMARY),
                *((press("leave.keep", did.KeepForLater(), SECONDARY),) if view.keeping else ()),
                press("leave.end", did.LeaveAnyway(), QUIET),
            ),
        )
    if view.trouble:
        again = isinstance(view.trouble, WORTH_ANOTHER_TRY) or view.trouble.reason in WORTH_WAITING_FOR
        close = press("trouble.close", did.Dismiss(), QUIET if again else PRIMARY)
        return Overlay(
            width,
            height,
            name="trouble",
            icon="warning",
            title=words("trouble.title"),
            texts=(sentence(view.trouble, view.language), *((words("trouble.kept"),) if view.unsent else ())),
            small=words("trouble.code", code=view.trouble.reason),
            buttons=(press("trouble.again", did.TryAgain(), PRIMARY, icon="again"), close)
            if again
            else (close,),
        )
    if view.waiting:
        look = PRIMARY if view.long_wait else SECONDARY
        buttons: tuple[Press, ...] = ()
        if view.stoppable:
            buttons = (press("waiting.stop", did.Back(), look),)
        elif view.long_wait:
            buttons = (press("waiting.leave", did.LeaveAnyway(), look),)
        why = "waiting.long" if view.stoppable else "waiting.long_sent"
        return Overlay(
            width,
            height,
            name="waiting",
            icon="clock",
            title=words("waiting.title"),
            texts=(words(why),) if view.long_wait else (),
            extra=Moving(inner_width(width) * 0.6),
            buttons=buttons,
        )
    return None
