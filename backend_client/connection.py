"""The channels to the backends, and their change for others when the door has new credentials.

Plain text is spoken on loopback only. Everywhere else both sides show a certificate (TLS 1.2 or later): the
backend one that names the host that the door calls, or, where the door knows several addresses, the name that
every backend of the house bears.
"""

from __future__ import annotations

import asyncio

import grpc

from backend_client.calling import Calls
from backend_client.credentials import DoorCredentials
from backend_client.renewal import keep_fresh
from backend_client.rotation import Rotation
from backend_client.target import addresses, is_loopback, several
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
    """The one owner of the channels. To be made on the running loop.

    `calls` goes over them. Raises PlainTextRefused.
    """

    def __init__(self, target: str, options: Options, credentials: DoorCredentials | None) -> None:
        if credentials is None and not is_loopback(target):
            raise PlainTextRefused(target)
        self._target = target
        self._options = options
        self._rotation = Rotation({one: self._open(one, credentials) for one in addresses(target)})
        self.calls = Calls(self._rotation)
        self._ending: set[asyncio.Task[None]] = set()
        self._keeping = (
            asyncio.create_task(keep_fresh(credentials, self.calls, self._change)) if credentials else None
        )

    @property
    def health(self) -> dict[str, bool]:
        """The addresses, and which of them answer."""
        return {backend.address: not backend.out for backend in self._rotation.backends}

    async def probe(self) -> dict[str, float | None]:
        """The addresses, and in how many seconds each says that it is well; None where it does not."""
        return await self._rotation.probe()

    async def close(self) -> None:
        """Ends the connections and what is under way on them. May be repeated."""
        tasks = [*self._ending, *([self._keeping] if self._keeping else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._rotation.close()
        for backend in self._rotation.backends:
            await backend.channel.close()

    def _open(self, address: str, credentials: DoorCredentials | None) -> grpc.aio.Channel:
        return open_channel(address, self._options, credentials, shared=several(self._target))

    def _change(self, credentials: DoorCredentials) -> None:
        """New calls go over new channels; the old ones end with the last of their own."""
        for backend in self._rotation.backends:
            task = asyncio.create_task(_end(backend.change(self._open(backend.address, credentials))))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
        _log.info("credentials_taken", door=credentials.door, until=credentials.not_after.isoformat())


def open_channel(
    address: str, options: Options, credentials: DoorCredentials | None, *, shared: bool
) -> grpc.aio.Channel:
    """A channel to one address. shared: the backend is known by the name that all of the house bear."""
    if credentials is None:
        return grpc.aio.insecure_channel(address, options=options)
    if shared:
        options = (*options, ("grpc.ssl_target_name_override", SHARED_NAME))
    return grpc.aio.secure_channel(address, credentials.channel_credentials(), options=options)


async def _end(channel: grpc.aio.Channel) -> None:
    try:
        await channel.close(GRACE)
    finally:
        await channel.close()
