"""The texts of the hidden menu. Its pages keep them in both languages, for either can be chosen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from foundation.language import Language, LocalizedText, Translate, translator
from hardware import wording as hardware

LOCALE = Path(__file__).parent / "locale"


def wording(language: Language) -> Translate:
    """The menu's texts in a language."""
    return translator("technician", LOCALE, language)


def both(make: Callable[[Language], str]) -> LocalizedText:
    """A text made in each language."""
    return LocalizedText(make(Language.ZH_CN), make(Language.EN))


def written(name: str, /, **placeholders: object) -> LocalizedText:
    """A text of the menu in both languages. placeholders: a LocalizedText is filled in in its language."""
    return both(lambda language: wording(language)(name, **_in(language, placeholders)))


def of_hardware(name: str, /, **placeholders: object) -> LocalizedText:
    """The same, from the catalogue of devices."""
    return both(lambda language: hardware.texts(language)(name, **_in(language, placeholders)))


def as_it_is(text: str) -> LocalizedText:
    """What is the same in every language: numbers, addresses, codes."""
    return LocalizedText(text, text)


def _in(language: Language, placeholders: dict[str, object]) -> dict[str, object]:
    return {
        name: value[language] if isinstance(value, LocalizedText) else value
        for name, value in placeholders.items()
    }
