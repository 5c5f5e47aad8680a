"""The visit: what is shown, who is being waited for, when it ends.

One object lives as long as the terminal; a resident's visit begins with the first touch on the home page
and ends by `LeaveAnyway`, by the idle clock, or with the terminal. What a visit learns and is told is kept
here and in its chapters and is wiped at its end.

It has no widgets: `send` takes events, `view` says what to show, `changed` is called after every change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from backend_client.alert import Acknowledgement, Alert
from backend_client.errors import BackendError, BackendFailure
from foundation.language import Language
from foundation.log import logger, trace
from foundation.request_id import begin_request
from kiosk.hearing import UNHEARD, Hearing
from kiosk.look import Look, TypeSize
from kiosk.visit import events as did
from kiosk.visit.above import Above
from kiosk.visit.alerts import Alerted
from kiosk.visit.events import Event
from kiosk.visit.idle import IdleClock
from kiosk.visit.interruption import Interruption
from kiosk.visit.pages import (
    CardLeft,
    Cause,
    Confirmation,
    Display,
    Ending,
    HelpCall,
    Home,
    Keeping,
    KeptForLater,
    Offer,
    OutOfService,
    Page,
    StillThere,
    Turned,
)
from kiosk.visit.turns import Turns

log = logger(__name__)

LEFT = "left"
"""Why a visit ends: its resident said so, and wants nothing kept."""
KEPT = "kept"
"""Its resident wants it kept."""
CLOSED = "closed"
"""The terminal ends, perhaps to be started anew at once."""

Step = Callable[[], Coroutine[Any, Any, None]]
"""Something that waits for the backend and then changes the page."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take, in seconds."""

    waiting_mark: float = 0.3
    long_wait: float = 10.0
    """Until whoever waits is offered a way out, whatever is waited for."""
    patience: float = 60.0
    countdown: int = 30
    card: float = 30.0
    paying: float = 180.0
    """With a payment's code on the screen and no touch, before the idle clock begins."""
    home_again: float = 5.0
    """Between two tries to fetch the catalogue for the home page."""
    home_anew: float = 10.0
    """Between two looks at the catalogue while nobody comes."""
    rating: float = 30.0
    """For which a rating is offered."""
    thanks: float = 4.0
    """For which somebody is thanked for one."""


_LONGER = {TypeSize.STANDARD: 1.0, TypeSize.LARGE: 1.5, TypeSize.VERY_LARGE: 2.0}
LISTENING = 1.5
BY_KEYS = 2.0
TYPING = 2.0
"""How many times longer a visit waits, before it asks whether somebody is there and from there to its end."""
LONGEST = 6.0
"""Many times longer it waits at most, whatever comes together."""


@dataclass(frozen=True, slots=True)
class View:
    """What is to be shown.

    back: whether there is a page before; leave: whether there is anything to end; unsent: whether something
    was entered that is not sent;
    waiting: the backend has been asked and takes its time; stoppable: the waiting can be given up; long_wait:
    it takes so long that there must be a way out in any case;
    trouble: what went wrong, to be shown over the page; leaving: whether the resident is asked about leaving;
    seconds_left: until the idle visit ends, None while it is not idle;
    alerts: those in force, the worst first; alert: the one that lies over the page; alert_place: where its
    sheet begins; more_alerts: whether another follows it;
    offer: the rating that is offered below the page; ending: that the service ends soon, until it was read;
    call: to a person, until its end was read;
    dark: nobody is near, and the screen is to show nothing; hearing: what is heard of it;
    keeping: by what the visit can be taken up again, where its end is near.
    """

    page: Page
    language: Language
    look: Look
    back: bool
    leave: bool
    unsent: bool
    waiting: bool
    stoppable: bool
    trouble: BackendError | None
    leaving: bool
    seconds_left: int | None
    long_wait: bool = False
    alerts: tuple[Alert, ...] = ()
    alert: Alert | None = None
    alert_place: float = 0.0
    more_alerts: bool = False
    offer: Offer | None = None
    ending: Ending | None = None
    dark: bool = False
    call: HelpCall | None = None
    hearing: Hearing = UNHEARD
    keeping: Keeping | None = None


class Chapter:
    """What a resident can do behind one door: which events its pages know, and what it remembers."""

    def take(self, page: Page, event: Event) -> bool:
        """Does what the event asks for; False where the page does not know it."""
        return False

    def page_changed(self, page: Page) -> None:
        """Another page is shown."""

    def covered(self, *, covered: bool) -> None:
        """Something came to lie over the page, or was taken away."""

    def unsent(self) -> bool:
        """Whether leaving would lose what the resident entered."""
        return False

    def holds(self) -> bool:
        """Whether it keeps anything about the resident."""
        return False

    def ending(self, reason: str) -> None:
        """The visit ends; `wipe` follows."""

    def left_behind(self) -> Page | None:
        """What is to be shown before the home page once everything is wiped."""
        return None

    def wipe(self) -> None:
        """Forgets everything about the resident."""


class Signal(Enum):
    """What is told by a tone, too."""

    ASKED = "asked"
    """Whether somebody is still there."""
    CARD_LEFT = "card-left"
    """A card is still in the reader."""


class Visit:
    """The owner of the visit's state."""

    def __init__(self, *, language: Language, pace: Pace) -> None:
        """language: the one a visit begins in."""
        self.changed: Callable[[], None] = lambda: None
        self.acknowledge: Callable[[Alert, Acknowledgement], None] = lambda alert, what: None
        """Is told what became of an alert here."""
        self.turns = Turns()
        """With the devices."""
        self.signal: Callable[[Signal], None] = lambda signal: None
        """Is told what a short tone is for, where there is sound."""
        self.keeping: Callable[[], Keeping | None] = lambda: None
        """Says by what the visit could be taken up again, were it interrupted now."""
        self.above = Above()
        """What is shown in place of the visit while the terminal is out of service."""
        self._interruption = Interruption(lambda: self.end("kept too long"))
        self._nobody = asyncio.Event()
        self._nobody.set()
        self._alerted = Alerted()
        self._drawn: set[str] = set()
        self.pace = pace
        self.language = language
        self.first_language = language
        """The one that a visit begins in."""
        self._look = Look()
        self._hearing = UNHEARD
        self._pages: list[Page] = [Home()]
        self._call: HelpCall | None = None
        self._over: Page | None = None
        self._chapters: Sequence[Chapter] = ()
        self._working: asyncio.Task[None] | None = None
        self._stoppable = True
        self._slow = self._long = False
        self._failed: tuple[BackendError, Callable[[], None]] | None = None
        self._leaving = False
        self._offer: Offer | None = None
        self._ending: Ending | None = None
        self._dark = False
        self._by_keys = False
        self._covered = False
        self._seconds_left: int | None = None
        self._idle = IdleClock(
            patience=lambda: pace.patience * self._patience,
            countdown=lambda: round(pace.countdown * self._patience),
            warn=self._warn,
            end=self._idle_end,
        )

    def begin(self, chapters: Sequence[Chapter]) -> None:
        """Gives it its chapters, once."""
        self._chapters = chapters

    # What is shown.

    @property
    def page(self) -> Page:
        """The page shown."""
        return self._pages[-1]

    @property
    def home(self) -> Home:
        """The page under all others."""
        first = self._pages[0]
        assert isinstance(first, Home)
        return first

    @property
    def view(self) -> View:
        """What is to be shown now."""
        if self._interruption.page is not None:
            shown = self._interrupted_view(self._interruption.page)
            if (page := self.above.page) is None:
                return shown
            return replace(shown, page=page, back=self.above.back, leave=True, unsent=False, leaving=False)
        if self._over is not None:  # what lies over the page below waits, but for time that runs out
            return replace(
                self._view_below,
                page=self._over,
                back=False,
                waiting=False,
                trouble=None,
                leaving=False,
                alert=None,
                more_alerts=False,
                offer=None,
            )
        return self._view_below

    @property
    def _view_below(self) -> View:
        return View(
            page=self.page,
            language=self.language,
            look=self._look,
            back=self._has_page_before,
            leave=len(self._pages) > 1 or any(chapter.holds() for chapter in self._chapters),
            unsent=self._unsent(),
            waiting=self._slow,
            stoppable=self._stoppable,
            trouble=self._failed[0] if self._failed else None,
            leaving=self._leaving,
            seconds_left=self._seconds_left,
            long_wait=self._long,
            alerts=self._alerted.in_force,
            alert=self._alerted.shown,
            alert_place=self._alerted.place,
            more_alerts=self._alerted.more,
            offer=self._offer,
            ending=self._ending,
            dark=self._dark,
            call=self._call,
            hearing=self._hearing,
            keeping=self.keeping() if self._leaving or self._seconds_left is not None else None,
        )

    def _interrupted_view(self, page: OutOfService) -> View:
        """What was entered can be wiped at once; alerts are shown as ever."""
        kept = page.kept_until is not None
        return View(
            page=page,
            language=self.language,
            look=self._look,
            back=False,
            leave=kept,
            unsent=kept and self._unsent(),
            waiting=False,
            stoppable=False,
            trouble=None,
            leaving=self._leaving,
            seconds_left=None,
            alerts=self._alerted.in_force,
            alert=self._alerted.shown,
            alert_place=self._alerted.place,
            more_alerts=self._alerted.more,
            hearing=self._hearing,
        )

    @property
    def _has_page_before(self) -> bool:
        over = isinstance(self.page, Confirmation | KeptForLater | StillThere | CardLeft)
        return len(self._pages) > 1 and not over

    # What residents do.

    def touched(self) -> None:
        """Somebody touched the screen, wherever: the visit is not idle."""
        if self.above.page is not None:
            self.above.touched()
        if self._interruption.page is not None:
            return
        self._nobody.clear()
        self._idle.touched()
        if self._seconds_left is not None or self._dark:
            self._seconds_left = None
            self._dark = False
            self._changed()

    def send(self, event: Event) -> None:
        """Takes what a resident did. Never raises; what cannot be done now is ignored, and what breaks is
        shown."""
        begin_request()
        page = self.page

        def again() -> None:
            if self.page is page:
                self.send(event)

        try:
            self._take(event)
        except Exception as error:
            self._broke(error, again)
            self._changed()

    def _take(self, event: Event) -> None:
        self.touched()
        if self.above.take(event):
            self._changed()
            return
        match event:
            case did.SwitchLanguage():
                self.language = self.language.other
                if not self._working:
                    self._tell_chapters(event)
            case did.SetLook(look):
                self._look = look
            case did.OpenDisplay() if self._interruption.page is None:
                self._over = Display()
            case did.OpenHelp() | did.CallForHelp() if self._interruption.page is None:
                self._tell_chapters(event)
            case did.HangUp():
                self._tell_chapters(event)
            case did.SetHearing(hearing):
                self._hearing = hearing
            case did.MoreTime():
                pass
            case did.Understood():
                if (read := self._alerted.understood()) is not None:
                    self.acknowledge(read, Acknowledgement.UNDERSTOOD)
            case did.TurnAlert(place):
                self._alerted.place = place
            case did.Noted():
                self._ending = None
            case did.LeaveAnyway():
                self.end("left")
            case did.Back() if self._over is not None:
                self._over = None
            case did.Turn(place) if isinstance(self._over, Turned):
                self._over = replace(self._over, place=place)
            case did.Leave() if self._over is not None:
                self._over = None
                self.send(event)
            case _ if self._over is not None:
                return  # a touch that was meant for the page below
            case _ if self._alerted.shown and not isinstance(event, did.Enter | did.Insert | did.Erase):
                return  # a touch that was meant for the page below
            case did.ReadAlerts():
                self._alerted.read()
            case did.Leave():
                if self._unsent():
                    self._leaving = True
                else:
                    self.end("left")
            case did.Stay():
                self._leaving = False
            case did.KeepForLater() if self._leaving:
                self._tell_chapters(event)
            case _ if self._interruption.page is not None:
                return
            case did.TryAgain() if self._failed:
                _, again = self._failed
                self._failed = None
                self._stop_working()  # a page being made anew in the other language
                again()
            case did.Dismiss():
                self._failed = None
            case did.Back() if self._working and self._stoppable:
                self._stop_working()
            case _ if self._working or self._failed or self._leaving:
                return
            case did.GoHome():
                self.unwind(Home)
            case did.Turn(place) if isinstance(self.page, Turned):
                self.show(replace(self.page, place=place))
            case _:
                self._tell_chapters(event)
        self._changed()

    def _tell_chapters(self, event: Event) -> None:
        if any(chapter.take(self.page, event) for chapter in self._chapters):
            return
        if isinstance(event, did.Back) and self._has_page_before:
            self.close_page()

    def _unsent(self) -> bool:
        return any(chapter.unsent() for chapter in self._chapters)

    # What chapters do.

    def open(self, page: Page) -> None:
        """Shows a page; `Back` leads to the present one."""
        self._pages.append(page)
        self._page_changed()

    def show(self, page: Page) -> None:
        """Shows a page in place of the present one."""
        self._pages[-1] = page
        self._page_changed()

    def renew(self, before: Page, now: Page) -> bool:
        """Puts a page in the place of another, wherever that stands by now: shown, turned to another sheet,
        or below others. False where it stands nowhere."""
        for at, page in enumerate(self._pages):
            if isinstance(page, Turned) and isinstance(before, Turned) and isinstance(now, Turned):
                there, now = replace(page, place=before.place) == before, replace(now, place=page.place)
            else:
                there = page is before
            if there:
                self._pages[at] = now
                self._page_changed()
                return True
        return False

    def close_page(self) -> None:
        """Shows the page before."""
        del self._pages[-1]
        self._page_changed()

    @property
    def covered(self) -> bool:
        """Whether something lies over the page that takes what is entered, or has it ignored. A question
        about time and an alert do so only for whoever is read to: others go on entering below."""
        if self._over or self._failed or self._leaving or self._slow or self._interruption.page:
            return True
        asked = self._seconds_left is not None or self._ending or self._alerted.shown
        return self._hearing.speaking and bool(asked)

    @property
    def page_over(self) -> Page | None:
        """The page that lies over the one shown."""
        return self._over

    def lay(self, page: Page) -> None:
        """Lays a page over the one shown, which goes on below; `Back` takes it away."""
        self._over = page
        self._changed()

    @property
    def call(self) -> HelpCall | None:
        """The call to a person."""
        return self._call

    def show_call(self, call: HelpCall | None) -> None:
        """Shows how far a call to a person is, or no more. While it goes on somebody is there."""
        self._call = call
        self._changed()

    def offer(self, offer: Offer | None) -> None:
        """Offers a rating below the page, or no more."""
        self._offer = offer
        self._changed()

    def show_home(self, home: Home) -> None:
        """Puts another home page under all others."""
        self._pages[0] = home
        self._changed()

    def unwind(self, kind: type[Page]) -> None:
        """Shows the latest page of a kind again; there is one."""
        while not isinstance(self.page, kind):
            del self._pages[-1]
        self._page_changed()

    def do(self, step: Step, *, stoppable: bool = True) -> None:
        """Runs a step that asks the backend. Meanwhile nothing else is begun.

        A BackendError is shown, and the step repeated where the resident wants it. stoppable: the resident
        may give up waiting.
        """
        assert self._working is None
        self._stoppable = stoppable
        self._working = asyncio.get_running_loop().create_task(self._run(step, stoppable))

    async def _run(self, step: Step, stoppable: bool) -> None:
        loop = asyncio.get_running_loop()
        mark = loop.call_later(self.pace.waiting_mark, self._mark_slow)
        long = loop.call_later(self.pace.long_wait, self._mark_long)
        try:
            await step()
        except BackendError as error:
            log.info("step_failed", reason=error.reason, page=type(self.page).__name__)
            self._failed = (error, lambda: self.do(step, stoppable=stoppable))
        except Exception as error:
            self._broke(error, lambda: self.do(step, stoppable=stoppable))
        finally:
            mark.cancel()
            long.cancel()
            if self._working is asyncio.current_task():
                self._working = None
                self._slow = self._long = False
        self._leaving = self._leaving and self._unsent()  # a form that has been sent is not lost
        self._changed()

    def _mark_slow(self) -> None:
        if self._working:  # it may have been given up at this very moment
            self._slow = True
            self._changed()

    def _mark_long(self) -> None:
        if self._working:
            self._long = True
            self._changed()

    def _stop_working(self) -> None:
        if self._working:
            self._working.cancel()
            self._working = None
            self._slow = self._long = False

    def _page_changed(self) -> None:
        for chapter in self._chapters:
            self._tell_page(chapter)
        self._changed()

    def _tell_page(self, chapter: Chapter) -> None:
        try:
            chapter.page_changed(self.page)
        except Exception as error:
            self._broke(error, lambda: self._tell_page(chapter))

    def _broke(self, error: Exception, again: Callable[[], None]) -> None:
        """Shows that something broke, with a way to have it done again."""
        log.error("visit_broke", page=type(self.page).__name__, trace=trace(error))
        self._failed = (BackendFailure("TERMINAL_FAULT"), again)

    def _changed(self) -> None:
        """To be called after every change."""
        if self._covered is not (covered := self.covered):
            self._covered = covered
            for chapter in self._chapters:
                chapter.covered(covered=covered)
        self.changed()

    # Alerts.

    def warn(self, in_force: Sequence[Alert]) -> None:
        """Takes the alerts in force, the worst first. Whoever is there gets time to read a new one."""
        if self._alerted.update(in_force) and self._idle.running:
            self._idle.touched()
            self._seconds_left = None
        self._drawn &= {alert.name for alert in in_force}
        self._changed()

    def drawn(self, view: View) -> None:
        """That was shown just now: the first alert as a banner, or the one over the page."""
        alert = view.alert or (view.alerts[0] if view.alerts else None)
        if alert is not None and alert.name not in self._drawn:
            self._drawn.add(alert.name)
            self.acknowledge(alert, Acknowledgement.SHOWN)

    # What is heard.

    def begin_at(self, volume: int) -> None:
        """A visit begins with that volume from now on."""
        self._hearing = self._hearing.begins_at(volume)
        self._changed()

    @property
    def hearing(self) -> Hearing:
        """How the visit is heard."""
        return self._hearing

    def can_be_heard(self, *, private: bool = False) -> None:
        """There is a voice. private: that one person alone ever hears."""
        self._hearing = replace(self._hearing, possible=True, private=private)
        self._changed()

    def plugged_in(self, headset: bool) -> None:
        """A headset was plugged in, which begins to be spoken to, or pulled out: nobody else is to hear what
        it heard."""
        if headset:
            self.touched()
        self._hearing = replace(self._hearing, headset=headset, speaking=headset, curtain=False)
        self._changed()

    # Whether anybody is there.

    def darken(self, *, dark: bool) -> None:
        """Nobody is near, or somebody is."""
        if dark is not self._dark:
            self._dark = dark
            self._changed()

    # Out of service.

    @property
    def under_way(self) -> bool:
        """Whether somebody is there, or was a moment ago."""
        return not self._nobody.is_set()

    @property
    def out_of_service(self) -> bool:
        """Whether nobody is served."""
        return self._interruption.page is not None

    @property
    def cause(self) -> Cause | None:
        """Why nobody is served; None where residents are."""
        page = self._interruption.page
        return None if page is None else page.cause

    async def over(self) -> None:
        """Waits until nobody is there."""
        await self._nobody.wait()

    def announce(self, ending: Ending | None) -> None:
        """Tells whoever is there that the service ends soon; None: it does not after all."""
        self._ending = ending if self.under_way else None
        self._changed()

    def interrupt(self, keep: float, cause: Cause = Cause.TECHNICIAN) -> None:
        """Puts the terminal out of service. keep: seconds for which a visit under way is kept below.

        What was begun there goes on; `resume` ends it, for each cause.
        """
        log.info("out_of_service", visit=self.under_way, cause=cause.value)
        self._interruption.begin(keep if self.under_way else 0, cause)
        self._over = None
        self._idle.stop()
        self._seconds_left = self._ending = None
        self._dark = False
        self._changed()

    def resume(self, cause: Cause = Cause.TECHNICIAN) -> None:
        """Serves again, unless there is another cause; whoever was interrupted is asked whether they are
        still there."""
        kept = self._interruption.end(cause)
        if self._interruption.page is None:
            log.info("in_service")
        if kept:
            self._idle.ask()
        self._changed()

    # The end.

    def end(self, reason: str, last: Page | None = None) -> None:
        """Ends the visit: everything about the resident is wiped, and the home page shown.

        last: is shown before that, as a card that was left behind is: in the visit's language and look.
        """
        self._idle.stop()
        self._interruption.nothing_kept()
        self._stop_working()
        for chapter in self._chapters:
            with self._whatever_breaks(chapter):
                chapter.ending(reason)
        for chapter in self._chapters:
            with self._whatever_breaks(chapter):
                chapter.wipe()
        log.info("visit_ended", reason=reason)
        self._pages = [self.home]
        self._call = None
        self._over = None
        self._alerted.wipe()
        self._failed = None
        self._leaving = False
        self._seconds_left = self._ending = None
        if last is None and reason != CLOSED:
            last = self._left_behind()
        if last is not None:
            self._pages.append(last)
            self._idle.touched()
        else:
            self.language = self.first_language
            self._look = Look()
            self._hearing = self._hearing.over()
            self._by_keys = False
            self._nobody.set()
        for chapter in self._chapters:
            with self._whatever_breaks(chapter):
                chapter.page_changed(self.page)
        self._changed()

    def _left_behind(self) -> Page | None:
        for chapter in self._chapters:
            with self._whatever_breaks(chapter):
                if (page := chapter.left_behind()) is not None:
                    return page
        return None

    @contextmanager
    def _whatever_breaks(self, chapter: Chapter) -> Iterator[None]:
        """The end goes on: no chapter keeps another from wiping."""
        try:
            yield
        except Exception as error:
            log.error("chapter_broke", chapter=type(chapter).__name__, trace=trace(error))

    def _warn(self, left: int) -> None:
        talking = self._call is not None and self._call.state.live
        if talking or (self._working and not self._stoppable):  # whoever waits has nothing to touch
            self._idle.touched()
            return
        alone = len(self._pages) == 1 and self._over is None and not self._unsent()
        if alone or isinstance(self.page, StillThere | KeptForLater):
            self.end("idle")
            return
        if isinstance(self.page, CardLeft):  # it has a time of its own
            self._idle.touched()
            return
        if self._seconds_left is None:
            self.signal(Signal.ASKED)
        self._seconds_left = left
        self._changed()

    # How long it waits.

    def uses_keys(self) -> None:
        """Somebody finds their way by the keys of a keypad: from now on the visit has more patience."""
        self._by_keys = True

    @property
    def _patience(self) -> float:
        """How many times longer than usual the visit waits: what is read in large type, listened to, found by
        keys or typed takes longer."""
        patience = _LONGER[self._look.size]
        if self._hearing.speaking:
            patience *= LISTENING
        if self._by_keys:
            patience *= BY_KEYS
        if getattr(self.page, "entered", ""):
            patience *= TYPING
        return min(patience, LONGEST)

    def _idle_end(self) -> None:
        self.end("idle")
