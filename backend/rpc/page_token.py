"""Page tokens: where the page before ended, and of which list.

A token is opaque to clients. It is no secret and grants nothing: every page is asked for with its own
authority. What is checked is that it belongs to the same list, so that a mistake is refused and not answered
with a wrong page.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence

from backend.rpc.bounds import MALFORMED
from backend.rpc.refusal import Wrong, invalid

MAX_LENGTH = 512

Position = Sequence[str | int]


def encode(of_list: Sequence[str], position: Position) -> str:
    """A token. of_list: the call and whatever of the request decides which list it is."""
    content = json.dumps([_mark(of_list), *position], ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def decode(token: str, of_list: Sequence[str], *types: type[str] | type[int]) -> list[str | int] | None:
    """The position in a token; None where it is empty. types: of the parts of the position.

    Refuses what is no token, or one of another list.
    """
    if not token:
        return None
    if len(token) <= MAX_LENGTH and token.isascii():
        try:
            padded = token + "=" * (-len(token) % 4)
            content = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        except (binascii.Error, ValueError, RecursionError):
            content = None
        if isinstance(content, list) and content[:1] == [_mark(of_list)]:
            position = content[1:]
            if [type(part) for part in position] == list(types) and all(map(_fit, position)):
                return position
    raise invalid(Wrong("page_token", MALFORMED, "is not the token of a page of this list"))


def _fit(part: str | int) -> bool:
    """Whether every database can compare with it: no half of a character, and no zero byte in PostgreSQL."""
    return isinstance(part, int) or part.isprintable()


def _mark(of_list: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(of_list).encode()).hexdigest()[:12]
