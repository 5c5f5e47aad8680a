"""The technician's end of the socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foundation.unix_socket import connect
from hardware.vendor_mode.lines import MAX_LINE, Ended, Refusal, Refused, State, encode, receive
from hardware.vendor_mode.places import Place, places

ANSWER_SECONDS = 5.0
"""Longest wait for an answer: a terminal answers at once, and tells every second while it is waited for."""
RETURN_SECONDS = 15.0
"""Longest wait for the terminal to have its devices again: it opens and tests each."""


class Unresponsive(Exception):
    """A terminal runs, and does not answer. process: it."""

    def __init__(self, process: int) -> None:
        super().__init__(str(process))
        self.process = process


class Reclaimed(Exception):
    """A terminal took its devices back, because nobody had worked on them."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a terminal is with lending its devices. left: seconds for which a visit may still go on, or,
    once they are lent and seem to be forgotten, until they are taken back."""

    state: State
    left: int


class TerminalConnection:
    """A connection to one terminal. One question at a time."""

    def __init__(
        self, place: Place, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience: float
    ) -> None:
        self.process = place.process
        self._patience = patience
        self._reclaimed = False
        self._reader = reader
        self._writer = writer

    async def devices(self) -> list[dict[str, Any]]:
        """What the terminal knows of its devices. Raises Refused, Ended and Unresponsive."""
        answer = await self._ask({"do": "devices"}, self._patience)
        return [one for one in answer.get("devices", []) if isinstance(one, dict)]

    @asynccontextmanager
    async def vendor_mode(self, *, now: bool, told: Callable[[Progress], None]) -> AsyncIterator[None]:
        """The terminal's devices are free while the block runs; after it the terminal has them again.

        now: a visit under way is not waited for; told: is called while it is waited for, and when the devices
        are about to be taken back. Raises Refused, Ended and Unresponsive before the block runs; where the
        terminal takes its devices back the block is cancelled, and Reclaimed raised.
        """
        answer = await self._ask({"do": "vendor_mode", "now": now}, self._patience)
        while (progress := _progress(answer)).state is not State.LENT:
            told(progress)
            answer = await self._answer(self._patience)
        told(progress)
        body = asyncio.current_task()
        assert body is not None
        heard = asyncio.create_task(self._hear(told, body))
        try:
            yield
        except asyncio.CancelledError:
            if self._reclaimed and body.uncancel() == 0:
                raise Reclaimed from None
            raise
        finally:
            heard.cancel()
            await asyncio.wait({heard})
            with suppress(Ended, Refused, Unresponsive):
                answer = await self._ask({"do": "serve"}, RETURN_SECONDS)
                while _progress(answer).state is not State.SERVING:
                    answer = await self._answer(RETURN_SECONDS)

    def extend(self) -> None:
        """Somebody works on the devices."""
        self._writer.write(encode({"do": "extend"}))

    async def _hear(self, told: Callable[[Progress], None], body: asyncio.Task[Any]) -> None:
        """What the terminal says while its devices are lent. That it ended is found out later."""
        with suppress(Ended, Refused, OSError):
            while (progress := _progress(await receive(self._reader))).state is State.LENT:
                if progress.left:
                    told(progress)
            self._reclaimed = True
            body.cancel()

    async def _ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        self._writer.write(encode(request))
        return await self._answer(seconds)

    async def _answer(self, seconds: float) -> dict[str, Any]:
        try:
            async with asyncio.timeout(seconds):
                await self._writer.drain()
                answer = await receive(self._reader)
        except TimeoutError:
            raise Unresponsive(self.process) from None
        except OSError:
            raise Ended from None
        if answer.get("ok") is not True:
            raise _refused(answer)
        return answer


def _refused(answer: dict[str, Any]) -> Refused:
    try:
        refusal = Refusal(answer.get("error"))
    except ValueError:
        refusal = Refusal.NOT_A_REQUEST
    process = answer.get("process", 0)
    return Refused(refusal, process if isinstance(process, int) else 0)


def _progress(answer: dict[str, Any]) -> Progress:
    left = answer.get("left", 0)
    try:
        return Progress(State(answer.get("state")), left if isinstance(left, int) else 0)
    except ValueError:
        raise Refused(Refusal.NOT_A_REQUEST) from None


@asynccontextmanager
async def connected(place: Place, patience: float = ANSWER_SECONDS) -> AsyncIterator[TerminalConnection]:
    """A connection to a terminal. Raises Ended where nobody serves there any more, and Unresponsive.

    patience: longest wait for an answer, in seconds.
    """
    try:
        socket = connect(place.socket)
    except BlockingIOError:
        raise Unresponsive(place.process) from None  # it does not even take connections
    except OSError:
        raise Ended from None
    reader, writer = await asyncio.open_unix_connection(sock=socket, limit=MAX_LINE)
    try:
        yield TerminalConnection(place, reader, writer, patience)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@dataclass(frozen=True, slots=True)
class RunningTerminal:
    """A terminal that answered, and what it knows of its devices."""

    place: Place
    devices: tuple[dict[str, Any], ...]


async def running_terminals(folder: Path, patience: float = ANSWER_SECONDS) -> list[RunningTerminal]:
    """The terminals that serve on this machine. Raises Unresponsive where one of them does not answer."""
    found = []
    for place in places(folder):
        try:
            async with connected(place, patience) as terminal:
                found.append(RunningTerminal(place, tuple(await terminal.devices())))
        except (Ended, Refused):
            continue
    return found
