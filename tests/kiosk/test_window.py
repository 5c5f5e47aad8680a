"""A whole visit with real touches on a real window, upright in Chinese and lying in English."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.authoring.reading import read_content
from backend.settings import PACKAGED
from foundation.language import Language
from kiosk.preview import preview
from tests.end_to_end.resident import Resident
from tests.kiosk.conftest import SIZES
from tests.kiosk.hand import IDENTITY, Hand, keypad, terminal
from tests.kiosk.processes import Running

UPRIGHT, LYING, _ = SIZES


@pytest.fixture(scope="module")
def upright(
    county: Running, displays: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hand]:
    folder = tmp_path_factory.mktemp("upright") / "kiosk"
    with terminal(
        folder, county.ready["huimin-backend"], UPRIGHT, displays[UPRIGHT], devices_beside=keypad
    ) as hand:
        yield hand


@pytest.fixture(scope="module")
def lying(
    county: Running, displays: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hand]:
    folder = tmp_path_factory.mktemp("lying") / "kiosk"
    with terminal(
        folder, county.ready["huimin-backend"], LYING, displays[LYING], language="en", help_phone="12345"
    ) as hand:
        yield hand


@pytest.fixture
async def zh(upright: Hand) -> AsyncIterator[Hand]:
    await upright.screen("home")
    yield upright
    await upright.end()


@pytest.fixture
async def en(lying: Hand) -> AsyncIterator[Hand]:
    await lying.screen("home")
    yield lying
    await lying.end()


async def previewed(hand: Hand, field: str, language: Language) -> None:
    """Whether a question's page says every line of its preview, but for the words about the keyboard."""
    form = read_content(PACKAGED).forms["forms/labour-registration"]
    for line in dict(preview(form, language))[f"fields/{field}"]:
        if line[0] not in "⌨[":
            await hand.says(line.removeprefix("○ ").removeprefix("☐ "))


async def test_a_form_filled_in_by_hand_with_mistakes_is_sent_and_found(zh: Hand) -> None:
    await zh.to_form("labour-registration")
    await zh.go("form.start", "card.skip")
    await zh.question("第 1 题")
    await previewed(zh, "full_name", Language.ZH_CN)
    await zh.touch("form.next")
    await zh.says("必须回答")
    await zh.pinyin("wang", "王")
    await zh.pinyin("xiao", "小")
    assert await zh.entered() == "王小"
    await zh.touch("form.next")
    await previewed(zh, "sex", Language.ZH_CN)
    await zh.go("form.option.female", "form.next")

    await zh.question("第 3 题")
    await zh.keys("19900230")
    await zh.touch("form.next")
    await zh.says("二月没有30日")
    await zh.touch("keyboard.day")
    await zh.keys("07")
    await zh.touch("keyboard.month")
    await zh.keys("03")
    await zh.touch("form.next")

    await zh.question("第 4 题")
    await zh.keys("xingfuxingfu")
    await zh.touch("form.next")  # what is being composed is taken, not lost

    await zh.question("第 5 题")
    await zh.keys(IDENTITY[:-1] + "0")
    await zh.touch("form.next")
    await zh.says("有数字不对")
    assert await zh.entered() == "119999 19900307 1020"

    await zh.touch("bar.language")
    await zh.says("Question 5 of 12")
    assert (await zh.entered(), (await zh.tree()).language) == ("119999 19900307 1020", "en")
    await zh.go("keyboard.backspace", "keyboard.X", "bar.language")
    await zh.says("第 5 题")
    assert await zh.entered() == "119999 19900307 102X"
    await zh.touch("form.next")

    await zh.question("第 6 题")
    await zh.keys("13800000000")
    await zh.touch("form.next")
    for option in ("college", "good", "driving", "local_work"):
        await zh.go(f"form.option.{option}", "form.next")
    await zh.question("第 11 题")
    await zh.touch("form.skip")
    await zh.go("form.option.yes", "form.next")

    await zh.screen("form.review")
    assert not (await zh.tree()).says("王小")
    await zh.touch("form.reveal")
    await zh.says("王小")
    await zh.says("幸福幸福")
    await zh.go("form.change.sex", "form.option.male", "form.next")
    await zh.screen("form.review")
    await zh.go("form.next", "form.send")
    await zh.screen("form.confirmation")
    reference = await zh.reference()
    qr = (await zh.tree()).controls["confirmation.qr"]
    assert qr.role == "image"

    await zh.touch("confirmation.print")
    await zh.says("回执已打印")
    assert list((zh.devices / "slips").glob("*.png"))
    await zh.touch("confirmation.home")
    await zh.screen("home")

    await zh.go("home.progress", "progress.reference")
    await zh.keys(reference[:-1] + str((int(reference[-1]) + 1) % 10))
    await zh.touch("entry.next")
    await zh.says("编号里有数字不对")
    await zh.go("keyboard.backspace", f"keyboard.{reference[-1]}", "entry.next")
    await zh.screen("progress.suffix")
    await zh.keys("071021")
    await zh.touch("entry.next")
    await zh.says("对不上")
    await zh.go("keyboard.backspace", "keyboard.X", "entry.next")
    await zh.screen("progress.case")
    await zh.says("已收件")
    for private in ("王小", "幸福", IDENTITY, "13800000000", reference):
        assert private not in zh.log()


async def test_digits_from_a_keypad_reach_the_page_that_asks_and_a_count_of_them_the_screen(zh: Hand) -> None:
    await zh.go("home.progress", "progress.reference")
    await zh.screen("progress.reference")
    await zh.press("479158")
    await zh.until(lambda tree: tree.controls["entry.field"].text == "•" * 6, "six dots")
    await zh.press("enter")
    await zh.until(lambda tree: tree.controls["entry.field"].text == "4791-58", "the digits")
    assert "479158" not in zh.log()


async def test_a_card_gets_a_second_chance_and_fills_in(en: Hand) -> None:
    await en.to_form("labour-registration")
    await en.touch("form.start")
    await en.screen("card")
    await en.present("--fault", "wrong-checksum")
    await en.says("not read completely")
    await en.lift()
    await en.touch("card.again")
    await en.until(lambda tree: "card.again" not in tree.controls, "the reader is not asked again")
    await en.present()
    await en.screen("card.taken")
    await en.says("5 answers filled in")
    await en.lift()
    await en.touch("card.next")
    await en.question("Question 6 of 12")
    await en.keys("13800000000")
    await en.touch("form.next")
    for option in ("college", "good", "driving", "local_work"):
        await en.go(f"form.option.{option}", "form.next")
    await en.go("form.skip", "form.option.no", "form.next")
    await en.screen("form.review")
    await en.says("From your card")
    await en.go("form.next", "form.send")
    await en.screen("form.confirmation")
    reference = await en.reference()

    await en.printer("paper-out")
    await en.touch("confirmation.print")
    await en.says("out of paper")
    assert await en.reference() == reference
    await en.printer("none")
    await en.touch("confirmation.print")
    await en.says("Your slip is printed")

    await en.touch("confirmation.home")
    await en.go("home.progress", "progress.card")
    await en.touch("card.known")  # read once, used twice
    await en.screen("progress.cases")
    await en.touch(f"cases.{reference}")
    await en.screen("progress.case")
    await en.says("Received")


async def test_a_form_is_sent_without_a_card_in_very_large_type_and_rated_with_a_reason(en: Hand) -> None:
    await en.go("bar.display", "display.size.very_large", "display.done")
    await en.screen("home")
    reference = await Resident(en, en.devices).give_an_opinion()
    await en.go("rating.dissatisfied", "rating.say_why")
    await en.screen("reason")
    await en.keys("slow")
    await en.touch("reason.send")
    await en.screen("form.confirmation")
    assert reference == await en.reference()


async def test_policies_are_found_by_pinyin_and_read_sheet_by_sheet(zh: Hand) -> None:
    await zh.go("home.policies", "policies.search", "search.go")
    await zh.says("请先输入")
    await zh.pinyin("yib", "医保")
    await zh.touch("search.go")
    await zh.screen("policies.results")
    await zh.says("有关“医保”的事项和政策")
    await zh.touch("sheets.forward")
    await zh.says("第 2 页")
    await zh.touch("sheets.back")
    await zh.says("第 1 页")
    await zh.touch("policies.", "医保")
    await zh.screen("policies.text")
    await zh.go("bar.display", "display.size.very_large", "display.contrast.on", "display.done")
    await zh.screen("policies.text")
    await zh.touch("sheets.forward")
    await zh.says("第 2 页")
    await zh.touch("bar.back")
    await zh.screen("policies.results")


async def test_notices_are_read(en: Hand) -> None:
    await en.touch("home.notices")
    await en.screen("notices.list")
    await en.touch("notices.", "Power cut")
    await en.screen("notices.text")
    await en.go("bar.back", "bar.back")
    await en.screen("home")
    await en.says("12345")


async def test_a_second_touch_does_nothing_twice(zh: Hand) -> None:
    await zh.to_form("labour-registration")
    await zh.go("form.start", "card.skip")
    await zh.pinyin("wang", "王")
    await zh.pinyin("xiao", "小")
    await zh.until(lambda tree: tree.controls["form.next"].enabled, "next")
    x, y = (await zh.tree()).controls["form.next"].centre
    await _xdotool(zh, "mousemove", str(x), str(y), "click", "--repeat", "3", "--delay", "70", "1")
    await zh.question("第 2 题")
    await asyncio.sleep(0.4)
    tree = await zh.tree()
    assert tree.says("第 2 题")
    assert not tree.says("必须回答")


async def test_the_same_key_in_a_hurry_is_typed_each_time_and_too_much_is_refused(en: Hand) -> None:
    await en.to_form("letter-to-leadership")
    await en.go("form.start", "card.skip")
    await en.until(lambda tree: tree.controls["keyboard.a"].enabled, "keyboard")
    x, y = (await en.tree()).controls["keyboard.a"].centre
    await _xdotool(en, "mousemove", str(x), str(y), "click", "--repeat", "41", "--delay", "120", "1")
    await en.says("41 of at most 40 characters")
    await en.touch("form.next")
    await en.says("40")
    assert await en.entered() == "a" * 41
    await en.go("bar.leave", "leave.stay")
    assert await en.entered() == "a" * 41


async def test_a_technician_key_or_a_right_button_does_nothing(en: Hand) -> None:
    await _xdotool(en, "key", "Escape", "key", "F1", "key", "F11", "mousemove", "640", "500", "click", "3")
    await asyncio.sleep(0.3)
    assert (await en.tree()).screen == "home"


async def test_an_idle_window_leaves_the_processor_alone(en: Hand) -> None:
    def spent() -> float:
        fields = Path(f"/proc/{en.running.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    await asyncio.sleep(0.5)
    before, start = spent(), time.monotonic()
    await asyncio.sleep(3)
    assert (spent() - before) / (time.monotonic() - start) < 0.15


async def test_the_inspector_only_looks_and_only_for_its_owner(en: Hand, tmp_path: Path) -> None:
    assert en.inspector.stat().st_mode & 0o777 == 0o600
    for wrong in (b"{", b"[]", b'{"do": "touch"}', b'{"do": "picture"}'):
        assert "error" in await en.ask(wrong)
    assert "error" in await en.ask({"do": "picture", "file": str(tmp_path / "no" / "where.png")})
    await en.picture(tmp_path / "home.png")
    assert (tmp_path / "home.png").stat().st_size > 10_000
    assert (await en.tree()).screen == "home"


@pytest.fixture(scope="module")
def stage_alone(displays: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(
        subprocess.check_output(
            (sys.executable, "-m", "tests.kiosk.stage_alone", LYING),
            env=os.environ | {"DISPLAY": displays[LYING]},
            timeout=120,
        )
    )
    return told


@pytest.mark.parametrize("part", ["build", "refresh", "overlay", "head", "menu"])
def test_a_screen_that_breaks_ends_the_visit_and_the_home_page_stands(
    part: str, stage_alone: dict[str, Any]
) -> None:
    assert stage_alone["broken"][part] == ["home", True]


def test_a_typed_text_is_gone_from_memory_with_the_visit(stage_alone: dict[str, Any]) -> None:
    assert stage_alone["typed"] == [["field", "textinput.label", "textinput.width"], []]


def test_the_inspector_is_its_owners_from_the_first_moment_and_wherever_it_lies(
    stage_alone: dict[str, Any],
) -> None:
    assert stage_alone["inspector"] == [0o600, 0o700]


async def _xdotool(hand: Hand, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        "xdotool", *arguments, env={"DISPLAY": hand.display, "PATH": "/usr/bin:/bin"}, stderr=subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()
