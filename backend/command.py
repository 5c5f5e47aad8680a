"""``huimin-backend``: serves; checks content; moves cases.

Each command imports what it needs when it runs, so that a clerk does not wait for what only serving needs.

What it prints is in Chinese where the environment (LC_ALL, LC_MESSAGES, LANG) says so, else in English. What
cannot be done is one sentence on standard error and exit code 2; mistakes in the content are exit code 1.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from backend.authoring.finding import LOCALE, ContentWrong
from backend.settings import BackendSettings
from foundation.config import ConfigError, load
from foundation.language import Language, Translate, language_of_environment, translator
from foundation.log import start_log
from foundation.observing import observed

if TYPE_CHECKING:
    from backend.storage.database import DatabaseUnusable

_FILE = click.Path(path_type=Path)


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--listen",
    metavar="HOST:PORT",
    help="Where to listen; 127.0.0.1:50051 by default, port 0 for a free one.",
)
@click.option(
    "--data", type=_FILE, metavar="DIR", help="Folder of the database; ~/.local/share/huimin by default."
)
@click.option(
    "--content", type=_FILE, metavar="DIR", help="Folder of the content; the demonstration by default."
)
@click.option(
    "--config", type=_FILE, metavar="FILE", help="Configuration, TOML; the table [backend] is used."
)
@click.pass_context
def main(
    context: click.Context, listen: str | None, data: Path | None, content: Path | None, config: Path | None
) -> None:
    """The reference backend of Huimin: serves the contract huimin.v1 over gRPC.

    Without a command it serves until it is told to stop. Settings come from the configuration file, from
    HUIMIN_BACKEND_… variables, and from the options.
    """
    try:
        settings = load(BackendSettings, config, listen=listen, data=data, content=content)
    except ConfigError as error:
        _give_up(str(error))
    context.obj = settings
    if context.invoked_subcommand is None:
        _serve(settings)


@main.group(name="content")
def content_group() -> None:
    """Looks after the content."""


@content_group.command(name="check")
@click.argument("folder", type=_FILE)
def content_check(folder: Path) -> None:
    """Checks a folder of content; prints FILE:LINE: what is wrong."""
    from backend.authoring.reading import read_content  # noqa: PLC0415

    language, translate = _words()
    try:
        content = read_content(folder)
    except ContentWrong as wrong:
        for finding in wrong.findings:
            click.echo(finding.sentence(language))
        click.echo(translate("content.total", count=len(wrong.findings)), err=True)
        sys.exit(1)
    click.echo(
        translate(
            "content.fine",
            policies=len(content.policies),
            services=len(content.services),
            forms=len(content.forms),
            notices=len(content.notices),
        )
    )


@main.group(name="case")
def case_group() -> None:
    """Looks after cases."""


_DATA = click.option(
    "--data",
    type=_FILE,
    metavar="DIR",
    help="Folder of the database that the backend uses; ~/.local/share/huimin by default.",
)


@case_group.command(name="set")
@_DATA
@click.argument("reference")
@click.argument("state")
@click.option("--note", default="", help="What the office says to the resident.")
@click.pass_obj
def case_set(settings: BackendSettings, data: Path | None, reference: str, state: str, note: str) -> None:
    """Gives the case REFERENCE another STATE.

    STATE is received, accepted, in-review, needs-material, approved, rejected, completed or withdrawn.
    """
    from backend.commands.case import move  # noqa: PLC0415

    _, translate = _words()
    _do_to_case(move(_of(settings, data), reference, state, note, translate), translate)


@case_group.command(name="show")
@_DATA
@click.argument("reference")
@click.pass_obj
def case_show(settings: BackendSettings, data: Path | None, reference: str) -> None:
    """Shows the case REFERENCE, without the applicant and the answers."""
    from backend.commands.case import show  # noqa: PLC0415

    language, translate = _words()
    _do_to_case(show(_of(settings, data), reference, language, translate), translate)


def _of(settings: BackendSettings, data: Path | None) -> BackendSettings:
    """The settings with the folder that the command names."""
    return settings.model_copy(update={"data": data}) if data else settings


def _do_to_case(command: Coroutine[None, None, str], translate: Translate) -> None:
    """Runs a command about a case and shows what it says."""
    from backend.commands.case import CaseCommandError  # noqa: PLC0415
    from backend.storage.database import DatabaseUnusable  # noqa: PLC0415

    try:
        click.echo(asyncio.run(command))
    except CaseCommandError as error:
        _give_up(str(error))
    except DatabaseUnusable as error:
        _give_up(_database_sentence(error, translate))


def _serve(settings: BackendSettings) -> None:
    from backend.server import NAME, AddressTaken, run  # noqa: PLC0415
    from backend.storage.database import DatabaseUnusable  # noqa: PLC0415

    language, translate = _words()
    start_log(NAME, settings.log_level)
    try:
        with observed(NAME, settings):
            asyncio.run(run(settings))
    except ConfigError as error:
        _give_up(str(error))
    except ContentWrong as wrong:
        _give_up(
            translate(
                "start.content_wrong",
                count=len(wrong.findings),
                first=wrong.findings[0].sentence(language),
                folder=settings.content,
            )
        )
    except DatabaseUnusable as error:
        _give_up(_database_sentence(error, translate))
    except AddressTaken:
        _give_up(translate("start.address_taken", address=settings.listen))
    except OSError as error:
        _give_up(translate("start.data_folder", folder=settings.data, reason=error.strerror))


def _database_sentence(error: DatabaseUnusable, translate: Translate) -> str:
    if error.newer:
        return translate("start.newer_database", file=error.place)
    return translate("start.database", file=error.place, reason=error.reason)


def _words() -> tuple[Language, Translate]:
    language = language_of_environment()
    return language, translator("backend", LOCALE, language)


def _give_up(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
