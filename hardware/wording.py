"""The texts of this room."""

from __future__ import annotations

from pathlib import Path

from foundation.language import Language, Translate, translator

LOCALE = Path(__file__).parent / "locale"


def sentence_or(text: Translate, name: str, otherwise: str) -> str:
    """A text, or something else where the catalogue has none: a driver or terminal of another version named
    it."""
    try:
        return text(name)
    except KeyError:
        return otherwise


def texts(language: Language) -> Translate:
    """The room's texts in a language, by their names."""
    return translator("hardware", LOCALE, language)
