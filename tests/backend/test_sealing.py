"""Personal data at rest: sealed in every file of the database, and gone once it is erased."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from huimin.v1 import case_pb2, form_pb2
from sqlalchemy import Connection, select, text

from backend.notifying.contact import Contact
from backend.storage import attachments, audit, cases, migrating, persons, retention, submissions
from backend.storage.attachments import Description
from backend.storage.audit import Actor
from backend.storage.database import Database, database_url, open_database
from backend.storage.submissions import Checked
from backend.storage.tables import CaseRow, FormRevision
from backend.storage.vault import Vault, WrongKeys
from foundation.keys import KeyRing
from foundation.language import Language, LocalizedText
from tests.backend.sample import RESIDENT, answers, resident, submission, submission_name
from tests.keys import KEY, VAULT
from tests.postgres import program

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
DOOR = Actor("doors/local", "door", "request-1")
CLERK = Actor("office/clerk", "command", "request-2")
FORM = form_pb2.Form(name="forms/everything", revision="1")
NOTE = "请补交租房合同的复印件"
FILE = b"RIFF, and what a resident said aloud. " * 20_000
PERSONAL = (
    RESIDENT,
    "示范居民",  # the name
    "13800000000",
    NOTE,
    "said aloud",
)


@asynccontextmanager
async def opened(given: str, data: Path, vault: Vault = VAULT) -> AsyncIterator[Database]:
    database = await open_database(database_url(given, data), vault)
    try:
        yield database
    finally:
        await database.close()


def apply(connection: Connection, number: str = RESIDENT, *, file: bytes = b"", now: datetime = NOW) -> str:
    """A submission as the service keeps it; its reference."""
    name, attachment = submission_name(), submission_name().replace("submissions", "attachments")
    if file:
        described = Description(attachment, name, DOOR.door, "audio/wav", len(file), b"\0" * 32)
        attachments.begin(connection, described, now)
        for start in range(0, len(file), attachments.CHUNK):
            assert attachments.append(
                connection, attachment, start, file[start : start + attachments.CHUNK], now
            )
    sent = submission(FORM, name, answers(identity_number=form_pb2.Answer(identity_number=number)))
    checked = Checked(
        sent,
        submissions.digest(sent),
        LocalizedText("许可申请表", "Permit"),
        number,
        (attachment,) if file else (),
        DOOR,
        ("answers.amount:TOO_LARGE",),
        Contact(Language.ZH_CN, ("13800000000",)),
    )
    return submissions.keep(connection, checked, now).reference


def move(connection: Connection, reference: str, state: int, note: str = "", now: datetime = NOW) -> bool:
    return cases.move(connection, reference, cases.Event(state, now, note))


def on_disk(given: str, data: Path) -> bytes:
    """Every byte of the database: SQLite's files with their logs, or a dump of PostgreSQL."""
    if not given:
        return b"".join(file.read_bytes() for file in sorted(data.iterdir()) if file.is_file())
    dumped = subprocess.run(
        [program("pg_dump"), "--inserts", "-d", given], capture_output=True, check=True, timeout=60
    )
    return dumped.stdout


def found_in(content: bytes, secrets: tuple[str, ...] = PERSONAL) -> list[str]:
    """Which of these lie there in plain; PostgreSQL dumps bytes in hexadecimal."""
    return [
        secret
        for secret in secrets
        if any(form in content for form in (secret.encode(), secret.encode().hex().encode()))
    ]


async def test_nothing_of_a_resident_lies_in_plain_in_any_file(empty_database: str, tmp_path: Path) -> None:
    async with opened(empty_database, tmp_path) as database:
        reference = await database.write(lambda connection: apply(connection, file=FILE))
        await database.write(move, reference, case_pb2.CASE_STATE_NEEDS_MATERIAL, NOTE)
        content = on_disk(empty_database, tmp_path)  # with the log of SQLite still full
        assert reference.encode() in content
        assert found_in(content) == []
        assert b"TOO_LARGE" not in content
        held = await database.write(persons.held, RESIDENT, CLERK, NOW)
    only = held.cases[0]
    assert (only.case.reference, only.case.events[-1].note) == (reference, NOTE)
    assert found_in(only.submission.SerializeToString()) == [*PERSONAL[:3]]
    assert only.problems == ("answers.amount:TOO_LARGE",)
    assert found_in(on_disk(empty_database, tmp_path)) == []


async def test_a_person_is_found_by_number_and_by_no_other(empty_database: str, tmp_path: Path) -> None:
    async with opened(empty_database, tmp_path) as database:
        mine = [await database.write(apply) for _ in range(2)]
        await database.write(apply, resident(120))
        person = VAULT.person(RESIDENT)
        found = await database.read(cases.newest_first, person, None, 10)
        assert sorted(case.reference for case in found) == sorted(mine)
        assert await database.read(cases.applicant, mine[0]) == RESIDENT
        assert await database.read(cases.person, mine[0]) == person
        assert await database.read(cases.newest_first, VAULT.person(resident(121)), None, 10) == []


async def test_a_value_moved_to_another_row_does_not_open(empty_database: str, tmp_path: Path) -> None:
    async with opened(empty_database, tmp_path) as database:
        mine, theirs = await database.write(apply), await database.write(apply, resident(120))
        swap = text("UPDATE cases SET applicant = (SELECT applicant FROM cases WHERE reference = :of)")
        await database.write(lambda connection: connection.execute(swap, {"of": theirs}))
        assert await database.read(cases.applicant, theirs) == resident(120)
        with pytest.raises(Exception, match="another place"):
            await database.read(cases.applicant, mine)


async def test_other_keys_are_refused_before_anything_is_changed(empty_database: str, tmp_path: Path) -> None:
    async with opened(empty_database, tmp_path) as database:
        await database.write(apply)
    with pytest.raises(WrongKeys) as caught:
        async with opened(empty_database, tmp_path, Vault(KeyRing([bytes(32)]))):
            pass
    assert not caught.value.oldest
    with pytest.raises(WrongKeys) as caught:  # opens all, but would not find anybody again
        async with opened(empty_database, tmp_path, Vault(KeyRing([KEY, bytes(32)]))):
            pass
    assert caught.value.oldest
    async with opened(empty_database, tmp_path, Vault(KeyRing([bytes(32), KEY]))) as database:
        assert len((await database.write(persons.held, RESIDENT, CLERK, NOW)).cases) == 1


async def test_rows_of_the_first_release_are_sealed_on_the_way_up_and_opened_on_the_way_down(
    empty_database: str, tmp_path: Path
) -> None:
    async with opened(empty_database, tmp_path) as database:
        reference = await database.write(apply)
        await database.write(move, reference, case_pb2.CASE_STATE_COMPLETED, NOTE)
        gone = await database.write(apply)
        await database.write(retention.erase, [gone], CLERK, "person erase", NOW)
        await database.migrate(migrating.downgrade, "0001", tmp_path / "attachments")
        assert set(PERSONAL[:4]) <= set(found_in(on_disk(empty_database, tmp_path)))
        plain = text("SELECT applicant FROM cases ORDER BY applicant")
        rows = await database.read(lambda connection: connection.execute(plain).scalars().all())
        assert rows == ["", RESIDENT]
        await database.migrate(migrating.upgrade)
        await database.tidy()
        assert found_in(on_disk(empty_database, tmp_path)) == []
        held = await database.write(persons.held, RESIDENT, CLERK, NOW)
        assert [one.case.events[-1].note for one in held.cases] == [NOTE]
        due = await database.read(
            lambda connection: connection.execute(
                select(CaseRow.erase_time, CaseRow.form_revision).where(CaseRow.reference == reference)
            ).one()
        )
        assert due == (NOW + timedelta(days=1095), "1")


def add_form(connection: Connection, days: int) -> None:
    connection.execute(
        FormRevision.__table__.insert(),  # type: ignore[attr-defined]
        {"form": FORM.name, "revision": FORM.revision, "message": b"", "retention_days": days},
    )


async def test_a_case_is_erased_when_the_rule_of_its_form_says_so(
    empty_database: str, tmp_path: Path
) -> None:
    day = timedelta(days=1)
    async with opened(empty_database, tmp_path) as database:
        await database.write(add_form, 30)
        ended, approved, reopened, later = [await database.write(apply) for _ in range(4)]
        await database.write(move, ended, case_pb2.CASE_STATE_COMPLETED)
        await database.write(move, approved, case_pb2.CASE_STATE_APPROVED)
        await database.write(move, reopened, case_pb2.CASE_STATE_REJECTED)
        await database.write(move, reopened, case_pb2.CASE_STATE_IN_REVIEW)
        await database.write(move, later, case_pb2.CASE_STATE_WITHDRAWN, "", NOW + day)
        assert await database.write(retention.erase_due, CLERK, NOW + 30 * day - timedelta(seconds=1)) == 0
        assert await database.write(retention.erase_due, CLERK, NOW + 30 * day) == 1
        assert await database.write(retention.erase_due, CLERK, NOW + 30 * day) == 0
        erased = [
            one for one in (ended, approved, reopened, later) if await database.read(cases.is_erased, one)
        ]
        assert erased == [ended]
        assert await database.write(move, ended, case_pb2.CASE_STATE_IN_REVIEW) is False


async def test_what_is_erased_is_gone_from_the_files_and_leaves_a_skeleton(
    empty_database: str, tmp_path: Path
) -> None:
    """Looked for are the sealed bytes themselves: whoever has the key could open what is left of them."""
    async with opened(empty_database, tmp_path) as database:
        reference = await database.write(lambda connection: apply(connection, file=FILE))
        kept = await database.write(apply, resident(120))
        await database.write(move, reference, case_pb2.CASE_STATE_COMPLETED, NOTE)
        before = await database.read(sealed, reference)
        assert len(before) == 4 + len(FILE) // attachments.CHUNK + 1
        assert all(part in on_disk(empty_database, tmp_path) or empty_database for part in before)
        await database.write(retention.erase, [reference], CLERK, "retention erase", NOW)
        await database.tidy()
        content = on_disk(empty_database, tmp_path)
        assert [part for part in before if part in content or part.hex().encode() in content] == []
        case = await database.read(cases.one, reference)
        assert case is not None
        assert case.erased
        assert [event.state for event in case.events] == [
            case_pb2.CASE_STATE_RECEIVED,
            case_pb2.CASE_STATE_COMPLETED,
        ]
        assert [event.note for event in case.events] == ["", ""]
        assert await database.read(cases.applicant, reference) is None
        assert await database.read(cases.applicant, kept) == resident(120)
        assert (await database.read(audit.verify)).findings == ()


def sealed(connection: Connection, reference: str) -> list[bytes]:
    """A piece out of the middle of everything that lies sealed for a case."""
    rows = [
        *connection.execute(
            text(
                "SELECT message FROM submissions s JOIN cases c ON c.submission = s.name WHERE reference = :r"
            ),
            {"r": reference},
        ).scalars(),
        *connection.execute(
            text(
                "SELECT problems FROM submissions s JOIN cases c ON c.submission = s.name"
                " WHERE reference = :r"
            ),
            {"r": reference},
        ).scalars(),
        *connection.execute(
            text("SELECT applicant FROM cases WHERE reference = :r"), {"r": reference}
        ).scalars(),
        *connection.execute(
            text("SELECT note FROM case_events WHERE note IS NOT NULL AND reference = :r"), {"r": reference}
        ).scalars(),
        *connection.execute(
            text(
                "SELECT sealed FROM attachment_chunks k JOIN attachments a ON a.name = k.name"
                " WHERE reference = :r"
            ),
            {"r": reference},
        ).scalars(),
    ]
    return [bytes(row)[len(row) // 2 : len(row) // 2 + 24] for row in rows]
