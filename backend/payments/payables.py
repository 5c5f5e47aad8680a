"""The backend's word that something is owed, to be brought back when it is paid.

A lookup gives one with each record that can be paid; `PaymentService.CreateOrder` makes an order of it. It is
sealed, so nobody makes one or learns what is in it, and it is good for an hour.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from backend.storage.vault import Vault
from foundation.keys import CannotOpen
from foundation.language import LocalizedText

LIFETIME = timedelta(hours=1)
_PLACE = "payable"


@dataclass(frozen=True, slots=True)
class Payable:
    """What is owed. Its repr shows no subject.

    subject: names what is paid once and only once, such as ``lookups/violations 2026-000123``; it may be
    personal data, and is kept as a keyed hash only; title: as it stands on the receipt; amount_fen: above 0.
    """

    subject: str
    title: LocalizedText
    amount_fen: int

    def __repr__(self) -> str:
        return f"Payable({self.amount_fen})"


class PayableOver(Exception):
    """It is no such token, or one that is too old."""


def issue(vault: Vault, payable: Payable, now: datetime) -> str:
    """A token for it, at most 2000 characters: ASCII letters, digits, ``-`` and ``_``.

    Raises ValueError where the title or the subject is too long for one.
    """
    written = json.dumps(
        [payable.subject, payable.title.zh_cn, payable.title.en, payable.amount_fen, int(now.timestamp())],
        ensure_ascii=False,
    )
    token = base64.urlsafe_b64encode(vault.seal_text(written, _PLACE)).decode().rstrip("=")
    if len(token) > 2000 or payable.amount_fen <= 0:
        raise ValueError("too long, or nothing to pay")
    return token


def opened(vault: Vault, token: str, now: datetime) -> Payable:
    """What a token stands for. Raises PayableOver."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        subject, zh_cn, en, amount_fen, moment = json.loads(vault.open_text(sealed, _PLACE))
    except (binascii.Error, ValueError, CannotOpen):
        raise PayableOver from None
    issued = datetime.fromtimestamp(moment, UTC)
    if not issued - timedelta(minutes=1) <= now < issued + LIFETIME:
        raise PayableOver
    return Payable(subject, LocalizedText(zh_cn, en), amount_fen)
