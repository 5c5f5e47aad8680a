"""``huimin-backend content``: looks after the content."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from backend.authoring.finding import ContentWrong
from backend.authoring.reading import read_content
from backend.commands.words import words


@click.group()
def command() -> None:
    """Looks after the content."""


@command.command()
@click.argument("folder", type=click.Path(path_type=Path))
def check(folder: Path) -> None:
    """Checks a folder of content; prints FILE:LINE: what is wrong."""
    language, translate = words()
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
