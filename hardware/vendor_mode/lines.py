"""What goes over a terminal's socket: one JSON object a line, up to MAX_LINE bytes, each way.

Asked, and answered::

    {"do": "hello"}        {"ok": true, "terminal": NAME, "process": PID, "state": STATE}
    {"do": "devices"}      {"ok": true, "devices": [REPORT, …]}, as `huimin-diagnose list --json` has them
    {"do": "vendor_mode", "now": BOOL}
                           {"ok": true, "state": STATE, "left": SECONDS} once a second until STATE is "lent"
    {"do": "extend"}       {"ok": true, "state": "lent"}: somebody works on
    {"do": "serve"}        {"ok": true, "state": "serving"} once the terminal has its devices again

With ``"now": true`` a visit is not waited for; it may be asked again while it is waited. The end of the
connection means the same as ``serve``. Devices are lent until nobody has worked for some time: the terminal
says unasked ``"state": "lent", "left": SECONDS`` before that, and ``"state": "serving"`` when it takes them
back. What cannot be done is ``{"ok": false, "error": REFUSAL, …}``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from enum import Enum
from typing import Any

MAX_LINE = 1 << 20


class State(Enum):
    """How far a terminal has come with lending its devices."""

    SERVING = "serving"
    """It serves residents."""
    WAITING = "waiting"
    """It lets a visit come to its end."""
    RELEASING = "releasing"
    """It shows that it is out of service, and lets what its devices are doing come to an end."""
    LENT = "lent"
    """Its ports are free."""


class Refusal(Enum):
    """Why a terminal does not do what it was asked."""

    BUSY = "busy"
    """Another program has the devices; its process is said."""
    NOT_A_REQUEST = "notARequest"
    """The line is no JSON object, too long, or asks for nothing that is known."""
    TOO_MANY = "tooMany"
    """MAX_CONNECTIONS programs are connected already."""
    ENDING = "ending"
    """The terminal is about to end."""


class Refused(Exception):
    """The terminal refused. process: of the program that has the devices, 0 where that is not the reason."""

    def __init__(self, refusal: Refusal, process: int = 0) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.process = process


class Ended(Exception):
    """The other side closed the connection, or broke it off."""


def encode(message: Mapping[str, Any]) -> bytes:
    """A line."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


async def receive(reader: asyncio.StreamReader) -> dict[str, Any]:
    """The next line. Raises Ended, and Refused(NOT_A_REQUEST) where it is no JSON object or too long.

    The reader's limit has to be MAX_LINE. After a line that is too long the connection cannot be used.
    """
    try:
        line = await reader.readline()
    except ValueError:
        raise Refused(Refusal.NOT_A_REQUEST) from None
    except OSError:
        raise Ended from None
    if not line.endswith(b"\n"):
        raise Ended
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise Refused(Refusal.NOT_A_REQUEST) from None
    if not isinstance(message, dict):
        raise Refused(Refusal.NOT_A_REQUEST)
    return message
