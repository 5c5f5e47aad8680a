"""What the commands beside the line share: their settings, and how they end where they cannot go on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click

from foundation.config import ConfigError, load
from ivr.settings import IvrSettings


def settings_of(context: click.Context, **given: Path | None) -> IvrSettings:
    """The line's settings, with what the command was given. Ends the command where they cannot be used."""
    try:
        return load(IvrSettings, context.obj, **given)
    except ConfigError as error:
        give_up(str(error))


def give_up(sentence: str) -> NoReturn:
    """Says why, and ends the command with exit code 2."""
    click.echo(f"huimin-ivr: {sentence}", err=True)
    sys.exit(2)
