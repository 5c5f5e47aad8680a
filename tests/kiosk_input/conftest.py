"""One compiled dictionary for the whole run, in a cache of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.input.deploy import deploy
from kiosk.input.rime import PinyinEngine
from tests.kiosk_input.hand import Hand

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


def hand_before(size: tuple[int, int], cache: Path, folders: pytest.TempPathFactory) -> Hand:
    return Hand(size, folders.mktemp("kivy"), cache)


@pytest.fixture(scope="session")
def portrait(cache: Path, dictionary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hand]:
    """A hand before the usual window."""
    with hand_before((1080, 1920), cache, tmp_path_factory) as there:
        yield there


@pytest.fixture(scope="session")
def landscape(cache: Path, dictionary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hand]:
    """A hand before the smaller window."""
    with hand_before((1280, 1024), cache, tmp_path_factory) as there:
        yield there


@pytest.fixture
def hand(portrait: Hand) -> Hand:
    """A hand before a window, where its size does not matter."""
    return portrait


@pytest.fixture(params=["portrait", "landscape"])
def each_hand(request: pytest.FixtureRequest) -> Hand:
    """A hand before a window of either size."""
    there: Hand = request.getfixturevalue(request.param)
    return there
