"""``huimin-diagnose list``: which devices there are, and how they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from foundation.language import Language
from hardware.diagnosing.borrowing import key_of, known
from hardware.diagnosing.report import IN_USE, SILENT_TERMINAL, Part, Report, report
from hardware.holder import holder_of
from hardware.interfaces.device import DeviceOptions, DeviceStatus, PortProblem
from hardware.registry import Devices, other_ports
from hardware.usage import Exit, exit_of
from hardware.wording import sentence_or, texts

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
_IN_ALL = {
    Exit.FINE: "diagnose.all_fine",
    Exit.ATTENTION: "diagnose.attention",
    Exit.NOT_KNOWN: "diagnose.not_known",
}
"""What is said of all devices together."""
_ABSENT = f"advice.port.{PortProblem.ABSENT.value}"


async def listed(config: Mapping[str, DeviceOptions], folder: Path) -> list[Report]:
    """How every configured device is. Those that a terminal has are told by it, and are not touched.

    folder: of the terminals' sockets.
    """
    told = await known(folder)
    keys = {name: key_of(name, options.port) for name, options in config.items()}
    here = {name: options for name, options in config.items() if keys[name] not in told.reports}
    examined = {one.device: of_silent(one, told.silent) for one in await examine(here, config)}
    return [examined[name] if name in examined else told.reports[keys[name]] for name in config]


async def examine(
    config: Mapping[str, DeviceOptions], all_devices: Mapping[str, DeviceOptions]
) -> list[Report]:
    """Opens devices, asks each how it is, and closes them. all_devices: those that take up a port, too."""
    devices = Devices(config)
    try:
        await devices.open()
        return [await _examined(name, devices, all_devices) for name in config]
    finally:
        await devices.close()


async def _examined(name: str, devices: Devices, all_devices: Mapping[str, DeviceOptions]) -> Report:
    device = devices.all[name]
    status = await device.status()
    busy = status.device is DeviceStatus.DEVICE_BUSY
    asked = not busy and status.device is not DeviceStatus.NO_DEVICE
    found = report(
        device,
        status,
        devices.self_tests[name] if asked else None,
        holder=holder_of(device.info.port) if busy else None,
    )
    if _ABSENT in found.findings:
        return found.model_copy(update={"ports": tuple(other_ports(all_devices))})
    return found


def of_silent(found: Report, silent: Sequence[int]) -> Report:
    """Why a device is in use: the terminal that has it hangs."""
    if found.holder is None or found.holder.process not in silent:
        return found
    findings = tuple(name for name in found.findings if name != IN_USE)
    return found.model_copy(update={"findings": (SILENT_TERMINAL, *findings)})


def sentences(reports: Sequence[Report], simulator: Path | None, language: Language) -> Iterator[str]:
    """The reports in words."""
    text = texts(language)
    if not reports:
        yield from _none_configured(language)
        return
    if simulator:
        yield text("diagnose.found_simulator", folder=simulator)
        yield ""
    for one in reports:
        yield from device_sentences(one, language)
        yield ""
    yield text(_IN_ALL[exit_of(reports)])


def _none_configured(language: Language) -> Iterator[str]:
    text = texts(language)
    yield text("diagnose.none_configured")
    yield ""
    yield EXAMPLE
    yield ""
    if ports := other_ports({}):
        yield text("diagnose.other_ports", ports=", ".join(ports))
    yield text("diagnose.how_to_run")


def device_sentences(one: Report, language: Language) -> Iterator[str]:
    """One report in words."""
    text = texts(language)
    mark = f" [{text('diagnose.simulated')}]" if one.simulated else ""
    yield text(f"device.{one.device}") + mark
    yield "  " + text("diagnose.port", port=one.port, driver=one.driver)
    yield "  " + state_sentence(one, language)
    if parts := list(part_sentences(one.parts, language)):
        yield "  " + text("diagnose.between").join(parts)
    for detail in detail_sentences(one, language):
        yield "  " + detail
    if one.terminal:
        yield "  " + text("diagnose.told_by_terminal", process=one.terminal)
    if one.holder:
        yield "  " + text("diagnose.holder", process=one.holder.process, command=one.holder.command)
    for advice in one.advised(language):
        yield "  → " + advice


def state_sentence(one: Report, language: Language) -> str:
    """The state, and what came of the self-test."""
    text = texts(language)
    if one.self_test is None:
        outcome = text("self_test.not_run")
    else:
        outcome = text("self_test.passed" if one.self_test else "self_test.failed")
    return text("diagnose.state", state=text(f"state.{one.status.value}"), self_test=outcome)


def detail_sentences(one: Report, language: Language) -> Iterator[str]:
    """What it said of itself: firmware, serial number."""
    text = texts(language)
    for name, value in one.details.items():
        yield sentence_or(partial(text, value=value), f"diagnose.detail.{name}", f"{name}: {value}")


def part_sentences(parts: Mapping[str, Part], language: Language) -> Iterator[str]:
    """What a class says beyond the state of the device, as far as it is known."""
    text = texts(language)
    for name, value in parts.items():
        if value in (None, "unknown", "notSupported"):
            continue
        key = f"value.{name}.{value}" if isinstance(value, str) else f"figure.{name}"
        shown = sentence_or(partial(text, value=value), key, str(value))
        yield text("diagnose.part", part=sentence_or(text, f"part.{name}", name), value=shown)
