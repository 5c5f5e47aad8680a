"""Trying the checks on a bench, one after another."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum

from hardware.conformance.bench import Bench, Failed, NobodyActed, NotTried
from hardware.conformance.checks import CHECKS


class Outcome(Enum):
    """What became of a check; the values are names in the catalogue."""

    KEPT = "conformance.kept"
    FAILED = "conformance.failed"
    NOT_TRIED = "conformance.not_tried"
    NOT_DONE = "conformance.not_done"
    """Nobody acted."""


@dataclass(frozen=True, slots=True)
class Result:
    """reason: in English, why it failed; or the name of the sentence that says why it was not tried."""

    check: str
    outcome: Outcome
    reason: str
    seconds: float

    @property
    def fine(self) -> bool:
        """Whether no promise was broken, and none was left untried because nobody acted."""
        return self.outcome not in (Outcome.FAILED, Outcome.NOT_DONE)

    @property
    def known(self) -> bool:
        """Whether somebody acted."""
        return self.outcome is not Outcome.NOT_DONE


async def examine(bench: Bench, names: tuple[str, ...] = tuple(CHECKS)) -> AsyncIterator[Result]:
    """Tries checks one after another. Never raises: what else goes wrong is the driver's failure."""
    for name in names:
        began = time.monotonic()
        outcome, reason = Outcome.KEPT, ""
        try:
            await CHECKS[name](bench)
        except NobodyActed as why:
            outcome, reason = Outcome.NOT_DONE, str(why)
        except NotTried as why:
            outcome, reason = Outcome.NOT_TRIED, str(why)
        except Failed as why:
            outcome, reason = Outcome.FAILED, str(why)
        except Exception as error:
            outcome, reason = Outcome.FAILED, f"raised {type(error).__name__}: {error}"
        yield Result(name, outcome, reason, time.monotonic() - began)
