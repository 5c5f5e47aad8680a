"""Files that only their owner may read, put in place as one step."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_private(file: Path, content: bytes) -> None:
    """Makes or replaces a file, mode 0600, its folder 0700; on the disk when it returns.

    Whoever reads meanwhile, and whoever reads after a power cut, finds the old content or the new. Raises
    OSError.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(descriptor)
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def open_to_others(file: Path) -> bool:
    """Whether others than its owner may read or change a file. Raises OSError.

    Credentials of systemd are its unit's alone: it lets the user in by an ACL, whose mask shows as rights of
    the group (systemd.exec(5), LoadCredential).
    """
    mode = file.stat().st_mode
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if credentials and file.absolute().is_relative_to(credentials):
        return False
    return bool(mode & 0o077)
