"""Devices of a configuration, and what is found on their ports."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from foundation.config import ConfigError, load
from foundation.language import Language
from hardware.drivers.escpos_printer import EscposOptions
from hardware.drivers.serial_device import SerialOptions
from hardware.interfaces.device import AnyDevice, DeviceOptions, DeviceStatus
from hardware.interfaces.receipt_printer import TextLine
from hardware.registry import (
    CLASSES,
    IDENTITY_CARD_READER,
    RECEIPT_PRINTER,
    DeviceClass,
    Devices,
    DeviceSettings,
    Finding,
    FindingKind,
)
from hardware.simulators import cards
from hardware.simulators.identity_card_reader import SimulatedIdentityCardReader
from hardware.simulators.receipt_printer import PrinterFault, SimulatedReceiptPrinter
from hardware.transport.serial_port import SerialPort
from hardware.watch import WATCH_SECONDS

HAN = re.compile(r"[\u4e00-\u9fff]")


def printer_at(port: Path) -> dict[str, DeviceOptions]:
    return {"receipt_printer": RECEIPT_PRINTER.options({"driver": "escpos", "port": str(port)})}


def config_of(folder: Path) -> dict[str, DeviceOptions]:
    reader = IDENTITY_CARD_READER.options({"driver": "gat467", "port": str(folder / "reader")})
    return {"identity_card_reader": reader, **printer_at(folder / "printer")}


@pytest.fixture
async def devices(
    simulated_reader: SimulatedIdentityCardReader,
    simulated_printer: SimulatedReceiptPrinter,
    tmp_path: Path,
) -> AsyncIterator[Devices]:
    devices = Devices(config_of(tmp_path))
    yield devices
    await devices.close()


async def test_both_devices_are_found_and_work(
    devices: Devices,
    simulated_reader: SimulatedIdentityCardReader,
    simulated_printer: SimulatedReceiptPrinter,
) -> None:
    await devices.open()
    assert [(finding.device, finding.kind, finding.simulated) for finding in devices.findings] == [
        ("identity_card_reader", FindingKind.FOUND, True),
        ("receipt_printer", FindingKind.FOUND, True),
    ]
    reader, printer = devices.of(IDENTITY_CARD_READER), devices.of(RECEIPT_PRINTER)
    assert reader and printer
    simulated_reader.present(cards.load("default").content())
    assert await reader.read_card(timeout=2.0)
    await printer.print_slip((TextLine("回执"),))
    assert simulated_printer.last_slip


async def test_the_ports_are_free_after_closing(devices: Devices, tmp_path: Path) -> None:
    await devices.open()
    await devices.close()
    await devices.close()
    async with AsyncExitStack() as stack:
        for name in ("reader", "printer"):
            port = SerialPort(str(tmp_path / name))
            await port.open()
            stack.push_async_callback(port.close)


async def test_without_configuration_there_are_no_devices() -> None:
    devices = Devices({})
    await devices.open()
    assert devices.of(IDENTITY_CARD_READER) is None
    assert devices.of(RECEIPT_PRINTER) is None
    assert devices.findings == ()
    await devices.close()


async def test_an_absent_device_is_said_so_with_the_ports_where_it_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Port:
        device = "/dev/ttyUSB7"

    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: [Port()])
    devices = Devices(printer_at(tmp_path / "printer"))
    await devices.open()
    not_found, elsewhere = devices.findings
    assert (not_found.kind, not_found.advice) == (FindingKind.NOT_FOUND, ("advice.port.absent",))
    assert (elsewhere.kind, elsewhere.port) == (FindingKind.OTHER_PORTS, "/dev/ttyUSB7")
    assert (printer := devices.of(RECEIPT_PRINTER))
    assert (await printer.status()).device is DeviceStatus.NO_DEVICE
    await devices.close()


async def test_a_device_that_is_plugged_in_later_works(
    tmp_path: Path, simulated_printer: SimulatedReceiptPrinter
) -> None:
    simulated_printer.line.unplug()
    devices = Devices(printer_at(tmp_path / "printer"))
    await devices.open()
    simulated_printer.line.plug_in()
    assert (printer := devices.of(RECEIPT_PRINTER))
    assert (await printer.status()).device is DeviceStatus.ONLINE
    await devices.close()


async def test_a_port_in_use_is_said_so(devices: Devices, tmp_path: Path) -> None:
    other = Devices(config_of(tmp_path))
    await other.open()
    await devices.open()
    assert {(finding.kind, finding.advice) for finding in devices.findings} == {
        (FindingKind.PORT_UNUSABLE, ("advice.port.in_use",))
    }
    await other.close()
    assert (printer := devices.of(RECEIPT_PRINTER))
    assert (await printer.status()).device is DeviceStatus.ONLINE


async def test_a_silent_device_is_not_found(
    devices: Devices, simulated_reader: SimulatedIdentityCardReader
) -> None:
    simulated_reader.silent = True
    await devices.open()
    assert devices.findings[0].kind is FindingKind.NOT_FOUND
    assert devices.findings[0].advice == ("advice.completion.connectionLost",)
    assert devices.findings[1].kind is FindingKind.FOUND


async def test_a_device_with_trouble_needs_attention(
    devices: Devices, simulated_printer: SimulatedReceiptPrinter
) -> None:
    simulated_printer.fault = PrinterFault.PAPER_OUT
    await devices.open()
    finding = devices.findings[1]
    assert (finding.kind, finding.advice) == (FindingKind.ATTENTION, ("advice.receipt_printer.paperOut",))


@pytest.mark.parametrize("kind", FindingKind)
def test_every_finding_is_a_sentence_in_both_languages(kind: FindingKind) -> None:
    finding = Finding(
        kind, "receipt_printer", "escpos", "/dev/ttyUSB0", True, ("advice.receipt_printer.paperLow",)
    )
    chinese, english = finding.sentence(Language.ZH_CN), finding.sentence(Language.EN)
    assert HAN.search(chinese)
    assert not HAN.search(english)
    for sentence in (chinese, english):
        assert "/dev/ttyUSB0" in sentence
        assert "{" not in sentence
    assert "模拟" in chinese
    assert "imulated" in english


async def test_two_owners_never_have_the_same_device(devices: Devices, tmp_path: Path) -> None:
    others = [Devices(config_of(tmp_path)) for _ in range(3)]
    await asyncio.gather(devices.open(), *(other.open() for other in others))
    every = [finding for one in (devices, *others) for finding in one.findings]
    assert sum(finding.kind is FindingKind.FOUND for finding in every) == 2
    for other in others:
        await other.close()


# Configuration


def settings(tmp_path: Path, text: str) -> dict[str, DeviceOptions]:
    file = tmp_path / "terminal.toml"
    file.write_text(text, "utf-8")
    return load(DeviceSettings, file).configured()


def test_devices_are_configured_by_class(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        '[devices.identity_card_reader]\ndriver = "gat467"\nport = "/dev/ttyUSB0"\nbaud = 9600\n'
        '[devices.receipt_printer]\ndriver = "escpos"\nport = "/dev/ttyUSB1"\ncolumns = 32\n',
    )
    assert isinstance(found["identity_card_reader"], SerialOptions)
    assert found["identity_card_reader"].baud == 9600
    assert isinstance(found["receipt_printer"], EscposOptions)
    assert found["receipt_printer"].columns == 32
    assert set(found) == {"identity_card_reader", "receipt_printer"}


def test_one_value_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIMIN_DEVICES_RECEIPT_PRINTER__PORT", "/dev/ttyS5")
    found = settings(tmp_path, '[devices.receipt_printer]\ndriver = "escpos"\nport = "/dev/ttyUSB1"\n')
    assert found["receipt_printer"].port == "/dev/ttyS5"


WRONG = [
    ('[devices.receipt_printer]\ndriver = "nonsense"\nport = "/dev/x"\n', "escpos"),
    ('[devices.receipt_printer]\ndriver = "gat467"\nport = "/dev/x"\n', "escpos"),
    ('[devices.receipt_printer]\ndriver = "escpos"\n', "port"),
    ('[devices.receipt_printer]\ndriver = "escpos"\nport = ""\n', "port"),
    ('[devices.receipt_printer]\ndriver = "escpos"\nport = "/dev/x"\nbaud = 1234\n', "baud"),
    ('[devices.receipt_printer]\ndriver = "escpos"\nport = "/dev/x"\nspeed = 9600\n', "speed"),
    ('[devices.receipt_printer]\ndriver = ["escpos"]\nport = "/dev/x"\n', "driver"),
    ('[devices.receipt_printer]\nport = "/dev/x"\n', "escpos"),
    ("[devices]\nreceipt_printer = 1\n", "not a table"),
    ('[devices.document_printer]\ndriver = "cups"\nport = "/dev/x"\n', "ipp://"),
    ('[devices.coffee_machine]\ndriver = "escpos"\nport = "/dev/x"\n', "coffee_machine"),
    (
        '[devices.identity_card_reader]\ndriver = "gat467"\nport = "/dev/x"\n'
        '[devices.receipt_printer]\ndriver = "escpos"\nport = "/dev/x"\n',
        "identity_card_reader already",
    ),
]


@pytest.mark.parametrize(("text", "named"), WRONG)
def test_a_wrong_configuration_names_what_is_wrong(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigError) as raised:
        settings(tmp_path, text)
    assert named in str(raised.value)


def test_a_link_to_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    (tmp_path / "by-id").symlink_to("/dev/ttyUSB9")
    with pytest.raises(ConfigError, match="identity_card_reader already"):
        settings(
            tmp_path,
            '[devices.identity_card_reader]\ndriver = "gat467"\nport = "/dev/ttyUSB9"\n'
            f'[devices.receipt_printer]\ndriver = "escpos"\nport = "{tmp_path / "by-id"}"\n',
        )


def test_the_watchs_time_is_configured_beside_the_devices(tmp_path: Path) -> None:
    file = tmp_path / "terminal.toml"
    file.write_text("[devices]\nwatch_seconds = 2.5\n", "utf-8")
    found = load(DeviceSettings, file)
    assert (found.watch_seconds, found.configured()) == (2.5, {})
    assert load(DeviceSettings, None).watch_seconds == WATCH_SECONDS
    file.write_text("[devices]\nwatch_seconds = 0.01\n", "utf-8")
    with pytest.raises(ConfigError, match="watch_seconds"):
        load(DeviceSettings, file)


@pytest.mark.parametrize("kind", CLASSES.values(), ids=list(CLASSES))
def test_every_line_of_the_table_leads_to_a_driver_of_its_class(kind: DeviceClass[AnyDevice]) -> None:
    assert kind.drivers, "a class that no model can be configured of"
    for name in kind.drivers:
        driver = kind.driver(name)
        assert issubclass(driver, kind.interface)
        assert (driver.name, driver.driver) == (kind.name, name)
        assert set(driver.Options.model_fields) >= {"driver", "port"}
