"""What commands do with the database that a backend uses, and what they say where it cannot be used."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from backend.commands.words import database_sentence, give_up, keys_sentence
from backend.settings import BackendSettings
from backend.storage.database import Database, DatabaseUnusable, database_url, open_database
from backend.storage.vault import Vault, WrongKeys
from foundation.keys import KeysUnusable
from foundation.language import Translate

T = TypeVar("T")


def with_database(
    settings: BackendSettings,
    translate: Translate,
    work: Callable[[Database], Awaitable[T]],
    *,
    as_it_is: bool = False,
    make: bool = False,
    make_key: bool = True,
    before: Callable[[Vault], None] = lambda vault: None,
) -> T:
    """Does some work with the database; ends the command with a sentence where it cannot be used.

    as_it_is: its tables are not brought up to date; make: it is made where there is none, which is not done
    otherwise, because a mistyped folder is no place to look for anything; make_key: a key for it too;
    before: what has to hold before anything is made.
    """
    url = database_url(settings.database, settings.data)
    new = False
    if url.get_backend_name() == "sqlite":
        new = make and not Path(url.database or "").is_file()
        if make:
            Path(url.database or ".").parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif not Path(url.database or "").is_file():
            give_up(translate("case.no_data", folder=settings.data))

    async def run() -> T:
        vault = await asyncio.to_thread(Vault.find, settings, starting=new and make_key)
        await asyncio.to_thread(before, vault)
        database = Database(url, vault) if as_it_is else await open_database(url, vault)
        try:
            return await work(database)
        except DBAPIError as error:
            raise DatabaseUnusable.by(database, error) from None
        finally:
            await database.close()

    try:
        return asyncio.run(run())
    except DatabaseUnusable as error:
        give_up(database_sentence(error, translate))
    except (KeysUnusable, WrongKeys) as error:
        give_up(keys_sentence(error, translate))
