"""Many calls: at once, one after another, and when the line is to end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from ivr.line import Line
from ivr.sip.call import Call
from tests.end_to_end import sipp
from tests.end_to_end.phone import CallerProcess
from tests.ivr_sip.conftest import TONES, Answering, tone, until

AT_ONCE = 4
"""The limit compiled into the ready wheel of PJSIP."""
MANY = 60
"""More than the ready wheel takes."""
MOST_GROWTH = 20 << 20
"""Bytes. PJSIP remembers a call's transactions for 32 s (timer J of RFC 3261), 30 KB each; flat over
1,500 calls when measured, and 3.5 MB more over the next 600."""


@pytest.mark.parametrize(("max_calls", "prompt"), [(AT_ONCE - 1, "tone.low"), (1, "tone.high")])
async def test_further_callers_hear_busy_and_the_others_nothing_of_it(
    answering: Answering, tmp_path: Path, max_calls: int, prompt: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async def on_call(line: Line) -> None:
        await line.play([tone(prompt)])

    async with answering(on_call, max_calls=max_calls) as endpoint, AsyncExitStack() as stack:
        callers = [
            await stack.enter_async_context(CallerProcess(endpoint.address, tmp_path / f"{number}.wav"))
            for number in range(max_calls)
        ]
        for caller in callers:
            await caller.heard_sound()
        refused = await sipp.call(
            tmp_path, endpoint.address, [sipp.INVITE, sipp.part("refused", status="503")]
        )
        assert refused.code == 0, refused.errors
        assert "call_refused" in "".join(capfd.readouterr()), "the technician is not told"
        await callers[-1].hang_up()
        await until(lambda: endpoint.calls < max_calls)
        async with CallerProcess(endpoint.address) as next_one:
            await next_one.heard_sound()
        for caller in callers[:-1]:
            await caller.ended()
    hertz, seconds = TONES[prompt]
    for caller in callers[:-1]:
        heard = caller.heard()
        times = heard.loud_times()
        assert times[-1] - times[0] == pytest.approx(seconds, abs=0.7)
        assert heard.share_of(hertz, times[0] + 0.5, times[-1] - 0.5) > 0.9


async def test_every_line_is_taken_at_once_and_one_more_caller_refused(
    answering: Answering, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async def on_call(line: Line) -> None:
        await line.play([tone("tone.low")])

    async with answering(on_call, max_calls=MANY) as endpoint:
        scenario = [sipp.INVITE, sipp.ACKNOWLEDGE, sipp.pause(4), sipp.HANG_UP]
        lines = endpoint.lines
        calling = asyncio.create_task(
            sipp.call(tmp_path, endpoint.address, scenario, calls=lines, rate=100, at_once=lines)
        )
        await until(lambda: endpoint.calls == endpoint.lines)
        await until(lambda: len(sounds_in_memory()) == 1)  # what all of them hear is there once
        status = "503" if endpoint.lines == MANY else "486"  # the ready wheel refuses by itself
        refused = await sipp.call(
            tmp_path, endpoint.address, [sipp.INVITE, sipp.part("refused", status=status)]
        )
        outcome = await calling
        await until(lambda: endpoint.calls == 0)
    assert (outcome.code, refused.code) == (0, 0), outcome.errors + refused.errors
    assert not sounds_in_memory()
    assert "telephone_library" in "".join(capfd.readouterr()), "which build it is and what it takes"


async def test_the_line_ends_when_the_calls_have(answering: Answering, tmp_path: Path) -> None:
    async def on_call(line: Line) -> None:
        await line.next_key()
        await line.play([tone("tone.short")])

    async with answering(on_call, drain_seconds=30) as endpoint:
        async with CallerProcess(endpoint.address) as caller:
            await caller.answered()
            draining = asyncio.create_task(endpoint.drain())
            refused = await sipp.call(
                tmp_path, endpoint.address, [sipp.INVITE, sipp.part("refused", status="503")]
            )
            assert refused.code == 0, refused.errors
            assert any("Retry-After: 30" in text for _, text in refused.messages)
            assert not draining.done()
            await caller.press("1")
            await caller.heard_sound()
            await caller.ended()
        async with asyncio.timeout(5):
            await draining


async def test_the_line_does_not_wait_for_ever(answering: Answering) -> None:
    async def on_call(line: Line) -> None:
        while True:
            await line.next_key()

    async with AsyncExitStack() as stack:
        async with answering(on_call, drain_seconds=0.5) as endpoint:
            caller = await stack.enter_async_context(CallerProcess(endpoint.address))
            await caller.answered()
            await endpoint.drain()
        assert (await caller.ended())["code"] == 200


async def test_a_phone_that_no_longer_answers_does_not_keep_the_line_from_closing(
    answering: Answering,
) -> None:
    async def on_call(line: Line) -> None:
        await line.play([tone("tone.low")])

    clock = asyncio.get_running_loop().time
    async with AsyncExitStack() as stack:
        async with answering(on_call, drain_seconds=0.1) as endpoint:
            caller = await stack.enter_async_context(CallerProcess(endpoint.address))
            await caller.heard_sound()
            caller.freeze()
            begin = clock()
            await endpoint.drain()
        assert clock() - begin < 10.0


async def test_a_call_that_comes_in_the_moment_in_which_another_ends_is_served(
    answering: Answering, tmp_path: Path
) -> None:
    pressed: list[str] = []

    async def on_call(line: Line) -> None:
        while True:
            pressed.append(await line.next_key())

    second = [sipp.pause(1), sipp.INVITE, sipp.ACKNOWLEDGE, sipp.keys("7"), sipp.HANG_UP]
    async with answering(on_call, max_calls=1) as endpoint, CallerProcess(endpoint.address) as first:
        await first.answered()
        calling = asyncio.create_task(sipp.call(tmp_path, endpoint.address, second))
        await asyncio.sleep(0.3)
        await first.begin("hangup")
        time.sleep(1.5)  # noqa: ASYNC251 (so that the loop sees BYE and INVITE in one go)
        outcome = await calling
        await until(lambda: endpoint.calls == 0)
    assert outcome.code == 0, outcome.errors
    assert pressed == ["7"]


async def test_hundreds_of_calls_leave_nothing_behind(answering: Answering, tmp_path: Path) -> None:
    """Callers who press a key, and a flood of those who hang up at once: more than there are places for
    sockets and for sound in the library."""
    served = 0

    async def on_call(line: Line) -> None:
        nonlocal served
        playing = asyncio.create_task(line.play([tone("tone.short")]))
        try:
            assert await line.next_key() == "1"
            served += 1
            await line.next_key()
        finally:
            await asyncio.gather(playing, return_exceptions=True)

    async def calls(number: int, rate: int, *during: str) -> None:
        scenario = [sipp.INVITE, sipp.ACKNOWLEDGE, *during, sipp.HANG_UP]
        outcome = await sipp.call(tmp_path, endpoint.address, scenario, calls=number, rate=rate)
        assert outcome.code == 0, outcome.errors
        await until(lambda: endpoint.calls == 0)
        gc.collect()

    async with answering(on_call) as endpoint:
        await calls(20, 40, sipp.keys("1"), sipp.pause(0.1))
        files, memory = open_files(), resident_bytes()
        await calls(260, 400)
        await calls(20, 40, sipp.keys("1"), sipp.pause(0.1))
        assert served == 40
        assert open_files() <= files + 2
        assert resident_bytes() - memory < MOST_GROWTH
        assert not [found for found in gc.get_objects() if isinstance(found, Call)]


def sounds_in_memory() -> set[int]:
    """Those that are played now, by their inodes."""
    found = set()
    for file in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if file.readlink().name.startswith("memfd:speech"):
                found.add(file.stat().st_ino)
    return found


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
