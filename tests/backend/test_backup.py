"""Backups: whole, of one moment, while others write; and back into either database."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from huimin.v1 import form_pb2
from sqlalchemy import Connection, MetaData, func, select, text

from backend.clock import now
from backend.storage import attachments, audit, cases, migrating, submissions
from backend.storage.backup import BackupUnusable, NewerBackup, NotEmpty, back_up, restore
from backend.storage.database import Database, database_url, open_database
from backend.storage.engine import InUse
from backend.storage.first_files import ATTACHMENTS
from backend.storage.revision import current, newest
from backend.storage.tables import CaseEventRow
from backend.storage.vault import Vault, WrongKeys
from foundation.keys import KeyRing, new_key
from tests.backend.house import House, command
from tests.backend.sample import answers, submission
from tests.backend.test_attachments import SOUND, info, messages, upload
from tests.backend.test_migrations import First
from tests.keys import VAULT, put_keys
from tests.postgres import BOTH, DATABASES, Cluster

CLIENTS = 8


def other(kind: str, postgres: Cluster) -> str:
    """A database of the other kind."""
    return postgres.empty_database() if kind == "" else ""


@asynccontextmanager
async def opened(url: str, folder: Path, vault: Vault = VAULT) -> AsyncIterator[Database]:
    folder.mkdir(exist_ok=True)
    database = await open_database(database_url(url, folder), vault)
    try:
        yield database
    finally:
        await database.close()


def dump(connection: Connection) -> dict[str, list[Any]]:
    """All rows of all tables, in an order that does not depend on the database."""
    tables = MetaData()
    tables.reflect(connection)
    return {
        table.name: sorted(connection.execute(select(*sorted(table.columns, key=lambda c: c.name))), key=repr)
        for table in tables.sorted_tables
    }


def events(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(CaseEventRow)).scalar_one()


async def create(house: House, form: form_pb2.Form, **changes: Any) -> tuple[str, str, bytes]:
    """Sends a submission: its name, its reference, and its digest."""
    sent = submission(form, **changes)
    call = form_pb2.CreateSubmissionRequest(submission=sent)
    answer = await house.stubs.form.CreateSubmission(call)
    return sent.name, answer.reference, submissions.digest(sent)


@BOTH
async def test_what_was_acknowledged_before_the_backup_is_in_it_while_eight_clients_write(
    house: House, form: form_pb2.Form, postgres: Cluster, tmp_path: Path
) -> None:
    sent = submission(form)
    recording = info(submission=sent.name)
    await upload(house, messages(recording))
    spoken = answers(remarks=form_pb2.Answer(recording=recording.name))
    acknowledged = [await create(house, form, name=sent.name, given=spoken)]
    over = asyncio.Event()

    async def client() -> None:
        while not over.is_set():
            acknowledged.append(await create(house, form))

    clients = [asyncio.create_task(client()) for _ in range(CLIENTS)]
    await asyncio.sleep(0.5)
    before = list(acknowledged)
    file = tmp_path / "backup"
    variables = {"HUIMIN_BACKEND_DATABASE": "" if house.database.free_bytes() else str(house.database.url)}
    code, out, err = await command("--data", house.data, "backup", file, variables=variables)
    meanwhile = len(acknowledged) - len(before)
    over.set()
    await asyncio.gather(*clients)
    assert (code, err) == (0, "")
    assert str(file) in out
    assert meanwhile > 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"13800000000" not in file.read_bytes()
    for kind in DATABASES:  # also into the other one
        url = postgres.empty_database() if kind == "postgresql" else ""
        async with opened(url, tmp_path / kind) as database:
            await restore(database, file, replace=False)
            for name, reference, digest in before:
                kept = await database.read(submissions.accepted, name, digest)
                assert kept is not None
                assert (kept.reference, kept.same) == (reference, True)
            held = await database.read(lambda c: b"".join(attachments.pieces(c, recording.name)))
            assert held == SOUND
            assert (await database.read(audit.verify)).findings == ()
            assert await database.write(cases.move, before[0][1], cases.Event(2, now(), ""))
            assert await database.read(events) > len(before)


async def backed_up(url: str, folder: Path, file: Path) -> dict[str, list[Any]]:
    """Backs up what the first release kept, brought up to date; all rows that there were."""
    first = First(folder / ATTACHMENTS)
    folder.mkdir()
    made = Database(database_url(url, folder), VAULT)
    await made.migrate(first.put)
    await made.migrate(migrating.upgrade, "head", first.folder)
    await back_up(made, file, now())
    rows = await made.read(dump)
    await made.close()
    return rows


async def test_what_is_restored_is_what_was_backed_up(
    tmp_path: Path, postgres: Cluster, empty_database: str
) -> None:
    file = tmp_path / "backup"
    before = await backed_up(empty_database, tmp_path / "from", file)
    assert len(before["case_events"]) == 6
    async with opened(other(empty_database, postgres), tmp_path / "to") as target:
        contents = await restore(target, file, replace=False)
        assert contents.rows == {table: len(rows) for table, rows in before.items() if table in contents.rows}
        assert await target.read(dump) == before
        with pytest.raises(NotEmpty):
            await restore(target, file, replace=False)
        await target.write(lambda c: c.execute(text("DELETE FROM case_events")))
        await restore(target, file, replace=True)
        assert await target.read(dump) == before
        await target.write(cases.add_event, before["cases"][0].reference, cases.Event(2, now(), ""))
    assert [path.name for path in tmp_path.glob("backup*")] == ["backup"]


async def test_a_backup_of_an_older_release_is_brought_up_to_date(tmp_path: Path) -> None:
    first = First(tmp_path / "to" / ATTACHMENTS)
    (tmp_path / "old").mkdir()
    (tmp_path / "to").mkdir()
    old = Database(database_url("", tmp_path / "old"), VAULT)
    await old.migrate(first.put)
    file = tmp_path / "backup"
    assert (await back_up(old, file, now())).revision == "0001"
    await old.close()
    async with opened("", tmp_path / "to") as target:
        first.folder.mkdir()  # the files of the first release lie beside its database, and are no part of it
        first.file.write_bytes(SOUND)
        await restore(target, file, replace=False)
        assert await target.read(current) == newest()
        for sent, reference in zip(first.submissions, first.references, strict=True):
            kept = await target.read(submissions.accepted, sent.name, submissions.digest(sent))
            assert kept is not None
            assert kept.reference == reference


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda whole: whole[:-1], id="a byte short"),
        pytest.param(lambda whole: whole[: len(whole) // 2], id="half of it"),
        pytest.param(lambda whole: b"", id="empty"),
        pytest.param(lambda whole: whole + b"x", id="a byte more"),
        pytest.param(
            lambda whole: whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:], id="a bit flipped"
        ),
        pytest.param(lambda whole: whole[:-1] + bytes([whole[-1] ^ 1]), id="a bit of the check flipped"),
        pytest.param(lambda whole: b"x" * 10_000, id="something else"),
    ],
)
async def test_a_damaged_backup_changes_nothing(
    backup_file: Path, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    damaged = tmp_path / "damaged"
    damaged.write_bytes(damage(backup_file.read_bytes()))
    async with opened("", tmp_path / "to") as target:
        before = await target.read(dump)
        with pytest.raises(BackupUnusable):
            await restore(target, damaged, replace=True)
        assert await target.read(dump) == before


@pytest.fixture(scope="module")
def backup_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound backup."""
    folder = tmp_path_factory.mktemp("backup")
    file = folder / "backup"
    with ThreadPoolExecutor(1) as thread:  # a loop may be running in this one
        thread.submit(asyncio.run, backed_up("", folder / "from", file)).result()
    return file


async def test_a_backup_of_a_newer_release_changes_nothing(
    backup_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened("", tmp_path / "to") as target:
        before = await target.read(dump)
        monkeypatch.setattr(migrating, "revisions", lambda: ["0001"])
        with pytest.raises(NewerBackup):
            await restore(target, backup_file, replace=True)
        assert await target.read(dump) == before


async def test_nothing_is_restored_while_another_process_is_connected(
    backup_file: Path, tmp_path: Path, empty_database: str
) -> None:
    async with opened(empty_database, tmp_path / "to") as target:
        async with opened(empty_database, tmp_path / "to") as other:
            await other.read(dump)
            before = await target.read(dump)
            with pytest.raises(InUse):
                await restore(target, backup_file, replace=True)
            assert await target.read(dump) == before
        await restore(target, backup_file, replace=True)
        assert await target.read(dump) != before


async def test_a_backup_that_the_keys_do_not_open_changes_nothing(
    backup_file: Path, tmp_path: Path, empty_database: str
) -> None:
    async with opened(empty_database, tmp_path / "to", Vault(KeyRing([b"k" * 32]))) as target:
        before = await target.read(dump)
        with pytest.raises(WrongKeys):
            await restore(target, backup_file, replace=False)
        assert await target.read(dump) == before


async def test_the_commands_say_what_is_wrong(backup_file: Path, tmp_path: Path) -> None:
    assert await command("--data", tmp_path / "none", "backup", tmp_path / "b") == (
        2,
        "",
        f"There is no data in {tmp_path / 'none'}. Name the folder that the backend uses with --data.\n",
    )
    data = tmp_path / "data"
    code, _, err = await command("--data", data, "restore", backup_file)
    assert (code, "The keys that seal personal data cannot be used" in err) == (2, True)
    assert list(data.iterdir()) == [], "no key is made that would not open the backup"
    (data / "key").touch(0o600)
    (data / "key").write_text(new_key())
    code, _, err = await command("--data", data, "restore", backup_file)
    assert (code, [file.name for file in data.iterdir()]) == (2, ["key"]), err
    put_keys(data)
    code, _, err = await command("--data", data, "restore", data / "key")
    assert (code, "is not a whole backup" in err) == (2, True)
    assert (await command("--data", data, "restore", backup_file))[0] == 0
    code, _, err = await command("--data", data, "restore", backup_file)
    assert (code, err.split(".")[0]) == (2, "The database is not empty")
    code, _, err = await command("--data", data, "backup", tmp_path / "no such folder" / "b")
    assert (code, "cannot be written: No such file or directory" in err) == (2, True)
    assert "文件" in (await command("--data", data, "restore", data / "key", language="zh_CN.UTF-8"))[2]
