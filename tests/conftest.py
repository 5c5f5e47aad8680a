"""Fixtures of several rooms."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres import Cluster, cluster


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """PostgreSQL for this process, started when the first test needs it."""
    with cluster() as started:
        yield started


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """`BackendSettings.database` of a test that runs on both: empty for SQLite, else the URL of a new one."""
    if request.param == "sqlite":
        yield ""
        return
    started: Cluster = request.getfixturevalue("postgres")
    url = started.empty_database()
    yield url
    started.drop(url)
