"""A terminal's socket: devices are lent to one program at a time, and come back however that ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from foundation.unix_socket import connect, listen
from hardware.vendor_mode import server as serving
from hardware.vendor_mode.client import (
    Progress,
    Reclaimed,
    TerminalConnection,
    Unresponsive,
    connected,
    running_terminals,
)
from hardware.vendor_mode.lines import MAX_LINE, Ended, Refusal, Refused, State
from hardware.vendor_mode.places import Place, place_of, places
from hardware.vendor_mode.server import MAX_CONNECTIONS, Lender, VendorModeServer
from tests.hardware.conftest import until

BORROW = """
import asyncio, sys
from pathlib import Path
from hardware.vendor_mode.client import connected
from hardware.vendor_mode.places import places

async def borrow():
    async with connected(places(Path(sys.argv[1]))[0]) as terminal:
        async with terminal.vendor_mode(now=True, told=lambda progress: None):
            print("lent", flush=True)
            await asyncio.sleep(60)

asyncio.run(borrow())
"""
"""A technician's program."""


class Shop(Lender):
    """Lends one thing: whether it has it is written down. `visit`: somebody is being served."""

    name = "terminal-7"

    def __init__(self) -> None:
        self.has = True
        self.visit = asyncio.Event()
        self.visit.set()
        self.history: list[str] = []
        self._state = State.SERVING

    def devices(self) -> list[dict[str, Any]]:
        return [{"device": "receipt_printer", "port": "/dev/ttyUSB0"}]

    @property
    def state(self) -> State:
        return self._state

    @property
    def seconds_left(self) -> float:
        return 7.0 if self._state is State.WAITING else 0.0

    async def lend(self) -> None:
        self._state = State.WAITING
        await self.visit.wait()
        self.has = False
        self._state = State.LENT
        self.history.append("lent")

    def hurry(self) -> None:
        self.visit.set()

    async def take_back(self) -> None:
        await asyncio.sleep(0.05)
        self.has = True
        self._state = State.SERVING
        self.history.append("back")


@asynccontextmanager
async def open_shop(folder: Path, longest: float = 60) -> AsyncIterator[tuple[Shop, Place]]:
    """A lender that serves in a folder."""
    shop = Shop()
    server = VendorModeServer(shop, folder, longest=longest)
    await server.open()
    try:
        yield shop, places(folder)[0]
    finally:
        await server.close()
        assert places(folder) == []


def silent(_: Progress) -> None:
    """Nothing is to be told."""


async def ask(terminal: TerminalConnection, line: bytes) -> dict[str, Any]:
    """Sends what no client of ours would."""
    terminal._writer.write(line)
    async with asyncio.timeout(5):
        answer: dict[str, Any] = json.loads(await terminal._reader.readline())
    return answer


async def test_devices_are_lent_and_come_back(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as (shop, place), connected(place) as terminal:
        told: list[Progress] = []
        async with terminal.vendor_mode(now=False, told=told.append):
            assert shop.history == ["lent"]
            async with connected(place) as other:
                hello = await ask(other, b'{"do":"hello"}\n')
            assert hello == {
                "ok": True,
                "terminal": "terminal-7",
                "process": os.getpid(),
                "state": "lent",
            }
        assert shop.has, "it has them again before the block is left"
        assert told == [Progress(State.LENT, 0)]
        assert shop.history == ["lent", "back"]


async def test_the_socket_is_its_owners_and_what_the_terminal_knows_is_told(tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 30)
    async with open_shop(folder) as (_, place):
        assert len(str(place.socket)) > 107
        assert place.socket.stat().st_mode & 0o777 == 0o600
        assert folder.stat().st_mode & 0o077 == 0
        [terminal] = await running_terminals(folder)
        assert terminal.place == Place(place.socket, os.getpid())
        assert terminal.devices == ({"device": "receipt_printer", "port": "/dev/ttyUSB0"},)


async def test_while_a_visit_is_waited_for_the_asker_is_told_and_can_hurry_or_give_up(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as (shop, place):
        shop.visit.clear()
        told: list[Progress] = []
        with pytest.raises(TimeoutError):
            async with (
                asyncio.timeout(1.5),
                connected(place) as terminal,
                terminal.vendor_mode(now=False, told=told.append),
            ):
                pytest.fail("somebody is being served")
        assert told == [Progress(State.WAITING, 7)]
        await until(lambda: shop.history == ["back"])
        assert not shop.visit.is_set()
        async with connected(place) as terminal, terminal.vendor_mode(now=True, told=silent):
            assert not shop.has


async def test_a_second_program_is_told_who_has_them(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as (shop, place), connected(place) as one, connected(place) as two:
        async with one.vendor_mode(now=True, told=silent):
            with pytest.raises(Refused) as refused:
                async with two.vendor_mode(now=True, told=silent):
                    pytest.fail("both have them")
            assert (refused.value.refusal, refused.value.process) == (Refusal.BUSY, os.getpid())
            assert not shop.has
        async with two.vendor_mode(now=True, told=silent):
            assert not shop.has


async def test_a_program_that_is_killed_gives_them_back(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as (shop, _):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", BORROW, tmp_path),
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert process.stdout
        assert await process.stdout.readline() == b"lent\n"
        assert not shop.has
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await until(lambda: shop.has)
        assert shop.history == ["lent", "back"]


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{\n",
        b"[]\n",
        b"\xff\xfe\n",
        b'{"do":"dance"}\n',
        b'{"do":"vendor_mode"}\n',
        b'{"do":"vendor_mode","now":1}\n',
        b"[" * 100_000 + b"\n",
        b"x" * (MAX_LINE + 10) + b"\n",
    ],
    ids=range(9),
)
async def test_what_is_no_request_is_refused_and_harms_nobody(tmp_path: Path, line: bytes) -> None:
    async with open_shop(tmp_path) as (shop, place):
        async with connected(place) as terminal:
            assert await ask(terminal, line) == {"ok": False, "error": "notARequest"}
            assert await terminal._reader.read() == b""
        async with connected(place) as terminal:
            assert await terminal.devices() == shop.devices()
        assert shop.has


async def test_no_more_than_some_are_let_in(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as (_, place), AsyncExitStack() as stack:
        for _ in range(MAX_CONNECTIONS):
            await (await stack.enter_async_context(connected(place))).devices()
        with pytest.raises(Refused) as refused:
            await (await stack.enter_async_context(connected(place))).devices()
        assert refused.value.refusal is Refusal.TOO_MANY


async def test_a_terminal_that_hangs_is_told_from_one_that_is_gone(tmp_path: Path) -> None:
    hanging = listen(place_of(tmp_path, os.getpid()))  # takes connections, and never answers
    [place] = places(tmp_path)
    async with connected(place, patience=0.2) as terminal:
        with pytest.raises(Unresponsive) as unresponsive:
            async with terminal.vendor_mode(now=True, told=silent):
                pytest.fail("nobody answered")
    assert unresponsive.value.process == os.getpid()
    with pytest.raises(Unresponsive):
        await running_terminals(tmp_path, patience=0.2)
    filling: list[socket] = []
    with pytest.raises(BlockingIOError):
        while len(filling) < 10_000:
            filling.append(connect(place.socket))
    with pytest.raises(Unresponsive):
        async with connected(place):
            pytest.fail("not even connections are taken any more")
    for one in filling:
        one.close()
    hanging.close()
    with pytest.raises(Ended):
        async with connected(place):
            pytest.fail("nobody is there")
    assert await running_terminals(tmp_path) == []


async def test_what_a_killed_terminal_left_is_cleared_away(tmp_path: Path) -> None:
    gone = await asyncio.create_subprocess_exec("true")
    await gone.wait()
    listen(tmp_path / f"terminal-{gone.pid}").close()
    (tmp_path / "something-else").touch()
    async with open_shop(tmp_path) as (_, place):
        assert places(tmp_path) == [place]


async def test_an_ending_terminal_leaves_nobody_waiting(tmp_path: Path) -> None:
    shop = Shop()
    server = VendorModeServer(shop, tmp_path, longest=60)
    await server.open()
    shop.visit.clear()
    [place] = places(tmp_path)
    async with connected(place) as terminal:

        async def borrow() -> None:
            async with terminal.vendor_mode(now=False, told=silent):
                pytest.fail("it has ended")

        borrowing = asyncio.create_task(borrow())
        await until(lambda: shop.state is State.WAITING)
        await server.close()
        with pytest.raises(Ended):
            await borrowing


async def test_a_lender_that_fails_keeps_nobody_waiting_and_has_its_devices(tmp_path: Path) -> None:
    class Broken(Shop):
        async def lend(self) -> None:
            await super().lend()
            raise RuntimeError("a mistake")

    shop = Broken()
    server = VendorModeServer(shop, tmp_path, longest=60)
    await server.open()
    async with connected(places(tmp_path)[0]) as terminal:
        with pytest.raises(Ended):
            async with terminal.vendor_mode(now=True, told=silent):
                pytest.fail("nothing was lent")
    await until(lambda: shop.has)
    await server.close()


async def test_a_folder_that_cannot_be_used_is_no_end_of_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    server = VendorModeServer(Shop(), tmp_path / "file", longest=60)
    await server.open()
    await server.close()


async def test_a_program_that_is_forgotten_is_told_and_loses_the_devices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "ANNOUNCE_EVERY", 0.1)
    async with open_shop(tmp_path, longest=0.5) as (shop, place), connected(place) as terminal:
        told: list[Progress] = []
        with pytest.raises(Reclaimed):
            async with terminal.vendor_mode(now=False, told=told.append):
                began = time.monotonic()
                while time.monotonic() < began + 1.0:  # somebody works
                    await asyncio.sleep(0.05)
                    terminal.extend()
                assert shop.history == ["lent"]
                await asyncio.sleep(30)
        assert 1.4 < time.monotonic() - began < 10
        assert told[-1].state is State.LENT and told[-1].left == 1
        assert shop.has and shop.history == ["lent", "back"]


async def test_a_program_that_does_not_listen_loses_them_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "LEAVE_SECONDS", 0.1)
    async with open_shop(tmp_path, longest=0.2) as (shop, place), connected(place) as terminal:
        await ask(terminal, b'{"do":"vendor_mode","now":true}\n')
        async with asyncio.timeout(10):
            while shop.history != ["lent", "back"]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        async with connected(place) as second, second.vendor_mode(now=True, told=silent):
            assert shop.history == ["lent", "back", "lent"]
