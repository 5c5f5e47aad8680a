"""Fixtures of the tests of payments."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.payments import shop as running
from tests.postgres import new_database


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """SQLite, unless the test is run on both (`BOTH`)."""
    yield from new_database(request, getattr(request, "param", "sqlite"), tables=True)


@pytest_asyncio.fixture
async def shop(tmp_path: Path, database: str) -> AsyncIterator[running.Shop]:
    """A backend and a gateway of its own for one test."""
    async with running.shop(tmp_path, database) as started:
        yield started
