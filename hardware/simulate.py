"""``huimin-simulate``: devices made of software, for trying the terminal out and for tests.

Without a subcommand it serves until it is told to stop; subcommands tell the one that serves what happens.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from foundation.language import Translate, language_of_environment
from foundation.life import say_ready, stop_requested
from foundation.log import start_log
from hardware.simulators import cards, control, directory, fonts, script
from hardware.simulators.device import NONE, Refused, SimulatedDevice
from hardware.simulators.identity_card_reader import SimulatedIdentityCardReader
from hardware.simulators.line import LineFault
from hardware.simulators.receipt_printer import SimulatedReceiptPrinter
from hardware.simulators.service_card import FIRST_PORT, CardFault, SimulatedServiceCard
from hardware.simulators.table import DEVICES
from hardware.usage import Commands, Exit
from hardware.wording import texts

SERVICE_CARD = "service-card"
"""A simulated card in a virtual reader, which is no device on a port."""
READER_SECONDS = 3.0
"""For pcscd's virtual reader to take a card."""


class _DeviceName(click.Choice[str]):
    """A device, by its name on the command line or in the configuration."""

    def __init__(self, *, acting: bool = False) -> None:
        super().__init__([device.name for device in DEVICES if device.actions or not acting])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """identity_card_reader is identity-card-reader."""
        return super().convert(str(value).replace("_", "-"), param, ctx)


_folder_option = click.option(
    "--directory",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Where the ports' links, the control socket and the slips are. "
    "Default: $XDG_RUNTIME_DIR/huimin, or ~/.cache/huimin/devices.",
)
_device_argument = click.argument("device", type=_DeviceName())


@click.group(
    cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@_folder_option
@click.option("--instant", is_flag=True, help="Answer and print without the delays of real devices.")
@click.option(
    "--script",
    "script_file",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE",
    help="Let happen what is written in this file (YAML), from the moment the devices are ready.",
)
@click.pass_context
def main(context: click.Context, folder: Path | None, instant: bool, script_file: Path | None) -> None:
    """Simulates the devices of a terminal, each on a pseudo-terminal."""
    context.default_map = {name: {"folder": folder} for name in main.commands}
    if context.invoked_subcommand is not None:
        return
    start_log("huimin-simulate")
    try:
        steps = script.load(script_file, DEVICES) if script_file else ()
        asyncio.run(serve((folder or directory.default()).absolute(), instant=instant, steps=steps))
    except script.ScriptError as error:
        _fail_script(script_file, error)
    except directory.Occupied as error:
        _fail("simulate.occupied", folder=error)
    except fonts.FontMissing as error:
        _fail("simulate.font_missing", face=error)
    except OSError as error:
        _fail("simulate.folder_unusable", folder=folder or directory.default(), reason=error.strerror)


async def serve(folder: Path, *, instant: bool = False, steps: Sequence[script.Step] = ()) -> None:
    """Serves the simulated devices in a folder until SIGTERM, and lets the steps of a script happen.

    Raises Occupied, FontMissing, OSError.
    """
    stop = stop_requested()
    fonts.font(24)  # a printer without characters is found out now
    with directory.held(folder) as descriptor:
        bench = control.Bench([device.in_folder(folder, instant=instant) for device in DEVICES])
        server = await asyncio.start_unix_server(
            bench.serve, sock=directory.listen(folder, descriptor), limit=control.MAX_LINE_BYTES
        )
        try:
            await _run(bench.devices, steps, stop)
        finally:
            server.close()
            (folder / directory.CONTROL).unlink(missing_ok=True)


async def _run(devices: Sequence[SimulatedDevice], steps: Sequence[script.Step], stop: asyncio.Event) -> None:
    """Runs the devices until stop; a device that fails ends the simulator."""
    running: list[asyncio.Task[Any]] = [asyncio.create_task(device.run()) for device in devices]
    told: asyncio.Task[Any] = asyncio.create_task(stop.wait())
    try:
        while not all(device.line.plugged_in for device in devices):
            await asyncio.sleep(0)
            for task in running:
                if task.done():
                    task.result()
        for device in devices:
            say_ready(device.name, str(device.line.name))
        running.append(asyncio.create_task(_until(stop, script.run(steps, devices))))
        done, _ = await asyncio.wait([*running, told], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in (*running, told):
            task.cancel()
        await asyncio.gather(*running, told, return_exceptions=True)


async def _until(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Does its work, and is there until stop."""
    await work
    await stop.wait()


@main.command()
@_folder_option
@_device_argument
@click.argument("fault")
@click.option("--when", metavar="COMMAND", default=None, help="Begin once the device receives this command.")
@click.option(
    "--for",
    "seconds",
    type=click.FloatRange(0, control.MAX_SECONDS, min_open=True),
    default=None,
    help="End after so many seconds, however often it strikes until then.",
)
def fault(folder: Path | None, device: str, fault: str, when: str | None, seconds: float | None) -> None:
    """Makes something wrong with a device, or puts it right (none). `devices` lists what can go wrong."""
    _ask(folder, {"do": "fault", "device": device, "fault": fault, "when": when, "seconds": seconds})
    _say_fault(device, fault)
    if fault == NONE:
        return
    if when is not None:
        click.echo(_text()("simulate.begins_when", command=when))
    if seconds is not None:
        click.echo(_text()("simulate.ends_after", seconds=f"{seconds:g}"))


@main.command()
@_folder_option
@click.argument("device", type=_DeviceName(acting=True))
@click.argument("action")
@click.argument("given", default="")
def act(folder: Path | None, device: str, action: str, given: str) -> None:
    """Does to a device what a person does. `devices` lists what can be done."""
    state = _ask(folder, {"do": "act", "device": device, "action": action, "given": given})
    _say_state(device, state[device])


@main.command()
@_folder_option
@click.option("--card", default=cards.DEFAULT, show_default=True, help="A supplied card, or a file.")
@click.option("--fault", type=click.Choice(list(SimulatedIdentityCardReader.faults())), default=None)
def present(folder: Path | None, card: str, fault: str | None) -> None:
    """Lays an identity card on the reader."""
    device = SimulatedIdentityCardReader.name
    given = card if card in cards.supplied() else str(Path(card).absolute())
    if fault:
        _ask(folder, {"do": "fault", "device": device, "fault": fault})
    _ask(folder, {"do": "act", "device": device, "action": "present", "given": given})
    click.echo(_text()("simulate.presented", card=card))
    if fault:
        _say_fault(device, fault)


@main.command()
@_folder_option
def lift(folder: Path | None) -> None:
    """Takes the identity card away."""
    device = SimulatedIdentityCardReader.name
    state = _ask(folder, {"do": "act", "device": device, "action": "lift"})
    _say_state(device, state[device])


@main.command("printer")
@_folder_option
@click.option("--fault", type=click.Choice(list(SimulatedReceiptPrinter.faults())), required=True)
def printer_fault(folder: Path | None, fault: str) -> None:
    """Makes something wrong with the receipt printer, or puts it right (none)."""
    device = SimulatedReceiptPrinter.name
    _ask(folder, {"do": "fault", "device": device, "fault": fault})
    _say_fault(device, fault)


@main.command()
@_folder_option
@_device_argument
def plug(folder: Path | None, device: str) -> None:
    """Plugs a device in again."""
    _ask(folder, {"do": "plug", "device": device})
    click.echo(_text()("simulate.plugged", device=device))


@main.command()
@_folder_option
@_device_argument
def unplug(folder: Path | None, device: str) -> None:
    """Pulls a device's plug."""
    _ask(folder, {"do": "unplug", "device": device})
    click.echo(_text()("simulate.unplugged", device=device))


@main.command()
@_folder_option
def status(folder: Path | None) -> None:
    """Says what the simulated devices are doing."""
    text = _text()
    for device, state in _ask(folder, {"do": "status"}).items():
        click.echo(text("simulate.port", device=device, port=state["port"]))
        _say_state(device, state)
    click.echo(text("simulate.cards", names=", ".join(cards.supplied())))


@main.command()
def devices() -> None:
    """Lists what can be done to each device, what can go wrong with it, and what a fault can wait for."""
    text = _text()
    for device in DEVICES:
        click.echo(device.name)
        if device.actions:
            click.echo("  " + text("simulate.can_act", names=", ".join(device.actions)))
        if device.commands:
            click.echo("  " + text("simulate.can_wait", names=", ".join(device.commands)))
        for fault in device.own_faults:
            click.echo(f"  {fault.value}: {text(sentence(device.name, fault.value))}")
        click.echo()
    click.echo(SERVICE_CARD)
    click.echo("  " + text("simulate.by_command", command=f"huimin-simulate {SERVICE_CARD} --fault …"))
    for fault in CardFault:
        click.echo(f"  {fault.value}: {text(sentence(SERVICE_CARD, fault.value))}")
    click.echo()
    without = ", ".join(device.name for device in DEVICES if not device.checked)
    click.echo(text("simulate.any_device", fault=LineFault.WRONG_CHECKSUM.value, names=without))
    for fault in LineFault:
        click.echo(f"  {fault.value}: {text(sentence('', fault.value))}")


def _say_state(device: str, state: dict[str, Any]) -> None:
    """The sentences of one device."""
    text = _text()
    if not state["plugged_in"]:
        click.echo("  " + text("simulate.unplugged", device=device))
        return
    wrong = [fault for fault in (state["fault"], state["line"]) if fault != NONE]
    for fault in wrong or [NONE]:
        click.echo("  " + text(sentence(device, fault)))
    for name, value in state["facts"].items():
        match value:
            case bool():
                click.echo("  " + text(f"simulate.state.{name}.{'yes' if value else 'no'}"))
            case int() | str():
                click.echo("  " + text(f"simulate.state.{name}", value=value))


def _say_fault(device: str, fault: str) -> None:
    click.echo(_text()(sentence(device, fault)))


def sentence(device: str, fault: str) -> str:
    """Name of the sentence that says what a fault is."""
    if fault == NONE:
        return "simulate.in_order"
    of_line = fault in {fault.value for fault in LineFault}
    return f"simulate.{'line' if of_line else device}.{fault}"


@main.command(SERVICE_CARD)
@click.option(
    "--fault", type=click.Choice([fault.value for fault in CardFault]), default=CardFault.NONE.value
)
@click.option(
    "--reader-port",
    type=click.IntRange(1, 65535),
    default=FIRST_PORT,
    show_default=True,
    help="TCP port at which vpcd waits for the card of its reader; the second reader has the next one.",
)
def service_card(fault: str, reader_port: int) -> None:
    """Puts a demonstration service card into a virtual reader of pcscd (vsmartcard-vpcd), until Ctrl-C."""
    start_log("huimin-simulate")
    if not asyncio.run(_hold_card(CardFault(fault), reader_port)):
        _fail("simulate.no_virtual_reader", port=reader_port)


async def _hold_card(fault: CardFault, port: int) -> bool:
    """Keeps the card in the reader until SIGTERM; False where no reader takes it."""
    stop = stop_requested()
    card = SimulatedServiceCard(port)
    card.insert(fault=fault)
    try:
        async with asyncio.timeout(READER_SECONDS):
            await card.in_reader.wait()
    except TimeoutError:
        return False
    else:
        say_ready(SERVICE_CARD, f"127.0.0.1:{port}")
        ends = [asyncio.create_task(stop.wait()), asyncio.create_task(card.taken_out())]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
        return True
    finally:
        await card.remove()


def _text() -> Translate:
    return texts(language_of_environment())


def _ask(folder: Path | None, request: dict[str, Any]) -> dict[str, Any]:
    try:
        return control.ask(folder or directory.default(), request)
    except directory.NobodyServes as error:
        _fail("simulate.nobody", folder=error)
    except Refused as refused:
        _fail(refused.name, **refused.placeholders)


def _fail_script(file: Path | None, error: script.ScriptError) -> NoReturn:
    what = _text()(error.name, **error.placeholders)
    if error.step is None:
        _fail("simulate.script.wrong", file=file, what=what)
    _fail("simulate.script.wrong_step", file=file, step=error.step, what=what)


def _fail(name: str, **placeholders: object) -> NoReturn:
    """One sentence on standard error, and the end."""
    click.echo(_text()(name, **placeholders), err=True)
    sys.exit(Exit.USAGE)


if __name__ == "__main__":
    main()
