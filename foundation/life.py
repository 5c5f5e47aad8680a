"""The life of a long-running command: ready, told to stop, and what it does beside serving."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from foundation.log import logger
from foundation.supervision import tell_supervisor

_log = logger(__name__)


def say_ready(name: str, address: str) -> None:
    """Prints the line ``ready NAME ADDRESS`` on standard output, once the command can serve, and tells the
    supervisor."""
    print(f"ready {name} {address}", flush=True)  # noqa: T201 (this line is the interface)
    tell_supervisor("READY=1")


def stop_requested() -> asyncio.Event:
    """An event that SIGTERM or SIGINT sets. Call it on the running loop."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, event.set)
    return event


@asynccontextmanager
async def beside(*work: Coroutine[Any, Any, object]) -> AsyncIterator[None]:
    """Runs coroutines while the block runs, then cancels them and waits for their end.

    What one of them raised before that stands in the log at once, and is raised at the end of the block.
    """
    tasks = [asyncio.create_task(one) for one in work]
    for task in tasks:
        task.add_done_callback(_say_failed)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended


def _say_failed(task: asyncio.Task[object]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("background_work_failed", exc_info=error)
