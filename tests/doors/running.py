"""A backend that lets doors in over TLS, and doors of every sort in front of it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from huimin.v1 import door_pb2

from backend.doors import code as codes
from backend.doors.authority import Authority
from backend.storage import doors
from backend_client.client import BackendClient
from backend_client.credentials import DoorCredentials
from backend_client.enrolment import Invitation, enrol
from foundation.pem import certificates_pem
from tests.backend.house import CONTENT, Clock, House, house
from tests.certificates import ServerFiles, door_folder, new_authority, server_files
from tests.ports import free_port

TERMINAL = door_pb2.DOOR_KIND_TERMINAL


class Ticking(Clock):
    """A clock that goes, and that tests move."""

    def __init__(self) -> None:
        super().__init__(datetime.now(UTC))
        self._began = time.monotonic()

    def __call__(self) -> datetime:
        return self.moment + timedelta(seconds=time.monotonic() - self._began)


@dataclass
class Office:
    """A running backend with its authority."""

    house: House
    authority: Authority
    files: ServerFiles
    enrolment: str
    folder: Path

    async def invite(self, door: str, *, hours: float = 1.0) -> Invitation:
        """What ``door invite`` gives out."""
        now, code, name = self.house.clock(), codes.new_code(), f"doors/{door}"
        end = now + timedelta(hours=hours)
        await self.house.database.write(doors.invite, name, TERMINAL, code=code, expire_time=end, now=now)
        authority = certificates_pem([self.authority.certificate])
        return Invitation(self.enrolment, codes.shown(code), authority, self.house.address)

    async def enrolled(self, door: str, folder: str = "") -> DoorCredentials:
        """A door that was invited and has enrolled."""
        return await enrol(await self.invite(door), self.folder / (folder or door))

    async def added(self, door: str, **how: Any) -> DoorCredentials:
        """A door that is known, with a certificate that no record tells of."""
        await self.house.database.write(doors.add, f"doors/{door}", TERMINAL, self.house.clock())
        return door_folder(self.folder / door, self.authority, door, **how)

    async def revoke(self, door: str) -> None:
        """What ``door revoke`` does."""
        assert await self.house.database.write(doors.revoke, f"doors/{door}", self.house.clock())

    def client(self, credentials: DoorCredentials | None) -> BackendClient:
        return BackendClient(self.house.address, credentials=credentials)


@asynccontextmanager
async def office(folder: Path, clock: Clock | None = None, **more: Any) -> AsyncIterator[Office]:
    """Serves with TLS. more: settings of the backend."""
    authority = new_authority()
    files = server_files(folder / "tls", authority)
    enrolment = f"127.0.0.1:{free_port()}"
    settings = {**files.settings(), "enrol_listen": enrolment, **more}
    async with house(folder / "data", CONTENT, clock or Ticking(), **settings) as running:
        yield Office(running, authority, files, enrolment, folder)
