"""The words of the keyboards."""

from __future__ import annotations

from pathlib import Path

from foundation.language import Language, Translate, translator

LOCALE = Path(__file__).parent / "locale"


def words(language: Language) -> Translate:
    """The catalogue of a language."""
    return translator("input", LOCALE, language)
