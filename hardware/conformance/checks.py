"""The checks: what XFS4IoT and the docstrings of `hardware.interfaces.device` promise of every device.

Each is a coroutine over a `Bench`; it raises Failed with what was promised and not kept, in English, or
NotTried where the bench or the model has nothing to try it with. They need no order.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import fields, is_dataclass
from enum import Enum

from foundation.language import Language
from hardware.conformance.bench import (
    SETTLE_SECONDS,
    Bench,
    Failed,
    NotTried,
    able_commands,
    becomes,
    begun,
    commands,
    ended,
    error_of,
    events_of,
    have_sentences,
    hold,
    online,
    opened,
    resources,
    succeeds,
    usable,
    waiting_commands,
)
from hardware.conformance.trials import trials_of
from hardware.interfaces.device import (
    CANCEL_SECONDS,
    STATUS_SECONDS,
    CommandEnded,
    CompletionCode,
    DeviceError,
    DeviceStatus,
    PortProblem,
)
from hardware.wording import texts

GRACE_SECONDS = 2.5
"""For which a command may tidy up after its time limit."""

Check = Callable[[Bench], Awaitable[None]]


async def says_which_device_it_is(bench: Bench) -> None:
    """`info` tells before opening, and the options that it was made with."""
    device = bench.make()
    info = device.info
    hold(
        info.name == device.name and info.driver == device.driver,
        "info has the names of the class and driver",
    )
    hold(bool(info.port), "info has the port")


async def is_out_of_order_until_it_is_opened(bench: Bench) -> None:
    """Commands are SEQUENCE_ERROR; the status and the self-test do not raise; cancel and close do nothing."""
    device = bench.make()
    for trial in trials_of(device):
        error = await error_of(trial.call(device, 0.2))
        hold(error.completion is CompletionCode.SEQUENCE_ERROR, f"{trial.name} before open: {error}")
    hold((await device.status()).device is DeviceStatus.OFFLINE, "status before open is OFFLINE")
    hold(not (await device.self_test()).passed, "a device that is not open passes no self-test")
    await device.cancel()
    await device.close()


async def opens_for_one_owner(bench: Bench) -> None:
    """A second driver on the same port is told IN_USE, and gets it once the first has closed."""
    if bench.make().shared:
        raise NotTried("conformance.without.owner")
    async with opened(bench):
        other = bench.make()
        error = await error_of(other.open())
        await other.close()
        hold(error.code is PortProblem.IN_USE, f"opening a port that is taken: {error}")
        hold(error.completion is CompletionCode.DEVICE_NOT_READY, f"opening a port that is taken: {error}")
    async with opened(bench):
        pass


async def opens_and_closes_again_and_again(bench: Bench) -> None:
    """Both may be repeated, and a device that was closed can be opened."""
    device = bench.make()
    for _ in range(3):
        await device.open()
        await device.open()
        await online(device)
        await device.close()
        await device.close()


async def tells_how_it_is(bench: Bench) -> None:
    """The status is the class's own, every part is known to the class, every finding has its sentences."""
    async with opened(bench) as device:
        status = await device.status()
        hold(type(status) is device.status_type, f"status() gives {type(status).__name__}")
        hold(status.device is not DeviceStatus.UNKNOWN, "a device that answers is not UNKNOWN")
        for part in fields(status):
            value, usual = getattr(status, part.name), getattr(device.status_type(), part.name)
            if isinstance(usual, Enum):
                hold(type(value) is type(usual), f"{part.name} is {value!r}")
        have_sentences(status)
        hold(device.last_status == status, "last_status is what was asked last")


async def tells_what_it_can_do(bench: Bench) -> None:
    """Capabilities are a frozen dataclass, the same each time."""
    async with opened(bench) as device:
        first, second = await device.capabilities(), await device.capabilities()
        hold(is_dataclass(first) and first.__dataclass_params__.frozen, "capabilities are frozen")  # type: ignore[union-attr]
        hold(first == second, "capabilities stay the same")


async def tests_itself(bench: Bench) -> None:
    """A self-test gives findings with sentences; a device that is well passes."""
    async with opened(bench) as device:
        test = await device.self_test()
        for language in Language:
            for name in test.findings:
                texts(language)(name)
        hold(test.passed, f"the self-test of a device that is well finds {test.findings}")


async def does_what_it_is_for(bench: Bench) -> None:
    """Every command succeeds, twice, and tells its subscribers what to count."""
    async with opened(bench) as device:
        for trial in await commands(device):
            for _ in range(2):
                told = events_of(device)
                await succeeds(bench, device, trial)
                ended = [event for event in told if isinstance(event, CommandEnded)]
                hold(bool(ended) and ended[-1].error is None, f"{trial.name} was told to its subscribers")


async def keeps_its_time_limit(bench: Bench) -> None:
    """Where nobody comes it is TIME_OUT with the code of the class, no later than the limit and a moment."""
    async with opened(bench) as device:
        for trial in await waiting_commands(device):
            began = time.monotonic()
            error = await error_of(trial.call(device, 0.3))
            took = time.monotonic() - began
            hold(error.completion is CompletionCode.TIME_OUT, f"{trial.name} without anybody: {error}")
            hold(error.code is trial.late, f"{trial.name} without anybody: {error}")
            hold(took < 0.3 + GRACE_SECONDS, f"{trial.name} with a limit of 0.3 s took {took:.1f} s")
            await usable(bench, device, trial)


async def cancels_at_once(bench: Bench) -> None:
    """`cancel` never raises, may be repeated, ends the command with CANCELED; the device is usable then."""
    async with opened(bench) as device:
        await device.cancel()
        await device.cancel()
        for trial in await commands(device):
            task = await begun(trial.call(device, 30.0), SETTLE_SECONDS if trial.waits else 0.0)
            began = time.monotonic()
            await asyncio.gather(device.cancel(), device.cancel())
            hold(time.monotonic() - began < CANCEL_SECONDS, f"{trial.name} took long to cancel")
            hold(task.done(), f"{trial.name} goes on after cancel")
            error = task.exception()
            told = isinstance(error, DeviceError) and error.completion is CompletionCode.CANCELED
            hold(told or not trial.waits, f"{trial.name} was cancelled with {error!r}")
            await device.cancel()
            await usable(bench, device, trial)


async def lets_its_caller_go(bench: Bench) -> None:
    """A caller's task that is cancelled ends as such, and leaves the device usable."""
    async with opened(bench) as device:
        for trial in await commands(device):
            for pause in (0.0, SETTLE_SECONDS):
                task = await begun(trial.call(device, 30.0), pause)
                task.cancel()
                done, _ = await asyncio.wait({task}, timeout=CANCEL_SECONDS)
                hold(bool(done), f"{trial.name} does not let its caller go")
                hold(task.cancelled() or not trial.waits, f"{trial.name} did not end as cancelled")
            await usable(bench, device, trial)


async def does_one_thing_at_a_time(bench: Bench) -> None:
    """While a command waits the status is DEVICE_BUSY at once, and a second command SEQUENCE_ERROR."""
    async with opened(bench) as device:
        for trial in await waiting_commands(device):
            task = await begun(trial.call(device, 30.0), SETTLE_SECONDS)
            began = time.monotonic()
            if task.done():
                raise Failed(f"{trial.name} ended at once: {task.exception()}")
            hold((await device.status()).device is DeviceStatus.DEVICE_BUSY, "it is busy meanwhile")
            hold(time.monotonic() - began < 0.5, "the status of a busy device takes no time")
            error = await error_of(trial.call(device, 0.2))
            hold(error.completion is CompletionCode.SEQUENCE_ERROR, f"a second {trial.name}: {error}")
            hold(not task.done(), f"a second {trial.name} ended the first")
            await device.cancel()
            await error_of(ended(task))
            await usable(bench, device, trial)


async def closes_under_a_command(bench: Bench) -> None:
    """Whoever waits is told CANCELED, and the port is free."""
    async with opened(bench) as device:
        trial = (await waiting_commands(device))[0]
        task = await begun(trial.call(device, 30.0), SETTLE_SECONDS)
        await device.close()
        error = await error_of(ended(task))
        hold(error.completion is CompletionCode.CANCELED, f"{trial.name} of a device that is closed: {error}")
    async with opened(bench) as device:
        await online(device)


async def comes_back_after_its_plug_was_pulled(bench: Bench) -> None:
    """A pulled plug is CONNECTION_LOST to a command and a state to `status`; it works again by itself."""
    if bench.unplug is None or bench.plug is None:
        raise NotTried("conformance.without.plug")
    async with opened(bench) as device:
        await online(device)
        for trial in await able_commands(device) or (None,):
            await bench.unplug()
            gone = await becomes(device, lambda now: now.device is not DeviceStatus.ONLINE)
            away = gone.device in (DeviceStatus.NO_DEVICE, DeviceStatus.OFFLINE, DeviceStatus.POWER_OFF)
            hold(away, f"an unplugged device is {gone.device.value}")
            hold(bool(gone.findings), "an unplugged device says what to do")
            have_sentences(gone)
            if trial is not None:
                error = await error_of(trial.call(device, 3.0))
                lost = (CompletionCode.CONNECTION_LOST, CompletionCode.DEVICE_NOT_READY)
                hold(error.completion in lost, f"{trial.name} without a device: {error}")
            await bench.plug()
            await becomes(device, lambda now: now.device is DeviceStatus.ONLINE)
            if trial is not None:
                await succeeds(bench, device, trial)


async def stands_a_plug_pulled_during_a_command(bench: Bench) -> None:
    """It ends with an error of the two levels, and nothing is left of it."""
    if bench.unplug is None or bench.plug is None:
        raise NotTried("conformance.without.plug")
    async with opened(bench) as device:
        for trial in await waiting_commands(device):
            task = await begun(trial.call(device, 8.0), SETTLE_SECONDS)
            await bench.unplug()
            error = await error_of(ended(task))
            hold(error.completion is CompletionCode.CONNECTION_LOST, f"{trial.name}, plug pulled: {error}")
            await bench.plug()
            await becomes(device, lambda now: now.device is DeviceStatus.ONLINE)
            await succeeds(bench, device, trial)


async def stands_silence(bench: Bench) -> None:
    """A device that says nothing is OFFLINE in time, with something to do; afterwards it works."""
    if bench.silence is None:
        raise NotTried("conformance.without.silence")
    async with opened(bench) as device:
        await online(device)
        await bench.silence(True)
        try:
            began = time.monotonic()
            status = await device.status()
            hold(time.monotonic() - began < STATUS_SECONDS + GRACE_SECONDS, "a silent device takes too long")
            hold(status.device is not DeviceStatus.UNKNOWN, "a silent device is not UNKNOWN")
            have_sentences(status)
        finally:
            await bench.silence(False)
        await becomes(device, lambda now: now.device is DeviceStatus.ONLINE)


async def leaves_nothing_behind(bench: Bench) -> None:
    """No thread and no file handle stays, however often it is opened, used, and loses its plug."""

    async def once() -> None:
        async with opened(bench) as device:
            await device.status()
            for trial in await waiting_commands(device, least=0):
                await error_of(trial.call(device, 0.05))
            if bench.unplug is not None and bench.plug is not None:
                await bench.unplug()
                await device.status()
                await bench.plug()
                await becomes(device, lambda now: now.device is DeviceStatus.ONLINE)

    await once()
    before = await resources()
    for _ in range(2):
        await once()
    after = await resources()
    hold(after <= before, f"threads and handles: {before} before, {after} after")


CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        says_which_device_it_is,
        is_out_of_order_until_it_is_opened,
        opens_for_one_owner,
        opens_and_closes_again_and_again,
        tells_how_it_is,
        tells_what_it_can_do,
        tests_itself,
        does_what_it_is_for,
        keeps_its_time_limit,
        cancels_at_once,
        lets_its_caller_go,
        does_one_thing_at_a_time,
        closes_under_a_command,
        comes_back_after_its_plug_was_pulled,
        stands_a_plug_pulled_during_a_command,
        stands_silence,
        leaves_nothing_behind,
    )
}
"""By their names, which the catalogue has as ``conformance.NAME``."""
