"""Keeps strangers from the line's sockets: they get no answer at all, as if nobody listened there.

PJSIP answers whatever it reads, so what a stranger sends must not be read. Each of its listening sockets gets
a filter in the kernel (`networks.program`), which drops datagrams and TCP's SYN alike and costs the calls
nothing. Beside the UDP socket stands a second one on the same port, to which the kernel hands what strangers
send instead of dropping it: there it is counted, and looked at once a second for the log.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import os
import re
import socket
import stat
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from prometheus_client import Counter

from foundation.log import logger
from ivr.sip.carrier.networks import Network, program

SO_MEMINFO = 55
"""Not named by Python. Its ninth number is how many packets the socket has dropped."""
SO_ATTACH_FILTER = 26
SO_ATTACH_REUSEPORT_CBPF = 51
LOOK_SECONDS = 1.0
MOST_AT_A_LOOK = 200
"""Datagrams of strangers read a second; what is beyond them only counts, so that a flood costs nothing."""
LOG_SECONDS = 60.0
"""Between two lines about strangers."""
MOST_NAMED = 5
"""Strangers named in one line."""
EYE_BUFFER = 1 << 16

STRANGERS = Counter(
    "huimin_ivr_strangers",
    "Datagrams and attempts to connect from addresses that may not call; they get no answer",
    ("transport",),
)

_METHOD = re.compile(rb"[A-Z]{3,12}(?= )")

log = logger("ivr.sip")


class NoFilter(OSError):
    """The line's sockets cannot be guarded."""


class Guard:
    """Owns what PJSIP's sockets let pass, from `start` to `close`."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        """allowed: whose packets pass. Raises ValueError for too many."""
        self._allowed = tuple(allowed)
        self._program = program(self._allowed)
        self._sockets: list[socket.socket] = []
        self._dropped: list[int] = []
        self._eye: socket.socket | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._seen = 0
        self._named: dict[str, str] = {}
        self._log_at = 0.0

    def start(self, addresses: Sequence[tuple[str, int]]) -> None:
        """Puts the filter on every socket of this process that is bound to one of the addresses, before any
        is read. Raises NoFilter, also where an address has no socket that is found: it would be open to all.
        """
        try:
            self._sockets = _bound_to(set(addresses))
            if {guarded.getsockname()[:2] for guarded in self._sockets} != set(addresses):
                raise OSError(errno.ENOTSOCK, "a socket of the line was not found")
            for guarded in self._sockets:
                attach(guarded, SO_ATTACH_FILTER, self._program)
                _forget_what_came(guarded)
        except OSError as error:
            self.close()
            raise NoFilter(error.errno, error.strerror) from None
        self._dropped = [_drops(guarded) for guarded in self._sockets]
        for guarded in self._sockets:
            if guarded.type == socket.SOCK_DGRAM and self._eye is None:
                self._eye = self._stand_beside(guarded)
        self._look_later()

    def allow(self, allowed: Sequence[Network]) -> None:
        """Lets pass others from now on; connections that are open stay as they are. Raises OSError."""
        if tuple(allowed) == self._allowed:
            return
        steps = program(allowed)
        for guarded in self._sockets:
            attach(guarded, SO_ATTACH_FILTER, steps)
        if self._eye is not None:
            _steer(self._eye, allowed)
        self._allowed, self._program = tuple(allowed), steps

    def close(self) -> None:
        """Lets go of the sockets, which keep their filter. May be repeated."""
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        for each in (*self._sockets, *([self._eye] if self._eye else [])):
            each.close()
        self._sockets, self._eye = [], None

    def _stand_beside(self, guarded: socket.socket) -> socket.socket | None:
        """A second socket on the same port, for strangers. Where the kernel gives none, they go uncounted by
        name: the filter keeps them out all the same."""
        eye = socket.socket(guarded.family, socket.SOCK_DGRAM)
        try:
            guarded.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            eye.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            eye.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, EYE_BUFFER)
            # Shut until it is known to whom the kernel hands what: no call may land here.
            attach(eye, SO_ATTACH_FILTER, program(()))
            eye.bind(guarded.getsockname())
            _steer(eye, self._allowed)
            eye.setsockopt(socket.SOL_SOCKET, 27, 0)  # SO_DETACH_FILTER
            eye.setblocking(False)
        except OSError as error:
            eye.close()
            log.warning("strangers_not_seen", reason=error.strerror)
            return None
        return eye

    def _look_later(self) -> None:
        self._looking = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        """Counts who came since the last time, and says it in the log, not too often."""
        self._look_later()
        if self._eye is not None:
            self._read(self._eye)
        for number, guarded in enumerate(self._sockets):
            if guarded.type == socket.SOCK_STREAM:
                drops = _drops(guarded)
                self._count("tcp", (drops - self._dropped[number]) % (1 << 32))
                self._dropped[number] = drops
        now = asyncio.get_running_loop().time()
        if self._seen and now >= self._log_at:
            log.warning("strangers_refused", count=self._seen, who=self._named)
            self._seen, self._named = 0, {}
            self._log_at = now + LOG_SECONDS

    def _read(self, eye: socket.socket) -> None:
        for _ in range(MOST_AT_A_LOOK):
            try:
                start, address = eye.recvfrom(16)
            except BlockingIOError:
                return
            self._count("udp", 1)
            if len(self._named) < MOST_NAMED:
                method = _METHOD.match(start)
                self._named.setdefault(address[0], method[0].decode() if method else "not SIP")

    def _count(self, transport: str, number: int) -> None:
        if number:
            STRANGERS.labels(transport).inc(number)
            self._seen += number


def _bound_to(addresses: set[tuple[str, int]]) -> list[socket.socket]:
    """Own handles of the sockets on which this process takes datagrams or connections at the addresses."""
    found: list[socket.socket] = []
    for entry in list(Path("/proc/self/fd").iterdir()):
        try:
            if not stat.S_ISSOCK(os.fstat(int(entry.name)).st_mode):
                continue
            handle = socket.socket(fileno=os.dup(int(entry.name)))
        except OSError:
            continue  # closed meanwhile
        with suppress(OSError):
            bound = handle.getsockname() if handle.family in (socket.AF_INET, socket.AF_INET6) else ()
            listens = handle.type == socket.SOCK_DGRAM or (
                handle.type == socket.SOCK_STREAM
                and handle.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            )
            if listens and bound[:2] in addresses:
                found.append(handle)
                continue
        handle.close()
    return found


def attach(to: socket.socket, option: int, steps: bytes) -> None:
    """Gives the kernel a program (``struct sock_fprog``: how many instructions, and where they lie)."""
    kept = ctypes.create_string_buffer(steps, len(steps))
    to.setsockopt(socket.SOL_SOCKET, option, struct.pack("@HP", len(steps) // 8, ctypes.addressof(kept)))


def _steer(eye: socket.socket, allowed: Sequence[Network]) -> None:
    """Of the two sockets on the port, PJSIP's was there first (0), the eye came second (1)."""
    attach(eye, SO_ATTACH_REUSEPORT_CBPF, program(allowed, let_pass=0, refuse=1))


def _forget_what_came(guarded: socket.socket) -> None:
    """What came before the filter may be a stranger's; others send it again."""
    if guarded.type == socket.SOCK_DGRAM:
        with suppress(BlockingIOError):
            while True:
                guarded.recv(1, socket.MSG_DONTWAIT)


def _drops(guarded: socket.socket) -> int:
    return int(struct.unpack_from("=9I", guarded.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 36))[8])
