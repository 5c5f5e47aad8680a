"""``huimin-backend backup``: a copy of all that the database holds, while the backend serves."""

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
from backend.storage.backup import BackupUnusable, Contents, back_up
from backend.storage.database import Database
from backend.storage.revision import current, newest


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def command(settings: BackendSettings, file: Path) -> None:
    """Writes all that the database holds to FILE, as it is at this moment.

    The backend may serve meanwhile. Personal data in FILE are sealed as they are in the database: keep the
    key file too, and not beside it. An earlier FILE is replaced once the new one is whole.
    """
    _, translate = words()
    os.umask(0o077)
    try:
        contents = with_database(
            settings, translate, lambda database: _back_up(database, file), as_it_is=True
        )
    except OSError as error:
        give_up(translate("backup.unwritable", file=file, reason=error.strerror))
    except BackupUnusable:
        give_up(translate("backup.not_written", file=file))
    click.echo(translate("backup.done", file=file, count=sum(contents.rows.values()), size=_size(file)))


async def _back_up(database: Database, file: Path) -> Contents:
    """Writes the file, which holds its own entry in the audit trail; the first release has no trail."""
    if await database.read(current) == newest():
        await database.write(audit.append, clerk().did("backup", "database", clock.now()))
    return await back_up(database, file, clock.now())


def _size(file: Path) -> str:
    return f"{file.stat().st_size / 2**20:.1f} MiB"
