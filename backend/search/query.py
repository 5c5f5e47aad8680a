"""Making out what somebody typed.

``医保报销`` may be one phrase or the words 医保 and 报销; ``yibao`` is the sound of 医保, ``yb`` its
initials, ``pension`` English; a search field is told none of this. So a query is read in every way that it
can be read, and the ways are graded by how sure they are. Nothing of the text reaches the database but as
whole tokens.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from backend.search.phrase import Phrase, Spelling
from backend.search.pinyin import INITIALS, begun, spelt, syllables
from backend.search.synonyms import Synonyms
from backend.search.units import JOINT, Run, RunKind, fold, neighbours, run_tokens, runs, stem

MAX_RUNS = 16
"""More of a query than this is not looked at."""
LONGEST_WORD = 4
"""Characters of the longest Chinese word that is guessed without knowing it."""

_FILLERS = re.compile(
    "请问|什么时候|啥时候|几时|怎么办理|怎样办理|如何办理|怎么办|怎么|怎样|如何|什么|哪些|哪里|多少|我要|我想|需要|可以|[吗呢呀啊的了和与]|^岁"
)
_LAST_OF_OFFICE = "发"
_ENGLISH_FILLERS = (
    "a an and are can do does for from get has have how i in is it my of on or the to what when where who "
    "with you your"
)
_STOP_WORDS = frozenset(_ENGLISH_FILLERS.split())
_LUE = re.compile("(?<=[ln])ue")


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that has to be found, in three grades of sureness, each holding the one before."""

    typed: str
    """The characters or letters that it was read from."""
    literal: tuple[Phrase, ...]
    """As it is typed."""
    meant: tuple[Phrase, ...]
    """And other words for the same."""
    loose: tuple[Phrase, ...]
    """And what it may be the beginning or the initials of."""
    unsure: Phrase | None = None
    """What may be several words in a row."""
    known: bool = False
    """Whether it is a word of the synonyms."""

    @property
    def is_one_character(self) -> bool:
        """Whether it is a single Chinese character, such as the last of ``2025年3号``."""
        return self.literal[0].spelling is Spelling.HAN and len(self.literal[0].units) == 1

    @property
    def english(self) -> tuple[Phrase, ...]:
        """The ways to read it as English or as a number."""
        return tuple(phrase for phrase in self.literal if phrase.spelling is Spelling.WORDS)


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed. `exact`: the ways to read all of it as one phrase."""

    exact: tuple[Phrase, ...]
    pieces: tuple[Piece, ...]
    synonyms: Synonyms
    lost: bool = False
    """Whether something of it was dropped when it was cut into words."""
    corrected: bool = False
    """Whether it is what was meant, and not what was typed."""

    @property
    def has_number(self) -> bool:
        """Whether digits are in it, as in the number of a document."""
        return any(
            unit.isdigit() for piece in self.pieces for phrase in piece.english for unit in phrase.units
        )

    @property
    def offices(self) -> tuple[Phrase, ...]:
        """The ways to read all of it as what stands before the year in the number of a document."""
        return tuple(
            phrase
            for phrase in self.exact
            if phrase.spelling is Spelling.HAN and phrase.units[-1] == _LAST_OF_OFFICE
        )

    @property
    def unsure_tokens(self) -> frozenset[str]:
        """Tokens whose frequency tells where one word ends and the next begins."""
        tokens: set[str] = set()
        for piece in self.pieces:
            if piece.unsure is not None:
                tokens.update(piece.unsure.tokens[0])
                tokens.update(unit for phrase in piece.english for unit in phrase.units)
        return frozenset(tokens)

    def cut(self, frequency: Mapping[str, int]) -> Query:
        """The same with long runs cut into words. frequency: in how many policies each unsure token is."""
        pieces: list[Piece] = []
        lost = False
        for piece in self.pieces:
            english = any(frequency.get(unit, 0) for phrase in piece.english for unit in phrase.units)
            if piece.unsure is None or english:
                pieces.append(piece)
                continue
            words = _cut(piece.unsure, frequency, self.synonyms)
            lost = lost or sum(len(word.units) for word in words) < len(piece.unsure.units)
            if len(words) > 1 or words[0].units != piece.unsure.units:
                pieces.extend(chinese_piece(word, self.synonyms) for word in words)
            else:
                pieces.append(piece)
        return replace(self, pieces=tuple(pieces), lost=lost)


def understand(text: str, synonyms: Synonyms) -> Query:
    """Reads a query. One with nothing to find has no pieces."""
    found = list(runs(fold(text)))[:MAX_RUNS]
    kept = [run for run in found if run.text not in _STOP_WORDS] or found
    pieces: list[Piece] = []
    for latin, group in groupby(kept, key=lambda run: run.kind is not RunKind.HAN):
        if latin:
            pieces.extend(_latin_pieces(list(group), synonyms))
        else:
            for run in group:
                pieces.extend(_chinese_pieces(run.text, synonyms))
    exact = pieces[0].literal if len(pieces) == 1 else ()
    if len(found) > 1:
        exact = _distinct((*exact, *_whole(found)))
    if not any(piece.english for piece in pieces):  # a number may have its 号
        pieces = [piece for piece in pieces if not piece.is_one_character] or pieces
    return Query(exact, tuple(pieces), synonyms)


def _whole(found: Sequence[Run]) -> Iterable[Phrase]:
    """A query of several runs as one phrase."""
    if not found:
        return
    tokens = run_tokens(found)
    last = found[-1]
    if last.kind is RunKind.HAN and len(last.text) > 1:
        tokens.pop()
    yield Phrase(Spelling.TOKENS, tuple(tokens), begun=last.kind is RunKind.HAN and len(last.text) == 1)
    if all(run.kind is RunKind.HAN for run in found):
        yield Phrase(Spelling.HAN, tuple("".join(run.text for run in found)))
    if all(run.kind is RunKind.WORD for run in found):
        ways = [spelt(_LUE.sub("ve", run.text)) for run in found]
        if all(ways):
            yield Phrase(Spelling.SOUND, tuple(syllable for way in ways for syllable in way[0]))


def _chinese_pieces(text: str, synonyms: Synonyms) -> Iterable[Piece]:
    parts = [part for part in _FILLERS.split(text) if part] or [text]
    return [chinese_piece(Phrase(Spelling.HAN, tuple(part)), synonyms) for part in parts]


def chinese_piece(phrase: Phrase, synonyms: Synonyms) -> Piece:
    """A piece of Chinese, written or in pinyin."""
    group = synonyms.group(phrase.spelling, phrase.units)
    meant = _distinct((phrase, *group))
    return Piece(
        "".join(phrase.units),
        (phrase,),
        meant,
        meant,
        unsure=phrase if len(phrase.units) > 2 and not group else None,
        known=bool(group),
    )


def _latin_pieces(group: Sequence[Run], synonyms: Synonyms) -> Iterable[Piece]:
    """Pieces of a row of words of letters and numbers."""
    start = 0
    while start < len(group):
        end = _known_until(group, start, synonyms)
        if end is None:
            end = _syllables_until(group, start)
            if end - start > 1:
                yield _joined(group[start:end], synonyms)
            elif (apart := _initials_until(group, start)) - start > 1:
                end = apart
                letters = "".join(run.text for run in group[start:end])
                yield _word(letters, letters, synonyms)
            elif group[start].kind is RunKind.NUMBER:
                phrase = Phrase(Spelling.WORDS, (group[start].text,))
                yield Piece(group[start].text, (phrase,), (phrase,), (phrase,))
            else:
                yield _word(_LUE.sub("ve", group[start].text), group[start].text, synonyms)
        else:
            phrase = _stems(group[start:end])
            meant = _distinct((phrase, *synonyms.group(Spelling.WORDS, phrase.units)))
            typed = " ".join(run.text for run in group[start:end])
            yield Piece(typed, (phrase,), meant, meant, known=True)
        start = end


def _stems(group: Sequence[Run]) -> Phrase:
    return Phrase(
        Spelling.WORDS, tuple(run.text if run.kind is RunKind.NUMBER else stem(run.text) for run in group)
    )


def _known_until(group: Sequence[Run], start: int, synonyms: Synonyms) -> int | None:
    """Where a known name of several English words ends that begins here."""
    for end in range(min(len(group), start + 4), start + 1, -1):
        if synonyms.knows(Spelling.WORDS, _stems(group[start:end]).units):
            return end
    return None


def _syllables_until(group: Sequence[Run], start: int) -> int:
    """Where a row of single syllables ends that begins here: yi bao."""
    end = start
    while end < len(group) and group[end].text in syllables():
        end += 1
    return max(end, start + 1)


def _initials_until(group: Sequence[Run], start: int) -> int:
    """Where a row of initials with spaces between them ends that begins here: g jj."""
    end = start
    while end < len(group) and len(group[end].text) <= 3 and INITIALS.issuperset(group[end].text):
        end += 1
    alone = any(len(run.text) == 1 for run in group[start:end])
    return end if alone else start


def _joined(group: Sequence[Run], synonyms: Synonyms) -> Piece:
    sound = chinese_piece(Phrase(Spelling.SOUND, tuple(run.text for run in group)), synonyms)
    literal = (*sound.literal, _stems(group))
    meant = _distinct((*literal, *sound.meant))
    return Piece(sound.typed, literal, meant, meant, unsure=sound.unsure, known=sound.known)


def english_piece(word: str, synonyms: Synonyms) -> Piece:
    """A piece that is one English word."""
    phrase = Phrase(Spelling.WORDS, (stem(word),))
    group = synonyms.group(phrase.spelling, phrase.units)
    meant = _distinct((phrase, *group))
    return Piece(word, (phrase,), meant, meant, known=bool(group))


def _word(letters: str, typed: str, synonyms: Synonyms) -> Piece:
    """One word of letters: English, pinyin or initials."""
    english = Phrase(Spelling.WORDS, (stem(typed),))
    ways = [Phrase(Spelling.SOUND, way) for way in spelt(letters)]
    initials = tuple(letters)
    known_as = [english, *ways, Phrase(Spelling.INITIALS, initials)]
    literal = _distinct((english, *ways, *synonyms.members(Spelling.INITIALS, initials)))
    meant = _distinct(
        (*literal, *(other for way in known_as for other in synonyms.group(way.spelling, way.units)))
    )
    loose = list(meant)
    if len(typed) > 2:
        loose.append(Phrase(Spelling.WORDS, (typed,), begun=True))
    loose.extend(Phrase(Spelling.SOUND, way, begun=True) for way in begun(letters) if len(way) > 1)
    if 2 <= len(letters) <= 12 and INITIALS.issuperset(letters):
        loose.append(Phrase(Spelling.INITIALS, initials))
    unsure = ways[0] if ways and len(ways[0].units) > 2 and len(meant) == len(literal) else None
    return Piece(letters, literal, meant, _distinct(loose), unsure=unsure, known=len(meant) > len(literal))


def _distinct(phrases: Iterable[Phrase]) -> tuple[Phrase, ...]:
    return tuple(dict.fromkeys(phrases))


def _cut(phrase: Phrase, frequency: Mapping[str, int], synonyms: Synonyms) -> list[Phrase]:
    """The words in a run that are most likely meant: known ones, else those that are frequent.

    A row of neighbours is as frequent as its rarest; longer words count more than shorter ones. Characters
    between the words are dropped. Never empty.
    """
    units = phrase.units
    joint = JOINT if phrase.spelling is Spelling.SOUND else ""
    best: list[tuple[float, list[Phrase]]] = [(0.0, [])]
    for end in range(1, len(units) + 1):
        score, words = best[end - 1]
        for start in range(end - 2, -1, -1):
            part = units[start:end]
            if synonyms.knows(phrase.spelling, part):
                rarest = 1000
            elif len(part) <= LONGEST_WORD:
                rarest = min(frequency.get(token, 0) for token in neighbours(part, joint, closed=False))
            else:
                continue
            reached = best[start][0] + len(part) ** 1.5 * math.log1p(rarest)
            if rarest and reached > score:
                score, words = reached, [*best[start][1], Phrase(phrase.spelling, part)]
        best.append((score, words))
    return best[-1][1] or [phrase]
