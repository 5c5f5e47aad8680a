"""``make run``: the whole house on this machine, until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import click

from deploy.house import House, Plan
from deploy.parts import PartFailed
from foundation.language import Translate, language_of_environment, translator
from foundation.life import say_ready, stop_requested

LOCALE = Path(__file__).parent / "locale"
ROOT = Path(__file__).resolve().parent.parent


def texts() -> Translate:
    """The texts in the language of the person's shell."""
    return translator("deploy", LOCALE, language_of_environment())


def instructions(house: House, text: Translate, simulate: Path) -> str:
    """What to do next."""
    lines = [
        "",
        text("run.touch", directory=house.directory),
        text("run.card", command=f"{simulate} present --directory {house.devices}"),
        text("run.slip", directory=house.devices / "slips"),
        text("run.call", address=house.sip_address),
        text(
            "run.console",
            command=f"{simulate.with_name('huimin-ivr')} --console --backend {house.backend_address}",
        ),
    ]
    if house.virtual_display:
        lines.append(text("run.virtual", display=house.display))
    lines += [text("run.end"), ""]
    return "\n".join(lines)


async def run(plan: Plan) -> int:
    """Runs the house until it is told to stop or a part ends. Returns the exit code."""
    text = texts()
    stopped = asyncio.create_task(stop_requested().wait())
    living = asyncio.create_task(_live(House(plan, said=say_ready), text))
    await asyncio.wait({stopped, living}, return_when=asyncio.FIRST_COMPLETED)
    if not living.done():
        click.echo(text("run.ending"))
        living.cancel()
    try:
        failed, log = await living
    except asyncio.CancelledError:
        return 0
    except PartFailed as failure:
        failed, log = failure.name, failure.log
    click.echo(text("run.failed", part=failed, log=log), err=True)
    return 1


async def _live(house: House, text: Translate) -> tuple[str, Path]:
    """Starts the house and waits until a part ends by itself: its name and its log."""
    async with house:
        click.echo(instructions(house, text, Path(sys.executable).parent / "huimin-simulate"))
        name = await house.first_end()
        return name, house.parts[name].log


@click.command()
@click.option("--backend", default="127.0.0.1:50051", show_default=True, help="Address of the backend.")
@click.option("--sip", default="127.0.0.1:5060", show_default=True, help="Address of the phone line.")
@click.option("--size", default="1080x1920", show_default=True, help="Size of the window.")
@click.option(
    "--directory", type=click.Path(path_type=Path), default=ROOT / "data", help="Where data and logs go."
)
def main(backend: str, sip: str, size: str, directory: Path) -> None:
    """Starts the simulated devices, the backend, the phone line and the terminal."""
    plan = Plan(directory, backend, sip, size, display=os.environ.get("DISPLAY") or None)
    sys.exit(asyncio.run(run(plan)))


if __name__ == "__main__":
    main()
