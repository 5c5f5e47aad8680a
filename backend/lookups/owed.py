"""The token of a record that can be paid: the backend's own word, sealed, that so much is owed for it.

A token is the sealed JSON of an `Owed`, base64url without padding. It shows nothing of the record, cannot be
made or changed without the backend's keys, and is good for an hour: what was owed then may not be owed now.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from backend.storage.vault import Vault
from foundation.keys import CannotOpen
from foundation.language import LocalizedText

LIFETIME = timedelta(hours=1)
MAX_TOKEN = 2000
"""Characters of a token."""
MAX_RECORD = 120
"""Characters by which a record is known."""
_PLACE = "lookups.owed"


class NotOwed(Exception):
    """The token is none of this backend's, or too old: the record has to be looked up again."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed for a record.

    lookup: ``lookups/{lookup}``; record: by which that lookup's provider knows it, such as the number of a
    decision; both together name what is paid, whoever looks it up and however often. amount_fen: above 0.
    demonstration: the lookup's.
    """

    lookup: str
    record: str = field(repr=False)
    amount_fen: int
    title: LocalizedText
    demonstration: bool = False


def token(vault: Vault, owed: Owed, now: datetime) -> str:
    """The token of what is owed now."""
    plain = json.dumps(
        {
            "lookup": owed.lookup,
            "record": owed.record,
            "amount_fen": owed.amount_fen,
            "title": [owed.title.zh_cn, owed.title.en],
            "demonstration": owed.demonstration,
            "until": int((now + LIFETIME).timestamp()),
        },
        ensure_ascii=False,
    )
    return base64.urlsafe_b64encode(vault.seal(plain.encode(), _PLACE)).decode().rstrip("=")


def owed_by(vault: Vault, given: str, now: datetime) -> Owed:
    """What a token says. Raises NotOwed."""
    if len(given) > MAX_TOKEN:
        raise NotOwed
    try:
        sealed = base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
        said = json.loads(vault.open(sealed, _PLACE))
    except (binascii.Error, ValueError, CannotOpen):
        raise NotOwed from None
    if datetime.fromtimestamp(said["until"], UTC) <= now:
        raise NotOwed
    return Owed(
        said["lookup"],
        said["record"],
        said["amount_fen"],
        LocalizedText(*said["title"]),
        said["demonstration"],
    )
