"""The resident goes away, the backend goes down, the command is told to stop, the technician mistypes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kiosk.conftest import SIZES
from tests.kiosk.hand import Hand, terminal
from tests.kiosk.processes import BIN, Running, backend
from tests.ports import free_port

UPRIGHT, LYING, _ = SIZES


async def test_an_idle_visit_warns_with_a_countdown_and_then_wipes_itself(
    county: Running, displays: dict[str, str], tmp_path: Path
) -> None:
    address = county.ready["huimin-backend"]
    with terminal(tmp_path / "kiosk", address, LYING, displays[LYING], patience=3.0, countdown=2) as hand:
        await hand.go("bar.language", "bar.display", "display.size.large", "display.done")
        await hand.to_form("labour-registration")
        await hand.go("form.start", "card.skip")
        await hand.keys("mary")
        await _warned(hand)
        await hand.touch("idle.more")
        await hand.until(
            lambda tree: tree.screen == "form.question" and "form.entry" in tree.controls, "back"
        )
        assert await hand.entered() == "mary"
        await _warned(hand)
        await hand.screen("home")
        tree = await hand.tree()
        assert tree.language == "zh_CN"
        assert "bar.leave" not in tree.controls
        await hand.go("bar.display")
        await hand.until(lambda tree: tree.chosen("display.size.standard"), "standard type")
        await hand.touch("display.done")
        await hand.to_form("labour-registration")
        await hand.go("form.start", "card.skip")
        assert await hand.entered() == ""
        for held in (0.03, 0.4):
            await hand.keys("mary")
            await _warned(hand)
            await hand.touch_slowly("idle.end", held)
            await hand.screen("home")
            ended = [line for line in hand.log().splitlines() if "visit_ended" in line]
            assert '"left"' in ended[-1], "by the button, not by the time that ran out later"
            await hand.to_form("labour-registration")
            await hand.go("form.start", "card.skip")
            assert await hand.entered() == ""
        assert "mary" not in hand.log()


async def _warned(hand: Hand) -> None:
    """Waits for the warning and sees it count."""
    seen: set[str] = set()
    while len(seen) < 2:
        tree = await hand.until(lambda tree: "idle.more" in tree.controls, "no warning")
        seen |= {text for text in tree.texts if text.isdigit()}
    more, end = tree.controls["idle.more"], tree.controls["idle.end"]
    assert more.bounds[3] > end.bounds[3], "more time is the easiest button"


async def test_a_backend_that_is_down_loses_nothing(displays: dict[str, str], tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    with terminal(tmp_path / "kiosk", address, UPRIGHT, displays[UPRIGHT]) as hand:
        await hand.says("暂时连不上")
        first = backend(tmp_path, address)
        try:
            await hand.until(lambda tree: "home.services" in tree.controls, "the doors did not open", 30)
            await hand.to_form("letter-to-leadership")
            await hand.go("form.start", "card.skip")
            await hand.pinyin("wang", "王")
            await hand.pinyin("xiao", "小")
            await hand.touch("form.next")
            await hand.question("第 2 题")
            await hand.go("bar.back", "bar.back")
            await hand.screen("form.introduction")
            await hand.touch("bar.back")
            await hand.screen("services.guide")
        finally:
            first.kill()
        await hand.touch("guide.apply")
        await hand.screen("form.introduction", 30)
        await hand.says("截至今天")
        await hand.touch("bar.language")
        await hand.says("No connection at the moment; this is as of")
        await hand.touch("form.start")
        await hand.question("Question 2")
        await hand.touch("bar.back")
        await hand.question("Question 1")
        assert await hand.entered() == "王小"
        second = backend(tmp_path, address)
        try:
            await hand.go("bar.back")
            for _ in range(10):  # a backend that is back is found within 3 s
                await hand.go("bar.back", "guide.apply")
                await hand.screen("form.introduction", 30)
                if not (await hand.tree()).says("No connection"):
                    break
            assert not (await hand.tree()).says("No connection")
        finally:
            second.stop()


def test_told_to_stop_it_ends_cleanly_in_the_middle_of_a_visit(
    county: Running, displays: dict[str, str], tmp_path: Path
) -> None:
    with terminal(tmp_path / "kiosk", county.ready["huimin-backend"], UPRIGHT, displays[UPRIGHT]) as hand:
        assert hand.running.ready == {"huimin-kiosk": UPRIGHT}
        assert hand.inspector.exists()
    assert hand.running.process.returncode == 0
    assert not hand.inspector.exists()
    assert "Traceback" not in hand.log()


@pytest.fixture
def mistyped(tmp_path: Path) -> Iterator[Path]:
    file = tmp_path / "kiosk.toml"
    file.write_text('[devices.receipt_printer]\ndriver = "laser"\nport = "/dev/null"\n', "utf-8")
    yield file


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--size", "12x"], "1080x1920"),
        (["--size", "100x100"], "from 720x768"),
        (["--language", "fr"], "zh_CN"),
        (["--config", "missing.toml"], "missing.toml"),
        (["--config", "{mistyped}"], "laser"),
    ],
)
def test_what_is_mistyped_is_said_in_one_sentence(
    arguments: list[str], said: str, mistyped: Path, tmp_path: Path
) -> None:
    given = [argument.format(mistyped=mistyped) for argument in arguments]
    ended = subprocess.run(
        [BIN / "huimin-kiosk", *given], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize("display", [{}, {"DISPLAY": ":4711"}])
def test_without_a_display_it_says_what_to_do(display: dict[str, str]) -> None:
    without = {
        name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")
    } | display
    ended = subprocess.run(
        [BIN / "huimin-kiosk"], env=without, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert "xvfb-run" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr
