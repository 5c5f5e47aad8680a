"""What is used most stands first: settled by day, kept over a start, and nothing of anybody in it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from kiosk.visit import events as did
from kiosk.visit.home import doors
from kiosk.visit.pages import Door, Home
from kiosk.visit.used import DAYS, FILE, KEPT_DAYS, Used
from tests.kiosk.visit.terminal import LETTER, PERMIT, Terminal, eventually, terminal

MONDAY = date(2026, 11, 23)


class Day:
    """The date that a terminal believes."""

    def __init__(self) -> None:
        self.day = MONDAY

    def __call__(self) -> date:
        return self.day


async def opened(used: Used, *doors_: Door) -> None:
    """A visit in which doors were opened."""
    for door in doors_:
        assert not used.take(Home(), did.OpenDoor(door))
    used.wipe()
    await used.settle()


@pytest.mark.asyncio
async def test_the_order_is_that_of_the_days_before_and_moves_at_midnight_only(tmp_path: Path) -> None:
    today = Day()
    used = Used(tmp_path, today)
    there = (Door.POLICIES, Door.SERVICES, Door.NOTICES, Door.CONTINUE)
    assert used.doors(there) == there  # the catalogue's
    await opened(used, Door.NOTICES, Door.NOTICES, Door.CONTINUE)  # twice in one visit is once
    await opened(used, Door.NOTICES, Door.SERVICES)
    assert used.doors(there) == there
    today.day += timedelta(1)
    settled = (Door.NOTICES, Door.SERVICES, Door.POLICIES, Door.CONTINUE)
    assert used.doors(there) == settled
    assert Used(tmp_path, today).doors(there) == settled  # a start anew
    today.day = MONDAY + timedelta(DAYS)
    assert used.doors(there) == settled
    today.day += timedelta(1)
    assert used.doors(there) == there


@pytest.mark.asyncio
async def test_what_is_kept_has_a_bound_and_a_broken_file_does_no_harm(tmp_path: Path) -> None:
    today = Day()
    used = Used(tmp_path, today)
    for _ in range(KEPT_DAYS + 3):
        await opened(used, Door.NOTICES)
        today.day += timedelta(1)
    assert len(json.loads((tmp_path / FILE).read_text())["days"]) == KEPT_DAYS
    (tmp_path / FILE).write_bytes(b"{")
    assert Used(tmp_path, today).doors([Door.POLICIES, Door.NOTICES]) == (Door.POLICIES, Door.NOTICES)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_list_begins_with_what_was_opened_here_before(at: Terminal, tmp_path: Path) -> None:
    names = [service.name for service in at.visit.home.services]
    assert names.index(PERMIT) < names.index(LETTER)
    await at.guide(LETTER)
    at.visit.end("left")
    kept = tmp_path / FILE
    await eventually(kept.exists)
    counted = json.loads(kept.read_text())
    ((day, counts),) = counted["days"].items()
    assert counts == {"doors/services": 1, LETTER: 1}
    before = date.fromisoformat(day) - timedelta(1)
    folder = tmp_path / "again"
    folder.mkdir()
    (folder / FILE).write_text(json.dumps({"format": 1, "days": {before.isoformat(): counts}}))
    async with terminal(at.cable.address, folder) as again:
        home = again.visit.home
        assert home.services[0].name == LETTER
        assert [one.name for one in home.services[1:]] == [name for name in names if name != LETTER]
        assert home.doors[0] is Door.SERVICES
        assert set(home.doors) == set(doors(home.services))
