"""``huimin-kiosk technician``: who may enter the hidden menu."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import click

from foundation.config import ConfigError
from foundation.language import language_of_environment
from kiosk.technician import people, tries
from kiosk.technician.people import People, PeopleUnusable, PinRefused, check_pin
from kiosk.technician.tries import Tries
from kiosk.technician.wording import wording

_NAME = click.option("--name", default="technician", show_default=True, help="For the log; a-z, 0-9, . _ -")


def technician_command(configured: Callable[[Path | None, Path | None], Path]) -> click.Group:
    """The commands. configured: the terminal's folder by a configuration file and by what the command line
    gives for its data; raises ConfigError."""
    say = wording(language_of_environment())

    def known(where: Path) -> People:
        try:
            return people.load(where)
        except PeopleUnusable as error:
            _give_up(str(error))

    def keep(where: Path, kept: People) -> None:
        try:
            people.save(where, kept)
        except PeopleUnusable as error:
            _give_up(str(error))
        _hand_over(where / people.FILE)

    @click.group(name="technician")
    @click.pass_context
    def group(context: click.Context) -> None:
        """Who may enter the hidden menu of this terminal. Works while the terminal runs."""
        try:
            context.obj = configured(context.obj, context.find_root().params.get("data"))
        except ConfigError as error:
            _give_up(str(error))

    @group.command(name="set-pin")
    @_NAME
    @click.pass_obj
    def set_pin(where: Path, name: str) -> None:
        """Asks for a PIN of 6 to 12 digits, twice, and keeps a salted slow hash of it.

        Where standard input is no terminal, the PIN is its first line.
        """
        pin = _asked(say("command.pin"), say("command.again"))
        try:
            check_pin(pin)
            keep(where, known(where).with_pin(name, pin))
        except PinRefused as refused:
            _give_up(say(refused.problem))
        click.echo(say("command.set", name=name))

    @group.command(name="list")
    @click.pass_obj
    def show(where: Path) -> None:
        """Lists who may enter, and how."""
        found = known(where).technicians
        for one in found:
            ways = [say("command.by_pin")] * (one.pin is not None) + [say("command.by_card")] * (
                one.card is not None
            )
            click.echo(say("command.line", name=one.name, ways=", ".join(ways) or say("command.no_way")))
        if not found:
            click.echo(say("command.none"))
        if (until := Tries(where).locked_until(datetime.now(UTC))) is not None:
            click.echo(say("command.locked", time=until.astimezone().isoformat(" ", "minutes")))

    @group.command(name="remove")
    @click.argument("name")
    @click.pass_obj
    def remove(where: Path, name: str) -> None:
        """Takes somebody's PIN and card away."""
        before = known(where)
        if name not in {one.name for one in before.technicians}:
            _give_up(say("command.unknown", name=name))
        keep(where, before.without(name))
        click.echo(say("command.removed", name=name))

    @group.command(name="unlock")
    @click.pass_obj
    def unlock(where: Path) -> None:
        """Takes off the lock that wrong tries put on."""
        Tries(where).right()
        _hand_over(where / tries.FILE)
        click.echo(say("command.unlocked"))

    return group


def _asked(prompt: str, again: str) -> str:
    """A PIN that nobody sees."""
    if sys.stdin.isatty():
        return str(click.prompt(prompt, hide_input=True, confirmation_prompt=again))
    return sys.stdin.readline(people.LONGEST + 2).strip()


def _hand_over(file: Path) -> None:
    """What root wrote belongs to whom the folder belongs to: the terminal's user, who has to read it."""
    if os.geteuid() == 0 and file.exists():
        owner = file.parent.stat()
        os.chown(file, owner.st_uid, owner.st_gid)


def _give_up(sentence: str) -> NoReturn:
    click.echo(f"huimin-kiosk: {sentence}", err=True)
    sys.exit(2)
