"""Keys in SIP INFO (RFC 6086 names the practice in clause 2). Pure.

Two bodies are in use, neither a standard: ``application/dtmf-relay`` has lines ``Signal=5`` and
``Duration=160``, ``application/dtmf`` the key alone. Either may write ``*`` and ``#`` as 10 and 11, which are
the events of RFC 4733.
"""

from __future__ import annotations

import re

from ivr.line import KEYS

LONGEST_BODY = 256
"""Characters; longer is no key."""

_SIGNAL = re.compile(r"^[ \t]*(?:signal|d)[ \t]*[=:][ \t]*(\S{1,2})[ \t]*$", re.IGNORECASE | re.MULTILINE)
_KEY_ALONE = re.compile(r"\s*(\S{1,2})\s*")
_NUMBERED = {"10": "*", "11": "#"}
_CONTENT_TYPE = re.compile(
    r"^(?:Content-Type|c)[ \t]*:[ \t]*application/(dtmf-relay|dtmf)[ \t]*(?:;.*)?$",
    re.IGNORECASE | re.MULTILINE,
)


def key_of(message: str) -> str | None:
    """The key that a whole INFO request carries, one of `KEYS`; None where it carries none."""
    head, _, body = message.replace("\r\n", "\n").partition("\n\n")
    kind = _CONTENT_TYPE.search(head)
    if kind is None or len(body) > LONGEST_BODY:
        return None
    found = _SIGNAL.search(body)
    if found is None and kind[1].lower() == "dtmf":
        found = _KEY_ALONE.fullmatch(body)
    if found is None:
        return None
    key = _NUMBERED.get(found[1], found[1])
    return key if len(key) == 1 and key in KEYS else None
