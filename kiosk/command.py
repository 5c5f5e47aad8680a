"""``huimin-kiosk``: the terminal."""

from __future__ import annotations

import asyncio
import faulthandler
import sys
from functools import partial
from pathlib import Path

import click

from backend_client.credentials import DoorCredentials, configured_credentials
from backend_client.enrol_command import enrol_command
from backend_client.preview_command import preview_command
from backend_client.queue.command import queue_command
from foundation.config import ConfigError, load
from foundation.language import Language
from foundation.life import beside
from foundation.log import logger, start_log
from foundation.observing import observed
from hardware.registry import ConfiguredDevices, Devices, DeviceSettings
from hardware.store import Store
from hardware.vendor_mode.settings import VendorModeSettings
from hardware.watch import watch
from kiosk.preview import preview
from kiosk.settings import KioskSettings
from kiosk.starting_anew import start_anew
from kiosk.technician.command import technician_command
from kiosk.window import ENDED_BY_LOSS, NoWindow, ScreenLost, prepare, require_window


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--backend", metavar="HOST:PORT", help="Address of the backend.  [default: 127.0.0.1:50051]")
@click.option("--size", metavar="WxH", help="Size of the window in pixels.  [default: 1080x1920]")
@click.option(
    "--language",
    type=click.Choice([language.value for language in Language]),
    help="Language in which a visit begins.  [default: zh_CN]",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="TOML file; its tables [kiosk], [devices] and [vendor_mode] count.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of what waits for the backend and what was read there.  [default: ~/.local/share/huimin]",
)
@click.option(
    "--inspect",
    type=click.Path(path_type=Path),
    metavar="SOCKET",
    help="Tell programs on this Unix socket what is shown.",
)
@click.pass_context
def main(
    context: click.Context,
    *,
    backend: str | None,
    size: str | None,
    language: str | None,
    config: Path | None,
    data: Path | None,
    inspect: Path | None,
) -> None:
    """Shows the terminal: policies, services, progress and notices, to be touched."""
    context.obj = config
    if context.invoked_subcommand is not None:
        return
    start_log("huimin-kiosk")
    faulthandler.enable()  # a supervisor ends what hangs with SIGABRT: the log then says where it hung
    try:
        settings = load(KioskSettings, config, backend=backend, size=size, language=language, data=data)
        credentials = configured_credentials(settings.backend, settings.credentials)
        devices = load(DeviceSettings, config)
        lending = load(VendorModeSettings, config)
        prepare(settings)
        with observed("huimin-kiosk", settings):
            anew = asyncio.run(_run(settings, credentials, devices, lending, inspect))
        if anew:
            start_anew()
    except (ConfigError, NoWindow) as error:
        click.echo(f"huimin-kiosk: {error}", err=True)
        sys.exit(2)
    except ScreenLost:
        logger(__name__).error("screen_lost")
        sys.exit(ENDED_BY_LOSS)


def _data_folder(config: Path | None, data: Path | None) -> Path:
    settings = load(KioskSettings, config, data=data)
    return settings.data / settings.room


main.add_command(preview_command(preview))
main.add_command(enrol_command("huimin-kiosk", lambda config: load(KioskSettings, config).credentials))
main.add_command(queue_command("huimin-kiosk", lambda config: [load(KioskSettings, config).queue_folder]))
main.add_command(technician_command(_data_folder))


async def _run(
    settings: KioskSettings,
    credentials: DoorCredentials | None,
    configured: ConfiguredDevices,
    lending: VendorModeSettings,
    inspect: Path | None,
) -> bool:
    """Everything that needs Kivy is imported here, after it was prepared. Whether to start anew."""
    from backend_client.door import open_door  # noqa: PLC0415 (faster --help)
    from kiosk.fonts import FontError  # noqa: PLC0415
    from kiosk.input.deploy import deploy  # noqa: PLC0415
    from kiosk.input.errors import InputMethodError  # noqa: PLC0415
    from kiosk.input.methods import InputMethods, open_all  # noqa: PLC0415

    try:
        dictionary = await asyncio.to_thread(deploy)
        require_window()
        from kiosk.app import SIZES, run, shows  # noqa: PLC0415 (it needs the window)

        devices = Devices(configured.configured())
        store = Store(settings.data / settings.room)
        opening = asyncio.create_task(devices.open())
        try:
            async with (
                beside(watch(devices.all.values(), store, configured.watch_seconds)),
                open_door(settings, settings.backend, credentials, SIZES, origin=settings.terminal) as door,
            ):
                return await run(
                    settings,
                    door,
                    devices,
                    opened=opening,
                    lending=lending,
                    typing=InputMethods(partial(open_all, dictionary, shows)),
                    inspect=inspect,
                )
        finally:
            await opening
            await devices.close()
    except (FontError, InputMethodError) as error:
        raise NoWindow(str(error)) from error
