"""Working on devices: borrowed from the terminal that has them, opened, and given back."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import click

from hardware.diagnosing.asked import Asked
from hardware.diagnosing.borrowing import borrowed
from hardware.diagnosing.technician import ConsoleTechnician
from hardware.interfaces.device import DeviceOptions
from hardware.registry import Devices
from hardware.usage import Exit
from hardware.vendor_mode.client import Progress, Reclaimed, Unresponsive
from hardware.vendor_mode.lines import Ended, Refusal, Refused, State

T = TypeVar("T")

TELL_SECONDS = 10
"""While a visit is waited for, it is said so often how long that may take."""


def work_on(
    asked: Asked,
    config: Mapping[str, DeviceOptions],
    work: Callable[[Devices], Awaitable[T]],
    technician: ConsoleTechnician,
    *,
    now: bool,
) -> T:
    """Runs work on the open devices. Ends the command where a terminal does not lend them.

    technician: keeps them as long as there is something to say or to answer; now: a visit under way is not
    waited for.
    """

    async def run() -> T:
        devices = Devices(config)
        try:
            await devices.open()
            return await work(devices)
        finally:
            await devices.close()

    return borrowing(asked, config, run, technician, now=now)


def borrowing(
    asked: Asked,
    config: Mapping[str, DeviceOptions],
    run: Callable[[], Awaitable[T]],
    technician: ConsoleTechnician,
    *,
    now: bool,
) -> T:
    """Runs something while no terminal has these devices; what is opened it closes itself."""

    async def whole() -> T:
        wanted = {(name, options.port) for name, options in config.items()}
        async with borrowed(wanted, asked.lending.folder, now=now, told=_Teller(asked).tell) as extend:
            technician.acted = extend
            return await run()

    return ending_in_sentences(asked, whole)


def ending_in_sentences(asked: Asked, run: Callable[[], Awaitable[T]]) -> T:
    """Runs a command to its end; what a terminal does not do is said in words."""

    async def whole() -> T:
        return await run()

    try:
        return asyncio.run(whole())
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
    except Unresponsive as error:
        asked.fail(Exit.NOT_KNOWN, "diagnose.terminal_silent", process=error.process)
    except Reclaimed:
        asked.fail(Exit.NOT_KNOWN, "diagnose.reclaimed")
    except Ended:
        asked.fail(Exit.NOT_KNOWN, "diagnose.terminal_ended")
    except Refused as refused:
        if refused.refusal is Refusal.BUSY:
            asked.fail(Exit.NOT_KNOWN, "diagnose.terminal_busy", process=refused.process)
        asked.fail(Exit.NOT_KNOWN, "diagnose.terminal_refused", code=refused.refusal.value)


class _Teller:
    """Says how far a terminal is, once for each state."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._said: tuple[State, int] | None = None

    def tell(self, progress: Progress) -> None:
        """On standard error, for a report may go to standard output."""
        again = progress.state is State.LENT and self._said is not None and self._said[0] is State.LENT
        counts = again or progress.state is State.WAITING
        step = progress.left // TELL_SECONDS if counts else 0
        if (progress.state, step) != self._said:
            self._said = (progress.state, step)
            name = "diagnose.forgotten" if again else f"diagnose.{progress.state.value}"
            said = {"left": progress.left} if counts else {}
            click.echo(self._asked.text(name, **said), err=True)
