"""What was meant by a slip, and that what is no slip is left as it is."""

from __future__ import annotations

import pytest
from huimin.v1 import common_pb2, policy_pb2

from backend.search import slips
from backend.search.correction import in_writing
from backend.search.query import understand
from backend.search.synonyms import Synonyms
from tests.backend.indexed import made

SYNONYMS = Synonyms.of([["bursary", "scholarship"], ["医保", "医疗保险"]])
TITLES = [
    "城乡居民养老保险实施办法",
    "城乡居民医保参保缴费办法",
    "住房公积金贷款办法",
    "农村宅基地申请审批办法",
    "生源地助学贷款办法",
    "残疾人生活补贴办法",
    "公租房申请办法",
    "Bursaries and unemployment benefit",
]
INDEX = made(TITLES)


def meant(typed: str) -> list[str] | None:
    """The words that were meant, as they are written or sound."""
    query = slips.meant(understand(typed, SYNONYMS), INDEX.lexicon)
    return None if query is None else [" ".join(piece.literal[0].units) for piece in query.pieces]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("医宝", ["yi bao"]),  # sounds alike
        ("公机金", ["gong ji jin"]),
        ("仰老保险", ["yang lao bao xian"]),
        ("斋机地", ["zhai ji di"]),
        ("养保险", ["养 老 保 险"]),  # one is missing
        ("公公租房", ["公 租 房"]),  # one is too many
        ("公金积", ["公 积 金"]),  # two have changed places
        ("助字贷款", ["助 学 贷 款"]),  # one is wrong, and sounds otherwise
        ("zaijidi", ["zhai ji di"]),  # as many regions speak
        ("gongzhufang", ["gong zu fang"]),
        ("canjireng", ["can ji ren"]),
        ("yanglaobaoxan", ["yang lao bao xian"]),  # a letter is missing
        ("yangloabaoxian", ["yang lao bao xian"]),  # two have changed places
        ("gonjjjn", None),  # two slips
        ("yibap", ["yi bao"]),  # the key beside
        ("zhuxuedaikaun", ["zhu xue dai kuan"]),
        ("unemploymnet", ["unemploy"]),
        ("benefti", ["benefit"]),
        ("scholarshp", ["scholarship"]),  # a word of the synonyms only
    ],
)
def test_a_slip_is_corrected(typed: str, words: list[str] | None) -> None:
    assert meant(typed) == words


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("医宝", "医保"),
        ("公机金", "公积金"),
        ("养保险", "养老保险"),
        ("助字贷款", "助学贷款"),
        ("zaijidi", "宅基地"),
        ("benefti", "benefit"),
        ("yanglaobaoxan", "养老保险"),
    ],
)
def test_what_was_corrected_is_told_in_writing(typed: str, written: str) -> None:
    """By its characters, also where it was found by its sound; as it was typed it is not corrected."""
    query = understand(typed, SYNONYMS)
    number, reading = next(iter(INDEX.find(query, 10).items()))
    title = common_pb2.LocalizedText(zh_cn=TITLES[number], en=TITLES[number])
    assert reading.corrected
    assert in_writing(reading, policy_pb2.Policy(title=title)) == written
    assert not any(found.corrected for found in INDEX.find(query, 10, as_typed=True).values())


@pytest.mark.parametrize(
    "typed",
    ["养老保险", "医保", "公积金贷款", "yanglaobaoxian", "benefit", "the", "2025", "龘靐", "qqqqqq", "市"],
)
def test_what_is_no_slip_is_left_as_it_is(typed: str) -> None:
    assert meant(typed) is None


@pytest.mark.parametrize(
    ("typed", "word", "cost"),
    [
        ("bap", "bao", slips._NEXT_KEY),
        ("bax", "bao", slips._WRONG),
        ("boa", "bao", slips._MISPLACED),
        ("ba", "bao", slips._MISSING),
        ("baoo", "bao", slips._TOO_MANY),
        ("oab", "bao", None),
        ("b", "bao", None),
    ],
)
def test_every_kind_of_slip_has_its_price(typed: str, word: str, cost: float | None) -> None:
    assert slips._slip_cost(typed, word) == cost


@pytest.mark.parametrize(
    ("syllable", "near"),
    [
        ("zong", {"zhong"}),
        ("shen", {"sen", "sheng", "seng"}),
        ("lan", {"nan", "lang", "nang"}),
        ("er", set()),
    ],
)
def test_some_sounds_are_not_told_apart(syllable: str, near: set[str]) -> None:
    assert slips._near_sounds(syllable) == near


def test_keys_have_the_neighbours_of_a_keyboard() -> None:
    keys = slips._next_keys()
    assert keys["g"] == frozenset("tyfhvb")
    assert keys["p"] == frozenset("ol")
    assert all(key in keys[other] for key, others in keys.items() for other in others)
