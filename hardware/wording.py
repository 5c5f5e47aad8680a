"""The texts of this room, and the language its commands speak."""

from __future__ import annotations

import os
from pathlib import Path

from foundation.language import Language, Translate, translator

LOCALE = Path(__file__).parent / "locale"


def texts(language: Language) -> Translate:
    """The room's texts in a language, by their names."""
    return translator("hardware", LOCALE, language)


def language_of_environment() -> Language:
    """Chinese where the environment's locale is, English otherwise; the variables in POSIX's order."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return Language.ZH_CN if locale.lower().startswith("zh") else Language.EN
