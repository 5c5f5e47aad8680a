"""What `deploy/` shows to operators holds: its files are read as the commands and monitors read them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY

import backend.alerts.metrics
import backend.notifying.sending
import backend.rpc.metrics
import backend_client.metrics
import ivr.metrics
from backend import clock
from backend.fleet.figures import FleetFigures
from backend.settings import BackendSettings
from foundation.config import Settings, load
from ivr.settings import IvrSettings
from ivr.workers.figures import SUPERVISORS
from kiosk.settings import KioskSettings

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
_METRIC = re.compile(r"\bhuimin_[a-z_]+\b")


@pytest.mark.parametrize(
    ("file", "settings"), [("backend", BackendSettings), ("kiosk", KioskSettings), ("ivr", IvrSettings)]
)
def test_the_example_settings_are_taken(file: str, settings: type[Settings]) -> None:
    example = DEPLOY / "example" / f"{file}.toml"
    loaded = load(settings, example)
    assert loaded.model_fields_set


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_with_options_that_it_has(unit: Path) -> None:
    started = next(line for line in unit.read_text("utf-8").splitlines() if line.startswith("ExecStart="))
    command, *arguments = started.removeprefix("ExecStart=").split()
    script = Path(sys.executable).parent / Path(command).name
    said = subprocess.run([script, "--help"], capture_output=True, text=True, check=True, timeout=60).stdout
    for option in (argument for argument in arguments if argument.startswith("--")):
        assert option in said


@pytest.mark.parametrize(
    ("settings", "unit"),
    [
        (KioskSettings, DEPLOY / "kiosk" / "huimin-kiosk.service"),
        (IvrSettings, DEPLOY / "systemd" / "huimin-ivr.service"),
    ],
    ids=["kiosk", "ivr"],
)
def test_a_door_may_write_its_credentials_which_it_renews(
    settings: type[KioskSettings | IvrSettings], unit: Path
) -> None:
    lines = unit.read_text("utf-8").splitlines()
    assert "ProtectSystem=strict" in lines  # what is not named may not be written
    own = [
        Path("/var/lib", name.removeprefix("StateDirectory="))
        for name in lines
        if name.startswith("StateDirectory=")
    ]
    folder = load(settings, DEPLOY / "example" / f"{settings.room}.toml").credentials
    assert folder and any(folder.is_relative_to(state) for state in own)


def _metrics() -> set[str]:
    assert backend.rpc.metrics.CALLS
    assert backend.alerts.metrics.MESSAGES
    assert backend.notifying.sending.KEPT
    assert backend_client.metrics.WAITING
    assert ivr.metrics.ARRIVED
    return {
        name + suffix
        for metric in (*REGISTRY.collect(), *SUPERVISORS.collect(), *FleetFigures(clock.now).collect())
        for name in [metric.name]
        for suffix in ("", "_total", "_bucket")
    }


def test_the_dashboard_and_the_rules_ask_for_figures_that_there_are() -> None:
    dashboard = json.loads((DEPLOY / "grafana" / "huimin.json").read_text("utf-8"))
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    rules = yaml.safe_load((DEPLOY / "example" / "huimin-rules.yml").read_text("utf-8"))
    asked += [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    named = {metric for expression in asked for metric in _METRIC.findall(expression)}
    assert len(named) > 5
    assert named <= _metrics()
    assert yaml.safe_load((DEPLOY / "example" / "prometheus.yml").read_text("utf-8"))["rule_files"] == [
        "huimin-rules.yml"
    ]
