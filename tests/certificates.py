"""Authorities, certificates and folders of credentials for tests; all real, made anew for each run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from backend.doors import authority as making
from backend.doors.authority import Authority
from backend_client import credentials as files
from backend_client.credentials import DoorCredentials
from foundation.pem import certificates_pem, key_pem
from foundation.private_file import write_private


def new_authority(name: str = "Test authority", life: timedelta = timedelta(days=2)) -> Authority:
    return Authority.make(name, datetime.now(UTC), life)


def door_folder(
    folder: Path,
    authority: Authority,
    door: str = "hall-1",
    *,
    trusted: Authority | None = None,
    begin: timedelta = timedelta(0),
    life: timedelta = timedelta(days=1),
) -> DoorCredentials:
    """Credentials of a door. trusted: whose backends it trusts, where that is another; begin: from now."""
    key = making.new_key()
    certificate = authority.issue_door(key.public_key(), door, datetime.now(UTC) + begin, life)
    return files.store(folder, key, [certificate], [(trusted or authority).certificate])


@dataclass(frozen=True)
class ServerFiles:
    """What a backend's settings name."""

    certificate: Path
    key: Path
    authority: Path
    authority_key: Path

    def settings(self) -> dict[str, Any]:
        return {
            "tls_certificate": self.certificate,
            "tls_key": self.key,
            "tls_authority": self.authority,
            "authority_key": self.authority_key,
        }


def server_files(
    folder: Path,
    authority: Authority,
    names: tuple[str, ...] = ("127.0.0.1", "localhost"),
    *,
    begin: timedelta = timedelta(0),
    life: timedelta = timedelta(days=1),
) -> ServerFiles:
    """The files of a backend that this authority certified, and the authority's own."""
    folder.mkdir(parents=True, exist_ok=True)
    key = making.new_key()
    certificate = authority.issue_server(key.public_key(), names, datetime.now(UTC) + begin, life)
    made = ServerFiles(*(folder / name for name in ("server.pem", "server-key.pem", "ca.pem", "ca-key.pem")))
    write_private(made.certificate, certificates_pem([certificate]))
    write_private(made.key, key_pem(key))
    write_private(made.authority, certificates_pem([authority.certificate]))
    write_private(made.authority_key, key_pem(authority.key))
    return made
