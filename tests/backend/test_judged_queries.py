"""What residents type, judged: the policy that is meant is found first, or among the first three."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
import yaml
from huimin.v1 import common_pb2, policy_pb2

from backend.settings import PACKAGED
from tests.backend import house as running
from tests.backend.house import House

FIRST, AMONG_THREE = 0.90, 0.98
LIST = Path(__file__).parent / "judged_queries.yaml"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class Judged:
    kind: str
    query: str
    best: tuple[str, ...]
    held_out: bool


@dataclass(frozen=True)
class Answered:
    judged: Judged
    found: tuple[str, ...]

    @property
    def first(self) -> bool:
        return self.found[:1] != () and self.found[0] in self.judged.best

    @property
    def among_three(self) -> bool:
        return any(name in self.judged.best for name in self.found[:3])


def the_list() -> list[Judged]:
    return [
        Judged(kind, entry["query"], tuple(entry["best"]), entry.get("held_out", False))
        for kind, entries in yaml.safe_load(LIST.read_text("utf-8")).items()
        for entry in entries
    ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demonstration(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with running.house(tmp_path_factory.mktemp("judged") / "data", PACKAGED) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def answers(demonstration: House) -> list[Answered]:
    answered = []
    for judged in the_list():
        answer = await demonstration.stubs.policy.SearchPolicies(
            policy_pb2.SearchPoliciesRequest(query=judged.query, language=common_pb2.LANGUAGE_ZH_CN)
        )
        names = tuple(match.policy.name.removeprefix("policies/") for match in answer.matches)
        answered.append(Answered(judged, names))
    return answered


async def test_the_list_is_long_and_of_every_kind_and_names_policies_that_there_are() -> None:
    judged = the_list()
    there = {file.stem for file in (PACKAGED / "policies").glob("*.yaml")}
    assert len(judged) >= 200
    assert len({entry.kind for entry in judged}) >= 10
    assert len({entry.query for entry in judged}) == len(judged)
    assert {name for entry in judged for name in entry.best} <= there
    assert sum(entry.held_out for entry in judged) >= len(judged) // 4


@pytest.mark.parametrize("held_out", [False, True])
async def test_the_policy_that_is_meant_comes_first(answers: list[Answered], held_out: bool) -> None:
    asked = [answer for answer in answers if answer.judged.held_out == held_out]
    wrong = [answer for answer in asked if not answer.first]
    share = 1 - len(wrong) / len(asked)
    print(f"first {share:.1%} of {len(asked)}, held out: {held_out}")
    assert share >= FIRST, told(wrong)


async def test_the_policy_that_is_meant_is_among_the_first_three(answers: list[Answered]) -> None:
    wrong = [answer for answer in answers if not answer.among_three]
    share = 1 - len(wrong) / len(answers)
    print(f"among three {share:.1%} of {len(answers)}")
    assert share >= AMONG_THREE, told(wrong)


def told(wrong: Iterable[Answered]) -> str:
    return "\n".join(
        f"{answer.judged.kind}: {answer.judged.query!r} found {answer.found[:3]}, not {answer.judged.best}"
        for answer in wrong
    )
