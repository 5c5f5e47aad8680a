"""Answering one call: from the first word to the call record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from backend_client.door import Door
from backend_client.warming import Sizes
from foundation.language import Language
from foundation.log import logger, trace
from ivr import metrics
from ivr.alerts import CallAlerts
from ivr.call import Call, CallOver
from ivr.dialogue import notices, policies, services
from ivr.dialogue.conversation import Conversation
from ivr.dialogue.main_menu import hold
from ivr.dialogue.person import reach_person
from ivr.guessing import Guesses
from ivr.line import HungUp, Line
from ivr.records.files import RecordFiles
from ivr.records.record import CallRecord, Result
from ivr.records.under_way import UnderWay
from ivr.settings import IvrSettings

LAST_WORDS = 30.0
"""Seconds after which a call ends even where its last words do not."""

SIZES = Sizes(services=services.MOST, policies=policies.MOST, notices=notices.MOST)
"""What calls ask the backend for at once, for reading ahead."""

_log = logger(__name__)


class Answering:
    """Holds the dialogue over each line that is handed to it, any number at the same time."""

    def __init__(
        self,
        door: Door,
        settings: IvrSettings,
        *,
        language: Language = Language.ZH_CN,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        under_way: UnderWay | None = None,
    ) -> None:
        """language: in which calls begin; now: the time, aware; under_way: where calls stand that a killed
        process would leave without a record."""
        self._door = door
        self._settings = settings
        self._language = language
        self._now = now
        self._records = RecordFiles(settings)
        self._guesses = Guesses()
        self._under_way = under_way

    async def __call__(self, line: Line) -> None:
        """Serves an answered call to its end, hangs up, and writes its record."""
        whereabouts = metrics.Whereabouts()
        metrics.ANSWER.observe(max((self._now() - line.start_time).total_seconds(), 0.0))
        record = CallRecord(
            line.call_id, line.caller, line.start_time, now=self._now, watched=whereabouts.entry
        )
        self._begun(record)
        alerts = CallAlerts(self._door.alerts, self._settings.time_zone)
        call = Call(line, record, self._settings.timing, self._language, alerts)
        conversation = Conversation(
            call, self._door, self._settings, reach_person, now=self._now, guesses=self._guesses
        )
        result = Result.FAILURE
        try:
            result = await _serve(conversation)
        finally:
            metrics.ENDED.labels(result.value).inc()
            whereabouts.close()
            alerts.close()
            await call.close()
            try:
                await line.hang_up()
            finally:
                await self._write(record.finished(result, call.language))

    def _begun(self, record: CallRecord) -> None:
        if self._under_way is None:
            return
        try:
            self._under_way.begun(self._records.kept(record.begun(self._language)))
        except OSError as error:
            _log.error("call under way not written", error=error.strerror, call_id=record.call_id)

    async def _write(self, record: dict[str, object]) -> None:
        try:
            await asyncio.to_thread(self._records.write, record)
            if self._under_way is not None:
                self._under_way.over(str(record["call_id"]))
        except OSError as error:
            _log.error("call record not written", error=error.strerror, call_id=record["call_id"])


async def _serve(conversation: Conversation) -> Result:
    """Holds the dialogue and says the last words. Nothing that goes wrong in it leaves the caller without."""
    try:
        await hold(conversation)
    except HungUp:
        return Result.HUNG_UP
    except CallOver as over:
        return await _end(conversation, over.result)
    except asyncio.CancelledError:
        # The line ends, and this call with it; nothing waits for what is returned.
        return await _end(conversation, Result.CLOSED)
    except Exception as error:
        _log.error("call failed", call_id=conversation.call.call_id, trace=trace(error))
        return await _end(conversation, Result.FAILURE)


async def _end(conversation: Conversation, result: Result) -> Result:
    if result is Result.TRANSFERRED:
        return result
    try:
        async with asyncio.timeout(LAST_WORDS):
            await conversation.call.last_words(conversation.prompt(f"end.{result.value}"))
    except (HungUp, TimeoutError):
        pass
    except Exception as error:
        _log.error("last words failed", call_id=conversation.call.call_id, trace=trace(error))
    return result
