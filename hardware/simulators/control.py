"""Telling a running simulator what happens: one JSON object a line over its control socket, one back.

Asked ``{"do": …}``, with device but for the last::

    fault    fault, a name; perhaps when, a command that the device receives; perhaps seconds
    act      action, a name; perhaps given, a text
    unplug, plug
    status

Answered ``{"ok": true, …}`` with the state of every device by its name, or ``{"ok": false, …}`` with the
name of a text of the catalogue under ``error``, and its placeholders.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foundation.log import logger
from hardware.simulators import directory
from hardware.simulators.device import Refused, SimulatedDevice

log = logger(__name__)

MAX_LINE_BYTES = 65_536
MAX_SECONDS = 86_400.0
"""A fault lasts a day at most."""


@dataclass(frozen=True, slots=True)
class Bench:
    """The simulated devices of one simulator, and what can be done to them."""

    devices: Sequence[SimulatedDevice]

    def do(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Does what is asked and gives the state after it. Raises Refused."""
        match request.get("do"):
            case "fault":
                _inflict(self._device(request), request)
            case "act":
                device = self._device(request)
                device.act(_one_of(device.actions, request.get("action")), str(request.get("given") or ""))
            case "unplug":
                self._device(request).line.unplug()
            case "plug":
                self._device(request).line.plug_in()
            case "status":
                pass
            case other:
                raise Refused("simulate.request_unknown", request=str(other))
        return self.state()

    def state(self) -> dict[str, Any]:
        """What is so now."""
        return {
            device.name: {
                "port": str(device.line.name),
                "plugged_in": device.line.plugged_in,
                "fault": device.fault.value,
                "line": device.line.fault.value,
                "facts": dict(device.state()),
            }
            for device in self.devices
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one connection until it ends."""
        try:
            while line := await reader.readline():
                writer.write(json.dumps(self._answer(line), ensure_ascii=False).encode() + b"\n")
                await writer.drain()
        except (ValueError, OSError) as error:  # a line too long, a connection broken off
            log.warning("control_connection_ended", reason=str(error))
        finally:
            writer.close()

    def _device(self, request: Mapping[str, Any]) -> SimulatedDevice:
        by_name = {device.name: device for device in self.devices}
        return by_name[_one_of(by_name, request.get("device"))]

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                raise Refused("simulate.request_unknown", request=type(request).__name__)
            return {"ok": True, **self.do(request)}
        except Refused as refused:
            return {"ok": False, "error": refused.name, **refused.placeholders}
        except (ValueError, RecursionError):
            return {"ok": False, "error": "simulate.request_unknown", "request": "not JSON"}


def ask(folder: Path, request: Mapping[str, Any]) -> dict[str, Any]:
    """Sends one request to the simulator that serves in the folder. Raises NobodyServes and Refused."""
    with directory.connect(folder) as connection, connection.makefile("rwb") as stream:
        try:
            stream.write(json.dumps(request).encode() + b"\n")
            stream.flush()
            answer = json.loads(stream.readline(MAX_LINE_BYTES))
        except (OSError, ValueError):
            raise directory.NobodyServes(str(folder)) from None
    if not answer.pop("ok"):
        raise Refused(answer.pop("error"), **answer)
    return dict(answer)


def _inflict(device: SimulatedDevice, request: Mapping[str, Any]) -> None:
    faults = device.faults()
    fault = faults[_one_of(faults, request.get("fault"))]
    when, seconds = request.get("when"), request.get("seconds")
    if when is not None:
        when = _one_of(device.commands, when)
    if seconds is not None and not (
        type(seconds) in (int, float) and math.isfinite(seconds) and 0 < seconds <= MAX_SECONDS
    ):
        raise Refused("simulate.request_unknown", request=f"seconds: {seconds}")
    device.inflict(fault, when=when, seconds=seconds)


def _one_of(names: Mapping[str, object] | Sequence[str], asked: object) -> str:
    if not isinstance(asked, str) or asked not in names:
        raise Refused("simulate.name_unknown", asked=str(asked)[:100], names=", ".join(names))
    return asked
