"""What was sent by callers of workers that are no more: the first worker delivers it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from backend_client.client import BackendClient
from backend_client.errors import QueueUnusable
from backend_client.queue.outbox import Outbox
from foundation.keys import KeyRing, KeysUnusable
from foundation.log import logger
from ivr.settings import IvrSettings, queue_of

LOOK_SECONDS = 15.0
"""How often a queue that is still in use is tried again: its worker may be ending its calls."""

_log = logger(__name__)


async def deliver_left_over(settings: IvrSettings, client: BackendClient) -> None:
    """Opens the queues of the workers beyond the number there are now, and delivers what is in them.

    They stay open for as long as this runs: what an operator puts back into one is delivered, too.
    """
    now = {queue_of(number, settings.queue_folder) for number in range(1, settings.workers + 1)}
    waiting = [folder for folder in settings.queue_folders if folder not in now]
    async with AsyncExitStack() as stack:
        while waiting:
            for folder in tuple(waiting):
                outbox = await _opened(settings, folder, client)
                if outbox is not None:
                    stack.push_async_callback(outbox.close)
                    waiting.remove(folder)
                    _log.info("queue_left_over", folder=folder.name, waiting=outbox.waiting)
            await asyncio.sleep(LOOK_SECONDS)
        await asyncio.Event().wait()


async def _opened(settings: IvrSettings, folder: Path, client: BackendClient) -> Outbox | None:
    try:
        keys = await asyncio.to_thread(KeyRing.find, settings.room, file=settings.queue_key, folder=folder)
        return await Outbox.open(folder, keys, client)
    except (KeysUnusable, QueueUnusable) as error:
        _log.warning("queue_left_over_unusable", folder=folder.name, reason=str(error))
        return None
