"""Real calls through the real Kamailio to several workers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from tests.end_to_end import sipp
from tests.end_to_end.kamailio import Kamailio
from tests.end_to_end.phone import CallerProcess
from tests.end_to_end.workers import Workers

WORKERS, LINES = 3, 2
BUSY = [sipp.INVITE, sipp.part("refused", status="503")]

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Workers]:
    data = tmp_path_factory.mktemp("workers") / "data"
    async with Workers(data, WORKERS, MAX_CALLS=str(LINES), TIMING__FIRST_KEY="60") as workers:
        yield workers
    assert "Traceback" not in workers.log.read_text()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def proxy(line: Workers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kamailio]:
    folder = tmp_path_factory.mktemp("kamailio") / "proxy"
    async with Kamailio(folder, line.addresses, LINES) as kamailio:
        for worker in line.addresses:
            await kamailio.sees(worker, "AP")
        yield kamailio


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def quiet(line: Workers, proxy: Kamailio) -> AsyncIterator[None]:
    """Each test leaves the line without calls."""
    yield
    for number in range(1, WORKERS + 1):
        await line.until(number, lambda told: told.get("calls") == 0 and told["state"] == "open")
        await proxy.sees(line.addresses[number - 1], "AP")


async def test_calls_are_spread_by_free_lines_and_the_last_hears_that_all_are_taken(
    line: Workers, proxy: Kamailio, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        for number in range(1, WORKERS * LINES + 1):
            caller = await stack.enter_async_context(CallerProcess(proxy.address))
            await caller.answered()
            calls = await line.calls()
            assert sum(calls) == number
            assert max(calls) - min(calls) <= 1, calls
        outcome = await sipp.call(tmp_path, proxy.address, BUSY)
        assert outcome.code == 0, outcome.errors
        refusal = next(text for _, text in outcome.messages if "SIP/2.0 503" in text)
        assert "Retry-After: 10" in refusal
        assert await line.calls() == [LINES] * WORKERS


async def test_a_dead_worker_takes_its_own_calls_only_and_is_passed_over(
    line: Workers, proxy: Kamailio
) -> None:
    clock = asyncio.get_running_loop().time
    async with AsyncExitStack() as stack:
        on: dict[int, CallerProcess] = {}
        for _ in range(WORKERS):
            before = await line.calls()
            caller = await stack.enter_async_context(CallerProcess(proxy.address))
            await caller.answered()
            on[[*map(int.__sub__, await line.calls(), before)].index(1)] = caller
        assert sorted(on) == [0, 1, 2]
        restarts = (await line.told(1))["restarts"]
        await line.kill(1)
        began = clock()
        for _ in range(2):
            later = await stack.enter_async_context(CallerProcess(proxy.address))
            await later.answered()
        assert clock() - began < 15.0, "each call waits a second for a dead worker, beside the phone's start"
        for worker in (1, 2):
            await on[worker].press("3")
            await on[worker].heard_sound()
        await line.until(1, lambda told: told["state"] == "open" and told["restarts"] == restarts + 1)
        await proxy.sees(line.addresses[0], "AP")


async def test_a_drained_worker_gets_no_call_and_those_it_has_go_on(line: Workers, proxy: Kamailio) -> None:
    async with AsyncExitStack() as stack:
        callers = [await stack.enter_async_context(CallerProcess(proxy.address)) for _ in range(WORKERS)]
        for caller in callers:
            await caller.answered()
        await line.ask(do="drain", worker=2)
        for _ in range(WORKERS - 1):
            later = await stack.enter_async_context(CallerProcess(proxy.address))
            await later.answered()
        assert await line.calls() == [2, 1, 2]
        for caller in callers:
            await caller.press("3")
            await caller.heard_sound()
        assert (await line.ask(do="resume", worker=2))["workers"][1]["state"] == "open"
    for number in (1, 2, 3):
        await line.until(number, lambda told: told.get("calls") == 0)


async def test_the_proxy_takes_a_worker_out_and_back(line: Workers, proxy: Kamailio) -> None:
    first, second, third = line.addresses
    for worker in (first, third):
        await proxy.command("dispatcher.set_state", "d", "1", worker)
    async with AsyncExitStack() as stack:
        for _ in range(LINES):
            caller = await stack.enter_async_context(CallerProcess(proxy.address))
            await caller.answered()
        assert await line.calls() == [0, LINES, 0]
    for worker in (first, third):
        await proxy.command("dispatcher.set_state", "ap", "1", worker)
    assert await proxy.state_of(second) == "AP"


async def test_workers_are_reached_also_where_their_addresses_are_hidden(
    line: Workers, tmp_path: Path
) -> None:
    hidden = '#!define WITH_HIDDEN_WORKERS\n#!define MASK_KEY "key"\n#!define MASK_IP "192.0.2.255"\n'
    async with Kamailio(tmp_path / "proxy", line.addresses[:1], LINES, more=hidden) as proxy:
        await proxy.sees(line.addresses[0], "AP")
        scenario = [sipp.INVITE, sipp.ACKNOWLEDGE, sipp.pause(1), sipp.keys("3"), sipp.pause(1), sipp.HANG_UP]
        outcome = await sipp.call(tmp_path, proxy.address, scenario)
    assert outcome.code == 0, outcome.errors
    answers = [text for _, text in outcome.messages if "received" in text]
    assert not [text for text in answers if line.addresses[0].removeprefix("sip:") in text]


async def test_strangers_get_no_answer(line: Workers, tmp_path: Path) -> None:
    async with Kamailio(tmp_path / "proxy", line.addresses[:1], LINES, trunk="127.0.0.8") as proxy:
        for address, answered in (("127.0.0.9", False), ("127.0.0.8", True)):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
                phone.bind((address, 0))
                phone.settimeout(1.0)
                port = phone.getsockname()[1]
                request = (
                    f"OPTIONS sip:100@127.0.0.1:{proxy.port} SIP/2.0\r\n"
                    f"Via: SIP/2.0/UDP {address}:{port};branch=z9hG4bK{port};rport\r\n"
                    f"Max-Forwards: 70\r\nFrom: <sip:100@{address}>;tag=1\r\nTo: <sip:100@127.0.0.1>\r\n"
                    f"Call-ID: {port}@{address}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
                )
                phone.sendto(request.encode(), ("127.0.0.1", proxy.port))
                try:
                    reply = await asyncio.to_thread(phone.recv, 4096)
                except TimeoutError:
                    reply = b""
            assert reply.startswith(b"SIP/2.0 200") is answered, reply
