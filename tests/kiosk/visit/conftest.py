"""A backend for each file of tests, and a terminal for each test, on one event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.backend import house as running
from tests.kiosk.visit.terminal import Terminal, terminal


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[running.House]:
    """A backend over the content of its own tests."""
    async with running.house(tmp_path_factory.mktemp("house") / "data") as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def at(house: running.House, tmp_path: Path) -> AsyncIterator[Terminal]:
    """A terminal at that backend."""
    async with terminal(house.address, tmp_path) as here:
        yield here
