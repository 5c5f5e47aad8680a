"""How the commands talk: in Chinese where the environment says so, else in English; one sentence and an exit
code where something cannot be done."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from backend.authoring.finding import LOCALE
from backend.storage.database import DatabaseUnusable
from backend.storage.vault import WrongKeys
from foundation.keys import KeysUnusable
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


def keys_sentence(error: KeysUnusable | WrongKeys, translate: Translate) -> str:
    """Why the keys that seal personal data cannot be used."""
    if isinstance(error, KeysUnusable):
        return translate("start.keys", reason=error)
    return translate("start.oldest_key" if error.oldest else "start.wrong_keys")


def database_sentence(error: DatabaseUnusable, translate: Translate) -> str:
    """Why a database cannot be used."""
    if error.newer:
        return translate("start.newer_database", file=error.place)
    return translate("start.database", file=error.place, reason=error.reason)
