"""Keys are changed while backends serve, and nothing is left that only an old key opens."""

from __future__ import annotations

import asyncio
import base64
import os
from pathlib import Path

import pytest
from huimin.v1 import case_pb2, common_pb2, rating_pb2
from sqlalchemy import Connection, LargeBinary, select

from backend.settings import BackendSettings
from backend.storage import cases, document_links, persons, ratings, replies, sessions
from backend.storage.database import Database, database_url, open_database
from backend.storage.document_links import Paper
from backend.storage.rotating import SEALED, rotate
from backend.storage.sessions import Opened
from backend.storage.tables import Table
from backend.storage.vault import Vault, check_keys
from foundation.keys import CannotOpen, KeyRing
from tests.backend.sample import RESIDENT, answers, resident
from tests.backend.test_sealing import CLERK, FILE, NOTE, NOW, apply, move, opened
from tests.keys import KEY, VAULT, put_keys

NEW = bytes(reversed(range(32)))
BOTH = Vault(KeyRing([NEW, KEY]))


def sealed_values(connection: Connection) -> dict[str, list[bytes]]:
    """Every value in the database that looks sealed with one of the keys, by its column."""
    marks = tuple(b"\x01" + KeyRing([key]).newest for key in (KEY, NEW))
    found: dict[str, list[bytes]] = {}
    for table in Table.metadata.sorted_tables:
        for column in table.columns:
            if not isinstance(column.type, LargeBinary):
                continue
            for value in connection.execute(select(column).where(column.is_not(None))).scalars():
                if bytes(value).startswith(marks):
                    found.setdefault(f"{table.name}.{column.name}", []).append(bytes(value))
    return found


async def fill(database: Database) -> list[str]:
    references = [
        await database.write(lambda connection: apply(connection, file=FILE)),
        *await database.write(
            lambda connection: [apply(connection, resident(number)) for number in range(100, 150)]
        ),
    ]
    for reference in references[:3]:
        await database.write(move, reference, case_pb2.CASE_STATE_NEEDS_MATERIAL, NOTE)
    await database.write(answer_and_rate, references[0])
    await database.write(sessions.start, Opened(1, "doors/local", None, b"person"), NOW, RESIDENT)
    paper = Paper("forms/everything", "1", "zh_CN", tuple(answers()))
    await database.write(document_links.make, "documents/1", paper, "", NOW)
    return references


def answer_and_rate(connection: Connection, reference: str) -> None:
    """A reply, a case that was opened again, and a low rating with an answer."""
    assert replies.write(connection, reference, NOTE, case_pb2.CASE_STATE_COMPLETED, NOW)
    again = replies.Reopening("reopenings/1", NOTE, None, NOW, NOW.date())
    assert replies.reopen(connection, reference, again, door="doors/local") is None
    low = rating_pb2.Rating(
        name="ratings/1",
        reference=reference,
        satisfaction=rating_pb2.SATISFACTION_VERY_DISSATISFIED,
        channel=common_pb2.CHANNEL_PHONE,
        reason=NOTE,
    )
    assert ratings.keep(connection, ratings.Given(low, "services/letter", NOW.date()), CLERK, NOW)
    assert ratings.answer(connection, ratings.cases(connection)[0].number, NOTE, NOW)


async def test_everything_is_sealed_anew_and_the_old_key_opens_nothing_more(
    empty_database: str, tmp_path: Path
) -> None:
    async with opened(empty_database, tmp_path) as database:
        references = await fill(database)
        before = await database.read(sealed_values)
        assert set(before) == {f"{one.column.class_.__tablename__}.{one.column.key}" for one in SEALED}
    async with opened(empty_database, tmp_path, BOTH) as database:
        count = await rotate(database)
        after = await database.read(sealed_values)
        assert count == sum(map(len, before.values())) == sum(map(len, after.values()))
        for column, values in after.items():
            assert not set(values) & set(before[column])
            assert all(KeyRing([NEW]).newest == value[1:5] for value in values)
        held = await database.write(persons.held, RESIDENT, CLERK, NOW)
        assert NOTE in [event.note for event in held.cases[0].case.events]
        file = held.cases[0].files[0].name
        whole = await database.read(lambda connection: b"".join(persons.file_pieces(connection, file)))
        assert whole == FILE
        assert await database.read(cases.applicant, references[-1]) == resident(149)
        assert await rotate(database) == 0


async def test_a_backend_that_runs_reads_its_keys_anew(empty_database: str, tmp_path: Path) -> None:
    put_keys(tmp_path)
    settings = BackendSettings(data=tmp_path, database=empty_database)
    vault = Vault.find(settings)
    async with opened(empty_database, tmp_path, vault) as serving:
        reference = await serving.write(apply)
        put_in_front(tmp_path / "key", NEW)
        async with opened(empty_database, tmp_path, Vault.find(settings)) as command:
            assert await rotate(command) == 7
        await asyncio.sleep(1.1)  # it reads them at most once a second
        await serving.read(check_keys)
        assert vault.newest == KeyRing([NEW]).newest
        assert await serving.read(cases.applicant, reference) == RESIDENT
        later = await serving.write(apply, resident(120))
        assert await serving.read(cases.applicant, later) == resident(120)
        assert await rotate(serving) == 0


async def test_what_is_sent_while_everything_is_sealed_anew_is_neither_lost_nor_left(
    empty_database: str, tmp_path: Path
) -> None:
    async with (
        opened(empty_database, tmp_path) as serving,
        opened(empty_database, tmp_path, BOTH) as command,
    ):
        await fill(serving)
        work = asyncio.create_task(rotate(command))
        sent = [await serving.write(apply, resident(number)) for number in range(200, 220)]
        await work
        await rotate(command)
        assert [await command.read(cases.applicant, one) for one in sent] == [
            resident(number) for number in range(200, 220)
        ]
        left = await command.read(sealed_values)
        assert [value for values in left.values() for value in values if value[1:5] == VAULT.newest] == []


async def test_keys_that_cannot_be_read_anew_leave_those_that_there_are(tmp_path: Path) -> None:
    put_keys(tmp_path)
    vault = Vault.find(BackendSettings(data=tmp_path))
    sealed = vault.seal(b"a value", "a place")
    (tmp_path / "key").write_text("half a k")
    await asyncio.sleep(1.1)
    with pytest.raises(CannotOpen):
        vault.open(BOTH.seal(b"a value", "a place"), "a place")
    assert vault.open(sealed, "a place") == b"a value"


def test_nothing_shows_a_key() -> None:
    shown = f"{VAULT!r} {VAULT} {KeyRing([KEY])!r}"
    for form in (base64.b64encode(KEY).decode(), KEY.hex(), repr(KEY)):
        assert form not in shown


def put_in_front(file: Path, key: bytes) -> None:
    before = file.read_text()
    os.truncate(file, 0)
    file.write_text(base64.b64encode(key).decode() + "\n" + before)


async def test_a_database_needs_its_keys_also_after_its_tables_are_up_to_date(tmp_path: Path) -> None:
    """They are looked at at every opening, not only at the first."""
    async with opened("", tmp_path):
        pass
    with pytest.raises(Exception, match="sealed with other keys"):
        await open_database(database_url("", tmp_path), Vault(KeyRing([NEW])))
