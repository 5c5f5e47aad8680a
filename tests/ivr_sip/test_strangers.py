"""Who is not allowed to call hears nothing at all, and those who are do not notice."""

from __future__ import annotations

import asyncio
import socket

import pytest
from prometheus_client import REGISTRY

from ivr.line import Line
from ivr.sip.carrier.guard import Guard, NoFilter
from ivr.sip.carrier.networks import THIS_MACHINE, network
from ivr.sip.carrier.trunk import Trunk
from tests.end_to_end.phone import CallerProcess
from tests.ivr_sip.conftest import Answering, tone, until
from tests.ivr_sip.raw_caller import calling
from tests.ivr_sip.wire import offer, request, wire
from tests.ports import free_port

ONLY_ONE = Trunk(allow=(network("127.0.0.1"),))


def strangers(transport: str) -> float:
    return REGISTRY.get_sample_value("huimin_ivr_strangers_total", {"transport": transport}) or 0.0


async def play(line: Line) -> None:
    await line.play([tone("tone.high")])


async def test_a_scanner_gets_no_answer_and_is_counted_and_told_of(
    answering: Answering, capfd: pytest.CaptureFixture[str]
) -> None:
    before = strangers("udp")
    async with (
        answering(play, trunk=ONLY_ONE) as endpoint,
        wire("127.0.0.2") as scanner,
        wire() as carrier,
    ):
        for method in ("OPTIONS", "REGISTER", "INVITE", "SUBSCRIBE", "ACK", "BYE"):
            body = offer(40_000) if method == "INVITE" else ""
            scanner.send(
                request(method, endpoint.address, sent_by=scanner.address, body=body), endpoint.address
            )
        scanner.send(b"\x00" * 40, endpoint.address)
        carrier.send(request("OPTIONS", endpoint.address, sent_by=carrier.address), endpoint.address)
        assert "200 OK" in await carrier.status()
        await until(lambda: strangers("udp") == before + 7)
        assert scanner.received == []
        assert endpoint.calls == 0
    said = "".join(capfd.readouterr())
    assert "strangers_refused" in said
    assert "'127.0.0.2': 'OPTIONS'" in said


async def test_a_stranger_cannot_even_connect(answering: Answering) -> None:
    before = strangers("tcp")
    async with answering(play, trunk=ONLY_ONE) as endpoint:
        host, _, port = endpoint.address.removeprefix("sip:").rpartition(":")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.7):
                await asyncio.open_connection(host, int(port), local_addr=("127.0.0.2", 0))
        _, writer = await asyncio.open_connection(host, int(port), local_addr=("127.0.0.1", 0))
        writer.close()
        await writer.wait_closed()
        await until(lambda: strangers("tcp") > before)


async def test_a_call_goes_on_undisturbed_in_a_flood_of_strangers(answering: Answering) -> None:
    keys: list[str] = []

    async def on_call(line: Line) -> None:
        keys.append(await line.next_key())

    async with answering(on_call, trunk=ONLY_ONE) as endpoint, CallerProcess(endpoint.address) as caller:
        await caller.answered()
        host, _, port = endpoint.address.removeprefix("sip:").rpartition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
            flood.bind(("127.0.0.2", 0))
            for _ in range(20_000):
                flood.sendto(b"REGISTER sip:x SIP/2.0\r\n\r\n", (host, int(port)))
        await caller.press("7")
        await caller.ended()
    assert keys == ["7"]


@pytest.mark.parametrize("picture", [False, True])
async def test_a_stranger_who_knows_the_ports_of_a_call_presses_no_key_in_it(
    answering: Answering, picture: bool
) -> None:
    keys: list[str] = []

    async def on_call(line: Line) -> None:
        while True:
            keys.append(await line.next_key())

    async with (
        answering(on_call, trunk=ONLY_ONE) as endpoint,
        calling(endpoint.address) as caller,
        wire("127.0.0.2") as stranger,
    ):
        await caller.invite(picture=picture)
        caller.say(caller.rtp.sound())
        host, port = caller.sound_address
        for packet in caller.rtp.key("7"):
            stranger.send(packet, f"{host}:{port}")
        caller.rtp.pause(1600)
        caller.say(*caller.rtp.key("5"))
        await until(lambda: keys != [])
    assert keys == ["5"]


async def test_nobody_but_this_machine_calls_where_nothing_is_allowed(answering: Answering) -> None:
    async with answering(play) as endpoint, wire("127.0.0.2") as neighbour:
        neighbour.send(request("OPTIONS", endpoint.address, sent_by=neighbour.address), endpoint.address)
        assert "200 OK" in await neighbour.status()


async def test_a_line_whose_sockets_are_not_found_is_not_left_open_to_all() -> None:
    with pytest.raises(NoFilter):
        Guard(THIS_MACHINE).start([("127.0.0.1", free_port())])
