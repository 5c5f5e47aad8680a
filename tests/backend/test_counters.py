"""The people at the counters, the waiting room's display, and what is heard there."""

from __future__ import annotations

import asyncio
import io
import json
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
import pytest_asyncio
from click.testing import CliRunner
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from sqlalchemy import Connection

from backend.appointments.schedule import local
from backend.appointments.speaking import Caller, CannotSpeak, parts
from backend.command import main
from backend.settings import PACKAGED
from backend.storage import audit, tickets
from backend.storage.tickets import Line
from tests.backend import house as running
from tests.backend.house import House
from tests.ports import free_port

COUNTERS = "property-registration"
pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def hall(tmp_path: Path) -> AsyncIterator[tuple[House, str]]:
    """A backend with its web server, by the clock of the wall, which the commands go by too."""
    web = f"127.0.0.1:{free_port()}"
    async with running.house(tmp_path / "data", PACKAGED, web_listen=web) as started:
        yield started, f"http://{web}"


async def give(house: House, *letters: str) -> list[str]:
    """Gives out tickets; D is the letter of those with an appointment."""
    now = house.clock()
    line = Line(COUNTERS, local(now).date())

    def issue(connection: Connection, letter: str) -> str:
        name = str(uuid4())
        ticket = tickets.issue(connection, name, line, letter, service="", now=now)
        return ticket.number

    return [await house.database.write(issue, letter) for letter in letters]


async def counter(house: House, *arguments: str) -> tuple[int, str]:
    """Runs ``huimin-backend counter``: exit code, and what is printed."""
    options = ["--data", str(house.data), *arguments]
    called = ["counter", options[2], *options[:2], *options[3:]]
    done = await asyncio.to_thread(CliRunner(env={"LC_ALL": "C"}).invoke, main, called)
    return done.exit_code, done.output


async def test_numbers_are_called_in_turn_recalled_skipped_and_served(hall: tuple[House, str]) -> None:
    house, _ = hall
    assert await give(house, "C", "C", "C") == ["C001", "C002", "C003"]
    said = [
        (await counter(house, verb, COUNTERS, *more))[1]
        for verb, *more in (
            ("open", "1"),
            ("next", "1"),
            ("recall", "1"),
            ("next", "2"),
            ("skip", "2"),
            ("next", "2"),
            ("recall", "2", "--ticket", "C001"),
            ("recall", "2", "--ticket", "c002"),
            ("done", "2"),
            ("done", "2"),
            ("next", "1"),
        )
    ]
    assert said == [
        "Counter 1 is open.\n",
        "Called: C001 to counter 1.  2 waiting\n",
        "Called again: C001 to counter 1.  2 waiting\n",
        "Called: C002 to counter 2.  1 waiting\n",
        "Not there: C002. Call it again with counter recall --ticket C002.  1 waiting\n",
        "Called: C003 to counter 2.  0 waiting\n",
        "This ticket is being served at another counter.\n",
        "Called again: C002 to counter 2.  0 waiting\n",
        "Served: C002.  0 waiting\n",
        "Nobody is at this counter.\n",
        "Nobody is waiting.\n",
    ]
    _, listed = await counter(house, "list", COUNTERS)
    assert "0 waiting" in listed and "counter 1  –" in listed and "counter 2  –" in listed
    await counter(house, "close", COUNTERS, "2")
    assert "counter 2" not in (await counter(house, "list", COUNTERS))[1]
    place = f"counters/{COUNTERS}/windows/1/tickets/C001"
    trail = await house.database.read(audit.entries, objects=[place])
    assert [one.entry.action for one in trail] == ["counter next", "counter recall"]


async def test_who_mistypes_is_told_what_there_is(hall: tuple[House, str]) -> None:
    house, _ = hall
    code, said = await counter(house, "next", "nowhere", "1")
    assert code == 2 and "property-registration" in said
    code, said = await counter(house, "next", COUNTERS, "9")
    assert code == 2 and "only 1 to 4" in said


async def states(session: aiohttp.ClientSession, web: str) -> AsyncIterator[dict[str, Any]]:
    """What the display is told, one state after another."""
    async with session.get(f"{web}/display/{COUNTERS}/events") as stream:
        assert stream.content_type == "text/event-stream"
        async for line in stream.content:
            if line.startswith(b"data: "):
                yield json.loads(line[6:])


async def test_the_display_is_told_at_once_and_plays_the_call(hall: tuple[House, str]) -> None:
    house, web = hall
    await give(house, "C", "C")
    async with aiohttp.ClientSession() as session:
        told = states(session, web)
        async with asyncio.timeout(15):
            first = await anext(told)
            assert first == {"calls": [], "waiting": 2, "minutes": 30, "next": ["C001", "C002"]}
            await counter(house, "next", COUNTERS, "3")
            called = await anext(told)
            assert called["calls"] == [{"number": "C001", "window": 3, "calls": 1}]
            await counter(house, "recall", COUNTERS, "3")
            assert (await anext(told))["calls"][0]["calls"] == 2
        async with session.get(f"{web}/display/{COUNTERS}/calls/C001-3.wav") as answer:
            assert answer.content_type == "audio/wav"
            sound = await answer.read()
        for wrong in ("calls/C002-3.wav", "calls/C001-1.wav"):
            async with session.get(f"{web}/display/{COUNTERS}/{wrong}") as answer:
                assert answer.status == 404
        async with session.get(f"{web}/display/nowhere") as answer:
            assert answer.status == 404
        async with session.get(f"{web}/display/{COUNTERS}") as answer:
            page = await answer.text()
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "不动产登记窗口" in page and "Property registration counters" in page
    with wave.open(io.BytesIO(sound)) as heard:
        seconds = heard.getnframes() / heard.getframerate()
    assert 4 < seconds < 20


async def test_a_call_is_said_in_both_languages_digit_by_digit() -> None:
    said = parts("A023", 12)
    assert said[1] == ("en-gb", "A")
    assert said[2][1] == "ling2 er4 san1 hao4, dao4 shi2 er4 hao4 chuang1 kou3."
    assert said[4][1] == "Number A, zero, two, three. Counter 12."
    with pytest.raises(CannotSpeak):
        await Caller("no-such-program").call("A001", 1)


async def test_a_real_browser_shows_and_speaks_the_called_number(
    hall: tuple[House, str], tmp_path: Path
) -> None:
    house, web = hall
    await give(house, "C")
    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--autoplay-policy=no-user-gesture-required",
        f"--user-data-dir={tmp_path / 'browser'}",
        "--window-size=1920,1080",
    ):
        options.add_argument(argument)
    browser = await asyncio.to_thread(Chrome, options, Service("/usr/bin/chromedriver"))
    try:
        await asyncio.to_thread(browser.get, f"{web}/display/{COUNTERS}")

        async def until(script: str, seconds: float = 20) -> None:
            async with asyncio.timeout(seconds):
                while not await asyncio.to_thread(browser.execute_script, f"return {script}"):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)

        await until("document.getElementById('waiting').textContent === '1'")
        await counter(house, "next", COUNTERS, "2")
        await until("document.getElementById('number').textContent === 'C001'", 5)
        window = await asyncio.to_thread(browser.find_element, By.ID, "window")
        assert "2 号窗口" in window.text and "Counter 2" in window.text
        await until("document.body.dataset.said === 'C001-2'")  # the sound was played to its end
        (tmp_path / "display.png").write_bytes(browser.get_screenshot_as_png())
    finally:
        await asyncio.to_thread(browser.quit)
