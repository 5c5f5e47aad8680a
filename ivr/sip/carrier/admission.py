"""How many calls are let in: of one caller and in all, at once and in a time. Pure."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

MOST_REMEMBERED = 10_000
"""Callers whose latest calls are remembered; of more the earliest are forgotten."""
MINUTE = 60.0
BUSY, UNAVAILABLE = 486, 503
"""RFC 3261 clauses 21.4.24 and 21.5.4: this caller has enough; the line has, and another may take it."""


class Limits(BaseModel):
    """Calls that are let in. 0: no limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    caller_at_once: int = Field(default=10, ge=0, le=10_000)
    """Calls of one number at a time: a firm's switchboard shows one number for all."""
    caller_per_minute: int = Field(default=30, ge=0, le=10_000)
    """New calls of one number."""
    withheld_at_once: int = Field(default=0, ge=0, le=10_000)
    """Calls at a time of all who show no number."""
    new_per_second: int = Field(default=0, ge=0, le=10_000)
    """New calls of all; a burst of twice as many is let in."""


NO_LIMITS = Limits(caller_at_once=0, caller_per_minute=0)


class Reason(StrEnum):
    """Why a call is refused; the name in metrics and log."""

    FULL = "full"
    DRAINING = "draining"
    TOO_FAST = "too_fast"
    CALLER_AT_ONCE = "caller_at_once"
    CALLER_PER_MINUTE = "caller_per_minute"
    WITHHELD_AT_ONCE = "withheld_at_once"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a caller is answered instead; retry_after in seconds."""

    reason: Reason
    code: int
    retry_after: int


@dataclass(slots=True)
class _Caller:
    calls: int = 0
    times: deque[float] = field(default_factory=deque)


class Admission:
    """Counts the calls that were let in. Times are seconds of one clock that never goes back."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._callers: OrderedDict[str, _Caller] = OrderedDict()
        self._room = 2.0 * limits.new_per_second
        self._room_at = -math.inf

    def ask(self, caller: str, now: float) -> Refusal | None:
        """None where the call may come in, and it counts until `left`. caller: empty where withheld."""
        limits, known = self._limits, self._callers.get(caller) or _Caller()
        while known.times and known.times[0] <= now - MINUTE:
            known.times.popleft()
        if not caller and 0 < limits.withheld_at_once <= known.calls:
            return Refusal(Reason.WITHHELD_AT_ONCE, BUSY, 30)
        if caller and 0 < limits.caller_at_once <= known.calls:
            return Refusal(Reason.CALLER_AT_ONCE, BUSY, 30)
        if caller and 0 < limits.caller_per_minute <= len(known.times):
            return Refusal(Reason.CALLER_PER_MINUTE, BUSY, max(1, math.ceil(known.times[0] + MINUTE - now)))
        if not self._takes_room(now):
            return Refusal(Reason.TOO_FAST, UNAVAILABLE, 2)
        known.calls += 1
        if limits.caller_per_minute and caller:
            known.times.append(now)
        self._callers[caller] = known
        self._callers.move_to_end(caller)
        self._forget_the_earliest()
        return None

    def left(self, caller: str) -> None:
        """A call that had been let in has ended."""
        known = self._callers.get(caller)
        if known is not None:
            known.calls -= 1
            if not known.calls and not known.times:
                del self._callers[caller]

    def _takes_room(self, now: float) -> bool:
        rate = self._limits.new_per_second
        if not rate:
            return True
        self._room = min(2.0 * rate, self._room + (now - self._room_at) * rate)
        self._room_at = now
        if self._room < 1:
            return False
        self._room -= 1
        return True

    def _forget_the_earliest(self) -> None:
        """Only those without a call: who calls is never forgotten."""
        while len(self._callers) > MOST_REMEMBERED:
            for caller, known in self._callers.items():
                if not known.calls:
                    del self._callers[caller]
                    break
            else:
                return
