"""``huimin-backend restore``: the database as it was when a backup was made."""

from __future__ import annotations

import os
from pathlib import Path

import click

from backend import clock
from backend.commands.clerk import clerk
from backend.commands.database_work import with_database
from backend.commands.words import give_up, words
from backend.settings import BackendSettings
from backend.storage import audit
from backend.storage.backup import BackupUnusable, Contents, NewerBackup, NotEmpty, check_backup, restore
from backend.storage.database import Database
from backend.storage.engine import InUse


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", is_flag=True, help="Drop what the database holds now.")
@click.pass_obj
def command(settings: BackendSettings, file: Path, *, replace: bool) -> None:
    """Brings back what `backup` wrote to FILE, into SQLite or PostgreSQL, whichever it came from.

    Stop the backends first, which is seen to, and put the key file in its place. The database has to be
    empty, or --replace given. Where anything is wrong with FILE or with the keys, nothing changes.
    """
    _, translate = words()
    os.umask(0o077)
    try:
        contents = with_database(
            settings,
            translate,
            lambda database: _restore(database, file, replace=replace),
            make=True,
            make_key=False,  # a new one would not open what the backup holds
            before=lambda vault: check_backup(file, vault),
        )
    except BackupUnusable:
        give_up(translate("restore.damaged", file=file))
    except NewerBackup:
        give_up(translate("restore.newer", file=file))
    except NotEmpty:
        give_up(translate("restore.not_empty"))
    except InUse:
        give_up(translate("restore.in_use"))
    except OSError as error:
        give_up(translate("restore.unreadable", file=file, reason=error.strerror))
    click.echo(translate("restore.done", file=file, count=sum(contents.rows.values())))


async def _restore(database: Database, file: Path, *, replace: bool) -> Contents:
    """Brings it back; the trail that came with it goes on with that."""
    contents = await restore(database, file, replace=replace)
    await database.write(audit.append, clerk().did("restore", "database", clock.now()))
    return contents
