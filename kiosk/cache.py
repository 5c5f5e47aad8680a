"""Where the terminal keeps what it can make again: font faces, the compiled dictionary. No personal data."""

from __future__ import annotations

import os
from pathlib import Path


def cache_directory(name: str) -> Path:
    """``$XDG_CACHE_HOME/huimin/NAME`` (XDG Base Directory Specification 0.8); it need not exist yet."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(given) if Path(given).is_absolute() else Path.home() / ".cache"
    return base / "huimin" / name
