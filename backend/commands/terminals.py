"""``huimin-backend terminals``: the whole fleet, how each terminal is, and what somebody has to do there."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click
from sqlalchemy import Connection

from backend import clock
from backend.commands.case_work import DATA, write
from backend.commands.clerk import clerk
from backend.commands.database_work import with_database
from backend.commands.words import give_up, words
from backend.fleet.standing import Terminal
from backend.fleet.telling import Teller, as_object
from backend.settings import BackendSettings
from backend.storage import audit, terminals
from backend.storage.database import Database
from backend.storage.terminals import Entry

TO_LOOK_AFTER = 1
"""Exit code: somebody has to look after a terminal."""
MOST_ENTRIES = 50
"""Of a history, unless more are asked for."""
_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")


@click.group(invoke_without_command=True)
@DATA
@_JSON
@click.pass_context
def command(context: click.Context, data: Path | None, *, as_json: bool) -> None:
    """Lists the terminals: when each was heard of, how it is, and what to do.

    The exit code is 0 where all is well, 1 where somebody has to look after a terminal, and 2 where it could
    not be found out.
    """
    if context.invoked_subcommand is not None:
        return
    settings: BackendSettings = context.obj
    _, translate = words()
    now = clock.now()
    found = with_database(_chosen(settings, data), translate, lambda it: it.read(terminals.everyone))
    if as_json:
        click.echo(json.dumps([as_object(one, now) for one in found], ensure_ascii=False, indent=2))
    else:
        _show(found)
    if any(one.problems(now) for one in found):
        sys.exit(TO_LOOK_AFTER)


@command.command()
@DATA
@_JSON
@click.option(
    "--last",
    type=click.IntRange(1, terminals.MAX_EVENTS),
    default=MOST_ENTRIES,
    show_default=True,
    help="So many entries of the history.",
)
@click.argument("name")
@click.pass_obj
def show(settings: BackendSettings, data: Path | None, name: str, *, as_json: bool, last: int) -> None:
    """Shows the terminal NAME, its devices, and what changed there in the last weeks.

    The exit codes are those of the list.
    """
    language, translate = words()
    now = clock.now()

    def look(connection: Connection) -> tuple[Terminal | None, list[Entry]]:
        return terminals.one(connection, name), terminals.history(connection, name, last)

    found, history = with_database(_chosen(settings, data), translate, lambda it: it.read(look))
    if found is None:
        give_up(translate("terminals.unknown", name=name[:80]))
    teller = Teller(language, translate, now)
    if as_json:
        click.echo(json.dumps(as_object(found, now, history), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join((*teller.whole(found), *teller.history(history))))
    if found.problems(now):
        sys.exit(TO_LOOK_AFTER)


@command.command()
@DATA
@click.option(
    "--seconds", type=click.FloatRange(0.5, 3600), default=2.0, show_default=True, help="Between two looks."
)
@click.pass_obj
def watch(settings: BackendSettings, data: Path | None, seconds: float) -> None:
    """Shows the list anew again and again, until Ctrl-C."""
    _, translate = words()

    async def work(database: Database) -> None:
        while True:
            found = await database.read(terminals.everyone)
            click.clear()  # nothing where the output is no screen
            _show(found)
            await asyncio.sleep(seconds)

    with suppress(KeyboardInterrupt):
        with_database(_chosen(settings, data), translate, work)


@command.command()
@DATA
@click.argument("name")
@click.pass_obj
def forget(settings: BackendSettings, data: Path | None, name: str) -> None:
    """Takes the terminal NAME from the list, with its history: it is used no more.

    It comes back as soon as it reports; a stolen one is kept out by `door revoke`.
    """
    _, translate = words()
    now, actor = clock.now(), clerk()

    def change(connection: Connection) -> bool:
        done = terminals.forget(connection, name)
        outcome = "OK" if done else "TERMINAL_UNKNOWN"
        audit.append(connection, actor.did("terminals forget", f"terminals/{name[:80]}", now, outcome))
        return done

    if not write(settings, data, change, translate):
        give_up(translate("terminals.unknown", name=name[:80]))
    click.echo(translate("terminals.forgotten", name=name))


def _show(found: Sequence[Terminal]) -> None:
    language, translate = words()
    click.echo("\n".join(Teller(language, translate, clock.now()).all(found)))


def _chosen(settings: BackendSettings, data: Path | None) -> BackendSettings:
    return settings.model_copy(update={"data": data}) if data else settings
