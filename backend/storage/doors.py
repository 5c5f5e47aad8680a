"""Doors, the codes by which they enrol, and the certificates that were issued to them.

A code is kept as its SHA-256 only. A certificate opens its door while it is recorded here; one that is not,
such as the county's own authority issues, while it was made after the door was last revoked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from backend.storage.tables import DoorCertificateRow, DoorCodeRow, DoorRow

MAX_RECORDED = 16
"""Certificates of a door; it has two at a time, unless it asks for one after the other."""


class DoorState(IntEnum):
    """How far a door has come."""

    INVITED = 1
    ACTIVE = 2
    REVOKED = 3


@dataclass(frozen=True, slots=True)
class KnownDoor:
    """A door as it is kept. `serials` are of its certificates; `invited_until` is the end of an open code."""

    name: str
    kind: int
    state: DoorState
    create_time: datetime
    revoke_time: datetime | None
    last_seen: datetime | None
    serials: frozenset[str] = frozenset()
    invited_until: datetime | None = None


class KindDiffers(Exception):
    """There is a door of that name, of another kind."""


def everyone(connection: Connection, now: datetime) -> dict[str, KnownDoor]:
    """All doors by name, in the order of their names."""
    found = {row.name: _known(row) for row in connection.execute(select(DoorRow).order_by(DoorRow.name))}
    serials: dict[str, set[str]] = {}
    for row in connection.execute(select(DoorCertificateRow.door, DoorCertificateRow.serial)):
        serials.setdefault(row.door, set()).add(row.serial)
    for door, known in serials.items():
        found[door] = replace(found[door], serials=frozenset(known))
    codes = select(DoorCodeRow.door, DoorCodeRow.expire_time).where(
        DoorCodeRow.used_time.is_(None), DoorCodeRow.expire_time > now
    )
    for code in connection.execute(codes):
        found[code.door] = replace(found[code.door], invited_until=code.expire_time)
    return found


def invite(
    connection: Connection, name: str, kind: int | None, *, code: str, expire_time: datetime, now: datetime
) -> KnownDoor | None:
    """Opens a door's way in by a new code; older ones open nothing from then on.

    kind: None for a door that is known; gives None where it is not. Raises KindDiffers.
    """
    door = _of_kind(connection, name, kind)
    if door is None:
        if kind is None:
            return None
        door = _make(connection, name, kind, DoorState.INVITED, now)
    connection.execute(delete(DoorCodeRow).where(DoorCodeRow.door == name))
    connection.execute(
        insert(DoorCodeRow).values(code_hash=hashed(code.encode()), door=name, expire_time=expire_time)
    )
    return door


def add(connection: Connection, name: str, kind: int, now: datetime) -> KnownDoor:
    """Makes a door known that another authority certifies, or lets it in again. Raises KindDiffers."""
    door = _of_kind(connection, name, kind)
    if door is None:
        return _make(connection, name, kind, DoorState.ACTIVE, now)
    connection.execute(update(DoorRow).where(DoorRow.name == name).values(state=DoorState.ACTIVE))
    return replace(door, state=DoorState.ACTIVE)


def redeem(connection: Connection, code: str, key: bytes, now: datetime) -> KnownDoor | None:
    """The door that a code opens, which is active from then on; None where the code opens nothing.

    key: the public key that asks, DER. A used code opens the same door again for the same key, so that an
    answer that got lost can be asked for again. Whatever opened the door before opens it no longer.
    """
    found = connection.execute(
        select(DoorCodeRow.door, DoorCodeRow.expire_time, DoorCodeRow.key_hash)
        .where(DoorCodeRow.code_hash == hashed(code.encode()))
        .with_for_update()
    ).first()
    if found is None or found.expire_time <= now or found.key_hash not in (None, hashed(key)):
        return None
    connection.execute(
        update(DoorCodeRow)
        .where(DoorCodeRow.code_hash == hashed(code.encode()))
        .values(used_time=now, key_hash=hashed(key))
    )
    connection.execute(delete(DoorCertificateRow).where(DoorCertificateRow.door == found.door))
    connection.execute(
        update(DoorRow).where(DoorRow.name == found.door).values(state=DoorState.ACTIVE, revoke_time=now)
    )
    return one(connection, found.door)


def one(connection: Connection, name: str) -> KnownDoor | None:
    """A door without its certificates and code."""
    row = connection.execute(select(DoorRow).where(DoorRow.name == name)).first()
    return None if row is None else _known(row)


def record(connection: Connection, name: str, serial: str, expire_time: datetime) -> None:
    """A certificate was issued to a door. Of those before it, the ones that end last stay recorded."""
    row = DoorCertificateRow
    others = select(row.serial).where(row.door == name).order_by(row.expire_time.desc(), row.serial)
    kept = others.limit(MAX_RECORDED - 1).subquery()
    connection.execute(delete(row).where(row.door == name, row.serial.not_in(select(kept.c.serial))))
    connection.execute(insert(row).values(serial=serial, door=name, expire_time=expire_time))


def revoke(connection: Connection, name: str, now: datetime) -> bool:
    """Shuts a door: nothing that opened it opens it again. Whether there is such a door."""
    if connection.execute(select(DoorRow.name).where(DoorRow.name == name).with_for_update()).first() is None:
        return False
    for table in (DoorCodeRow, DoorCertificateRow):
        connection.execute(delete(table).where(table.door == name))
    connection.execute(
        update(DoorRow).where(DoorRow.name == name).values(state=DoorState.REVOKED, revoke_time=now)
    )
    return True


def note_seen(connection: Connection, seen: Mapping[str, datetime]) -> None:
    """When doors were last let in."""
    if seen:
        connection.execute(
            update(DoorRow.__table__)  # type: ignore[arg-type]
            .where(DoorRow.__table__.c.name == bindparam("door"))
            .values(last_seen=bindparam("moment")),
            [{"door": door, "moment": moment} for door, moment in seen.items()],
        )


def sweep(connection: Connection, now: datetime) -> None:
    """Removes codes and certificates whose time is over."""
    connection.execute(delete(DoorCodeRow).where(DoorCodeRow.expire_time <= now))
    connection.execute(delete(DoorCertificateRow).where(DoorCertificateRow.expire_time <= now))


def hashed(secret: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(secret).digest()


def _of_kind(connection: Connection, name: str, kind: int | None) -> KnownDoor | None:
    door = one(connection, name)
    if door is not None and kind not in (None, door.kind):
        raise KindDiffers(name)
    return door


def _make(connection: Connection, name: str, kind: int, state: DoorState, now: datetime) -> KnownDoor:
    connection.execute(insert(DoorRow).values(name=name, kind=kind, state=state, create_time=now))
    return KnownDoor(name, kind, state, now, None, None)


def _known(row: object) -> KnownDoor:
    return KnownDoor(
        row.name,  # type: ignore[attr-defined]
        row.kind,  # type: ignore[attr-defined]
        DoorState(row.state),  # type: ignore[attr-defined]
        row.create_time,  # type: ignore[attr-defined]
        row.revoke_time,  # type: ignore[attr-defined]
        row.last_seen,  # type: ignore[attr-defined]
    )
