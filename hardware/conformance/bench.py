"""A device to be checked, the hands beside it, and the steps that checks are made of."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from foundation.language import Language
from hardware.conformance.trials import Trial, trials_of
from hardware.interfaces.device import AnyDevice, DeviceError, DeviceStatus, Event, Status
from hardware.wording import texts

SETTLE_SECONDS = 0.15
"""After which a command that was begun has reached the device."""
ACT_SECONDS = 60.0
"""For a person to do what a command waits for."""
BACK_SECONDS = 10.0
"""For a device that was plugged in to be there again."""


class Failed(Exception):
    """A promise was not kept."""


class NotTried(Exception):
    """There is nothing to try it with. Its text is the name of a sentence that says what is missing."""


class NobodyActed(NotTried):
    """Nobody did what was asked for."""


async def _nothing(_: str) -> None:
    """Nobody has to do anything."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A device, and the hands beside it.

    make: a driver on the device's port, not opened; act: does what a command, by name, waits for, a moment
    after it began; undo: puts that away again, for the next; unplug, plug: pull the plug and put it in;
    silence: with True the device stays plugged in and says nothing.
    """

    make: Callable[[], AnyDevice]
    act: Callable[[str], Awaitable[None]] = _nothing
    undo: Callable[[str], Awaitable[None]] = _nothing
    unplug: Callable[[], Awaitable[None]] | None = None
    plug: Callable[[], Awaitable[None]] | None = None
    silence: Callable[[bool], Awaitable[None]] | None = None


def hold(kept: bool, promise: str) -> None:
    """Raises Failed where a promise is not kept."""
    if not kept:
        raise Failed(promise)


@asynccontextmanager
async def opened(bench: Bench) -> AsyncIterator[AnyDevice]:
    """A driver that is open, on a device that is well."""
    device = bench.make()
    try:
        await device.open()
        await becomes(device, lambda now: now.device is DeviceStatus.ONLINE)
        yield device
    finally:
        await device.close()


async def able_commands(device: AnyDevice) -> tuple[Trial, ...]:
    """The commands that this model has."""
    capabilities = await device.capabilities()
    return tuple(trial for trial in trials_of(device) if trial.able(capabilities))


async def commands(device: AnyDevice) -> tuple[Trial, ...]:
    """Those that this model has, at least one. Raises NotTried."""
    trials = await able_commands(device)
    if not trials:
        raise NotTried("conformance.without.commands")
    return trials


async def waiting_commands(device: AnyDevice, least: int = 1) -> tuple[Trial, ...]:
    """Those of them that wait for a person. Raises NotTried where there are fewer than `least`."""
    trials = tuple(trial for trial in await able_commands(device) if trial.waits)
    if len(trials) < least:
        raise NotTried("conformance.without.waiting")
    return trials


async def error_of(work: Awaitable[object]) -> DeviceError:
    """The error of what has to fail."""
    try:
        async with asyncio.timeout(30.0):
            await work
    except DeviceError as error:
        return error
    except TimeoutError:
        raise Failed("a command does not end") from None
    except Exception as error:
        raise Failed(f"an error that is no DeviceError: {type(error).__name__}: {error}") from None
    raise Failed("a command succeeded that could not")


async def ended(task: asyncio.Task[object]) -> object:
    """Waits for a command that was begun."""
    return await task


async def begun(work: Awaitable[object], pause: float) -> asyncio.Task[object]:
    """Begins a command, and waits until it has reached the device."""
    task = asyncio.ensure_future(_await(work))
    await asyncio.sleep(pause)
    return task


async def _await(work: Awaitable[object]) -> object:
    return await work


async def succeeds(bench: Bench, device: AnyDevice, trial: Trial) -> None:
    """Runs a command to its end, and a person does what it waits for."""
    task = await begun(trial.call(device, ACT_SECONDS), SETTLE_SECONDS if trial.waits else 0.0)
    try:
        await bench.act(trial.name)
        async with asyncio.timeout(ACT_SECONDS):
            await task
    except DeviceError as error:
        raise Failed(f"{trial.name}: {error}") from None
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await bench.undo(trial.name)


async def usable(bench: Bench, device: AnyDevice, trial: Trial) -> None:
    """The device is well, and does what it is for."""
    await online(device)
    await succeeds(bench, device, trial)


async def online(device: AnyDevice) -> None:
    """Waits until the device is well. Raises Failed."""
    await becomes(device, lambda now: now.device is DeviceStatus.ONLINE)


async def becomes(device: AnyDevice, so: Callable[[Status], bool]) -> Status:
    """Waits until the device is so."""
    deadline = time.monotonic() + BACK_SECONDS
    while True:
        status: Status = await device.status()
        if so(status):
            return status
        if time.monotonic() > deadline:
            raise Failed(f"it stays {status.device.value}: {', '.join(status.findings)}")
        await asyncio.sleep(0.05)


def events_of(device: AnyDevice) -> list[Event]:
    """What its subscribers are told from now on."""
    told: list[Event] = []
    device.subscribe(told.append)
    return told


def have_sentences(status: Status) -> None:
    """Every finding is a sentence in both languages. Raises Failed."""
    for language in Language:
        for name in status.findings:
            try:
                texts(language)(name)
            except KeyError:
                raise Failed(f"{name} has no sentence in {language.value}") from None


async def resources() -> int:
    """Threads and handles of this process, once it has come to rest."""
    counted: list[int] = []
    for _ in range(5):
        counted.append(threading.active_count() + len(os.listdir(Path("/proc/self/fd"))))  # noqa: PTH208
        await asyncio.sleep(0.02)
    return min(counted)
