"""A terminal with a code reader, a board of lights and a battery: real codes, real lights, a real upsd."""

from __future__ import annotations

import json
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from backend_client.forms.reference import new_reference
from hardware.simulators import control
from tests.hardware.nut import Nut, nut
from tests.kiosk.conftest import SIZES
from tests.kiosk.hand import Hand, terminal
from tests.kiosk.processes import BIN, Running

PREFIX = "https://example.invalid/"


@dataclass
class Sensed:
    """The terminal and its power supply."""

    hand: Hand
    supply: Nut


@pytest.fixture(scope="module")
def sensed(
    county: Running, displays: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sensed]:
    folder = tmp_path_factory.mktemp("sensed") / "kiosk"
    with nut() as supply:

        def beside(ports: Path) -> str:
            return (
                f'[devices.code_reader]\ndriver = "serial"\nport = "{ports / "code-reader"}"\n'
                f'[devices.auxiliaries]\ndriver = "modbus"\nport = "{ports / "auxiliaries"}"\n'
                f'[devices.power_supply]\ndriver = "nut"\nport = "{supply.address}"\n'
                "[devices]\nwatch_seconds = 0.5\n"
            )

        address = county.ready["huimin-backend"]
        settings = {"qr_prefix": PREFIX, "data": str(folder / "data")}
        with terminal(
            folder, address, SIZES[0], displays[SIZES[0]], devices_beside=beside, **settings
        ) as hand:
            yield Sensed(hand, supply)


async def events(hand: Hand, device: str) -> list[dict[str, object]]:
    """What a technician is told happened to a device."""
    told = await create_subprocess_exec(
        str(BIN / "huimin-diagnose"),
        *("events", "--device", device, "--config", str(hand.config), "--json"),
        stdout=PIPE,
        stderr=PIPE,
    )
    said, wrong = await told.communicate()
    assert told.returncode is not None and said, wrong.decode()
    happened: list[dict[str, object]] = json.loads(said)["events"]
    return happened


async def test_a_slips_code_takes_the_place_of_twelve_digits(sensed: Sensed) -> None:
    hand = sensed.hand
    reference = new_reference()
    await hand.screen("home")
    await hand.go("home.progress", "progress.reference")
    await hand.screen("progress.reference")
    await hand.says("请把回执上的二维码对准扫码口")
    await hand.fault("code-reader", "noise-inside")
    await hand.hold(PREFIX + reference)
    await hand.says("没有读清这个二维码")
    await hand.hold("https://example.com/")
    await hand.says("这不是回执上的二维码")
    await hand.hold(PREFIX + reference)
    await hand.screen("progress.suffix")
    await hand.says(f"{reference[:4]}-{reference[4:8]}-{reference[8:]}")
    assert reference not in hand.log()
    await hand.end()


async def test_a_door_that_is_opened_is_an_event_with_its_advice(sensed: Sensed) -> None:
    control.ask(
        sensed.hand.devices, {"do": "act", "device": "auxiliaries", "action": "open-door", "given": ""}
    )
    found: list[dict[str, object]] = []
    for _ in range(20):
        found = await events(sensed.hand, "auxiliaries")
        if any("auxiliaries.doorOpen" in json.dumps(one) for one in found):
            return
    raise AssertionError(found)


async def test_a_battery_that_runs_out_ends_the_service_and_the_mains_bring_it_back(sensed: Sensed) -> None:
    hand = sensed.hand
    await hand.screen("home")
    sensed.supply.tell(ups_status="OB LB DISCHRG", battery_charge="7", battery_runtime="90")
    await hand.screen("out_of_service")
    await hand.says("停电了")
    assert any("power_supply.batteryLow" in json.dumps(one) for one in await events(hand, "power_supply"))
    sensed.supply.tell()
    await hand.screen("home")
