"""Whatever is sent to the line, a call in progress goes on: its keys arrive, and its sound has no gap."""

from __future__ import annotations

import asyncio

import pytest

from tests.ivr_sip import torture
from tests.ivr_sip.bombard import LINE, Mutator, bombard, listening_to, tortures
from tests.ivr_sip.conftest import Answering
from tests.ivr_sip.raw_caller import calling
from tests.ivr_sip.wire import request, wire

SECONDS = 4.0
"""`make fuzz-sip` goes on for longer."""
SEED = 4475


async def test_a_call_goes_on_while_the_line_is_bombarded(answering: Answering) -> None:
    pressed: list[str] = []
    async with answering(listening_to(pressed), **LINE) as endpoint:
        await bombard(endpoint, pressed, SECONDS, SEED)
        assert len(pressed) >= SECONDS / 2
        async with wire() as peer:
            peer.send(request("OPTIONS", endpoint.address, sent_by=peer.address), endpoint.address)
            await peer.status(200)


def test_every_torture_message_of_the_rfc_is_there_and_differs() -> None:
    made = dict(torture.messages("127.0.0.1:5060", "127.0.0.1:5099"))
    assert len(made) == 49
    assert len({data.split(b"torture")[0] + data[-200:] for data in made.values()}) > 40
    for name in ("wsinv", "dblreq", "ncl", "longreq", "insuf", "bcast", "inv2543"):
        assert name in made


# By RFC 4475, where PJSIP understands the message; the others may be put aside in silence.
ANSWERS = {
    "lwsdisp": (200,),
    "semiuri": (200,),
    "transports": (200,),
    "invut": (415,),
    "sdp01": (406, 200, 488),
    "badbranch": (200, 400),
    # PJSIP wants a Contact, as RFC 3261 does and RFC 2543 did not
    "inv2543": (400,),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_torture_messages_that_have_an_answer_get_it(answering: Answering, name: str) -> None:
    async with answering(listening_to([])) as endpoint, wire() as peer:
        made = dict(torture.messages(endpoint.address.removeprefix("sip:"), peer.address))
        peer.send(made[name], endpoint.address)
        answer = await peer.status()
        assert int(answer[8:11]) in ANSWERS[name], answer


async def test_the_same_seed_makes_the_same_messages() -> None:
    def some(seed: int) -> list[int]:
        mutator = Mutator(seed)
        return [len(mutator.packet()) for _ in range(50)]

    assert some(1) == some(1)
    assert some(1) != some(2)


async def test_a_slow_connection_holds_nobody_up(answering: Answering) -> None:
    """Many connections with half a message each; a call comes in over another one meanwhile."""
    async with answering(listening_to([]), **LINE) as endpoint, calling(endpoint.address) as caller:
        host, _, port = endpoint.address.removeprefix("sip:").rpartition(":")
        half = request("INVITE", endpoint.address, transport="TCP")[:120]
        slow = [await asyncio.open_connection(host, int(port)) for _ in range(15)]
        for _, writer in slow:
            writer.write(half)
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request("OPTIONS", endpoint.address, transport="TCP"))
        async with asyncio.timeout(2):
            assert (await reader.read(1000)).startswith(b"SIP/2.0 200")
        await caller.invite()
        for _, each in [*slow, (reader, writer)]:
            each.transport.abort()


async def test_tortures_alone_leave_no_call_behind(answering: Answering) -> None:
    async with answering(listening_to([]), **LINE) as endpoint:
        await tortures(endpoint.address, Mutator(1), asyncio.get_running_loop().time() + 0.5)
        assert endpoint.calls <= 4
