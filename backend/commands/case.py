"""``huimin-backend case``: what a clerk does with a case until the office's own system does it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path

import click
from huimin.v1 import case_pb2, common_pb2

from backend import clock
from backend.commands.words import database_sentence, give_up, keys_sentence, words
from backend.settings import BackendSettings
from backend.storage import cases
from backend.storage.cases import MAX_NOTE, Case, Event
from backend.storage.database import Database, DatabaseUnusable, database_url, open_database
from backend.storage.vault import Vault, WrongKeys
from backend_client.forms.reference import ReferenceError_, check_reference, group
from backend_client.forms.text import has_bad_character, normalise
from foundation.keys import KeysUnusable
from foundation.language import Language, Translate

STATES: dict[str, int] = {
    name.removeprefix("CASE_STATE_").lower().replace("_", "-"): number
    for name, number in case_pb2.CaseState.items()
    if number
}
"""The states by the names that a clerk types: received, in-review, …"""
_NAMES: dict[int, str] = {number: name.replace("-", "_") for name, number in STATES.items()}
_CHANNELS: dict[int, str] = {common_pb2.CHANNEL_TERMINAL: "terminal", common_pb2.CHANNEL_PHONE: "phone"}


class CaseCommandError(Exception):
    """The command cannot be done; the text is the sentence to show."""


@click.group()
def command() -> None:
    """Looks after cases."""


_DATA = click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the database that the backend uses; ~/.local/share/huimin by default.",
)


@command.command(name="set")
@_DATA
@click.argument("reference")
@click.argument("state")
@click.option("--note", default="", help="What the office says to the resident.")
@click.pass_obj
def case_set(settings: BackendSettings, data: Path | None, reference: str, state: str, note: str) -> None:
    """Gives the case REFERENCE another STATE.

    STATE is received, accepted, in-review, needs-material, approved, rejected, completed or withdrawn.
    """
    _, translate = words()
    _do(move(_of(settings, data), reference, state, note, translate), translate)


@command.command(name="show")
@_DATA
@click.argument("reference")
@click.pass_obj
def case_show(settings: BackendSettings, data: Path | None, reference: str) -> None:
    """Shows the case REFERENCE, without the applicant and the answers."""
    language, translate = words()
    _do(show(_of(settings, data), reference, language, translate), translate)


def _of(settings: BackendSettings, data: Path | None) -> BackendSettings:
    """The settings with the folder that the command names."""
    return settings.model_copy(update={"data": data}) if data else settings


def _do(work: Coroutine[None, None, str], translate: Translate) -> None:
    """Does it and shows what it says."""
    try:
        click.echo(asyncio.run(work))
    except CaseCommandError as error:
        give_up(str(error))
    except DatabaseUnusable as error:
        give_up(database_sentence(error, translate))
    except (KeysUnusable, WrongKeys) as error:
        give_up(keys_sentence(error, translate))


async def move(settings: BackendSettings, typed: str, state: str, note: str, translate: Translate) -> str:
    """Gives a case another state; what to show.

    Raises CaseCommandError, DatabaseUnusable, KeysUnusable, WrongKeys.
    """
    to, said = _state(state, translate), _note(note, translate)
    reference = _reference(typed, translate)
    database = await _open(settings, translate)
    try:
        moved = await database.write(cases.move, reference, Event(to, clock.now(), said))
    finally:
        await database.close()
    if not moved:
        raise CaseCommandError(translate("case.unknown", reference=group(reference)))
    return translate("case.set", reference=group(reference), state=translate(f"state.{_NAMES[to]}"))


async def show(settings: BackendSettings, typed: str, language: Language, translate: Translate) -> str:
    """A case with its events; nothing of who applied and what was answered. Raises as `move` does."""
    reference = _reference(typed, translate)
    database = await _open(settings, translate)
    try:
        case = await database.read(cases.one, reference)
    finally:
        await database.close()
    if case is None:
        raise CaseCommandError(translate("case.unknown", reference=group(reference)))
    return "\n".join(_lines(case, language, translate))


def _lines(case: Case, language: Language, translate: Translate) -> list[str]:
    lines = [
        translate("case.reference", reference=group(case.reference)),
        translate("case.title", title=case.title[language]),
        translate("case.channel", channel=translate(f"channel.{_CHANNELS[case.channel]}")),
        translate("case.state", state=translate(f"state.{_NAMES[case.state]}")),
    ]
    for event in case.events:
        local = event.event_time.astimezone(clock.COUNTY_TIME)
        lines.append(
            translate(
                "case.event_note" if event.note else "case.event",
                time=local.strftime("%Y-%m-%d %H:%M"),
                state=translate(f"state.{_NAMES[event.state]}"),
                note=event.note,
            )
        )
    return lines


def _state(typed: str, translate: Translate) -> int:
    """The number of a state: in-review, IN_REVIEW and in_review are one."""
    found = STATES.get(typed.strip().lower().replace("_", "-"))
    if found is None:
        raise CaseCommandError(translate("case.no_such_state", given=typed[:40], states=", ".join(STATES)))
    return found


def _note(typed: str, translate: Translate) -> str:
    """What the office says to the resident, fit to be shown and said."""
    fit = " ".join(normalise(typed).split())
    if len(fit) > MAX_NOTE:
        raise CaseCommandError(translate("case.note_too_long", longest=MAX_NOTE, length=len(fit)))
    if has_bad_character(fit):
        raise CaseCommandError(translate("case.note_character"))
    return fit


def _reference(typed: str, translate: Translate) -> str:
    try:
        return check_reference(typed)
    except ReferenceError_:
        raise CaseCommandError(translate("case.not_a_reference", given=typed[:40])) from None


async def _open(settings: BackendSettings, translate: Translate) -> Database:
    """The database, which is never made here: a mistyped folder is no place for a case."""
    url = database_url(settings.database, settings.data)
    if url.get_backend_name() == "sqlite" and not await asyncio.to_thread(Path(url.database or "").is_file):
        raise CaseCommandError(translate("case.no_data", folder=settings.data))
    return await open_database(url, await asyncio.to_thread(Vault.find, settings))
