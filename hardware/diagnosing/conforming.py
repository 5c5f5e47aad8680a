"""``huimin-diagnose conformance``: the checks that every driver passes, against what is plugged in.

Where a simulator has hands of its own, a technician is told what to do with theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hardware.conformance.bench import Bench, NobodyActed
from hardware.conformance.examination import Result
from hardware.diagnosing.listing import examine
from hardware.diagnosing.report import Report, left_inside
from hardware.diagnosing.technician import NobodyThere, Technician
from hardware.interfaces.device import AnyDevice, DeviceOptions, DeviceStatus
from hardware.registry import CLASSES
from hardware.wording import sentence_or

PUT_AWAY = {"read_card": "conformance.undo.read_card"}
"""What has to be put away after a command, before the next."""


def bench(name: str, options: DeviceOptions, technician: Technician, *, unplug: bool) -> Bench:
    """A configured device, and the technician's hands. unplug: they may be asked to pull its plug."""
    driver: type[AnyDevice] = CLASSES[name].driver(options.driver)

    def make() -> AnyDevice:
        return driver(options)

    async def act(command: str) -> None:
        if f"conformance.act.{command}" in ACTS:
            technician.say(f"conformance.act.{command}")

    async def undo(command: str) -> None:
        if command in PUT_AWAY:
            await _done(technician, PUT_AWAY[command])

    async def pull() -> None:
        await _done(technician, "conformance.unplug")

    async def put_in() -> None:
        await _done(technician, "conformance.plug")

    return Bench(
        make,
        act,
        undo,
        unplug=pull if unplug else None,
        plug=put_in if unplug else None,
    )


async def trouble(name: str, options: DeviceOptions) -> Report | None:
    """How a device is that is not well, or None: on an empty roll every promise of the driver is broken."""
    [found] = await examine({name: options}, {name: options})
    if inside := left_inside(name, found.parts):
        return found.model_copy(update={"findings": (*found.findings, *inside)})
    return None if found.status is DeviceStatus.ONLINE else found


ACTS = frozenset({"conformance.act.read_card", "conformance.act.enter_digits", "conformance.act.read_code"})
"""What a technician is told to do while a command waits for it."""


def result_object(result: Result, text: Callable[..., str]) -> dict[str, Any]:
    """For programs."""
    return {
        "check": result.check,
        "outcome": result.outcome.value.removeprefix("conformance."),
        "text": text(f"conformance.{result.check}"),
        "reason": sentence_or(text, result.reason, result.reason),
        "seconds": round(result.seconds, 1),
    }


def result_sentence(result: Result, text: Callable[..., str]) -> str:
    """In words."""
    said = f"{text(result.outcome.value)}: {text(f'conformance.{result.check}')}"
    return f"{said} ({sentence_or(text, result.reason, result.reason)})" if result.reason else said


async def _done(technician: Technician, name: str) -> None:
    try:
        await technician.enters(name)
    except NobodyThere:
        raise NobodyActed("conformance.without.hands") from None
