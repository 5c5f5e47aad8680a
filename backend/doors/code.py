"""One-time codes by which doors enrol, and how often somebody may be wrong about one. Pure.

A code has 16 symbols out of 30, which is 78 bits: it is not guessed within its day. That wrong ones are
limited keeps the log readable and a mistyping technician from trying on for ever.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without 0, 1, I, L, O and U, which are taken for others."""
SYMBOLS = 16
LIFE = timedelta(hours=24)
MAX_WRONG = 5
"""Wrong codes from one address, after which it has to wait."""
WAIT = timedelta(minutes=15)
MAX_ADDRESSES = 1000
"""Addresses that are remembered; the one that was wrong longest ago is forgotten first."""

_CODE = re.compile(rf"[{ALPHABET}]{{{SYMBOLS}}}")


def new_code() -> str:
    """A new code, without hyphens."""
    return "".join(secrets.choice(ALPHABET) for _ in range(SYMBOLS))


def shown(code: str) -> str:
    """A code in groups of four, as people read and type it."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def typed(text: str) -> str | None:
    """The code that somebody typed, in whatever case and groups; None where it can be none."""
    code = re.sub(r"[\s-]", "", text).upper()
    return code if _CODE.fullmatch(code) else None


class WrongCodes:
    """How often an address was wrong lately."""

    def __init__(self) -> None:
        self._wrong: dict[str, tuple[int, datetime]] = {}

    def wait(self, address: str, now: datetime) -> timedelta | None:
        """How long this address has to wait; None where it need not."""
        count, last = self._wrong.get(address, (0, now))
        return last + WAIT - now if count >= MAX_WRONG and now < last + WAIT else None

    def count(self, address: str, now: datetime) -> None:
        """It was wrong again. The count begins anew once it was not for a while."""
        count, last = self._wrong.pop(address, (0, now))
        self._wrong[address] = (count + 1 if now < last + WAIT else 1, now)
        if len(self._wrong) > MAX_ADDRESSES:
            del self._wrong[next(iter(self._wrong))]

    def forget(self, address: str) -> None:
        """It was right."""
        self._wrong.pop(address, None)
