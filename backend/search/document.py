"""What the index keeps of a policy: fields of tokens, its number, and how new it is.

The three fields of a kind hold one another, so that one scope is one field: `title`, then `brief` with the
summary, then `whole` with all of the text; likewise of the sound. Texts are cut by `units`; tantivy only
splits at spaces.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

import tantivy
from huimin.v1 import policy_pb2

from backend.search import keypad
from backend.search.pinyin import sounds
from backend.search.units import JOINT, RunKind, fold, neighbours, run_tokens, runs, triples
from backend.storage import policies
from foundation.language import Language

VERSION = 4
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
_CACHED = 150_000
"""Sentences whose tokens are remembered while the index is built: official texts repeat each other."""
_EPOCH = date(1949, 10, 1)
_CENTURY = 36525
_RECENCY = 0.1
"""How much a hundred years count: the newer of two policies that match alike comes first, no more."""


def schema() -> tantivy.Schema:
    """The fields."""
    builder = tantivy.SchemaBuilder()
    for name in (*WRITTEN, *SOUND, DOCUMENT_NUMBER, INITIALS, *keypad.PAIRS.values()):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in (WORDS, TRIPLES, *keypad.BEGINNINGS.values()):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
    builder.add_integer_field(NUMBER, indexed=True, fast=True)
    builder.add_integer_field(DIGEST, fast=True)
    builder.add_float_field(NEWNESS, fast=True)
    return builder.build()


def document(number: int, message: bytes) -> tantivy.Document:
    """The document of a wording, with its number and the bytes that are kept of it."""
    policy = policy_pb2.Policy.FromString(message)
    title = [_tokens(policy.title.zh_cn), _tokens(policy.title.en)]
    brief = [*title, _tokens(policy.summary.zh_cn), _tokens(policy.summary.en)]
    whole = [*brief, _tokens(policy.issuer.zh_cn), _tokens(policy.issuer.en)]
    for section in policy.sections:
        for text in (section.heading, section.text):
            whole += [_tokens(text.zh_cn), _tokens(text.en)]
    of_number = _tokens(policy.document_number).written
    return tantivy.Document(
        title=[part.written for part in title],
        brief=[part.written for part in brief],
        whole=[*(part.written for part in whole), of_number],
        title_sound=[part.sound for part in title],
        brief_sound=[part.sound for part in brief],
        whole_sound=[part.sound for part in whole],
        document_number=[of_number],
        initials=[part.initials for part in title],
        words=[" ".join(dict.fromkeys(part.words for part in whole))],
        triples=[part.triples for part in brief],
        number=number,
        digest=policies.mark(hashlib.sha256(message).digest()),
        newness=newness(date(policy.issue_date.year, policy.issue_date.month, policy.issue_date.day)),
        **_keyed(Language.ZH_CN, policy.title.zh_cn),
        **_keyed(Language.EN, policy.title.en),
    )


def _keyed(language: Language, title: str) -> dict[str, list[str]]:
    """A title by the keys of a telephone."""
    rows = keypad.keyed(title)
    return {
        keypad.BEGINNINGS[language]: [keypad.beginning_tokens(rows)],
        keypad.PAIRS[language]: keypad.pair_tokens(rows),
    }


def newness(day: date) -> float:
    """What tantivy weighs a score with, as log2(2 + newness)."""
    return max(0.0, (day - _EPOCH).days / _CENTURY * _RECENCY)


def forget() -> None:
    """Frees what was remembered for building."""
    _sentence_tokens.cache_clear()


class _Tokens(NamedTuple):
    """The tokens of a text, each kind with spaces between."""

    written: str
    sound: str
    initials: str
    triples: str
    words: str


def _tokens(text: str) -> _Tokens:
    """The tokens of a text, sentence by sentence: none goes across the end of one."""
    sentences = [_sentence_tokens(sentence) for sentence in _SENTENCE.split(text)]
    return sentences[0] if len(sentences) == 1 else _Tokens(*map(" ".join, zip(*sentences, strict=True)))


@lru_cache(_CACHED)
def _sentence_tokens(sentence: str) -> _Tokens:
    found = list(runs(fold(sentence)))
    chinese = [run.text for run in found if run.kind is RunKind.HAN]
    heard = [sounds(text) for text in chinese]
    sound, initials, threes = [], [], []
    for text, syllables in zip(chinese, heard, strict=True):
        sound += neighbours(syllables, JOINT, closed=True)
        initials += neighbours([syllable[0] for syllable in syllables], closed=True)
        threes += [*triples(text), *triples(syllables, JOINT)]
    words = [run.text for run in found if run.kind is RunKind.WORD]
    return _Tokens(*map(" ".join, (run_tokens(found), sound, initials, threes, words)))
