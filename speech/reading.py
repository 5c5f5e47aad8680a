"""From a text to what the engines are given: sentences, and parts by language. Pure.

Latin words inside Chinese go to the English voice, and Chinese inside English to the Mandarin one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from foundation.language import Language
from speech.errors import TextTooLong
from speech.pinyin import HAN

LONGEST_TEXT = 50_000
"""Characters; about three hours of speech."""
LONGEST_SENTENCE = {Language.ZH_CN: 60, Language.EN: 160}
"""Characters rendered at once: some 15 s of sound, ready in a tenth of a second."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one voice says without interruption, on one line."""

    language: Language
    text: str = field(repr=False)


_HAN_STRETCH = re.compile(f"[{HAN}](?:[^A-Za-z]*[{HAN}])?")
_LATIN_STRETCH = re.compile(r"[A-Za-zÀ-ɏ](?:[A-Za-zÀ-ɏ .,'’&@/_-]*[A-Za-zÀ-ɏ])?")
_SENTENCE_END = re.compile(r"(?<=[。！？；!?;\n])|(?<=[.])(?=\s+[^\sa-z0-9]|\s*$)")
_CLAUSE_END = re.compile(r"(?<=[，、：,:）)])")


def sentences(text: str, language: Language) -> tuple[str, ...]:
    """The text in pieces short enough to be rendered quickly, cut where a reader would pause.

    Raises TextTooLong.
    """
    if len(text) > LONGEST_TEXT:
        raise TextTooLong(f"a text of {len(text)} characters is not read out; the limit is {LONGEST_TEXT}")
    longest = LONGEST_SENTENCE[language]
    pieces: list[str] = []
    for sentence in _SENTENCE_END.split(text):
        pieces += _cut(sentence, longest)
    return tuple(stripped for piece in pieces if (stripped := piece.strip()))


def parts(sentence: str, language: Language) -> tuple[Part, ...]:
    """The sentence by language, in order; empty where nothing in it can be said."""
    foreign = _LATIN_STRETCH if language is Language.ZH_CN else _HAN_STRETCH
    found = []
    position = 0
    for match in foreign.finditer(sentence):
        found += [(language, sentence[position : match.start()]), (language.other, match[0])]
        position = match.end()
    found.append((language, sentence[position:]))
    spoken = ((of, _line(text)) for of, text in found)
    return tuple(Part(of, text) for of, text in spoken if any(c.isalnum() for c in text))


def _line(text: str) -> str:
    """One line, without marks that an engine would name."""
    return " ".join(re.sub(r"[<>{}\[\]|\\^~`*#_]", " ", text).split())


def _cut(sentence: str, longest: int) -> Iterator[str]:
    """A sentence that is too long, at its commas; a clause that is too long, at a space or anywhere."""
    if len(sentence) <= longest:
        yield sentence
        return
    line = ""
    for clause in _CLAUSE_END.split(sentence):
        if line and len(line) + len(clause) > longest:
            yield line
            line = ""
        line += clause
        while len(line) > longest:
            space = line.rfind(" ", longest // 2, longest)
            end = space + 1 if space > 0 else longest
            yield line[:end]
            line = line[end:]
    yield line
