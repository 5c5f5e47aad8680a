"""What a command of `huimin-diagnose` was asked for: which devices, in which language, for whom."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click

from foundation.config import ConfigError, load
from foundation.language import Language, Translate, language_of_environment
from foundation.log import start_log
from hardware.diagnosing.history import TerminalData
from hardware.diagnosing.redaction import without_users
from hardware.interfaces.device import DeviceOptions
from hardware.registry import CLASSES, DeviceSettings
from hardware.simulators import control, directory
from hardware.simulators.device import Refused
from hardware.usage import Exit, end_with
from hardware.vendor_mode.settings import VendorModeSettings
from hardware.wording import texts


@dataclass(frozen=True, slots=True)
class Asked:
    """The options that every command has.

    kept: folder of what became of the devices; terminal: its name; simulator: folder of the simulator
    whose devices these are, where none are configured.
    """

    config: dict[str, DeviceOptions]
    lending: VendorModeSettings
    kept: Path
    terminal: str
    language: Language
    as_json: bool
    simulator: Path | None = None

    @property
    def text(self) -> Translate:
        """The room's texts."""
        return texts(self.language)

    def only(self, device: str | None) -> dict[str, DeviceOptions]:
        """The configured devices, or one of them. Ends the command where it is not configured."""
        if not self.config:
            self.fail(Exit.ATTENTION, "diagnose.none_at_all")
        if device is None:
            return self.config
        if device not in self.config:
            self.fail(Exit.USAGE, "diagnose.not_configured", device=device, known=", ".join(self.config))
        return {device: self.config[device]}

    def fail(self, exit_code: Exit, name: str, /, **placeholders: object) -> NoReturn:
        """Ends the command with a sentence, or an object that has it."""
        sentence = self.text(name, **placeholders)
        end_with(name.removeprefix("diagnose."), sentence, exit_code, as_json=self.as_json)

    def print(self, told: dict[str, Any]) -> None:
        """One JSON object."""
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))


def asking(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the common options, as an Asked in the first place."""

    @click.option(
        "--config",
        "file",
        type=click.Path(dir_okay=False, path_type=Path),
        help="TOML file; its tables [devices.…], [vendor_mode] and, for the data folder, [kiosk] count.",
    )
    @click.option(
        "--language",
        type=click.Choice([each.value for each in Language]),
        help="Default: from the environment.",
    )
    @click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        help="The terminal's data folder, where it was started with another.",
    )
    @click.option("--json", "as_json", is_flag=True, help="JSON instead of sentences.")
    @functools.wraps(command)
    def run(
        *given: Any,
        file: Path | None,
        language: str | None,
        data: Path | None,
        as_json: bool,
        **options: Any,
    ) -> None:
        start_log("huimin-diagnose", "critical")  # what happens is said in words here
        spoken = Language(language) if language else language_of_environment()
        try:
            config, simulator = configured(file)
            lending = load(VendorModeSettings, file)
            terminal = load(TerminalData, file, data=data)
        except ConfigError as error:
            said = texts(spoken)("diagnose.wrong_configuration", reason=without_users(str(error)))
            end_with("wrong_configuration", said, Exit.USAGE, as_json=as_json)
        asked = Asked(config, lending, terminal.folder, terminal.terminal, spoken, as_json, simulator)
        command(asked, *given, **options)

    return run


def configured(file: Path | None) -> tuple[dict[str, DeviceOptions], Path | None]:
    """The configured devices; without any, those of a simulator at its usual place, and that place.

    A simulated device that has the name of a class is taken for one of that class, with its first driver.
    Raises ConfigError.
    """
    config = load(DeviceSettings, file).configured()
    if config or file is not None:
        return config, None
    folder = directory.default()
    try:
        served = control.ask(folder, {"do": "status"})
    except (directory.NobodyServes, Refused):
        return {}, None
    found = {}
    for name, kind in CLASSES.items():
        device = served.get(name.replace("_", "-"))
        if device is not None and kind.drivers:
            table = {"driver": next(iter(kind.drivers)), "port": device["port"]}
            found[name] = kind.options(table)
    return found, folder
