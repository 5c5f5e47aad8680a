"""What a corrected query is in writing, to be shown: 医保 for 医宝.

A slip of Chinese is corrected by its sound, which has no characters of its own; they are taken from where the
sound was found.
"""

from __future__ import annotations

from huimin.v1 import policy_pb2

from backend.search.occurrence import finder
from backend.search.phrase import Phrase, Spelling
from backend.search.query import Piece, Query
from backend.search.units import fold


def in_writing(query: Query, found: policy_pb2.Policy) -> str:
    """The query as it would be typed without a slip. found: the first policy that it found, with its text."""
    texts = [
        found.title.zh_cn,
        found.summary.zh_cn,
        *(section.text.zh_cn for section in found.sections),
    ]
    written = ""
    for piece in query.pieces:
        word = _word(piece, texts)
        between = " " if written and (word[:1].isascii() or written[-1:].isascii()) else ""
        written += between + word
    return written


def _word(piece: Piece, texts: list[str]) -> str:
    phrase = piece.literal[0]
    if phrase.spelling is Spelling.HAN:
        return "".join(phrase.units)
    if phrase.spelling is Spelling.SOUND:
        return _heard(phrase, texts)
    return piece.typed


def _heard(phrase: Phrase, texts: list[str]) -> str:
    """The characters that were found by their sound; the syllables where other words for them were found."""
    find = finder(phrase)
    for text in texts:
        for start, end in find(fold(text)):
            return text[start:end]
    return "".join(phrase.units)
