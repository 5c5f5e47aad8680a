"""What every simulated device has in common: its line, what is done to it, and what goes wrong with it.

A device of one more kind is one file with one `SimulatedDevice`, and one line in `table`. Its sentences are
in the catalogue under ``simulate.NAME.FAULT`` for each of its own faults, and for each fact of its state
under ``simulate.state.FACT``, or ``simulate.state.FACT.yes`` and ``.no``.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial
from pathlib import Path
from typing import ClassVar, Self

from hardware.simulators.line import GONE_SECONDS, NOISE, Line, LineFault, last_byte_wrong

NONE = "none"
"""The value that every enumeration of faults has for its NONE: nothing is wrong."""
MAX_WAITING = 1000
"""So many things may wait for a command at most."""
AT_ONCE = (LineFault.SILENCE, LineFault.VANISH)
"""Faults of the line that need no answer to strike."""

Fact = bool | int | str | None


class Refused(Exception):
    """What was asked of a device cannot be done. name: a text of the catalogue; placeholders: for it."""

    def __init__(self, name: str, /, **placeholders: str) -> None:
        super().__init__(name)
        self.name = name
        self.placeholders = placeholders


class SimulatedDevice(ABC):
    """A device made of software. One owner: whoever acts on it.

    name: on the command line, in scripts and in the folder, such as ``receipt-printer``;
    own_faults: an enumeration with NONE, whose values are the command line's, none of them a LineFault's;
    commands: names of the commands it receives, to which a fault or a script may wait;
    actions: what a person may do to it;
    fault_at: the command whose answer a fault of the line strikes unless another is named; None is the next;
    checked: whether its answers carry a check that can be wrong.
    """

    name: ClassVar[str]
    own_faults: ClassVar[type[Enum]]
    commands: ClassVar[tuple[str, ...]]
    actions: ClassVar[tuple[str, ...]] = ()
    fault_at: ClassVar[str | None] = None
    checked: ClassVar[bool] = True

    def __init__(
        self,
        port: Path,
        baud: int,
        *,
        spoil: Callable[[bytes], bytes] = last_byte_wrong,
        noise: bytes = NOISE,
    ) -> None:
        self.line = Line(port, self._heard, baud, spoil=spoil, noise=noise)
        self.silent = False
        """A device without power: it takes bytes and does nothing."""
        self._fault = self._right
        self._timers: dict[Enum, asyncio.TimerHandle] = {}
        self._waiting: list[tuple[str, Callable[[], None]]] = []

    @classmethod
    @abstractmethod
    def in_folder(cls, folder: Path, *, instant: bool) -> Self:
        """The device as huimin-simulate serves it, its port under its name. instant: it takes no time."""

    @classmethod
    def faults(cls) -> dict[str, Enum]:
        """Everything that can go wrong with it, by its name; NONE is the last."""
        of_line = [fault for fault in LineFault if cls.checked or fault is not LineFault.WRONG_CHECKSUM]
        known = {fault.value: fault for fault in (*cls.own_faults, *of_line) if fault.value != NONE}
        return {**known, NONE: cls.own_faults(NONE)}

    @property
    def fault(self) -> Enum:
        """What is wrong with the device itself: a member of `own_faults`."""
        return self._fault

    @fault.setter
    def fault(self, fault: Enum) -> None:
        self.inflict(fault)

    def inflict(self, fault: Enum, *, when: str | None = None, seconds: float | None = None) -> None:
        """Makes something go wrong; NONE puts everything right.

        A fault is there until the device has used it up, or until it is put right. when: it begins once that
        command is received; seconds: it ends by itself after so long, however often it strikes until then.
        """
        if fault.value == NONE:
            self._put_right()
            return
        if isinstance(fault, LineFault) and fault not in AT_ONCE and when is None:
            when = self.fault_at
        if when is None:
            self._begin(fault, seconds)
        else:
            self.upon(when, partial(self._begin, fault, seconds))

    def upon(self, command: str, do: Callable[[], None]) -> None:
        """Does something once, as soon as the device receives that command, before it answers."""
        if len(self._waiting) < MAX_WAITING:
            self._waiting.append((command, do))

    def act(self, action: str, given: str) -> None:
        """Does what a person does. action: one of `actions`; given: often nothing. Raises Refused."""
        raise Refused("simulate.request_unknown", request=action)

    @classmethod
    def check(cls, action: str, given: str) -> None:
        """Raises Refused where `act` would because of what is given to it, whatever the device is doing."""
        if action not in cls.actions:
            raise Refused("simulate.name_unknown", asked=action, names=", ".join(cls.actions))

    def state(self) -> Mapping[str, Fact]:
        """Facts beside its port and its faults, each with its sentence; None has nothing to say."""
        return {}

    async def run(self) -> None:
        """Serves until it is cancelled."""
        self.line.plug_in()
        try:
            await self._serve()
        finally:
            self._put_right()
            self.line.unplug()

    @abstractmethod
    async def _serve(self) -> None:
        """What it does while it is switched on."""

    @abstractmethod
    def _received(self, data: bytes) -> None:
        """Takes bytes of the host."""

    @property
    def _right(self) -> Enum:
        return self.own_faults(NONE)

    def _heard(self, data: bytes) -> None:
        if not self.silent:
            self._received(data)

    def _notice(self, command: str) -> None:
        """Lets what waited for this command happen. To be called for every command, before it is answered."""
        due = [do for name, do in self._waiting if name == command]
        self._waiting = [(name, do) for name, do in self._waiting if name != command]
        for do in due:
            do()

    def _used_up(self) -> None:
        """The fault has struck, and does so only once; it stays where it was given a time."""
        if self._fault not in self._timers:
            self._become(self._right)

    def _begin(self, fault: Enum, seconds: float | None) -> None:
        if fault is LineFault.VANISH:
            self.line.vanish(GONE_SECONDS if seconds is None else seconds)
            return
        replaced = self.line.fault if isinstance(fault, LineFault) else self._fault
        self._forget_time(replaced)
        if isinstance(fault, LineFault):
            self.line.break_down(fault, lasts=seconds is not None)
        else:
            self._become(fault)
        if seconds is not None:
            self._timers[fault] = asyncio.get_running_loop().call_later(seconds, self._end, fault)

    def _end(self, fault: Enum) -> None:
        self._forget_time(fault)
        if isinstance(fault, LineFault):
            self.line.break_down(LineFault.NONE)
        else:
            self._become(self._right)

    def _put_right(self) -> None:
        self._waiting.clear()
        for fault in tuple(self._timers):
            self._forget_time(fault)
        self.line.break_down(LineFault.NONE)
        self._become(self._right)

    def _become(self, fault: Enum) -> None:
        """What is wrong with the device itself has changed."""
        self._fault = fault

    def _forget_time(self, fault: Enum) -> None:
        timer = self._timers.pop(fault, None)
        if timer is not None:
            timer.cancel()
