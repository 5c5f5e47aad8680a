"""Ratings on their way: kept sealed, sent once each, over restarts and lost lines, and never in the way."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.storage import attachments, ratings
from backend.storage.tables import RatingRow
from backend_client.client import BackendClient
from backend_client.errors import QueueFull
from backend_client.forms.reference import new_reference
from backend_client.queue import rating_table
from backend_client.queue.file import FILE_NAME
from backend_client.queue.outbox import Bounds, Outbox
from backend_client.rating import (
    Matter,
    Rating,
    Satisfaction,
    new_rating_name,
    new_visit_name,
)
from backend_client.submission import Channel, new_attachment_name
from foundation.keys import KEY_BYTES, KeyRing
from tests.backend.house import House, house
from tests.kiosk.visit.cable import Cable

KEYS = KeyRing([bytes(range(KEY_BYTES))])
REASON = "等了两个小时"
SOUND = b"RIFF and what somebody said. " * 20_000


def rating(level: Satisfaction = Satisfaction.SATISFIED, **given: str) -> Rating:
    """Of a service in a visit of its own."""
    matter = Matter(given.pop("service", "services/letter"), given.pop("reference", ""))
    return Rating(new_rating_name(), matter, new_visit_name(), level, Channel.TERMINAL, **given)


@asynccontextmanager
async def door(address: str, folder: Path) -> AsyncIterator[Outbox]:
    """A queue of its own at that backend."""
    async with BackendClient(address) as client:
        outbox = await Outbox.open(folder, KEYS, client, bounds=Bounds(low=5, wanted=10))
        try:
            yield outbox
        finally:
            await outbox.close()


async def arrived(house: House, count: int) -> list[int]:
    """The levels of all ratings, once there are so many."""
    found: list[int] = []
    for _ in range(500):
        found = await house.database.read(
            lambda connection: list(connection.execute(select(RatingRow.satisfaction)).scalars())
        )
        if len(found) >= count:
            break
        await asyncio.sleep(0.02)
    assert len(found) == count
    return sorted(found)


def waiting(folder: Path) -> int:
    with closing(sqlite3.connect(folder / FILE_NAME)) as database:
        return int(database.execute("SELECT count(*) FROM ratings").fetchone()[0])


async def gone(folder: Path) -> None:
    for _ in range(500):
        if waiting(folder) == 0:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("some wait on")


async def test_a_rating_arrives_with_its_recording_and_leaves_the_queue(tmp_path: Path) -> None:
    async with house(tmp_path / "data") as county, door(county.address, tmp_path / "queue") as outbox:
        spoken = rating(Satisfaction.VERY_DISSATISFIED, recording=new_attachment_name())
        await outbox.ratings.keep(spoken, SOUND)
        assert await arrived(county, 1) == [5]
        [case] = await county.database.read(ratings.cases)
        assert case.recording == spoken.recording
        kept = await county.database.read(
            lambda connection: b"".join(attachments.pieces(connection, spoken.recording))
        )
        assert kept == SOUND
        await gone(tmp_path / "queue")


async def test_what_is_given_without_a_line_lies_sealed_and_arrives_after_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "queue"
    async with house(tmp_path / "data") as county:
        cable = Cable(county.address)
        await cable.plug_in()
        async with door(cable.address, folder) as outbox:
            for _ in range(250):
                if outbox.references:
                    break
                await asyncio.sleep(0.02)
            await cable.pull_out()
            reference = new_reference()
            low = rating(Satisfaction.DISSATISFIED, reference=reference, reason=REASON)
            for given in (low, low, rating()):
                await outbox.ratings.keep(given)
        assert waiting(folder) == 2
        on_disk = b"".join(file.read_bytes() for file in folder.iterdir())
        for secret in (REASON.encode(), reference.encode(), b"services/letter"):
            assert secret not in on_disk
        await cable.plug_in()
        async with door(cable.address, folder):
            assert await arrived(county, 2) == [2, 4]
            await gone(folder)
        await cable.pull_out()


async def test_what_is_refused_is_dropped_and_holds_up_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "queue"
    async with house(tmp_path / "data") as county, door(county.address, folder) as outbox:
        reference = new_reference()
        await outbox.ratings.keep(rating(Satisfaction.SATISFIED, reference=reference))
        await arrived(county, 1)
        await outbox.ratings.keep(rating(Satisfaction.VERY_DISSATISFIED, reference=reference))
        await outbox.ratings.keep(rating(service="services/none"))
        await outbox.ratings.keep(rating(Satisfaction.VERY_SATISFIED))
        assert await arrived(county, 2) == [1, 2]
        await gone(folder)


async def test_a_queue_of_an_earlier_release_takes_ratings_too_and_not_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "queue"
    async with door("127.0.0.1:1", folder):
        pass
    with closing(sqlite3.connect(folder / FILE_NAME)) as database:
        database.execute("DROP TABLE ratings")
        database.commit()
    monkeypatch.setattr(rating_table, "MOST", 2)
    async with door("127.0.0.1:1", folder) as outbox:
        await outbox.ratings.keep(rating())
        await outbox.ratings.keep(rating())
        with pytest.raises(QueueFull):
            await outbox.ratings.keep(rating())
    assert waiting(folder) == 2
