"""One-time codes by which doors enrol. Pure.

A code has 16 symbols out of 30, which is 78 bits: it is not guessed within its day. That wrong ones are
limited (`backend.storage.tries`) keeps the audit trail readable.
"""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without 0, 1, I, L, O and U, which are taken for others."""
SYMBOLS = 16
LIFE = timedelta(hours=24)
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
