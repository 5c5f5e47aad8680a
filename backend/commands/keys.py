"""``huimin-backend keys``: the keys that seal personal data."""

from __future__ import annotations

import os
from pathlib import Path

import click

from backend import clock
from backend.commands.clerk import clerk
from backend.commands.database_work import with_database
from backend.commands.words import give_up, keys_sentence, words
from backend.settings import BackendSettings
from backend.storage import audit
from backend.storage.database import Database
from backend.storage.rotating import rotate
from foundation.keys import MAX_KEYS, KeyRing, KeysUnusable, new_key
from foundation.private_file import write_private


@click.group()
def command() -> None:
    """Looks after the keys that seal personal data."""


@command.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The key file; the one in use by default. It is made where there is none.",
)
@click.pass_obj
def new(settings: BackendSettings, out: Path | None) -> None:
    """Puts a new key in front of a key file; the keys that were there stay and go on opening.

    Then give the file to every backend over the database, and run `keys rotate`. Never remove the last line:
    applicants are found again by it.
    """
    _, translate = words()
    file = out or settings.keys or settings.data / "key"
    if out is None and settings.keys is None and _from_elsewhere():
        give_up(translate("keys.not_from_file"))
    try:
        held = len(KeyRing.load(file)) if file.exists() else 0
        if held >= MAX_KEYS:
            give_up(translate("keys.too_many", file=file, most=MAX_KEYS))
        owner = file.stat() if held else None
        before = file.read_text("ascii") if held else ""
        write_private(file, f"{new_key()}\n{before}".encode())
        if owner is not None:  # root puts a key in; the backend still has to read them
            os.chown(file, owner.st_uid, owner.st_gid)
    except KeysUnusable as error:
        give_up(keys_sentence(error, translate))
    except OSError as error:
        give_up(translate("keys.unwritable", file=file, reason=error.strerror))
    click.echo(translate("keys.added" if held else "keys.made", file=file, count=held + 1))


@command.command(name="rotate")
@click.pass_obj
def rotate_all(settings: BackendSettings) -> None:
    """Seals everything anew with the newest key, while backends serve."""
    _, translate = words()

    async def work(database: Database) -> int:
        count = await rotate(database)
        await database.write(audit.append, clerk().did("keys rotate", "keys", clock.now()))
        await database.tidy()
        return count

    click.echo(translate("keys.rotated", count=with_database(settings, translate, work)))


def _from_elsewhere() -> bool:
    """Whether the keys in use come from the environment or from systemd."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    return bool(os.environ.get("HUIMIN_BACKEND_KEY", "").strip()) or bool(
        credentials and (Path(credentials) / "huimin-backend.key").exists()
    )
