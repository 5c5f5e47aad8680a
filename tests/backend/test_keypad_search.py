"""Titles by their initials on the keys of a telephone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
import pytest_asyncio
from huimin.v1 import common_pb2, policy_pb2

from backend.search.keypad import keyed, keys_of
from backend.search.synonyms import Synonyms
from foundation.language import Language
from tests.backend import house as running
from tests.backend.house import House, failed
from tests.backend.indexed import made

ZH, EN = common_pb2.LANGUAGE_ZH_CN, common_pb2.LANGUAGE_EN
PACKAGED = Path(__file__).parents[2] / "backend" / "content"


def found(titles: list[str], keys: str, language: Language = Language.ZH_CN, *words: list[str]) -> list[str]:
    state = made(titles)
    return [titles[number] for number in state.find_keyed(keys, language, Synonyms.of(words), 20)]


def test_letters_stand_where_itu_t_e_161_has_them() -> None:
    assert keys_of("abcdefghijklmnopqrstuvwxyz") == "22233344455566677778889999"


@pytest.mark.parametrize(
    ("title", "keys"),
    [
        ("医疗保险", ["9529"]),
        ("银行贷款", ["9435"]),  # 行 is hang here
        ("2025年补贴", ["2025628"]),
        ("Housing fund loan", ["435"]),
        ("Support for the elderly", ["7383", "73"]),
        ("《医疗》（试行）", ["9579"]),
    ],
)
def test_a_title_is_keyed_by_the_initials_of_its_words(title: str, keys: list[str]) -> None:
    assert keyed(title) == keys


def test_a_title_that_begins_so_comes_before_one_that_has_it_in_the_middle() -> None:
    assert found(["城乡居民保险办法", "保险办法", "养老办法"], "29") == ["保险办法", "城乡居民保险办法"]
    assert found(["城乡居民医疗保险", "就业创业"], "529") == ["城乡居民医疗保险"]


def test_more_keys_narrow_it() -> None:
    titles = ["医疗保险办法", "医疗救助办法", "养老保险办法"]
    assert set(found(titles, "95")) == set(titles)
    assert set(found(titles, "952")) == {"医疗保险办法", "养老保险办法"}
    assert found(titles, "9559") == ["医疗救助办法"]
    assert found(titles, "9552") == []
    assert found(titles, "9552" + 30 * "2") == []


def test_two_words_of_a_title_may_be_apart() -> None:
    assert found(["医疗费用报销", "报销医疗费", "养老"], "9529") == ["医疗费用报销"]
    assert found(["报销医疗"], "9529") == []


def test_what_residents_call_it_is_found_as_what_it_is_called() -> None:
    assert found(["最低生活保障", "就业补贴"], "32", Language.ZH_CN, ["低保", "最低生活保障"]) == [
        "最低生活保障"
    ]


def test_english_titles_are_found_in_english_only_with_and_without_small_words() -> None:
    titles = ["Support for the elderly", "Loans of the housing fund"]
    assert found(titles, "7383", Language.EN) == titles[:1]
    assert found(titles, "73", Language.EN) == titles[:1]
    assert found(titles, "543", Language.EN) == titles[1:]


def test_a_long_title_is_found_by_all_of_it() -> None:
    title = "城乡居民基本医疗保险门诊慢性病用药保障实施办法"
    (row,) = keyed(title)
    assert found([title, "城乡居民养老保险"], row) == [title]
    assert found([title], row[3:20]) == [title]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demonstration(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with running.house(tmp_path_factory.mktemp("keypad") / "data", PACKAGED) as started:
        yield started


async def search(
    house: House, keys: str, language: common_pb2.Language.ValueType = ZH, **more: object
) -> policy_pb2.SearchPoliciesResponse:
    request = policy_pb2.SearchPoliciesRequest(query=keys, language=language, keypad=True, **more)  # type: ignore[arg-type]
    return await house.stubs.policy.SearchPolicies(request)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("language", [ZH, EN])
async def test_every_title_of_the_demonstration_is_found_first_or_second_by_all_its_initials(
    demonstration: House, language: common_pb2.Language.ValueType
) -> None:
    listed = await demonstration.stubs.policy.ListPolicies(policy_pb2.ListPoliciesRequest(page_size=100))
    assert len(listed.policies) > 50
    for policy in listed.policies:
        title = policy.title.zh_cn if language == ZH else policy.title.en
        for row in keyed(title):
            answer = await search(demonstration, row, language, page_size=2)
            assert policy.name in [match.policy.name for match in answer.matches], title
            assert all(match.passage and not match.highlights for match in answer.matches)


@pytest.mark.asyncio(loop_scope="module")
async def test_pages_go_on_where_the_one_before_ended(demonstration: House) -> None:
    whole = [match.policy.name for match in (await search(demonstration, "9", page_size=100)).matches]
    first = await search(demonstration, "9", page_size=3)
    second = await search(demonstration, "9", page_size=3, page_token=first.next_page_token)
    assert [match.policy.name for match in (*first.matches, *second.matches)] == whole[:6]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await search(demonstration, "9", EN, page_token=first.next_page_token)
    assert failed(refused.value).violations == {"page_token": "MALFORMED"}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("keys", ["9a", "*", "医保", "９９x"])
async def test_what_is_no_key_is_refused(demonstration: House, keys: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await search(demonstration, keys)
    assert failed(refused.value).violations == {"query": "MALFORMED"}


@pytest.mark.asyncio(loop_scope="module")
async def test_keys_with_which_no_title_begins_find_nothing(demonstration: House) -> None:
    assert not (await search(demonstration, "00000")).matches
    assert not (await search(demonstration, "1")).matches
