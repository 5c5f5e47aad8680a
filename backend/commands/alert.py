"""``huimin-backend alert``: alerts by hand, who acknowledged them, and drills."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import Connection

from backend import clock
from backend.alerts import signing
from backend.alerts.cap import MAX_BYTES, CapError
from backend.alerts.deciding import State
from backend.alerts.intake import Intake
from backend.alerts.signature import SourceUnusable
from backend.commands.clerk import clerk
from backend.commands.database_work import with_database
from backend.commands.words import give_up, words
from backend.settings import BackendSettings
from backend.storage import alerts
from backend.storage.alerts import Acknowledged, Listed, Outcome, Taken
from backend.storage.database import Database
from foundation.language import Translate
from foundation.log import start_log

MOST = 200
"""Alerts of a list."""
REFUSED = 1
"""Exit code: a message was looked at and refused."""


@click.group()
def command() -> None:
    """Takes in, lists and withdraws public alerts (CAP 1.2)."""


_DATA = click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the database that the backend uses; ~/.local/share/huimin by default.",
)
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@command.command()
@_DATA
@click.argument("files", type=_FILE, nargs=-1, required=True)
@click.pass_obj
def publish(settings: BackendSettings, data: Path | None, files: tuple[Path, ...]) -> None:
    """Takes in the CAP messages in FILES.

    Each has to be signed by a source that the setting `alert_sources` trusts.
    """
    _, translate = words()
    start_log("huimin-backend", "error")  # what becomes of each file is said below
    if not settings.alert_sources:
        give_up(translate("alert.no_sources"))
    chosen = _chosen(settings, data)

    async def work(database: Database) -> int:
        intake = Intake(chosen, database, clock.now)
        refused = 0
        for file in files:
            try:
                taken = await intake.take(_read(file), clerk())
            except CapError as error:
                refused += 1
                click.echo(f"{file}: {_why(error, translate)}", err=True)
                continue
            refused += taken.outcome is Outcome.REUSED
            click.echo(f"{file}: {_outcome(taken, translate)}", err=taken.outcome is Outcome.REUSED)
        return refused

    try:
        if with_database(chosen, translate, work):
            sys.exit(REFUSED)
    except (SourceUnusable, OSError) as error:
        give_up(str(error))


@command.command(name="list")
@_DATA
@click.option("--all", "everything", is_flag=True, help="Also those that are over, and those kept only.")
@click.pass_obj
def list_(settings: BackendSettings, data: Path | None, everything: bool) -> None:
    """Lists the alerts in force or coming, the newest first."""
    _, translate = words()
    now = clock.now()
    found = with_database(_chosen(settings, data), translate, lambda it: it.read(alerts.listed, MOST))
    shown = [alert for alert in found if everything or _is_on(alert, now)]
    if not shown:
        click.echo(translate("alert.none"))
    for alert in shown:
        click.echo(_line(alert, now, translate))


@command.command()
@_DATA
@click.argument("name")
@click.pass_obj
def withdraw(settings: BackendSettings, data: Path | None, name: str) -> None:
    """Takes the alert NAME from all doors at once. Its sender's own way is a message of type Cancel."""
    _, translate = words()
    now, actor = clock.now(), clerk()

    def change(connection: Connection) -> str:
        known = _one(connection, name)
        return known.name if known and alerts.withdraw(connection, known.name, actor, now) else ""

    done = with_database(_chosen(settings, data), translate, lambda it: it.write(change))
    if not done:
        give_up(translate("alert.not_in_force", name=name[:80]))
    click.echo(translate("alert.withdrawn", name=done))


@command.command()
@_DATA
@click.argument("name")
@click.pass_obj
def acknowledgements(settings: BackendSettings, data: Path | None, name: str) -> None:
    """Shows at which terminals and lines the alert NAME arrived, was shown or said, and understood."""
    _, translate = words()

    def look(connection: Connection) -> tuple[Listed | None, list[Acknowledged]]:
        known = _one(connection, name)
        return known, alerts.acknowledged(connection, known.name) if known else []

    known, found = with_database(_chosen(settings, data), translate, lambda it: it.read(look))
    if known is None:
        give_up(translate("alert.unknown", name=name[:80]))
    click.echo(_line(known, clock.now(), translate))
    if not found:
        click.echo(translate("alert.nobody"))
    for one in found:
        click.echo(
            translate(
                "alert.acknowledged",
                door=one.door,
                origin=one.origin,
                received=_local(one.receive_time, translate),
                shown=_local(one.show_time, translate),
                understood=_local(one.understand_time, translate),
                touches=one.understood,
                spoken=_local(one.speak_time, translate),
                calls=one.spoken,
            )
        )


@command.command()
@click.option(
    "--sender", required=True, help="As `sender` stands in the messages, such as warn@example.gov.cn."
)
@click.option("--out", type=click.Path(path_type=Path), default=Path(), help="Folder.  [default: this one]")
def keys(sender: str, out: Path) -> None:
    """Makes a key and a certificate that sign messages, for drills."""
    _, translate = words()
    try:
        key, certificate = signing.make_key(sender, out, clock.now())
    except OSError as error:
        give_up(translate("alert.not_written", file=out, reason=error.strerror))
    click.echo(translate("alert.keys", key=key, certificate=certificate))
    click.echo(f'[backend.alert_sources]\n"{sender}" = "{certificate.absolute()}"')


@command.command()
@click.argument("draft", type=_FILE)
@click.option("--sender", required=True, help="Who sends it, as the backend's `alert_sources` name it.")
@click.option("--key", type=_FILE, required=True, help="The key that signs, PEM.")
@click.option("--certificate", type=_FILE, required=True, help="Its certificate, PEM.")
@click.option("--out", type=click.Path(path_type=Path), help="Where the message goes; standard output else.")
def sign(draft: Path, sender: str, key: Path, certificate: Path, out: Path | None) -> None:
    """Makes a signed CAP message of the YAML file DRAFT; see docs/alerts.md."""
    _, translate = words()
    try:
        message = signing.message(signing.draft_of(draft), sender, clock.now())
        signed = signing.sign(message, key.read_bytes(), certificate.read_bytes())
        if out:
            out.write_bytes(signed)
    except CapError as error:
        give_up(f"{draft}: {_why(error, translate)}")
    except (signing.DraftWrong, ValueError, TypeError) as error:
        give_up(f"{draft}: {error}")
    except OSError as error:
        give_up(translate("alert.not_written", file=out or draft, reason=error.strerror))
    if out is None:
        click.echo(signed)
    click.echo(translate("alert.signed", reference=signing.reference(message)), err=out is None)


def _chosen(settings: BackendSettings, data: Path | None) -> BackendSettings:
    return settings.model_copy(update={"data": data}) if data else settings


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(MAX_BYTES + 1)


def _one(connection: Connection, given: str) -> Listed | None:
    """The alert of a name, with or without ``alerts/``, or of an identifier that one sender used."""
    found = alerts.found(connection, given) or alerts.found(connection, f"alerts/{given}")
    return found[0] if len(found) == 1 else None


def _is_on(alert: Listed, now: datetime) -> bool:
    return alert.state is State.IN_FORCE and alert.expire_time is not None and alert.expire_time > now


def _why(error: CapError, translate: Translate) -> str:
    return translate("alert.refused", why=translate(f"alert.why.{error.reason}"), code=str(error))


def _outcome(taken: Taken, translate: Translate) -> str:
    said = translate(f"alert.outcome.{taken.outcome.value}", name=taken.name)
    return f"{said} {translate(f'alert.kept.{taken.reason}')}" if taken.reason else said


def _line(alert: Listed, now: datetime, translate: Translate) -> str:
    state: str = alert.state.value
    if alert.state is State.IN_FORCE and alert.expire_time is not None and alert.effective_time is not None:
        state = "expired" if alert.expire_time <= now else state
        state = "coming" if alert.effective_time > now else state
    return translate(
        "alert.line",
        name=alert.name,
        state=translate(f"alert.state.{state}"),
        status=alert.status,
        type=alert.msg_type,
        headline=alert.headline,
        sender=alert.sender,
        identifier=alert.identifier,
        sent=_local(alert.sent_time, translate),
        until=_local(alert.end_time or alert.expire_time, translate),
    )


def _local(moment: datetime | None, translate: Translate) -> str:
    if moment is None:
        return translate("alert.never")
    return moment.astimezone(clock.COUNTY_TIME).strftime("%Y-%m-%d %H:%M:%S")
