"""What a clerk wrote, as dicts, lists and strings, before anything is known of its shape."""

from __future__ import annotations

from typing import Any


def part(written: Any, key: str) -> Any:
    """What stands under a key; None where nothing does, or where there are no keys."""
    return written.get(key) if isinstance(written, dict) else None


def text(written: Any, key: str) -> str | None:
    """The text under a key, None where it is none."""
    found = part(written, key)
    return found if isinstance(found, str) else None


def items(written: Any, key: str) -> list[Any]:
    """The list under a key, empty where it is none."""
    found = part(written, key)
    return found if isinstance(found, list) else []
