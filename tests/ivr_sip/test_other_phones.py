"""SIPp and baresip, which know nothing of the project: what other phones do, refuse and leave out."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr.line import HungUp, Line
from tests.end_to_end import rtp, sipp
from tests.end_to_end.baresip import Baresip
from tests.end_to_end.recognition import recognised
from tests.ivr_sip import raw_caller
from tests.ivr_sip.conftest import Answering, said, tone, until

PROMPT = "For English, press eight."
MODES = ["info", *(["rfc4733"] if sipp.may_send_raw() else [])]
"""SIPp plays RFC 4733 from a raw socket; where it may not, baresip alone covers that way."""


class Menu:
    """Speaks a prompt and takes keys until `#`."""

    def __init__(self) -> None:
        self.pressed = ""

    async def __call__(self, line: Line) -> None:
        playing = asyncio.create_task(line.play([said(PROMPT)]))
        try:
            while not self.pressed.endswith("#"):
                self.pressed += await line.next_key()
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)


@pytest.mark.parametrize("mode", MODES)
async def test_sipp_hears_a_prompt_within_a_second_and_its_keys_arrive(
    answering: Answering, tmp_path: Path, mode: str
) -> None:
    menu = Menu()
    scenario = [sipp.INVITE, sipp.ACKNOWLEDGE, sipp.pause(2.4), sipp.keys("1203*#", mode), sipp.HUNG_UP]
    async with answering(menu) as endpoint, rtp.listening() as (ear, port):
        outcome = await sipp.call(tmp_path, endpoint.address, scenario, sound_port=port)
    assert outcome.code == 0, outcome.errors
    assert menu.pressed == "1203*#"
    answered = next(at for at, text in outcome.messages if "SIP/2.0 200 OK" in text)
    assert ear.first_sound() - answered < 1.0
    assert recognised(ear.samples()[: round(2.4 * 8000)]) == "for english press eight"


async def test_baresip_hears_a_prompt_within_a_second_and_its_keys_arrive(
    answering: Answering, tmp_path: Path
) -> None:
    menu = Menu()
    async with answering(menu) as endpoint, Baresip(tmp_path / "baresip") as phone:
        await phone.call(endpoint.address)
        await asyncio.sleep(2.4)
        await phone.press("1203*#")
        await phone.ended()
    assert menu.pressed == "1203*#"
    heard = phone.heard()
    assert heard.loud_times()[0] < 1.0
    assert recognised(heard.between(0.0, 2.4)) == "for english press eight"


class Once:
    """Does one thing in a call and keeps what came of it."""

    def __init__(self, verb: str, *arguments: str) -> None:
        self.verb = verb
        self.arguments = arguments
        self.result: object = None
        self.done = asyncio.Event()

    async def __call__(self, line: Line) -> None:
        try:
            self.result = await getattr(line, self.verb)(*self.arguments)
        except HungUp:
            self.result = HungUp
            raise
        finally:
            self.done.set()
        await line.play([tone("tone.short")])


ALLOWS_MESSAGE = "INVITE, ACK, BYE, MESSAGE, REFER"


@pytest.mark.parametrize(
    ("allow", "answer", "shown"),
    [
        (ALLOWS_MESSAGE, [sipp.part("answer", method="MESSAGE", status="200 OK")], True),
        (ALLOWS_MESSAGE, [sipp.part("answer", method="MESSAGE", status="202 Accepted")], True),
        (ALLOWS_MESSAGE, [sipp.part("answer", method="MESSAGE", status="405 Method Not Allowed")], False),
        (ALLOWS_MESSAGE, [sipp.part("answer", method="MESSAGE", status="500 Server Error")], False),
        ("INVITE, ACK, BYE", [], False),
    ],
)
async def test_a_text_is_shown_or_refused(
    answering: Answering, tmp_path: Path, allow: str, answer: list[str], shown: bool
) -> None:
    sending = Once("send_text", "您的办件编号：1234-5678-9012")
    scenario = [sipp.INVITE, sipp.ACKNOWLEDGE, *answer, sipp.HUNG_UP]
    async with answering(sending) as endpoint:
        outcome = await sipp.call(tmp_path, endpoint.address, scenario, allow=allow)
    assert outcome.code == 0, outcome.errors
    assert sending.result is shown
    texts = [text for _, text in outcome.messages if "MESSAGE sip:" in text]
    assert bool(texts) == bool(answer)
    for text in texts:
        assert "您的办件编号：1234-5678-9012" in text
        assert "charset=utf-8" in text


async def test_a_long_text_comes_in_several_messages(answering: Answering, tmp_path: Path) -> None:
    text = "办理结果：" + "符合条件" * 100
    sending = Once("send_text", text)
    answer = sipp.part("answer", method="MESSAGE", status="200 OK")
    async with answering(sending) as endpoint:
        scenario = [sipp.INVITE, sipp.ACKNOWLEDGE, answer, answer, sipp.HUNG_UP]
        outcome = await sipp.call(tmp_path, endpoint.address, scenario, allow=ALLOWS_MESSAGE)
    assert outcome.code == 0, outcome.errors
    assert sending.result is True
    bodies = [
        message.rpartition("\n\n")[2].strip() for _, message in outcome.messages if "MESSAGE sip:" in message
    ]
    assert "".join(dict.fromkeys(bodies)) == text


ACCEPTED = sipp.part("answer", method="REFER", status="202 Accepted")


def notify(status: str, state: str = "terminated;reason=noresource") -> str:
    return sipp.part("notify", status=status, state=state)


@pytest.mark.parametrize(
    ("answers", "handed_over"),
    [
        ([ACCEPTED, notify("100 Trying", "active;expires=60"), notify("200 OK")], True),
        ([ACCEPTED, notify("200 OK")], True),
        ([ACCEPTED, notify("180 Ringing", "active;expires=60"), notify("486 Busy Here")], False),
        ([ACCEPTED, notify("503 Service Unavailable")], False),
        ([sipp.part("answer", method="REFER", status="603 Decline")], False),
        ([sipp.part("answer", method="REFER", status="405 Method Not Allowed")], False),
    ],
)
async def test_a_transfer_succeeds_or_the_call_goes_on(
    answering: Answering, tmp_path: Path, answers: list[str], handed_over: bool
) -> None:
    transfer = Once("transfer", "sip:office@127.0.0.1:5999")
    scenario = [sipp.INVITE, sipp.ACKNOWLEDGE, *answers, sipp.HUNG_UP]
    async with answering(transfer) as endpoint, rtp.listening() as (ear, port):
        outcome = await sipp.call(tmp_path, endpoint.address, scenario, sound_port=port)
    assert outcome.code == 0, outcome.errors
    assert transfer.result is handed_over
    (refer,) = {
        text.partition("Refer-To:")[2].split()[0] for _, text in outcome.messages if "REFER sip:" in text
    }
    assert refer.strip("<>") == "sip:office@127.0.0.1:5999"
    loud = [at for at, payload in ear.packets if abs(rtp.samples(payload)).max() > 0.05]
    assert bool(loud) is not handed_over, "after a refusal the dialogue goes on, after a transfer it does not"


async def test_an_exchange_that_ends_the_call_once_it_has_taken_it_over(
    answering: Answering, tmp_path: Path
) -> None:
    transfer = Once("transfer", "sip:office@127.0.0.1:5999")
    scenario = [
        *(sipp.INVITE, sipp.ACKNOWLEDGE, ACCEPTED, notify("100 Trying", "active;expires=60"), sipp.HANG_UP)
    ]
    async with answering(transfer) as endpoint:
        outcome = await sipp.call(tmp_path, endpoint.address, scenario)
    assert outcome.code == 0, outcome.errors
    assert transfer.result is True


@pytest.mark.parametrize(
    ("verb", "argument", "method"),
    [("send_text", "您好", "MESSAGE"), ("transfer", "sip:office@127.0.0.1:5999", "REFER")],
)
async def test_hanging_up_instead_of_answering_ends_the_verb(
    answering: Answering, tmp_path: Path, verb: str, argument: str, method: str
) -> None:
    once = Once(verb, argument)
    scenario = [sipp.INVITE, sipp.ACKNOWLEDGE, sipp.part("ignore", method=method), sipp.HANG_UP]
    async with answering(once) as endpoint:
        outcome = await sipp.call(tmp_path, endpoint.address, scenario, allow=ALLOWS_MESSAGE)
        async with asyncio.timeout(5):
            await once.done.wait()
    assert outcome.code == 0, outcome.errors
    assert once.result is HungUp


async def test_a_phone_that_writes_asks_to_read_along(answering: Answering) -> None:
    asked: list[bool] = []

    async def on_call(line: Line) -> None:
        asked.append(line.asks_for_texts)
        await until(lambda: line.asks_for_texts)
        asked.append(await line.send_text("您好"))

    async with (
        answering(on_call) as endpoint,
        raw_caller.calling(endpoint.address, allow=raw_caller.ALLOW + ", MESSAGE") as caller,
    ):
        await caller.invite()
        await until(lambda: bool(asked))
        answer = await caller.request("MESSAGE", "text/plain;charset=utf-8", "我听不见")
        assert answer.startswith("SIP/2.0 200"), answer
        await until(lambda: len(asked) == 2)
    assert asked == [False, True]
    assert caller.texts == ["您好"]
