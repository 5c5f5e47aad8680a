"""The two languages of the house, and texts in them."""

from __future__ import annotations

import gettext
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path


class Language(StrEnum):
    """A language of a visit or a call; the value is gettext's locale name."""

    ZH_CN = "zh_CN"
    EN = "en"

    @property
    def other(self) -> Language:
        """The one that a switch leads to."""
        return Language.EN if self is Language.ZH_CN else Language.ZH_CN


def language_of_environment() -> Language:
    """Chinese where the environment's locale is, English otherwise; the variables in POSIX's order."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return Language.ZH_CN if locale.lower().startswith("zh") else Language.EN


@dataclass(frozen=True, slots=True)
class LocalizedText:
    """One text of the content in both languages."""

    zh_cn: str
    en: str

    def __getitem__(self, language: Language) -> str:
        """The text in one language."""
        return self.zh_cn if language is Language.ZH_CN else self.en


Translate = Callable[..., str]
"""Message identifier and placeholders to a finished sentence."""


@cache
def _catalogue(domain: str, locale: Path, language: Language) -> gettext.NullTranslations:
    return gettext.translation(domain, locale, languages=[language.value])


def translator(domain: str, locale: Path, language: Language) -> Translate:
    """A function that finds a text by its identifier and fills its placeholders.

    Identifiers are names such as ``form.back``, never sentences: both languages
    are translations. Placeholders are ``str.format``'s, by name.

    domain: the catalogue's name; locale: the room's ``locale`` folder.
    Raises FileNotFoundError where the catalogue was not compiled, and KeyError
    where it lacks the identifier.
    """
    catalogue = _catalogue(domain, locale, language)

    def translate(identifier: str, /, **placeholders: object) -> str:
        text = catalogue.gettext(identifier)
        if text == identifier:
            raise KeyError(f"{domain} ({language.value}) has no text named {identifier}")
        return text.format(**placeholders) if placeholders else text

    return translate


def identifiers(domain: str, locale: Path, language: Language) -> tuple[str, ...]:
    """Every identifier of a catalogue, sorted. Raises FileNotFoundError where it was not compiled."""
    # gettext has no public way to list a catalogue.
    entries: dict[str, str] = getattr(_catalogue(domain, locale, language), "_catalog", {})
    return tuple(sorted(name for name in entries if name))
