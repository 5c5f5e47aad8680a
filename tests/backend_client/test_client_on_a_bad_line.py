"""The client when the backend is slow, gone, cut off, or back again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from structlog.testing import capture_logs

from backend_client.calling import Patience
from backend_client.client import BackendClient
from backend_client.errors import BackendFailure, Conflict, Unreachable
from backend_client.submission import Attachment
from tests.backend_client.county import (
    REFERENCE,
    Cable,
    County,
    dawdle,
    refuse,
    serving,
    start,
)
from tests.backend_client.test_client import submission, upload
from tests.certificates import door_folder, new_authority

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


@pytest.fixture
def county() -> County:
    return County()


@pytest.fixture
async def client(county: County) -> AsyncIterator[BackendClient]:
    async with serving(county) as address, BackendClient(address) as client:
        yield client


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rules on a shorter scale."""
    monkeypatch.setattr("backend_client.client.READ", Patience(each=0.3, tries=4, total=0.8))
    monkeypatch.setattr("backend_client.client.SUBMIT", Patience(each=0.5, tries=5, total=3))
    monkeypatch.setattr("backend_client.client.SIGN_IN", Patience(each=0.4, tries=1, total=0.4))


async def test_a_read_is_repeated_until_it_is_answered(client: BackendClient, county: County) -> None:
    county.misdeeds = [refuse(UNAVAILABLE), refuse(UNAVAILABLE), refuse(UNAVAILABLE)]
    assert await client.list_topics()
    assert county.calls["ListTopics"] == 4


async def test_a_read_is_given_up_after_its_tries(client: BackendClient, county: County) -> None:
    county.misdeeds = [refuse(UNAVAILABLE)] * 9
    with pytest.raises(Unreachable):
        await client.list_topics()
    assert county.calls["ListTopics"] == 4


async def test_signing_in_is_never_repeated(client: BackendClient, county: County) -> None:
    county.misdeeds = [refuse(UNAVAILABLE)] * 9
    with pytest.raises(Unreachable):
        await client.sign_in_with_reference(REFERENCE, "31002X")
    with pytest.raises(Unreachable):
        await client.sign_in_with_card("11010519491231002X", "示例·甲")
    assert county.calls["CreateSession"] == 2


@pytest.mark.parametrize(
    "code", [grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DATA_LOSS]
)
async def test_what_the_backend_did_wrong_is_not_asked_for_again(
    client: BackendClient, county: County, code: grpc.StatusCode
) -> None:
    county.misdeeds = [refuse(code)]
    with pytest.raises(BackendFailure):
        await client.create_submission(submission())
    assert county.calls["CreateSubmission"] == 1


async def test_a_backend_that_asks_for_a_pause_gets_it(client: BackendClient, county: County) -> None:
    pause = RetryInfo()
    pause.retry_delay.nanos = 700_000_000
    county.misdeeds = [refuse(UNAVAILABLE, pause)]
    began = time.monotonic()
    await client.list_topics()
    assert time.monotonic() - began >= 0.7


async def test_a_backend_that_asks_for_too_long_a_pause_is_told_at_once(
    client: BackendClient, county: County
) -> None:
    pause = RetryInfo()
    pause.retry_delay.seconds = 60
    county.misdeeds = [refuse(UNAVAILABLE, pause)]
    began = time.monotonic()
    with pytest.raises(Unreachable):
        await client.list_topics()
    assert time.monotonic() - began < 1


@pytest.mark.usefixtures("impatient")
async def test_a_slow_backend_is_given_up_within_the_bound(client: BackendClient, county: County) -> None:
    county.misdeeds = [dawdle(5)] * 9
    began = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        await client.list_topics()
    assert caught.value.reason == "BACKEND_TOO_SLOW"
    assert 0.5 < time.monotonic() - began < 2
    assert county.calls["ListTopics"] >= 2


@pytest.mark.usefixtures("impatient")
async def test_one_slow_answer_does_not_spoil_the_call(client: BackendClient, county: County) -> None:
    county.misdeeds = [dawdle(5)]
    assert await client.list_topics()


@pytest.mark.usefixtures("impatient")
async def test_a_submission_is_stored_once_when_answers_get_lost(
    client: BackendClient, county: County
) -> None:
    county.misdeeds = [dawdle(5), refuse(UNAVAILABLE)]
    accepted = await client.create_submission(submission())
    assert accepted.reference == REFERENCE
    assert county.calls["CreateSubmission"] == 3
    assert len(county.submissions) == 1


async def test_an_upload_is_repeated_from_its_first_byte(client: BackendClient, county: County) -> None:
    county.misdeeds = [refuse(UNAVAILABLE)]
    await upload(client)
    assert county.calls["UploadAttachment"] == 2
    assert county.attachments == {"attachments/a": b"x"}


async def test_an_upload_that_is_refused_ends_before_its_last_byte(
    client: BackendClient, county: County
) -> None:
    county.refuse_uploads = grpc.StatusCode.FAILED_PRECONDITION
    attachment = Attachment("attachments/a", "submissions/b", "audio/wav", bytes(16 << 20))
    with capture_logs() as log, pytest.raises(Conflict):
        await client.upload_attachment(attachment)
    again = [entry["status"] for entry in log if entry["event"] == "call_repeated"]
    assert county.calls["UploadAttachment"] == 1 + len(again)
    assert set(again) <= {"INTERNAL"}  # where gRPC lost the answer while a part was being sent


async def test_a_backend_that_is_down_is_told_soon_and_found_when_it_is_back(county: County) -> None:
    server, port = await start(county)
    async with BackendClient(f"127.0.0.1:{port}") as client:
        assert await client.list_topics()
        await server.stop(None)
        began = time.monotonic()
        with pytest.raises(Unreachable) as caught:
            await client.list_topics()
        assert time.monotonic() - began < 3
        assert caught.value.reason == "BACKEND_UNREACHABLE"
        await asyncio.sleep(2)  # long enough for gRPC's own back-off to have grown to its bound
        server, _ = await start(county, port)
        try:
            back = time.monotonic()
            assert await client.list_topics()
            assert time.monotonic() - back < 2
        finally:
            await server.stop(None)


async def test_a_backend_that_restarts_during_a_read_is_not_noticed(county: County) -> None:
    server, port = await start(county)
    async with BackendClient(f"127.0.0.1:{port}") as client:
        assert await client.list_topics()
        county.misdeeds = [dawdle(10)]
        reading = asyncio.create_task(client.list_topics())
        await asyncio.sleep(0.1)
        await server.stop(None)
        server, _ = await start(county, port)
        try:
            assert await reading
        finally:
            await server.stop(None)


async def test_a_line_that_is_cut_and_mended_loses_no_submission(county: County) -> None:
    server, port = await start(county)
    cable = Cable(port)
    await cable.mend()
    try:
        async with BackendClient(f"127.0.0.1:{cable.port}") as client:
            county.misdeeds = [dawdle(1)]
            sending = asyncio.create_task(client.create_submission(submission()))
            await asyncio.sleep(0.3)
            assert county.calls["CreateSubmission"] == 1
            await cable.cut()
            await asyncio.sleep(0.3)
            await cable.mend()
            assert (await sending).reference == REFERENCE
        assert county.calls["CreateSubmission"] == 2
        assert len(county.submissions) == 1
    finally:
        await cable.cut()
        await server.stop(None)


@pytest.mark.usefixtures("impatient")
async def test_a_silent_line_does_not_hold_a_resident_up(county: County) -> None:
    server, port = await start(county)
    cable = Cable(port)
    await cable.mend()
    try:
        async with BackendClient(f"127.0.0.1:{cable.port}") as client:
            assert await client.list_topics()
            cable.silent = True
            began = time.monotonic()
            with pytest.raises(Unreachable):
                await client.list_topics()
            assert time.monotonic() - began < 2
    finally:
        await cable.cut()
        await server.stop(None)


async def test_calls_go_on_when_one_of_two_backends_stops() -> None:
    counties = County(), County()
    (first, first_port), (second, second_port) = [await start(county) for county in counties]
    try:
        async with BackendClient(f"ipv4:127.0.0.1:{first_port},127.0.0.1:{second_port}") as client:
            for _ in range(20):
                await client.list_topics()
                await asyncio.sleep(0.01)
            assert all(county.calls["ListTopics"] for county in counties)
            await first.stop(None)
            for _ in range(20):
                assert await client.list_topics()
    finally:
        await first.stop(None)
        await second.stop(None)


async def test_cancelling_a_call_ends_it_at_once(client: BackendClient, county: County) -> None:
    county.misdeeds = [dawdle(5)]
    call = asyncio.create_task(client.list_topics())
    await asyncio.sleep(0.1)
    call.cancel()
    began = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert time.monotonic() - began < 0.5
    assert await client.list_topics()


async def test_closing_ends_what_is_under_way_with_an_error_of_ours(county: County) -> None:
    async with serving(county) as address:
        client = BackendClient(address)
        county.misdeeds = [dawdle(5)]
        call = asyncio.create_task(client.list_topics())
        await asyncio.sleep(0.1)
        await client.close()
        with pytest.raises(Unreachable):
            await call
        with pytest.raises(Unreachable):
            await client.list_topics()
        await client.close()


async def test_many_calls_share_one_channel(client: BackendClient, county: County) -> None:
    results = await asyncio.gather(*(client.get_policy(f"policies/p{n}") for n in range(200)))
    assert [policy.name for policy in results] == [f"policies/p{n}" for n in range(200)]


async def test_a_name_that_does_not_resolve_is_unreachable(tmp_path: Path) -> None:
    credentials = door_folder(tmp_path, new_authority())
    async with BackendClient("no-such-host.invalid:50051", credentials=credentials) as client:
        with pytest.raises(Unreachable):
            await client.list_topics()
