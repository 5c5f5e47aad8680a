"""Takes out of a log whatever may be personal, before it leaves the terminal.

The log holds no personal data by the rules of the house. This is the second lock: a value is kept where its
key is known to be technical and it looks technical, and left out otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

REDACTED = "[redacted]"
MAX_VALUE = 300
"""Characters of a value that are kept."""
MAX_LINE = 1 << 16
"""A longer line is left out whole."""
MAX_ENTRIES = 50
"""Members of a list that are kept."""
TECHNICAL = frozenset(
    {
        *(
            "event",
            "level",
            "timestamp",
            "time",
            "logger",
            "command",
            "kind",
            "at",
            "page",
            "state",
            "status",
        ),
        *("device", "driver", "port", "simulated", "code", "completion", "reason", "advice", "detail"),
        *("verb", "attempt", "backend", "room", "made"),
        *("before", "now", "process", "seconds", "milliseconds", "method", "request_id", "told", "visit"),
        *(
            "sheets",
            "lines",
            "count",
            "counts",
            "waiting",
            "references",
            "set_aside",
            "wanted",
            "problem",
            "cause",
            "locked",
            "failures",
        ),
    }
)
"""Keys of the log whose values may be kept."""

_PINYIN = r"(?:(?:[BPMFDTNLGKHJQXRZCSYW]|[ZCS]H)(?:[AEIOU]{1,3}NG?|[AEIOU]{1,3})|A[INO]?|ANG|E[INR]?|OU)+"
"""A word in capitals that can be read as syllables of Chinese, as WANG and XIAOMING, and not EOT or FILE."""
_PRIVATE = re.compile(
    r"""
    \d(?:[ -]?\d){6,}[Xx]?          # numbers of persons, cards, telephones, cases: seven digits and more
    | [^\s@/"]+@[^\s@/"]+           # addresses of mail and SIP
    | [\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff·]+  # names, places: the log's words are English
    | (?<!\d)(?:19\d\d|200\d)[./]\s?\d{1,2}[./]\s?\d{1,2}(?!\d)  # birthdays; firmware is younger
    | (?<!\d)\d{1,2}[./]\d{1,2}[./](?:19\d\d|200\d)(?!\d)
    | \b[A-Z][a-z]+(?:[\s-]+[A-Z][a-z]+)+\b  # names in Latin letters,
    | \b(?!(?:[A-F]{2}\b\s?){2})PINYIN(?:[\s-]+(?:PINYIN|[A-Z][a-z]+))+\b  # Chinese ones also in capitals
    """.replace("PINYIN", _PINYIN),
    re.VERBOSE,
)
_USER = re.compile(r"(?<=://)[^\s/]*@")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?")
_NAME_OF_SOMETHING = re.compile(r"[\w./:+*()-]+(?:[ ,]+[\w./:+*()=-]+){0,20}")
_REQUEST = re.compile(r"[0-9a-f]{32}")


def without_users(text: str) -> str:
    """A text whose addresses do not say who signs in there."""
    return _USER.sub(f"{REDACTED}@", text)


def redacted_text(text: str) -> str:
    """A text without what looks like a number of a person, an address, or Chinese."""
    if _TIME.fullmatch(text) or _REQUEST.fullmatch(text):
        return text
    return _PRIVATE.sub(REDACTED, text[:MAX_VALUE])


def redacted(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of a log with what is technical of it."""
    return {key: _value(value) if key in TECHNICAL else REDACTED for key, value in _known(entry)}


def redacted_lines(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Entries of a log as it was written, one JSON object a line; a line that is none is left out, and said
    to be."""
    for line in lines:
        if not line.strip():
            continue
        try:
            entry = json.loads(line) if len(line) <= MAX_LINE else None
        except (ValueError, RecursionError):
            entry = None
        yield redacted(entry) if isinstance(entry, dict) else {"event": REDACTED}


def _known(entry: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Its members; a key that is no plain word may itself say something."""
    for key, value in list(entry.items())[:MAX_ENTRIES]:
        yield (key if re.fullmatch(r"[a-z_]{1,30}", str(key)) else REDACTED), value


def _value(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if abs(value) < 10_000_000 else REDACTED
    if isinstance(value, str):
        kept = redacted_text(value)
        return kept if not kept or _NAME_OF_SOMETHING.fullmatch(kept.replace(REDACTED, "x")) else REDACTED
    if isinstance(value, list):
        return [_value(one) for one in value[:MAX_ENTRIES]]
    if isinstance(value, Mapping):
        return {key: _value(one) for key, one in _known(value)}
    return REDACTED
