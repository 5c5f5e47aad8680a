"""The process that minds the workers: starts them, starts them again, ends them, and speaks for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from foundation.config import ConfigError
from foundation.log import logger
from ivr.workers.requests import Refused, Request, Unanswered
from ivr.workers.worker import END_SECONDS, Stage, Worker

_log = logger("ivr.workers")


class Supervisor:
    """All workers. Make it with `supervising`."""

    def __init__(self, workers: Sequence[Worker], closing: float) -> None:
        """closing: seconds that calls in progress have to end."""
        self.workers = workers
        self._closing = closing
        self._keeping: list[asyncio.Task[None]] = []
        self._restarting: asyncio.Task[None] | None = None

    @property
    def addresses(self) -> str:
        """Where calls arrive, separated by commas."""
        return ",".join(worker.address for worker in self.workers)

    @property
    def healthy(self) -> bool:
        """Whether a call that came now would be answered by one of them."""
        return any(worker.stage is Stage.OPEN for worker in self.workers)

    async def start(self, stop: asyncio.Event) -> None:
        """Returns once all can serve, or at `stop`. Raises CannotStart."""
        self._keeping = [asyncio.create_task(worker.keep()) for worker in self.workers]
        waiting = {asyncio.create_task(worker.ready.wait()) for worker in self.workers}
        stopped = asyncio.create_task(stop.wait())
        try:
            while waiting and not stop.is_set():
                await asyncio.wait({*waiting, stopped, *self._keeping}, return_when=asyncio.FIRST_COMPLETED)
                for kept in self._keeping:
                    if kept.done():
                        kept.result()
                waiting = {task for task in waiting if not task.done()}
        finally:
            for task in (*waiting, stopped):
                task.cancel()

    async def end(self) -> None:
        """Ends all of them: no new calls, and those in progress may end."""
        if self._restarting is not None:
            self._restarting.cancel()
        for worker in self.workers:
            worker.end()
        pending = {task for task in self._keeping if not task.done()}
        if pending:
            _, pending = await asyncio.wait(pending, timeout=self._closing + END_SECONDS)
        for worker in self.workers:
            worker.kill()
        await asyncio.gather(*self._keeping, return_exceptions=True)

    async def figures(self) -> dict[int, str]:
        """Each worker's figures, by its number, in Prometheus's text format."""
        texts = await asyncio.gather(*(worker.figures() for worker in self.workers))
        return {worker.number: text for worker, text in zip(self.workers, texts, strict=True)}

    async def answer(self, request: Request) -> dict[str, Any]:
        """What an operator wants to know or done. Raises Refused."""
        try:
            match request:
                case {"do": "state"}:
                    pass
                case {"do": "drain", "worker": int(number)}:
                    await self._worker(number).drain()
                case {"do": "resume", "worker": int(number)}:
                    await self._worker(number).resume()
                case {"do": "restart", "worker": int(number)}:
                    self._worker(number).restart()
                case {"do": "restart"}:
                    self._restart_all()
                case _:
                    raise Refused("not_a_request")
        except Unanswered:
            raise Refused("worker_down") from None
        await asyncio.gather(*(worker.look() for worker in self.workers))
        return {"workers": [worker.told for worker in self.workers]}

    def _worker(self, number: int) -> Worker:
        if not 1 <= number <= len(self.workers):
            raise Refused("no_such_worker")
        return self.workers[number - 1]

    def _restart_all(self) -> None:
        """One after another, so that there is always somebody who answers."""
        if self._restarting is not None and not self._restarting.done():
            raise Refused("restarting_already")
        self._restarting = asyncio.create_task(self._one_after_another())

    async def _one_after_another(self) -> None:
        for worker in self.workers:
            worker.restart()
            await worker.ready.wait()
        _log.info("workers_restarted")


@asynccontextmanager
async def supervising(
    command: Sequence[str], addresses: Sequence[str], closing: float, stop: asyncio.Event
) -> AsyncIterator[Supervisor]:
    """Workers that serve while the block runs, one at each of the addresses ``HOST:PORT``.

    command: how a worker is started; closing: seconds that calls have to end; stop: set where it is
    to end, also before all could serve. Raises CannotStart.
    """
    supervisor = Supervisor(
        [Worker(number, command, address) for number, address in enumerate(addresses, 1)], closing
    )
    try:
        await supervisor.start(stop)
        yield supervisor
    finally:
        await supervisor.end()


def addresses_of(sip: str, workers: int) -> list[str]:
    """The address of each worker: one port after another, or any free ones where the port is 0.

    Raises ConfigError where there are not so many ports.
    """
    host, _, port = sip.rpartition(":")
    if int(port) and int(port) + workers - 1 > 65_535:
        raise ConfigError(f"ivr.workers: there are no {workers} ports from {port} on; choose a lower one")
    return [f"{host}:{int(port) + number if int(port) else 0}" for number in range(workers)]
