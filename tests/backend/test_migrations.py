"""The tables from one release to the next, and back."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from huimin.v1 import form_pb2
from sqlalchemy import URL, Connection, MetaData, insert, select

from backend.storage import attachments, cases, migrating, submissions
from backend.storage.database import Database, database_url, open_database
from backend.storage.first_files import ATTACHMENTS
from backend.storage.revision import newest
from backend.storage.tables import Table
from backend_client.forms.reference import new_reference
from tests.backend.house import command
from tests.backend.sample import RESIDENT, submission_name
from tests.keys import VAULT, put_keys

RECEIVED = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
MICROSECONDS = int(RECEIVED.timestamp()) * 1_000_000
FORM = "forms/everything"
NOTE = "请补交照片"
SOUND = os.urandom(600_000)


def differences(connection: Connection) -> list[object]:
    """Where the tables in the database and those of `tables` differ."""
    return list(compare_metadata(MigrationContext.configure(connection), Table.metadata))


def dump(connection: Connection) -> dict[str, list[Any]]:
    """All rows, but the sessions and what is made of others."""
    tables = MetaData()
    tables.reflect(connection, only=lambda name, _: not name.startswith("policy_search"))
    return {
        table.name: sorted(
            connection.execute(select(*sorted(table.columns, key=lambda c: c.name))).all(), key=repr
        )
        for table in tables.sorted_tables
        if table.name != "sessions"
    }


class First:
    """What the first release kept: three cases, one with notes, one with a recording."""

    def __init__(self, folder: Path) -> None:
        self.references = [new_reference() for _ in range(3)]
        self.submissions = [form_pb2.Submission(name=submission_name(), form=FORM) for _ in range(3)]
        for each in self.submissions:
            each.answers.add(field="applicant", identity_number=RESIDENT)
            each.form_revision = "abc"
        self.attachment = f"attachments/{uuid4()}"
        self.folder = folder

    def put(self, connection: Connection) -> None:
        """Puts it into tables of the first release."""
        migrating.upgrade(connection, "0001")
        tables = MetaData()
        tables.reflect(connection, only=lambda name, _: not name.startswith("policy_search"))
        put = {name: insert(table) for name, table in tables.tables.items()}
        form = form_pb2.Form(name=FORM, revision="abc").SerializeToString()
        connection.execute(put["form_revisions"], {"form": FORM, "revision": "abc", "message": form})
        for number, (sent, reference) in enumerate(zip(self.submissions, self.references, strict=True)):
            received = MICROSECONDS + number
            connection.execute(
                put["submissions"],
                {
                    "name": sent.name,
                    "digest": submissions.digest(sent),
                    "accept_time": received,
                    "message": sent.SerializeToString(),
                },
            )
            connection.execute(
                put["cases"],
                {
                    "reference": reference,
                    "submission": sent.name,
                    "applicant": RESIDENT,
                    "form": FORM,
                    "title_zh": "样表",
                    "title_en": "Sample",
                    "channel": 1,
                    "state": 2,
                    "create_time": received,
                    "update_time": received,
                },
            )
            for state, note in ((1, ""), (2, NOTE)):
                event = {"reference": reference, "state": state, "event_time": received, "note": note}
                connection.execute(put["case_events"], event)
        connection.execute(
            put["attachments"],
            {
                "name": self.attachment,
                "submission": self.submissions[0].name,
                "media_type": "audio/wav",
                "size_bytes": len(SOUND),
                "sha256": hashlib.sha256(SOUND).digest(),
                "create_time": MICROSECONDS,
                "reference": self.references[0],
            },
        )
        self.folder.mkdir()
        self.file.write_bytes(SOUND)

    @property
    def file(self) -> Path:
        """Where the first release has the recording."""
        digest = hashlib.sha256(SOUND).digest()
        return self.folder / f"{self.attachment.removeprefix('attachments/')}-{digest[:8].hex()}"


async def test_the_migrations_make_the_tables(tmp_path: Path, empty_database: str) -> None:
    database = await open_database(database_url(empty_database, tmp_path), VAULT)
    assert await database.write(differences) == []
    await database.close()


async def test_what_the_first_release_kept_comes_through_forward_and_back(
    tmp_path: Path, empty_database: str
) -> None:
    put_keys(tmp_path)
    url = database_url(empty_database, tmp_path)
    first = First(tmp_path / ATTACHMENTS)
    made = Database(url, VAULT)
    await made.migrate(first.put)
    before = await made.read(dump)
    await made.close()
    variables = {"HUIMIN_BACKEND_DATABASE": empty_database}

    async def by_command(*words: str) -> None:
        code, out, err = await command("--data", tmp_path, "database", *words, variables=variables)
        assert (code, err) == (0, "")
        assert "0001" in out
        assert "0004" in out

    async def by_function(direction: Callable[..., None], revision: str) -> None:
        again = Database(url, VAULT)
        await again.migrate(direction, revision, first.folder)
        await again.close()

    await by_command("upgrade", "head")
    assert not first.folder.exists()
    await _is_all_there(url, first)
    await by_command("downgrade", "0001")
    await _is_as_before(url, first, before)
    await by_function(migrating.upgrade, "head")
    await _is_all_there(url, first)
    await by_function(migrating.downgrade, "0001")
    await _is_as_before(url, first, before)


async def _is_as_before(url: URL, first: First, before: dict[str, list[Any]]) -> None:
    old = Database(url, VAULT)
    assert await old.read(dump) == before
    await old.close()
    assert first.file.read_bytes() == SOUND


async def _is_all_there(url: URL, first: First) -> None:
    database = await open_database(url, VAULT)
    for sent, reference in zip(first.submissions, first.references, strict=True):
        kept = await database.read(submissions.accepted, sent.name, submissions.digest(sent))
        assert kept is not None
        assert (kept.reference, kept.same) == (reference, True)
        case = await database.read(cases.one, reference)
        assert case is not None
        assert [event.note for event in case.events] == ["", NOTE]
    sound = await database.read(lambda connection: b"".join(attachments.pieces(connection, first.attachment)))
    assert sound == SOUND
    claimed = await database.read(
        attachments.missing, first.submissions[0].name, [first.attachment], door="doors/local"
    )
    assert claimed == []
    everything = str(await database.read(dump))
    assert RESIDENT not in everything
    assert NOTE not in everything
    await database.close()


async def test_a_wrong_direction_and_an_unknown_revision_are_refused(tmp_path: Path) -> None:
    put_keys(tmp_path)
    database = await open_database(database_url("", tmp_path), VAULT)
    await database.close()
    for words, said in (
        (
            ("downgrade", "0009"),
            "There is no revision 0009. Those that this release knows are: 0001, 0002, 0003, 0004.\n",
        ),
        (
            ("upgrade", "0001"),
            "The tables are at revision 0004; 0001 lies in the other direction."
            " Use the other one of `database upgrade` and `database downgrade`.\n",
        ),
    ):
        assert await command("--data", tmp_path, "database", *words) == (2, "", said)
    code, out, _ = await command("--data", tmp_path, "database", "current")
    assert (code, out) == (0, "The tables are at revision 0004; this release needs 0004.\n")


def test_the_newest_revision_is_the_one_that_nothing_follows() -> None:
    assert newest() == migrating.revisions()[-1]
