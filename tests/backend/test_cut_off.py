"""What is oversized, malformed, slow or never-ending is cut off, and others are served as before.

The limits are the backend's own; where a test would have to wait for one, it is made shorter.
"""

from __future__ import annotations

import asyncio
import gzip
import resource
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import grpc
import pytest
import pytest_asyncio
from h2.settings import SettingCodes
from huimin.v1 import form_pb2, identity_pb2
from sqlalchemy import Connection, func, select

from backend.rpc import limits
from backend.rpc.door import DoorKind
from backend.storage.tables import SessionRow
from tests.backend import house as running
from tests.backend.house import House, failed
from tests.backend.sample import RESIDENT
from tests.backend.test_attachments import info
from tests.backend.wire import connected, framed

GET_FORM = "/huimin.v1.FormService/GetForm"
UPLOAD = "/huimin.v1.FormService/UploadAttachment"
ASKED = form_pb2.GetFormRequest(name="forms/everything")
DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNIMPLEMENTED = "4", "8", "12"
ENHANCE_YOUR_CALM = 0xB
"""RFC 9113, section 7."""
SHORT = 0.6


@pytest_asyncio.fixture
async def hasty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A backend with little patience: with calls, and with connections on which nothing is said."""
    monkeypatch.setattr(limits, "SECONDS", SHORT)
    options = dict(limits.CHANNEL_OPTIONS)
    assert options["grpc.server_handshake_timeout_ms"] <= 10_000
    sped_up = options | {"grpc.server_handshake_timeout_ms": 1000, "grpc.max_connection_idle_ms": 1000}
    monkeypatch.setattr(limits, "CHANNEL_OPTIONS", tuple(sped_up.items()))
    async with running.house(tmp_path / "data") as started:
        yield started


async def served(house: House, times: int = 40) -> float:
    """Asks for a form again and again; the seconds of the median."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        await house.stubs.form.GetForm(ASKED, timeout=5)
        took.append(time.perf_counter() - began)
    return sorted(took)[times // 2]


async def unharmed(house: House, attack: Callable[[], Awaitable[None]]) -> None:
    """An attack that goes on does not make others wait."""
    await served(house, 10)
    before = await served(house)
    task = asyncio.ensure_future(attack())
    await asyncio.sleep(0.05)
    during = await served(house)
    await task
    after = await served(house)
    assert during < 4 * before + 0.02
    assert after < 3 * before + 0.02


async def test_a_message_that_never_comes_is_not_waited_for(hasty: House) -> None:
    async with connected(hasty.address) as wire:
        began = time.monotonic()
        stream = await wire.call(GET_FORM)
        assert await wire.status(stream) == DEADLINE_EXCEEDED
        assert SHORT <= time.monotonic() - began < SHORT + 2


async def test_a_message_that_comes_byte_by_byte_is_cut_off(hasty: House) -> None:
    async with connected(hasty.address) as wire:
        stream = await wire.call(GET_FORM)

        async def dribble() -> None:
            await wire.data(stream, framed(b"", length=1000))
            while True:
                await asyncio.sleep(0.05)
                await wire.data(stream, b"\x0a")

        task = asyncio.create_task(dribble())
        assert await wire.status(stream) == DEADLINE_EXCEEDED
        task.cancel()


async def test_an_upload_that_never_ends_is_cut_off_and_goes_on_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.SECONDS_OF, UPLOAD, 2)
    about = info(b"sound" * 10_000)
    byte = form_pb2.UploadAttachmentRequest(chunk=b"s").SerializeToString()
    async with connected(house.address) as wire:
        stream = await wire.call(UPLOAD)
        described = form_pb2.UploadAttachmentRequest(info=about).SerializeToString()
        await wire.data(stream, framed(described))

        async def endless() -> None:
            while True:
                await wire.data(stream, framed(byte))
                await asyncio.sleep(0.02)

        task = asyncio.create_task(endless())
        assert await wire.status(stream) == DEADLINE_EXCEEDED
        task.cancel()
    asked = form_pb2.GetAttachmentRequest(name=about.name)
    arrived = (await house.stubs.form.GetAttachment(asked)).received_bytes
    assert 0 < arrived < 200


async def test_a_caller_that_says_nothing_is_hung_up_on(hasty: House) -> None:
    async with connected(hasty.address, preface=False) as silent, connected(hasty.address) as half:
        await half.raw(
            bytes((0, 4, 0, 1, 4, 0, 0, 0, 1)) + b"\x82"
        )  # HEADERS of 1024 bytes, of which one comes
        await silent.until_closed(5)
        await half.until_closed(5)


async def test_headers_that_never_end_are_cut_off(hasty: House) -> None:
    """CONTINUATION frames, RFC 9113 section 6.10, as many as anybody likes to send."""

    async def flood() -> None:
        async with connected(hasty.address) as wire:
            await wire.raw(bytes((0, 0, 1, 1, 0, 0, 0, 0, 1)) + b"\x82")
            literal = b"\x00\x07x-flood\x7f\x81\x7e" + b"y" * 254
            frame = len(literal * 60).to_bytes(3, "big") + bytes((9, 0, 0, 0, 0, 1)) + literal * 60
            for _ in range(400):
                await wire.raw(frame)
            await wire.until_closed(5)

    await unharmed(hasty, flood)


async def test_pings_without_end_are_answered_with_goodbye(house: House) -> None:
    async def flood() -> None:
        async with connected(house.address) as wire:
            for number in range(2000):
                wire.http2.ping(number.to_bytes(8, "big"))
            await wire.flush()
            await wire.until_closed(5)
            assert wire.ended_by == ENHANCE_YOUR_CALM

    await unharmed(house, flood)


async def test_calls_begun_and_dropped_at_once_do_not_wear_it_out(house: House) -> None:
    """Rapid reset, CVE-2023-44487."""

    async def flood() -> None:
        async with connected(house.address) as wire:
            for _ in range(1000):
                if wire.closed:
                    break
                stream = await wire.call(GET_FORM)
                wire.http2.reset_stream(stream)
                await asyncio.sleep(0)
            await wire.flush()

    await unharmed(house, flood)


async def test_many_connections_without_calls_are_in_nobodys_way(house: House) -> None:
    async def crowd() -> None:
        async with AsyncExitStack() as stack:
            for _ in range(300):
                await stack.enter_async_context(connected(house.address))
            await asyncio.sleep(0.5)

    await unharmed(house, crowd)


async def test_more_connections_than_a_process_has_files_by_default(tmp_path: Path) -> None:
    async with running.process(tmp_path / "data") as backend:
        soft, hard = resource.prlimit(backend.process.pid, resource.RLIMIT_NOFILE)
        assert soft == hard


async def test_a_message_that_is_a_bomb_is_not_inflated(house: House) -> None:
    """200 MB of nothing in 200 kB."""
    bomb = gzip.compress(bytes(200 << 20), 1)
    async with connected(house.address) as wire:
        stream = await wire.call(GET_FORM, headers=(("grpc-encoding", "gzip"),))
        sent = framed(bomb, compressed=True)
        began = time.monotonic()
        for start in range(0, 60_000, 16_000):  # what the window takes
            await wire.data(stream, sent[start : start + 16_000])
        assert await wire.status(stream) == UNIMPLEMENTED
        assert time.monotonic() - began < 2
    await served(house, 3)


async def test_a_door_has_so_many_calls_at_a_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.CALLS_OF_A_DOOR, DoorKind.LOCAL, 5)

    async def refused() -> bool:
        try:
            await house.stubs.form.GetForm(ASKED)
        except grpc.aio.AioRpcError as error:
            refusal = failed(error)
            assert (refusal.code, refusal.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_CALLS")
            assert refusal.retry_after == 1
            return True
        return False

    async with connected(house.address) as wire:
        streams = [await wire.call(GET_FORM) for _ in range(5)]
        await _until(refused, True)
        for stream in streams:
            wire.http2.reset_stream(stream)
        await wire.flush()
        await _until(refused, False)


async def test_who_does_not_take_his_answers_is_let_go(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A window of 0 bytes, RFC 9113 section 6.9: gRPC would keep such calls for ever, and count them."""
    monkeypatch.setitem(limits.CALLS_OF_A_DOOR, DoorKind.LOCAL, 20)
    monkeypatch.setattr(limits, "SECONDS", SHORT)
    monkeypatch.setattr(limits, "TAKING_SECONDS", 0.5)

    async def refused() -> bool:
        try:
            await house.stubs.form.GetForm(ASKED)
        except grpc.aio.AioRpcError as error:
            assert failed(error).reason == "TOO_MANY_CALLS"
            return True
        return False

    async with connected(house.address) as wire:
        wire.http2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 0})
        await wire.flush()
        await asyncio.sleep(0.2)
        streams = [await wire.call(GET_FORM) for _ in range(20)]
        for stream in streams:
            await wire.data(stream, framed(ASKED.SerializeToString()), end=True)
        await _until(refused, True)
        await _until(refused, False)
    assert await served(house, 3) < 1


async def test_what_nobody_waits_for_any_more_is_not_done(house: House) -> None:
    """The caller's deadline goes down to the database: what waits for its turn there is left."""
    card = identity_pb2.IdentityCard(identity_number=RESIDENT, full_name="示范居民")
    began = asyncio.Event()
    loop = asyncio.get_running_loop()

    def long(connection: Connection) -> None:
        loop.call_soon_threadsafe(began.set)
        time.sleep(1)

    writing = asyncio.create_task(house.database.write(long))
    await began.wait()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.stubs.identity.CreateSession(
            identity_pb2.CreateSessionRequest(identity_card=card), timeout=0.2
        )
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await writing
    await house.database.write(lambda connection: None)  # has its turn after whatever waited
    held = await house.database.read(
        lambda connection: connection.execute(select(func.count()).select_from(SessionRow)).scalar_one()
    )
    assert held == 0


async def test_a_call_without_a_deadline_gets_one(hasty: House) -> None:
    card = identity_pb2.IdentityCard(identity_number=RESIDENT, full_name="示范居民")
    began = asyncio.Event()
    loop = asyncio.get_running_loop()

    def long(connection: Connection) -> None:
        loop.call_soon_threadsafe(began.set)
        time.sleep(SHORT + 0.6)

    writing = asyncio.create_task(hasty.database.write(long))
    await began.wait()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await hasty.stubs.identity.CreateSession(identity_pb2.CreateSessionRequest(identity_card=card))
    refusal = failed(caught.value)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "TOO_SLOW")
    await writing


async def _until(found: Callable[[], Awaitable[bool]], wanted: bool) -> None:
    async with asyncio.timeout(5):
        while await found() is not wanted:  # noqa: ASYNC110 (a door that has room wakes nobody)
            await asyncio.sleep(0.02)
