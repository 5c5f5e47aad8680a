"""One backend and a display of each size for all tests of the room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kiosk.processes import Display, Running, backend

SIZES = ("1080x1920", "1280x1024", "1920x1080")


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A backend with the demonstration content."""
    running = backend(tmp_path_factory.mktemp("county"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def displays() -> Iterator[dict[str, str]]:
    """A display for each size."""
    started = {size: Display(size) for size in SIZES}
    yield {size: display.name for size, display in started.items()}
    for display in started.values():
        display.stop()
