"""What a long-running command does beside serving."""

from __future__ import annotations

import asyncio

import pytest

from foundation.life import beside


async def test_work_that_fails_is_told_of_at_once_and_again_at_the_end(
    capfd: pytest.CaptureFixture[str],
) -> None:
    ended = asyncio.Event()
    said = ""

    async def fail() -> None:
        raise LookupError("no such folder")

    async def go_on() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def serve() -> None:
        nonlocal said
        async with beside(fail(), go_on()):
            await asyncio.sleep(0.01)
            said = "".join(capfd.readouterr())

    with pytest.raises(LookupError, match="no such folder"):
        await serve()
    assert "background_work_failed" in said
    assert "no such folder" in said
    assert ended.is_set()


async def test_work_ends_with_the_block() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with beside(work()):
        await asyncio.sleep(0)
    assert ended.is_set()
