"""PJSIP's own messages, in our log, without anybody's number in them."""

from __future__ import annotations

import math
import re
import time
from typing import Any

import pjsua2 as pj

from foundation.log import logger
from ivr.sip.contained import contained

MOST_CHARACTERS = 300
WINDOW_SECONDS, MOST_LINES = 10.0, 30
"""So many lines are written in so long."""
DEEPEST_LEVEL = 2
"""PJSIP's levels: 0 fatal, 1 error, 2 warning; from 3 on it reports each step of each call."""
_LEVELS = {0: "error", 1: "error", 2: "warning"}
_USER = re.compile(r"\b(sips?:)[^@\s<>]+@", re.IGNORECASE)
_TELEPHONE = re.compile(r"\btel:[^\s<>;]+", re.IGNORECASE)
_DISPLAY_NAME = re.compile(r'"[^"]*"(?=\s*<)')
_NUMBER = re.compile(r"(?<![\w.:])\+?\d{7,}(?![\w.])")

log = logger("ivr.sip.pjsip")


def masked(message: str) -> str:
    """One line without user parts of addresses, names of callers and long numbers."""
    line = " ".join(message.split())[:MOST_CHARACTERS]
    line = _DISPLAY_NAME.sub('"•"', line)
    line = _TELEPHONE.sub("tel:•", _USER.sub(r"\1•@", line))
    return _NUMBER.sub("•", line)


class LibraryLog(pj.LogWriter):
    """What PJSIP writes to. The library owns it from the moment it has been given it.

    A line for each wrong packet would be the sender's way to fill the disk: of many in a short time some are
    written, and how many were not.
    """

    def __init__(self) -> None:
        super().__init__()
        self._since = -math.inf
        self._written = 0

    @contained
    def write(self, entry: Any) -> None:
        """Called by PJSIP while it is pumped."""
        now = time.monotonic()
        if now - self._since >= WINDOW_SECONDS:
            if self._written > MOST_LINES:
                log.warning("pjsip_said_more", lines=self._written - MOST_LINES)
            self._since, self._written = now, 0
        self._written += 1
        if self._written > MOST_LINES:
            return
        getattr(log, _LEVELS.get(entry.level, "debug"))("pjsip", message=masked(entry.msg))
