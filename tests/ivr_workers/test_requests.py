"""Questions to a running line and their answers, over real sockets."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from foundation.unix_socket import connect
from ivr.workers.requests import (
    MAX_LINE,
    Answer,
    Asker,
    Gone,
    Refused,
    Request,
    Unanswered,
    answer_requests,
    answering_at,
    ask_at,
    asker_over,
)


@asynccontextmanager
async def asking(answer: Answer) -> AsyncIterator[Asker]:
    """The two ends of a connection."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    streams = await asyncio.open_unix_connection(sock=theirs, limit=MAX_LINE)
    answering = asyncio.create_task(answer_requests(*streams, answer))
    asker = await asker_over(ours)
    try:
        yield asker
    finally:
        asker.close()
        await answering


async def test_an_answer_that_was_given_up_is_not_taken_for_the_next_one() -> None:
    late = asyncio.Event()

    async def answer(request: Request) -> dict[str, Any]:
        if request["do"] == "slow":
            await late.wait()
        return {"did": request["do"]}

    async with asking(answer) as asker:
        with pytest.raises(Unanswered):
            await asker.ask(0.05, do="slow")
        cancelled = asyncio.create_task(asker.ask(9.0, do="slow"))
        await asyncio.sleep(0.05)
        cancelled.cancel()
        late.set()
        assert await asker.ask(9.0, do="next") == {"did": "next"}
        assert await asker.ask(9.0, do="last") == {"did": "last"}


async def test_a_question_that_goes_wrong_ends_nothing() -> None:
    async def answer(request: Request) -> dict[str, Any]:
        if request["do"] == "break":
            raise ZeroDivisionError
        if request["do"] != "state":
            raise Refused("not_a_request")
        return {"state": "open"}

    async with asking(answer) as asker:
        with pytest.raises(Refused, match="failed"):
            await asker.ask(9.0, do="break")
        with pytest.raises(Refused, match="not_a_request"):
            await asker.ask(9.0, do="else")
        assert await asker.ask(9.0, do="state") == {"state": "open"}


async def test_who_is_gone_is_told_from_who_is_slow() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    asker = await asker_over(ours)
    theirs.close()
    with pytest.raises(Gone):
        await asker.ask(9.0, do="state")
    asker.close()


async def test_nobody_but_the_owner_can_ask_and_what_is_no_request_is_refused(tmp_path: Path) -> None:
    async def answer(request: Request) -> dict[str, Any]:
        return {"did": request["do"]}

    path = tmp_path / "ivr" / "control.sock"
    async with answering_at(path, answer):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert path.stat().st_uid == os.getuid()
        assert await ask_at(path, 9.0, do="state") == {"did": "state"}
        reader, writer = await asyncio.open_unix_connection(sock=connect(path))
        for line in (b"{\n", b"[" * 100_000 + b"\n", b"3\n"):
            writer.write(line)
            assert await reader.readline() == b'{"error": "not_a_request"}\n'
        writer.close()
    with pytest.raises(Unanswered):
        await ask_at(path, 9.0, do="state")
