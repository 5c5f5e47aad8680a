"""``huimin-backend voicemail``: the messages that callers left for a person."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click
from huimin.v1 import case_pb2
from sqlalchemy import Connection

from backend import clock
from backend.commands.case_work import DATA, reference_of, write
from backend.commands.clerk import clerk
from backend.commands.words import give_up, words
from backend.settings import BackendSettings
from backend.storage import audit, cases, voicemails
from backend.storage.cases import CASE_UNKNOWN, Event
from backend.storage.voicemails import Voicemail
from backend_client.forms.consent import consent_of
from backend_client.forms.reference import group
from foundation.language import Translate


@click.group()
def command() -> None:
    """Looks after the messages that callers left."""


@command.command(name="list")
@DATA
@click.option("--all", "everything", is_flag=True, help="Those that were closed too.")
@click.pass_obj
def voicemail_list(settings: BackendSettings, data: Path | None, *, everything: bool) -> None:
    """Lists the messages that wait, the oldest first, with the numbers to call back."""
    _, translate = words()
    now, actor = clock.now(), clerk()

    def look(connection: Connection) -> Sequence[Voicemail]:
        audit.append(connection, actor.did("voicemail list", "voicemails", now))
        return voicemails.listed(connection, everything=everything)

    found = write(settings, data, look, translate)
    for message in found:
        click.echo(_line(message, translate))
    if not found:
        click.echo(translate("voicemail.none"))


@command.command(name="show")
@DATA
@click.argument("reference")
@click.option("--recording", type=click.Path(path_type=Path), metavar="FILE", help="A new file for its WAV.")
@click.pass_obj
def voicemail_show(
    settings: BackendSettings, data: Path | None, reference: str, recording: Path | None
) -> None:
    """Shows the message REFERENCE, and writes its sound to a file."""
    _, translate = words()
    number = reference_of(reference, translate)
    now, actor = clock.now(), clerk()

    def look(connection: Connection) -> tuple[Voicemail | None, bytes]:
        message = voicemails.one(connection, number)
        outcome = "OK" if message is not None else CASE_UNKNOWN
        audit.append(connection, actor.did("voicemail show", f"cases/{number}", now, outcome))
        return message, b"" if message is None else b"".join(voicemails.sound(connection, message))

    message, sound = write(settings, data, look, translate)
    if message is None:
        give_up(translate("voicemail.unknown", reference=group(number)))
    click.echo(_line(message, translate))
    if not sound:
        click.echo(translate("voicemail.not_recorded"))
    elif consent := consent_of(sound):
        time = "" if consent.time is None else f"{consent.time.astimezone(clock.COUNTY_TIME):%Y-%m-%d %H:%M}"
        click.echo(translate("voicemail.consent", time=time, call=consent.call_id))
    if recording is not None:
        _save(recording, sound, translate)
    elif sound:
        click.echo(translate("voicemail.recorded"))


@command.command(name="close")
@DATA
@click.argument("reference")
@click.option("--note", default="", help="What was done about it.")
@click.pass_obj
def voicemail_close(settings: BackendSettings, data: Path | None, reference: str, note: str) -> None:
    """Closes the message REFERENCE: its caller was called back."""
    _, translate = words()
    number = reference_of(reference, translate)
    said = " ".join(note.split())
    if len(said) > cases.MAX_NOTE:
        give_up(translate("case.note_too_long", longest=cases.MAX_NOTE, length=len(said)))
    now, actor = clock.now(), clerk()

    def change(connection: Connection) -> bool:
        message = voicemails.one(connection, number)
        if message is not None:
            closed = Event(case_pb2.CASE_STATE_COMPLETED, now, said)
            cases.move(connection, number, closed, request_id=actor.request_id)
        outcome = "OK" if message is not None else CASE_UNKNOWN
        audit.append(connection, actor.did("voicemail close", f"cases/{number}", now, outcome))
        return message is not None

    if not write(settings, data, change, translate):
        give_up(translate("voicemail.unknown", reference=group(number)))
    click.echo(translate("voicemail.closed", reference=group(number)))


def _line(message: Voicemail, translate: Translate) -> str:
    return translate(
        "voicemail.line_closed" if message.closed else "voicemail.line",
        reference=group(message.reference),
        time=f"{message.leave_time.astimezone(clock.COUNTY_TIME):%Y-%m-%d %H:%M}",
        callback=message.callback,
        language=translate(f"voicemail.language.{message.language.value}"),
        origin=message.origin,
    )


def _save(to: Path, sound: bytes, translate: Translate) -> None:
    if not sound:
        give_up(translate("voicemail.no_sound"))
    try:
        with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(sound)
    except OSError as error:
        give_up(translate("voicemail.unwritable", file=to, reason=error.strerror))
    click.echo(translate("voicemail.saved", file=to))
