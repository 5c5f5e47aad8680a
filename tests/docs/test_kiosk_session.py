"""What makes a terminal of a machine: its files go where they belong, and systemd and udev read them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from foundation.config import load
from hardware.vendor_mode.settings import VendorModeSettings
from kiosk.settings import KioskSettings

SESSION = Path(__file__).parents[2] / "deploy" / "kiosk"
UNIT = SESSION / "huimin-kiosk.service"
_RULE = re.compile(r'(ACTION|SUBSYSTEM|(?:ENV|ATTR)\{[A-Za-z_]+\})(==|!=|=)"[^"]*"')


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine's files, as far as they come from here."""
    folder = tmp_path_factory.mktemp("root")
    subprocess.run(["sh", SESSION / "install.sh", "--root", folder], check=True, timeout=30)
    return folder


class Unit:
    """A unit's settings, each with all its values."""

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = {}
        for line in UNIT.read_text("utf-8").splitlines():
            name, found, value = line.partition("=")
            if found and not line.startswith("#"):
                self.values.setdefault(name, []).append(value)
        self.environment = dict(value.split("=", 1) for value in self.values["Environment"])


def test_every_file_is_put_where_it_says(root: Path) -> None:
    put = {str(file.relative_to(root)) for file in root.rglob("*") if file.is_file()}
    for file in SESSION.glob("*.conf"):
        said = re.search(r"To /(\S+\.conf)[.:,]", file.read_text("utf-8"))
        assert said and said[1] in put, file.name
    assert {"etc/udev/rules.d/70-huimin-kiosk.rules", "etc/systemd/system/huimin-kiosk.service"} <= put


def test_settings_that_a_technician_filled_in_are_kept(tmp_path: Path) -> None:
    settings = tmp_path / "etc" / "huimin" / "kiosk.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("[kiosk]\n", "utf-8")
    subprocess.run(["sh", SESSION / "install.sh", "--root", tmp_path], check=True, timeout=30)
    assert settings.read_text("utf-8") == "[kiosk]\n"


def test_systemd_finds_nothing_wrong_with_the_unit(root: Path) -> None:
    unit = root / "etc" / "systemd" / "system" / UNIT.name
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert UNIT.name not in said.stderr


def test_the_compositor_starts_the_terminal_with_options_that_it_has() -> None:
    compositor, kiosk = Unit().values["ExecStart"][0].split(" -- ")
    assert "-s" not in compositor.split(), "that would let keys switch to another virtual terminal"
    command, *options = kiosk.split()
    script = Path(sys.executable).parent / Path(command).name
    said = subprocess.run([script, "--help"], capture_output=True, text=True, check=True, timeout=60).stdout
    assert all(option in said for option in options if option.startswith("--"))


def test_the_unit_and_the_settings_speak_of_the_same_places(root: Path) -> None:
    unit = Unit()
    config = root / "etc" / "huimin" / "kiosk.toml"
    settings = load(KioskSettings, config)
    assert settings.fullscreen and settings.hide_cursor and not settings.demonstration
    runtime = Path(unit.environment["XDG_RUNTIME_DIR"])
    assert runtime.name in unit.values["RuntimeDirectory"]
    assert load(VendorModeSettings, config).folder.is_relative_to(runtime)
    assert (
        f"/var/lib/{unit.values['StateDirectory'][0]}"
        == f"{unit.environment['HUIMIN_KIOSK_DATA']}/{settings.room}"
    )
    assert unit.values["LoadCredential"][0].startswith(f"huimin-{settings.room}.key:")


def test_storage_is_refused_by_rules_that_udev_can_read() -> None:
    lines = (SESSION / "70-huimin-kiosk.rules").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    for rule in rules:
        assert all(_RULE.fullmatch(part) for part in rule.split(", ")), rule
    for kind in ("08", "06"):  # storage; cameras and phones
        refused = (f'ATTR{{bInterfaceClass}}=="{kind}"', 'ATTR{authorized}="0"')
        assert any(all(part in rule for part in refused) for rule in rules), kind
    drivers = (SESSION / "modprobe.conf").read_text("utf-8")
    for driver in ("usb-storage", "uas"):
        assert f"install {driver} /bin/false" in drivers


def test_nothing_mounts_by_itself_and_the_session_may_not() -> None:
    masked = re.findall(r"^systemctl mask --now (.*?)(?: #.*)?$", (SESSION / "install.sh").read_text(), re.M)
    assert {"udisks2.service", "autofs.service"} <= set(" ".join(masked).split())
    values = Unit().values
    assert values["CapabilityBoundingSet"] == [""]  # mount(2) needs CAP_SYS_ADMIN,
    assert values["RestrictNamespaces"] == ["yes"]  # which a name space of one's own would give
    assert values["NoNewPrivileges"] == ["yes"]
