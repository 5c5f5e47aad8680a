"""Wrong usage of this room's commands, in one sentence or as an object."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from foundation.language import Language, language_of_environment
from hardware.wording import texts

EXIT_USAGE = 2
"""The command line or the configuration is wrong."""
EXIT_INTERRUPTED = 130
"""After Ctrl-C (128 + SIGINT), as shells have it."""


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
            sys.exit(EXIT_INTERRUPTED)
        except click.ClickException as wrong:
            given = list(sys.argv[1:] if args is None else args)
            end_with(
                "wrong_usage",
                texts(_asked_for(given))("usage.wrong", reason=wrong.format_message()),
                EXIT_USAGE,
                as_json="--json" in given,
            )


def end_with(error: str, sentence: str, exit_code: int, *, as_json: bool) -> NoReturn:
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
