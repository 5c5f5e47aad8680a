"""``huimin-backend``: serves, and does what clerks and technicians ask.

A group of commands is a file of `backend.commands`, imported when it is called: a clerk does not wait for
what only serving needs.

What is printed is in Chinese where the environment (LC_ALL, LC_MESSAGES, LANG) says so, else in English. What
cannot be done is one sentence on standard error and exit code 2; what was looked for and found wrong, such as
mistakes in the content, is exit code 1.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import click

from backend.settings import BackendSettings
from foundation.config import ConfigError, load

_FILE = click.Path(path_type=Path)
_COMMANDS = (
    "alert",
    "audit",
    "authority",
    "backup",
    "case",
    "conformance",
    "content",
    "counter",
    "database",
    "door",
    "keys",
    "message",
    "payment",
    "person",
    "rating",
    "restore",
    "terminals",
    "voicemail",
)
"""Each is the click command `command` of the module of that name."""


class _Commands(click.Group):
    """The commands of `backend.commands`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of them, imported."""
        if cmd_name not in _COMMANDS:
            return None
        found: click.Command = import_module(f"backend.commands.{cmd_name}").command
        return found


@click.group(
    cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--listen",
    metavar="HOST:PORT",
    help="Where to listen; 127.0.0.1:50051 by default, port 0 for a free one.",
)
@click.option(
    "--web", "web_listen", metavar="HOST:PORT", help="Where to listen for browsers; nowhere by default."
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
def main(context: click.Context, /, config: Path | None, **given: str | Path | None) -> None:
    """The reference backend of Huimin: serves the contract huimin.v1 over gRPC.

    Without a command it serves until it is told to stop. Settings come from the configuration file, from
    HUIMIN_BACKEND_… variables, and from the options.
    """
    try:
        settings = load(BackendSettings, config, **given)
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    context.obj = settings
    if context.invoked_subcommand is None:
        from backend.commands.serve import serve  # noqa: PLC0415 (the others do not need it)

        serve(settings)


if __name__ == "__main__":
    main()
