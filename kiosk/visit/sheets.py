"""Sheets of A4 on their way through the printer, and what becomes of them when their resident goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from hardware.interfaces.document_printer import DocumentError, Waiting


class SheetPrinting:
    """Owns the printings of one chapter. They go on to their end, whatever page is shown.

    Once their resident has gone, one that waits, or begins to wait, for paper is taken back, and those behind
    it: they would come out for somebody else.
    """

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[None]] = set()
        self._waiting: set[asyncio.Task[None]] = set()
        self._left: set[asyncio.Task[None]] = set()

    def begin(self, run: Callable[[Waiting], Coroutine[Any, Any, None]]) -> None:
        """Begins to print. run: has to tell what it is given why it waits, as the printer tells it."""

        def waits(why: DocumentError | None) -> None:
            if why is None:
                self._waiting.discard(task)
                return
            self._waiting.add(task)
            if task in self._left:
                task.cancel()

        task = asyncio.get_running_loop().create_task(run(waits))
        self._under_way.add(task)
        task.add_done_callback(self._over)

    def leave(self) -> None:
        """Whoever it was printed for is gone."""
        self._left |= self._under_way
        if self._waiting:
            for task in self._under_way:
                task.cancel()

    async def settle(self) -> None:
        """Waits until everything is printed, or taken back."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    def _over(self, task: asyncio.Task[None]) -> None:
        for tasks in (self._under_way, self._waiting, self._left):
            tasks.discard(task)
