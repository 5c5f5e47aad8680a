"""Calls whose other side is gone are ended: by silence of the network, and by session timers (RFC 4028)."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import REGISTRY

from ivr.line import Line
from ivr.sip.carrier.trunk import Trunk
from tests.ivr_sip.conftest import Answering, tone, until
from tests.ivr_sip.raw_caller import calling
from tests.ivr_sip.wire import header, offer, request, wire

SOON = Trunk().model_copy(update={"silent_network": 1.2})
"""Shorter than a technician may set, for a test's sake."""


def lost() -> float:
    return REGISTRY.get_sample_value("huimin_ivr_networks_lost_total") or 0.0


async def listen(line: Line) -> None:
    while True:
        await line.next_key()


@pytest.mark.parametrize("picture", [False, True])
async def test_a_caller_whose_network_went_is_let_go_and_one_who_is_silent_is_not(
    answering: Answering, capfd: pytest.CaptureFixture[str], picture: bool
) -> None:
    before = lost()
    async with (
        answering(listen, trunk=SOON) as endpoint,
        calling(endpoint.address) as gone,
        calling(endpoint.address) as there,
    ):
        await gone.invite(picture=picture)
        await there.invite(picture=picture)
        await until(lambda: endpoint.calls == 2)
        gone.say(gone.rtp.sound())
        # Silence is sound, too: packets come.
        await there.say_in_time(there.rtp.sound() for _ in range(150))
        assert gone.ended.is_set()
        assert not there.ended.is_set()
        assert endpoint.calls == 1
    assert lost() == before + 1
    assert "network_lost" in "".join(capfd.readouterr())


async def test_a_caller_on_hold_sends_nothing_and_is_not_let_go(answering: Answering) -> None:
    async with answering(listen, trunk=SOON) as endpoint, calling(endpoint.address) as caller:
        await caller.invite()
        await caller.say_in_time(caller.rtp.sound() for _ in range(10))
        await caller.invite("inactive")
        await asyncio.sleep(2.5)
        assert not caller.ended.is_set()
        assert endpoint.calls == 1


async def test_what_plays_stops_with_the_call(answering: Answering) -> None:
    ended = asyncio.Event()

    async def on_call(line: Line) -> None:
        try:
            await line.play([tone("tone.low")])
        finally:
            ended.set()

    async with answering(on_call, trunk=SOON) as endpoint, calling(endpoint.address) as caller:
        await caller.invite()
        async with asyncio.timeout(4):
            await ended.wait()


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("", "600;refresher=uas"),
        ("Supported: timer\r\nSession-Expires: 300;refresher=uac\r\n", "300;refresher=uac"),
        ("Supported: timer\r\nSession-Expires: 1800;refresher=uas\r\n", "1800;refresher=uas"),
    ],
)
async def test_every_call_has_a_session_timer(answering: Answering, asked: str, answered: str) -> None:
    """Where the caller's phone knows none, the line does the asking."""
    async with answering(listen) as endpoint, wire() as caller:
        invite = request(
            "INVITE", endpoint.address, sent_by=caller.address, headers=asked, body=offer(40_000)
        )
        caller.send(invite, endpoint.address)
        assert header(await caller.status(), "Session-Expires") == answered


async def test_too_short_a_timer_is_refused_with_the_shortest(answering: Answering) -> None:
    async with answering(listen) as endpoint, wire() as caller:
        asked = "Supported: timer\r\nSession-Expires: 60;refresher=uac\r\n"
        invite = request(
            "INVITE", endpoint.address, sent_by=caller.address, headers=asked, body=offer(40_000)
        )
        caller.send(invite, endpoint.address)
        answer = await caller.status()
        assert answer.startswith("SIP/2.0 422")
        assert header(answer, "Min-SE") == "90"
