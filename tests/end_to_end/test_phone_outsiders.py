"""SIPp and baresip, which know nothing of the project, reach the state of an application by keys alone.

The backend and the phone line are the commands themselves, with the content that they come with.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from backend_client.client import BackendClient
from backend_client.forms.filling import Filling
from backend_client.forms.form import Field, FieldType
from backend_client.submission import Channel, Submission, new_submission_name
from foundation.language import Language
from tests.end_to_end import rtp, sipp
from tests.end_to_end.baresip import Baresip
from tests.ivr.county import SHIPPED, County
from tests.ivr.people import IDENTITY_X, suffix
from tests.ivr_sip.raw_caller import ALLOW, RawCaller, calling

SUFFIX = suffix(IDENTITY_X)
ENGLISH_PROGRESS = "83"
WAY = ["main.greeting", "progress.reference", "progress.suffix", "progress.now"]
"""Prompts of a caller who asks for an application, in order."""


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    """A running backend."""
    county = County(tmp_path_factory.mktemp("county"), SHIPPED)
    county.start()
    try:
        yield county
    finally:
        county.stop()


class PhoneLine:
    """A running phone line."""

    def __init__(self, backend: str, data: Path) -> None:
        command = [
            str(Path(sys.executable).with_name("huimin-ivr")),
            "--backend",
            backend,
            "--data",
            str(data),
        ]
        self.records = data / "calls.jsonl"
        self.log = data / "log"
        data.mkdir(parents=True)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--sip", "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout
        ready = self.process.stdout.readline().split()
        assert ready[:2] == ["ready", "huimin-ivr"], self.log.read_text()
        self.address = ready[2]

    async def record(self, calls_before: int) -> dict[str, Any]:
        """The record of the call after that many."""
        for _ in range(300):
            if self.records.exists() and len(self._lines()) > calls_before:
                found: dict[str, Any] = json.loads(self._lines()[calls_before])
                return found
            await asyncio.sleep(0.1)
        raise AssertionError(f"no call record\n{self.log.read_text()[-3000:]}")

    def calls(self) -> int:
        """Calls that have ended."""
        return len(self._lines()) if self.records.exists() else 0

    def _lines(self) -> list[str]:
        return self.records.read_text("utf-8").splitlines()

    def stop(self) -> int:
        """Ends it as a technician would; its exit code."""
        self.process.terminate()
        code = self.process.wait(60)
        assert self.process.stdout
        self.process.stdout.close()
        return code


@pytest.fixture(scope="module")
def line(county: County, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhoneLine]:
    line = PhoneLine(county.address, tmp_path_factory.mktemp("line") / "data")
    yield line
    assert line.stop() == 0
    assert "Traceback" not in line.log.read_text()


def given(field: Field) -> str:
    """Something that the form takes."""
    match field.type:
        case FieldType.TEXT:
            return "演示" * max(1, field.min_length)
        case FieldType.DIGITS:
            return "1" * max(1, field.min_length)
        case FieldType.DATE:
            return f"{max(field.min_date.year, 2025)}-01-05"
        case FieldType.MONEY:
            return f"{max(field.min_fen // 100, 1)}.50"
        case FieldType.CHOICE | FieldType.CHOICES:
            return ",".join(option.id for option in field.options[: max(1, field.min_length)])
        case FieldType.IDENTITY_NUMBER:
            return IDENTITY_X
        case FieldType.PHONE_NUMBER:
            return "13800001111"
        case FieldType.YES_NO:
            return "yes"
        case FieldType.SLOT:
            raise AssertionError("places are booked where appointments are tried")


@pytest.fixture(scope="module")
def reference(county: County) -> str:
    """An application, sent and then looked at by a clerk."""

    async def apply() -> str:
        async with BackendClient(county.address) as client:
            form = await client.get_form("forms/letter-to-leadership")
            filling = Filling(form, date.today)
            while (field := filling.next_field()) is not None:
                filling.answer(field.id, given(field))
            accepted = await client.create_submission(
                Submission(
                    *(new_submission_name(), form, filling.answers, Channel.TERMINAL),
                    *(Language.ZH_CN, "test-terminal", datetime.now(UTC)),
                )
            )
            return accepted.reference

    found = asyncio.run(apply())
    county.set_case(found, "in-review", "正在核实。")
    return found


def assert_reached_the_state(record: dict[str, Any], reference: str) -> None:
    """The record shows the way, when each thing was, and nothing private."""
    timeline = record["timeline"]
    prompts = [entry["prompt"] for entry in timeline if "prompt" in entry]
    events = [entry["event"] for entry in timeline if "event" in entry]
    keys = "".join(entry["key"] for entry in timeline if "key" in entry)
    assert [prompt for prompt in prompts if prompt in WAY] == WAY
    assert keys.startswith(ENGLISH_PROGRESS)
    assert keys[2:20] == "•" * 18
    assert "case in_review" in events
    times = [entry["t"] for entry in timeline]
    assert times == sorted(times)
    assert record["language"] == "en"
    assert record["result"] == "hung_up"
    assert record["start"] <= record["answer"] < record["end"]
    assert reference not in json.dumps(record)


@pytest.mark.parametrize("mode", ["info", *(["rfc4733"] if sipp.may_send_raw() else [])])
async def test_sipp_reaches_the_state_by_keys(
    line: PhoneLine, reference: str, tmp_path: Path, mode: str
) -> None:
    def press(keys: str) -> list[str]:
        playing = sipp.pause(0.4 * len(keys) + 1.0) if mode == "rfc4733" else ""
        return [sipp.keys(keys, mode), playing, sipp.pause(1.5)]

    scenario = [
        *(sipp.INVITE, sipp.ACKNOWLEDGE, sipp.pause(2)),
        *(press("8") + press("3") + press(reference) + press(SUFFIX)),
        *(sipp.pause(4), sipp.HANG_UP),
    ]
    calls = line.calls()
    async with rtp.listening() as (ear, port):
        outcome = await sipp.call(tmp_path, line.address, scenario, sound_port=port)
    assert outcome.code == 0, outcome.errors
    answered = next(at for at, text in outcome.messages if "SIP/2.0 200 OK" in text)
    assert ear.first_sound() - answered < 1.0
    record = await line.record(calls)
    assert_reached_the_state(record, reference)
    assert record["caller"] == "5550123"


async def test_baresip_reaches_the_state_by_keys(line: PhoneLine, reference: str, tmp_path: Path) -> None:
    calls = line.calls()
    async with Baresip(tmp_path / "baresip") as phone:
        await phone.call(line.address)
        await asyncio.sleep(2)
        for keys in ("8", "3", reference, SUFFIX):
            await phone.press(keys)
            await asyncio.sleep(1.5)
        await asyncio.sleep(4)
        await phone.hang_up()
        await phone.ended()
    heard = phone.heard()
    times = heard.loud_times()
    assert times[0] < 1.0, "the first sound came late"
    record = await line.record(calls)
    assert_reached_the_state(record, reference)
    told = next(entry["t"] for entry in record["timeline"] if entry.get("prompt") == "progress.now")
    assert ((times > told) & (times < told + 3.0)).sum() > 50, "the state was not heard"


async def test_sipp_types_the_whole_query_ahead(line: PhoneLine, reference: str, tmp_path: Path) -> None:
    calls = line.calls()
    scenario = [
        *(sipp.INVITE, sipp.ACKNOWLEDGE, sipp.keys(ENGLISH_PROGRESS + reference + SUFFIX)),
        *(sipp.pause(4), sipp.HANG_UP),
    ]
    outcome = await sipp.call(tmp_path, line.address, scenario)
    assert outcome.code == 0, outcome.errors
    record = await line.record(calls)
    prompts = [entry["prompt"] for entry in record["timeline"] if "prompt" in entry]
    assert prompts[-1] != "progress.suffix"
    assert "progress.now" in prompts


class Reader:
    """Somebody who cannot hear: reads what comes to the phone's screen, and presses keys."""

    def __init__(self, caller: RawCaller) -> None:
        self.caller = caller
        self._read = 0

    async def reads(self, words: str) -> re.Match[str]:
        """Waits until that comes, and goes on reading behind it."""
        for _ in range(500):
            for number in range(self._read, len(self.caller.texts)):
                if found := re.search(words, self.caller.texts[number]):
                    self._read = number + 1
                    return found
            await asyncio.sleep(0.02)
        raise AssertionError(f"{words} was not shown: {self.caller.texts}")

    async def presses(self, keys: str) -> None:
        for key in keys:
            await self.caller.say_in_time(self.caller.rtp.key(key))
            self.caller.rtp.pause(800)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("6", (r"进度.*?按\s*3", "办件编号", "后六位", "审核|办理")),
        ("68", (r"progress, 3", "reference", "last six", "review")),
    ],
)
async def test_somebody_who_cannot_hear_asks_for_an_application_by_reading(
    line: PhoneLine, reference: str, language: str, words: tuple[str, ...]
) -> None:
    calls = line.calls()
    menu, ask_reference, ask_suffix, state = words
    async with calling(line.address, allow=ALLOW + ", MESSAGE") as caller:
        reader = Reader(caller)
        await caller.invite()
        await asyncio.sleep(0.5)
        assert caller.texts == [], "nobody else is shown every prompt"
        await reader.presses(language[0])
        await reader.reads("从现在起")
        await reader.presses(language[1:])
        await reader.reads(menu)
        await reader.presses("3")
        await reader.reads(ask_reference)
        await reader.presses(reference)
        await reader.reads(ask_suffix)
        await reader.presses(SUFFIX)
        await reader.reads(f"{reference[:4]}[ -]{reference[4:8]}[ -]{reference[8:]}.*({state})")
    shown = "".join(caller.texts)
    assert SUFFIX not in shown
    record = await line.record(calls)
    events = [entry["event"] for entry in record["timeline"] if "event" in entry]
    assert "reads along" in events and "text shown" in events and "case in_review" in events


async def test_another_phone_line_on_the_same_address_says_so(line: PhoneLine, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("huimin-ivr")), "--data", str(tmp_path)]
    process = await asyncio.create_subprocess_exec(
        *command, "--sip", line.address.removeprefix("sip:"), stdout=-1, stderr=-1
    )
    output, complaint = await process.communicate()
    assert process.returncode == 2
    assert output == b""
    assert "cannot listen" in complaint.decode()
    assert "Traceback" not in complaint.decode()
