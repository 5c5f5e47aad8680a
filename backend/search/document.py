"""What the index keeps of a policy: fields of tokens, its number, and how new it is.

The three fields of a kind hold one another, so that one scope is one field: `title`, then `brief` with the
summary, then `whole` with all of the text; likewise of the sound. Texts are cut by `units`; tantivy only
splits at spaces.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import date
from enum import IntEnum
from functools import lru_cache

import tantivy
from huimin.v1 import policy_pb2

from backend.search.units import (
    RunKind,
    fold,
    initial_tokens,
    runs,
    sound_tokens,
    sound_triples,
    written_tokens,
    written_triples,
)
from backend.storage import policies

VERSION = 3
"""Raise it whenever a policy's document is made differently: the index is then built anew."""

NUMBER, DIGEST, NEWNESS = "number", "digest", "newness"
DOCUMENT_NUMBER, INITIALS, WORDS = "document_number", "initials", "words"
TRIPLES = "triples"
"""Threes of neighbours in titles and summaries, written and by sound."""


class Scope(IntEnum):
    """How much of a policy is looked at."""

    TITLE = 0
    BRIEF = 1
    WHOLE = 2


WRITTEN = ("title", "brief", "whole")
SOUND = ("title_sound", "brief_sound", "whole_sound")
"""The fields of each scope."""

_SENTENCE = re.compile(r"(?<=[。！？；\n])|(?<=[.!?;])\s")
_CACHED = 200_000
"""Sentences whose tokens are remembered while the index is built: official texts repeat each other."""
_EPOCH = date(1949, 10, 1)
_CENTURY = 36525
_RECENCY = 0.1
"""How much a hundred years count: the newer of two policies that match alike comes first, no more."""


def schema() -> tantivy.Schema:
    """The fields."""
    builder = tantivy.SchemaBuilder()
    for name in (*WRITTEN, *SOUND, DOCUMENT_NUMBER, INITIALS):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in (WORDS, TRIPLES):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
    builder.add_integer_field(NUMBER, indexed=True, fast=True)
    builder.add_integer_field(DIGEST, fast=True)
    builder.add_float_field(NEWNESS, fast=True)
    return builder.build()


def document(number: int, message: bytes) -> tantivy.Document:
    """The document of a wording, with its number and the bytes that are kept of it."""
    policy = policy_pb2.Policy.FromString(message)
    title = [policy.title.zh_cn, policy.title.en]
    summary = [policy.summary.zh_cn, policy.summary.en]
    body = [policy.issuer.zh_cn, policy.issuer.en]
    for section in policy.sections:
        body += [section.heading.zh_cn, section.text.zh_cn, section.heading.en, section.text.en]
    written = [_cut(_written, part) for part in (*title, *summary, *body)]
    sound = [_cut(_sound, part) for part in (*title, *summary, *body)]
    of_number = _cut(_written, policy.document_number)
    return tantivy.Document(
        title=written[:2],
        brief=written[:4],
        whole=[*written, of_number],
        title_sound=sound[:2],
        brief_sound=sound[:4],
        whole_sound=sound,
        document_number=[of_number],
        initials=[_joined(initial_tokens(part)) for part in title],
        triples=[_cut(_triples, part) for part in (policy.title.zh_cn, policy.summary.zh_cn)],
        words=[_joined(dict.fromkeys(_cut(_letters, part) for part in (*title, *summary, *body)))],
        number=number,
        digest=policies.mark(hashlib.sha256(message).digest()),
        newness=newness(date(policy.issue_date.year, policy.issue_date.month, policy.issue_date.day)),
    )


def newness(day: date) -> float:
    """What tantivy weighs a score with, as log2(2 + newness)."""
    return max(0.0, (day - _EPOCH).days / _CENTURY * _RECENCY)


def _joined(tokens: Iterable[str]) -> str:
    return " ".join(tokens)


def _cut(cut: Callable[[str], str], text: str) -> str:
    """The tokens of a text, sentence by sentence: none goes across the end of one."""
    return " ".join(cut(sentence) for sentence in _SENTENCE.split(text) if sentence)


@lru_cache(_CACHED)
def _written(sentence: str) -> str:
    return _joined(written_tokens(sentence))


@lru_cache(_CACHED)
def _sound(sentence: str) -> str:
    return _joined(sound_tokens(sentence))


@lru_cache(_CACHED)
def _triples(sentence: str) -> str:
    return _joined([*written_triples(sentence), *sound_triples(sentence)])


@lru_cache(_CACHED)
def _letters(sentence: str) -> str:
    """The words of letters as they stand there: beginnings and slips are sought among them."""
    return _joined(run.text for run in runs(fold(sentence)) if run.kind is RunKind.WORD)
