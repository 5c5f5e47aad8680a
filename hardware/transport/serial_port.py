"""The one owner of a serial port: pyserial in a worker thread of its own, coroutines above it.

A port is in one of three states. Closed: it has no worker. Open. Lost: absent or gone; `open` looks for it
again. The pyserial object is touched by the worker alone; what goes wrong there is raised by the coroutine
that asked.
"""

from __future__ import annotations

import asyncio
import errno
import select
import termios
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import serial

from hardware.interfaces.device import CompletionCode, DeviceError, PortProblem

SLICE = 0.05
"""Seconds that the worker waits for bytes before it looks whether it was told to stop."""
WRITE_SECONDS = 5.0
"""Longest time for the port to take what is written."""
MAX_READ = 4096
"""Most bytes that one read gives."""

T = TypeVar("T")


_PROBLEMS = {
    errno.ENOENT: PortProblem.ABSENT,
    errno.ENXIO: PortProblem.ABSENT,
    errno.ENODEV: PortProblem.ABSENT,
    errno.EIO: PortProblem.ABSENT,
    errno.EACCES: PortProblem.DENIED,
    errno.EPERM: PortProblem.DENIED,
    errno.EBUSY: PortProblem.IN_USE,
    errno.EWOULDBLOCK: PortProblem.IN_USE,
}


class SerialPort:
    """A port, 8N1. One coroutine at a time reads from it or writes to it.

    path: such as /dev/ttyUSB0, or a link to one; it is looked up again at every attempt to open it.
    baud: bits a second; a pseudo-terminal ignores it.
    """

    def __init__(self, path: str, baud: int = 115200) -> None:
        self.path = path
        self.baud = baud
        self._serial: serial.Serial | None = None
        self._worker: ThreadPoolExecutor | None = None
        self._under_way: set[threading.Event] = set()

    @property
    def is_open(self) -> bool:
        """Whether bytes can flow now."""
        return self._serial is not None

    @property
    def simulated(self) -> bool:
        """Whether the other end is a program: the port is a pseudo-terminal."""
        return str(Path(self.path).resolve()).startswith("/dev/pts/")

    async def open(self) -> None:
        """Takes the port for itself; one that is lost is looked up anew. DeviceError(DEVICE_NOT_READY) with
        a PortProblem where that fails."""
        if self._worker is None:
            self._worker = ThreadPoolExecutor(1, thread_name_prefix=f"port {self.path}")
        if not self.is_open:
            await self._in_worker(self._open)

    async def close(self) -> None:
        """Gives the port back and ends the worker; whoever waits for bytes gets none. Never raises."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        for stop in self._under_way:
            stop.set()
        await _finished(asyncio.wrap_future(worker.submit(self._close)))
        worker.shutdown(wait=False)

    async def write(self, data: bytes) -> None:
        """Gives bytes to the port. DeviceError with CONNECTION_LOST, or TIME_OUT where it takes none."""
        await self._in_worker(lambda stop: self._write(data, stop))

    async def read(self, timeout: float) -> bytes:
        """The bytes that have come, at least one; nothing where none came within `timeout` seconds.

        DeviceError(CONNECTION_LOST) where the port has gone.
        """
        return await self._in_worker(lambda stop: self._read(timeout, stop))

    async def discard_input(self) -> None:
        """Throws away what has come and was not read."""
        await self._in_worker(self._discard)

    async def _in_worker(self, work: Callable[[threading.Event], T]) -> T:
        """Runs work in the thread. A cancelled caller waits until the thread has let go, a SLICE at most."""
        if self._worker is None:
            raise DeviceError(CompletionCode.SEQUENCE_ERROR, detail=f"{self.path} is not open")
        stop = threading.Event()
        self._under_way.add(stop)
        future = asyncio.wrap_future(self._worker.submit(work, stop))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            stop.set()
            await _finished(future)
            raise
        finally:
            self._under_way.discard(stop)

    # In the worker:

    def _open(self, _: threading.Event) -> None:
        if self._serial is not None:
            return  # somebody else asked for it at the same time
        try:
            self._serial = serial.Serial(self.path, self.baud, timeout=SLICE, write_timeout=0, exclusive=True)
        except (OSError, ValueError, termios.error) as error:
            number = error.errno if isinstance(error, OSError) else None
            problem = _PROBLEMS.get(number or 0, PortProblem.UNUSABLE)
            raise DeviceError(CompletionCode.DEVICE_NOT_READY, problem, self.path) from None

    def _close(self) -> None:
        port, self._serial = self._serial, None
        if port is not None:
            port.close()

    def _read(self, timeout: float, stop: threading.Event) -> bytes:
        deadline = time.monotonic() + timeout
        try:
            while not stop.is_set():
                port = self._present()
                data = port.read(1)
                if data:
                    return data + port.read(min(port.in_waiting, MAX_READ - 1))
                if time.monotonic() >= deadline:
                    break
        except (OSError, termios.error) as error:
            raise self._lost(error) from None
        return b""

    def _write(self, data: bytes, stop: threading.Event) -> None:
        deadline = time.monotonic() + WRITE_SECONDS
        left = memoryview(data)
        try:
            while left:
                port = self._present()
                # On a full port pyserial spins: ask for room first, then let it write what fits.
                if select.select([], [port.fileno()], [], SLICE)[1]:
                    left = left[port.write(left[:MAX_READ]) or 0 :]
                elif stop.is_set() or time.monotonic() >= deadline:
                    raise DeviceError(CompletionCode.TIME_OUT, PortProblem.BLOCKED, self.path)
        except (OSError, termios.error) as error:
            raise self._lost(error) from None

    def _discard(self, _: threading.Event) -> None:
        try:
            self._present().reset_input_buffer()
        except (OSError, termios.error) as error:
            raise self._lost(error) from None

    def _present(self) -> serial.Serial:
        if self._serial is None:
            raise self._lost(None)
        return self._serial

    def _lost(self, cause: BaseException | None) -> DeviceError:
        self._close()
        detail = f"{self.path}: {cause}" if cause else self.path
        return DeviceError(CompletionCode.CONNECTION_LOST, PortProblem.LOST, detail)


async def _finished(future: asyncio.Future[T]) -> None:
    """Waits until the thread is done, whoever is cancelled meanwhile, and takes note of its error."""
    while not future.done():
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError:
            continue
    if not future.cancelled():
        future.exception()
