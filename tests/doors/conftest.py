"""Fixtures of the doors' tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.backend import house as backend
from tests.doors import running


@pytest_asyncio.fixture
async def office(tmp_path: Path) -> AsyncIterator[running.Office]:
    """A backend with TLS for one test."""
    async with running.office(tmp_path) as started:
        yield started


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[backend.House]:
    """A backend over plain text for one test."""
    async with backend.house(tmp_path / "data") as started:
        yield started
