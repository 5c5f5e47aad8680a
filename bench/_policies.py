"""Policies for measuring: as many as are asked for, always the same, with words as frequent as in real texts.

The words of the demonstration content come first, then ordinary words of the language; how often each is used
follows Zipf's law with a random share. Sentences come from a store of 50,000, as public texts repeat theirs,
titles are each their own.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from typing import overload

from google.type import date_pb2
from huimin.v1 import common_pb2, policy_pb2
from pypinyin.phrases_dict import phrases_dict
from pypinyin.seg.mmseg import seg

from backend.authoring.reading import read_content
from backend.search.units import RunKind, fold, runs
from backend.settings import PACKAGED

SENTENCES = 50_000
_KINDS = ("办法", "通知", "意见", "实施方案", "管理规定", "实施细则", "补贴办法", "暂行规定")
_TOPICS = tuple(f"topics/{name}" for name in ("medical-care", "pensions", "farming", "employment", "housing"))
_FIRST_DAY = date(2000, 1, 1)
_DAYS = 9000


class Vocabulary:
    """Words and how often each is used."""

    def __init__(self, words: Sequence[str], exponent: float = 1.0) -> None:
        self.words = words
        self._sums = list(accumulate(1 / (rank + 3) ** exponent for rank in range(len(words))))

    def draw(self, chance: random.Random, count: int) -> list[str]:
        """So many words."""
        return [self.words[bisect(self._sums, chance.random() * self._sums[-1])] for _ in range(count)]


@dataclass(frozen=True, slots=True)
class Language:
    """The words of both languages."""

    chinese: Vocabulary
    english: Vocabulary


@cache
def language() -> Language:
    """The words of the demonstration content, the most frequent first, then others."""
    chance = random.Random(3)
    used: dict[RunKind, dict[str, int]] = {RunKind.HAN: {}, RunKind.WORD: {}}
    for policy in read_content(PACKAGED).policies:
        texts = [policy.title, policy.summary, *(section.text for section in policy.sections)]
        for text in texts:
            for run in (*runs(fold(text.zh_cn)), *runs(fold(text.en))):
                for word in seg.cut(run.text) if run.kind is RunKind.HAN else [run.text]:
                    if run.kind in used and (run.kind is RunKind.WORD or len(word) > 1):
                        used[run.kind][word] = used[run.kind].get(word, 0) + 1
    chinese = sorted(used[RunKind.HAN], key=lambda word: (-used[RunKind.HAN][word], word))
    english = sorted(used[RunKind.WORD], key=lambda word: (-used[RunKind.WORD][word], word))
    known = set(chinese)
    others = sorted(word for word in phrases_dict if len(word) in (2, 3) and word not in known)
    chance.shuffle(others)
    endings = ("tion", "ment", "ing", "er", "al", "ity", "ance", "s", "ed", "able")
    rare = sorted(
        {word[: chance.randint(3, 6)] + chance.choice(endings) for word in english * 8} - set(english)
    )
    chance.shuffle(rare)
    return Language(Vocabulary([*chinese, *others]), Vocabulary([*english, *rare]))


@cache
def _sentences() -> list[tuple[str, str]]:
    words, chance = language(), random.Random(4)
    return [
        (
            "，".join(
                "".join(words.chinese.draw(chance, chance.randint(3, 7))) for _ in range(chance.randint(1, 3))
            )
            + "。",
            " ".join(words.english.draw(chance, chance.randint(6, 16))).capitalize() + ".",
        )
        for _ in range(SENTENCES)
    ]


class MadePolicies(Sequence[policy_pb2.Policy]):
    """So many policies, made when they are asked for; one of a place is always the same."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> policy_pb2.Policy: ...
    @overload
    def __getitem__(self, place: slice) -> list[policy_pb2.Policy]: ...
    def __getitem__(self, place: int | slice) -> policy_pb2.Policy | list[policy_pb2.Policy]:
        if isinstance(place, slice):
            return [_policy(number) for number in range(self._count)[place]]
        return _policy(range(self._count)[place])


def _policy(number: int) -> policy_pb2.Policy:
    words, chance = language(), random.Random(number)
    day = _FIRST_DAY + timedelta(days=chance.randrange(_DAYS))
    subject = "".join(words.chinese.draw(chance, chance.randint(2, 5)))
    return policy_pb2.Policy(
        name=f"policies/made-{number}",
        topic=chance.choice(_TOPICS),
        title=common_pb2.LocalizedText(
            zh_cn=subject + chance.choice(_KINDS),
            en=" ".join(words.english.draw(chance, chance.randint(3, 8))).capitalize(),
        ),
        document_number=f"惠政发〔{day.year}〕{number}号",
        issuer=common_pb2.LocalizedText(zh_cn="惠民县人民政府", en="Huimin County People's Government"),
        issue_date=date_pb2.Date(year=day.year, month=day.month, day=day.day),
        summary=_text(chance, 2),
        sections=[
            common_pb2.Section(
                heading=common_pb2.LocalizedText(
                    zh_cn="".join(words.chinese.draw(chance, 2)),
                    en=" ".join(words.english.draw(chance, 2)),
                ),
                text=_text(chance, 2),
            )
            for _ in range(chance.randint(3, 6))
        ],
        demonstration=True,
    )


def _text(chance: random.Random, most: int) -> common_pb2.LocalizedText:
    chosen = chance.choices(_sentences(), k=chance.randint(1, most))
    return common_pb2.LocalizedText(
        zh_cn="".join(chinese for chinese, _ in chosen), en=" ".join(english for _, english in chosen)
    )
