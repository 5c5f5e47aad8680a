"""Ratings on their way to the backend: kept sealed on the disk beside the queue, sent when the line allows.

A resident waits for none of it. What a power cut or a damaged file takes with it is a rating, not an
application: it is written with the same care, but nothing is rescued from a file that is damaged.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from functools import partial

from huimin.v1 import rating_pb2

from backend_client import wire
from backend_client.client import BackendClient
from backend_client.errors import BackendError, Conflict, InvalidRequest, NotFound, QueueUnusable
from backend_client.queue.delivery import LONGEST_WAIT_OF_ONE, back_off
from backend_client.queue.disk import Disk
from backend_client.queue.store import Store
from backend_client.rating import Rating, submission_of
from backend_client.submission import Attachment
from foundation.keys import CannotOpen
from foundation.log import logger
from foundation.request_id import begin_request

OPEN_SECONDS = 2.0
"""How often it is looked again whether the disk can be used."""
_log = logger(__name__)


class Ratings:
    """Takes ratings and sends them. `deliver` runs for as long as the queue is open."""

    def __init__(self, disk: Disk, client: BackendClient) -> None:
        self._disk = disk
        self._client = client
        self._some = asyncio.Event()

    async def keep(self, rating: Rating, sound: bytes = b"") -> None:
        """Keeps a rating, to be sent. sound: WAV of its recording. Raises QueueFull, QueueUnusable."""
        encoded = wire.rating_to_proto(rating).SerializeToString()
        await self._disk.run(lambda store: store.ratings.keep(rating.name, encoded, sound))
        self.look()

    def look(self) -> None:
        """There is one more, or the backend is back."""
        self._some.set()

    async def deliver(self) -> None:
        """Sends what waits, the oldest first; one that cannot be sent now holds up none behind it."""
        failed = 0
        while True:
            self._some.clear()
            try:
                failed = failed + 1 if await self._round() else 0
            except QueueUnusable:
                await asyncio.sleep(OPEN_SECONDS)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause(failed)):
                    await self._some.wait()

    async def _round(self) -> bool:
        """Tries each once; whether one is left that is to be tried again."""
        left = False
        for name in await self._disk.run(lambda store: store.ratings.names()):
            try:
                await self._send(name)
            except CannotOpen:
                _log.error("rating_cannot_be_opened")
            except (Conflict, InvalidRequest, NotFound) as error:
                if error.reason == "ATTACHMENT_MISSING":
                    left = True
                    continue
                _log.info("rating_not_taken", reason=error.reason)
            except BackendError as error:
                if error.reason != "UNIMPLEMENTED":  # a county's own backend that wants no ratings
                    return True
            await self._disk.run(partial(_remove, name=name))
        return left

    async def _send(self, name: str) -> None:
        waiting = await self._disk.run(lambda store: store.ratings.open(name))
        begin_request()
        if waiting.sound:
            recording = rating_pb2.Rating.FromString(waiting.encoded).recording
            sound = Attachment(recording, submission_of(name), "audio/wav", waiting.sound)
            await self._client.upload_attachment(sound, resume=True)
        await self._client.create_encoded_rating(waiting.encoded)

    @staticmethod
    def _pause(failed: int) -> float | None:
        """Seconds before the next round; None until a rating is given."""
        return back_off(failed, random.random(), LONGEST_WAIT_OF_ONE) if failed else None  # noqa: S311


def _remove(store: Store, name: str) -> None:
    store.ratings.remove(name)
