"""Which lists have an index, and what stands under which initial."""

from __future__ import annotations

from foundation.language import Language
from kiosk.initials import LONG, STAR, Group, groups
from kiosk.input.words import Words

WORDS = Words.read()
TOWNS = ["重阳乡", "长乐镇", "安居社区", "永福镇", "东湖街道", "“和平”街道", "白云街道", "中心街道"]
MORE = [f"{name}二号" for name in TOWNS]


def names(found: list[Group], labels: list[str]) -> dict[str, list[str]]:
    return {group.initial: [labels[number] for number in group.members] for group in found}


def test_a_short_list_stays_as_it_is() -> None:
    assert groups(TOWNS[:LONG], Language.ZH_CN, WORDS) == []


def test_chinese_is_found_by_the_pinyin_of_its_words() -> None:
    """重阳 is chong yang; what is no character counts for nothing."""
    labels = TOWNS + MORE
    found = names(groups(labels, Language.ZH_CN, WORDS), labels)
    assert list(found) == ["A", "B", "C", "D", "H", "Y", "Z"]
    assert found["C"] == ["长乐镇", "长乐镇二号", "重阳乡", "重阳乡二号"]
    assert found["H"] == ["“和平”街道", "“和平”街道二号"]


def test_english_is_found_by_its_letters() -> None:
    labels = [f"{letter}{number} Road" for number in range(4) for letter in "DaCb"]
    found = names(groups(labels, Language.EN, WORDS), labels)
    assert list(found) == ["A", "B", "C", "D"]
    assert found["A"] == [f"a{number} Road" for number in range(4)]


def test_what_is_used_most_stands_first_and_once() -> None:
    labels = TOWNS + MORE
    first, *others = groups(labels, Language.ZH_CN, WORDS, often=3)
    assert first == Group(STAR, (0, 1, 2))
    assert sorted(number for group in others for number in group.members) == list(range(3, len(labels)))


def test_a_list_of_numbers_has_no_index() -> None:
    years = [f"{year} 年" for year in range(2000, 2030)]
    assert groups(years, Language.ZH_CN, WORDS) == []


def test_without_a_dictionary_there_is_no_index() -> None:
    assert groups(TOWNS + MORE, Language.ZH_CN, Words()) == []
