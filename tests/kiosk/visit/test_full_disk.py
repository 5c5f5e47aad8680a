"""The disk is full to the last byte in the middle of a visit: what cannot be promised is not, nothing that
was entered is lost, and with room again the application is sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from backend_client.cache import ReadCache
from backend_client.errors import QueueUnusable
from backend_client.sentences import sentence
from foundation.language import Language
from hardware.store import Event, Store, events
from kiosk.visit import events as did
from kiosk.visit.pages import Confirmation, Declaration, Slip
from tests.backend.house import House
from tests.chaos.room import Room
from tests.kiosk.visit.terminal import BY_HAND, eventually, kept, submissions, terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path / "disk")
    yield made
    made.close()


async def test_a_full_disk_breaks_no_visit(house: House, room: Room) -> None:
    cache = ReadCache(room.folder / "answers.sqlite3")
    await cache.load()
    store = Store(room.folder)
    async with terminal(house.address, room.folder, cache=cache) as at:
        before = await submissions(house.database)
        await at.first_question()
        at.answer_to("phone")
        room.fill()
        with capture_logs() as log:
            at.do(did.Enter(BY_HAND["phone"]))
            at.answer_to("")  # each entry would be brought to the disk
            await at.shelf.settle()
            store.record(Event(datetime.now(UTC), "receipt_printer", "print_slip"))
            await store.flush()
            assert isinstance(await at.page(Declaration, did.Next()), Declaration)
            trouble = await at.trouble(did.Send())
        assert isinstance(trouble, QueueUnusable)
        assert trouble.reason == "QUEUE_DISK_FULL"
        assert all(sentence(trouble, language) for language in Language)
        assert not await submissions(house.database) - before
        assert BY_HAND["full_name"] not in str(log)

        room.clear()
        page = await at.page(Confirmation, did.TryAgain())
        assert page.accepted.delivered
        assert len((await kept(house.database, page.accepted.reference)).answers) == len(BY_HAND)
        assert len(await submissions(house.database) - before) == 1
        at.do(did.PrintSlip())
        await at.until(lambda: getattr(at.visit.page, "slip", None) is Slip.PRINTED)
        await store.flush()
        await eventually(lambda: [event.name for event in events(room.folder)] == ["print_slip"])
    await cache.close()
