"""``huimin-backend audit``: who read and changed what, and whether the trail of it is untouched."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime, time

import click
from sqlalchemy import Connection, select

from backend import clock
from backend.commands.database_work import with_database
from backend.commands.words import give_up, words
from backend.settings import BackendSettings
from backend.storage import audit
from backend.storage.audit import Kept, Verdict
from backend.storage.tables import AttachmentRow
from backend_client.forms.reference import ReferenceError_, check_reference
from foundation.language import Translate

_HASH_BYTES = 32


@click.group()
def command() -> None:
    """Looks into the audit trail: who read and changed what, and when."""


@command.command()
@click.option("--head", "noted", metavar="HASH", help="Hash of a head that was noted elsewhere.")
@click.pass_obj
def verify(settings: BackendSettings, noted: str | None) -> None:
    """Looks over the whole trail for entries that were changed, removed, inserted or moved.

    With --head it also tells whether the trail was cut off at its end or made anew since that head was noted;
    the log of the backend has one for every hour (audit_head).
    """
    _, translate = words()
    hash_ = None if noted is None else _hash(noted, translate)
    verdict: Verdict = with_database(settings, translate, lambda database: database.read(audit.verify, hash_))
    for finding in verdict.findings:
        click.echo(translate(f"audit.fault.{finding.fault.value}", number=finding.number))
    if verdict.findings:
        click.echo(translate("audit.tampered", count=len(verdict.findings)), err=True)
        sys.exit(1)
    click.echo(translate("audit.sound", count=verdict.entries))
    click.echo(_shown(verdict.head))


@command.command()
@click.pass_obj
def head(settings: BackendSettings) -> None:
    """Prints number and hash of the last entry, to be noted out of reach of whoever has the database."""
    _, translate = words()
    click.echo(_shown(with_database(settings, translate, lambda database: database.read(audit.head))))


@command.command(name="list")
@click.option("--reference", metavar="REFERENCE", help="Only what was done with this case and its files.")
@click.option("--since", metavar="DAY", help="Only from this day or moment on, such as 2026-11-22.")
@click.option("--json", "json_lines", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def list_entries(
    settings: BackendSettings, reference: str | None, since: str | None, *, json_lines: bool
) -> None:
    """Lists who read and changed what, the oldest first."""
    _, translate = words()
    case = None if reference is None else _reference(reference, translate)
    moment = None if since is None else _moment(since, translate)

    def show(connection: Connection) -> None:
        for kept in _entries(connection, case, moment):
            click.echo(json.dumps(as_json(kept), ensure_ascii=False) if json_lines else line(kept, translate))

    with_database(settings, translate, lambda database: database.read(show))


def line(kept: Kept, translate: Translate) -> str:
    """An entry as people read it."""
    entry = kept.entry
    when = entry.time.astimezone(clock.COUNTY_TIME).strftime("%Y-%m-%d %H:%M:%S")
    who = _said(f"audit.credential.{entry.credential}", entry.credential, translate)
    named = entry.action.replace(" ", "-")
    action = _said(f"audit.action.{named}", entry.action, translate)
    outcome = _said(f"audit.outcome.{entry.outcome}", entry.outcome, translate)
    return f"{when}  {entry.door}  {who}  {action}  {entry.object}  {outcome}"


def _said(identifier: str, otherwise: str, translate: Translate) -> str:
    """A text, or the technical name of what has none, such as the action of a later release."""
    try:
        return translate(identifier)
    except KeyError:
        return otherwise


def _entries(connection: Connection, reference: str | None, since: datetime | None) -> Iterator[Kept]:
    objects: list[str] = []
    if reference is not None:
        files = select(AttachmentRow.name).where(AttachmentRow.reference == reference)
        objects = [f"cases/{reference}", *connection.execute(files).scalars()]
    after = 0
    while some := audit.entries(connection, objects=objects, since=since, after=after):
        yield from some
        after = some[-1].number


def as_json(kept: Kept) -> dict[str, object]:
    """An entry with all its parts; bytes in hexadecimal."""
    entry = kept.entry
    return {
        "number": kept.number,
        "time": entry.time.isoformat(),
        "door": entry.door,
        "credential": entry.credential,
        "person": None if entry.person is None else entry.person.hex(),
        "action": entry.action,
        "object": entry.object,
        "outcome": entry.outcome,
        "request_id": entry.request_id,
        "previous": kept.previous.hex(),
        "hash": kept.hash.hex(),
    }


def _shown(at: audit.Head) -> str:
    return f"{at.number} {at.hash.hex()}"


def _hash(given: str, translate: Translate) -> bytes:
    """A hash as `head` prints it, with or without the number before it."""
    try:
        found = bytes.fromhex(given.rsplit(maxsplit=1)[-1] if given.split() else "")
    except ValueError:
        found = b""
    if len(found) != _HASH_BYTES:
        give_up(translate("audit.not_a_hash", given=given[:80]))
    return found


def _reference(given: str, translate: Translate) -> str:
    try:
        return check_reference(given)
    except ReferenceError_:
        give_up(translate("case.not_a_reference", given=given[:40]))


def _moment(given: str, translate: Translate) -> datetime:
    """A day or a moment; the county's, where no zone is given."""
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        give_up(translate("audit.not_a_moment", given=given[:40]))
    if len(given) <= len("2026-11-22"):
        moment = datetime.combine(moment, time())
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.COUNTY_TIME)
