"""Every text that is said, by its name, in the language of the call."""

from __future__ import annotations

import re
from pathlib import Path

from foundation.language import Language, LocalizedText, identifiers, translator
from ivr.line import Utterance
from speech.spoken import readout

_DOMAIN = "ivr"
_LOCALE = Path(__file__).resolve().parent / "locale"


def prompt(language: Language, name: str, /, *, private: bool = False, **placeholders: object) -> Utterance:
    """A text of the catalogue. One with placeholders cannot be replaced by a recording."""
    text = translator(_DOMAIN, _LOCALE, language)(name, **placeholders)
    said = readout(language).text(text)
    return Utterance(name, said, language, private, fixed=not placeholders, written=text)


def written(language: Language, name: str, /, **placeholders: object) -> str:
    """A text of the catalogue as it is shown on a phone's screen."""
    return translator(_DOMAIN, _LOCALE, language)(name, **placeholders)


def label(name: str) -> LocalizedText:
    """A text of the catalogue in both languages, for the choice of a menu."""
    return LocalizedText(*(written(language, name) for language in (Language.ZH_CN, Language.EN)))


def content(language: Language, name: str, text: str, *, private: bool = False) -> Utterance:
    """A text that is not of the catalogue: the backend's content, or what the caller has given.

    A title is said as a sentence, so that the voice rests after it.
    """
    said = readout(language).text(text)
    if said and said[-1].isalnum():
        said += readout(language).stop
    return Utterance(name, said, language, private, written=text)


def always_the_same() -> list[Utterance]:
    """Every text without placeholders, in both languages, to be rendered before the first call."""
    return [
        prompt(language, name)
        for language in Language
        for name in identifiers(_DOMAIN, _LOCALE, language)
        if "{" not in written(language, name)
    ]


def language_of(text: str) -> Language:
    """The language in which somebody has written, by whether there are Chinese characters."""
    return Language.ZH_CN if re.search(r"[\u4e00-\u9fff]", text) else Language.EN
