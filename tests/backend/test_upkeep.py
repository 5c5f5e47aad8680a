"""What the backend does beside answering."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from huimin.v1 import case_pb2
from sqlalchemy import Connection, text
from structlog.testing import capture_logs

from backend import upkeep
from backend.storage import audit, cases, retention
from backend.storage.database import Database
from tests.backend.sample import resident
from tests.backend.test_sealing import FILE, NOTE, NOW, apply, move, opened

LATER = NOW + timedelta(days=1096)


def ended_cases(connection: Connection) -> list[str]:
    """More than are erased in one transaction, one with a file."""
    references = [apply(connection, resident(100 + number)) for number in range(retention.BATCH + 2)]
    references.append(apply(connection, file=FILE))
    for reference in references:
        move(connection, reference, case_pb2.CASE_STATE_COMPLETED, NOTE)
    return references


async def test_the_hour_erases_what_is_due_and_notes_where_the_trail_ends(
    empty_database: str, tmp_path: Path
) -> None:
    async with opened(empty_database, tmp_path) as database:
        due = await database.write(ended_cases)
        open_ = await database.write(apply)
        with capture_logs() as logs:
            await upkeep.once(upkeep.hourly(database, lambda: LATER))
        assert [log for log in logs if log["log_level"] == "error"] == []
        assert next(log["count"] for log in logs if log["event"] == "cases_erased") == len(due)
        head = await database.read(audit.head)
        noted = next(log for log in logs if log["event"] == "audit_head")
        assert (noted["number"], noted["hash"]) == (head.number, head.hash.hex())
        erased = [one for one in [*due, open_] if await database.read(cases.is_erased, one)]
        assert erased == due
        entry = (await database.read(audit.entries, objects=[f"cases/{due[0]}"]))[-1].entry
        assert (entry.door, entry.credential, entry.action) == ("upkeep", "rule", "retention erase")
        if not empty_database:
            assert (tmp_path / "huimin.sqlite3-wal").stat().st_size == 0


async def test_a_step_that_fails_does_not_keep_the_others_from_being_done(tmp_path: Path) -> None:
    async with opened("", tmp_path) as database:
        reference = await database.write(apply)
        await database.write(move, reference, case_pb2.CASE_STATE_WITHDRAWN)
        await database.write(lambda connection: connection.execute(text("DROP TABLE wrong_tries")))
        with capture_logs() as logs:
            await upkeep.once(upkeep.hourly(database, lambda: LATER))
        assert [log["event"] for log in logs] == ["upkeep_failed", "cases_erased", "audit_head"]
        assert await database.read(cases.is_erased, reference)


async def test_two_backends_erase_each_case_once(empty_database: str, tmp_path: Path) -> None:
    async with opened(empty_database, tmp_path) as one, opened(empty_database, tmp_path) as other:
        references = await one.write(ended_cases)

        async def hour(database: Database) -> None:
            await upkeep.once(upkeep.hourly(database, lambda: LATER))

        await asyncio.gather(hour(one), hour(other))
        kept = await one.read(audit.entries, most=1000)
        erased = [one.entry.object for one in kept if one.entry.action == "retention erase"]
        assert sorted(erased) == sorted(f"cases/{reference}" for reference in references)
        assert (await one.read(audit.verify)).findings == ()


async def test_upkeep_ends_with_its_block(tmp_path: Path) -> None:
    async with opened("", tmp_path) as database:
        with capture_logs() as logs:
            async with upkeep.upkeep(database, lambda: NOW), asyncio.timeout(10):
                while not logs:  # noqa: ASYNC110 (the log has no event to wait for)
                    await asyncio.sleep(0.01)
        assert [log["event"] for log in logs] == ["audit_head"]
        assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("state", ["RECEIVED", "ACCEPTED", "IN_REVIEW", "NEEDS_MATERIAL", "APPROVED"])
async def test_no_case_that_is_not_over_is_ever_erased(tmp_path: Path, state: str) -> None:
    async with opened("", tmp_path) as database:
        reference = await database.write(apply)
        await database.write(move, reference, case_pb2.CaseState.Value(f"CASE_STATE_{state}"))
        await upkeep.once(upkeep.hourly(database, lambda: LATER + timedelta(days=36_500)))
        assert not await database.read(cases.is_erased, reference)
