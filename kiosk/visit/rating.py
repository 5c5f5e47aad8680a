"""Ratings: offered below a page that shows what was done, once, and gone by itself; or asked for by itself.

One touch is a rating. Of a low one the resident may say why: until that is said, or is not going to be, the
rating waits here; whatever ends it, the end of the visit too, sends it without a reason.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from backend_client.catalog import ServiceKind
from backend_client.errors import BackendError
from backend_client.forms.answer import AnswerError, Problem
from backend_client.forms.text import has_bad_character, normalise
from backend_client.queue.outbox import Outbox
from backend_client.rating import MAX_REASON, Matter, Rating, Satisfaction, new_rating_name, new_visit_name
from backend_client.submission import Channel
from foundation.log import logger
from kiosk.visit import events as did
from kiosk.visit.application import MAX_ENTERED
from kiosk.visit.events import Event
from kiosk.visit.pages import (
    Offer,
    OfferStage,
    Page,
    RatingServices,
    ReasonEntry,
    ReasonFor,
    ServiceList,
    ServiceRating,
)
from kiosk.visit.visit import Chapter, Visit

log = logger(__name__)


class Ratings(Chapter):
    """Owns what is rated in a visit: each matter is offered once, and rated once."""

    def __init__(self, visit: Visit, outbox: Outbox) -> None:
        self._visit = visit
        self._outbox = outbox
        self._name = new_visit_name()
        self._over: set[Matter] = set()
        """Rated, skipped, or offered long enough."""
        self._seen: dict[str, Matter] = {}
        """By reference; and what led to none, under no reference, the latest."""
        self._shown: Matter | None = None
        self._low: Rating | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._sending: set[asyncio.Task[None]] = set()

    def take(self, page: Page, event: Event) -> bool:
        """Knows what is offered below any page, the service to rate, and the reason."""
        match page, event:
            case ServiceList(), did.OpenService(service) if service.kind is ServiceKind.RATING:
                self._choose(page)
            case RatingServices(), did.OpenService(service):
                self._visit.open(ServiceRating(service))
            case ServiceRating(service=service), did.Rate(satisfaction):
                self._rate(Matter(service=service.name), satisfaction)
                self._visit.show(ServiceRating(service, satisfaction))
            case (_, did.Rate(satisfaction)) if self._asked is not None:
                self._rate(self._asked.matter, satisfaction)
            case (_, did.SayWhy()) if self._low is not None:
                self._visit.open(ReasonEntry(ReasonFor.RATING, self._low.name))
            case ServiceRating(), did.SkipRating():
                self._let_go()
                self._visit.close_page()
            case _, did.SkipRating():
                self._skip()
            case ReasonEntry(use=ReasonFor.RATING), did.Next():
                self._give_reason(page)
            case _:
                return edited(self._visit, page, event)
        return True

    def page_changed(self, page: Page) -> None:
        """Offers a rating below a page that shows what was done; what was offered before is over."""
        if isinstance(page, ReasonEntry):
            self._stop()
            return
        matter = self._known(page.matter)
        if isinstance(page, ServiceRating):
            if page.given is None:
                self._let_go()
            return
        if matter == self._shown and matter is not None:
            if matter in self._over and self._low is not None:  # back from the reason
                self._offer(OfferStage.WHY)
            return
        self._let_go()
        self._shown = matter
        if matter is not None and matter not in self._over:
            self._offer(OfferStage.ASKED)

    def unsent(self) -> bool:
        """Whether a reason is being written."""
        return isinstance(page := self._visit.page, ReasonEntry) and bool(page.entered.strip())

    def wipe(self) -> None:
        """Sends what was not sent, and forgets what was rated."""
        self._let_go()
        self._shown = None
        self._seen.clear()
        self._over.clear()
        self._name = new_visit_name()

    async def settle(self) -> None:
        """Waits until what was rated lies in the queue."""
        if self._sending:
            await asyncio.wait(self._sending)

    def _known(self, matter: Matter | None) -> Matter | None:
        """What it belongs to: a payment is part of the application or lookup that led to it."""
        if matter is None:
            return None
        if matter.form or matter.service:
            self._seen[matter.reference] = matter
            return matter
        return self._seen.get(matter.reference) or self._seen.get("")

    # The offer.

    @property
    def _asked(self) -> Offer | None:
        offer = self._visit.view.offer
        return offer if offer is not None and offer.stage is OfferStage.ASKED else None

    def _offer(self, stage: OfferStage) -> None:
        assert self._shown is not None
        self._stop()
        self._visit.offer(Offer(self._shown, stage))
        pace = self._visit.pace
        seconds = pace.thanks if stage is OfferStage.THANKED else pace.rating
        self._timer = asyncio.get_running_loop().call_later(seconds, self._skip)

    def _skip(self) -> None:
        """Nothing is offered any more; what was given is sent."""
        if self._shown is not None:
            self._over.add(self._shown)
        self._let_go()

    def _let_go(self) -> None:
        self._stop()
        low, self._low = self._low, None
        if low is not None:
            self._send(low)

    def _stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._visit.view.offer is not None:
            self._visit.offer(None)

    # Ratings.

    def _rate(self, matter: Matter, satisfaction: Satisfaction) -> None:
        self._let_go()
        self._over.add(matter)
        rating = Rating(
            name=new_rating_name(),
            matter=self._with_service(matter),
            visit=self._name,
            satisfaction=satisfaction,
            channel=Channel.TERMINAL,
        )
        if satisfaction.low:
            self._low = rating
        else:
            self._send(rating)
        if matter == self._shown:
            self._offer(OfferStage.WHY if satisfaction.low else OfferStage.THANKED)

    def _with_service(self, matter: Matter) -> Matter:
        found = next(
            (
                one.name
                for one in self._visit.home.services
                if one.form == matter.form and one.kind is not ServiceKind.DOCUMENT  # the same on paper
            ),
            "",
        )
        return matter if matter.service or not matter.form else replace(matter, service=found)

    def _give_reason(self, page: ReasonEntry) -> None:
        reason = checked_reason(self._visit, page)
        if reason is None:
            return
        low, self._low = self._low, None
        self._visit.close_page()
        if low is not None:
            self._send(replace(low, reason=reason))
        if self._shown is not None:
            self._offer(OfferStage.THANKED)

    def _send(self, rating: Rating) -> None:
        log.info("rated", low=rating.satisfaction.low)
        task = asyncio.get_running_loop().create_task(self._keep(rating))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _keep(self, rating: Rating) -> None:
        try:
            await self._outbox.ratings.keep(rating)
        except BackendError as error:
            log.warning("rating_lost", reason=error.reason)

    def _choose(self, page: ServiceList) -> None:
        """To the services that can be rated: all but what only leads to others."""
        rated = tuple(one for one in self._visit.home.services if one.kind is not ServiceKind.RATING)
        self._visit.open(RatingServices(rated, as_of=page.as_of))


def edited(visit: Visit, page: Page, event: Event) -> bool:
    """Takes what is entered as a reason; False where it is something else."""
    match page, event:
        case ReasonEntry(), did.Enter(text):
            entered = text
        case ReasonEntry(entered=before), did.Insert(text):
            entered = before + text
        case ReasonEntry(entered=before), did.Erase():
            entered = before[:-1]
        case _:
            return False
    visit.show(replace(page, entered=entered[:MAX_ENTERED], error=None))
    return True


def checked_reason(visit: Visit, page: ReasonEntry) -> str | None:
    """The reason as it is sent; None where it cannot be, which the page then says."""
    reason = normalise(page.entered)
    problem, bound = None, None
    if not reason:
        problem = Problem.REQUIRED
    elif len(reason) > MAX_REASON:
        problem, bound = Problem.TOO_LONG, MAX_REASON
    elif has_bad_character(reason):
        problem = Problem.BAD_CHARACTER
    if problem is None:
        return reason
    visit.show(replace(page, error=AnswerError(page.field.id, problem, bound)))
    return None
