"""The one owner of a PC/SC reader: pyscard in a worker thread of its own, coroutines above it.

Everything is asked of pcscd through one context, which only the worker uses. Two calls can last: waiting for
a card, which SCardCancel ends, and an exchange with a card that does not answer, which nothing ends. A worker
that does not come back is left alone: it gives up its context itself once it does, and until then the reader
is BLOCKED and nobody starts a second one, so that neither threads nor contexts pile up.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

from smartcard import scard

from hardware.interfaces.card_reader import CardReaderError
from hardware.interfaces.device import CompletionCode, DeviceError, PortProblem

LET_GO_SECONDS = 1.0
"""Longest wait for a worker to come back from what it was told to stop."""
CANCEL_PAUSE = 0.05
"""Seconds between two SCardCancel: one that comes before the wait has begun is lost."""
NOTICE_SECONDS = 0.8
"""For which a card that failed may still be reported as present: pcscd looks every 0.4 s."""
FOR_EVER = 0xFFFFFFFF
"""INFINITE, in milliseconds."""

T = TypeVar("T")

_PROBLEMS = {
    scard.SCARD_E_NO_SERVICE: PortProblem.SERVICE,
    scard.SCARD_E_SERVICE_STOPPED: PortProblem.SERVICE,
    scard.SCARD_F_COMM_ERROR: PortProblem.SERVICE,
    scard.SCARD_F_INTERNAL_ERROR: PortProblem.SERVICE,
    scard.SCARD_E_INVALID_HANDLE: PortProblem.SERVICE,
    scard.SCARD_E_NO_MEMORY: PortProblem.SERVICE,
    scard.SCARD_E_NO_READERS_AVAILABLE: PortProblem.LOST,
    scard.SCARD_E_UNKNOWN_READER: PortProblem.LOST,
    scard.SCARD_E_READER_UNAVAILABLE: PortProblem.LOST,
    scard.SCARD_E_SHARING_VIOLATION: PortProblem.IN_USE,
    scard.SCARD_W_SECURITY_VIOLATION: PortProblem.DENIED,
}
_CARD = {
    scard.SCARD_E_NO_SMARTCARD: (CompletionCode.USER_ERROR, CardReaderError.MEDIA_REMOVED),
    scard.SCARD_W_REMOVED_CARD: (CompletionCode.USER_ERROR, CardReaderError.MEDIA_REMOVED),
    scard.SCARD_W_UNRESPONSIVE_CARD: (CompletionCode.USER_ERROR, CardReaderError.CHIP_NOT_SUPPORTED),
    scard.SCARD_W_UNPOWERED_CARD: (CompletionCode.USER_ERROR, CardReaderError.CHIP_NOT_SUPPORTED),
    scard.SCARD_W_UNSUPPORTED_CARD: (CompletionCode.USER_ERROR, CardReaderError.CHIP_NOT_SUPPORTED),
    scard.SCARD_E_PROTO_MISMATCH: (CompletionCode.USER_ERROR, CardReaderError.CHIP_NOT_SUPPORTED),
    scard.SCARD_W_RESET_CARD: (CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED),
    scard.SCARD_E_NOT_TRANSACTED: (CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED),
}


@dataclass(frozen=True, slots=True)
class Slot:
    """What pcscd says of a reader. mute: the card does not answer to its reset; exclusive: it is taken."""

    present: bool
    mute: bool
    exclusive: bool


class _Worker:
    """One thread that does one thing after another. Unlike an executor's, it never keeps a program alive."""

    def __init__(self, name: str) -> None:
        self._todo: SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Has it done, and gives what comes of it."""
        future: Future[T] = Future()
        self._todo.put((work, future))
        return future

    def end(self) -> None:
        """Lets the thread end once it has done everything."""
        self._todo.put(None)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while (job := self._todo.get()) is not None:
            work, future = job
            try:
                result = work()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)


class SmartCardPort:
    """A reader, found by its name. One coroutine at a time uses it.

    pattern: a part of the name that pcscd gives it, in any case, with * for anything in between: ``ACR39``,
    ``Virtual PCD*00 01``, or ``*`` for whichever there is.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.reader = ""
        """Name of the reader that was found last."""
        self._worker: _Worker | None = None
        self._left_alone: _Worker | None = None
        self._canceller: threading.Thread | None = None
        self._context: int | None = None
        self._card: tuple[int, int] | None = None

    @property
    def is_open(self) -> bool:
        """Whether the reader can be asked now, as far as is known."""
        return self._worker is not None

    @property
    def connected(self) -> bool:
        """Whether the card in the reader is powered, and ours alone."""
        return self._card is not None

    async def open(self) -> None:
        """Finds the reader. DeviceError(DEVICE_NOT_READY) with a PortProblem: SERVICE where pcscd does not
        answer, ABSENT where no reader's name matches, with those there are, BLOCKED where an exchange still
        hangs."""
        if self.is_open:
            return
        if self._left_alone is not None and self._left_alone.alive:
            raise DeviceError(CompletionCode.DEVICE_NOT_READY, PortProblem.BLOCKED, self.pattern)
        self._left_alone = None
        self._worker = _Worker(f"reader {self.pattern}")
        try:
            self.reader = await self._in_worker(self._find)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Gives card, reader and context back and ends the worker. Never raises; may be repeated."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        done = asyncio.wrap_future(worker.submit(self._release))
        done.add_done_callback(_noted)
        worker.end()
        if not await _finished(done, LET_GO_SECONDS):
            self._left_alone = worker

    async def slot(self) -> Slot:
        """How the reader is now."""
        return _slot(await self._in_worker(self._state))

    async def card_inserted(self) -> Slot:
        """Waits, for ever, until a card is in the reader."""
        return _slot(await self._in_worker(self._wait_for_card))

    async def card_gone(self) -> bool:
        """Whether the card that has just failed was taken out."""
        return not _slot(await self._in_worker(self._look_again)).present

    async def connect(self) -> bytes:
        """Powers the card, for us alone, and gives its answer to reset."""
        return await self._in_worker(self._connect)

    async def disconnect(self) -> None:
        """Powers the card off, where it is on."""
        await self._in_worker(self._disconnect)

    async def transmit(self, command: bytes) -> bytes:
        """Hands a command to the card and gives its answer. DeviceError with a CardReaderError."""
        return await self._in_worker(lambda _: self._transmit(command))

    async def _in_worker(self, work: Callable[[threading.Event], T]) -> T:
        """Runs work in the thread; the event tells it to stop. A cancelled caller waits until the thread has
        let go, LET_GO_SECONDS at most; a thread that does not is left alone, and the port is closed."""
        worker = self._worker
        if worker is None:
            raise DeviceError(CompletionCode.CONNECTION_LOST, PortProblem.LOST, self.pattern)
        stop = threading.Event()
        future = asyncio.wrap_future(worker.submit(lambda: work(stop)))
        future.add_done_callback(_noted)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            stop.set()
            if not await _finished(future, LET_GO_SECONDS, self._end_waiting):
                worker.submit(self._release)
                worker.end()
                self._worker, self._left_alone = None, worker
            raise

    def _end_waiting(self) -> None:
        """Ends a wait for a card. In a thread of its own: a pcscd that hangs does not answer this either."""
        context, before = self._context, self._canceller
        if context is not None and not (before and before.is_alive()):
            self._canceller = threading.Thread(target=scard.SCardCancel, args=(context,), daemon=True)
            self._canceller.start()

    # In the worker:

    def _find(self, _: threading.Event) -> str:
        code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        if code != scard.SCARD_S_SUCCESS:
            problem = _PROBLEMS.get(code, PortProblem.SERVICE)
            raise DeviceError(CompletionCode.DEVICE_NOT_READY, problem, _words(code))
        self._context = context
        code, readers = scard.SCardListReaders(context, [])
        if code not in (scard.SCARD_S_SUCCESS, scard.SCARD_E_NO_READERS_AVAILABLE):
            raise _error(code)
        name = matching(self.pattern, readers)
        if name is None:
            there = ", ".join(readers) or "none"
            detail = f"{self.pattern}; readers there are: {there}"
            raise DeviceError(CompletionCode.DEVICE_NOT_READY, PortProblem.ABSENT, detail)
        return name

    def _release(self) -> None:
        context, self._context = self._context, None
        with suppress(DeviceError):
            self._disconnect()
        if context is not None:
            scard.SCardReleaseContext(context)

    def _changes(self, known: int, milliseconds: int, stop: threading.Event) -> int:
        """The reader's state, once it is another than is known, or after so long the same."""
        while not stop.is_set():
            code, states = scard.SCardGetStatusChange(self._context, milliseconds, [(self.reader, known)])
            if code == scard.SCARD_E_TIMEOUT:
                return known
            if code == scard.SCARD_E_CANCELLED:
                continue  # that may have been meant for the wait before this one
            if code != scard.SCARD_S_SUCCESS:
                raise _error(code)
            state = int(states[0][1] & ~scard.SCARD_STATE_CHANGED)
            if state & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_IGNORE | scard.SCARD_STATE_UNAVAILABLE):
                raise DeviceError(CompletionCode.CONNECTION_LOST, PortProblem.LOST, self.reader)
            return state
        raise DeviceError(CompletionCode.CANCELED)

    def _state(self, stop: threading.Event) -> int:
        return self._changes(scard.SCARD_STATE_UNAWARE, 0, stop)

    def _wait_for_card(self, stop: threading.Event) -> int:
        state = self._state(stop)
        while not state & scard.SCARD_STATE_PRESENT:
            state = self._changes(state, FOR_EVER, stop)
        return state

    def _look_again(self, stop: threading.Event) -> int:
        state = self._state(stop)
        if state & scard.SCARD_STATE_PRESENT:
            state = self._changes(state, int(NOTICE_SECONDS * 1000), stop)
        return state

    def _connect(self, _: threading.Event) -> bytes:
        self._disconnect()
        code, card, protocol = scard.SCardConnect(
            self._context,
            self.reader,
            scard.SCARD_SHARE_EXCLUSIVE,
            scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
        )
        if code != scard.SCARD_S_SUCCESS:
            raise _error(code)
        self._card = card, protocol
        code, _, _, _, answer = scard.SCardStatus(card)
        if code != scard.SCARD_S_SUCCESS:
            raise _error(code)
        return bytes(answer)

    def _disconnect(self, _: threading.Event | None = None) -> None:
        card, self._card = self._card, None
        if card is not None:
            scard.SCardDisconnect(card[0], scard.SCARD_UNPOWER_CARD)

    def _transmit(self, command: bytes) -> bytes:
        if self._card is None:
            raise DeviceError(CompletionCode.USER_ERROR, CardReaderError.MEDIA_REMOVED)
        card, protocol = self._card
        header = scard.SCARD_PCI_T1 if protocol == scard.SCARD_PROTOCOL_T1 else scard.SCARD_PCI_T0
        code, answer = scard.SCardTransmit(card, header, list(command))
        if code != scard.SCARD_S_SUCCESS:
            raise _error(code)
        if len(answer) < 2:  # vpcd says nothing where other readers say that the card has gone
            raise _error(scard.SCARD_E_NOT_TRANSACTED)
        return bytes(byte & 0xFF for byte in answer)


def matching(pattern: str, readers: list[str]) -> str | None:
    """The reader that a pattern names: the one of exactly this name, else the first whose name has it."""
    if pattern in readers:
        return pattern
    wanted = re.compile(".*".join(map(re.escape, pattern.split("*"))), re.IGNORECASE)
    return next((name for name in readers if wanted.search(name)), None)


def _slot(state: int) -> Slot:
    return Slot(
        bool(state & scard.SCARD_STATE_PRESENT),
        bool(state & scard.SCARD_STATE_MUTE),
        bool(state & scard.SCARD_STATE_EXCLUSIVE),
    )


def _error(code: int) -> DeviceError:
    """What a result of PC/SC means. Codes that no table has lie with the reader."""
    if code in _CARD:
        completion, what = _CARD[code]
        return DeviceError(completion, what, _words(code))
    problem = _PROBLEMS.get(code)
    if problem is None:
        return DeviceError(CompletionCode.HARDWARE_ERROR, None, _words(code))
    ready = problem in (PortProblem.IN_USE, PortProblem.DENIED)
    return DeviceError(
        CompletionCode.DEVICE_NOT_READY if ready else CompletionCode.CONNECTION_LOST, problem, _words(code)
    )


def _words(code: int) -> str:
    return f"{code & 0xFFFFFFFF:08X} {scard.SCardGetErrorMessage(code)}"


async def _finished(
    future: asyncio.Future[T], seconds: float, urge: Callable[[], None] = lambda: None
) -> bool:
    """Waits until the thread is done, whoever is cancelled meanwhile. urge: what is done now and again to
    have it done."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not future.done() and loop.time() < deadline:
        urge()
        with suppress(asyncio.CancelledError):
            await asyncio.wait([future], timeout=CANCEL_PAUSE)
    return future.done()


def _noted(future: asyncio.Future[Any]) -> None:
    """Takes note of an error for which nobody waits any more."""
    if not future.cancelled():
        future.exception()
