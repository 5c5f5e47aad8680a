"""Wrong tries to enter the hidden menu: after five it is locked for a growing time, over restarts too.

A try is counted before it is judged: pulling the plug gives none away.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from foundation.log import logger
from foundation.private_file import write_private

log = logger(__name__)

FILE = "technician-tries.json"
MAX_FILE = 4096
FREE = 5
"""Tries until it is locked."""
LOCKS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
"""For how long: after the fifth wrong try, after each further one, and so on for the last."""


class _Counted(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    wrong: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    since: AwareDatetime | None = None


class Tries:
    """The owner of the count and its file. A file that is damaged counts as five tries just now."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._counted = self._read()

    @property
    def left(self) -> int:
        """Tries until it is locked, or locked again."""
        return max(1, FREE - self._counted.wrong)

    def locked_until(self, now: datetime) -> datetime | None:
        """Until when nobody can try, or None. Where the clock was put back it begins anew."""
        beyond, since = self._counted.wrong - FREE, self._counted.since
        if beyond < 0 or since is None:
            return None
        if since > now:
            since = now
            self._keep(_Counted(wrong=self._counted.wrong, since=now))
        until = since + LOCKS[min(beyond, len(LOCKS) - 1)]
        return until if until > now else None

    def begin(self, now: datetime) -> None:
        """Counts a try that is about to be made."""
        self._keep(_Counted(wrong=min(self._counted.wrong + 1, 1_000_000), since=now))

    def right(self) -> None:
        """It was right: all is forgotten."""
        self._keep(_Counted())

    def read_again(self) -> None:
        """Another program may have unlocked it."""
        self._counted = self._read()

    def _read(self) -> _Counted:
        try:
            with self._file.open("rb") as opened:
                return _Counted.model_validate_json(opened.read(MAX_FILE + 1))
        except FileNotFoundError:
            return _Counted()
        except (OSError, ValidationError) as error:
            log.warning("technician_tries_unreadable", reason=type(error).__name__)
            counted = _Counted(wrong=FREE, since=datetime.now(UTC))
            self._keep(counted)
            return counted

    def _keep(self, counted: _Counted) -> None:
        self._counted = counted
        try:
            write_private(self._file, counted.model_dump_json().encode())
        except OSError as error:
            log.error("technician_tries_not_kept", reason=error.strerror)
