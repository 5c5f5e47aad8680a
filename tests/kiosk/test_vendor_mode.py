"""`huimin-diagnose` and a terminal that runs: devices are lent, residents are told, and all goes on after."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest

from tests.kiosk.conftest import SIZES
from tests.kiosk.hand import Hand, terminal
from tests.kiosk.processes import BIN, Running
from tests.ports import free_port

PATIENCE = 30.0


@pytest.fixture(scope="module")
def upright(
    county: Running, displays: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hand]:
    folder = tmp_path_factory.mktemp("technician") / "kiosk"
    address = county.ready["huimin-backend"]
    metrics = f"127.0.0.1:{free_port()}"
    with terminal(folder, address, SIZES[0], displays[SIZES[0]], language="en", metrics=metrics) as hand:
        yield hand


@pytest.fixture
async def en(upright: Hand) -> AsyncIterator[Hand]:
    await upright.screen("home")
    yield upright
    await upright.end()


async def diagnose(hand: Hand, *arguments: str) -> Process:
    """Starts the technician's program."""
    command, *more = arguments
    return await asyncio.create_subprocess_exec(
        str(BIN / "huimin-diagnose"),
        *(command, "--config", str(hand.config), "--language", "en", *more),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
    )


async def ended(process: Process, answer: str = "") -> tuple[int, str, str]:
    """Its exit code, and what it said on both ways."""
    async with asyncio.timeout(PATIENCE):
        out, err = await process.communicate(answer.encode())
    assert process.returncode is not None
    assert "Traceback" not in err.decode()
    return process.returncode, out.decode(), err.decode()


async def said(process: Process, part: str) -> None:
    """Waits until it says something on standard error."""
    assert process.stderr
    heard = ""
    async with asyncio.timeout(PATIENCE):
        while part not in heard:
            line = await process.stderr.readline()
            assert line, heard
            heard += line.decode()


async def report(hand: Hand, *arguments: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = await ended(await diagnose(hand, *arguments, "--json"))
    return code, json.loads(out)


async def figures(hand: Hand) -> dict[str, float]:
    """What a monitor reads from the terminal: each figure with its labels, and its value."""
    [address] = re.findall(r'^metrics = "(.*)"$', hand.config.read_text("utf-8"), re.MULTILINE)
    async with aiohttp.ClientSession() as session, session.get(f"http://{address}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return {
        name: float(value) for name, _, value in (line.rpartition(" ") for line in lines) if name[:1] != "#"
    }


async def test_what_a_terminal_has_is_listed_without_touching_it(en: Hand) -> None:
    code, told = await report(en, "list")
    assert code == 0
    assert [one["device"] for one in told["devices"]] == ["identity_card_reader", "receipt_printer"]
    for one in told["devices"]:
        assert one["terminal"] == en.running.process.pid
        assert one["status"] == "online" and one["simulated"] and one["fine"]
    assert told["devices"][1]["paper"] == "full"
    assert "out_of_service" not in en.log()
    assert (await en.tree()).screen == "home"


async def test_an_office_sees_within_seconds_what_is_wrong_with_a_terminal(en: Hand, county: Running) -> None:
    await en.printer("cover-open")
    fleet = [BIN / "huimin-backend", "--data", county.log.parent / "data", "terminals"]

    async def seen(part: str, code: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while True:
                asked = await asyncio.create_subprocess_exec(
                    *map(str, fleet), stdin=PIPE, stdout=PIPE, stderr=PIPE, env=os.environ | {"LC_ALL": "C"}
                )
                found = await ended(asked)
                if part in found[1] and found[0] == code:
                    return

    await seen("Receipt printer (offline): The printer's cover is open", 1)
    await en.printer("none")
    await seen("in service", 0)


async def test_a_technician_checks_while_residents_are_told(en: Hand) -> None:
    checking = await diagnose(en, "check", "identity_card_reader", "--level", "interactive")
    await en.screen("out_of_service")
    await en.says("out of service")
    assert "bar.leave" not in (await en.tree()).controls
    assert (await figures(en))["huimin_terminal_out_of_service"] == 1.0
    await said(checking, "Lay an identity card")
    lent = await figures(en)
    assert lent['huimin_device_up{device="receipt_printer",driver="escpos",simulated="true"}'] == 0.0
    assert lent['huimin_device_finding{code="terminal.lent",device="receipt_printer"}'] == 1.0
    await en.present()
    code, out, err = await ended(checking, "y\n")
    await en.lift()
    assert code == 0 and "passed" in out
    seen = await figures(en)
    assert seen['huimin_device_up{device="receipt_printer",driver="escpos",simulated="true"}'] == 1.0
    assert seen['huimin_device_part{device="receipt_printer",part="paper",value="full"}'] == 1.0
    assert "1199************2X" in err
    assert "11999919900307102X" not in out + err
    await en.screen("home")


async def test_a_technician_who_is_cut_off_leaves_a_resident_where_they_were(en: Hand) -> None:
    await en.to_form("labour-registration")
    await en.go("form.start", "card.skip")
    await en.keys("mary")
    checking = await diagnose(en, "check", "receipt_printer", "--level", "interactive", "--now")
    await en.screen("out_of_service")
    await en.says("kept here until")
    await said(checking, "Printing")
    second = await ended(await diagnose(en, "check", "--now"))
    assert second[0] == 3 and f"process {checking.pid}" in second[2]
    code, told = await report(en, "list")
    assert {one["status"] for one in told["devices"]} == {"deviceBusy"}
    assert {one["code"] for device in told["devices"] for one in device["findings"]} == {"terminal.lent"}
    assert (code, told["fine"]) == (3, False)
    checking.send_signal(signal.SIGKILL)
    await checking.wait()
    await en.touch("idle.more")
    await en.screen("form.question")
    assert await en.entered() == "mary"
    code, told = await report(en, "list")
    assert code == 0, "the terminal has its devices again"
    assert {one["status"] for one in told["devices"]} == {"online"}
    await en.go("bar.leave", "leave.end")
    await en.to_form("labour-registration")
    await en.touch("form.start")
    await en.screen("card")
    await en.present()
    await en.screen("card.taken")


async def test_what_happened_in_visits_is_told_with_what_to_do(en: Hand) -> None:
    await en.to_form("labour-registration")
    await en.touch("form.start")
    await en.screen("card")
    await en.present("--fault", "wrong-checksum")
    await en.says("not read completely")
    await asyncio.sleep(1)  # until it is on the disk
    data = ("--data", str(en.config.parent / "data"))
    code, told = await report(en, "events", *data, "--device", "identity_card_reader", "--limit", "1")
    assert code == 0
    [event] = told["events"]
    assert (event["name"], event["completion"], event["code"]) == ("read_card", "invalidData", "readFailed")
    assert [finding["code"] for finding in event["findings"]] == ["identity_card_reader.readFailed"]
    _, counted = await report(en, "statistics", *data)
    assert "identity_card_reader" in {one["device"] for one in counted["statistics"]}


async def test_a_visit_may_come_to_its_end_first(en: Hand) -> None:
    await en.go("home.policies")
    await en.screen("policies.topics")
    checking = await diagnose(en, "check", "receipt_printer")
    await said(checking, "Somebody is using the terminal")
    assert (await en.tree()).screen == "policies.topics"
    await en.go("bar.leave")
    code, _, err = await ended(checking)
    assert code == 0
    assert "The devices are free" in err
    await en.screen("home")


async def test_a_terminal_that_hangs_is_told_so(en: Hand) -> None:
    process = en.running.process.pid
    os.kill(process, signal.SIGSTOP)
    try:
        both = await diagnose(en, "check"), await diagnose(en, "list")
        checks, lists = await asyncio.gather(*map(ended, both))
    finally:
        os.kill(process, signal.SIGCONT)
    assert checks[0] == 3 and f"process {process}" in checks[2] and "Restart it" in checks[2]
    assert lists[0] == 3 and lists[1].count("does not answer. Restart it") == 2
    assert (await report(en, "list"))[0] == 0
