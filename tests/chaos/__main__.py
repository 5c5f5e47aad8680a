"""``make chaos``: 2,000 submissions over 200 rounds, or as many as are asked for."""

from __future__ import annotations

import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

import click

from tests.chaos.driver import Driver, Lost


@click.command()
@click.option("--rounds", default=200, show_default=True)
@click.option("--submissions", default=2000, show_default=True)
@click.option("--seed", type=int, help="Deals the same faults once more.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where data and logs stay.")
def main(rounds: int, submissions: int, seed: int | None, folder: Path | None) -> None:
    """Kills, cuts, fills and moves whatever it can while doors send, and counts what was lost."""
    seed = secrets.randbelow(10**6) if seed is None else seed
    folder = folder or Path(tempfile.mkdtemp(prefix="huimin-chaos-"))
    click.echo(f"seed {seed}, logs in {folder}")
    try:
        click.echo(str(asyncio.run(Driver(folder, seed).run(rounds, submissions))))
    except Lost as lost:
        click.echo(f"LOST: {lost}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
