"""The texts of this room."""

from __future__ import annotations

from pathlib import Path

from foundation.language import Language, Translate, translator

LOCALE = Path(__file__).parent / "locale"


def texts(language: Language) -> Translate:
    """The room's texts in a language, by their names."""
    return translator("hardware", LOCALE, language)
