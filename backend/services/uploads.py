"""Taking in a file that a submission will name: piece by piece, and from where an earlier upload stopped."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import grpc
from huimin.v1 import form_pb2
from sqlalchemy import Connection

from backend.rpc import bounds
from backend.rpc.refusal import Refusal, Wrong, invalid
from backend.storage import attachments, audit
from backend.storage.attachments import CHUNK, Description, Progress, Refused
from backend.storage.audit import Actor
from backend.storage.database import Database, answer_by

SILENT_SECONDS = 30.0
"""A sender that is silent for so long in an upload is gone."""
LONGEST_SECONDS = 600.0
"""An upload that takes longer is broken off; it can go on where it stopped."""
SPARE_BYTES = 64 << 20
"""Left free on the disk: submissions matter more than files."""
_PIECE_SECONDS = 2.0
"""What comes slowly is kept after so long, so that little has to be sent again."""
_RETRY_FULL = timedelta(minutes=5)

Requests = AsyncIterator[form_pb2.UploadAttachmentRequest]


class Upload:
    """One upload, from its first message to its end."""

    def __init__(self, database: Database, now: Callable[[], datetime], actor: Actor) -> None:
        self._database = database
        self._now = now
        self._actor = actor
        self._end = time.monotonic() + LONGEST_SECONDS
        self._position = 0
        self._buffer = bytearray()
        """What has come and is not kept yet; it begins at `_position`."""

    async def receive(self, requests: Requests) -> str:
        """Takes in a file; its name once it is whole, on the disk, and found to be what was described."""
        file, offset = self._described(await self._next(requests))
        if (await self._begin(file, offset)).complete:
            return file.name
        self._position = offset
        hashed = await self._database.read(attachments.digest, file.name) if offset else hashlib.sha256()
        try:
            await self._take(requests, file, hashed)
        except Refusal as refusal:
            if refusal.code is grpc.StatusCode.DEADLINE_EXCEEDED:
                await self._keep_what_came(file)
            raise
        except asyncio.CancelledError:
            await self._keep_what_came(file)
            raise
        if self._position + len(self._buffer) != file.size_bytes:
            await self._keep_what_came(file)  # a line that breaks looks like a sender who ends
            raise _mismatch("size_bytes")
        if hashed.digest() != file.sha256:
            raise await self._damaged(file, "sha256")
        if not await self._append(file, len(self._buffer)):
            done = await self._database.read(attachments.progress, file.name, self._actor.door)
            if done is None or not done.complete:  # another upload of it was faster, and is not at the end
                raise _offset_wrong()
        return file.name

    def _described(self, first: form_pb2.UploadAttachmentRequest | None) -> tuple[Description, int]:
        """The description in the first message, and from where on the bytes will come."""
        if first is None or first.WhichOneof("part") != "info":
            raise invalid(Wrong("info", bounds.REQUIRED, "has to come first"))
        info = first.info
        if info.size_bytes > attachments.MAX_BYTES:
            raise invalid(
                Wrong("info.size_bytes", bounds.OUT_OF_RANGE, "is above 16 MiB"), "ATTACHMENT_TOO_LARGE"
            )
        described = Description(
            name=info.name,
            submission=info.submission,
            door=self._actor.door,
            media_type=info.media_type,
            size_bytes=info.size_bytes,
            sha256=info.sha256,
        )
        return described, info.offset

    async def _begin(self, file: Description, offset: int) -> Progress:
        """How much of the file is here. Refuses an upload that may not begin, or not there."""
        progress = await self._database.write(attachments.begin, file, self._now())
        match progress:
            case Refused.OTHER_FILE:
                raise Refusal(
                    grpc.StatusCode.ALREADY_EXISTS,
                    "ATTACHMENT_DIFFERS",
                    "An attachment of this name is another file.",
                )
            case Refused.TOO_MANY:
                raise invalid(
                    Wrong("info.submission", bounds.OUT_OF_RANGE, "has too many attachments already"),
                    "TOO_MANY_ATTACHMENTS",
                )
            case Refused.NO_ROOM:
                raise _full()
            case Progress():
                if not progress.complete:
                    if offset != progress.received_bytes:
                        raise _offset_wrong()
                    free = await asyncio.to_thread(self._database.free_bytes)
                    if free is not None and free < file.size_bytes - offset + SPARE_BYTES:
                        raise _full()
                return progress

    async def _take(self, requests: Requests, file: Description, hashed: hashlib._Hash) -> None:
        """Keeps pieces until the sender has said all. The last bytes stay: they are kept with the check."""
        since = time.monotonic()
        while (request := await self._next(requests)) is not None:
            if request.WhichOneof("part") != "chunk":
                raise invalid(Wrong("chunk", bounds.REQUIRED, "has to follow the description"))
            self._buffer += request.chunk
            hashed.update(request.chunk)
            if self._position + len(self._buffer) > file.size_bytes:
                raise await self._damaged(file, "size_bytes")
            size = CHUNK if len(self._buffer) >= CHUNK else len(self._buffer)
            due = size == CHUNK or time.monotonic() - since > _PIECE_SECONDS
            if due and self._position + size < file.size_bytes:
                if not await self._append(file, size):
                    raise _offset_wrong()
                since = time.monotonic()

    async def _next(self, requests: Requests) -> form_pb2.UploadAttachmentRequest | None:
        """The next message; None at the end."""
        try:
            async with asyncio.timeout(min(SILENT_SECONDS, self._end - time.monotonic())):
                return await anext(requests, None)
        except TimeoutError:
            raise Refusal(
                grpc.StatusCode.DEADLINE_EXCEEDED, "UPLOAD_TOO_SLOW", "No bytes came for too long."
            ) from None

    async def _append(self, file: Description, size: int) -> bool:
        """Keeps the first bytes of the buffer. False where another upload of the same file was faster."""
        piece = bytes(self._buffer[:size])
        kept = await self._database.write(
            _keep, file, self._position, piece, actor=self._actor, now=self._now()
        )
        self._position += size
        del self._buffer[:size]
        return kept

    async def _keep_what_came(self, file: Description) -> None:
        """Of an upload that broke off, all but the last byte of the file, with which the check would come."""
        size = min(len(self._buffer), file.size_bytes - 1 - self._position)
        if size > 0:
            answer_by.set(None)  # the caller has gone, and the call is cancelled when the server sees it
            await asyncio.shield(self._append(file, size))

    async def _damaged(self, file: Description, field: str) -> Refusal:
        """Forgets a file whose bytes are not those that were described; the refusal that says so."""
        await self._database.write(attachments.discard, file.name)
        return _mismatch(field)


def _keep(
    connection: Connection, file: Description, start: int, piece: bytes, *, actor: Actor, now: datetime
) -> bool:
    """Keeps a piece; with the last one the file is in the audit trail."""
    kept = attachments.append(connection, file.name, start, piece, now)
    if kept and start + len(piece) == file.size_bytes:
        audit.append(connection, actor.did("FormService.UploadAttachment", file.name, now))
    return kept


def _mismatch(field: str) -> Refusal:
    return invalid(
        Wrong(f"info.{field}", "MISMATCH", "differs from the bytes that came"), "ATTACHMENT_DAMAGED"
    )


def _offset_wrong() -> Refusal:
    return Refusal(
        grpc.StatusCode.OUT_OF_RANGE,
        "OFFSET_WRONG",
        "Not so much has arrived; GetAttachment says how much.",
    )


def _full() -> Refusal:
    return Refusal(
        grpc.StatusCode.UNAVAILABLE,
        "STORAGE_FULL",
        "There is no room for attachments.",
        retry_after=_RETRY_FULL,
    )
