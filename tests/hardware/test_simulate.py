"""`huimin-simulate` as a real process."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from hardware.drivers.escpos_printer import EscposOptions, EscposPrinter
from hardware.drivers.gat467_reader import Gat467Reader
from hardware.drivers.serial_device import SerialOptions
from hardware.interfaces.device import CompletionCode, DeviceError
from hardware.interfaces.identity_card_reader import CardError
from hardware.interfaces.receipt_printer import PrintError, QrCode, TextLine
from hardware.simulators import cards, control, directory
from hardware.simulators.table import DEVICES
from tests.hardware.commands import command, environment, simulator

DEVICE_NAMES = {device.name for device in DEVICES}
PRESENT = {"do": "act", "device": "identity-card-reader", "action": "present"}


def fault(device: str, name: str) -> dict[str, str]:
    """The request that makes something wrong."""
    return {"do": "fault", "device": device, "fault": name}


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


async def test_a_visit_with_the_simulated_devices(tmp_path: Path) -> None:
    env = environment(tmp_path)
    folder = tmp_path / "huimin"
    with simulator(**env):
        reader = Gat467Reader(SerialOptions(port=str(folder / "identity-card-reader")))
        printer = EscposPrinter(EscposOptions(port=str(folder / "receipt-printer")))
        await reader.open()
        await printer.open()

        assert command("hardware.simulate", "present", **env).returncode == 0
        assert (await reader.read_card(timeout=3.0)).full_name == cards.load("default").full_name

        command("hardware.simulate", "present", "--card", "elder", "--fault", "wrong-checksum", **env)
        with pytest.raises(DeviceError) as raised:
            await reader.read_card(timeout=3.0)
        assert raised.value.code is CardError.READ_FAILED

        own = tmp_path / "own.toml"
        own.write_bytes((cards.SUPPLIED / "minority.toml").read_bytes())
        command("hardware.simulate", "present", "--card", str(own), **env)
        assert (await reader.read_card(timeout=3.0)).full_name == cards.load("minority").full_name

        control.ask(folder, PRESENT)
        command("hardware.simulate", "lift", **env)
        with pytest.raises(DeviceError) as raised:
            await reader.read_card(timeout=0.5)
        assert raised.value.code is CardError.NO_MEDIA

        await printer.print_slip((TextLine("回执"), QrCode("HUIMIN")))
        slip = folder / "slips" / "slip-0001.png"
        with Image.open(slip) as picture:
            assert [code.text for code in zxingcpp.read_barcodes(picture)] == ["HUIMIN"]

        command("hardware.simulate", "printer", "--fault", "paper-out", **env)
        with pytest.raises(DeviceError) as raised:
            await printer.print_slip((TextLine("回执"),))
        assert raised.value.code is PrintError.PAPER_OUT
        control.ask(folder, fault("receipt-printer", "none"))
        await printer.print_slip((TextLine("回执"),))

        command("hardware.simulate", "unplug", "identity-card-reader", **env)
        with pytest.raises(DeviceError) as raised:
            await reader.read_card(timeout=0.3)
        assert raised.value.completion is CompletionCode.CONNECTION_LOST
        command("hardware.simulate", "plug", "identity-card-reader", **env)
        control.ask(folder, PRESENT)
        assert await reader.read_card(timeout=3.0)
        await reader.close()
        await printer.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_and_leaves_no_links(tmp_path: Path, number: signal.Signals) -> None:
    env = environment(tmp_path)
    with simulator("--directory", str(tmp_path / "devices"), **env) as process:
        assert {"control", "slips", *DEVICE_NAMES} <= names(tmp_path / "devices")
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
        assert process.stderr
        assert process.stderr.read() == ""
    assert not {"control", *DEVICE_NAMES} & names(tmp_path / "devices"), "slips and set-ups stay"


def test_what_a_killed_simulator_left_is_replaced(tmp_path: Path) -> None:
    env = environment(tmp_path)
    folder = tmp_path / "huimin"
    with simulator(**env) as process:
        process.kill()
        process.wait(timeout=20)
    assert "control" in names(folder)
    with pytest.raises(directory.NobodyServes):
        control.ask(folder, {"do": "status"})
    with simulator(**env):
        assert control.ask(folder, {"do": "status"})
        assert (folder / "receipt-printer").resolve().exists()


def test_a_second_simulator_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    env = environment(tmp_path)
    with simulator(**env):
        second = command("hardware.simulate", **env)
        assert second.returncode == 2
        assert "already running" in second.stderr
        assert control.ask(tmp_path / "huimin", {"do": "status"})


WITHOUT_A_SIMULATOR = [
    (("present",), "en_GB.UTF-8", "No simulator is running"),
    (("lift",), "zh_CN.UTF-8", "没有正在运行的模拟器"),
    (("unplug", "receipt-printer"), "C", "No simulator is running"),
]


@pytest.mark.parametrize(("arguments", "language", "sentence"), WITHOUT_A_SIMULATOR)
def test_without_a_simulator_a_sentence_says_what_to_do(
    tmp_path: Path, arguments: tuple[str, ...], language: str, sentence: str
) -> None:
    done = command("hardware.simulate", *arguments, **environment(tmp_path, language))
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "huimin-simulate" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_folder_may_be_given_before_or_behind_the_subcommand(tmp_path: Path) -> None:
    env = environment(tmp_path)
    folder = str(tmp_path / "here")
    with simulator("--directory", folder, **env):
        assert command("hardware.simulate", "--directory", folder, "status", **env).returncode == 0
        assert command("hardware.simulate", "status", "--directory", folder, **env).returncode == 0
        with pytest.raises(directory.NobodyServes):
            control.ask(tmp_path / "huimin", {"do": "status"})


def test_a_folder_with_a_long_name_works(tmp_path: Path) -> None:
    env = environment(tmp_path)
    folder = tmp_path / ("long" * 30) / ("name" * 20)
    with simulator("--directory", str(folder), **env):
        assert command("hardware.simulate", "status", "--directory", str(folder), **env).returncode == 0


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = command("hardware.simulate", "--directory", str(tmp_path / "file" / "x"), **environment(tmp_path))
    assert done.returncode == 2
    assert "cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_card_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    env = environment(tmp_path)
    with simulator(**env):
        done = command("hardware.simulate", "present", "--card", "nobody", **env)
        assert done.returncode == 2
        assert "nobody" in done.stderr
        for name in cards.supplied():
            assert name in done.stderr


def test_the_state_is_told(tmp_path: Path) -> None:
    env = environment(tmp_path)
    with simulator(**env):
        control.ask(tmp_path / "huimin", PRESENT | {"given": "young"})
        control.ask(tmp_path / "huimin", fault("receipt-printer", "cover-open"))
        told = command("hardware.simulate", "status", **env).stdout
        assert "A card lies on the reader" in told
        assert "cover is open" in told
        assert "elder" in told


def test_nobody_else_may_command_it(tmp_path: Path) -> None:
    folder = tmp_path / "huimin"
    with simulator(**environment(tmp_path)):
        assert folder.stat().st_mode & 0o077 == 0
        assert (folder / "control").stat().st_mode & 0o077 == 0


NONSENSE = [
    b"not json\n",
    b"[]\n",
    b"{}\n",
    b'{"do": "explode"}\n',
    b'{"do": "act", "device": "identity-card-reader", "action": "explode"}\n',
    b'{"do": "act", "device": "identity-card-reader", "action": "present", "given": 7}\n',
    b'{"do": "act", "device": "receipt-printer", "action": "present"}\n',
    b'{"do": "fault", "device": "receipt-printer"}\n',
    b'{"do": "fault", "device": "receipt-printer", "fault": "nothing-known"}\n',
    b'{"do": "fault", "device": "receipt-printer", "fault": "wrong-checksum"}\n',
    b'{"do": "fault", "device": "receipt-printer", "fault": "cutter", "when": "never"}\n',
    b'{"do": "fault", "device": "receipt-printer", "fault": "cutter", "when": []}\n',
    b'{"do": "fault", "device": "receipt-printer", "fault": "cutter", "seconds": 0}\n',
    b'{"do": "fault", "device": "receipt-printer", "fault": "cutter", "seconds": NaN}\n',
    b'{"do": "fault", "device": "receipt-printer", "fault": "cutter", "seconds": "1"}\n',
    b'{"do": "fault", "device": "receipt-printer", "fault": "cutter", "seconds": true}\n',
    b'{"do": "fault", "device": ["receipt-printer"], "fault": "cutter"}\n',
    b'{"do": "unplug", "device": "toaster"}\n',
    b"[" * 50_000 + b"\n",
    b"\xff\xfe\n",
    b"x" * 200_000 + b"\n",
]


def test_nonsense_on_the_control_socket_does_no_harm(tmp_path: Path) -> None:
    folder = tmp_path / "huimin"
    with simulator(**environment(tmp_path)):
        for line in NONSENSE:
            with socket.socket(socket.AF_UNIX) as client, client.makefile("rb") as answers:
                client.settimeout(10)
                client.connect(str(folder / "control"))
                try:
                    client.sendall(line)
                    answer = answers.readline()
                except (ConnectionResetError, BrokenPipeError):
                    answer = b""
                assert not answer or json.loads(answer)["ok"] is False
            assert control.ask(folder, {"do": "status"})["receipt-printer"]["fault"] == "none"


def test_what_can_be_done_to_each_device_is_listed_without_a_simulator(tmp_path: Path) -> None:
    listed = {
        language: command("hardware.simulate", "devices", **environment(tmp_path, language)).stdout
        for language in ("en_GB.UTF-8", "zh_CN.UTF-8")
    }
    for told in listed.values():
        for device in DEVICES:
            assert f"\n{device.name}\n" in f"\n{told}"
            for name in (*device.faults(), *device.actions, *device.commands):
                assert name in told
    assert listed["en_GB.UTF-8"] != listed["zh_CN.UTF-8"]


def test_any_device_can_be_broken_and_acted_on_by_its_name_in_the_configuration(tmp_path: Path) -> None:
    env = environment(tmp_path)
    with simulator(**env):
        told = command("hardware.simulate", "act", "identity_card_reader", "present", "elder", **env).stdout
        assert "A card lies on the reader" in told
        broken = ("fault", "receipt_printer", "paper-out", "--for", "60", "--when", "status")
        said = command("hardware.simulate", *broken, **env).stdout.splitlines()
        assert "out of paper" in said[0]
        assert said[1:] == ["It begins once the device receives: status", "It ends after 60 s."]
        wrong_degrees = command("hardware.simulate", "act", "auxiliaries", "temperature", "hot", **env)
        assert "no temperature" in wrong_degrees.stderr
        printer = control.ask(tmp_path / "huimin", {"do": "status"})["receipt-printer"]
        assert printer["fault"] == "none", "nobody has asked for its status yet"
        for wrong in (
            ("fault", "receipt-printer", "exploded"),
            ("fault", "receipt-printer", "jam", "--when", "never"),
            ("act", "identity-card-reader", "explode"),
        ):
            done = command("hardware.simulate", *wrong, **env)
            assert done.returncode == 2
            assert "Possible:" in done.stderr
