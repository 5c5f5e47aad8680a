"""The passage that shows why a policy was found: where to cut it, what to mark in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from huimin.v1 import policy_pb2

from backend.search.occurrence import Finder, Range, finder
from backend.search.phrase import Phrase, Spelling
from backend.search.pinyin import sounds
from backend.search.query import Query
from backend.search.units import RunKind, fold, runs
from foundation.language import Language

LONGEST = 120
"""Characters of a passage, the marks of what was left out among them."""
_LEFT_OUT = "…"
_BEFORE = 20
"""Characters that are kept before the first mark where a sentence begins farther away."""
_SENTENCE_END = re.compile(r"[。！？；\n]|[.!?;](?=\s)")


@dataclass(frozen=True, slots=True)
class Passage:
    """Plain text, and the parts of it that were searched for: half-open ranges of code points, in order."""

    text: str
    marks: tuple[Range, ...]


class Passages:
    """Cuts passages for one query."""

    def __init__(self, query: Query, language: Language) -> None:
        self._language = language
        alone = len(query.pieces) == 1
        pieces = [
            [
                phrase
                for phrase in piece.loose
                if (alone or sum(map(len, phrase.units)) > 1)
                and replace(phrase, begun=True) not in {*piece.loose} - {phrase}  # which finds it as well
            ]
            for piece in query.pieces
        ]
        self._finders = [
            [finder(phrase) for phrase in piece if phrase.spelling is not Spelling.INITIALS]
            for piece in pieces
        ]
        self._initials = [
            [phrase.units for phrase in piece if phrase.spelling is Spelling.INITIALS] for piece in pieces
        ]

    def of(self, policy: policy_pb2.Policy) -> Passage:
        """The best passage of a policy.

        Where the words are in the other language only, it is the same part of the text, without marks.
        """
        pieces = self._finders
        if any(self._initials):
            pieces = [
                [*finders, *_in_title(initials, policy.title.zh_cn)]
                for finders, initials in zip(self._finders, self._initials, strict=True)
            ]
        parts = [policy.summary, *(section.text for section in policy.sections)]
        chinese = self._language is Language.ZH_CN
        best = _best([part.zh_cn if chinese else part.en for part in parts], pieces)
        if best is not None:
            shown = parts[best[0]]
            return _window(shown.zh_cn if chinese else shown.en, best[1])
        best = _best([part.en if chinese else part.zh_cn for part in parts], pieces)
        shown = parts[best[0] if best else 0]
        return _window(shown.zh_cn if chinese else shown.en, ())


def _best(parts: Sequence[str], pieces: Sequence[Sequence[Finder]]) -> tuple[int, tuple[Range, ...]] | None:
    """Position and marks of the part that shows most of what was searched for, the earliest of equals."""
    best: tuple[int, list[Range]] | None = None
    most = 0
    for position, part in enumerate(parts):
        text = fold(part)
        marks = [[mark for find in piece for mark in find(text)] for piece in pieces]
        shown = sum(map(bool, marks))
        if shown > most:
            most, best = shown, (position, [mark for of_piece in marks for mark in of_piece])
            if most == len(pieces):
                break
    return best and (best[0], _merged(parts[best[0]], best[1]))


def _merged(text: str, ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Ranges that meet, or have but a space between them, as one."""
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and (start <= merged[-1][1] or text[merged[-1][1] : start] == " "):
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _window(text: str, marks: Sequence[Range]) -> Passage:
    """At most LONGEST characters around as many marks as fit, from the beginning of a sentence if near."""
    sentences = [found.end() for found in _SENTENCE_END.finditer(text)]
    text = text.replace("\n", " ")
    if len(text) <= LONGEST:
        return Passage(text, tuple(marks))
    room = LONGEST - 2 * len(_LEFT_OUT)
    start = 0
    if marks:
        first = max(
            marks, key=lambda mark: sum(mark[0] <= other[0] < mark[0] + room - _BEFORE for other in marks)
        )
        start = max((end for end in sentences if end <= first[0]), default=0)
        while start < first[0] and text[start].isspace():
            start += 1
        if first[1] - start > room - _BEFORE:
            start = _word_start(text, max(start, first[0] - _BEFORE))
        start = min(start, max(0, len(text) - room))
    end = min(len(text), start + room)
    before = _LEFT_OUT if start else ""
    after = _LEFT_OUT if end < len(text) else ""
    if after and text[end - 1].isascii() and text[end].isascii():
        end = text.rfind(" ", start, end) if " " in text[start:end] else end
    kept = tuple(
        (mark[0] - start + len(before), mark[1] - start + len(before))
        for mark in marks
        if start <= mark[0] and mark[1] <= end
    )
    return Passage(f"{before}{text[start:end]}{after}", kept)


def _word_start(text: str, position: int) -> int:
    """The beginning of the next English word, unless the text is Chinese there."""
    while 0 < position < len(text) and text[position - 1].isascii() and text[position - 1].isalnum():
        position += 1
    return position


def _in_title(sought: Sequence[tuple[str, ...]], title: str) -> Iterator[Finder]:
    """Initials would mark anything in a long text: they stand for what they match in the title."""
    if not sought:
        return
    for run in runs(fold(title)):
        if run.kind is RunKind.HAN:
            initials = tuple(sound[0] for sound in sounds(run.text))
            for units in sought:
                for start in range(len(initials) - len(units) + 1):
                    if initials[start : start + len(units)] == units:
                        yield finder(Phrase(Spelling.HAN, tuple(run.text[start : start + len(units)])))
