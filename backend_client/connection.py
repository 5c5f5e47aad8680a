"""The channel to the backend, and its change for another when the door has new credentials.

Plain text is spoken on loopback only. Everywhere else both sides show a certificate (TLS 1.2 or later): the
backend one that names the host that the door calls, or, where the door knows several addresses, the name that
every backend of the house bears.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import grpc
from huimin.v1 import door_pb2_grpc

from backend_client.credentials import DoorCredentials
from backend_client.renewal import keep_fresh
from backend_client.target import is_loopback, several
from foundation.log import logger

Options = tuple[tuple[str, int | str], ...]

SHARED_NAME = "backend.huimin.internal"
"""In the certificate of every backend that the house's own authority certified."""
GRACE = 120.0
"""Seconds that calls under way on a channel have to end once another took its place."""

_log = logger(__name__)


class PlainTextRefused(Exception):
    """A target that is not on this machine, without credentials. Carries the target."""


class Connection:
    """The one owner of the channel. To be made on the running loop.

    `opened` is called with each channel, at once with the first; from then on new calls go over it. Raises
    PlainTextRefused.
    """

    def __init__(
        self,
        target: str,
        options: Options,
        credentials: DoorCredentials | None,
        opened: Callable[[grpc.aio.Channel], None],
    ) -> None:
        if credentials is None and not is_loopback(target):
            raise PlainTextRefused(target)
        self._target = target
        self._options = options
        self._opened = opened
        self._channel = self._open(credentials)
        self._ending: set[asyncio.Task[None]] = set()
        self._keeping = (
            asyncio.create_task(keep_fresh(credentials, self._stub, self._change)) if credentials else None
        )

    async def close(self) -> None:
        """Ends the connection and what is under way on it. May be repeated."""
        tasks = [*self._ending, *([self._keeping] if self._keeping else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._channel.close()

    def _open(self, credentials: DoorCredentials | None) -> grpc.aio.Channel:
        channel = open_channel(self._target, self._options, credentials)
        self._opened(channel)
        return channel

    def _stub(self) -> door_pb2_grpc.EnrolmentServiceAsyncStub:
        return door_pb2_grpc.EnrolmentServiceStub(self._channel)

    def _change(self, credentials: DoorCredentials) -> None:
        """New calls go over a new channel; the old one ends with the last of its own."""
        before, self._channel = self._channel, self._open(credentials)
        task = asyncio.create_task(_end(before))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        _log.info("credentials taken", door=credentials.door, until=credentials.not_after.isoformat())


def open_channel(target: str, options: Options, credentials: DoorCredentials | None) -> grpc.aio.Channel:
    """A channel of its own, for instance to one of several backends."""
    if credentials is None:
        return grpc.aio.insecure_channel(target, options=options)
    if several(target):
        options = (*options, ("grpc.ssl_target_name_override", SHARED_NAME))
    return grpc.aio.secure_channel(target, credentials.channel_credentials(), options=options)


async def _end(channel: grpc.aio.Channel) -> None:
    try:
        await channel.close(GRACE)
    finally:
        await channel.close()
