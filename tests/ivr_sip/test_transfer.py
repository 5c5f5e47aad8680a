"""A transfer to somebody who is really there: three parties, SIP between each two."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.line import Line
from ivr.sip.address import AddressError
from tests.end_to_end import sipp
from tests.end_to_end.phone import CallerProcess
from tests.ivr_sip.conftest import Answering, tone


class Transferring:
    def __init__(self, target: str) -> None:
        self.target = target
        self.handed_over: bool | None = None

    async def __call__(self, line: Line) -> None:
        self.handed_over = await line.transfer(self.target)
        if not self.handed_over:
            await line.play([tone("tone.short")])


async def test_the_office_takes_the_caller(answering: Answering, tmp_path: Path) -> None:
    async with sipp.target(tmp_path, "200 OK") as office:
        transferring = Transferring(office)
        async with answering(transferring) as endpoint, CallerProcess(endpoint.address) as caller:
            assert (await caller.event("transfer"))["target"] == office
            await caller.ended()
    assert transferring.handed_over is True
    assert not [event for event in caller.events if event["event"] == "sound"]


async def test_the_office_is_busy_and_the_caller_is_back_with_us(
    answering: Answering, tmp_path: Path
) -> None:
    async with sipp.target(tmp_path, "486 Busy Here") as office:
        transferring = Transferring(office)
        async with answering(transferring) as endpoint, CallerProcess(endpoint.address) as caller:
            await caller.event("transfer")
            await caller.heard_sound()
            await caller.ended()
    assert transferring.handed_over is False


async def test_the_phone_refuses_to_be_transferred(answering: Answering) -> None:
    transferring = Transferring("sip:office@127.0.0.1:5999")
    async with (
        answering(transferring) as endpoint,
        CallerProcess(endpoint.address, None, "--refuse-transfer") as caller,
    ):
        await caller.heard_sound()
        await caller.ended()
    assert transferring.handed_over is False


async def test_a_target_that_is_no_address_is_an_error(answering: Answering) -> None:
    refused: list[bool] = []

    async def on_call(line: Line) -> None:
        with pytest.raises(AddressError):
            await line.transfer("the office")
        refused.append(True)

    async with answering(on_call) as endpoint, CallerProcess(endpoint.address) as caller:
        await caller.ended()
    assert refused == [True]


async def test_a_text_is_shown(answering: Answering) -> None:
    shown: list[bool] = []

    async def on_call(line: Line) -> None:
        shown.append(await line.send_text("您的办件编号：1234-5678-9012"))

    async with answering(on_call) as endpoint, CallerProcess(endpoint.address) as caller:
        assert (await caller.event("message"))["text"] == "您的办件编号：1234-5678-9012"
        await caller.ended()
    assert shown == [True]
