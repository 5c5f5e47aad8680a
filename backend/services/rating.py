"""What residents think of how a matter was handled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import grpc
from huimin.v1 import rating_pb2, rating_pb2_grpc
from sqlalchemy import Connection

from backend.authoring.published import Published
from backend.rpc import bounds, metrics
from backend.rpc.acting import actor_of
from backend.rpc.door import Context
from backend.rpc.refusal import Refusal, Wrong, invalid, not_found
from backend.services.deadline import due_day
from backend.storage import cases, ratings
from backend.storage.audit import Actor
from backend.storage.database import Database
from backend.storage.ratings import LOW, Given
from backend_client.forms.reference import ReferenceError_, check_reference
from backend_client.forms.text import has_bad_character, normalise


@dataclass(frozen=True, slots=True)
class RatingService(rating_pb2_grpc.RatingServiceServicer):
    """`huimin.v1.RatingService`. Doors send a rating on for as long as it takes, so a repeat is the rule."""

    database: Database
    published: Published
    now: Callable[[], datetime]

    async def CreateRating(  # noqa: N802 (the contract's name)
        self, request: rating_pb2.CreateRatingRequest, context: Context
    ) -> rating_pb2.CreateRatingResponse:
        """Keeps a rating, once."""
        rating = _fit(request.rating)
        now = self.now()
        known = {service.name: service.form for service in self.published.current.content.services}
        due = due_day(self.published, now)
        try:
            opened = await self.database.write(
                _keep, rating, known, due=due, actor=actor_of(context), now=now
            )
        except ratings.MatterRated:
            raise Refusal(
                grpc.StatusCode.ALREADY_EXISTS, "MATTER_RATED", "The matter was rated before."
            ) from None
        except ratings.RecordingMissing:
            raise Refusal(
                grpc.StatusCode.FAILED_PRECONDITION, "ATTACHMENT_MISSING", "The recording has not arrived."
            ) from None
        metrics.RATINGS.labels(rating_pb2.Satisfaction.Name(rating.satisfaction)).inc()
        return rating_pb2.CreateRatingResponse(case_opened=opened)


def _keep(
    connection: Connection,
    rating: rating_pb2.Rating,
    known: Mapping[str, str],
    *,
    due: date,
    actor: Actor,
    now: datetime,
) -> bool:
    """known: the form of each service, empty where it has none."""
    service = rating.service if rating.service in known else ""
    if not service and rating.reference:
        case = cases.one(connection, rating.reference)
        if case is not None:  # a form that no service names any more stands for itself
            service = next((name for name, form in known.items() if form == case.form), case.form)
    if not service:
        raise not_found("SERVICE_UNKNOWN", "service")
    return ratings.keep(connection, Given(rating, service, due), actor, now)


def _fit(rating: rating_pb2.Rating) -> rating_pb2.Rating:
    """With its reason as it is kept. Raises Refusal."""
    fit = rating_pb2.Rating()
    fit.CopyFrom(rating)
    fit.DiscardUnknownFields()
    fit.reason = normalise(rating.reason)
    if has_bad_character(fit.reason):
        raise invalid(Wrong("rating.reason", bounds.BAD_CHARACTER, "holds a character that cannot be stored"))
    if rating.satisfaction not in LOW:
        for field in ("reason", "recording"):
            if getattr(rating, field):
                raise invalid(Wrong(f"rating.{field}", bounds.OUT_OF_RANGE, "is for the two lowest levels"))
    if rating.visit and not rating.service:
        raise invalid(Wrong("rating.service", bounds.REQUIRED, "has to be there"))
    if rating.reference:
        try:
            right = check_reference(rating.reference) == rating.reference
        except ReferenceError_:
            right = False
        if not right:
            raise invalid(Wrong("rating.reference", bounds.MALFORMED, "is not a reference"))
    return fit
