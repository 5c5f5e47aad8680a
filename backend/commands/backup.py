"""``huimin-backend backup``: a copy of all that the database holds, while the backend serves."""

from __future__ import annotations

import os
from pathlib import Path

import click

from backend import clock
from backend.commands.database_work import with_database
from backend.commands.words import give_up, words
from backend.settings import BackendSettings
from backend.storage.backup import BackupUnusable, back_up


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
            settings, translate, lambda database: back_up(database, file, clock.now()), as_it_is=True
        )
    except OSError as error:
        give_up(translate("backup.unwritable", file=file, reason=error.strerror))
    except BackupUnusable:
        give_up(translate("backup.not_written", file=file))
    click.echo(translate("backup.done", file=file, count=sum(contents.rows.values()), size=_size(file)))


def _size(file: Path) -> str:
    return f"{file.stat().st_size / 2**20:.1f} MiB"
