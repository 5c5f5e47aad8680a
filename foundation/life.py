"""The life of a long-running command: ready, told to stop, and what it does beside serving."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any


def say_ready(name: str, address: str) -> None:
    """Prints the line ``ready NAME ADDRESS`` on standard output, once the command can serve."""
    print(f"ready {name} {address}", flush=True)  # noqa: T201 (this line is the interface)


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

    What one of them raised before that is raised at the end of the block.
    """
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
