"""docs/adding-a-device.md, followed word for word: its device is added, and keeps the contract."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from foundation.config import load
from hardware.conformance.checks import CHECKS
from hardware.conformance.examination import Outcome, examine
from hardware.interfaces.device import AnyDevice, DeviceStatus
from hardware.registry import CODE_READER, Devices, DeviceSettings
from hardware.simulators.device import SimulatedDevice
from tests.hardware import test_contract as contract
from tests.hardware.conftest import running

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "adding-a-device.md").read_text("utf-8")
FILES = dict(re.findall(r"^```python\n# (hardware/\S+\.py)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE))
LINE = re.findall(r'^        "(triggered)": "(\S+)",$', TEXT, re.MULTILINE)
BENCH = re.findall(r'^    (\("code_reader", "triggered"\)): (on\(.*\)),$', TEXT, re.MULTILINE)
CONFIG = re.findall(r"^```toml\n# terminal\.toml\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[SimulatedDevice]]:
    """The files are where the page puts them, and the line is in the table. Gives the simulator."""
    for name, text in FILES.items():
        file = tmp_path / "checkout" / name
        file.parent.mkdir(parents=True)
        file.write_text(text, "utf-8")
        module = name.removesuffix(".py").replace("/", ".")
        spec = spec_from_file_location(module, file)
        assert spec and spec.loader
        made = module_from_spec(spec)
        monkeypatch.setitem(sys.modules, module, made)
        spec.loader.exec_module(made)
    ((name, place),) = LINE
    monkeypatch.setitem(CODE_READER.drivers, name, place)
    simulator: type[SimulatedDevice] = made.SimulatedTriggeredReader
    yield simulator


def configured(tmp_path: Path, port: Path) -> Devices:
    (text,) = CONFIG
    usual = tomllib.loads(text)["devices"]["code_reader"]["port"]
    file = tmp_path / "terminal.toml"
    file.write_text(text.replace(usual, str(port)), "utf-8")
    return Devices(load(DeviceSettings, file).configured())


def test_the_page_has_what_it_speaks_of() -> None:
    assert set(FILES) == {
        "hardware/drivers/triggered_reader.py",
        "hardware/simulators/triggered_reader.py",
    }
    assert (len(LINE), len(BENCH), len(CONFIG)) == (1, 1, 1)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("command", [("check",), ("format", "--check")], ids=" ".join)
def test_the_files_are_written_as_the_house_writes(name: str, command: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "--stdin-filename", name, "-"],
        cwd=ROOT,
        input=FILES[name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


async def test_the_device_keeps_the_contract(
    added: type[SimulatedDevice], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((_, bench_of),) = BENCH
    known = {**vars(contract), added.__name__: added}
    made: contract.BenchOf = eval(bench_of, known)

    def make(**options: object) -> AnyDevice:
        given = CODE_READER.options({"driver": "triggered", **options})
        return CODE_READER.driver("triggered")(given)

    async with made(make, tmp_path) as bench:
        results = [result async for result in examine(bench)]
    assert [f"{one.check}: {one.reason}" for one in results if one.outcome is not Outcome.KEPT] == []
    assert len(results) == len(CHECKS)


async def test_it_is_found_where_the_configuration_has_it(
    added: type[SimulatedDevice], tmp_path: Path
) -> None:
    peer = added.in_folder(tmp_path, instant=True)
    devices = configured(tmp_path, peer.line.name)
    async with running(peer):
        await devices.open()
        (finding,) = devices.findings
        assert (finding.device, finding.driver, finding.simulated) == ("code_reader", "triggered", True)
        reader = devices.of(CODE_READER)
        assert reader and (await reader.status()).device is DeviceStatus.ONLINE
        peer.inflict(added.own_faults("broken"))
        assert (await reader.status()).findings == ("advice.code_reader.inoperative",)
        await devices.close()
