"""What stands in the texts, asked of the index's own list of tokens: how often, and what is next to what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property

import tantivy

from backend.search.document import SOUND, TRIPLES, WORDS, WRITTEN, Scope
from backend.search.units import JOINT

_RAREST = 2_000_000
"""More tokens than this are not looked through for neighbours."""


class Lexicon:
    """The tokens of one state of the index."""

    def __init__(self, searcher: tantivy.Searcher) -> None:
        self._searcher = searcher

    def frequency(self, token: str, scope: Scope = Scope.WHOLE) -> int:
        """In how many policies a token is."""
        field = (SOUND if JOINT in token else WRITTEN)[scope]
        return self._searcher.doc_freq(field, token)

    def has_triple(self, token: str) -> bool:
        """Whether three neighbours stand side by side in a title or a summary."""
        return self._searcher.doc_freq(TRIPLES, token) > 0

    def knows_word(self, letters: str) -> bool:
        """Whether a word of letters stands in a text, as it is written."""
        return self._searcher.doc_freq(WORDS, letters) > 0

    def begun(self, letters: str, most: int) -> list[str]:
        """The most frequent words that begin so."""
        return [word for word, _ in self._searcher.terms_with_prefix(WORDS, letters, limit=most)]

    def between(self, before: str, after: str) -> frozenset[str]:
        """The characters that stand after one and before another, in titles and summaries."""
        following, preceding = self._neighbours
        return frozenset(following.get(before, "")) & frozenset(preceding.get(after, ""))

    @cached_property
    def words(self) -> Mapping[str, int]:
        """The words of letters, as they are written, and in how many policies each is."""
        return dict(self._searcher.terms_with_prefix(WORDS, "", limit=_RAREST))

    @cached_property
    def _neighbours(self) -> tuple[dict[str, str], dict[str, str]]:
        """What follows and what precedes each character, as strings: they are small."""
        following: dict[str, list[str]] = defaultdict(list)
        preceding: dict[str, list[str]] = defaultdict(list)
        for token, _ in self._searcher.terms_with_prefix(WRITTEN[Scope.BRIEF], "", limit=_RAREST):
            if len(token) == 2 and not token.isascii():
                following[token[0]].append(token[1])
                preceding[token[1]].append(token[0])
        return (
            {character: "".join(others) for character, others in following.items()},
            {character: "".join(others) for character, others in preceding.items()},
        )

    def warm(self) -> None:
        """Reads what is read once, so that no search waits for it."""
        self.words, self._neighbours  # noqa: B018 (read for its effect)
