"""``huimin-simulate``: devices made of software, for trying the terminal out and for tests.

Without a subcommand it serves until it is told to stop; subcommands tell the one that serves what happens.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from foundation.language import Language, Translate, language_of_environment
from foundation.life import say_ready, stop_requested
from foundation.log import start_log
from hardware.simulators import cards, control, directory, fonts
from hardware.simulators import identity_card_reader as reader
from hardware.simulators import receipt_printer as printer
from hardware.wording import texts

EXIT_USAGE = 2


_folder_option = click.option(
    "--directory",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Where the ports' links, the control socket and the slips are. "
    "Default: $XDG_RUNTIME_DIR/huimin, or ~/.cache/huimin/devices.",
)


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@_folder_option
@click.option("--instant", is_flag=True, help="Answer and print without the delays of real devices.")
@click.pass_context
def main(context: click.Context, folder: Path | None, instant: bool) -> None:
    """Simulates an identity card reader and a receipt printer, each on a pseudo-terminal."""
    context.default_map = {name: {"folder": folder} for name in main.commands}
    if context.invoked_subcommand is not None:
        return
    start_log("huimin-simulate")
    try:
        asyncio.run(serve((folder or directory.default()).absolute(), instant=instant))
    except directory.Occupied as error:
        _fail("simulate.occupied", folder=error)
    except fonts.FontMissing as error:
        _fail("simulate.font_missing", face=error)
    except OSError as error:
        _fail("simulate.folder_unusable", folder=folder or directory.default(), reason=error.strerror)


async def serve(folder: Path, *, instant: bool = False) -> None:
    """Serves the simulated devices in a folder until SIGTERM. Raises Occupied, FontMissing, OSError."""
    stop = stop_requested()
    fonts.font(24)  # a printer without characters is found out now
    with directory.held(folder) as descriptor:
        bench = control.Bench(
            reader.SimulatedIdentityCardReader(
                folder / directory.IDENTITY_CARD_READER, reader.INSTANT if instant else reader.Pace()
            ),
            printer.SimulatedReceiptPrinter(
                folder / directory.RECEIPT_PRINTER,
                folder / directory.SLIPS,
                " · ".join(texts(language)("simulate.slip_mark") for language in Language),
                printer.INSTANT if instant else printer.PrintPace(),
            ),
        )
        server = await asyncio.start_unix_server(
            bench.serve, sock=directory.listen(folder, descriptor), limit=control.MAX_LINE_BYTES
        )
        try:
            await _run(bench, stop)
        finally:
            server.close()
            (folder / directory.CONTROL).unlink(missing_ok=True)


async def _run(bench: control.Bench, stop: asyncio.Event) -> None:
    """Runs the devices until stop; a device that fails ends the simulator."""
    devices: list[asyncio.Task[Any]] = [
        asyncio.create_task(bench.reader.run()),
        asyncio.create_task(bench.printer.run()),
    ]
    told: asyncio.Task[Any] = asyncio.create_task(stop.wait())
    try:
        while not (bench.reader.line.plugged_in and bench.printer.line.plugged_in):
            await asyncio.sleep(0)
            for device in devices:
                if device.done():
                    device.result()
        say_ready(directory.IDENTITY_CARD_READER, str(bench.reader.line.name))
        say_ready(directory.RECEIPT_PRINTER, str(bench.printer.line.name))
        done, _ = await asyncio.wait([*devices, told], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in (*devices, told):
            task.cancel()
        await asyncio.gather(*devices, told, return_exceptions=True)


@main.command()
@_folder_option
@click.option("--card", default=cards.DEFAULT, show_default=True, help="A supplied card, or a file.")
@click.option("--fault", type=click.Choice([fault.value for fault in reader.CardFault]), default=None)
def present(folder: Path | None, card: str, fault: str | None) -> None:
    """Lays an identity card on the reader."""
    file = card if card in cards.supplied() else str(Path(card).absolute())
    _ask(folder, {"do": "present", "card": file, "fault": fault})
    click.echo(_text()("simulate.presented", card=card))
    if fault:
        click.echo(_text()(f"simulate.fault.{fault}"))


@main.command()
@_folder_option
def lift(folder: Path | None) -> None:
    """Takes the card away."""
    _ask(folder, {"do": "lift"})
    click.echo(_text()("simulate.lifted"))


@main.command("printer")
@_folder_option
@click.option("--fault", type=click.Choice([fault.value for fault in printer.PrinterFault]), required=True)
def printer_fault(folder: Path | None, fault: str) -> None:
    """Makes something wrong with the printer, or puts it right (none)."""
    _ask(folder, {"do": "printer", "fault": fault})
    click.echo(_text()(f"simulate.fault.{fault}"))


@main.command("plug")
@_folder_option
@click.argument("device", type=click.Choice([directory.IDENTITY_CARD_READER, directory.RECEIPT_PRINTER]))
def plug(folder: Path | None, device: str) -> None:
    """Plugs a device in again."""
    _ask(folder, {"do": "plug", "device": device})
    click.echo(_text()("simulate.plugged", device=device))


@main.command("unplug")
@_folder_option
@click.argument("device", type=click.Choice([directory.IDENTITY_CARD_READER, directory.RECEIPT_PRINTER]))
def unplug(folder: Path | None, device: str) -> None:
    """Pulls a device's plug."""
    _ask(folder, {"do": "unplug", "device": device})
    click.echo(_text()("simulate.unplugged", device=device))


@main.command()
@_folder_option
def status(folder: Path | None) -> None:
    """Says what the simulated devices are doing."""
    state = _ask(folder, {"do": "status"})
    text = _text()
    card_reader, receipt_printer = state[directory.IDENTITY_CARD_READER], state[directory.RECEIPT_PRINTER]
    for name, device in state.items():
        click.echo(text("simulate.port", device=name, port=device["port"]))
        if not device["plugged_in"]:
            click.echo("  " + text("simulate.unplugged", device=name))
        elif device is card_reader:
            click.echo("  " + text("simulate.card_lies" if device["card_present"] else "simulate.no_card"))
        else:
            click.echo("  " + text(f"simulate.fault.{device['fault']}"))
    if receipt_printer["last_slip"]:
        click.echo("  " + text("simulate.last_slip", file=receipt_printer["last_slip"]))
    click.echo(text("simulate.cards", names=", ".join(cards.supplied())))


def _text() -> Translate:
    return texts(language_of_environment())


def _ask(folder: Path | None, request: dict[str, Any]) -> dict[str, Any]:
    try:
        return control.ask(folder or directory.default(), request)
    except directory.NobodyServes as error:
        _fail("simulate.nobody", folder=error)
    except control.Refused as refused:
        _fail(refused.name, **refused.placeholders)


def _fail(name: str, **placeholders: object) -> NoReturn:
    """One sentence on standard error, and the end."""
    click.echo(_text()(name, **placeholders), err=True)
    sys.exit(EXIT_USAGE)


if __name__ == "__main__":
    main()
