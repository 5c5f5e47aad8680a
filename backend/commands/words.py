"""How the commands talk: in Chinese where the environment says so, else in English; one sentence and an exit
code where something cannot be done."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from backend.authoring.finding import LOCALE
from backend.storage.database import DatabaseUnusable
from foundation.language import Language, Translate, language_of_environment, translator

CANNOT = 2
"""Exit code: it cannot be done, and the sentence on standard error says why."""


def words() -> tuple[Language, Translate]:
    """The language of the environment (LC_ALL, LC_MESSAGES, LANG) and its texts."""
    language = language_of_environment()
    return language, translator("backend", LOCALE, language)


def give_up(sentence: str) -> NoReturn:
    """Ends the command."""
    click.echo(sentence, err=True)
    sys.exit(CANNOT)


def database_sentence(error: DatabaseUnusable, translate: Translate) -> str:
    """Why a database cannot be used."""
    if error.newer:
        return translate("start.newer_database", file=error.place)
    return translate("start.database", file=error.place, reason=error.reason)
