"""The search index in the database: filling it, and asking it for the best policies.

This is SQLite's FTS5; on another database the same tokens go into its own text search, and this file is the
one to write again.

A query is asked in steps, the surest first. The number of a document. In titles: all of it as one phrase, its
words, what they may be the beginning of. Then the same in title and summary, and then anywhere; there, what
has one of its words in the title goes first. At last any of its words.

Of titles that match, the newest comes first, as in every list of policies; that needs no ranking, so that a
word in thousands of titles is answered as fast as a rare one. Below the titles bm25 orders. The steps of one
scope are one statement, and no scope is asked once the page is full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from huimin.v1 import policy_pb2
from sqlalchemy import Connection, bindparam, text

from backend.search.phrase import Phrase, Spelling
from backend.search.query import Piece, Query
from backend.search.units import initial_tokens, sound_tokens, written_tokens

VERSION = 1
"""Raise it whenever tokens are made differently: the index is then built anew."""
MAX_FOUND = 500
"""Nobody turns more pages than that."""

_COLUMNS = {
    "title": 10.0,
    "summary": 4.0,
    "body": 1.0,
    "document_number": 1.0,
    "title_sound": 8.0,
    "summary_sound": 3.0,
    "body_sound": 0.5,
    "title_initials": 6.0,
}
"""The columns of the index and what a token in each counts."""
_WRITTEN = (("title",), ("title", "summary"), ("title", "summary", "body", "document_number"))
_SOUND = (("title_sound",), ("title_sound", "summary_sound"), ("title_sound", "summary_sound", "body_sound"))
_TITLE, _SUMMARY, _ANYWHERE = range(3)
"""Scopes: positions in the two above."""
_INSERT = text(
    f"INSERT INTO policy_search (rowid, {', '.join(_COLUMNS)})"  # noqa: S608 (names of our own)
    f" VALUES (:number, {', '.join(f':{column}' for column in _COLUMNS)})"
)
_NEWEST_FIRST = "rowid"
_BEST_FIRST = f"bm25(policy_search, {', '.join(map(str, _COLUMNS.values()))}), rowid"
_STEP = (
    "SELECT * FROM (SELECT {step} AS step, rowid AS number FROM policy_search"
    " WHERE policy_search MATCH :expression{step} ORDER BY {order} LIMIT :most)"
)
_FREQUENCY = text("SELECT term, doc FROM policy_search_tokens WHERE term IN :tokens").bindparams(
    bindparam("tokens", expanding=True)
)


def empty(connection: Connection) -> None:
    """Takes everything out of the index."""
    connection.execute(text("INSERT INTO policy_search (policy_search) VALUES ('delete-all')"))


def add(connection: Connection, policies: Iterable[tuple[int, policy_pb2.Policy]]) -> None:
    """Puts policies, each with its number, into the index."""
    rows = [_row(number, policy) for number, policy in policies]
    if rows:
        connection.execute(_INSERT, rows)


def frequencies(connection: Connection, tokens: Iterable[str]) -> Mapping[str, int]:
    """In how many policies each token is."""
    wanted = sorted(tokens)
    if not wanted:
        return {}
    found = connection.execute(_FREQUENCY, {"tokens": wanted})
    return {row.term: row.doc for row in found}


def find(connection: Connection, query: Query, most: int) -> list[int]:
    """Numbers of the policies that are found, the best first, at most `most`."""
    if not query.pieces:
        return []
    found: dict[int, None] = {}
    asked: set[str] = set()
    for scope in (_TITLE, _SUMMARY, _ANYWHERE):
        new = [step for step in dict.fromkeys(_steps(query, scope)) if step not in asked]
        asked.update(new)
        order = _NEWEST_FIRST if scope == _TITLE else _BEST_FIRST
        found.update(dict.fromkeys(_ask(connection, new, order, most)))
        if len(found) >= most:
            break
    if not found and len(query.pieces) > 1:
        any_word = " OR ".join(_any(piece.meant, _ANYWHERE) for piece in query.pieces)
        return _ask(connection, [any_word], _BEST_FIRST, most)
    return list(found)[:most]


def _ask(connection: Connection, expressions: Sequence[str], order: str, most: int) -> list[int]:
    """Numbers of what the expressions find, one after the other."""
    if not expressions:
        return []
    statement = " UNION ALL ".join(_STEP.format(step=step, order=order) for step in range(len(expressions)))
    values = {f"expression{step}": expression for step, expression in enumerate(expressions)}
    rows = connection.execute(text(statement), {**values, "most": most})
    return [row.number for row in sorted(rows, key=lambda row: int(row.step))]


def _steps(query: Query, scope: int) -> Iterable[str]:
    """The steps within one scope as FTS5 expressions, the surest first."""
    if scope == _TITLE:
        yield from _document_numbers(query)
    elif len(query.pieces) > 1:
        in_title = " OR ".join(_any(piece.meant, _TITLE) for piece in query.pieces)
        yield f"({_all(query.pieces, lambda piece: piece.meant, scope)}) AND ({in_title})"
    if query.exact:
        yield _any(query.exact, scope)
    yield _all(query.pieces, lambda piece: piece.meant, scope)
    if scope != _SUMMARY:
        yield _all(query.pieces, lambda piece: piece.loose, scope)


def _document_numbers(query: Query) -> Iterable[str]:
    """The number of a document from its beginning, then its parts in any order."""
    for phrase in query.exact:
        if phrase.spelling in (Spelling.HAN, Spelling.TOKENS):
            yield f"{{document_number}} : ^ {_quoted(phrase)}"
    if query.has_number:
        telling = [piece for piece in query.pieces if not piece.is_one_character]
        yield f"{{document_number}} : ({_all(telling, lambda piece: piece.literal, _ANYWHERE)})"


def _all(pieces: Iterable[Piece], grade: Callable[[Piece], tuple[Phrase, ...]], scope: int) -> str:
    return " AND ".join(f"({_any(grade(piece), scope)})" for piece in pieces)


def _any(phrases: Iterable[Phrase], scope: int) -> str:
    return " OR ".join(_term(phrase, scope) for phrase in phrases)


def _term(phrase: Phrase, scope: int) -> str:
    """One phrase within the columns of a scope. Tokens hold letters, digits and the joint only."""
    match phrase.spelling:
        case Spelling.SOUND:
            columns: Sequence[str] = _SOUND[scope]
        case Spelling.INITIALS:
            columns = ("title_initials",)
        case _:
            columns = _WRITTEN[scope]
    return f"{{{' '.join(columns)}}} : {_quoted(phrase)}"


def _quoted(phrase: Phrase) -> str:
    tokens, begun = phrase.tokens
    return f'"{" ".join(tokens)}"{" *" if begun else ""}'


def _row(number: int, policy: policy_pb2.Policy) -> dict[str, object]:
    title = [policy.title.zh_cn, policy.title.en]
    summary = [policy.summary.zh_cn, policy.summary.en]
    body = [policy.issuer.zh_cn, policy.issuer.en]
    for section in policy.sections:
        body += [section.heading.zh_cn, section.text.zh_cn, section.heading.en, section.text.en]
    return {
        "number": number,
        "title": _tokens(written_tokens, title),
        "summary": _tokens(written_tokens, summary),
        "body": _tokens(written_tokens, body),
        "document_number": _tokens(written_tokens, [policy.document_number]),
        "title_sound": _tokens(sound_tokens, title),
        "summary_sound": _tokens(sound_tokens, summary),
        "body_sound": _tokens(sound_tokens, body),
        "title_initials": _tokens(initial_tokens, title),
    }


def _tokens(cut: Callable[[str], list[str]], texts: Iterable[str]) -> str:
    return " ".join(token for part in texts for token in cut(part))
