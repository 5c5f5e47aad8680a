"""Reading ahead: what a door has when it loses its line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from backend_client.cache import ReadCache
from backend_client.client import BackendClient
from backend_client.warming import Away, Sizes, Warming
from tests.backend_client.county import Cable, County, start

SIZES = Sizes(services=200, policies=20, notices=30)

Line = tuple[County, Cable, BackendClient]


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    """A client with a cache, behind a line that can be cut."""
    county = County()
    server, port = await start(county)
    cable = Cable(port)
    await cable.mend()
    try:
        async with BackendClient(f"127.0.0.1:{cable.port}", cache=ReadCache()) as client:
            yield county, cable, client
    finally:
        await cable.cut()
        await server.stop(None)


async def test_what_is_usually_asked_for_is_there_when_the_line_is_cut(line: Line) -> None:
    _, cable, client = line
    await Warming(client, SIZES, pause=0).round()
    await cable.cut()
    (service,) = (await client.list_services(page_size=SIZES.services)).items
    assert (await client.get_service(service.name)).guide
    assert (await client.get_form(service.form)).as_of is not None
    (topic,) = (await client.list_topics()).items
    (policy,) = (await client.list_policies(topic.name, page_size=SIZES.policies)).items
    assert (await client.get_policy(policy.name)).sections
    (notice,) = (await client.list_notices(page_size=SIZES.notices)).items
    assert (await client.get_notice(notice.name)).sections


async def test_a_text_that_stands_as_it_did_is_not_read_again_so_soon(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    county, _, client = line
    warming = Warming(client, SIZES, pause=0)
    await warming.round()
    await warming.round()
    assert (county.calls["ListTopics"], county.calls["GetForm"], county.calls["GetPolicy"]) == (2, 2, 1)
    monkeypatch.setattr("backend_client.warming.TEXTS_EVERY", 0.0)
    await warming.round()
    assert county.calls["GetPolicy"] == 2


async def test_a_round_ends_where_the_line_does_and_another_begins_once_it_is_back(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    county, cable, client = line
    warming = Warming(client, SIZES, pause=0)
    await warming.round()
    await cable.cut()
    with pytest.raises(Away):
        await warming.round()
    monkeypatch.setattr("backend_client.warming.AGAIN", 0.05)
    keeping = asyncio.create_task(warming.keep())
    await asyncio.sleep(0.2)
    before = county.calls["ListNotices"]
    await cable.mend()
    for _ in range(200):
        if county.calls["ListNotices"] > before:
            break
        await asyncio.sleep(0.05)
    keeping.cancel()
    assert county.calls["ListNotices"] > before
