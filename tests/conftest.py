"""Fixtures of several rooms."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres import DATABASES, Cluster, cluster, new_database

LONGEST = (
    "tests/end_to_end/test_both_doors.py",
    "tests/end_to_end/test_device_faults.py",
    "tests/ivr_workers/",
    "tests/kiosk/test_window.py",
    "tests/kiosk/test_by_ear.py",
    "tests/kiosk/test_technician_menu.py",
    "tests/kiosk/test_layout.py",
    "tests/kiosk/test_standing_alone.py",
    "tests/hardware/test_diagnose_commands.py",
    "tests/hardware/test_contract.py",
)
"""Files that mostly wait, for minutes: begun first, so that all else is done beside them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Takes the longest files first, and leaves the others as they are."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """PostgreSQL for this process, started when the first test needs it."""
    with cluster() as started:
        yield started


@pytest.fixture(params=DATABASES)
def empty_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """`BackendSettings.database` of a test that runs on both: empty for SQLite, else the URL of a new one."""
    yield from new_database(request, request.param, tables=False)
