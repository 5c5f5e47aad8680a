"""The script of the phone line: everything that a voice actor can record, in an order to be read out.

A text that is always the same is one clip, `main.greeting`. Of a text with places to be filled, the stretches
between them are clips, `form.reference-1`, `-2`; what fills them is put together from words, `word.…`.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from foundation.language import Language, identifiers, translator
from speech.spoken import readout
from speech.spoken.vocabulary import words

_DOMAIN = "ivr"
_LOCALE = Path(__file__).resolve().parent / "locale"
SHOWN_ONLY = "text."
"""Beginning of the names of texts that are shown on a phone's screen and never said."""
FIRST = ("main", "menu", "ask", "choices", "choice", "confirm", "answer", "key", "backend", "limit", "end")
"""Groups in the order of a call's beginning; the others follow by name."""


class Kind(StrEnum):
    """What is recorded."""

    WHOLE = "whole"
    """A text that is always the same."""
    STRETCH = "stretch"
    """What stands before, between or after the places of a text."""
    WORD = "word"
    """A word that fills places, alone or with others."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording. text: what is said; written: the catalogue's text that it is of, with its places."""

    name: str
    language: Language
    kind: Kind
    text: str
    written: str


@dataclass(frozen=True, slots=True)
class SpokenText:
    """A text of the catalogue. places: what is filled in, by name; none in one that is always the same."""

    name: str
    language: Language
    written: str
    places: tuple[str, ...]
    clips: tuple[Clip, ...]


@cache
def texts(language: Language) -> tuple[SpokenText, ...]:
    """Every text that is said, in the order of the script."""
    names = (name for name in identifiers(_DOMAIN, _LOCALE, language) if not name.startswith(SHOWN_ONLY))
    found = (_text(name, language) for name in sorted(names, key=_order))
    return tuple(text for text in found if what_is_said(text.written))  # not what joins a list


@cache
def clips(language: Language) -> tuple[Clip, ...]:
    """Every recording that can be made, in the order of the script; the words come last."""
    of_texts = [clip for text in texts(language) for clip in text.clips]
    of_words = {
        name: Clip(name, language, Kind.WORD, word, word) for word, name in reversed([*words(language)])
    }
    return (*of_texts, *reversed(of_words.values()))


def what_is_said(text: str) -> str:
    """The text without the marks that are not heard: what a recording is of."""
    return " ".join(re.sub(r"[^\w'’]+", " ", text).split())


def _text(name: str, language: Language) -> SpokenText:
    written = translator(_DOMAIN, _LOCALE, language)(name)
    say = readout(language).text
    parsed = list(string.Formatter().parse(written))
    places = tuple(place for _, place, _, _ in parsed if place is not None)
    if not places:
        return SpokenText(
            name, language, written, (), (Clip(name, language, Kind.WHOLE, say(written), written),)
        )
    spoken = (re.sub(r"^[^\w'’]+", "", say(stretch)) for stretch, _, _, _ in parsed)
    stretches = [said for said in spoken if said]
    return SpokenText(
        name,
        language,
        written,
        places,
        tuple(
            Clip(f"{name}-{number}", language, Kind.STRETCH, said, written)
            for number, said in enumerate(stretches, 1)
        ),
    )


def _order(name: str) -> tuple[int, str]:
    group = name.partition(".")[0]
    return (FIRST.index(group) if group in FIRST else len(FIRST), name)
