"""What baresip's events say of a call. Pure: it knows no process and no clock.

baresip tells the end of a call by the status line of the answer, such as ``486 Busy Here`` (RFC 3261, 21), or
by a sentence of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from kiosk.calling.telephone import CallState

_BUSY = {"486", "600"}
_NOBODY = {"408", "480", "487", "603"}
_STATUS = re.compile(r"([3-6][0-9]{2})( |$)")
_LOST = re.compile(r"time(d )?[- ]?out|no rtp|lost", re.IGNORECASE)
DIED = "lost"
"""For an end that baresip could not tell of."""


class CallEvents:
    """Follows one call through its events. A call may hand over to another (RFC 3515), which counts on."""

    def __init__(self) -> None:
        self.state = CallState.CALLING
        self._closed: set[str] = set()
        self._open: set[str] = set()

    def take(self, event: Mapping[str, object]) -> CallState:
        """Takes an event; the state after it."""
        call = str(event.get("id", ""))
        match event.get("type"):
            case "CALL_RINGING" | "CALL_PROGRESS" | "CALL_ESTABLISHED" if call not in self._closed:
                self._open.add(call)
                if event["type"] == "CALL_ESTABLISHED":
                    self.state = CallState.TALKING
                elif self.state is CallState.CALLING:
                    self.state = CallState.RINGING
            case "CALL_CLOSED":
                self._open.discard(call)
                self._closed.add(call)
                if not self._open:
                    self.state = self.ended(str(event.get("param", "")))
        return self.state

    def ended(self, reason: str) -> CallState:
        """What an end is, by the state before it and what baresip says of it."""
        if self.state is CallState.TALKING:
            return CallState.LOST if _LOST.search(reason) else CallState.ENDED
        status = _STATUS.match(reason)
        if status and status[1] in _BUSY:
            return CallState.BUSY
        if status and status[1] in _NOBODY:
            return CallState.NO_ANSWER
        return CallState.NO_ANSWER if self.state is CallState.RINGING else CallState.UNREACHABLE
