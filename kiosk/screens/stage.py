"""The window's one child: shows the visit, and lets one finger at a time through to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import Any

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.graphics import Color, Line, Rectangle
from kivy.uix.floatlayout import FloatLayout

from foundation.language import Translate, translator
from foundation.log import logger, trace
from kiosk.look import TypeSize
from kiosk.screens.alert import AlertOverlay
from kiosk.screens.crowding import crowded
from kiosk.screens.directory import SCREENS
from kiosk.screens.frame import age, foot, foot_height, header, marks, sign
from kiosk.screens.overlays import overlay
from kiosk.screens.rating_bar import rating_bar, rating_bar_height
from kiosk.screens.screen import Screen, Surroundings
from kiosk.screens.tremble import Tremble
from kiosk.slip import LOCALE
from kiosk.technician.events import AskForMenu
from kiosk.technician.gesture import CornerHolds
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import Display, Help, Home, OutOfService
from kiosk.visit.visit import View, Visit
from kiosk.widgets.box import Box
from kiosk.widgets.entry import forget_typing
from kiosk.widgets.inspectable import Inspectable
from kiosk.widgets.overlay import Overlay
from kiosk.widgets.pictures import pictures

log = logger(__name__)

_LEAVE_ALONE = (did.Enter, did.Insert, did.Erase, did.Understood, did.TurnAlert, did.SetHearing)
"""Events after which the page is what it was, with what is being composed there."""
DEAF = 0.25
"""Seconds after another page came in which touches are ignored: they were meant for the one before."""
STUCK = 10.0
"""Seconds after which a touch that never ended is forgotten."""
_UNDER_A_FINGER = ("waiting", "long_wait", "leaving", "seconds_left", "trouble", "ending", "call")
"""What of a view stands on the screen until a finger that is down has left: it may be on a button of it. A
question about time is answered by the touch itself, before its button is let go."""


class Stage(FloatLayout):
    """Frame, screen and overlay, made anew when the page changes and dropped with it."""

    def __init__(self, visit: Visit, surroundings: Surroundings) -> None:
        super().__init__(size=Window.size, size_hint=(None, None))
        self._visit = visit
        self._surroundings = surroundings
        self.view: View | None = None
        self.screen: Screen[Any] | None = None
        self.overlay: Overlay | AlertOverlay | None = None
        self.type_size = TypeSize.STANDARD
        """Of the type on the page shown: what was chosen, or what the page has room for."""
        self._above: list[Box] = []
        self._head: Box | None = None
        self._deaf_until = 0.0
        self._finger: tuple[object, float] | None = None
        self._tremble = Tremble()
        self._holds = CornerHolds()
        self.focus: Inspectable | None = None
        """What keys work on, where somebody uses them."""
        self.shown: Callable[[], None] = lambda: None
        """Is called after each change of what is shown."""
        self._redraw = Clock.create_trigger(lambda _: self.show(visit.view), -1)
        visit.changed = self._redraw
        Window.bind(size=self._resized)
        self._resized()

    def send(self, event: Event) -> None:
        """Tells the visit, after the screen has taken what was begun."""
        if self.screen and not isinstance(event, _LEAVE_ALONE):
            self.screen.settle()
        self._visit.send(event)

    @property
    def above(self) -> list[Box]:
        """What stands above the screen: marks, header, how old it is."""
        return self._above

    @property
    def reachable(self) -> list[Any]:
        """What can be touched now: all of it, or what an overlay leaves free and the overlay itself."""
        return [*self._above, self.overlay] if self.overlay else [self]

    # Fingers.

    @property
    def deaf(self) -> bool:
        """Whether touches are ignored because the page is too new."""
        return monotonic() < self._deaf_until

    def on_touch_down(self, touch: Any) -> bool:
        """Lets the first finger through; every touch shows that somebody is there."""
        now = monotonic()
        self._visit.touched()
        self._holds.down(touch.x, self.height - touch.y, self.width, self.height, now)
        if self.view is not None and (self.view.dark or self.view.hearing.curtain):
            if self.view.hearing.curtain:
                self._visit.send(did.SetHearing(replace(self.view.hearing, curtain=False)))
            return True  # whoever cannot see what they touch wants light
        if "button" in touch.profile and touch.button != "left":
            return True
        if self._held(now) or self.deaf or self._tremble.again(touch.x, touch.y, now):
            return True
        self._finger = (touch.uid, now)
        super().on_touch_down(touch)
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """The finger left."""
        if self._finger and self._finger[0] == touch.uid:
            self._finger = None
            self._tremble.left(touch.x, touch.y, monotonic(), Clock.frametime)
            self._redraw()
        if self._holds.up(touch.x, self.height - touch.y, self.width, self.height, monotonic()):
            touch.grab_list.clear()  # what lies in the corner was not meant
            self.send(AskForMenu())
            return True
        super().on_touch_up(touch)
        return True

    def _held(self, now: float) -> bool:
        """Whether a finger that was let through is down."""
        return self._finger is not None and now - self._finger[1] < STUCK

    # Drawing.

    def _resized(self, *_: object) -> None:
        self.size = Window.size
        theme.fit(*map(round, Window.size))
        self.view = None
        self._redraw()

    def show(self, now: View) -> None:
        """Shows a state of the visit. Where that breaks, the visit ends, or the technician's menu closes, and
        the page below is drawn anew; what breaks with nobody there is raised."""
        if now == self.view:
            return
        try:
            self._update(now)
        except Exception as error:
            log.error("screen_broke", page=type(now.page).__name__, trace=trace(error))
            self.view = None  # nobody knows what stands there
            if self._visit.above.page is not None:
                self._visit.above.broken()
            elif isinstance(now.page, Home | OutOfService) and not self._visit.under_way:
                raise
            else:
                self._visit.end("broken")

    def _update(self, now: View) -> None:
        """With as little made anew as that takes."""
        before = self.view
        theme.look = (
            replace(now.look, size=self.type_size) if before and before.look == now.look else now.look
        )
        Window.clearcolor = theme.colour.paper
        if before is None or not self._refreshed(before, now):
            with pictures.for_everybody(SCREENS[type(now.page)].for_everybody):
                self._build(now)
            self._build_overlay(now)
            if before is None or not _same_question(before, now):
                self._deaf_until = monotonic() + DEAF
        else:
            if self._held(monotonic()):
                now = replace(now, **{part: getattr(before, part) for part in _UNDER_A_FINGER})
            if (before.alerts, before.alert, before.call) != (now.alerts, now.alert, now.call):
                self._renew_head(now)
            if _covered(before) != _covered(now):
                self._build_overlay(now)
                self._deaf_until = monotonic() + DEAF
            elif now.seconds_left is not None and isinstance(self.overlay, Overlay):
                self.overlay.count(str(now.seconds_left))
        self.view = now
        self._draw_over()
        self._visit.drawn(now)
        self.shown()

    def point_at(self, control: Inspectable | None) -> None:
        """Shows what keys work on, with a ring that is seen on light and on dark ground."""
        self.focus = control
        self._draw_over()

    def _draw_over(self) -> None:
        """Draws what lies over everything: the ring, and darkness."""
        self.canvas.after.clear()
        view, control = self.view, self.focus
        if control is not None and control.get_parent_window() is not None:
            wide = 2 * theme.space.hair
            x, y = control.to_window(*control.pos)
            with self.canvas.after:
                for colour, out in ((theme.colour.ink, 3 * wide), (theme.colour.highlight, wide)):
                    Color(*colour)
                    box = (x - out, y - out, control.width + 2 * out, control.height + 2 * out)
                    Line(rounded_rectangle=(*box, theme.space.radius), width=wide)
        if view is not None and (view.dark or view.hearing.curtain):
            with self.canvas.after:
                Color(*theme.colour.curtain if view.hearing.curtain else theme.colour.dark)
                Rectangle(size=self.size)

    def _refreshed(self, before: View, now: View) -> bool:
        """Whether the screen shown can show that too."""
        if (before.language, before.look, before.back, before.leave, before.page.as_of, before.offer) != (
            now.language,
            now.look,
            now.back,
            now.leave,
            now.page.as_of,
            now.offer,
        ):
            return False
        heard = isinstance(now.page, Display) or (self.screen is not None and self.screen.heard)
        if heard and before.hearing != now.hearing:
            return False
        if now.page is before.page:
            return True
        return (
            type(now.page) is type(before.page) and self.screen is not None and self.screen.refresh(now.page)
        )

    def _build(self, view: View) -> None:
        theme.look = view.look
        words = translator("kiosk", LOCALE, view.language)
        width, height = theme.room
        space = theme.space
        self.clear_widgets()
        forget_typing()
        kind = SCREENS[type(view.page)]
        if kind.bare:
            self._build_bare(kind, view, words)
            return
        band = marks(width, words, self._surroundings)
        head = header(width, view, words, self._surroundings, self.send)
        self._head = head
        if lowered := round(self.height) - height:
            there = band if band and band.height <= lowered else None
            board = sign(width, lowered, there, self._surroundings.office[view.language])
            board.pos = (0, height)
            self.add_widget(board)
            band = None if there else band
        self._above = [band, head] if band else [head]
        if view.page.as_of is not None:
            self._above.append(age(width, view.page.as_of, words, self._surroundings, view))
        top = 0
        for box in self._above:
            self._put(box, 0, top)
            top += round(box.height)
        low = foot_height() if view.leave or view.back or isinstance(view.page, Display | Help) else 0
        offered = rating_bar_height() if view.offer else 0

        def made() -> Screen[Any]:
            return kind(
                view.page,
                view,
                width - 2 * space.xl,
                height - top - space.l - space.m - low - offered,
                send=self.send,
                words=words,
                surroundings=self._surroundings,
            )

        screen = made()
        while theme.large and crowded(screen) and theme.take_smaller_type():
            screen = made()
        self.type_size = theme.look.size
        self._put(screen, space.xl, top + space.l)
        if view.offer:
            bar = rating_bar(width, view.offer, words, self.send)
            self._put(bar, 0, height - low - offered)
        if low:
            self._put(foot(width, view, words, screen.actions(), self.send), 0, height - low)
        self.screen = screen
        self.overlay = None

    def _build_bare(self, kind: type[Screen[Any]], view: View, words: Translate) -> None:
        """A screen that has the whole window."""
        self._above, self._head, self.overlay = [], None, None
        self.type_size = theme.look.size
        self.screen = kind(
            view.page,
            view,
            self.width,
            self.height,
            send=self.send,
            words=words,
            surroundings=self._surroundings,
        )
        self.screen.pos = (0, 0)
        self.add_widget(self.screen)

    def _renew_head(self, view: View) -> None:
        """Another header in the place of the one before; the page below stays as it is."""
        before = self._head
        if before is None:
            return
        words = translator("kiosk", LOCALE, view.language)
        self._head = header(theme.room[0], view, words, self._surroundings, self.send)
        self._head.pos = before.pos
        self.remove_widget(before)
        self.add_widget(self._head)
        self._above[self._above.index(before)] = self._head

    def _build_overlay(self, view: View) -> None:
        if self.overlay:
            self.remove_widget(self.overlay)
        words = translator("kiosk", LOCALE, view.language)
        top = sum(box.height for box in self._above)
        room = (self.width, theme.room[1] - top)

        def made() -> Overlay | AlertOverlay | None:
            if view.alert is not None and view.seconds_left is None:
                return AlertOverlay(*room, view, words, send=self.send, zone=self._surroundings.zone)
            return overlay(*room, view, words, self.send)

        theme.look = view.look
        self.overlay = made()
        while theme.large and self.overlay and crowded(self.overlay) and theme.take_smaller_type():
            self.overlay = made()
        theme.look = replace(view.look, size=self.type_size)
        if self.overlay:
            self._put(self.overlay, 0, top)

    def _put(self, widget: Any, left: float, top: float) -> None:
        """top: from the upper edge of the room."""
        widget.pos = (round(left), round(theme.room[1] - top - widget.height))
        self.add_widget(widget)


def _covered(view: View) -> tuple[object, ...]:
    """What lies over the page."""
    idle = view.seconds_left is not None
    alert = (view.alert, view.alert_place, view.more_alerts)
    return (view.waiting, view.long_wait, view.leaving, idle, view.trouble, view.ending, *alert)


def _same_question(before: View, now: View) -> bool:
    """Whether a touch that was meant for the one does no harm on the other."""
    return (type(before.page), before.offer, getattr(before.page, "field", None)) == (
        type(now.page),
        now.offer,
        getattr(now.page, "field", None),
    )
