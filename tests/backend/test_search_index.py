"""The search index: follows what is published, survives what happens to a folder, is the same everywhere."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest
from huimin.v1 import common_pb2, policy_pb2
from structlog.testing import capture_logs

from backend.authoring.reading import Content, read_content
from backend.search import keeping
from backend.search.document import VERSION
from backend.server import SEARCH_INDEX
from backend.storage.publishing import Origin, publish
from tests.backend import house as running
from tests.backend.house import CONTENT, House

QUERIES = ("医保", "yibao", "pension", "报销比例", "db", "办法", "惠医保发〔2024〕17号", "银行")


async def names(house: House, query: str) -> list[str]:
    answer = await house.stubs.policy.SearchPolicies(
        policy_pb2.SearchPoliciesRequest(query=query, language=common_pb2.LANGUAGE_ZH_CN)
    )
    return [match.policy.name.removeprefix("policies/") for match in answer.matches]


async def until_found(house: House, query: str, expected: list[str]) -> None:
    end = time.monotonic() + 10
    while await names(house, query) != expected:
        assert time.monotonic() < end, await names(house, query)
        await asyncio.sleep(0.05)


def changed(content: Content, name: str, before: str, after: str) -> Content:
    """The content with other words in one policy, and without the loans of banks."""
    policies = []
    for policy in content.policies:
        if policy.name == f"policies/{name}":
            other = policy_pb2.Policy()
            other.CopyFrom(policy)
            other.title.zh_cn = policy.title.zh_cn.replace(before, after)
            assert other != policy
            policies.append(other)
        elif policy.name != "policies/bank-loans":
            policies.append(policy)
    return replace(content, policies=tuple(policies), digest=content.digest[::-1])


async def test_it_follows_a_publication_while_serving_and_writes_only_what_changed(house: House) -> None:
    content = read_content(CONTENT)
    title = next(policy for policy in content.policies if policy.name == "policies/stalls").title.zh_cn
    assert await names(house, title) == ["stalls"]
    other = changed(content, "stalls", title, "骑车出行办法")
    with capture_logs() as logs:
        await publish(house.database, other, house.clock(), Origin())
        await until_found(house, "骑车", ["stalls"])
    followed = [entry for entry in logs if entry["event"] == "search_index_follows"]
    assert [(entry["added"], entry["removed"]) for entry in followed] == [(1, 2)]
    assert "bank-loans" not in await names(house, "银行")


async def test_it_is_kept_over_a_restart(tmp_path: Path) -> None:
    async with running.house(tmp_path / "data") as before:
        found = {query: await names(before, query) for query in QUERIES}
    with capture_logs() as logs:
        async with running.house(tmp_path / "data") as after:
            assert {query: await names(after, query) for query in QUERIES} == found
    assert "search_index_follows" not in {entry["event"] for entry in logs}


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"segments": [{"segment_id": "0"}]}'])
async def test_one_that_cannot_be_read_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    async with running.house(tmp_path / "data") as before:
        found = await names(before, "医保")
    running.write(tmp_path / "data" / SEARCH_INDEX / f"v{VERSION}" / "meta.json", damage)
    async with running.house(tmp_path / "data") as after:
        assert await names(after, "医保") == found != []


async def test_one_of_another_version_is_removed(tmp_path: Path) -> None:
    old = tmp_path / "data" / SEARCH_INDEX / "v0"
    old.mkdir(parents=True)
    (old / "meta.json").write_bytes(b"{}")
    async with running.house(tmp_path / "data") as house:
        assert await names(house, "银行")
    assert not old.exists()


async def test_it_never_shows_wordings_of_another_database(tmp_path: Path) -> None:
    """Numbers of wordings begin anew in every database; a folder may meet another one after a restore."""
    content = running.copy_content(tmp_path / "content")
    async with running.house(tmp_path / "data", content):
        pass
    for file in sorted((content / "policies").glob("*.yaml"))[:2]:
        file.unlink()
    for file in (tmp_path / "data").glob("huimin.sqlite3*"):
        file.unlink()
    async with running.house(tmp_path / "data", content) as other:
        for policy in read_content(content).policies:
            assert policy.name.removeprefix("policies/") in await names(other, policy.title.zh_cn)


async def test_two_backends_over_one_folder_both_search(tmp_path: Path) -> None:
    async with running.house(tmp_path / "data") as one, running.house(tmp_path / "data") as other:
        for query in QUERIES:
            assert await names(one, query) == await names(other, query) != []


async def test_a_large_one_is_searched_while_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_BATCH", 1)
    sizes: list[int] = []
    newest = keeping.PolicySearch._newest

    def noted(search: keeping.PolicySearch) -> object:
        state = newest(search)
        sizes.append(state.size)
        return state

    monkeypatch.setattr(keeping.PolicySearch, "_newest", noted)
    async with running.house(tmp_path / "data") as house:
        whole = len(read_content(CONTENT).policies)
        assert sizes[0] == 0
        assert sizes[-1] == whole
        assert sizes == sorted(sizes)
        assert len(sizes) > 3
        assert await names(house, "医保")


async def test_a_backend_stops_while_it_is_made_and_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_BATCH", 1)
    monkeypatch.setattr(keeping, "START_SECONDS", 0.0)
    began = time.monotonic()
    for pause in (0.0, 0.05):
        async with running.house(tmp_path / "data"):
            await asyncio.sleep(pause)
    assert time.monotonic() - began < 20
    async with running.house(tmp_path / "data") as house:
        await until_found(house, "银行卡", ["hospital-costs"])


async def test_both_databases_answer_alike(tmp_path: Path, empty_database: str) -> None:
    async with running.house(tmp_path / "data", database=empty_database) as house:
        for query, best in (("医保", "insurance-contributions"), ("医宝", "insurance-contributions")):
            assert (await names(house, query))[:1] == [best]
        assert len(await names(house, "办法")) > 3
