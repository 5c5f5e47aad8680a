"""Codes that the office gives to a resident who has no card at hand: each opens one case, once.

A code has 8 digits and is kept as a keyed hash; a new one for the same case takes the place of the old.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from backend.storage.tables import CaseCode
from backend.storage.vault import vault_of

DIGITS = 8
LIFETIME = timedelta(hours=24)


def give(connection: Connection, reference: str, end: datetime) -> str:
    """A new code for a case that exists, good until `end`."""
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    connection.execute(delete(CaseCode).where(CaseCode.reference == reference))
    connection.execute(
        insert(CaseCode).values(
            reference=reference, code_hash=_hash(connection, reference, code), expire_time=end
        )
    )
    return code


def take(connection: Connection, reference: str, code: str, now: datetime) -> bool:
    """Whether a code opens a case; it does not again."""
    row = connection.execute(
        select(CaseCode.code_hash, CaseCode.expire_time)
        .where(CaseCode.reference == reference)
        .with_for_update()
    ).first()
    given = _hash(connection, reference, code)
    right = hmac.compare_digest(given if row is None else row.code_hash, given)
    if row is None or not right or row.expire_time <= now:
        return False
    connection.execute(delete(CaseCode).where(CaseCode.reference == reference))
    return True


def sweep(connection: Connection, now: datetime) -> None:
    """Removes codes whose time is over."""
    connection.execute(delete(CaseCode).where(CaseCode.expire_time <= now))


def _hash(connection: Connection, reference: str, code: str) -> bytes:
    return vault_of(connection).index(f"{reference} {code}", "case_codes.code_hash")
