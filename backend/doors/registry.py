"""Which doors are let in: what their certificates say, held against what the database knows of them.

The database is asked at most once a second, however many calls there are, and again before a door is refused:
so a door is shut within about a second of its revocation, on open connections too, and a new one is let in at
its first call by every backend over the same database.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import NameOID
from sqlalchemy import Connection

from backend.doors.authority import serial_of
from backend.rpc.door import RESERVED, Context, Door, DoorKind, unknown
from backend.storage import doors
from backend.storage.database import Database
from backend.storage.doors import DoorState, KnownDoor
from foundation.life import beside
from foundation.log import logger

FRESH_SECONDS = 1.0
"""So old may be what is known of the doors."""
NOTE_SECONDS = 60.0
"""How often it is noted when doors were last seen."""
_CERTIFICATE = "x509_pem_cert"
_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a certificate says: which door, which serial number, from when to when."""

    door: str
    serial: str
    not_before: datetime
    not_after: datetime


def refused(shown: Shown, known: KnownDoor | None, now: datetime) -> str | None:
    """Why a door with this certificate is not let in; None where it is."""
    if known is None or known.name in RESERVED or known.state is DoorState.INVITED:
        return "DOOR_UNKNOWN"
    if known.state is DoorState.REVOKED:
        return "DOOR_REVOKED"
    if shown.serial not in known.serials and known.revoke_time and shown.not_before <= known.revoke_time:
        return "DOOR_REVOKED"
    if shown.not_after <= now:  # TLS looks at this when a connection begins, and connections last
        return "CERTIFICATE_EXPIRED"
    return None


class Doors:
    """The doors as a backend knows them."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._known: Mapping[str, KnownDoor] = {}
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()
        self._seen: dict[str, datetime] = {}

    async def recognise(self, context: Context) -> Door:
        """The door of a call over TLS. Raises Refusal."""
        certificates = tuple(context.auth_context().get(_CERTIFICATE, ()))
        shown = _shown(bytes(certificates[0])) if len(certificates) == 1 else None
        if shown is None:
            raise unknown()
        return await self.admit(shown)

    async def admit(self, shown: Shown) -> Door:
        """The door of a certificate. Raises Refusal."""
        now = self._now()
        known = (await self._doors(time.monotonic() - FRESH_SECONDS)).get(shown.door)
        if refused(shown, known, now):
            known = (await self._doors(time.monotonic())).get(shown.door)
        reason = refused(shown, known, now)
        if reason or known is None:
            raise unknown(reason or "DOOR_UNKNOWN")
        self._seen[known.name] = now
        return Door(known.name, DoorKind(known.kind))

    @asynccontextmanager
    async def noting(self) -> AsyncIterator[None]:
        """While the block runs, notes now and then which doors were seen, and removes what is over."""

        async def note() -> None:
            while True:
                await asyncio.sleep(NOTE_SECONDS)
                await self._note()

        try:
            async with beside(note()):
                yield
        finally:
            await self._note()

    async def _doors(self, since: float) -> Mapping[str, KnownDoor]:
        """All doors, as they were at that moment of the monotonic clock or later."""
        if self._read_at < since:
            async with self._reading:
                if self._read_at < since:
                    began = time.monotonic()
                    self._known = await self._database.read(doors.everyone, self._now())
                    self._read_at = began
        return self._known

    async def _note(self) -> None:
        seen, self._seen = self._seen, {}
        try:
            await self._database.write(_keep_up, seen, self._now())
        except Exception as error:  # nothing but a date in a list is lost
            _log.error("doors_not_noted", error=type(error).__name__)


def _keep_up(connection: Connection, seen: Mapping[str, datetime], now: datetime) -> None:
    doors.note_seen(connection, seen)
    doors.sweep(connection, now)


@lru_cache(maxsize=4096)
def _shown(pem: bytes) -> Shown | None:
    """What a certificate in PEM says; None where it names no door."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except ValueError:
        return None
    if len(names) != 1:
        return None
    return Shown(
        f"doors/{names[0].value!s}",
        serial_of(certificate),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )
