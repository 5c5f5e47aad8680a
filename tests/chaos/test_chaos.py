"""The short form of `make chaos`, and that it finds what it is there to find."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from tests.chaos.driver import Driver, Lost


async def test_what_residents_were_told_is_stored_once_whatever_fails(tmp_path: Path) -> None:
    driver = Driver(tmp_path / "run", secrets.randbelow(10**6), trouble=0.8)
    figures = await driver.run(rounds=6, submissions=60)
    print(figures)
    assert (figures.rounds, figures.sent) == (6, 60)
    assert figures.accepted > 30  # residents whose terminal lost its power were told nothing
    assert figures.stored >= figures.accepted
    assert sum(figures.faults.values()) >= 6


async def test_a_door_that_forgets_what_it_accepted_is_found(tmp_path: Path) -> None:
    with pytest.raises(Lost, match=r"not stored|set aside|not delivered"):
        await Driver(tmp_path / "run", 1, trouble=0.5, offline=1.0, plant="forgets").run(2, 16)


async def test_a_door_that_sends_twice_is_found(tmp_path: Path) -> None:
    with pytest.raises(Lost, match="stored twice"):
        await Driver(tmp_path / "run", 1, trouble=0.1, plant="twice").run(1, 4)
