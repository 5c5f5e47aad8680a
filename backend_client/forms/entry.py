"""What people type and key, before it means anything: full-width characters and grouping marks."""

from __future__ import annotations

import re

_HALF_WIDTH = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0xFFE5: "¥"}
_SEPARATORS = re.compile(r"[\s\-‐‑‒–—−]+")


def half_width(text: str) -> str:
    """The text with full-width digits, letters and signs as half-width ones, and without outer space.

    Only for entries that are kept as digits or identifiers, never for free text or names.
    """
    return text.translate(_HALF_WIDTH).strip()


def without_separators(text: str) -> str:
    """The text without the spaces and hyphens that group digits."""
    return _SEPARATORS.sub("", text)
