"""The files in which the first release kept attachments, which a migration takes into the database."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from sqlalchemy import URL

ATTACHMENTS = "attachments"
"""Their folder."""
_FILE = re.compile(r"[0-9a-f-]{36}-[0-9a-f]{16}(\.[0-9a-f]{8}\.part)?")


def attachments_beside(url: URL) -> Path | None:
    """Where the first release, which ran on SQLite only, kept files: beside the database."""
    file = url.database if url.get_backend_name() == "sqlite" else None
    return Path(file).parent / ATTACHMENTS if file else None


def remove_taken_in(folder: Path) -> None:
    """Removes the files of the first release, which are in the database by now, and nothing else."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if _FILE.fullmatch(path.name):
            path.unlink(missing_ok=True)
    with suppress(OSError):  # something else lies there
        folder.rmdir()
