"""``huimin-gateway-demo``: a payment gateway for demonstration. No money moves."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click
from aiohttp import web

from backend.commands.words import words
from backend.gateway_demo import keys
from backend.gateway_demo.ledger import Ledger
from backend.gateway_demo.server import DemonstrationGateway
from foundation.address import check_address, host_and_port
from foundation.life import say_ready, stop_requested
from foundation.log import start_log

NAME = "huimin-gateway-demo"


def _address(context: click.Context, option: click.Parameter, given: str) -> str:
    try:
        return check_address(given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command(name=NAME)
@click.option(
    "--listen", default="127.0.0.1:50090", show_default=True, callback=_address, help="Host and port."
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder of its books and of both sides' keys, which are made where there are none.",
)
@click.option("--url", default="", help="Under which payers reach it; its own address by default.")
@click.option(
    "--hurry",
    type=click.FloatRange(1, 1000),
    default=1.0,
    help="Tells merchants so many times faster again what they did not take.",
)
def main(listen: str, data: Path, url: str, hurry: float) -> None:
    """Serves a payment gateway for demonstration until it is told to stop."""
    _, translate = words()
    start_log(NAME, "info")
    try:
        keys.make(data)
        asyncio.run(_serve(listen, data, url, hurry))
    except (OSError, ValueError) as error:
        click.echo(translate("gateway_demo.cannot", reason=error), err=True)
        sys.exit(2)


async def _serve(listen: str, data: Path, url: str, hurry: float) -> None:
    stop = stop_requested()
    ledger = Ledger(data / "gateway.sqlite3")
    gateway = DemonstrationGateway(ledger, keys.load(data), hurry=hurry)
    runner = web.AppRunner(gateway.application(), access_log=None, handle_signals=False)
    await runner.setup()
    try:
        host, port = host_and_port(listen)
        await web.TCPSite(runner, host, port).start()
        address = f"{listen.rpartition(':')[0]}:{runner.addresses[0][1]}"
        gateway.url = url.rstrip("/") or f"http://{address}"
        async with gateway.telling():
            say_ready(NAME, address)
            await stop.wait()
    finally:
        await runner.cleanup()
        ledger.close()
