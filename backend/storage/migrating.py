"""Bringing the tables of a database to another revision, forward and back.

A migration is a file in ``migrations/versions``. The keys by which it seals and opens what it carries over
are those of its connection (`vault_of`); ``attachments``, an attribute of Alembic's configuration, is the
folder where the first release kept files, or None where there is none.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection

from backend.storage.vault import check_keys

ATTACHMENTS = "attachments"
"""The folder where the first release kept files."""
_FILE = re.compile(r"[0-9a-f-]{36}-[0-9a-f]{16}(\.[0-9a-f]{8}\.part)?")
_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(connection: Connection, revision: str = "head", attachments: Path | None = None) -> None:
    """Brings the tables forward.

    Raises CommandError where the revision is unknown, also the database's; WrongKeys.
    """
    check_keys(connection)
    command.upgrade(_config(connection, attachments), revision)


def downgrade(connection: Connection, revision: str, attachments: Path | None) -> None:
    """Brings the tables back. Raises as `upgrade` does."""
    check_keys(connection)
    command.downgrade(_config(connection, attachments), revision)


def current(connection: Connection) -> str:
    """The revision of the tables; empty where there are none."""
    return MigrationContext.configure(connection).get_current_revision() or ""


@cache
def newest() -> str:
    """The revision that this release needs."""
    return ScriptDirectory(str(_MIGRATIONS)).get_current_head() or ""


def revisions() -> list[str]:
    """All that this release knows, the oldest first."""
    script = ScriptDirectory(str(_MIGRATIONS))
    return [step.revision for step in reversed(list(script.walk_revisions()))]


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


def _config(connection: Connection, attachments: Path | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes.update(connection=connection, attachments=attachments)
    return config
