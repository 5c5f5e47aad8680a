"""How often a client repeats calls, counted at a backend that answers none of them."""

from __future__ import annotations

import asyncio

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_client.budget import Budget
from backend_client.client import BackendClient
from backend_client.errors import Unreachable
from tests.backend_client.county import County, refuse, serving

FIRST_CALLS = 400


@given(st.lists(st.booleans(), max_size=400), st.floats(0, 1), st.integers(0, 20))
def test_no_more_is_taken_than_a_share_of_what_came_first(
    what: list[bool], ratio: float, reserve: int
) -> None:
    budget = Budget(ratio, reserve)
    first = taken = 0
    for is_first in what:
        if is_first:
            budget.first()
            first += 1
        elif budget.take():
            taken += 1
        assert taken <= first * ratio + reserve + 1e-6


def test_what_was_not_needed_is_given_back_but_never_more() -> None:
    budget = Budget(0.1, 1)
    assert budget.take()
    assert not budget.take()
    budget.give_back()
    budget.give_back()
    assert budget.take()
    assert not budget.take()


async def test_a_backend_that_fails_at_everything_is_asked_a_tenth_more_often_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("backend_client.calling.FIRST_BACK_OFF", 0.01)
    monkeypatch.setattr("backend_client.calling.LONGEST_BACK_OFF", 0.01)
    counties = County(), County()
    for county in counties:
        county.misdeeds = [refuse(grpc.StatusCode.UNAVAILABLE)] * 10_000
    async with (
        serving(counties[0]) as one,
        serving(counties[1]) as other,
        BackendClient(f"{one},{other}") as client,
    ):

        async def read() -> None:
            with pytest.raises(Unreachable):
                await client.list_topics()

        for _ in range(FIRST_CALLS // 20):
            await asyncio.gather(*(read() for _ in range(20)))
    asked = sum(county.calls["ListTopics"] for county in counties)
    assert FIRST_CALLS < asked <= 1.1 * FIRST_CALLS + 50


async def test_refused_connections_cost_nothing_and_are_found_by_the_next_read() -> None:
    county = County()
    async with serving(county) as address:
        pass  # nobody listens there any more
    async with BackendClient(address) as client:
        for _ in range(30):
            with pytest.raises(Unreachable):
                await client.sign_in_with_card("11010519491231002X", "示例·甲")
            if client.away:
                break
        assert client.away
    assert not county.calls
