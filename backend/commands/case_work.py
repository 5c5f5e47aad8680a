"""What the commands about cases have in common: the reference as it is typed, the work, and why it failed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
from sqlalchemy import Connection

from backend.commands.database_work import with_database
from backend.commands.words import give_up
from backend.settings import BackendSettings
from backend.storage import cases
from backend.storage.cases import CASE_ERASED, CASE_UNKNOWN
from backend_client.forms.reference import ReferenceError_, check_reference, group
from backend_client.forms.text import has_bad_character, normalise
from foundation.language import Translate

T = TypeVar("T")

DATA = click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the database that the backend uses; ~/.local/share/huimin by default.",
)


def write(
    settings: BackendSettings, data: Path | None, work: Callable[[Connection], T], translate: Translate
) -> T:
    """Does some work as one transaction, on the folder that the command names."""
    chosen = settings.model_copy(update={"data": data}) if data else settings
    return with_database(chosen, translate, lambda database: database.write(work))


def why(connection: Connection, reference: str) -> str:
    """Why nothing can be done with a case."""
    return CASE_ERASED if cases.is_erased(connection, reference) else CASE_UNKNOWN


def need(outcome: str, reference: str, translate: Translate) -> None:
    """Ends the command where the outcome is that there is no such case, or no longer."""
    if outcome != "OK":
        sentence = "case.is_erased" if outcome == CASE_ERASED else "case.unknown"
        give_up(translate(sentence, reference=group(reference)))


def reference_of(typed: str, translate: Translate) -> str:
    """The reference that was typed."""
    try:
        return check_reference(typed)
    except ReferenceError_:
        give_up(translate("case.not_a_reference", given=typed[:40]))


def text_of(typed: str, longest: int, translate: Translate) -> str:
    """A text that can be shown and said, its paragraphs separated by one newline."""
    paragraphs = (" ".join(line.split()) for line in normalise(typed).splitlines())
    fit = "\n".join(paragraph for paragraph in paragraphs if paragraph)
    if not fit:
        give_up(translate("text.empty"))
    if len(fit) > longest:
        give_up(translate("text.too_long", longest=longest, length=len(fit)))
    if has_bad_character(fit):
        give_up(translate("case.note_character"))
    return fit
