"""The words of which numbers, amounts, dates, times and codes are made, each by the name of its recording.

They are what a voice actor records once, so that a reference or an amount can be put together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from foundation.language import Language
from speech.spoken.english import WEEKDAYS
from speech.spoken.english_numbers import MONTHS, TENS, UNITS, ordinal
from speech.spoken.figures import LETTERS

MANDARIN = {
    "零": "ling2", "〇": "ling2", "一": "yi1", "幺": "yao1", "二": "er4", "两": "liang3", "三": "san1",
    "四": "si4", "五": "wu3", "六": "liu4", "七": "qi1", "八": "ba1", "九": "jiu3", "十": "shi2",
    "百": "bai3", "千": "qian1", "万": "wan4", "亿": "yi4", "一百": "yi4bai3", "一千": "yi4qian1",
    "一万": "yi2wan4", "一亿": "yi2yi4", "点": "dian3", "半": "ban4", "分": "fen1", "分钟": "fen1zhong1",
    "秒": "miao3", "元": "yuan2", "角": "jiao3", "年": "nian2", "月": "yue4", "日": "ri4", "号": "hao4",
    "星期": "xing1qi1", "凌晨": "ling2chen2", "上午": "shang4wu3", "中午": "zhong1wu3", "下午": "xia4wu3",
    "晚上": "wan3shang4", "到": "dao4", "百分之": "bai3fen1zhi1", "千分之": "qian1fen1zhi1", "负": "fu4",
    "艾克斯": "ai4ke4si1",
}  # fmt: skip
"""Named by their sound, with the figures of the tones: what sounds alike is one recording. 一 changes its
tone before 百, 千, 万 and 亿."""
ENGLISH = (
    *UNITS, *TENS[2:], "hundred", "thousand", "million", "billion", "trillion", "and", "point", "minus",
    "oh", "yuan", "fen", "per cent", "per mille", "a.m.", "p.m.", "noon", "midnight", "minute", "minutes",
    "second", "seconds", "until", "the", "of", *(ordinal(day) for day in range(1, 32)), *WEEKDAYS, *MONTHS,
)  # fmt: skip


def words(language: Language) -> Iterator[tuple[str, str]]:
    """Each word and the name of its recording, in the order in which they are read out."""
    if language is Language.ZH_CN:
        yield from ((word, f"word.{sound}") for word, sound in MANDARIN.items())
    else:
        yield from ((word, f"word.{_name(word)}") for word in dict.fromkeys(ENGLISH))
    yield from ((letter, f"word.letter-{letter.lower()}") for letter in LETTERS)


def _name(word: str) -> str:
    return re.sub(r"\W+", "-", word.lower()).strip("-")
