"""``huimin-backend door``: which terminals and phone lines are let in."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import click
from huimin.v1 import door_pb2
from sqlalchemy import Connection

from backend import clock
from backend.commands.clerk import clerk
from backend.commands.database_work import with_database
from backend.commands.words import give_up, words
from backend.doors import code as codes
from backend.rpc.door import RESERVED
from backend.settings import BackendSettings
from backend.storage import audit, doors
from backend.storage.doors import KindDiffers, KnownDoor
from foundation.address import check_address, host_and_port
from foundation.language import Translate
from foundation.private_file import write_private

KINDS = {"terminal": door_pb2.DOOR_KIND_TERMINAL, "line": door_pb2.DOOR_KIND_LINE}
_KIND_NAMES: dict[int, str] = {number: name for name, number in KINDS.items()}
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 (recognised, not listened on)

_KIND = click.option("--kind", type=click.Choice(list(KINDS)), required=True, help="What kind of door it is.")


@click.group()
def command() -> None:
    """Looks after the doors: terminals and phone lines."""


@command.command()
@click.argument("name")
@_KIND
@click.option(
    "--hours",
    type=click.FloatRange(min=0.01, max=24 * 30),
    default=codes.LIFE.total_seconds() / 3600,
    show_default=True,
    help="How long the code is good.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a file for the technician to bring, instead of showing the code.",
)
@click.option(
    "--backend",
    metavar="HOST:PORT",
    help="Where doors call the backend; several with commas between.  [default: listen]",
)
@click.option("--enrolment", metavar="HOST:PORT", help="Where doors enrol.  [default: enrol_listen]")
@click.pass_obj
def invite(
    settings: BackendSettings,
    name: str,
    *,
    kind: str,
    hours: float,
    out: Path | None,
    backend: str | None,
    enrolment: str | None,
) -> None:
    """Gives out a one-time code by which the door NAME enrols."""
    _, translate = words()
    door = _door(name, translate)
    if not (settings.enrol_listen and settings.tls_authority):
        give_up(translate("door.no_enrolment"))
    given = (backend or settings.listen).split(",")
    calls = ",".join(_address(one.strip(), "--backend", translate) for one in given)
    enrols = _address(enrolment or settings.enrol_listen, "--enrolment", translate)
    if out and out.exists():
        give_up(translate("door.file_exists", file=out))
    authority = _read(settings.tls_authority, translate)
    now = clock.now()
    code, end = codes.new_code(), now + timedelta(hours=hours)
    _change(
        settings,
        translate,
        lambda connection: doors.invite(connection, door, KINDS[kind], code=code, expire_time=end, now=now),
        door,
        "door invite",
    )
    command_name = "huimin-kiosk" if kind == "terminal" else "huimin-ivr"
    if out is None:
        click.echo(translate("door.code", door=name, code=codes.shown(code), until=_time(end)))
        click.echo(
            f"{command_name} enrol --backend {enrols} --code {codes.shown(code)} --authority authority.pem"
        )
        return
    content = enrolment_file(
        door=door, backend=calls, enrolment=enrols, code=codes.shown(code), end=end, authority=authority
    )
    try:
        write_private(out, content.encode())
    except OSError as error:
        give_up(translate("authority.unwritable", file=out, reason=error.strerror))
    click.echo(translate("door.file", door=name, file=out, until=_time(end)))
    click.echo(f"{command_name} enrol --file {out.name}")


@command.command(name="list")
@click.pass_obj
def list_doors(settings: BackendSettings) -> None:
    """Lists the doors: name, kind, state, and when they were last let in."""
    _, translate = words()
    now = clock.now()
    found = with_database(settings, translate, lambda database: database.read(doors.everyone, now))
    for door in found.values():
        click.echo("  ".join(_row(door, translate)))
    click.echo(translate("door.count", count=len(found)), err=True)


@command.command()
@click.argument("name")
@click.pass_obj
def revoke(settings: BackendSettings, name: str) -> None:
    """Shuts the door NAME within two seconds, for instance because a terminal was stolen."""
    _, translate = words()
    door = _door(name, translate)
    now = clock.now()
    actor = clerk()

    def change(connection: Connection) -> bool:
        known = doors.revoke(connection, door, now)
        audit.append(connection, actor.did("door revoke", door, now, "OK" if known else "DOOR_UNKNOWN"))
        return known

    if not with_database(settings, translate, lambda database: database.write(change)):
        give_up(translate("door.unknown", door=name))
    click.echo(translate("door.revoked", door=name))


@command.command()
@click.argument("name")
@_KIND
@click.pass_obj
def add(settings: BackendSettings, name: str, kind: str) -> None:
    """Makes the door NAME known whose certificate is from the county's own authority.

    A door that was revoked is let in again with a certificate that was made since.
    """
    _, translate = words()
    door = _door(name, translate)
    now = clock.now()
    _change(
        settings,
        translate,
        lambda connection: doors.add(connection, door, KINDS[kind], now),
        door,
        "door add",
    )
    click.echo(translate("door.added", door=name))


def enrolment_file(
    *, door: str, backend: str, enrolment: str, code: str, end: datetime, authority: str
) -> str:
    """What a technician brings to the door: TOML, whose code is to be guarded like a key until it is used."""
    content = (
        f'door = "{door}"\n'
        f'backend = "{backend}"\n'
        f'enrolment = "{enrolment}"\n'
        f'code = "{code}"\n'
        f"expire_time = {end.isoformat(timespec='seconds')}\n"
        f"authority = '''\n{authority.strip()}\n'''\n"
    )
    tomllib.loads(content)
    return content


def _change(
    settings: BackendSettings,
    translate: Translate,
    change: Callable[[Connection], object],
    door: str,
    action: str,
) -> None:
    """Changes a door, and says so in the audit trail."""
    actor = clerk()

    def audited(connection: Connection) -> None:
        change(connection)
        audit.append(connection, actor.did(action, door, clock.now()))

    try:
        with_database(settings, translate, lambda database: database.write(audited))
    except KindDiffers:
        give_up(translate("door.kind_differs", door=door.removeprefix("doors/")))


def _door(name: str, translate: Translate) -> str:
    """The resource name of a door that was typed with or without ``doors/``."""
    door = f"doors/{name.strip().removeprefix('doors/')}"
    if not _NAME.fullmatch(door.removeprefix("doors/")) or door in RESERVED:
        give_up(translate("door.name", given=name[:80]))
    return door


def _address(given: str, option: str, translate: Translate) -> str:
    """An address that doors can call: with a host, and with a port that is known."""
    try:
        host, port = host_and_port(check_address(given))
    except ValueError:
        host, port = "", 0
    if not host or host in _ANYWHERE or port == 0:
        give_up(translate("door.address", given=given[:80], option=option))
    return given


def _row(door: KnownDoor, translate: Translate) -> list[str]:
    state = translate(f"door.state.{door.state.name.lower()}")
    if door.invited_until:
        state = translate("door.state_until", state=state, until=_time(door.invited_until))
    seen = _time(door.last_seen) if door.last_seen else "-"
    return [
        door.name.removeprefix("doors/").ljust(24),
        translate(f"door.kind.{_KIND_NAMES[door.kind]}"),
        state,
        translate("door.seen", time=seen),
    ]


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(clock.COUNTY_TIME):%Y-%m-%d %H:%M}"


def _read(file: Path, translate: Translate) -> str:
    try:
        return file.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        give_up(translate("authority.unreadable", file=file, reason=getattr(error, "strerror", "") or "PEM?"))
