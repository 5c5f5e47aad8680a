"""The room's catalogue of texts."""

from __future__ import annotations

from pathlib import Path

from foundation.language import Language, Translate, translator

_LOCALE = Path(__file__).resolve().parent.parent / "locale"


def wording(language: Language) -> Translate:
    """Finds the texts of this room in one language."""
    return translator("backend_client", _LOCALE, language)
