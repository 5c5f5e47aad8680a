"""What a process tells its supervisor: datagrams to a Unix socket, as systemd takes them (sd_notify(3)).

Where there is no supervisor nothing is told and nothing is wanted.
"""

from __future__ import annotations

import os
import socket
from typing import Literal

from foundation.log import logger

_log = logger(__name__)


def tell_supervisor(what: Literal["READY=1", "WATCHDOG=1"]) -> None:
    """Tells that the process can serve, or that it still does, which is wanted again and again.

    Never raises and never waits: a supervisor that does not listen is its own concern.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):  # of the abstract namespace, unix(7)
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sending:
            sending.setblocking(False)
            sending.sendto(what.encode(), address)
    except OSError as error:
        _log.warning("supervisor_not_told", what=what, reason=error.strerror)


def watchdog_seconds() -> float | None:
    """Within which the supervisor wants to hear again that the process lives; None where it does not.

    WATCHDOG_PID is not asked: it names the process that the supervisor started, which may be a compositor
    that started this one.
    """
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1e6 if microseconds.isdecimal() and int(microseconds) > 0 else None
