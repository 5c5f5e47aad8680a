"""How old something on the disk is, over restarts and whatever is done to the clock.

While the machine runs it is measured by the clock that nobody can set (CLOCK_BOOTTIME, which counts sleep
too); only over a boot by the calendar. A calendar that went back over a boot tells nothing: then it is over.
"""

from __future__ import annotations

import math
import time
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@cache
def _boot() -> str:
    """Of this start of the machine, random (random(4))."""
    return BOOT_ID.read_text("ascii").strip()


class Moment(BaseModel):
    """A moment by both clocks.

    boot: of which start of the machine; up: seconds since then; calendar: seconds since 1970; spent: seconds
    that were over before it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    boot: str = Field(max_length=64)
    up: float = Field(ge=0, allow_inf_nan=False)
    calendar: float = Field(allow_inf_nan=False)
    spent: float = Field(default=0.0, ge=0, allow_inf_nan=False)

    def age(self, now: Moment) -> float:
        """Seconds up to `now`, what was spent before included; infinite where nobody can tell."""
        passed = now.up - self.up if now.boot == self.boot else now.calendar - self.calendar
        return self.spent + passed if passed >= 0 else math.inf

    def carried(self, now: Moment) -> Moment:
        """The same age, measured by this start of the machine from now on."""
        return now.model_copy(update={"spent": self.age(now)})


def moment() -> Moment:
    """Now."""
    return Moment(boot=_boot(), up=time.clock_gettime(time.CLOCK_BOOTTIME), calendar=time.time())
