"""What people type finds the right policy first, and shows where."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
import pytest_asyncio
from huimin.v1 import common_pb2, policy_pb2

from backend.search.query import understand
from backend.search.synonyms import Synonyms
from tests.backend import house as running
from tests.backend.house import House, failed

ZH, EN = common_pb2.LANGUAGE_ZH_CN, common_pb2.LANGUAGE_EN


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def library(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with running.house(tmp_path_factory.mktemp("search") / "data") as started:
        yield started


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def search(
    house: House,
    query: str,
    language: common_pb2.Language.ValueType = ZH,
    size: int = 0,
    page: str = "",
) -> policy_pb2.SearchPoliciesResponse:
    return await house.stubs.policy.SearchPolicies(
        policy_pb2.SearchPoliciesRequest(query=query, language=language, page_size=size, page_token=page)
    )


async def names(house: House, query: str) -> list[str]:
    return [match.policy.name.removeprefix("policies/") for match in (await search(house, query)).matches]


def marked(match: policy_pb2.PolicyMatch) -> list[str]:
    return [match.passage[mark.start : mark.end] for mark in match.highlights]


BEST = [
    ("医保", "insurance-contributions"),  # the word itself in a title before its synonym
    ("医疗保险", "critical-illness"),
    ("低保", "minimum-living"),  # found by its synonym only
    ("最低生活保障", "minimum-living"),
    ("yibao", "insurance-contributions"),
    ("YiBao", "insurance-contributions"),
    ("yībǎo", "insurance-contributions"),
    ("yi bao", "insurance-contributions"),
    ("yi'bao", "insurance-contributions"),
    ("yb", "insurance-contributions"),
    ("YB", "insurance-contributions"),
    ("ylbx", "critical-illness"),
    ("yiliaobaoxian", "critical-illness"),
    ("yiliaobaox", "critical-illness"),  # not typed to its end
    ("dibao", "minimum-living"),
    ("db", "minimum-living"),
    ("zdsh", "minimum-living"),
    ("pension", "pension-proof"),
    ("Pensions", "pension-proof"),
    ("PENSION proof", "pension-proof"),
    ("insured stay reimbursed", "hospital-costs"),
    ("reimburse", "hospital-costs"),
    ("reimb", "hospital-costs"),
    ("medical insurance", "insurance-contributions"),
    ("hukou", "minimum-living"),
    ("医保报销", "hospital-costs"),  # two words without a space, apart in the text
    ("医保 报销", "hospital-costs"),
    ("yibao baoxiao", "hospital-costs"),
    ("yibao报销", "hospital-costs"),
    ("yibaobaoxiao", "hospital-costs"),
    ("怎么申请低保", "minimum-living"),
    ("how do i apply for household registration", "minimum-living"),
    ("银行", "bank-loans"),
    ("yinhang", "bank-loans"),  # 行 is hang here
    ("重度", "disability"),
    ("zhongdu", "disability"),  # 重 is zhong here
    ("惠医保发〔2024〕17号", "hospital-costs"),
    ("惠医保发〔2024〕7号", "insurance-contributions"),
    ("惠医保发［２０２４］１７号", "hospital-costs"),
    ("惠医保发(2024)17号", "hospital-costs"),
    ("惠医保发2024年17号", "hospital-costs"),
    ("惠人社发", "pension-proof"),
    ("２０２５ ３号", "pension-proof"),
    ("村干部", "pension-proof"),
    ("摊", "stalls"),
    ("tan", "stalls"),
    ("evening", "stalls"),
]


@pytest.mark.parametrize(("query", "best"), BEST)
async def test_the_best_policy_comes_first(library: House, query: str, best: str) -> None:
    assert (await names(library, query))[:1] == [best]


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("yinxing", "bank-loans"),
        ("chongdu", "disability"),
        ("保险柜", "stalls"),
    ],
)
async def test_what_only_looks_alike_is_not_found(library: House, query: str, wrong: str) -> None:
    assert wrong not in await names(library, query)


async def test_the_title_counts_more_than_the_summary_and_the_summary_more_than_the_text(
    library: House,
) -> None:
    found = await names(library, "医保")
    assert found.index("insurance-contributions") < found.index("hospital-costs") < found.index("bank-loans")


async def test_where_no_policy_has_all_words_those_with_any_are_found(library: House) -> None:
    assert set(await names(library, "摆摊 养老金")) == {"stalls", "pension-proof"}


async def test_the_passage_shows_what_matched_in_the_wanted_language(library: House) -> None:
    chinese = (await search(library, "银行卡")).matches[0]
    assert chinese.policy.name == "policies/hospital-costs"
    assert marked(chinese) == ["银行卡"]
    assert not chinese.policy.sections
    english = (await search(library, "bank cards", EN)).matches[0]
    assert english.policy.name == "policies/hospital-costs"
    assert marked(english) == ["card", "bank card"]


@pytest.mark.parametrize(
    ("query", "language", "marks"),
    [
        ("yibao", ZH, {"医保"}),
        ("yb", ZH, {"医保"}),
        ("医疗保险", ZH, {"医保"}),  # the synonym that stands in the text
        ("yinhangka", ZH, {"银行卡"}),
        ("报销", ZH, {"报销"}),
        ("compensated hospital", EN, {"hospital"}),
        ("HOSPITAL", EN, {"hospital"}),
    ],
)
async def test_whatever_was_typed_the_text_is_marked(
    library: House, query: str, language: common_pb2.Language.ValueType, marks: set[str]
) -> None:
    matches = (await search(library, query, language)).matches
    hospital = next(match for match in matches if match.policy.name == "policies/hospital-costs")
    assert set(marked(hospital)) == marks


async def test_where_the_words_are_in_the_other_language_the_same_part_is_shown(library: House) -> None:
    match = (await search(library, "tumours", ZH)).matches[0]
    assert match.passage == "恶性肿瘤等疾病。"
    assert not match.highlights


@pytest.mark.parametrize("query", [query for query, _ in BEST])
@pytest.mark.parametrize("language", [ZH, EN])
async def test_passages_are_short_and_their_marks_in_order(
    library: House, query: str, language: common_pb2.Language.ValueType
) -> None:
    for match in (await search(library, query, language)).matches:
        assert 0 < len(match.passage) <= 120
        assert "\n" not in match.passage
        end = -1
        for mark in match.highlights:
            assert end < mark.start < mark.end <= len(match.passage)
            end = mark.end


async def test_a_long_text_is_cut_around_the_match(library: House) -> None:
    match = next(
        match
        for match in (await search(library, "外地住院")).matches
        if match.policy.name == "policies/hospital-costs"
    )
    assert "外地住院" in marked(match)
    assert match.passage.startswith("…")
    assert match.passage.endswith("…")


@pytest.mark.parametrize(
    "query",
    [
        '"',
        '医保"',
        "title:医保",
        "医保*",
        "医保 OR 低保",
        "NEAR(医保 低保)",
        "医保) AND (",
        "-医保",
        "{title} : x",
        "'; DROP TABLE cases;--",
        "%",
        "^医保",
        "\\",
    ],
)
async def test_a_query_is_text_and_never_syntax(library: House, query: str) -> None:
    answer = await search(library, query)
    if "医保" in query:
        assert "insurance-contributions" in [
            match.policy.name.removeprefix("policies/") for match in answer.matches
        ]


@pytest.mark.parametrize("query", ["？？？", "…", "🙂", "。 ，"])
async def test_a_query_with_nothing_to_find_finds_nothing(library: House, query: str) -> None:
    assert not (await search(library, query)).matches


@pytest.mark.parametrize(
    ("query", "reason"),
    [("", "REQUIRED"), ("   ", "REQUIRED"), ("一" * 101, "TOO_LONG"), ("医\x00保", "BAD_CHARACTER")],
)
async def test_a_query_has_bounds(library: House, query: str, reason: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await search(library, query)
    refusal = failed(caught.value)
    assert (refusal.code, refusal.violations) == (grpc.StatusCode.INVALID_ARGUMENT, {"query": reason})


async def test_hostile_queries_are_answered_in_time(library: House) -> None:
    for query in ("a" * 100, "xian" * 25, "yi " * 33, "一" * 100, "a1" * 50, "ngngng" * 16, "的" * 100):
        await library.stubs.policy.SearchPolicies(
            policy_pb2.SearchPoliciesRequest(query=query, language=ZH), timeout=2
        )


async def test_results_come_in_pages_without_gaps(library: House) -> None:
    whole = await names(library, "办法")
    assert len(whole) > 3
    seen, page = [], ""
    while True:
        answer = await search(library, "办法", size=2, page=page)
        seen += [match.policy.name.removeprefix("policies/") for match in answer.matches]
        page = answer.next_page_token
        if not page:
            break
    assert seen == whole
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        first = await search(library, "办法", size=2)
        await search(library, "医保", size=2, page=first.next_page_token)
    assert failed(caught.value).violations == {"page_token": "MALFORMED"}


async def test_the_index_follows_the_content(tmp_path: Path) -> None:
    content = running.copy_content(tmp_path / "content")
    async with running.house(tmp_path / "data", content) as before:
        assert await names(before, "摆摊") == ["stalls"]
    file = content / "policies" / "stalls.yaml"
    file.write_text(file.read_text("utf-8").replace("摆摊", "骑车"), "utf-8")
    (content / "policies" / "bank-loans.yaml").unlink()
    async with running.house(tmp_path / "data", content) as after:
        assert await names(after, "摆摊") == []
        assert await names(after, "骑车") == ["stalls"]
        assert await names(after, "银行") == ["hospital-costs"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("养老金领取条件", ["养老金", "领取", "条件"]),
        ("低保户", ["低保"]),
        ("医保报销", ["医保", "报销"]),
    ],
)
async def test_a_run_of_chinese_is_cut_into_its_likeliest_words(query: str, words: list[str]) -> None:
    frequent = {
        "养老": 9,
        "老金": 7,
        "金领": 1,
        "领取": 9,
        "取条": 0,
        "条件": 20,
        "低保": 3,
        "医保": 12,
        "保报": 2,
        "报销": 10,
    }
    cut = understand(query, Synonyms.of([])).cut(frequent)
    assert ["".join(piece.literal[0].units) for piece in cut.pieces] == words


async def test_a_corrected_query_is_told_and_can_be_searched_for_as_it_was_typed(library: House) -> None:
    found = await search(library, "医宝")
    assert found.corrected_query == "医保"
    assert found.matches
    assert (await search(library, "医保")).corrected_query == ""
    request = policy_pb2.SearchPoliciesRequest(query="医宝", language=ZH, as_typed=True)
    typed = await library.stubs.policy.SearchPolicies(request)
    assert typed.corrected_query == ""
    assert {match.policy.name for match in typed.matches} != {match.policy.name for match in found.matches}


async def test_a_page_of_what_was_corrected_goes_on_with_its_own_token_only(library: House) -> None:
    first = await search(library, "医宝", size=1)
    assert first.next_page_token
    following = await search(library, "医宝", size=1, page=first.next_page_token)
    assert following.matches[0].policy.name != first.matches[0].policy.name
    assert following.corrected_query == ""
    request = policy_pb2.SearchPoliciesRequest(
        query="医宝", language=ZH, page_size=1, page_token=first.next_page_token, as_typed=True
    )
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await library.stubs.policy.SearchPolicies(request)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
