"""Asking the index for the best policies.

A query is asked in steps, the surest first: the number of a document; in titles all of it as one phrase, then
its words, then what they may be the beginning of; then the same in title and summary, and then anywhere,
where what has one of its words in the title goes first; at last any of its words. Within a step tantivy's
BM25 orders, weighted a little by the day of issue. No step is asked once the page is full, so that frequent
words are answered from the titles alone.

Where the titles hold nothing of what was typed, or not all of it, `slips` may know what was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import tantivy

from backend.search import keypad, slips
from backend.search.document import (
    DOCUMENT_NUMBER,
    INITIALS,
    NEWNESS,
    NUMBER,
    SOUND,
    WRITTEN,
    Scope,
)
from backend.search.lexicon import Lexicon
from backend.search.phrase import Phrase, Spelling
from backend.search.query import Piece, Query
from backend.search.synonyms import Synonyms
from backend.search.units import stem
from foundation.language import Language

MAX_FOUND = 500
"""Nobody turns more pages than that."""
_TELLING = 1000
"""A word that is in more policies, or titles, than this tells nothing."""
_GOES_ON = 8
"""So many English words are tried for a beginning."""

Found = Mapping[int, Query]
"""Numbers of policies, the best first, each with the query that found it."""


class PolicyIndex:
    """One state of the index. Threads may share it."""

    def __init__(self, index: tantivy.Index) -> None:
        self._schema = index.schema
        self._searcher = index.searcher()
        self.lexicon = Lexicon(self._searcher)

    @property
    def size(self) -> int:
        """How many policies are in it."""
        return self._searcher.num_docs

    def warm(self) -> None:
        """Reads and makes what is kept, so that no search waits for it."""
        self.lexicon.warm()
        slips.warm()

    def find(self, query: Query, most: int, *, as_typed: bool = False) -> Found:
        """The policies that are found, at most `most`. as_typed: no slip is looked for."""
        asking = _Asking(self._searcher, most)
        cut = query.cut({token: self.lexicon.frequency(token) for token in query.unsure_tokens})
        asking.ask(cut, self._surest(cut))
        if not cut.lost:
            asking.ask(cut, self._words(cut, Scope.TITLE))
        if not asking.found:
            asking.ask(cut, self._long_phrase(cut))
        if not as_typed and not asking.found and (meant := slips.meant(query, self.lexicon)):
            asking.ask(meant, self._surest(meant))
            for scope in Scope:
                if scope is not Scope.WHOLE or not asking.found:
                    asking.ask(meant, self._words(meant, scope))
        asking.ask(cut, self._words(cut, Scope.TITLE))
        asking.ask(cut, self._words(cut, Scope.BRIEF))
        whole = bool(asking.found)
        asking.ask(cut, self._telling(cut))
        partly = len(asking.found)
        asking.ask(cut, self._words(cut, Scope.WHOLE))
        if not whole and len(asking.found) == partly and len(cut.pieces) > 1:
            asking.ask(cut, self._any_telling(cut))
        return dict(list(asking.found.items())[:most])

    def find_keyed(self, keys: str, language: Language, synonyms: Synonyms, most: int) -> Found:
        """The policies whose titles are keyed so on a telephone; see `keypad`.

        A known word that is keyed so, and other words for it, come before titles with the keys in the middle.
        """
        reading = Query((), (), synonyms)
        asking = _Asking(self._searcher, most)
        begins, *inside = keypad.surest(self._schema, keys, language)
        known = synonyms.group(Spelling.KEYS, tuple(keys))
        meant = [self._any(known, Scope.TITLE)] if known else []
        asking.ask(reading, [begins, *meant, *inside])
        if not asking.found:
            asking.ask(reading, keypad.apart(self._schema, keys, language))
        return dict(list(asking.found.items())[:most])

    def _surest(self, query: Query) -> Iterator[tantivy.Query]:
        """The number of a document from its beginning, its parts in any order; all of it in a title."""
        if query.has_number:
            telling = [piece for piece in query.pieces if not piece.is_one_character]
            for phrase in query.exact:
                if phrase.spelling in (Spelling.HAN, Spelling.TOKENS):
                    yield self._in_field(DOCUMENT_NUMBER, phrase)
            if telling:
                yield _all(
                    _best(self._in_field(DOCUMENT_NUMBER, phrase) for phrase in piece.literal)
                    for piece in telling
                )
        for phrase in query.offices:
            yield self._in_field(DOCUMENT_NUMBER, phrase)
        if query.exact:
            yield self._any(query.exact, Scope.TITLE)
            if any(piece.meant != piece.literal for piece in query.pieces):
                titled = self._each(query, lambda piece: piece.meant, Scope.TITLE)
                yield _all([titled, self._any(query.exact, Scope.WHOLE)])

    def _words(self, query: Query, scope: Scope) -> Iterator[tantivy.Query]:
        """The steps within one scope."""
        if not query.pieces:
            return
        if scope is not Scope.TITLE:
            if len(query.pieces) > 1:
                in_title = self._any(
                    (phrase for piece in query.pieces for phrase in piece.meant), Scope.TITLE
                )
                yield _all([self._each(query, lambda piece: piece.meant, scope), in_title])
            if query.exact:
                yield self._any(query.exact, scope)
        yield self._each(query, lambda piece: piece.meant, scope)
        if scope is not Scope.BRIEF:
            yield self._each(query, lambda piece: piece.loose, scope)

    def _long_phrase(self, query: Query) -> Iterator[tantivy.Query]:
        """All of it as it is written, anywhere: three characters or two words in a row are no accident."""
        for phrase in query.exact:
            least = {Spelling.HAN: 3, Spelling.TOKENS: 2, Spelling.WORDS: 2}.get(phrase.spelling)
            if least and len(phrase.units) >= least:
                for scope in (Scope.BRIEF, Scope.WHOLE):
                    yield self._in_field(WRITTEN[scope], phrase)

    def _telling(self, query: Query) -> Iterator[tantivy.Query]:
        """Titles that hold the rarest of the words that are in titles, by how much of the rest they hold."""
        if len(query.pieces) < 2:
            return
        often = {piece: self._frequency(piece, Scope.TITLE) for piece in query.pieces}
        telling = min(
            (piece for piece in often if often[piece]), key=lambda piece: often[piece], default=None
        )
        if telling is None or often[telling] > _TELLING:
            return
        others = (self._any(piece.meant, Scope.WHOLE) for piece in query.pieces if piece is not telling)
        yield tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Must, self._any(telling.meant, Scope.TITLE)),
                *((tantivy.Occur.Should, other) for other in others),
            ]
        )

    def _any_telling(self, query: Query) -> Iterator[tantivy.Query]:
        """Any of the words; those that are in too many policies tell nothing."""
        often = {piece: self._frequency(piece, Scope.WHOLE) for piece in query.pieces}
        most = max(_TELLING, min(often.values()))
        telling = [piece for piece in often if often[piece] <= most]
        yield self._any((phrase for piece in telling for phrase in piece.meant), Scope.WHOLE)

    def _frequency(self, piece: Piece, scope: Scope) -> int:
        """In how many policies a piece is at most."""
        return max(
            min((self.lexicon.frequency(token, scope) for token in phrase.tokens[0]), default=0)
            for phrase in piece.meant
        )

    def _each(
        self, query: Query, grade: Callable[[Piece], tuple[Phrase, ...]], scope: Scope
    ) -> tantivy.Query:
        return _all(self._any(grade(piece), scope) for piece in query.pieces)

    def _any(self, phrases: Iterable[Phrase], scope: Scope) -> tantivy.Query:
        return _best(self._in_field(_field(phrase, scope), phrase) for phrase in phrases)

    def _in_field(self, field: str, phrase: Phrase) -> tantivy.Query:
        if phrase.spelling is Spelling.WORDS and phrase.begun:
            words = self.lexicon.begun(phrase.units[0], _GOES_ON)
            return _best(self._term(field, token) for token in dict.fromkeys(map(stem, words)))
        tokens, begun = phrase.tokens
        if len(tokens) == 1:
            if begun:
                return tantivy.Query.fuzzy_term_query(self._schema, field, tokens[0], distance=0, prefix=True)
            return self._term(field, tokens[0])
        ask = tantivy.Query.phrase_prefix_query if begun else tantivy.Query.phrase_query
        return ask(self._schema, field, list(tokens))

    def _term(self, field: str, token: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, token, index_option="freq")


class _Asking:
    """One search: what was found so far."""

    def __init__(self, searcher: tantivy.Searcher, most: int) -> None:
        self._searcher = searcher
        self._most = most
        self._asked: set[str] = set()
        self.found: dict[int, Query] = {}

    def ask(self, reading: Query, steps: Iterable[tantivy.Query]) -> None:
        """Asks one step after the other until there is enough."""
        for step in steps:
            if len(self.found) >= self._most:
                return
            if (described := repr(step)) in self._asked:
                continue
            self._asked.add(described)
            hits = self._searcher.search(step, self._most, count=False, weight_by_field=NEWNESS).hits
            for number in self._searcher.fast_field_values(NUMBER, [address for _, address in hits]):
                self.found.setdefault(int(number or 0), reading)


def _field(phrase: Phrase, scope: Scope) -> str:
    match phrase.spelling:
        case Spelling.SOUND:
            return SOUND[scope]
        case Spelling.INITIALS:
            return INITIALS
    return WRITTEN[scope]


def _all(queries: Iterable[tantivy.Query]) -> tantivy.Query:
    parts = list(queries)
    return (
        parts[0]
        if len(parts) == 1
        else tantivy.Query.boolean_query([(tantivy.Occur.Must, part) for part in parts])
    )


def _best(queries: Iterable[tantivy.Query]) -> tantivy.Query:
    parts = list(queries)
    return parts[0] if len(parts) == 1 else tantivy.Query.disjunction_max_query(parts)
