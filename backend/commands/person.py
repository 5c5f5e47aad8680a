"""``huimin-backend person``: everything that is held on one person, given to them or erased."""

from __future__ import annotations

import asyncio
import json
import mimetypes
import os
import sys
from pathlib import Path
from typing import Any

import click
from google.protobuf.json_format import MessageToDict
from huimin.v1 import case_pb2, common_pb2, form_pb2, payment_pb2
from sqlalchemy import Connection

from backend import clock
from backend.commands.audit import as_json as entry_as_json
from backend.commands.clerk import clerk
from backend.commands.database_work import with_database
from backend.commands.words import give_up, words
from backend.settings import BackendSettings
from backend.storage import messages, orders, persons
from backend.storage.database import Database
from backend.storage.persons import Held, HeldCase, HeldFile, OpenCases
from backend.storage.public_cases import Texts
from backend.storage.replies import Answered
from backend_client.forms.answer import AnswerError
from backend_client.forms.form import Form
from backend_client.forms.identity_number import IdentityNumberError, check_identity_number
from backend_client.forms.present import present
from backend_client.forms.reference import group
from backend_client.forms.wire import answer_from_proto
from foundation.language import Language, LocalizedText, Translate

FILE = "person.json"
_ENDINGS = {"audio/wav": ".wav"}
"""By types whose ending Python does not know."""
_LONGEST = 64
"""Characters of a typed line that are looked at."""


@click.group()
def command() -> None:
    """Gives out or erases what is held on one person."""


@command.command()
@click.argument("number", required=False)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="A new folder for it."
)
@click.pass_obj
def export(settings: BackendSettings, number: str | None, out: Path) -> None:
    """Writes everything that is held on a person into a folder: applications, cases, notes, files, and who
    read them.

    NUMBER is the citizen identity number. Whoever lists the processes of this machine sees what stands on the
    command line: leave it out, and it is asked for, or read from the standard input.
    """
    _, translate = words()
    person = _number(number, translate)
    if out.exists():
        give_up(translate("person.folder_exists", folder=out))
    actor = clerk()

    async def work(database: Database) -> Held:
        held = await database.write(persons.held, person, actor, clock.now())
        await asyncio.to_thread(out.mkdir, 0o700, parents=True)
        _write(out / FILE, json.dumps(_as_json(held), ensure_ascii=False, indent=2).encode() + b"\n")
        for case in held.cases:
            for file in case.files:
                await database.read(_save, file, out / file_name(file))
        return held

    try:
        held = with_database(settings, translate, work)
    except OSError as error:
        give_up(translate("person.unwritable", folder=out, reason=error.strerror))
    files = sum(len(case.files) for case in held.cases)
    click.echo(translate("person.exported", cases=len(held.cases), files=files, folder=out))


@command.command()
@click.argument("number", required=False)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--with-open-cases", is_flag=True, help="Erase open cases too, which ends them for the office.")
@click.pass_obj
def erase(settings: BackendSettings, number: str | None, *, yes: bool, with_open_cases: bool) -> None:
    """Erases everything that is held on a person. It does not come back.

    NUMBER as for export. References, states and times of the cases stay, without the person. Backups that
    were made before still hold what is erased here until they are thrown away.
    """
    _, translate = words()
    person = _number(number, translate)
    if not yes and not click.confirm(translate("person.sure")):
        give_up(translate("person.left"))

    async def work(database: Database) -> int:
        erased = await database.write(persons.erase, person, clerk(), clock.now(), with_open=with_open_cases)
        await database.tidy()
        return erased

    try:
        erased = with_database(settings, translate, work)
    except OpenCases as open_:
        references = ", ".join(group(reference) for reference in open_.references)
        give_up(translate("person.open_cases", count=len(open_.references), references=references))
    click.echo(translate("person.erased", count=erased))


def file_name(file: HeldFile) -> str:
    """Of a file in the folder: its name, with an ending by its type."""
    ending = _ENDINGS.get(file.media_type) or mimetypes.guess_extension(file.media_type) or ".bin"
    return file.name.removeprefix("attachments/") + ending


def _number(given: str | None, translate: Translate) -> str:
    if given is None and sys.stdin.isatty():
        given = click.prompt(translate("person.number"), hide_input=True)
    elif given is None:
        given = sys.stdin.readline(_LONGEST)
    try:
        return check_identity_number(given or "", clock.county_day(clock.now()))
    except IdentityNumberError:
        give_up(translate("person.not_a_number"))


def _save(connection: Connection, file: HeldFile, to: Path) -> None:
    with os.fdopen(_private(to), "wb") as opened:
        for piece in persons.file_pieces(connection, file.name):
            opened.write(piece)


def _write(to: Path, content: bytes) -> None:
    with os.fdopen(_private(to), "wb") as opened:
        opened.write(content)


def _private(to: Path) -> int:
    return os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _as_json(held: Held) -> dict[str, Any]:
    return {
        "cases": [_case(case) for case in held.cases],
        "read_and_changed_by": [entry_as_json(kept) for kept in held.trail],
    }


def _order(order: orders.Order | None) -> dict[str, Any] | None:
    if order is None:
        return None
    return {
        "amount_fen": order.amount_fen,
        "state": payment_pb2.OrderState.Name(payment_pb2.OrderState.ValueType(order.state)),
        "create_time": order.create_time.isoformat(),
        "pay_time": None if order.pay_time is None else order.pay_time.isoformat(),
        "transaction": order.transaction,
    }


def _message(kept: messages.Kept) -> dict[str, Any]:
    """What was sent; recipient and text are None once they were wiped."""
    return {
        "time": (kept.end_time or kept.create_time).isoformat(),
        "state": kept.state,
        "channel": kept.channel,
        "to": kept.recipient,
        "text": kept.text,
    }


def _case(held: HeldCase) -> dict[str, Any]:
    case, sent = held.case, held.submission
    return {
        "reference": case.reference,
        "form": {"name": case.form, "revision": sent.form_revision, "title": _text(case.title)},
        "state": case_pb2.CaseState.Name(case_pb2.CaseState.ValueType(case.state)),
        "received": case.create_time.isoformat(),
        "sent": sent.send_time.ToJsonString(),
        "channel": common_pb2.Channel.Name(sent.channel),
        "language": common_pb2.Language.Name(sent.language),
        "origin": sent.origin,
        "answers": [_answer(answer, held.form) for answer in sent.answers],
        "problems": list(held.problems),
        "events": [
            {
                "time": event.event_time.isoformat(),
                "state": case_pb2.CaseState.Name(case_pb2.CaseState.ValueType(event.state)),
                "note": event.note,
            }
            for event in case.events
        ],
        "replies": [
            {"time": reply.reply_time.isoformat(), "text": reply.text} for reply in held.answered.replies
        ],
        "reopening": _reopening(held.answered),
        "public": _public(held.public),
        "messages": [_message(sent) for sent in held.messages],
        "order": _order(held.order),
        "files": [
            {
                "name": file.name,
                "file": file_name(file),
                "media_type": file.media_type,
                "size_bytes": file.size_bytes,
            }
            for file in held.files
        ],
    }


def _reopening(answered: Answered) -> dict[str, Any] | None:
    if answered.reopening is None:
        return None
    return {
        "time": answered.reopening.reopen_time.isoformat(),
        "reason": answered.reopening.reason,
        "recording": answered.reopening.recording,
        "due": answered.reopening.due_day.isoformat(),
    }


def _public(texts: Texts | None) -> dict[str, Any] | None:
    if texts is None:
        return None
    return {"title": _text(texts.title), "summary": _text(texts.summary), "reply": _text(texts.reply)}


def _answer(answer: form_pb2.Answer, form: Form | None) -> dict[str, Any]:
    """An answer as it was stored, and as the form shows it, where it fits a form that is known."""
    stored = MessageToDict(answer, preserving_proto_field_name=True)
    field_name = stored.pop("field", "")
    shown: dict[str, Any] = {"field": field_name, "stored": stored}
    field = next((one for one in form.fields if one.id == field_name), None) if form else None
    if field is not None:
        shown["label"] = _text(field.label)
        try:
            value = answer_from_proto(field, answer)
        except AnswerError:  # of a deferred submission, kept as it came
            return shown
        shown["answer"] = {language.value: present(field, value, language) for language in Language}
    return shown


def _text(text: LocalizedText) -> dict[str, str]:
    return {language.value: text[language] for language in Language}
