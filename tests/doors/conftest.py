"""Fixtures of the doors' tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.backend import house as backend
from tests.doors import running
from tests.postgres import new_database


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """`BackendSettings.database`: SQLite, unless the test is run on both (`BOTH`)."""
    yield from new_database(request, getattr(request, "param", "sqlite"), tables=True)


@pytest_asyncio.fixture
async def office(tmp_path: Path, database: str) -> AsyncIterator[running.Office]:
    """A backend with TLS for one test."""
    async with running.office(tmp_path, database=database) as started:
        yield started


@pytest_asyncio.fixture
async def house(tmp_path: Path, database: str) -> AsyncIterator[backend.House]:
    """A backend over plain text for one test."""
    async with backend.house(tmp_path / "data", database=database) as started:
        yield started
