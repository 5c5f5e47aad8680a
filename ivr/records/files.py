"""Call records on the disk: today's in one file, those of each earlier day in one beside it, until they go.

All workers of a machine write into the same files.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from foundation.config import ConfigError
from foundation.keys import KeyRing, KeysUnusable
from foundation.log import logger
from ivr.records import journal
from ivr.records.record import Result, ended
from ivr.records.under_way import UnderWay
from ivr.settings import CallerKept, IvrSettings

LOOK_SECONDS = 600.0
"""How often it is looked whether a day is over."""
LAST_DIGITS = 4
HASH_DIGITS = 32
TAIL = 4 << 20
"""Bytes at the end of the records in which a call is looked for that may have been written already."""
_log = logger(__name__)


class RecordFiles:
    """The owner of the call records' files."""

    def __init__(self, settings: IvrSettings) -> None:
        """Raises ConfigError where callers' numbers are to be hashed and there is no key."""
        self._file = settings.records_file
        self._zone = settings.time_zone
        self._days = settings.records_days
        self._kept = settings.records_caller
        self._keys: KeyRing | None = None
        if self._kept is CallerKept.HASHED:
            try:
                self._keys = KeyRing.find(
                    settings.room, file=settings.queue_key, folder=settings.queue_folders[0]
                )
            except KeysUnusable as error:
                raise ConfigError(f"ivr.queue_key: {error}") from None

    def kept(self, record: Mapping[str, object]) -> dict[str, object]:
        """A record with no more of the caller's number than is to be kept."""
        return {**record, "caller": self._caller(str(record["caller"]))}

    def write(self, record: Mapping[str, object]) -> None:
        """Adds a finished record. Blocks until the disk has it. Raises OSError."""
        journal.append(self._file, self.kept(record), self._zone)

    async def write_lost(self, under_way: UnderWay) -> None:
        """Writes the records of the calls that a killed process left in a file."""
        if not under_way.left:
            return
        try:
            written = await asyncio.to_thread(self._end_of_file)
            for call in under_way.left:
                if f'"call_id":"{call["call_id"]}"'.encode() not in written:
                    record = call | ended(Result.LOST, datetime.now(UTC), [{"t": 0.0, "event": "lost"}])
                    await asyncio.to_thread(journal.append, self._file, record, self._zone)
                under_way.over(call["call_id"])
        except OSError as error:
            _log.error("records_of_lost_calls_not_written", error=error.strerror)
            return
        _log.warning("calls_lost", calls=len(under_way.left))

    def _end_of_file(self) -> bytes:
        if not self._file.exists():
            return b""
        with self._file.open("rb") as file:
            file.seek(max(self._file.stat().st_size - TAIL, 0))
            return file.read()

    async def tidy(self) -> None:
        """Puts aside what is of an earlier day, and removes what is too old. For as long as the line."""
        while True:
            try:
                await asyncio.to_thread(self.remove_old)
            except OSError as error:
                _log.error("call records not removed", error=error.strerror)
            await asyncio.sleep(LOOK_SECONDS)

    def remove_old(self) -> None:
        """Removes the records of days that are longer ago than the settings say. Blocks. Raises OSError."""
        journal.put_aside(self._file, self._zone)
        first = datetime.now(self._zone).date() - timedelta(days=self._days)
        for path, day in journal.days(self._file):
            if day < first:
                path.unlink(missing_ok=True)
                _log.info("call records removed", day=day.isoformat())

    def _caller(self, caller: str) -> str:
        digits = re.sub(r"\D", "", caller.partition("@")[0])
        if self._kept is CallerKept.WHOLE or not caller:
            return caller
        if self._keys is not None:
            return self._keys.index(digits or caller, "records.caller").hex()[:HASH_DIGITS]
        return f"…{digits[-LAST_DIGITS:]}" if len(digits) > LAST_DIGITS else ""
