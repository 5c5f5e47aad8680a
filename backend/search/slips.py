"""What was meant by somebody whose finger or ear slipped.

A wrong reading is never sure, so a slip is looked for only where the titles hold nothing of what was typed,
and taken only where the texts speak clearly for it: units that stand side by side in many texts count for a
reading, every change to what was typed counts against it, and reading it as it was typed costs nothing. The
best reading is the shortest way through a lattice.

Looked for are, in Chinese: characters that sound alike, or nearly (医宝, 低报); one that is wrong, missing,
too many or in the other's place (养保险, 助学款贷). In pinyin: sounds that many regions do not tell apart (zh
and z, n and l, ng and n) in any number, and one letter that is wrong, missing, too many or misplaced. In
English: the same of one letter.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import NamedTuple

from backend.search.document import Scope
from backend.search.lexicon import Lexicon
from backend.search.phrase import Phrase, Spelling
from backend.search.pinyin import readings, sounds, syllables
from backend.search.query import Piece, Query, chinese_piece, english_piece
from backend.search.units import JOINT

LONGEST = 24
"""Units of the longest piece that is looked at."""
_BEAM = 6
"""Ways that are followed at each place."""
_ANY_CHARACTER = 0x4E00
_SHORTEST_WORD = 5
"""Letters of the shortest English word that is corrected."""

_BREAK, _ALONE = 2.0, 3.0
"""What it costs where two neighbours are so in no text, and where a unit has no neighbour at all."""
_CLEAR = 2.0
"""What a corrected reading has to reach."""
_BY_SOUND = 1.6
"""What it costs to take a word by its sound: other characters have to be five times as frequent."""
_OTHER_READING, _NEAR_SOUND = 0.4, 1.0
_MISPLACED, _TOO_MANY, _MISSING, _WRONG = 2.0, 2.0, 2.5, 3.0
_NEXT_KEY = 2.0

_NEAR_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"))
_NEAR_FINALS = (("ang", "an"), ("eng", "en"), ("ing", "in"))
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def warm() -> None:
    """Makes the tables that are made once."""
    sounds(chr(_ANY_CHARACTER))
    _syllables_less_one()
    _next_keys()


def meant(query: Query, lexicon: Lexicon) -> Query | None:
    """The query that was meant, where that is clear and another one. query: as it was typed, not cut."""
    if query.has_number:
        return None
    pieces: list[Piece] = []
    slipped = False
    for piece in query.pieces:
        better = _corrected(piece, query, lexicon)
        slipped = slipped or better is not None
        pieces.extend(better or (piece,))
    if not slipped:
        return None
    exact = pieces[0].literal if len(pieces) == 1 else ()
    return replace(query, exact=exact, pieces=tuple(pieces), corrected=True)


def _corrected(piece: Piece, query: Query, lexicon: Lexicon) -> list[Piece] | None:
    """What was meant by a piece; None where it is better as it is."""
    typed = piece.typed
    if piece.known or not 2 <= len(typed) <= LONGEST:
        return None
    if not typed.isascii():
        return _chinese(typed, query, lexicon) if piece.literal[0].spelling is Spelling.HAN else None
    if not typed.isalpha():
        return None
    if any(lexicon.frequency(unit) for phrase in piece.english for unit in phrase.units):
        return None
    way = _likeliest(len(typed), _letters(typed), _Gain(lexicon, JOINT))
    word = _word(typed, query, lexicon)
    if word and (way is None or not way.changed or word[0] > way.score):
        return [english_piece(word[1], query.synonyms)]
    return _pieces(way, Spelling.SOUND, query) if way and way.changed and way.score >= _CLEAR else None


def _chinese(typed: str, query: Query, lexicon: Lexicon) -> list[Piece] | None:
    if _titled(typed, lexicon):
        return None
    written = _likeliest(len(typed), _characters(typed, lexicon), _Gain(lexicon))
    heard = _likeliest(len(typed), _heard(typed), _Gain(lexicon, JOINT))
    if (
        heard
        and heard.score >= _CLEAR
        and (written is None or heard.score - _BY_SOUND * len(heard.words) > written.score)
    ):
        return _pieces(heard, Spelling.SOUND, query)
    return _pieces(written, Spelling.HAN, query) if written and written.changed else None


def _titled(typed: str, lexicon: Lexicon) -> bool:
    """Whether it is a row of words of which every two characters stand in a title."""
    reached = [True] + [False] * len(typed)
    for end in range(2, len(typed) + 1):
        if lexicon.frequency(typed[end - 2 : end], Scope.TITLE):
            joined = end > 2 and reached[end - 1] and lexicon.has_triple(typed[end - 3 : end])
            reached[end] = reached[end - 2] or joined
    return reached[-1]


def _pieces(way: Way, spelling: Spelling, query: Query) -> list[Piece] | None:
    """The words of a way; units without a neighbour are dropped."""
    words = [word for word in way.words if len(word) > 1]
    return [chinese_piece(Phrase(spelling, word), query.synonyms) for word in words] or None


# The lattice ------------------------------------------------------------------------------------------------


class Step(NamedTuple):
    """From one place in what was typed to another: the units it stands for, and what it costs."""

    end: int
    units: tuple[str, ...]
    cost: float = 0.0
    once: bool = False
    """Whether it is a slip of the kind of which there is one at most."""


@dataclass(frozen=True, slots=True)
class Way:
    """A whole reading: words of units that stand side by side in texts."""

    score: float
    words: tuple[tuple[str, ...], ...]
    changed: bool


@dataclass(frozen=True, slots=True)
class _Gain:
    """What the texts say of units side by side. joint: between them in the index's tokens."""

    lexicon: Lexicon
    joint: str = ""
    _known: dict[str, float] = field(default_factory=dict)

    def of(self, word: Sequence[str], unit: str) -> float:
        """What it counts that a unit goes on with a word; 0 where it does nowhere."""
        token = self.joint.join((word[-1], unit))
        counts = self._known.get(token)
        if counts is None:
            counts = self._known[token] = self._pair(token)
        if counts and len(word) > 1 and not self._triple(self.joint.join((*word[-2:], unit))):
            return 0.0
        return counts

    def _pair(self, token: str) -> float:
        for scope, weight in ((Scope.TITLE, 4.0), (Scope.BRIEF, 3.0)):
            if often := self.lexicon.frequency(token, scope):
                return weight + math.log1p(often)
        often = self.lexicon.frequency(token)
        return 1.0 + math.log1p(often) / 2 if often else 0.0

    def _triple(self, token: str) -> bool:
        if token not in self._known:
            self._known[token] = float(self.lexicon.has_triple(token))
        return bool(self._known[token])


class _State(NamedTuple):
    """The best way to a place that ends with a unit."""

    score: float
    words: tuple[tuple[str, ...], ...] = ()
    cost: float = 0.0
    once: bool = False

    @property
    def key(self) -> tuple[tuple[str, ...], bool]:
        return (self.words[-1][-2:] if self.words else (), self.once)

    @property
    def alone(self) -> bool:
        return bool(self.words) and len(self.words[-1]) == 1


def _likeliest(length: int, steps: Callable[[int], Iterable[Step]], gain: _Gain) -> Way | None:
    """The best way from the beginning to the end; None where there is none."""
    places: list[dict[tuple[tuple[str, ...], bool], _State]] = [{} for _ in range(length + 1)]
    places[0][((), False)] = _State(0.0)
    for place in range(length):
        best = heapq.nlargest(_BEAM, places[place].values(), key=lambda state: state.score)
        if not best:
            continue
        for step in steps(place):
            for state in best:
                if step.once and state.once:
                    continue
                others = places[step.end]
                for reached in _taken(state, step, gain):
                    if reached.key not in others or reached.score > others[reached.key].score:
                        others[reached.key] = reached
    ends = [_ended(state) for state in places[length].values() if state.words]
    if not ends:
        return None
    end = max(ends, key=lambda state: state.score)
    return Way(end.score, end.words, end.cost > 0)


def _taken(state: _State, step: Step, gain: _Gain) -> list[_State]:
    """Where a step leads: each of its units goes on with the last word, or begins another."""
    states = [_State(state.score - step.cost, state.words, state.cost + step.cost, state.once or step.once)]
    for unit in step.units:
        states = [reached for one in states for reached in _with_unit(one, unit, gain)]
    return states


def _with_unit(state: _State, unit: str, gain: _Gain) -> Iterator[_State]:
    words = state.words
    if not words:
        yield _State(state.score, ((unit,),), state.cost, state.once)
        return
    if counts := gain.of(words[-1], unit):
        longer = (*words[:-1], (*words[-1], unit))
        yield _State(state.score + counts, longer, state.cost, state.once)
    between = _BREAK + (_ALONE if len(words[-1]) == 1 else 0.0)
    yield _State(state.score - between, (*words, (unit,)), state.cost, state.once)


def _ended(state: _State) -> _State:
    return state._replace(score=state.score - (_ALONE if state.alone else 0.0))


# Chinese ----------------------------------------------------------------------------------------------------


def _characters(typed: str, lexicon: Lexicon) -> Callable[[int], Iterator[Step]]:
    """Steps through Chinese as it is written. The last character is never taken for another: too many fit."""

    def steps(place: int) -> Iterator[Step]:
        this = typed[place]
        yield Step(place + 1, (this,))
        if len(typed) == 2:
            return
        yield Step(place + 1, (), _TOO_MANY, once=True)
        if place + 1 < len(typed):
            following = typed[place + 1]
            if this != following:
                yield Step(place + 2, (following, this), _MISPLACED, once=True)
            for other in lexicon.between(this, following):
                yield Step(place + 1, (this, other), _MISSING, once=True)
            if place:
                for other in lexicon.between(typed[place - 1], following):
                    if other != this:
                        yield Step(place + 1, (other,), _WRONG, once=True)

    return steps


def _heard(typed: str) -> Callable[[int], Iterator[Step]]:
    """Steps through Chinese by its sound."""
    usual = sounds(typed)

    def steps(place: int) -> Iterator[Step]:
        yield from _alike(place + 1, usual[place], 0.0)
        for other in readings(typed[place]) - {usual[place]}:
            yield Step(place + 1, (other,), _OTHER_READING)

    return steps


# Pinyin -----------------------------------------------------------------------------------------------------


def _letters(typed: str) -> Callable[[int], Iterator[Step]]:
    """Steps through letters, syllable by syllable."""

    def steps(place: int) -> Iterator[Step]:
        for end in range(place + 1, min(place + 7, len(typed)) + 1):
            part = typed[place:end]
            if part in syllables():
                yield from _alike(end, part, 0.0)
            for syllable, cost in _within_one(part):
                yield Step(end, (syllable,), cost, once=True)

    return steps


def _alike(end: int, syllable: str, cost: float) -> Iterator[Step]:
    yield Step(end, (syllable,), cost)
    for near in _near_sounds(syllable):
        yield Step(end, (near,), cost + _NEAR_SOUND)


@cache
def _near_sounds(syllable: str) -> frozenset[str]:
    """The syllables that many regions do not tell from it."""
    starts = {syllable}
    for first, second in _NEAR_INITIALS:
        if syllable.startswith(first):
            starts.add(second + syllable[len(first) :])
        elif syllable.startswith(second):
            starts.add(first + syllable[len(second) :])
    found = set(starts)
    for start in starts:
        for first, second in _NEAR_FINALS:
            if start.endswith(first):
                found.add(start[: -len(first)] + second)
            elif start.endswith(second):
                found.add(start[: -len(second)] + first)
    return frozenset(found & syllables()) - {syllable}


@lru_cache(8192)
def _within_one(letters: str) -> tuple[tuple[str, float], ...]:
    """The syllables that one slip of a finger makes these letters of, and what each costs."""
    near = _syllables_less_one()
    candidates = {syllable for part in _less_one(letters) for syllable in near.get(part, ())}
    candidates.discard(letters)
    found = ((candidate, _slip_cost(letters, candidate)) for candidate in sorted(candidates))
    return tuple((candidate, cost) for candidate, cost in found if cost is not None)


@cache
def _syllables_less_one() -> dict[str, tuple[str, ...]]:
    """The syllables by what is left of them without one letter, and by themselves."""
    found: dict[str, tuple[str, ...]] = {}
    for syllable in sorted(syllables()):
        for part in _less_one(syllable):
            found[part] = (*found.get(part, ()), syllable)
    return found


def _less_one(letters: str) -> set[str]:
    return {letters, *(letters[:place] + letters[place + 1 :] for place in range(len(letters)))}


def _slip_cost(typed: str, word: str) -> float | None:
    """What one slip from a word to what was typed costs; None where it takes more."""
    if len(typed) == len(word):
        wrong = [place for place in range(len(word)) if typed[place] != word[place]]
        if len(wrong) == 1:
            return _NEXT_KEY if word[wrong[0]] in _next_keys()[typed[wrong[0]]] else _WRONG
        swapped = len(wrong) == 2 and wrong[1] == wrong[0] + 1
        crossed = swapped and typed[wrong[0]] == word[wrong[1]] and typed[wrong[1]] == word[wrong[0]]
        return _MISPLACED if crossed else None
    shorter, longer = sorted((typed, word), key=len)
    if len(longer) - len(shorter) != 1 or shorter not in _less_one(longer):
        return None
    return _TOO_MANY if longer == typed else _MISSING


@cache
def _next_keys() -> dict[str, frozenset[str]]:
    """The keys around each on a keyboard."""
    where = {key: (row, column) for row, keys in enumerate(_ROWS) for column, key in enumerate(keys)}
    return {
        key: frozenset(
            other
            for other, (other_row, other_column) in where.items()
            if other != key
            and abs(row - other_row) <= 1
            and -1 <= other_column - column + (other_row - row) / 2 <= 1
        )
        for key, (row, column) in where.items()
    }


# English ----------------------------------------------------------------------------------------------------


def _word(typed: str, query: Query, lexicon: Lexicon) -> tuple[float, str] | None:
    """The likeliest word that one slip makes this of, with its score."""
    if len(typed) < _SHORTEST_WORD:
        return None
    words = lexicon.words
    found = []
    for candidate in _one_slip_away(typed):
        known = candidate in words or candidate in query.synonyms.words
        if known and (cost := _slip_cost(typed, candidate)) is not None:
            found.append((3.0 + math.log1p(words.get(candidate, 0)) - cost, candidate))
    return max(found, default=None)


def _one_slip_away(typed: str) -> Iterator[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    for place in range(len(typed) + 1):
        before, after = typed[:place], typed[place:]
        for letter in letters:
            yield before + letter + after
            if after:
                yield before + letter + after[1:]
        if after:
            yield before + after[1:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
