"""``python -m tests.payments.dying …``: ``huimin-backend`` that is killed at a step, and is in a hurry.

The variable HUIMIN_TEST_DIE names the step: a function that writes, or a call to the gateway, and ``before``,
``inside`` (of its transaction, all but committed) or ``after``. SIGKILL: nothing is tidied up.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from backend import command
from backend.payments import native, watching
from backend.storage import attempts
from backend.storage.database import Database

DIE = "HUIMIN_TEST_DIE"
WRITES = ("keep", "begin", "opened", "want_closed", "settle", "claim", "returned")
CALLS = ("create", "query", "close", "refund")
STEPS = tuple(f"{name}:{when}" for name in WRITES for when in ("before", "inside", "after")) + tuple(
    f"{name}:{when}" for name in CALLS for when in ("before", "after")
)
"""All there are."""


def step(name: str) -> None:
    """Ends here, where it is to."""
    if os.environ.get(DIE) == name:
        os.write(2, f"killed at {name}\n".encode())
        os.kill(os.getpid(), signal.SIGKILL)


def _write(write: Callable[..., Any]) -> Callable[..., Any]:
    async def wrapped(self: Database, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        name = function.__name__

        def inside(connection: Connection, *given: Any, **named: Any) -> Any:
            done = function(connection, *given, **named)
            step(f"{name}:inside")
            return done

        step(f"{name}:before")
        done = await write(self, inside, *args, **kwargs)
        step(f"{name}:after")
        return done

    return wrapped


def _call(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        step(f"{name}:before")
        done = await call(*args, **kwargs)
        step(f"{name}:after")
        return done

    return wrapped


def main() -> None:
    attempts._PAUSES = (0.3,) * 6  # type: ignore[assignment]
    attempts.LEASE = timedelta(seconds=1)
    watching.SECONDS = 0.1
    setattr(Database, "write", _write(Database.write))  # noqa: B010 (mypy does not like it assigned)
    for name in CALLS:
        setattr(native.NativeGateway, name, _call(name, getattr(native.NativeGateway, name)))
    command.main()


if __name__ == "__main__":
    main()
