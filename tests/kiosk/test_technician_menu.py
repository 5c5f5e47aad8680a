"""The hidden menu by real touches: the gesture, the lock, the PIN, a test, a calibration, out of service."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.technician import people
from kiosk.technician.people import People
from kiosk.technician.tries import FREE, Tries
from tests.kiosk.conftest import SIZES
from tests.kiosk.hand import Hand, terminal
from tests.kiosk.processes import Running

PIN, WRONG = "418205", "730916"
UPRIGHT = SIZES[0]
pytestmark = pytest.mark.timeout(240)


def folder(hand: Hand) -> Path:
    """Where the terminal keeps its data."""
    return hand.config.parent / "data" / "kiosk"


async def to_menu(hand: Hand) -> None:
    """Back, as often as it takes."""
    for _ in range(4):
        await hand.touch("bar.back")
        try:
            await hand.until(lambda tree: "technician.menu.devices" in tree.controls, "the menu", 3)
        except AssertionError:
            continue
        return
    raise AssertionError((await hand.tree()).texts)


async def gesture(hand: Hand) -> None:
    """Holds the upper left corner, then the lower right one."""
    width, height = (await hand.tree()).size
    steps = " ".join(
        f"mousemove {x} {y} mousedown 1 sleep 3.5 mouseup 1 sleep 0.4"
        for x, y in ((12, 12), (width - 12, height - 12))
    )
    process = await asyncio.create_subprocess_exec(
        "xdotool", *steps.split(), env=os.environ | {"DISPLAY": hand.display}
    )
    assert await process.wait() == 0


async def enter(hand: Hand, pin: str) -> None:
    """Types a PIN."""
    await hand.keys(pin)
    await hand.until(lambda tree: tree.controls["technician.pin"].text == "•" * len(pin), "the dots")
    await hand.touch("technician.enter")


async def test_a_technician_at_the_screen(county: Running, displays: dict[str, str], tmp_path: Path) -> None:
    address = county.ready["huimin-backend"]
    with terminal(tmp_path / "kiosk", address, UPRIGHT, displays[UPRIGHT], language="en") as hand:
        people.save(folder(hand), People().with_pin("li", PIN))
        await _locked_after_five(hand)
        Tries(folder(hand)).right()
        await hand.touch("bar.leave")
        await hand.screen("home")
        await gesture(hand)
        await hand.screen("technician.pin")
        await enter(hand, PIN)
        await hand.until(lambda tree: tree.says("Technician's menu"), "the menu")
        await _a_printer_without_paper_is_found(hand)
        await _the_backend_answers(hand)
        await _touches_are_put_right(hand)
        await _the_report_is_written(hand)
        await _out_of_service_over_a_restart(hand)
        log = hand.log()
        assert PIN not in log and WRONG not in log
        entered = [json.loads(line) for line in log.splitlines() if "technician_entered" in line]
        assert [(line["who"], line["by"]) for line in entered] == [("li", "pin"), ("li", "pin")]


async def _locked_after_five(hand: Hand) -> None:
    await hand.screen("home")
    tries = Tries(folder(hand))
    for _ in range(FREE - 2):
        tries.begin(datetime.now(UTC))  # before the last start of the terminal
    await gesture(hand)
    await hand.screen("technician.pin")
    await enter(hand, WRONG)
    await hand.says("Tries left before it is locked for a while: 1.")
    await enter(hand, WRONG)
    await hand.says("Too many wrong tries: locked until")
    await hand.keys(PIN)
    await hand.touch("technician.enter")
    assert (await hand.tree()).screen == "technician.pin"


async def _a_printer_without_paper_is_found(hand: Hand) -> None:
    await hand.printer("paper-out")
    await hand.go("technician.menu.devices", "test.internal")
    await hand.until(lambda tree: tree.says("failed") and tree.says("passed"), "both results", 60)
    await hand.says("The paper")
    await hand.printer("none")
    await hand.touch("test.again")
    await hand.until(
        lambda tree: "test.again" in tree.controls and not tree.says("failed"), "all is well again", 60
    )
    await to_menu(hand)


async def _the_backend_answers(hand: Hand) -> None:
    await hand.touch("technician.menu.network")
    await hand.until(
        lambda tree: any(text.endswith(" ms") for text in tree.texts) and tree.says("Clock"), "how fast"
    )
    await to_menu(hand)


async def _touches_are_put_right(hand: Hand) -> None:
    """A panel that feels touches a twentieth too far to the right: the targets are missed by that much."""
    await hand.go("technician.menu.screen", "technician.screen.calibration")
    width, height = (await hand.tree()).size
    shift = width // 20
    for number, (x, y) in enumerate(((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9), (0.5, 0.5)), 1):
        await hand.until(lambda tree, number=number: tree.says(f"{number} of 5"), f"target {number}")
        await asyncio.sleep(0.3)
        await hand.touch_at((round(width * x) + shift, round(height * y)))
    await hand.says("Calibrated, and it counts now")
    kept = json.loads((folder(hand) / "terminal.json").read_text())
    assert kept["touch_matrix"] == pytest.approx([1, 0, -0.05, 0, 1, 0], abs=0.01)
    back = "screen.uncalibrate"
    tree = await hand.until(lambda tree: back in tree.controls and tree.controls[back].enabled, back)
    x, y = tree.controls[back].centre
    left, _, wide, _ = tree.controls[back].bounds
    assert x + shift < left + wide
    await hand.touch_at((round(left + wide) + shift - 8, y))  # beside the button, and felt on it
    await hand.says("The calibration was taken back")
    await to_menu(hand)


async def _the_report_is_written(hand: Hand) -> None:
    await hand.go("technician.menu.export", "export.write")
    await hand.says("Written: ")
    [report] = (folder(hand) / "exports").glob("huimin-*.html")
    assert "receipt printer" in report.read_text("utf-8").lower()
    await to_menu(hand)


async def _out_of_service_over_a_restart(hand: Hand) -> None:
    await hand.go("technician.menu.service", "technician.service.supplies")
    await hand.says("the terminal stays out of service")
    await to_menu(hand)
    await hand.go("technician.menu.version", "version.restart", "restart.sure")
    process = hand.running.process.pid
    for _ in range(400):
        if hand.log().count("still_out_of_service"):
            break
        await asyncio.sleep(0.1)
    assert hand.running.process.poll() is None and hand.running.process.pid == process
    await _back(hand)
    await hand.says("not in use for now")
    await gesture(hand)
    await hand.screen("technician.pin")
    await enter(hand, PIN)
    await hand.go("technician.menu.service", "service.back", "bar.leave")
    await hand.screen("home")


async def _back(hand: Hand) -> None:
    """Waits until the terminal that was started anew answers."""
    for _ in range(400):
        try:
            if (await hand.tree()).screen == "out_of_service":
                return
        except (OSError, ValueError):
            pass
        await asyncio.sleep(0.1)
    raise AssertionError(hand.log()[-2000:])
