"""Fixtures of the backend's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from huimin.v1 import form_pb2

from tests.backend import house as running
from tests.postgres import new_database


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """`BackendSettings.database` of the house: SQLite, unless the test is run on both (`BOTH`)."""
    yield from new_database(request, getattr(request, "param", "sqlite"), tables=True)


@pytest_asyncio.fixture
async def house(tmp_path: Path, database: str) -> AsyncIterator[running.House]:
    """A backend of its own for one test."""
    async with running.house(tmp_path / "data", database=database) as started:
        yield started


@pytest_asyncio.fixture
async def form(house: running.House) -> form_pb2.Form:
    """The form with a field of every type."""
    answer = await house.stubs.form.GetForm(form_pb2.GetFormRequest(name="forms/everything"))
    return answer.form
