"""Calls by baresip to a real phone, with sound."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from kiosk.calling.baresip import Baresip
from kiosk.calling.telephone import CallState
from tests.kiosk.calling.person import PATIENCE, Person, person, settings
from tests.kiosk.calling.registrar import Registrar


@asynccontextmanager
async def line(address: str, folder: Path, **more: object) -> AsyncIterator[Baresip]:
    """The terminal's line, ready to call."""
    telephone = Baresip(settings(address, folder, **more), "terminal-1")
    telephone.open()
    try:
        await ready(telephone)
        yield telephone
    finally:
        await telephone.close()


async def ready(telephone: Baresip) -> None:
    for _ in range(round(PATIENCE / 0.02)):
        if telephone.available:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("baresip does not come")


async def until(wanted: CallState, states: AsyncGenerator[CallState]) -> None:
    async with asyncio.timeout(PATIENCE):
        async for state in states:
            if state is wanted:
                return
            assert state.live, state
    raise AssertionError(f"no {wanted}")


async def talk(there: Person, states: AsyncGenerator[CallState], seconds: float = 0.2) -> None:
    await until(CallState.CALLING, states)
    ringing = asyncio.create_task(until(CallState.RINGING, states))
    await there.notices("incoming")
    await there.does("ring")
    await ringing
    talking = asyncio.create_task(until(CallState.TALKING, states))
    await there.does("answer")
    await talking
    await asyncio.sleep(seconds)


async def test_a_talk_is_heard_and_either_side_hangs_up_and_lines_are_busy(tmp_path: Path) -> None:
    async with person(tmp_path / "person") as there, line(there.address, tmp_path) as telephone:
        async with aclosing(telephone.call()) as states:
            await talk(there, states, 1.2)
            await there.does("hangup")
            await until_over(states, CallState.ENDED)
        await there.notices("ended")
        assert await there.heard_the_resident()

        async with aclosing(telephone.call()) as states:
            await talk(there, states)
        assert (await there.notices("ended"))["code"] == 200

        async with aclosing(telephone.call()) as states:
            await until(CallState.CALLING, states)
            ends = asyncio.create_task(until_over(states, CallState.BUSY))
            await there.notices("incoming")
            await there.does("refuse 486")
            await ends

        async with aclosing(telephone.call()) as states:
            await until(CallState.CALLING, states)
            ends = asyncio.create_task(until_over(states, CallState.NO_ANSWER))
            await there.notices("incoming")
            await there.does("refuse 603")
            await ends


async def until_over(states: AsyncGenerator[CallState], wanted: CallState) -> None:
    async with asyncio.timeout(PATIENCE):
        seen = [state async for state in states]
    assert seen[-1] is wanted


async def test_a_child_that_dies_takes_its_talk_along_and_is_started_again(tmp_path: Path) -> None:
    async with person(tmp_path / "person") as there, line(there.address, tmp_path) as telephone:
        async with aclosing(telephone.call()) as states:
            await talk(there, states)
            os.kill(await child(), signal.SIGKILL)
            await until_over(states, CallState.LOST)
        assert not telephone.available
        await ready(telephone)
        async with aclosing(telephone.call()) as states:
            await talk(there, states)


async def child() -> int:
    """The process of baresip."""
    asked = await asyncio.create_subprocess_exec(
        *("pgrep", "-P", str(os.getpid()), "-x", "baresip"), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await asked.communicate()
    return int(said)


async def test_an_address_where_nobody_answers_at_all_is_said_so(tmp_path: Path) -> None:
    nowhere = "sip:person@127.0.0.1:9"
    async with line(nowhere, tmp_path, reaching=1) as telephone, aclosing(telephone.call()) as states:
        await until_over(states, CallState.UNREACHABLE)


@pytest.mark.parametrize("password", ["Geheim+1/2=3", "wrong"])
async def test_the_line_is_registered_with_its_password_and_no_log_shows_that(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], password: str
) -> None:
    registrar = Registrar("kiosk7", "Geheim+1/2=3")
    port = await registrar.listen()
    account = f"sip:terminal-7@127.0.0.1:{port}"
    try:
        async with line(
            f"sip:help@127.0.0.1:{port}", tmp_path, account=account, user="kiosk7", password=password
        ):
            async with asyncio.timeout(PATIENCE):
                let_in = await registrar.registered.get()
            assert (account in let_in) is (password != "wrong")
    finally:
        registrar.close()
    assert "Geheim" not in "".join(capfd.readouterr())


async def test_whoever_calls_the_terminal_is_turned_away_and_disturbs_no_talk(tmp_path: Path) -> None:
    registrar = Registrar("kiosk7", "secret")
    port = await registrar.listen()
    account = f"sip:terminal-7@127.0.0.1:{port}"
    try:
        async with (
            person(tmp_path / "person") as there,
            line(there.address, tmp_path, account=account, user="kiosk7", password="secret") as telephone,
        ):
            async with asyncio.timeout(PATIENCE):
                await registrar.registered.get()
            await turned_away(registrar.contact)
            async with aclosing(telephone.call()) as states:
                await talk(there, states)
                await turned_away(registrar.contact)
                await there.does("hangup")
                await until_over(states, CallState.ENDED)
            assert (await there.notices("ended"))["code"] == 200
    finally:
        registrar.close()


async def turned_away(address: str) -> None:
    """Somebody calls, and is not answered."""
    caller = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.end_to_end.caller", address), stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(PATIENCE):
        said, _ = await caller.communicate()
    events = [json.loads(each) for each in said.splitlines()]
    assert "answered" not in {event["event"] for event in events}
    assert events[-1]["code"] >= 400
