"""One compiled dictionary for the whole run, in a cache of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.input.deploy import deploy
from kiosk.input.rime import PinyinEngine

os.environ.setdefault("KIVY_NO_ARGS", "1")
os.environ.setdefault("KIVY_NO_CONSOLELOG", "1")
os.environ.setdefault("KIVY_NO_FILELOG", "1")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """$XDG_CACHE_HOME of this run."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def dictionary(cache: Path) -> Path:
    """The compiled dictionary."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        return deploy()


@pytest.fixture
def engine(dictionary: Path) -> Iterator[PinyinEngine]:
    """An engine that nobody typed with."""
    with PinyinEngine(dictionary) as opened:
        yield opened
