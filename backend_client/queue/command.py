"""``queue``, beside the commands that run a terminal or a phone line: what waits, and what was set aside.

It shows nothing of what residents said, needs no keys, and works while the door runs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import click

from backend_client.errors import QueueUnusable
from backend_client.forms.wording import wording
from backend_client.queue.listing import CANNOT_OPEN, Entry, damaged, entries, retry
from foundation.config import ConfigError
from foundation.language import Translate, language_of_environment

_PROBLEMS = {
    CANNOT_OPEN: "queue.cannot_open",
    "SUBMISSION_DIFFERS": "queue.submission_differs",
    "ATTACHMENT_MISSING": "queue.attachment_missing",
    "ATTACHMENT_DAMAGED": "queue.attachment_missing",
}
_FOLDER = click.option(
    "--queue",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the queue; the one of the settings by default.",
)


def queue_command(name: str, configured: Callable[[Path | None], Sequence[Path]]) -> click.Group:
    """The commands for one room. name: of its program; configured: the folders by a configuration file."""

    @click.group(name="queue")
    def group() -> None:
        """What waits for the backend, and what was set aside."""

    def places(context: click.Context, folder: Path | None) -> Sequence[Path]:
        try:
            return [folder] if folder else configured(context.obj)
        except ConfigError as error:
            _give_up(name, str(error))

    @group.command(name="list")
    @_FOLDER
    @click.pass_context
    def show(context: click.Context, folder: Path | None) -> None:
        """Lists what is in the queue, without anything that residents said.

        Exit code 1 where something was set aside.
        """
        translate = wording(language_of_environment())
        folders = places(context, folder)
        waiting = aside = 0
        moved: list[Path] = []
        for where in folders:
            try:
                found = entries(where)
            except QueueUnusable as error:
                _give_up(name, translate("queue.unreadable", folder=where, reason=error))
            if len(folders) > 1:
                click.echo(f"{where}:")
            for entry in found:
                click.echo(_line(entry, translate))
                aside += entry.problem is not None
                waiting += entry.problem is None
            for one in damaged(where):
                moved.append(one)
                click.echo(translate("queue.damaged", folder=one))
        click.echo(translate("queue.total", waiting=waiting, aside=aside))
        sys.exit(1 if aside or moved else 0)

    @group.command(name="retry")
    @click.argument("numbers", nargs=-1, type=click.IntRange(min=1))
    @click.option("--all", "all_", is_flag=True, help="Everything that was set aside.")
    @_FOLDER
    @click.pass_context
    def again(context: click.Context, numbers: tuple[int, ...], *, all_: bool, folder: Path | None) -> None:
        """Puts submissions that were set aside back into the queue, by their NUMBERS.

        Of several queues, --queue names the one that is meant; without it each is looked through.

        A door that runs sends them within a quarter of a minute, one that does not at its next start.
        """
        translate = wording(language_of_environment())
        if bool(numbers) == all_:
            raise click.UsageError(translate("queue.usage"))
        count = 0
        for where in places(context, folder):
            try:
                count += retry(where, numbers)
            except QueueUnusable as error:
                _give_up(name, translate("queue.unreadable", folder=where, reason=error))
        click.echo(translate("queue.put_back", count=count))

    return group


def _line(entry: Entry, translate: Translate) -> str:
    kind = _PROBLEMS.get(entry.problem or "", "queue.refused") if entry.problem else "queue.waiting"
    return translate(
        "queue.entry",
        number=entry.number,
        time=f"{entry.accept_time.astimezone():%Y-%m-%d %H:%M:%S %z}",
        kilobytes=-(-entry.bytes // 1024),
        state=translate(kind, reason=entry.problem),
    )


def _give_up(name: str, sentence: str) -> NoReturn:
    click.echo(f"{name}: {sentence}", err=True)
    sys.exit(2)
