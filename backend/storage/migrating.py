"""Bringing the tables of a database to another revision, forward and back.

A migration is a file in ``migrations/versions``. The keys by which it seals and opens what it carries over
are those of its connection (`vault_of`); ``attachments``, an attribute of Alembic's configuration, is the
folder where the first release kept files, or None where there is none.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from backend.storage.revision import MIGRATIONS
from backend.storage.vault import check_keys


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


def revisions() -> list[str]:
    """All that this release knows, the oldest first."""
    script = ScriptDirectory(str(MIGRATIONS))
    return [step.revision for step in reversed(list(script.walk_revisions()))]


def _config(connection: Connection, attachments: Path | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes.update(connection=connection, attachments=attachments)
    return config
