"""One worker's processes, where they cannot even begin."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ivr.workers.worker import Stage, Worker


async def test_a_worker_that_cannot_be_started_is_tried_again_and_ends_at_once(tmp_path: Path) -> None:
    worker = Worker(61, [str(tmp_path / "no-such-command")], "127.0.0.1:0")
    keeping = asyncio.create_task(worker.keep())
    async with asyncio.timeout(10):
        while worker.restarts < 3:  # noqa: ASYNC110 (it tells nobody)
            await asyncio.sleep(0.02)
    assert worker.stage is Stage.DOWN
    worker.end()  # in the middle of its pause
    async with asyncio.timeout(0.5):
        await keeping
