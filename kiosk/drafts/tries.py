"""Wrong codes at one terminal: after five within a quarter of an hour none is taken for as long.

A try is counted on the disk before it is judged: neither a crash nor the plug gives any away. Of 100,000,000
codes, twenty tries an hour find one of forty drafts once in some 14 years.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from foundation.log import logger
from foundation.private_file import write_private
from kiosk.drafts.lifetime import Moment, moment

FREE = 5
WITHIN = 900.0
"""Seconds."""
FILE = "tries.json"
_MAX_FILE = 8192
log = logger(__name__)


class _Counted(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    wrong: Annotated[tuple[Moment, ...], Field(max_length=FREE)] = ()


class CodeTries:
    """The owner of the count and its file."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._wrong = self._read()

    @property
    def closed_for(self) -> float:
        """Seconds until a code is taken again; 0 where one is taken now."""
        now = moment()
        recent = self._recent(now)
        if len(recent) < FREE:
            return 0.0
        return max(0.0, WITHIN - min(one.age(now) for one in recent))

    def begin(self) -> None:
        """Counts a try that is about to be made."""
        now = moment()
        self._keep((*self._recent(now), now)[-FREE:])

    def right(self) -> None:
        """It was right, and does not count. Those before go on counting: nobody clears the count of all with
        a draft of his own."""
        self._keep(self._wrong[:-1])

    def _recent(self, now: Moment) -> tuple[Moment, ...]:
        return tuple(one for one in self._wrong if one.age(now) < WITHIN)

    def _read(self) -> tuple[Moment, ...]:
        """Where the calendar was put back nobody can tell how old a try is: it counts as one just now."""
        now = moment()
        try:
            with self._file.open("rb") as opened:
                wrong = _Counted.model_validate_json(opened.read(_MAX_FILE)).wrong
            return tuple(now if math.isinf(one.age(now)) else one for one in wrong)
        except FileNotFoundError:
            return ()
        except (OSError, ValidationError) as error:
            log.warning("code_tries_unreadable", reason=type(error).__name__)
            return (now,) * FREE

    def _keep(self, wrong: tuple[Moment, ...]) -> None:
        self._wrong = wrong
        try:
            write_private(self._file, _Counted(wrong=wrong).model_dump_json().encode())
        except OSError as error:
            log.error("code_tries_not_kept", reason=error.strerror)
