"""Fixtures of several rooms."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres import DATABASES, Cluster, cluster, new_database


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """PostgreSQL for this process, started when the first test needs it."""
    with cluster() as started:
        yield started


@pytest.fixture(params=DATABASES)
def empty_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """`BackendSettings.database` of a test that runs on both: empty for SQLite, else the URL of a new one."""
    yield from new_database(request, request.param, tables=False)
