"""Workers that die, are restarted, are counted and end: real processes, real calls, a real backend."""

from __future__ import annotations

import asyncio
import re
import urllib.error
import urllib.request
from contextlib import AsyncExitStack
from pathlib import Path

from tests.end_to_end import sipp
from tests.end_to_end.phone import CallerProcess
from tests.end_to_end.workers import COMMAND, Workers
from tests.ivr.county import County
from tests.ivr.people import IDENTITY, keyed
from tests.ports import free_port

LETTER = ("2", "2", "1", "1", keyed(IDENTITY), "1", "1", "1")
"""From the main menu: the form of two questions, and what it is answered."""


async def fetched(address: str, path: str) -> tuple[int, str]:
    """Status and body of a page."""

    def get() -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    return await asyncio.to_thread(get)


async def figure(address: str, name: str, **labels: str) -> float:
    """One figure of the page, 0 where it is not there."""
    _, text = await fetched(address, "/metrics")
    for line in text.splitlines():
        found = re.fullmatch(rf"{name}{{(.*)}} (\S+)", line)
        if found and dict(re.findall(r'(\w+)="([^"]*)"', found[1])) == labels:
            return float(found[2])
    return 0.0


async def write_letter(folder: Path, address: str) -> None:
    """Calls, keys the form, and hangs up."""
    typed = [part for keys in LETTER for part in (sipp.keys(keys), sipp.pause(0.4))]
    scenario = [sipp.INVITE, sipp.ACKNOWLEDGE, sipp.pause(1), *typed, sipp.pause(6), sipp.HANG_UP]
    outcome = await sipp.call(folder, address, scenario)
    assert outcome.code == 0, outcome.errors


async def test_what_callers_of_a_dead_worker_sent_is_delivered_and_other_calls_go_on(tmp_path: Path) -> None:
    county = County(tmp_path / "county")
    await asyncio.to_thread(county.start)
    monitor = f"127.0.0.1:{free_port()}"
    try:
        async with AsyncExitStack() as stack:
            line = await stack.enter_async_context(
                Workers(tmp_path / "line", 2, backend=county.address, METRICS=monitor)
            )
            assert await fetched(monitor, "/health") == (200, "serving\n")
            await write_letter(tmp_path, line.addresses[1])
            assert len(county.references()) == 1
            await asyncio.to_thread(county.stop)
            await write_letter(tmp_path, line.addresses[1])
            assert await figure(monitor, "huimin_door_waiting", worker="2") == 1.0
            other = await stack.enter_async_context(CallerProcess(line.addresses[0]))
            await other.heard_sound()
            held = await stack.enter_async_context(CallerProcess(line.addresses[1]))
            await held.heard_sound()
            await line.kill(2)
            await line.until(2, lambda told: told["state"] == "open" and told["restarts"] == 1)
            async with asyncio.timeout(20):
                while '"result":"lost"' not in line.records.read_text("utf-8"):  # noqa: ASYNC110 (a file)
                    await asyncio.sleep(0.1)
            assert await figure(monitor, "huimin_ivr_worker_restarts_total", worker="2") == 1.0
            assert (await line.calls())[0] == 1
            await other.press("4")
            await other.heard_sound()
            assert await figure(monitor, "huimin_ivr_calls_in_progress", worker="1") == 1.0
            await asyncio.to_thread(county.start)
            async with asyncio.timeout(60):
                while len(county.references()) < 2:  # noqa: ASYNC110 (a database)
                    await asyncio.sleep(0.2)
            await line.ask(do="drain", worker=2)
            await line.kill(2)
            # Whoever took it out of service finds it so, whatever became of the process.
            await line.until(2, lambda told: told["state"] == "draining" and told["restarts"] == 2)
    finally:
        county.stop()


async def test_the_line_ends_once_its_calls_have_and_takes_no_new_ones(tmp_path: Path) -> None:
    async with Workers(tmp_path / "line", 2, TIMING__CLOSING="60") as line:
        assert line.process
        async with CallerProcess(line.addresses[0]) as caller:
            await caller.heard_sound()
            line.process.terminate()
            await line.until(1, lambda told: told["state"] == "ending")
            refused = await sipp.call(
                tmp_path, line.addresses[0], [sipp.INVITE, sipp.part("refused", status="503")]
            )
            assert refused.code == 0, refused.errors
            assert any("Retry-After" in text for _, text in refused.messages)
            assert line.process.returncode is None
            await caller.hang_up()
        async with asyncio.timeout(100):  # beyond what calls get to end, for the slowest machine
            assert await line.process.wait() == 0
    assert "Traceback" not in line.log.read_text()


async def test_a_worker_is_started_anew_once_its_calls_have_ended(tmp_path: Path) -> None:
    async with Workers(tmp_path / "line", 2) as line:
        before = await line.told(1)
        async with CallerProcess(line.addresses[0]) as caller:
            await caller.heard_sound()
            await line.ask(do="restart", worker=1)
            await line.until(1, lambda told: told["state"] == "ending")
            assert (await line.told(1))["process"] == before["process"]
            await caller.hang_up()
        await line.until(1, lambda told: told["state"] == "open" and told["restarts"] == 1)
        after = await line.told(1)
        assert after["process"] != before["process"]
        assert after["address"] == before["address"]
        assert (await line.told(2))["restarts"] == 0


async def test_a_configuration_that_cannot_be_used_is_said_once_by_each_and_ends_the_line(
    tmp_path: Path,
) -> None:
    port = free_port()
    taken = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", port)
    async with taken:
        process = await asyncio.create_subprocess_exec(
            *(COMMAND, "--sip", f"127.0.0.1:{port}", "--workers", "2", "--data", str(tmp_path)),
            *("--backend", "127.0.0.1:9"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(60):
            output, complaint = await process.communicate()
    assert process.returncode == 2
    assert output == b""
    assert complaint.decode().count("cannot listen") == 1
