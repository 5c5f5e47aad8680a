"""How this room's commands end: their exit codes, and wrong usage in one sentence or as an object."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from enum import IntEnum
from typing import Any, NoReturn, Protocol

import click

from foundation.language import Language, language_of_environment
from hardware.wording import texts


class Exit(IntEnum):
    """Exit codes. A monitor that speaks Nagios reads them as OK, WARNING, CRITICAL and UNKNOWN."""

    FINE = 0
    ATTENTION = 1
    """Somebody has to do something: the sentences say what."""
    USAGE = 2
    """The command line or the configuration is wrong."""
    NOT_KNOWN = 3
    """It could not be found out: a terminal does not answer, or another program has the devices."""
    INTERRUPTED = 130
    """After Ctrl-C (128 + SIGINT), as shells have it."""


class Judged(Protocol):
    """What was found out about something."""

    @property
    def fine(self) -> bool:
        """Whether nobody has to do anything about it."""

    @property
    def known(self) -> bool:
        """Whether it could be found out."""


def all_fine(found: Sequence[Judged]) -> bool:
    """Whether something was looked at, and all of it is fine."""
    return bool(found) and all(one.fine for one in found)


def exit_of(found: Sequence[Judged]) -> Exit:
    """What is known to be wrong comes before what is not known."""
    if all_fine(found):
        return Exit.FINE
    wrong = [one for one in found if not one.fine]
    return Exit.NOT_KNOWN if wrong and not any(one.known for one in wrong) else Exit.ATTENTION


class Commands(click.Group):
    """Says wrong usage in the language that was asked for, and on one line."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Runs the command line, and ends the program; without standalone_mode as click's."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        try:
            sys.exit(super().main(args, prog_name, complete_var, standalone_mode=False, **extra))
        except click.Abort:
            sys.exit(Exit.INTERRUPTED)
        except click.ClickException as wrong:
            given = list(sys.argv[1:] if args is None else args)
            end_with(
                "wrong_usage",
                texts(_asked_for(given))("usage.wrong", reason=wrong.format_message()),
                Exit.USAGE,
                as_json="--json" in given,
            )


def end_with(error: str, sentence: str, exit_code: Exit, *, as_json: bool) -> NoReturn:
    """Ends the program with a sentence on standard error, or an object that has it on standard output.

    error: a name for programs.
    """
    if as_json:
        click.echo(json.dumps({"error": error, "text": sentence}, ensure_ascii=False))
    else:
        click.echo(sentence, err=True)
    sys.exit(exit_code)


def _asked_for(arguments: Sequence[str]) -> Language:
    """The language that a command line asks for, as far as it can be understood."""
    said = [argument.removeprefix("--language=") for argument in arguments]
    return next((language for language in Language if language.value in said), language_of_environment())
