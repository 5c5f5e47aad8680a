"""`huimin-diagnose` as a real process."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from hardware.diagnose import main
from hardware.simulators import control
from hardware.transport.serial_port import SerialPort
from tests.hardware.commands import command, environment, simulator

SIMULATED = (
    "Identity card reader",
    "Card reader",
    "PIN pad",
    "Receipt printer",
    "Code reader",
    "Auxiliaries",
)
HAN = re.compile(r"[\u4e00-\u9fff]")


def diagnose(
    folder: Path, *arguments: str, language: str = "en_GB.UTF-8", **more: str
) -> subprocess.CompletedProcess[str]:
    return command("hardware.diagnose", *arguments, **environment(folder, language, **more))


@pytest.fixture(scope="module")
def usual_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An environment's folder, in which a simulator runs where simulators usually meet."""
    folder = tmp_path_factory.mktemp("runtime")
    with simulator(**environment(folder)):
        yield folder


@pytest.fixture
def simulated(usual_place: Path) -> Path:
    """The folder of the running simulator, whose devices are in order."""
    folder = usual_place / "huimin"
    control.ask(folder, {"do": "fault", "device": "receipt-printer", "fault": "none"})
    return folder


def configured(tmp_path: Path, **ports: object) -> str:
    """A configuration file with these ports."""
    drivers = {"identity_card_reader": "gat467", "receipt_printer": "escpos"}
    text = "".join(
        f'[devices.{name}]\ndriver = "{drivers[name]}"\nport = "{port}"\n' for name, port in ports.items()
    )
    file = tmp_path / "terminal.toml"
    file.write_text(text, "utf-8")
    return str(file)


@pytest.mark.parametrize("arguments", [(), ("list",)])
def test_simulated_devices_at_the_usual_place_are_found(simulated: Path, arguments: tuple[str, ...]) -> None:
    done = diagnose(simulated.parent, *arguments)
    assert done.returncode == 0, done.stderr
    for device in SIMULATED:
        assert f"{device} [SIMULATED]" in done.stdout
    assert done.stdout.count("Self-test: passed") == len(SIMULATED)
    assert "All devices are working." in done.stdout
    assert str(simulated) in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("language", "arguments"),
    [("zh_CN.UTF-8", ()), ("en_GB.UTF-8", ("--language", "zh_CN")), ("C", ("list", "--language", "zh_CN"))],
)
def test_it_speaks_chinese(simulated: Path, language: str, arguments: tuple[str, ...]) -> None:
    done = diagnose(simulated.parent, *arguments, language=language)
    assert done.returncode == 0
    for text in ("身份证阅读器", "回执打印机", "模拟设备", "状态：正常", "自检：通过"):
        assert text in done.stdout


def test_it_speaks_english_in_other_locales(simulated: Path) -> None:
    assert not HAN.search(diagnose(simulated.parent, language="C").stdout)


@pytest.mark.parametrize(
    ("fault", "advice", "paper"),
    [
        ("paper-out", "put in a new roll", "used up"),
        ("cover-open", "until it clicks", "enough"),
        ("cutter", "take out the jammed paper", "enough"),
        ("paper-low", "Have a new roll ready", "running low"),
    ],
)
def test_trouble_is_said_with_what_to_do(simulated: Path, fault: str, advice: str, paper: str) -> None:
    control.ask(simulated, {"do": "fault", "device": "receipt-printer", "fault": fault})
    done = diagnose(simulated.parent)
    assert done.returncode == 1
    assert advice in done.stdout
    assert f"Paper: {paper}" in done.stdout
    assert "Some devices need attention" in done.stdout


def test_it_reports_to_programs(simulated: Path) -> None:
    control.ask(simulated, {"do": "fault", "device": "receipt-printer", "fault": "paper-out"})
    done = diagnose(simulated.parent, "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    devices = {device["device"]: device for device in report["devices"]}
    reader, printer = devices["identity_card_reader"], devices["receipt_printer"]
    assert report["fine"] is False
    assert reader["device"] == "identity_card_reader"
    assert reader["status"] == "online"
    assert reader["self_test"] is True
    assert reader["simulated"] is True
    assert reader["details"] == {"sam_id": b"HUIMIN-SIMULATED".hex()}
    assert printer["status"] == "offline"
    assert printer["self_test"] is False
    assert printer["paper"] == "out"
    assert [finding["code"] for finding in printer["findings"]] == ["receipt_printer.paperOut"]
    assert "new roll" in printer["findings"][0]["text"]


async def test_a_port_that_the_terminal_holds_is_in_use(simulated: Path) -> None:
    held = SerialPort(str(simulated / "identity-card-reader"))
    await held.open()
    done = diagnose(simulated.parent)
    report = json.loads(diagnose(simulated.parent, "--json").stdout)
    await held.close()
    assert done.returncode == 3
    assert "Not every device could be asked" in done.stdout
    assert "State: in use   Self-test: not run" in done.stdout
    assert f"In use by: process {os.getpid()}" in done.stdout
    assert "it borrows the devices" in done.stdout
    assert "Traceback" not in done.stderr
    assert report["devices"][0]["held_by"] == os.getpid()
    assert report["devices"][0]["status"] == "deviceBusy"


def test_an_absent_device_is_said_so(tmp_path: Path) -> None:
    file = configured(tmp_path, identity_card_reader=tmp_path / "none", receipt_printer=tmp_path / "nothing")
    done = diagnose(tmp_path, "--config", file)
    assert done.returncode == 1
    assert done.stdout.count("State: no device") == 2
    assert done.stdout.count("Check the cable and the power") == 2


def test_the_configuration_is_used(tmp_path: Path, simulated: Path) -> None:
    file = configured(tmp_path, receipt_printer=simulated / "receipt-printer")
    done = diagnose(tmp_path, "list", "--config", file)
    assert done.returncode == 0
    assert "Receipt printer [SIMULATED]" in done.stdout
    assert "Identity card reader" not in done.stdout


def test_the_environment_is_used(tmp_path: Path, simulated: Path) -> None:
    done = diagnose(
        tmp_path,
        HUIMIN_DEVICES_RECEIPT_PRINTER__DRIVER="escpos",
        HUIMIN_DEVICES_RECEIPT_PRINTER__PORT=str(simulated / "receipt-printer"),
    )
    assert done.returncode == 0
    assert "Identity card reader" not in done.stdout


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "No device is configured"), ("zh_CN", "没有配置任何设备")]
)
def test_without_a_device_it_says_how_to_configure_one(tmp_path: Path, language: str, sentence: str) -> None:
    done = diagnose(tmp_path, language=language)
    assert done.returncode == 1
    assert sentence in done.stdout
    assert "[devices.identity_card_reader]" in done.stdout
    assert "huimin-simulate" in done.stdout
    assert json.loads(diagnose(tmp_path, "--json").stdout) == {"fine": False, "devices": []}


@pytest.mark.parametrize("name", ["check", "watch"])
def test_without_a_device_there_is_nothing_to_work_on(tmp_path: Path, name: str) -> None:
    done = diagnose(tmp_path, name)
    assert done.returncode == 1
    assert "huimin-diagnose list" in done.stderr


def test_a_wrong_configuration_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "terminal.toml"
    for text, named in (
        ('[devices.receipt_printer]\ndriver = "x"\nport = "/dev/y"\n', "receipt_printer"),
        ("[devices\n", "terminal.toml"),
    ):
        file.write_text(text, "utf-8")
        done = diagnose(tmp_path, "--config", str(file))
        assert done.returncode == 2
        assert named in done.stderr
        assert "Traceback" not in done.stderr
        told = json.loads(diagnose(tmp_path, "list", "--config", str(file), "--json").stdout)
        assert told["error"] == "wrong_configuration" and named in told["text"]
        assert "配置有误" in diagnose(tmp_path, "--config", str(file), language="zh_CN").stderr
    assert diagnose(tmp_path, "--config", str(tmp_path / "none.toml")).returncode == 2


@pytest.mark.parametrize("arguments", [("--nonsense",), ("nonsense",), ("--language", "fr")])
def test_wrong_usage_is_said_so(arguments: tuple[str, ...]) -> None:
    assert CliRunner().invoke(main, arguments).exit_code == 2
