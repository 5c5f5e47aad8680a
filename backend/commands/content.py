"""``huimin-backend content``: looks after the content."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import click
from sqlalchemy import Connection

from backend import clock
from backend.authoring.difference import Change, difference
from backend.authoring.finding import ContentWrong, Finding
from backend.authoring.lookup_entries import lookup
from backend.authoring.reading import Content, named_in, read_content
from backend.authoring.sheet import KINDS, read_sheet, write_entries
from backend.authoring.telling import told
from backend.commands.clerk import clerk
from backend.commands.database_work import with_database
from backend.commands.words import give_up, words
from backend.settings import BackendSettings
from backend.storage import audit, publishing
from backend.storage.database import Database
from backend.storage.publishing import NoSuchPublication, Origin, Publication
from backend_client.forms.form import Form
from backend_client.forms.lookup import Lookup
from backend_client.forms.text import has_bad_character, normalise
from foundation.language import Language, Translate

MAX_NOTE = 200
_FOLDER = click.argument("folder", type=click.Path(path_type=Path))
_NOTE = click.option("--note", default="", help="Why, for the list of publications; at most 200 characters.")
_LATEST = timedelta(days=3660)


@click.group()
def command() -> None:
    """Looks after the content."""


@command.command()
@_FOLDER
def check(folder: Path) -> None:
    """Checks a folder of content; prints FILE:LINE: what is wrong."""
    language, translate = words()
    content = _read(folder, language, translate)
    click.echo(
        translate(
            "content.fine",
            policies=len(content.policies),
            services=len(content.services),
            forms=len(content.forms),
            lookups=len(content.lookups),
            counters=len(content.counters),
            notices=len(content.notices),
        )
    )


@command.command(name="import-csv")
@click.argument("file", type=click.Path(path_type=Path))
@_FOLDER
@click.option(
    "--kind", type=click.Choice(list(KINDS)), required=True, help="What the rows of the spreadsheet are."
)
def import_csv(file: Path, folder: Path, kind: str) -> None:
    """Makes YAML files in FOLDER of a spreadsheet exported as CSV, one entry a row.

    Prints FILE:ROW:COLUMN: what is wrong, and then writes nothing.
    """
    language, translate = words()
    try:
        rows = read_sheet(file, kind, *named_in(folder))
        new, replaced = write_entries(rows, folder / kind)
    except ContentWrong as wrong:
        _tell_findings(wrong.findings, language, translate)
    except OSError as error:
        give_up(translate("sheet.not_written", folder=folder / kind, reason=error.strerror))
    click.echo(translate("sheet.written", folder=folder / kind, new=new, replaced=replaced))


@command.command()
@_FOLDER
@click.pass_obj
def diff(settings: BackendSettings, folder: Path) -> None:
    """Shows what residents will meet otherwise once FOLDER is published, at terminals and by telephone."""
    language, translate = words()
    new = _read(folder, language, translate)
    old = with_database(settings, translate, lambda database: _in_force(database, translate))
    changes = difference(old, new)
    if not changes:
        click.echo(translate("diff.none"))
        return
    _tell(changes, language, translate)
    from backend.commands.previewing import compare  # noqa: PLC0415 (starts the doors' own programs)

    compare({**old.forms, **_lookups(old)}, {**new.forms, **_lookups(new)}, translate)


@command.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.argument("form", required=False)
@click.option("--published", is_flag=True, help="What is in force, instead of a folder.")
@click.pass_obj
def preview(settings: BackendSettings, folder: Path | None, form: str | None, *, published: bool) -> None:
    """Prints the questions of FOLDER as the screen will ask them and as the phone will say them.

    FORM is the id of a form, of a service with one, or of a lookup; all are printed without it.
    """
    from backend.commands.previewing import asked, show  # noqa: PLC0415 (starts the doors' own programs)

    language, translate = words()
    if published:
        wanted = form or (str(folder) if folder else None)
        content = with_database(settings, translate, lambda database: _in_force(database, translate))
    else:
        if folder is None:
            give_up(translate("preview.which"))
        wanted, content = form, _read(folder, language, translate)
    forms = _chosen(content, wanted, translate)
    for one, made in zip(forms, asked(forms, translate), strict=True):
        show(one, made, translate)


@command.command()
@_FOLDER
@click.option(
    "--at", "moment", metavar="TIME", help="From when: 2026-12-01 or 2026-12-01T08:00, county time."
)
@_NOTE
@click.pass_obj
def publish(settings: BackendSettings, folder: Path, moment: str | None, note: str) -> None:
    """Publishes FOLDER, at once or at a time. Backends that are running switch to it by themselves.

    At once, what is in force already is not published again.
    """
    language, translate = words()
    now = clock.now()
    at = now if moment is None else _moment(moment, now, translate)
    origin = Origin(clerk().door, _note(note, translate))
    content = _read(folder, language, translate)

    async def work(database: Database) -> tuple[int, Sequence[Change]] | None:
        held = await database.read(publishing.in_force, now)
        if moment is None and await database.read(publishing.in_force_digest, now) == content.digest:
            return None
        old = await database.read(publishing.content, held, whole=True) if held is not None else None
        number = await publishing.publish(database, content, now, origin, at=at)
        await database.write(_enter, "content publish", number, now)
        return number, () if old is None else difference(old, content)

    made = with_database(settings, translate, work, make=True)
    if made is None:
        click.echo(translate("publication.unchanged"))
    else:
        number, changes = made
        click.echo(translate("publication.made", number=number, time=_local(at), changes=len(changes)))


@command.command()
@click.argument("number", type=int, required=False)
@_NOTE
@click.pass_obj
def rollback(settings: BackendSettings, number: int | None, note: str) -> None:
    """Goes back to the publication before the present one, or to NUMBER, at once."""
    _, translate = words()
    now, said = clock.now(), _note(note, translate)

    async def work(database: Database) -> tuple[int, int]:
        to = number if number is not None else await database.read(publishing.before, now)
        if to is None:
            give_up(translate("publication.nothing_before"))
        origin = Origin(clerk().door, said)

        def change(connection: Connection) -> int:
            made = publishing.republish(connection, to, now, origin)
            _enter(connection, "content rollback", made, now)
            return made

        return to, await database.write(change)

    try:
        to, made = with_database(settings, translate, work)
    except NoSuchPublication:
        give_up(translate("publication.unknown", number=number))
    click.echo(translate("publication.back", number=made, earlier=to))


@command.command()
@click.argument("number", type=int)
@click.pass_obj
def cancel(settings: BackendSettings, number: int) -> None:
    """Takes back the publication NUMBER, whose time has not come."""
    _, translate = words()
    now = clock.now()

    async def work(database: Database) -> bool:
        def change(connection: Connection) -> bool:
            cancelled = publishing.cancel(connection, number, now)
            if cancelled:
                _enter(connection, "content cancel", number, now)
            return cancelled

        return await database.write(change)

    if not with_database(settings, translate, work):
        give_up(translate("publication.not_waiting", number=number))
    click.echo(translate("publication.cancelled", number=number))


@command.command(name="list")
@click.pass_obj
def list_(settings: BackendSettings) -> None:
    """Lists the publications, the newest first; * is in force, > waits for its time."""
    _, translate = words()
    now = clock.now()

    async def work(database: Database) -> tuple[int | None, Sequence[Publication]]:
        return await database.read(publishing.in_force, now), await database.read(publishing.all_newest_first)

    present, publications = with_database(settings, translate, work)
    first = {one.digest: one.number for one in publications}
    for one in publications:
        mark = "*" if one.number == present else ">" if one.publish_time > now else " "
        author = translate("publication.by_start") if one.origin.from_start else one.origin.author
        again = first[one.digest]
        back = translate("publication.back_to", number=again) if again != one.number else ""
        about = f"{one.digest[:12]}  {author}  {one.origin.note or back}".rstrip()
        click.echo(f"{mark} {one.number:>5}  {_local(one.publish_time)}  {about}")
    if not publications:
        click.echo(translate("publication.none"))


def _read(folder: Path, language: Language, translate: Translate) -> Content:
    """The content of a folder; ends the command with every mistake where there are some."""
    try:
        return read_content(folder)
    except ContentWrong as wrong:
        _tell_findings(wrong.findings, language, translate)


def _tell_findings(findings: Sequence[Finding], language: Language, translate: Translate) -> NoReturn:
    for finding in findings:
        click.echo(finding.sentence(language))
    click.echo(translate("content.total", count=len(findings)), err=True)
    sys.exit(1)


async def _in_force(database: Database, translate: Translate) -> Content:
    number = await database.read(publishing.in_force, clock.now())
    if number is None:
        give_up(translate("publication.none"))
    return await database.read(publishing.content, number, whole=True)


def _enter(connection: Connection, action: str, number: int, now: datetime) -> None:
    audit.append(connection, clerk().did(action, f"publications/{number}", now))


def _chosen(content: Content, wanted: str | None, translate: Translate) -> list[Form | Lookup]:
    """The forms and lookups that are meant; ends the command where there is none such."""
    lookups = _lookups(content)
    if wanted is None:
        return [*content.forms.values(), *lookups.values()]
    service = next((one for one in content.services if one.name == f"services/{wanted}" and one.form), None)
    form = content.forms.get(service.form if service else f"forms/{wanted}")
    found = form or lookups.get(f"lookups/{wanted}")
    if found is None:
        known = ", ".join(name.partition("/")[2] for name in (*content.forms, *lookups))
        give_up(translate("preview.unknown", given=wanted[:60], forms=known))
    return [found]


def _lookups(content: Content) -> dict[str, Lookup]:
    return {name: lookup(entry) for name, entry in content.lookups.items()}


def _tell(changes: Sequence[Change], language: Language, translate: Translate) -> None:
    for change in changes:
        for line in told(change, language, translate):
            click.echo(line)


def _moment(typed: str, now: datetime, translate: Translate) -> datetime:
    try:
        found = datetime.fromisoformat(typed.strip())
    except ValueError:
        give_up(translate("publication.no_moment", given=typed[:40]))
    if found.tzinfo is None:
        found = found.replace(tzinfo=clock.COUNTY_TIME)
    if found < now:
        give_up(translate("publication.past", time=_local(found)))
    if found > now + _LATEST:
        give_up(translate("publication.too_late", time=_local(found)))
    return found.astimezone(UTC)


def _note(typed: str, translate: Translate) -> str:
    fit = " ".join(normalise(typed).split())
    if len(fit) > MAX_NOTE or has_bad_character(fit):
        give_up(translate("publication.note", longest=MAX_NOTE))
    return fit


def _local(moment: datetime) -> str:
    return moment.astimezone(clock.COUNTY_TIME).strftime("%Y-%m-%d %H:%M:%S")
