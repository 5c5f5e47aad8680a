"""Fixtures of the doors' tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.doors import running


@pytest_asyncio.fixture
async def office(tmp_path: Path) -> AsyncIterator[running.Office]:
    """A backend with TLS for one test."""
    async with running.office(tmp_path) as started:
        yield started
