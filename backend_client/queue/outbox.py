"""The owner of the queue: keeps what residents send, and delivers it.

`send` returns when a submission lies on the disk under its final reference. Delivery runs beside it for as
long as the process lives, and goes on after a restart: what lies in the queue then is sent as deferred,
because its resident may have been told.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

from google.protobuf.message import DecodeError
from huimin.v1 import form_pb2

from backend_client import wire
from backend_client.client import BackendClient
from backend_client.errors import BackendError, InvalidRequest, NoReference, QueueUnusable
from backend_client.queue.delivery import LONGEST_WAIT_OF_ONE, Line, Next, after, back_off
from backend_client.queue.disk import Disk
from backend_client.queue.file import DAMAGED_REASON
from backend_client.queue.listing import CANNOT_OPEN, damaged
from backend_client.queue.ratings import Ratings
from backend_client.queue.stock import Stock
from backend_client.queue.store import Bounds, Kept, Store
from backend_client.submission import MAX_ATTACHMENT_BYTES, Accepted, Attachment, Submission
from foundation.keys import CannotOpen, KeyRing
from foundation.log import logger
from foundation.request_id import begin_request, current_request

__all__ = ["Bounds", "Outbox"]

PATIENCE = 4.0
"""Seconds for which a resident waits to hear that the backend has it; then it is delivered later."""
SIDE_BY_SIDE = 4
"""Submissions that are sent at a time; as many more may be of residents who stand there."""
LOOK_SECONDS = 15.0
"""How often the disk is looked at for what an operator put back."""
REOPEN_SECONDS = 2.0
"""How often it is tried again where it could not be opened."""
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2199, 12, 31, tzinfo=UTC)
"""What the contract takes as a moment; a clock that lost its battery tells others."""

_log = logger(__name__)


@dataclass(slots=True)
class _Asking:
    """A resident who stands there and waits for the answer."""

    kept: Kept
    answer: asyncio.Future[Accepted]

    def tell(self, answer: Accepted | BackendError) -> None:
        if self.answer.done():
            return
        if isinstance(answer, BackendError):
            self.answer.set_exception(answer)
        else:
            self.answer.set_result(answer)

    @property
    def later(self) -> Accepted:
        """What a resident is told whose submission waits on the disk."""
        return Accepted(self.kept.reference, self.kept.accept_time, delivered=False)


@dataclass(slots=True)
class _Tries:
    """What was tried with a submission. refused: how often the backend answered and did not take it."""

    refused: int = 0
    deferred: bool = False


class Outbox:
    """A queue on disk and its delivery. One a process and folder, on one event loop; make it with `open`."""

    def __init__(
        self,
        folder: Path,
        keys: KeyRing,
        client: BackendClient,
        *,
        bounds: Bounds,
        patience: float,
        now: Callable[[], datetime],
    ) -> None:
        self._folder = folder
        self._client = client
        self._patience = patience
        self._now = now
        self._disk = Disk(folder, keys, bounds)
        self._stock = Stock(self._disk, client, bounds)
        self.ratings = Ratings(self._disk, client)
        """What residents think of how they were served, on its way beside the submissions."""
        self._line = Line()
        self._accept_times: dict[int, datetime] = {}
        self._asking: dict[int, _Asking] = {}
        self._tries: dict[int, _Tries] = {}
        self._to_remove: dict[int, str] = {}
        """What the disk has yet to let go of: delivered, or refused, then with its reference, unused."""
        self._set_aside = 0
        self._failures = 0
        self._pause_until = 0.0
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    @classmethod
    async def open(
        cls,
        folder: Path,
        keys: KeyRing,
        client: BackendClient,
        *,
        bounds: Bounds | None = None,
        patience: float = PATIENCE,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Self:
        """Opens the queue in a folder, made where there is none, and starts to deliver.

        patience: seconds for which `send` waits for the backend; now: this door's clock, aware.
        Raises QueueUnusable where another process has it or a newer release made it. A disk that is full or
        fails does not keep a door from opening: `send` refuses then, and the disk is tried again.
        """
        outbox = cls(folder, keys, client, bounds=bounds or Bounds(), patience=patience, now=now)
        try:
            await outbox._open_disk()
        except QueueUnusable as error:
            if error.reason in ("QUEUE_IN_USE", "QUEUE_NEWER"):
                await outbox._disk.close()
                raise
        outbox._start(outbox._deliver_all())
        outbox._start(outbox._mind_the_line())
        outbox._start(outbox._stock.keep())
        outbox._start(outbox.ratings.deliver())
        return outbox

    async def close(self) -> None:
        """Stops delivering; what waits is delivered after the next start. May be repeated."""
        if self._closed:
            return
        self._closed = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(QueueUnusable):
            for number, unused in self._to_remove.items():
                await self._disk.run(partial(Store.remove, number=number, unused=unused))
        await self._disk.close()
        for asking in self._asking.values():
            asking.tell(asking.later)
        self._asking.clear()

    # What a technician sees

    @property
    def waiting(self) -> int:
        """Submissions that the backend does not have yet."""
        return len(self._line)

    @property
    def oldest(self) -> datetime | None:
        """When the first of them was accepted, by this door's clock at that time."""
        return None if self._line.oldest is None else self._accept_times.get(self._line.oldest)

    @property
    def set_aside(self) -> int:
        """Submissions that an operator has to see to, and damaged queues."""
        return self._set_aside

    @property
    def references(self) -> int:
        """References that may be given out without a connection."""
        return self._disk.references

    # Sending

    async def send(self, submission: Submission, attachments: Sequence[Attachment] = ()) -> Accepted:
        """Keeps a submission with its files, and then tries to deliver it at once.

        Once it is kept it will be delivered, also where the caller is cancelled. Sending one that is kept
        already gives the same answer. Raises, and keeps nothing: InvalidAnswers, Conflict, NotFound and
        InvalidRequest where the backend refuses it at once; QueueFull, NoReference, QueueUnusable. A backend
        that leases no references is sent to without the queue; then any BackendError is raised.
        """
        message, applicant = _encoded(submission, attachments)
        end = time.monotonic() + self._patience
        keeping = asyncio.ensure_future(self._keep(message, applicant, tuple(attachments), end))
        try:
            asking = await asyncio.shield(keeping)
        except NoReference:
            if not self._stock.none_leased:
                raise
            return await self._send_past_queue(message, attachments)
        number = asking.kept.number
        try:
            done, _ = await asyncio.wait((asking.answer,), timeout=max(end - time.monotonic(), 0))
            if not done and self._asking.pop(number, None) is not None:
                return asking.later
            return await asking.answer  # at hand, or about to be: a refusal is being worked in
        finally:
            self._asking.pop(number, None)
            self._line.calm(number)

    async def _send_past_queue(
        self, message: form_pb2.Submission, attachments: Sequence[Attachment]
    ) -> Accepted:
        """Sends to a backend that leases no references: only its answer is an acceptance."""
        for attachment in attachments:
            await self._client.upload_attachment(attachment)
        return await self._client.create_encoded_submission(message.SerializeToString(), deferred=False)

    async def _keep(
        self, message: form_pb2.Submission, applicant: str, attachments: tuple[Attachment, ...], end: float
    ) -> _Asking:
        """Brings a submission to the disk and into the line; to its end, also where `send` is cancelled."""
        accept_time = self._now()
        request_id = current_request()
        while True:
            try:
                kept = await self._disk.run(
                    lambda store: store.keep(message, applicant, attachments, accept_time, request_id)
                )
                break
            except NoReference:
                if not await self._stock.wait(end - time.monotonic()):
                    raise
        self._stock.look()
        asking = _Asking(kept, asyncio.get_running_loop().create_future())
        if kept.already or self._closed:
            asking.tell(asking.later)
            return asking
        self._asking[kept.number] = asking
        self._accept_times[kept.number] = kept.accept_time
        self._line.add(kept.number, kept.resident, urgent=True)
        self._pause_until = 0.0
        self._wake.set()
        return asking

    # Delivering

    async def _deliver_all(self) -> None:
        under_way: set[asyncio.Task[None]] = set()
        look = time.monotonic() + REOPEN_SECONDS
        while True:
            self._wake.clear()
            under_way = {task for task in under_way if not task.done()}
            now = time.monotonic()
            if self._disk.damaged:
                await self._give_up_disk(under_way)
            if now >= look or self._disk.damaged:
                await self._look_at_disk()
                look = now + (LOOK_SECONDS if self._disk.is_open else REOPEN_SECONDS)
            while len(under_way) < 2 * SIDE_BY_SIDE:
                urgent_only = len(under_way) >= SIDE_BY_SIDE or self._pause_until > now
                number = self._line.take(now, urgent_only=urgent_only)
                if number is None:
                    break
                under_way.add(self._start(self._deliver(number)))
            await self._wait_for_work(now, look)

    async def _mind_the_line(self) -> None:
        """Goes on at once when the backend is back; not all doors at the same moment."""
        while True:
            await self._client.until_back()
            await asyncio.sleep(_chance())
            self._failures = 0
            self._pause_until = 0.0
            self._line.all_due()
            self._wake.set()
            self.ratings.look()

    async def _wait_for_work(self, now: float, look: float) -> None:
        times = (look, self._line.next_time(now), self._pause_until)
        until = min(moment for moment in times if moment is not None and moment > now)
        with suppress(TimeoutError):
            async with asyncio.timeout(until - now):
                await self._wake.wait()

    async def _deliver(self, number: int) -> None:
        """Sends one submission; afterwards it has left the line, or waits in it on."""
        try:
            if number not in self._to_remove:
                await self._transmit(number)
            unused = self._to_remove[number]
            await self._disk.run(lambda store: store.remove(number, unused=unused))
            self._leave(number)
        except CannotOpen:
            await self._put_aside(number, CANNOT_OPEN)
        except BackendError as error:
            await self._failed(number, error)
        except Exception as error:  # the rest goes on
            _log.error("delivery_failed", number=number, error=type(error).__name__)
            self._wait(number)
        finally:
            self._wake.set()

    async def _transmit(self, number: int) -> None:
        resume = number in self._tries or number not in self._asking
        tries = self._tries.setdefault(number, _Tries())
        parcel = await self._disk.run(lambda store: store.parcel(number))
        if parcel.request_id:
            begin_request(parcel.request_id)
        for position in parcel.files:
            await self._upload(number, position, resume=resume)
        tries.deferred = number not in self._asking
        accepted = await self._client.create_encoded_submission(parcel.encoded, deferred=tries.deferred)
        self._failures = 0
        self._pause_until = 0.0
        self._to_remove[number] = ""
        if accepted.reference != parcel.reference:
            _log.error("reference_replaced", number=number, told=tries.deferred)
        asking = self._asking.pop(number, None)
        if asking is not None:
            asking.tell(accepted)

    async def _upload(self, number: int, position: int, *, resume: bool) -> None:
        attachment = await self._disk.run(lambda store: store.attachment(number, position))
        await self._client.upload_attachment(attachment, resume=resume)
        await self._disk.run(lambda store: store.arrived(number, position))

    async def _failed(self, number: int, error: BackendError) -> None:
        """Decides what becomes of a submission that was not taken, or not let go of."""
        asking = self._asking.get(number)
        tries = self._tries.setdefault(number, _Tries())
        tries.refused += 1
        what = after(error, told=asking is None, deferred=tries.deferred, tries=tries.refused)
        if number in self._to_remove:
            what = Next.WAIT
        _log.info("not_delivered", number=number, reason=error.reason, next=what.name)
        try:
            match what:
                case Next.REFUSE if asking is not None:
                    await self._refuse(asking, error)
                case Next.SET_ASIDE:
                    await self._put_aside(number, error.reason)
                case Next.WAIT_FOR_BACKEND:
                    tries.refused -= 1
                    self._pause()
                    if asking is not None and self._asking.pop(number, None) is not None:
                        asking.tell(asking.later)  # waiting on would not help
                    self._line.again(number, self._pause_until)
                case Next.UPLOAD_AGAIN:
                    await self._disk.run(lambda store: store.upload_again(number))
                    self._line.again(number, 0.0)
                case Next.OTHER_REFERENCE if asking is not None:
                    reference = await self._disk.run(lambda store: store.give_other_reference(number))
                    asking.kept = replace(asking.kept, reference=reference)
                    self._stock.look()
                    self._line.again(number, 0.0)
                case _:
                    self._wait(number)
        except (QueueUnusable, NoReference, CannotOpen):
            self._wait(number)

    async def _refuse(self, asking: _Asking, error: BackendError) -> None:
        """Forgets a submission whose resident hears why."""
        number, reference = asking.kept.number, asking.kept.reference
        del self._asking[number]  # from here on `send` waits for this answer
        self._to_remove[number] = reference
        try:
            await self._disk.run(lambda store: store.remove(number, unused=reference))
            self._leave(number)
        finally:
            asking.tell(error)

    async def _put_aside(self, number: int, problem: str) -> None:
        _log.error("set_aside", number=number, problem=problem)
        with suppress(QueueUnusable):
            await self._disk.run(lambda store: store.set_aside(number, problem))
        asking = self._asking.pop(number, None)
        if asking is not None:
            asking.tell(QueueUnusable("QUEUE_DISK_FAILED"))  # what was just written cannot be read
        self._leave(number)
        self._set_aside += 1

    def _pause(self) -> None:
        """Lets everything wait a little for the backend; submissions that fail together count once."""
        now = time.monotonic()
        if self._pause_until <= now:
            self._failures += 1
            self._pause_until = now + back_off(self._failures, _chance())

    def _wait(self, number: int) -> None:
        refused = self._tries.setdefault(number, _Tries()).refused
        self._line.again(number, time.monotonic() + back_off(refused, _chance(), LONGEST_WAIT_OF_ONE))

    def _leave(self, number: int) -> None:
        self._line.done(number)
        self._accept_times.pop(number, None)
        self._tries.pop(number, None)
        self._to_remove.pop(number, None)

    # The disk

    async def _open_disk(self) -> None:
        await self._disk.open()
        await self._read_line()
        self._stock.look()
        _log.info("queue_open", waiting=self.waiting, set_aside=self._set_aside, references=self.references)

    async def _give_up_disk(self, under_way: set[asyncio.Task[None]]) -> None:
        """Ends what is under way with a damaged file, and tells those who stand there."""
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        for asking in self._asking.values():
            asking.tell(QueueUnusable(DAMAGED_REASON))
        self._asking.clear()
        self._line = Line()
        self._accept_times.clear()
        self._tries.clear()
        self._to_remove.clear()

    async def _look_at_disk(self) -> None:
        """Opens the queue where that failed before, and sees what an operator has put back."""
        with suppress(QueueUnusable):
            if self._disk.damaged or not self._disk.is_open:
                await self._open_disk()
            elif await self._disk.run(lambda store: store.changed_by_others()):
                await self._read_line()

    async def _read_line(self) -> None:
        entries = await self._disk.run(lambda store: store.entries())
        moved = await asyncio.to_thread(damaged, self._folder)
        self._set_aside = len(moved) + sum(entry.problem is not None for entry in entries)
        for entry in entries:
            if entry.problem is None and entry.number not in self._line:
                self._accept_times[entry.number] = entry.accept_time
                self._line.add(entry.number, entry.resident)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _chance() -> float:
    return random.random()  # noqa: S311 (spreads doors out, keeps no secret)


def _encoded(submission: Submission, attachments: Sequence[Attachment]) -> tuple[form_pb2.Submission, str]:
    """A submission as it is kept, and its applicant's identity number. Raises InvalidRequest."""
    for attachment in attachments:
        if not 0 < len(attachment.content) <= MAX_ATTACHMENT_BYTES:
            raise InvalidRequest("ATTACHMENT_TOO_LARGE", "content")
        if attachment.submission != submission.name:
            raise InvalidRequest("REQUEST_MALFORMED", "submission")
    try:
        message = wire.submission_to_proto(
            replace(submission, send_time=min(max(submission.send_time, _EARLIEST), _LATEST))
        )
        message.SerializeToString()
        for attachment in attachments:
            wire.attachment_info(attachment)
    except (ValueError, TypeError, KeyError, DecodeError) as error:
        raise InvalidRequest("REQUEST_MALFORMED", detail=type(error).__name__) from None
    applicant = submission.answers.get(submission.form.applicant_field)
    return message, applicant if isinstance(applicant, str) else submission.name
