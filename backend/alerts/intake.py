"""Taking a message in: checked, verified, decided on, kept. The same way for commands, folder and web."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from backend.alerts import metrics
from backend.alerts.cap import CapError, Message
from backend.alerts.deciding import Decision, Kept, Policy, decide
from backend.alerts.signature import Sources
from backend.settings import BackendSettings
from backend.storage import alerts
from backend.storage.alerts import Taken
from backend.storage.audit import Actor
from backend.storage.database import Database
from foundation.log import logger

_log = logger(__name__)


def policy_of(settings: BackendSettings) -> Policy:
    """What the county wants."""
    return Policy(settings.alert_geocodes, settings.alert_drills, timedelta(hours=settings.alert_hours))


class Intake:
    """Takes messages in. Which sources are trusted is read anew for each: certificates may be exchanged."""

    def __init__(self, settings: BackendSettings, database: Database, now: Callable[[], datetime]) -> None:
        self._files = settings.alert_sources
        self._policy = policy_of(settings)
        self._database = database
        self._now = now

    async def take(self, data: bytes, actor: Actor) -> Taken:
        """Takes one message. Raises CapError where it is refused, SourceUnusable, and what the database does.

        A message that has been taken before is taken again without effect.
        """
        try:
            message, signed, decision = await asyncio.to_thread(self._judge, data, self._now())
        except CapError as error:
            metrics.MESSAGES.labels(error.reason).inc()
            _log.warning("alert_refused", reason=error.reason, place=error.place, by=actor.door)
            raise
        taken = await self._database.write(
            alerts.take, message, signed, decision, actor=actor, now=self._now()
        )
        metrics.MESSAGES.labels(taken.outcome.value).inc()
        say = _log.warning if decision.reason is Kept.ERROR else _log.info
        say(
            "alert_taken",
            name=taken.name,
            sender=message.sender,
            identifier=message.identifier,
            outcome=taken.outcome.value,
            reason=taken.reason,
            by=actor.door,
        )
        return taken

    def _judge(self, data: bytes, now: datetime) -> tuple[Message, bytes, Decision]:
        message, signed = Sources.load(self._files).verified(data, now)
        return message, signed, decide(message, self._policy, now)
