"""``huimin-backend database``: the tables of the database, brought to another revision."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import click
from sqlalchemy import Connection

from backend.commands.database_work import with_database
from backend.commands.words import give_up, words
from backend.settings import BackendSettings
from backend.storage import migrating
from backend.storage.database import Database, DatabaseUnusable
from backend.storage.first_files import ATTACHMENTS, attachments_beside, remove_taken_in
from backend.storage.revision import current as held_revision
from backend.storage.revision import newest


@click.group()
def command() -> None:
    """Looks after the tables of the database. The backend brings them up to date when it starts."""


@command.command()
@click.pass_obj
def current(settings: BackendSettings) -> None:
    """Shows the revision of the tables, and the one that this release needs."""
    _, translate = words()
    held = with_database(settings, translate, lambda database: database.read(held_revision), as_it_is=True)
    click.echo(translate("database.current", held=held or translate("database.none"), newest=newest()))


@command.command()
@click.argument("revision", default="head")
@click.pass_obj
def upgrade(settings: BackendSettings, revision: str) -> None:
    """Brings the tables forward to REVISION, else to the newest. Stop the backends first."""
    _move(settings, revision, migrating.upgrade)


@command.command()
@click.argument("revision")
@click.pass_obj
def downgrade(settings: BackendSettings, revision: str) -> None:
    """Brings the tables back to REVISION, for an earlier release. Stop the backends and make a backup first.

    What tables of that revision cannot hold is lost.
    """
    _move(settings, revision, migrating.downgrade)


def _move(
    settings: BackendSettings, revision: str, by: Callable[[Connection, str, Path | None], None]
) -> None:
    """Brings the tables to another revision and says where they are then."""
    _, translate = words()
    known = migrating.revisions()
    wanted = known[-1] if revision == "head" else revision
    if wanted not in known:
        give_up(translate("database.no_such_revision", given=revision[:40], known=", ".join(known)))

    async def move(database: Database) -> tuple[str, str]:
        folder = attachments_beside(database.url) or settings.data / ATTACHMENTS
        before = await database.read(held_revision)
        if before and before not in known:
            raise DatabaseUnusable(database.place, before, newer=True)
        ahead = not before or known.index(wanted) > known.index(before)
        if before != wanted and ahead != (by is migrating.upgrade):
            return before, before
        await database.migrate(by, wanted, folder)
        if ahead:
            await asyncio.to_thread(remove_taken_in, folder)
        return before, wanted

    before, held = with_database(settings, translate, move, as_it_is=True)
    if held != wanted:
        give_up(translate("database.other_way", held=held or translate("database.none"), wanted=wanted))
    click.echo(
        translate("database.moved", before=before or translate("database.none"), held=held)
        if before != held
        else translate("database.there_already", held=held)
    )
