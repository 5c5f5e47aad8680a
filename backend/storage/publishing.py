"""Publications: states of the content in the database, each in force from a moment of its own.

A publication is written in pieces, so that residents' submissions get their turn in between, and counts only
once its `publish_time` is set, which is the last step. So two may be written at once. None is changed later:
going back is one more publication with the content of an earlier one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Select, delete, insert, select, update

from backend.authoring.packing import pack, unpack, with_policies
from backend.authoring.reading import Content
from backend.storage import policies
from backend.storage.database import Database
from backend.storage.tables import FormRevision, PublicationRow, PublishedPolicy
from backend_client.forms import voicemail
from backend_client.forms.form import Form
from backend_client.forms.wire import form_to_proto

_BATCH = 100
_UNFINISHED = timedelta(days=1)
"""So old a publication that is still being written has been given up."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who publishes, and why. from_start: a backend does when it starts."""

    author: str = ""
    note: str = ""
    from_start: bool = False


@dataclass(frozen=True, slots=True)
class Publication:
    """One state of the content, as people speak of it."""

    number: int
    digest: str
    publish_time: datetime
    create_time: datetime
    origin: Origin


class NoSuchPublication(Exception):
    """There is none of that number."""


async def publish(
    database: Database,
    content: Content,
    now: datetime,
    origin: Origin,
    *,
    at: datetime | None = None,
) -> int:
    """Publishes content, to be in force `at` a moment, at once where none is given; its number."""
    packed = await asyncio.to_thread(pack, content)
    number = await database.write(_begin, content.digest, packed, now, origin)
    try:
        for start in range(0, len(content.policies), _BATCH):
            await database.write(policies.add, number, content.policies[start : start + _BATCH])
        return await database.write(_finish, number, at or now)
    except BaseException:
        await asyncio.shield(database.write(withdraw, number))
        raise


def republish(connection: Connection, earlier: int, now: datetime, origin: Origin) -> int:
    """Publishes the content of an earlier publication once more; the new number. Raises NoSuchPublication."""
    row = connection.execute(
        select(PublicationRow.digest, PublicationRow.content).where(
            PublicationRow.number == earlier, PublicationRow.publish_time.is_not(None)
        )
    ).first()
    if row is None:
        raise NoSuchPublication(earlier)
    number = _begin(connection, row.digest, row.content, now, origin)
    policies.copy(connection, earlier, number)
    return _finish(connection, number, now)


def cancel(connection: Connection, number: int, now: datetime) -> bool:
    """Removes a publication whose time has not come; False where there is none such."""
    waiting = select(PublicationRow.number).where(
        PublicationRow.number == number, PublicationRow.publish_time > now
    )
    if connection.execute(waiting).scalar() is None:
        return False
    withdraw(connection, number)
    return True


def withdraw(connection: Connection, number: int) -> None:
    """Removes a publication that never was in force."""
    connection.execute(delete(PublishedPolicy).where(PublishedPolicy.publication == number))
    connection.execute(delete(PublicationRow).where(PublicationRow.number == number))


def in_force(connection: Connection, now: datetime) -> int | None:
    """The number of the publication that is in force; None where there is none yet."""
    return connection.execute(_in_force(now).with_only_columns(PublicationRow.number)).scalar()


def in_force_digest(connection: Connection, now: datetime) -> str | None:
    """The digest of the content that is in force; None where there is none yet."""
    return connection.execute(_in_force(now).with_only_columns(PublicationRow.digest)).scalar()


def before(connection: Connection, now: datetime) -> int | None:
    """The number of the one that was in force before; None where there was none."""
    return connection.execute(_in_force(now).with_only_columns(PublicationRow.number).offset(1)).scalar()


def all_newest_first(connection: Connection) -> Sequence[Publication]:
    """All that are in force, were, or will be."""
    row = PublicationRow
    found = connection.execute(
        select(
            row.number, row.digest, row.publish_time, row.create_time, row.author, row.note, row.from_start
        )
        .where(row.publish_time.is_not(None))
        .order_by(row.publish_time.desc(), row.number.desc())
    )
    return [
        Publication(number, digest, publish_time, create_time, Origin(author, note, from_start))
        for number, digest, publish_time, create_time, author, note, from_start in found
        if publish_time is not None
    ]


def last_from_start(connection: Connection) -> str | None:
    """The digest of the content that a backend published last when it started."""
    row = PublicationRow
    return connection.execute(
        select(row.digest)
        .where(row.from_start.is_(True), row.publish_time.is_not(None))
        .order_by(row.number.desc())
        .limit(1)
    ).scalar()


def content(connection: Connection, number: int, *, whole: bool = False) -> Content:
    """The content of a publication, without its policies unless all is wanted. Raises NoSuchPublication."""
    packed = connection.execute(
        select(PublicationRow.content).where(PublicationRow.number == number)
    ).scalar()
    if packed is None:
        raise NoSuchPublication(number)
    found = unpack(packed)
    return with_policies(found, policies.whole(connection, number)) if whole else found


def take_over(connection: Connection, number: int) -> Content:
    """The content of a publication that has come in force, its forms made the ones that are filled in now.

    Forms are never removed: a revision that another has replaced is retired, because residents may be
    half-way through it. Every backend does this, and after the first it changes nothing. The form of a
    message for a person is among them, whatever the content holds.
    """
    found = _with_voicemail(content(connection, number))
    since = connection.execute(
        select(PublicationRow.publish_time).where(PublicationRow.number == number)
    ).scalar_one()
    current = {(form.name, form.revision): form for form in found.forms.values()}
    revisions = connection.execute(select(FormRevision.form, FormRevision.revision, FormRevision.retire_time))
    known = {(row.form, row.revision): row.retire_time for row in revisions}
    for key, retired in known.items():
        if (key in current) != (retired is None):
            _retire(connection, *key, None if key in current else since)
    for key, form in current.items():
        if key not in known:
            _enter(connection, form)
        public_field = found.public_fields.get(form.name, "")
        _treat(connection, form.name, form.revision, found.retention[form.name], public_field)
    return found


def _with_voicemail(found: Content) -> Content:
    form = voicemail.voicemail_form()
    return replace(
        found,
        forms={**found.forms, form.name: form},
        retention={**found.retention, form.name: voicemail.RETENTION_DAYS},
        public_fields={name: field for name, field in found.public_fields.items() if name != form.name},
    )


def sweep(connection: Connection, now: datetime) -> None:
    """Removes publications whose writing was given up."""
    row = PublicationRow
    given_up = select(row.number).where(row.publish_time.is_(None), row.create_time < now - _UNFINISHED)
    for number in connection.execute(given_up).scalars().all():
        withdraw(connection, number)


def _begin(connection: Connection, digest: str, packed: bytes, now: datetime, origin: Origin) -> int:
    made = connection.execute(
        insert(PublicationRow)
        .values(
            digest=digest,
            content=packed,
            create_time=now,
            author=origin.author,
            note=origin.note,
            from_start=origin.from_start,
        )
        .returning(PublicationRow.number)
    )
    return made.scalar_one()


def _finish(connection: Connection, number: int, publish_time: datetime) -> int:
    connection.execute(
        update(PublicationRow).where(PublicationRow.number == number).values(publish_time=publish_time)
    )
    return number


def _in_force(now: datetime) -> Select[PublicationRow]:
    row = PublicationRow
    return (
        select(row)
        .where(row.publish_time <= now)
        .order_by(row.publish_time.desc(), row.number.desc())
        .limit(1)
    )


def _this(form: str, revision: str) -> ColumnElement[bool]:
    return (FormRevision.form == form) & (FormRevision.revision == revision)


def _retire(connection: Connection, form: str, revision: str, since: datetime | None) -> None:
    connection.execute(update(FormRevision).where(_this(form, revision)).values(retire_time=since))


def _enter(connection: Connection, form: Form) -> None:
    connection.execute(
        insert(FormRevision).values(
            form=form.name,
            revision=form.revision,
            message=form_to_proto(form).SerializeToString(),
        )
    )


def _treat(connection: Connection, form: str, revision: str, retention_days: int, public_field: str) -> None:
    """Notes what only the backend knows of a form: how long its cases are kept, what permits publication."""
    row = FormRevision
    other = (row.retention_days != retention_days) | (row.public_field != public_field)
    connection.execute(
        update(row)
        .where(_this(form, revision), other)
        .values(retention_days=retention_days, public_field=public_field)
    )
