"""Checking a device (UnifiedPOS CheckHealth): by itself, by what it can be seen to do, or with a person."""

from __future__ import annotations

import time
from enum import Enum

from pydantic import BaseModel, ConfigDict, Field

from hardware.diagnosing import external, interactive
from hardware.diagnosing.report import IN_USE, left_inside, parts_of
from hardware.diagnosing.technician import NobodyThere, NotSeen, Technician
from hardware.holder import holder_of
from hardware.interfaces.device import AnyDevice, CompletionCode, DeviceError, SelfTest, advice_on
from hardware.simulators.fonts import FontMissing


class Level(Enum):
    """How a device is checked (UnifiedPOS, CheckHealth)."""

    INTERNAL = "internal"
    """It tests itself: nothing is seen."""
    EXTERNAL = "external"
    """It does what can be seen: prints a slip, lights its lamps."""
    INTERACTIVE = "interactive"
    """A person lays a card down, presses keys, and says whether the result is right."""


class Outcome(Enum):
    """What came out of a check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_SUPPORTED = "notSupported"
    """This device has nothing to check on this level."""
    NOT_DONE = "notDone"
    """Nobody was there to act or to answer, or another program has the device."""


class CheckResult(BaseModel):
    """A check. findings: names of sentences that say what to do, worst first; held_by: process that has the
    port; known: whether it could be found out how the device is: somebody acted, or something was found
    without them, and no other program has the port."""

    model_config = ConfigDict(frozen=True)

    device: str
    driver: str
    port: str
    simulated: bool
    level: Level
    outcome: Outcome
    findings: tuple[str, ...] = ()
    held_by: int | None = None
    seconds: float = 0.0
    known: bool = Field(default=True, exclude=True)

    @property
    def fine(self) -> bool:
        """Whether nobody has to do anything about it."""
        return self.outcome in (Outcome.PASSED, Outcome.NOT_SUPPORTED) and not self.findings


async def check(device: AnyDevice, level: Level, technician: Technician) -> CheckResult:
    """Checks an open device. What comes before a level is checked first, so that nobody is asked to act on a
    device that is known to fail. Never raises DeviceError."""
    began = time.monotonic()
    test = await device.self_test()
    outcome, findings = _of(test), test.findings
    if level is Level.INTERNAL:
        findings += left_inside(device.name, parts_of(device.last_status))  # which the test has asked for
    elif test.passed:
        work = external.ACTS if level is Level.EXTERNAL else interactive.ACTS
        outcome, more = await _act(device, work.get(device.name), technician)
        findings = tuple(dict.fromkeys((*more, *findings)))
    info = device.info
    holder = holder_of(info.port) if IN_USE in findings else None
    return CheckResult(
        device=info.name,
        driver=info.driver,
        port=info.port,
        simulated=info.simulated,
        level=level,
        outcome=outcome,
        findings=findings,
        held_by=holder.process if holder else None,
        seconds=round(time.monotonic() - began, 1),
        known=IN_USE not in findings and (outcome is not Outcome.NOT_DONE or bool(test.findings)),
    )


def _of(test: SelfTest) -> Outcome:
    if IN_USE in test.findings:
        return Outcome.NOT_DONE
    return Outcome.PASSED if test.passed else Outcome.FAILED


async def _act(
    device: AnyDevice, act: external.Act | None, technician: Technician
) -> tuple[Outcome, tuple[str, ...]]:
    if act is None:
        return Outcome.NOT_SUPPORTED, ()
    try:
        findings = await act(device, technician)
    except DeviceError as error:
        if error.completion is CompletionCode.UNSUPPORTED_COMMAND:
            return Outcome.NOT_SUPPORTED, ()
        if error.code in device.unused:
            return Outcome.NOT_DONE, ("advice.check.nobody_or_unnoticed",)
        return Outcome.FAILED, (advice_on(device.name, error),)
    except NobodyThere:
        return Outcome.NOT_DONE, ("advice.check.nobody",)
    except NotSeen as neither:
        return Outcome.NOT_DONE, (str(neither),)
    except FontMissing:
        return Outcome.NOT_DONE, ("advice.check.font_missing",)
    if findings is None:
        return Outcome.NOT_SUPPORTED, ()
    return (Outcome.FAILED if findings else Outcome.PASSED), findings
