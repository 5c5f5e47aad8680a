"""The audit trail: every way of tampering shows, several backends make one chain, and reads share commits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from backend.storage import audit
from backend.storage.audit import Actor, AuditTrail, Fault, Finding, Head
from backend.storage.database import Database, answer_by, database_url, open_database
from tests.keys import VAULT

NOW = datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)
CARD = Actor("doors/terminal-1", "card", "request-1", bytes(range(32)))
CLERK = Actor("office/clerk", "command", "request-2")


@asynccontextmanager
async def opened(given: str, data: Path) -> AsyncIterator[Database]:
    database = await open_database(database_url(given, data), VAULT)
    try:
        yield database
    finally:
        await database.close()


def write_ten(connection: Connection) -> Head:
    for number in range(1, 11):
        actor = CARD if number % 2 else CLERK
        audit.append(connection, actor.did("CaseService.GetCase", f"cases/{number}", NOW))
    return audit.head(connection)


async def tamper(database: Database, *statements: str) -> None:
    def run(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement))

    await database.write(run)


async def faults(database: Database, noted: bytes | None = None) -> list[tuple[Fault, int]]:
    verdict = await database.read(audit.verify, noted)
    return [(finding.fault, finding.number) for finding in verdict.findings]


async def test_an_untouched_trail_is_sound(empty_database: str, tmp_path: Path) -> None:
    async with opened(empty_database, tmp_path) as database:
        empty = await database.read(audit.verify)
        assert (empty.entries, empty.findings) == (0, ())
        head = await database.write(write_ten)
        verdict = await database.read(audit.verify, head.hash)
        assert (verdict.entries, verdict.head, verdict.findings) == (10, head, ())
        await database.write(write_ten)
        assert await faults(database, head.hash) == []  # a head that was noted earlier is still there


CHANGES = [
    "time = time + 1",
    "door = 'doors/terminal-2'",
    "credential = 'code'",
    "person = NULL",
    "action = 'CaseService.ListCases'",
    "object = 'cases/50'",
    "outcome = 'CASE_UNKNOWN'",
    "request_id = 'request-3'",
    # Parts that run together into the same bytes are told apart by their lengths.
    "door = 'doors/terminal-1c', credential = 'ard'",
]


@pytest.mark.parametrize("change", CHANGES)
async def test_a_changed_entry_shows(tmp_path: Path, change: str) -> None:
    async with opened("", tmp_path) as database:
        await database.write(write_ten)
        await tamper(database, f"UPDATE audit_entries SET {change} WHERE number = 5")
        assert await faults(database) == [(Fault.CHANGED, 5)]


async def test_tampering_of_every_kind_shows_where(empty_database: str, tmp_path: Path) -> None:
    async with opened(empty_database, tmp_path) as database:
        head = await database.write(write_ten)
        columns = "time, door, credential, person, action, object, outcome, request_id, previous, hash"

        # removed from the middle, and from the beginning
        await tamper(database, "CREATE TABLE saved AS SELECT * FROM audit_entries")
        put_back = (
            "DELETE FROM audit_entries",
            f"INSERT INTO audit_entries (number, {columns}) SELECT number, {columns} FROM saved",
        )
        await tamper(database, "DELETE FROM audit_entries WHERE number IN (4, 5)")
        assert await faults(database) == [(Fault.REMOVED, 4)]
        await tamper(database, *put_back, "DELETE FROM audit_entries WHERE number = 1")
        assert await faults(database) == [(Fault.REMOVED, 1)]

        # removed, and the gap closed by numbering anew
        await tamper(
            database,
            *put_back,
            "DELETE FROM audit_entries WHERE number = 5",
            "UPDATE audit_entries SET number = number - 1000 WHERE number > 5",
            "UPDATE audit_entries SET number = number + 999 WHERE number < 0",
            "UPDATE audit_head SET number = 9",
        )
        found = await faults(database)
        assert (Fault.BROKEN, 5) in found
        assert {number for fault, number in found if fault is Fault.CHANGED} == {5, 6, 7, 8, 9}

        # reordered
        await tamper(
            database,
            *put_back,
            "UPDATE audit_head SET number = 10",
            "UPDATE audit_entries SET number = 100 WHERE number = 3",
            "UPDATE audit_entries SET number = 3 WHERE number = 4",
            "UPDATE audit_entries SET number = 4 WHERE number = 100",
        )
        found = await faults(database)
        assert {(Fault.CHANGED, 3), (Fault.CHANGED, 4), (Fault.BROKEN, 3), (Fault.BROKEN, 4)} <= set(found)

        # inserted: a copy of an entry at the end, which the head does not know
        await tamper(
            database,
            *put_back,
            f"INSERT INTO audit_entries (number, {columns})"
            f" SELECT 11, {columns} FROM saved WHERE number = 10",
        )
        assert {(Fault.BROKEN, 11), (Fault.CHANGED, 11)} <= set(await faults(database))

        # cut off at the end: without the head, and with it, which only a head noted elsewhere tells
        await tamper(database, *put_back, "DELETE FROM audit_entries WHERE number > 7")
        assert await faults(database) == [(Fault.CUT_OFF, 8)]
        await tamper(
            database,
            "UPDATE audit_head SET number = 7, hash = (SELECT hash FROM audit_entries WHERE number = 7)",
        )
        assert await faults(database) == []
        assert await faults(database, head.hash) == [(Fault.OTHER_HEAD, 7)]


async def test_a_trail_made_anew_is_found_by_a_head_noted_elsewhere(tmp_path: Path) -> None:
    async with opened("", tmp_path) as database:
        head = await database.write(write_ten)

        def forge(connection: Connection) -> None:
            connection.execute(text("DELETE FROM audit_entries"))
            connection.execute(text("UPDATE audit_head SET number = 0, hash = zeroblob(32)"))
            for number in range(1, 11):
                audit.append(connection, CLERK.did("case show", f"cases/{number}", NOW))

        await database.write(forge)
        assert await faults(database) == []
        assert await faults(database, head.hash) == [(Fault.OTHER_HEAD, 10)]


async def test_two_backends_make_one_chain(empty_database: str, tmp_path: Path) -> None:
    async with opened(empty_database, tmp_path) as one, opened(empty_database, tmp_path) as other:
        trails = [AuditTrail(one), AuditTrail(other)]

        async def act(number: int) -> None:
            entry = CARD.did("CaseService.GetCase", f"cases/{number}", NOW)
            if number % 5:
                await trails[number % 2].record(entry)
            else:  # as a change does
                await (one, other)[number % 2].write(audit.append, entry)

        await asyncio.gather(*(act(number) for number in range(300)))
        verdict = await one.read(audit.verify)
        assert (verdict.entries, verdict.findings) == (300, ())
        found = [kept.entry.object for kept in await other.read(audit.entries)]
        assert sorted(found) == sorted(f"cases/{number}" for number in range(300))


async def test_reads_that_wait_share_commits_and_none_is_answered_before(tmp_path: Path) -> None:
    async with opened("", tmp_path) as database:
        trail, commits = AuditTrail(database), 0
        write = database.write

        async def counted(function, *args):  # type: ignore[no-untyped-def]
            nonlocal commits
            commits += 1
            return await write(function, *args)

        database.write = counted  # type: ignore[method-assign, assignment]

        async def read(number: int) -> None:
            await trail.record(CARD.did("CaseService.GetCase", f"cases/{number}", NOW))
            assert len(await database.read(audit.entries, objects=[f"cases/{number}"])) == 1

        await asyncio.gather(*(read(number) for number in range(500)))
        assert commits < 20
        assert (await database.read(audit.head)).number == 500


async def test_a_read_whose_entry_cannot_be_written_fails_and_the_next_one_does_not(tmp_path: Path) -> None:
    async with opened("", tmp_path) as database:
        trail = AuditTrail(database)
        await tamper(database, "ALTER TABLE audit_entries RENAME TO hidden")
        failed = await asyncio.gather(
            *(trail.record(CARD.did("CaseService.GetCase", "cases/1", NOW)) for _ in range(3)),
            return_exceptions=True,
        )
        assert [isinstance(one, Exception) for one in failed] == [True] * 3
        await tamper(database, "ALTER TABLE hidden RENAME TO audit_entries")
        await trail.record(CARD.did("CaseService.GetCase", "cases/1", NOW))
        assert (await database.read(audit.head)).number == 1


async def test_one_who_goes_away_takes_nobody_with_them(tmp_path: Path) -> None:
    async with opened("", tmp_path) as database:
        trail = AuditTrail(database)
        waiting = [
            asyncio.create_task(trail.record(CARD.did("CaseService.GetCase", f"cases/{number}", NOW)))
            for number in range(4)
        ]
        await asyncio.sleep(0)
        waiting[0].cancel()
        waiting[2].cancel()
        done = await asyncio.gather(*waiting, return_exceptions=True)
        assert [one for one in done if one is not None and not isinstance(one, asyncio.CancelledError)] == []
        assert (await database.read(audit.head)).number == 4


async def test_entries_are_found_by_object_person_and_time(empty_database: str, tmp_path: Path) -> None:
    async with opened(empty_database, tmp_path) as database:
        await database.write(write_ten)
        later = CLERK.did("case show", "cases/1", NOW + timedelta(hours=1), "CASE_UNKNOWN")
        await database.write(audit.append, later)

        async def numbers(**by: object) -> list[int]:
            return [kept.number for kept in await database.read(audit.entries, **by)]  # type: ignore[arg-type]

        assert await numbers(objects=["cases/1"]) == [1, 11]
        assert await numbers(person=CARD.person) == [1, 3, 5, 7, 9]
        assert await numbers(objects=["cases/2"], person=CARD.person) == [1, 2, 3, 5, 7, 9]
        assert await numbers(since=NOW + timedelta(seconds=1)) == [11]
        assert await numbers(after=8) == [9, 10, 11]
        kept = (await database.read(audit.entries, after=10))[0]
        assert kept.entry == later


def test_what_is_hashed_is_written_down() -> None:
    """Somebody else's program verifies a trail by the description alone."""
    entry = CARD.did("A.B", "cases/1", datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    assert audit.encoded(7, replace(entry, person=None, request_id=""), audit.GENESIS) == (
        b"huimin.audit.1"
        b"\0\0\0\x08\0\0\0\0\0\0\0\x07"
        b"\0\0\0\x08\0\0\0\0\0\x0f\x42\x40"
        b"\0\0\0\x10doors/terminal-1"
        b"\0\0\0\x04card"
        b"\xff\xff\xff\xff"
        b"\0\0\0\x03A.B"
        b"\0\0\0\x07cases/1"
        b"\0\0\0\x02OK"
        b"\0\0\0\0"
        b"\0\0\0\x20" + bytes(32)
    )


def test_nothing_shows_a_person() -> None:
    shown = repr(CARD) + repr(CARD.did("A.B", "cases/1", NOW)) + repr(Finding(Fault.CHANGED, 1))
    assert repr(CARD.person)[2:20] not in shown


async def test_who_has_little_time_leaves_the_others_theirs(tmp_path: Path) -> None:
    async with opened("", tmp_path) as database:
        trail = AuditTrail(database)

        async def read(number: int, seconds: float) -> None:
            answer_by.set(time.monotonic() + seconds)
            await trail.record(CARD.did("CaseService.GetCase", f"cases/{number}", NOW))

        await asyncio.gather(*(asyncio.create_task(read(number, 10 * number)) for number in range(3)))
        assert (await database.read(audit.head)).number == 3
