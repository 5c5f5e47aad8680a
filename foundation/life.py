"""The life of a long-running command: ready, and told to stop."""

from __future__ import annotations

import asyncio
import signal


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
