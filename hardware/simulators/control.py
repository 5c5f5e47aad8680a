"""Telling a running simulator what happens: one JSON object a line over its control socket, one back.

Asked ``{"do": …}``: ``present`` with card and fault, ``lift``, ``printer`` with fault, ``unplug`` and
``plug`` with device, ``status``. Answered ``{"ok": true, …}`` with the state, or ``{"ok": false, …}`` with
the name of a text of the catalogue under ``error``, and its placeholders.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foundation.log import logger
from hardware.simulators import cards, directory
from hardware.simulators.identity_card_reader import CardFault, SimulatedIdentityCardReader
from hardware.simulators.receipt_printer import PrinterFault, SimulatedReceiptPrinter

log = logger(__name__)

MAX_LINE_BYTES = 65_536


class Refused(Exception):
    """A request cannot be done. name: a text of the catalogue; placeholders: for it."""

    def __init__(self, name: str, **placeholders: str) -> None:
        super().__init__(name)
        self.name = name
        self.placeholders = placeholders


@dataclass(frozen=True, slots=True)
class Bench:
    """The simulated devices of one simulator, and what can be done to them."""

    reader: SimulatedIdentityCardReader
    printer: SimulatedReceiptPrinter

    def do(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Does what is asked and gives the state after it. Raises Refused."""
        match request.get("do"):
            case "present":
                try:
                    card = cards.load(str(request.get("card") or cards.DEFAULT))
                    content = card.content()
                except (cards.CardFileError, ValueError) as error:
                    names = ", ".join(cards.supplied())
                    raise Refused("simulate.card_unusable", reason=str(error), names=names) from None
                fault = request.get("fault")
                self.reader.present(content, _member(CardFault, fault) if fault else None)
            case "lift":
                self.reader.lift()
            case "printer":
                self.printer.fault = _member(PrinterFault, request.get("fault"))
            case "unplug" | "plug" as what:
                line = {
                    directory.IDENTITY_CARD_READER: self.reader.line,
                    directory.RECEIPT_PRINTER: self.printer.line,
                }.get(str(request.get("device")))
                if line is None:
                    raise Refused("simulate.request_unknown", request=str(request.get("device")))
                line.plug_in() if what == "plug" else line.unplug()
            case "status":
                pass
            case other:
                raise Refused("simulate.request_unknown", request=str(other))
        return self.state()

    def state(self) -> dict[str, Any]:
        """What is so now."""
        return {
            directory.IDENTITY_CARD_READER: {
                "port": str(self.reader.line.name),
                "plugged_in": self.reader.line.plugged_in,
                "card_present": self.reader.card_present,
            },
            directory.RECEIPT_PRINTER: {
                "port": str(self.printer.line.name),
                "plugged_in": self.printer.line.plugged_in,
                "fault": self.printer.fault.value,
                "last_slip": str(self.printer.last_slip) if self.printer.last_slip else None,
            },
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


def _member(faults: type[CardFault] | type[PrinterFault], value: object) -> Any:
    try:
        return faults(value)
    except ValueError:
        raise Refused("simulate.request_unknown", request=str(value)) from None
