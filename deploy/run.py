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
from kiosk.settings import parse_size

LOCALE = Path(__file__).parent / "locale"
ROOT = Path(__file__).resolve().parent.parent
USAGE = 2
"""Exit code of a command that cannot use its configuration, such as an address that is taken."""


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
        text("run.call", address=house.sip_address.replace("sip:", "sip:huimin@")),
        text(
            "run.console",
            command=f"{simulate.with_name('huimin-ivr')} --console --backend {house.backend_address}"
            f" --data {house.line_data}",
        ),
        text(
            "run.case",
            command=f"{simulate.with_name('huimin-backend')} --data {house.backend_data} case set",
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
        await living
    except asyncio.CancelledError:
        return 0
    except PartFailed as failure:
        click.echo(explanation(failure, text), err=True)
    return 1


def explanation(failure: PartFailed, text: Translate) -> str:
    """Which part failed and why, and what to do where its configuration was wrong."""
    reason = failure.last_words
    if not reason:
        late = failure.exit_code is None
        reason = text("run.late") if late else text("run.exit", code=failure.exit_code)
    lines = [text("run.failed", part=failure.name, reason=reason, log=failure.log)]
    if failure.exit_code == USAGE and failure.name in ("backend", "gateway-demo", "ivr"):
        lines.append(text("run.other"))
    return "\n".join(lines)


async def _live(house: House, text: Translate) -> None:
    """Starts the house and waits until a part ends by itself. Raises PartFailed."""
    async with house:
        click.echo(instructions(house, text, Path(sys.executable).parent / "huimin-simulate"))
        raise await house.first_end()


def _size(context: click.Context, option: click.Parameter, given: str) -> str:
    """What both the virtual display and the terminal take."""
    try:
        return str(parse_size(given))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@click.option("--backend", default="127.0.0.1:50051", show_default=True, help="Address of the backend.")
@click.option("--web", default="127.0.0.1:50080", show_default=True, help="Address of its web server.")
@click.option(
    "--gateway", default="127.0.0.1:50090", show_default=True, help="Address of the demonstration gateway."
)
@click.option("--sip", default="127.0.0.1:5060", show_default=True, help="Address of the phone line.")
@click.option("--size", default="1080x1920", show_default=True, callback=_size, help="Size of the window.")
@click.option(
    "--directory", type=click.Path(path_type=Path), default=ROOT / "data", help="Where data and logs go."
)
def main(*, backend: str, web: str, gateway: str, sip: str, size: str, directory: Path) -> None:
    """Starts the simulated devices, a demonstration gateway, the backend, the phone line and the terminal."""
    display = os.environ.get("DISPLAY") or None
    plan = Plan(directory, backend, web, gateway, sip, size, display=display)
    sys.exit(asyncio.run(run(plan)))


if __name__ == "__main__":
    main()
