"""Questions to a running phone line, and its answers: one JSON object a line, each way, in turn.

A worker is asked by its supervisor over a socket pair; a phone line is asked by an operator's command over a
Unix socket that only its owner can open. A question may carry a ``number``, which its answer repeats: so an
answer that nobody waits for any more is told from the one that is waited for.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from foundation.log import logger, trace
from foundation.unix_socket import connect, listen

MAX_LINE = 4 << 20
"""Bytes; the figures of a line with every label are some tens of thousands."""
MOST_AT_ONCE = 16
"""Operator's commands that are connected."""

Request = dict[str, Any]
Answer = Callable[[Request], Awaitable[dict[str, Any]]]
"""Answers a request. Raises Refused."""

_log = logger(__name__)


class Refused(Exception):
    """A request that is not done; the text is a fixed name, such as ``no_such_worker``."""


class Unanswered(Exception):
    """Nobody is there, or what came was no answer."""


class Gone(Unanswered):
    """The other side has closed the connection: it has ended, or is about to."""


async def answer_requests(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> None:
    """Answers one request after another until the other side goes."""
    try:
        while line := await reader.readline():
            writer.write(json.dumps(await _answered(line, answer)).encode() + b"\n")
            await writer.drain()
    except (ConnectionError, ValueError):
        pass  # the other side has gone, or sent a line beyond all bounds
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _answered(line: bytes, answer: Answer) -> dict[str, Any]:
    request = _object(line)
    if request is None:
        return {"error": "not_a_request"}
    number = {"number": request.pop("number")} if "number" in request else {}
    try:
        return {**await answer(request), **number}
    except Refused as refused:
        return {"error": str(refused), **number}
    except Exception as error:
        # A question that goes wrong must end neither the connection nor, with it, a worker and its calls.
        _log.error("request_failed", trace=trace(error))
        return {"error": "failed", **number}


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


class Asker:
    """The asking end of a connection. Questions are asked one at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._turn = asyncio.Lock()
        self._number = 0

    async def ask(self, patience: float, /, **request: Any) -> dict[str, Any]:
        """patience: seconds. Raises Refused, Unanswered; only after Gone no further question may follow."""
        try:
            async with asyncio.timeout(patience), self._turn:
                self._number += 1
                self._writer.write(json.dumps({**request, "number": self._number}).encode() + b"\n")
                await self._writer.drain()
                while (answer := await self._read()).pop("number", None) != self._number:
                    pass  # of a question that was given up
        except (TimeoutError, ValueError) as error:
            raise Unanswered(str(error) or type(error).__name__) from None
        except OSError as error:
            raise Gone(str(error)) from None
        if "error" in answer:
            raise Refused(str(answer["error"]))
        return answer

    async def _read(self) -> dict[str, Any]:
        line = await self._reader.readline()
        if not line:
            raise Gone("ended")
        answer = _object(line)
        if answer is None:
            raise Unanswered("no answer")
        return answer

    def close(self) -> None:
        """Ends the connection."""
        self._writer.close()


async def asker_over(sock: socket.socket) -> Asker:
    """The asking end over a connected socket."""
    return Asker(*await asyncio.open_unix_connection(sock=sock, limit=MAX_LINE))


@asynccontextmanager
async def answering_at(path: Path, answer: Answer) -> AsyncIterator[None]:
    """Answers operators' commands at a Unix socket while the block runs.

    Where the socket cannot be made, the log says so, and the phone line does without.
    """
    try:
        server_socket = listen(path)
    except OSError as error:
        _log.warning("control_unavailable", folder=str(path.parent), reason=error.strerror)
        yield
        return
    connections: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(connections) >= MOST_AT_ONCE:
            writer.close()
            return
        connections.add(task)
        try:
            await answer_requests(reader, writer, answer)
        finally:
            connections.discard(task)

    server = await asyncio.start_unix_server(serve, sock=server_socket, limit=MAX_LINE)
    try:
        yield
    finally:
        server.close()
        await asyncio.to_thread(path.unlink, missing_ok=True)
        for task in tuple(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


async def ask_at(path: Path, patience: float, /, **request: Any) -> dict[str, Any]:
    """Asks the phone line that answers at a Unix socket. Raises Refused, Unanswered."""
    try:
        sock = connect(path)
    except OSError as error:
        raise Unanswered(error.strerror or str(error)) from None
    asker = await asker_over(sock)
    try:
        return await asker.ask(patience, **request)
    finally:
        asker.close()
