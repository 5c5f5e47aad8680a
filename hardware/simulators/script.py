"""Scripts for simulated devices: what happens to which device, and when, from a YAML file.

A script is a list of steps; each has its own time, and their order does not matter::

    - after: 2.0                       # seconds since the script began; 0 where it is left out
      device: identity_card_reader     # or identity-card-reader
      act: present                     # what a person does,
      given: elder                     # and with what
    - when: select                     # once the device receives this command
      device: identity_card_reader
      fault: lifted                    # until it is used up; `none` puts the device right
    - {device: receipt_printer, fault: late, for: 5.0}     # for so many seconds, however often it strikes

Where a step has both, it begins to wait for the command when its time has come.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from foundation.log import logger
from hardware.simulators.device import Refused, SimulatedDevice

log = logger(__name__)

MAX_FILE_BYTES = 65_536
MAX_STEPS = 500
MAX_SECONDS = 86_400.0
"""A script takes a day at most."""
SHOWN = 60
"""So much of what was written is said again in an error."""
KEYS = ("after", "when", "device", "fault", "for", "act", "given")


class ScriptError(Exception):
    """A script cannot be used. name: a text of the catalogue; placeholders: for it; step: from 1, or None
    where it is about the whole file."""

    def __init__(self, name: str, step: int | None = None, /, **placeholders: object) -> None:
        super().__init__(name)
        self.name = name
        self.step = step
        self.placeholders = placeholders


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens to a device: either a fault or an act. See the module's docstring."""

    device: str
    after: float = 0.0
    when: str | None = None
    fault: str | None = None
    seconds: float | None = None
    act: str | None = None
    given: str = ""


class _Loader(yaml.SafeLoader):
    """YAML's plain values; a key that is written twice is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Raises ConstructorError for a key written twice."""
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key} twice", node.start_mark)
        return super().construct_mapping(node, deep)


def load(file: Path, devices: Sequence[type[SimulatedDevice]]) -> tuple[Step, ...]:
    """Reads a script and checks all of it. Raises ScriptError."""
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ScriptError("simulate.script.unreadable", reason=error.strerror) from None
    if len(data) > MAX_FILE_BYTES:
        raise ScriptError("simulate.script.too_large", most=MAX_FILE_BYTES)
    return read(data, devices)


def read(data: bytes, devices: Sequence[type[SimulatedDevice]]) -> tuple[Step, ...]:
    """The steps that a file's bytes say. Raises ScriptError."""
    try:
        entries = yaml.load(data, _Loader)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise ScriptError("simulate.script.not_yaml", line=mark.line + 1 if mark else 1) from None
    if not isinstance(entries, list) or not entries:
        raise ScriptError("simulate.script.no_list")
    if len(entries) > MAX_STEPS:
        raise ScriptError("simulate.script.too_many", most=MAX_STEPS)
    by_name = {device.name: device for device in devices}
    return tuple(_Entry(number, entry, by_name).step() for number, entry in enumerate(entries, 1))


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of the list, as it was written."""

    number: int
    written: Any
    devices: Mapping[str, type[SimulatedDevice]]

    def step(self) -> Step:
        if not isinstance(self.written, dict):
            raise ScriptError("simulate.script.no_step", self.number, keys=", ".join(KEYS))
        for key in self.written:
            self._one_of(KEYS, key, "simulate.script.key_unknown")
        if "device" not in self.written:
            raise ScriptError("simulate.script.no_device", self.number, names=", ".join(self.devices))
        name = self._text("device").replace("_", "-")
        device = self.devices[self._one_of(self.devices, name, "simulate.script.device_unknown")]
        if ("fault" in self.written) == ("act" in self.written):
            raise ScriptError("simulate.script.fault_or_act", self.number)
        after = self._seconds("after") if "after" in self.written else 0.0
        when = None
        if "when" in self.written:
            when = self._one_of(device.commands, self._text("when"), "simulate.script.command_unknown")
        if "act" in self.written:
            return self._act(device, after, when)
        self._without("given", "act")
        fault = self._one_of(device.faults(), self._text("fault"), "simulate.script.fault_unknown")
        seconds = None
        if "for" in self.written:
            seconds = self._seconds("for")
            if seconds == 0:
                raise ScriptError("simulate.script.no_time", self.number)
        return Step(device.name, after, when, fault=fault, seconds=seconds)

    def _act(self, device: type[SimulatedDevice], after: float, when: str | None) -> Step:
        self._without("for", "fault")
        act = self._one_of(device.actions, self._text("act"), "simulate.script.action_unknown")
        given = self._text("given") if "given" in self.written else ""
        try:
            device.check(act, given)
        except Refused as refused:
            raise ScriptError(refused.name, self.number, **refused.placeholders) from None
        return Step(device.name, after, when, act=act, given=given)

    def _without(self, key: str, other: str) -> None:
        if key in self.written:
            raise ScriptError("simulate.script.only_with", self.number, key=key, other=other)

    def _text(self, key: str) -> str:
        """A text; a number is one that needs no quotes, such as the keys that are pressed."""
        value = self.written[key]
        if type(value) is int:
            value = str(value)
        if not isinstance(value, str) or not value:
            raise ScriptError("simulate.script.no_text", self.number, key=key)
        return value

    def _seconds(self, key: str) -> float:
        value = self.written[key]
        if type(value) not in (int, float) or not math.isfinite(value) or not 0 <= value <= MAX_SECONDS:
            raise ScriptError("simulate.script.no_seconds", self.number, key=key, most=int(MAX_SECONDS))
        return float(value)

    def _one_of(self, names: Collection[str], name: object, error: str) -> str:
        if not isinstance(name, str) or name not in names:
            raise ScriptError(error, self.number, asked=str(name)[:SHOWN], names=", ".join(names))
        return name


async def run(steps: Sequence[Step], devices: Sequence[SimulatedDevice]) -> None:
    """Does every step in its time; returns once the last has begun."""
    by_name = {device.name: device for device in devices}
    loop = asyncio.get_running_loop()
    began = loop.time()
    for step in sorted(steps, key=lambda step: step.after):
        await asyncio.sleep(max(0.0, began + step.after - loop.time()))
        log.info("script_step", device=step.device, fault=step.fault, act=step.act, when=step.when)
        device = by_name[step.device]
        if step.fault is not None:
            device.inflict(device.faults()[step.fault], when=step.when, seconds=step.seconds)
        elif step.when is not None:
            device.upon(step.when, partial(_act, device, step))
        else:
            _act(device, step)


def _act(device: SimulatedDevice, step: Step) -> None:
    assert step.act is not None
    try:
        device.act(step.act, step.given)
    except Refused as refused:  # what was right when the script began, such as a card's file, is no more
        log.warning("script_step_refused", device=step.device, act=step.act, error=refused.name)
