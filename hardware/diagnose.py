"""``huimin-diagnose``: which devices there are, how they are, and what a technician does about it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from foundation.config import ConfigError, load
from foundation.language import Language, language_of_environment
from foundation.log import start_log
from hardware.holder import Holder, holder_of
from hardware.interfaces.device import Device, DeviceInfo, DeviceStatus, SelfTest
from hardware.interfaces.receipt_printer import PaperStatus, ReceiptPrinter
from hardware.registry import (
    IDENTITY_CARD_READER,
    RECEIPT_PRINTER,
    DeviceConfig,
    Devices,
    DeviceSettings,
    Finding,
    other_ports,
)
from hardware.simulators import control, directory
from hardware.simulators.device import Refused
from hardware.wording import texts

EXIT_FINE, EXIT_ATTENTION, EXIT_USAGE = 0, 1, 2
EXAMPLE = """\
    [devices.identity_card_reader]
    driver = "gat467"
    port = "/dev/ttyUSB0"
    baud = 115200

    [devices.receipt_printer]
    driver = "escpos"
    port = "/dev/ttyUSB1"
    baud = 115200

    [devices.document_printer]
    driver = "cups"
    port = "ipp://localhost:631/printers/A4"
"""


@dataclass(frozen=True, slots=True)
class Report:
    """What is known of one device. self_test: None where the device could not be asked for it."""

    device: str
    info: DeviceInfo
    status: DeviceStatus
    self_test: SelfTest | None
    paper: PaperStatus | None
    holder: Holder | None
    findings: tuple[Finding, ...] = field(default=())

    @property
    def fine(self) -> bool:
        """Whether nobody has to do anything."""
        tested = self.self_test is not None and self.self_test.passed and not self.self_test.findings
        return tested and self.status is DeviceStatus.ONLINE


async def examine(config: dict[str, DeviceConfig]) -> list[Report]:
    """Opens the configured devices, asks each how it is, and closes them."""
    devices = Devices(config)
    try:
        await devices.open()
        return [await _report(name, device, devices) for name, device in devices.all.items()]
    finally:
        await devices.close()


async def _report(name: str, device: Device, devices: Devices) -> Report:
    findings = tuple(finding for finding in devices.findings if finding.device == name)
    status = await device.status()
    busy = status is DeviceStatus.DEVICE_BUSY
    asked = status not in (DeviceStatus.DEVICE_BUSY, DeviceStatus.NO_DEVICE)
    paper = await device.paper() if isinstance(device, ReceiptPrinter) and asked else None
    return Report(
        name,
        device.info,
        status,
        devices.self_tests[name] if asked else None,
        paper,
        holder_of(device.info.port) if busy else None,
        findings,
    )


_config_option = click.option(
    "--config",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="TOML file with the tables [devices.identity_card_reader], [devices.receipt_printer] and"
    " [devices.document_printer].",
)
_language_option = click.option(
    "--language", type=click.Choice([each.value for each in Language]), help="Default: from the environment."
)
_json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object instead of sentences.")


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@_config_option
@_language_option
@_json_option
@click.pass_context
def main(context: click.Context, file: Path | None, language: str | None, as_json: bool) -> None:
    """Looks at the devices of this terminal. Exit code: 0 all fine, 1 something to do, 2 wrong usage."""
    if context.invoked_subcommand is None:
        context.invoke(list_devices, file=file, language=language, as_json=as_json)
    context.default_map = {"list": {"file": file, "language": language, "as_json": as_json}}


@main.command("list")
@_config_option
@_language_option
@_json_option
def list_devices(file: Path | None, language: str | None, as_json: bool) -> None:
    """Lists the devices with state and self-test; this is what happens without a subcommand."""
    start_log("huimin-diagnose", "error")  # what happens is said in words here
    spoken = Language(language) if language else language_of_environment()
    try:
        config, folder = configuration(file)
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_USAGE)
    reports = asyncio.run(examine(config))
    if as_json:
        click.echo(json.dumps(as_object(reports, spoken), ensure_ascii=False, indent=2))
    else:
        for line in sentences(reports, folder, spoken):
            click.echo(line)
    fine = bool(reports) and all(report.fine for report in reports)
    sys.exit(EXIT_FINE if fine else EXIT_ATTENTION)


def configuration(file: Path | None) -> tuple[dict[str, DeviceConfig], Path | None]:
    """The configured devices; without any, those of a simulator at its usual place, and that place."""
    config = load(DeviceSettings, file).configured()
    if config or file is not None:
        return config, None
    folder = directory.default()
    try:
        control.ask(folder, {"do": "status"})
    except (directory.NobodyServes, Refused):
        return {}, None
    return {
        IDENTITY_CARD_READER: DeviceConfig(
            driver="gat467", port=str(folder / directory.IDENTITY_CARD_READER)
        ),
        RECEIPT_PRINTER: DeviceConfig(driver="escpos", port=str(folder / directory.RECEIPT_PRINTER)),
    }, folder


def sentences(reports: list[Report], folder: Path | None, language: Language) -> Iterator[str]:
    """The report in words."""
    text = texts(language)
    if not reports:
        yield text("diagnose.none_configured")
        yield ""
        yield EXAMPLE
        yield ""
        if ports := other_ports({}):
            yield text("diagnose.other_ports", ports=", ".join(ports))
        yield text("diagnose.how_to_run")
        return
    if folder:
        yield text("diagnose.found_simulator", folder=folder)
        yield ""
    for report in reports:
        yield from _device_sentences(report, language)
        yield ""
    fine = all(report.fine for report in reports)
    yield text("diagnose.all_fine" if fine else "diagnose.attention")


def _device_sentences(report: Report, language: Language) -> Iterator[str]:
    text = texts(language)
    mark = f" [{text('diagnose.simulated')}]" if report.info.simulated else ""
    yield text(f"device.{report.device}") + mark
    yield "  " + text("diagnose.port", port=report.info.port, driver=report.info.driver)
    if report.self_test is None:
        outcome = text("self_test.not_run")
    else:
        outcome = text("self_test.passed" if report.self_test.passed else "self_test.failed")
    yield "  " + text("diagnose.state", state=text(f"state.{report.status.value}"), self_test=outcome)
    if report.paper:
        yield "  " + text("diagnose.paper", paper=text(f"paper.{report.paper.value}"))
    for name, value in report.info.details.items():
        yield "  " + text(f"diagnose.detail.{name}", value=value)
    if report.holder:
        yield "  " + text("diagnose.holder", process=report.holder.process, command=report.holder.command)
    for finding in report.findings:
        for advice in finding.advised(language):
            yield "  → " + advice


def as_object(reports: list[Report], language: Language) -> dict[str, Any]:
    """The report for programs; `findings` have stable names and a sentence."""
    return {
        "fine": bool(reports) and all(report.fine for report in reports),
        "devices": [
            {
                "device": report.device,
                "driver": report.info.driver,
                "port": report.info.port,
                "simulated": report.info.simulated,
                "status": report.status.value,
                "self_test": None if report.self_test is None else report.self_test.passed,
                "paper": report.paper.value if report.paper else None,
                "details": report.info.details,
                "held_by": report.holder.process if report.holder else None,
                "findings": [
                    {
                        "name": finding.kind.value,
                        "advice": list(finding.advice),
                        "text": finding.sentence(language),
                    }
                    for finding in report.findings
                ],
            }
            for report in reports
        ],
    }


if __name__ == "__main__":
    main()
