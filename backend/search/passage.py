"""The passage that shows why a policy was found: where to cut it, what to mark in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from huimin.v1 import policy_pb2

from backend.search.phrase import Phrase, Spelling
from backend.search.pinyin import readings, sounds
from backend.search.query import Query
from backend.search.units import RunKind, fold, runs, stem
from foundation.language import Language

LONGEST = 120
"""Characters of a passage, the marks of what was left out among them."""
_LEFT_OUT = "…"
_BEFORE = 20
"""Characters that are kept before the first mark where a sentence begins farther away."""
_SENTENCE_END = re.compile(r"[。！？；\n]|[.!?;](?=\s)")

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Passage:
    """Plain text, and the parts of it that were searched for: half-open ranges of code points, in order."""

    text: str
    marks: tuple[Range, ...]


def passage(policy: policy_pb2.Policy, query: Query, language: Language) -> Passage:
    """The best passage of a policy in one language.

    Where the words are in the other language only, it is the same part of the text, without marks.
    """
    marker = _Marker.of(query, policy)
    parts = [policy.summary, *(section.text for section in policy.sections)]
    chinese = [part.zh_cn for part in parts]
    english = [part.en for part in parts]
    wanted, other = (chinese, english) if language is Language.ZH_CN else (english, chinese)
    best = _best(wanted, marker)
    if best is None:
        best = _best(other, marker)
        return _window(wanted[best[0] if best else 0], ())
    return _window(wanted[best[0]], best[1])


def _best(parts: Sequence[str], marker: _Marker) -> tuple[int, tuple[Range, ...]] | None:
    """Position and marks of the part that shows most of what was searched for, the earliest of equals."""
    best: tuple[int, tuple[Range, ...]] | None = None
    most = 0
    for position, part in enumerate(parts):
        marks = marker.marks(part)
        shown = len({piece for piece, _, _ in marks})
        if shown > most:
            most, best = shown, (position, _merged(part, ((start, end) for _, start, end in marks)))
    return best


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


@dataclass(frozen=True, slots=True)
class _Marker:
    """Finds the pieces of a query in a text as it is written."""

    pieces: tuple[tuple[Phrase, ...], ...]

    @classmethod
    def of(cls, query: Query, policy: policy_pb2.Policy) -> _Marker:
        """Initials would mark anything in a long text: they stand for what they match in the title."""
        return cls(
            tuple(
                tuple(written for phrase in piece.loose for written in _in_title(phrase, policy.title.zh_cn))
                for piece in query.pieces
            )
        )

    def marks(self, text: str) -> list[tuple[int, int, int]]:
        """(number of the piece, start, end) of each occurrence. Single characters only where alone."""
        sought = _Sought(text)
        return [
            (number, start, end)
            for number, phrases in enumerate(self.pieces)
            for phrase in phrases
            if len(self.pieces) == 1 or sum(map(len, phrase.units)) > 1
            for start, end in sought.occurrences(phrase)
        ]


def _in_title(phrase: Phrase, title: str) -> Iterator[Phrase]:
    if phrase.spelling is not Spelling.INITIALS:
        yield phrase
        return
    length = len(phrase.units)
    for run in runs(fold(title)):
        if run.kind is RunKind.HAN:
            initials = tuple(sound[0] for sound in sounds(run.text))
            for start in range(len(initials) - length + 1):
                if initials[start : start + length] == phrase.units:
                    yield Phrase(Spelling.HAN, tuple(run.text[start : start + length]))


class _Sought:
    """One text, cut up once for all phrases."""

    def __init__(self, text: str) -> None:
        self._folded = fold(text)
        found = list(runs(self._folded))
        self._chinese = [run for run in found if run.kind is RunKind.HAN]
        self._words = [run for run in found if run.kind is not RunKind.HAN]
        self._stems = tuple(run.text if run.kind is RunKind.NUMBER else stem(run.text) for run in self._words)

    def occurrences(self, phrase: Phrase) -> Iterator[Range]:
        """Where a phrase stands in the text."""
        match phrase.spelling:
            case Spelling.HAN:
                han = re.escape("".join(phrase.units))
                yield from (found.span() for found in re.finditer(han, self._folded))
            case Spelling.WORDS if phrase.begun:
                yield from (
                    (run.start, run.end) for run in self._words if run.text.startswith(phrase.units[0])
                )
            case Spelling.WORDS:
                length = len(phrase.units)
                for first in range(len(self._words) - length + 1):
                    if self._stems[first : first + length] == phrase.units:
                        yield self._words[first].start, self._words[first + length - 1].end
            case Spelling.SOUND:
                yield from self._sounding(phrase)

    def _sounding(self, phrase: Phrase) -> Iterator[Range]:
        """Characters side by side that can be read so; a single one only if its word is read so."""
        *whole, last = phrase.units
        for run in self._chinese:
            heard = [readings(character) for character in run.text]
            if not whole:
                heard = [frozenset((sound,)) for sound in sounds(run.text)]
            for first in range(len(heard) - len(whole)):
                end = first + len(whole)
                if all(unit in heard[first + place] for place, unit in enumerate(whole)) and (
                    any(sound.startswith(last) for sound in heard[end])
                    if phrase.begun
                    else last in heard[end]
                ):
                    yield run.start + first, run.start + end + 1
