"""What a caller hears. Every call here is a real one: SIP and RTP between two processes."""

from __future__ import annotations

import asyncio
import gc
import weakref
from pathlib import Path

import numpy as np
import pytest

from foundation.language import Language
from ivr.line import HungUp, Line
from ivr.sip.call import Call
from ivr.sip.endpoint import SipEndpoint
from ivr.sip.library import ListenFailed
from ivr.speech.speech import Speech
from tests.end_to_end.phone import CallerProcess
from tests.end_to_end.recognition import recognised
from tests.ivr_sip.conftest import Answering, said, tone, until

LOW, SHORT, NEXT = 440.0, 700.0, 1300.0


async def until_hung_up(line: Line) -> None:
    while True:
        await line.next_key()


@pytest.mark.parametrize("options", [[], ["--transport", "tcp", "--codec", "pcmu"]])
async def test_a_call_is_answered_and_sounds_within_a_second(
    answering: Answering, tmp_path: Path, options: list[str]
) -> None:
    async def on_call(line: Line) -> None:
        await line.play([said("For English, press eight.", private=True)])

    async with (
        answering(on_call) as endpoint,
        CallerProcess(endpoint.address, tmp_path / "heard.wav", *options) as caller,
    ):
        await caller.ended()
    heard = caller.heard()
    assert caller.time_of("answered") - caller.time_of("calling") < 2.0
    assert heard.loud_times()[0] - caller.time_of("answered") < 1.0
    assert recognised(heard.samples) == "for english press eight"


async def test_the_line_knows_who_calls(answering: Answering) -> None:
    lines: list[Line] = []

    async def on_call(line: Line) -> None:
        lines.append(line)

    async with answering(on_call) as endpoint:
        for number in ("sip:5550100@127.0.0.1", "sip:anonymous@anonymous.invalid"):
            async with CallerProcess(endpoint.address, None, "--caller", number) as caller:
                await caller.ended()
    assert [line.caller for line in lines] == ["5550100", ""]
    assert lines[0].call_id != lines[1].call_id
    assert lines[0].start_time < lines[1].start_time


async def test_what_is_said_is_heard_whole_in_order_and_without_gaps(
    answering: Answering, tmp_path: Path
) -> None:
    async def on_call(line: Line) -> None:
        await line.play([tone("tone.short"), tone("tone.next"), tone("tone.short")])

    async with (
        answering(on_call) as endpoint,
        CallerProcess(endpoint.address, tmp_path / "heard.wav") as caller,
    ):
        await caller.ended()
    heard = caller.heard()
    times = heard.loud_times()
    start, end = times[0], times[-1]
    assert end - start == pytest.approx(0.6 + 0.8 + 0.6, abs=0.3)
    assert heard.share_of(SHORT, start + 0.1, start + 0.5) > 0.9
    assert heard.share_of(NEXT, start + 0.8, end - 0.8) > 0.9
    assert heard.share_of(SHORT, end - 0.4, end - 0.1) > 0.9
    assert np.diff(times).max() < 0.3, "there was a gap"


async def test_giving_up_stops_the_sound_at_once(answering: Answering, tmp_path: Path) -> None:
    async def on_call(line: Line) -> None:
        playing = asyncio.create_task(line.play([tone("tone.low")]))
        await line.next_key()
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        await line.play([tone("tone.short")])

    async with (
        answering(on_call) as endpoint,
        CallerProcess(endpoint.address, tmp_path / "heard.wav") as caller,
    ):
        await caller.heard_sound()
        await caller.do("wait 1")
        pressed = await caller.press("1")
        await caller.ended()
    heard = caller.heard()
    low = [t for t in heard.loud_times() if heard.share_of(LOW, t, t + 0.02) > 0.5]
    short = [t for t in heard.loud_times() if t > pressed and heard.share_of(SHORT, t, t + 0.02) > 0.5]
    assert low[0] < pressed
    assert low[-1] - pressed < 0.6, "the prompt went on after the key"
    assert short[0] - pressed < 0.8, "the next prompt came late"


async def test_a_prompt_waits_while_the_caller_holds_the_line(answering: Answering, tmp_path: Path) -> None:
    played = asyncio.Event()

    async def on_call(line: Line) -> None:
        await line.play([tone("tone.high")])
        played.set()

    async with (
        answering(on_call) as endpoint,
        CallerProcess(endpoint.address, tmp_path / "heard.wav") as caller,
    ):
        await caller.heard_sound()
        await caller.do("wait 1")
        await caller.do("hold")
        await caller.do("wait 1.5")
        await caller.do("resume")
        assert not played.is_set()
        await caller.ended()
    assert played.is_set()
    assert caller.time_of("ended") - caller.time_of("sound") > 5.2, "it did not wait"
    heard = len(caller.heard().loud_times()) * 0.02  # the recording stands still during hold
    assert heard == pytest.approx(4.0, abs=0.7), "not all of it was heard"


async def test_a_long_text_goes_on_without_a_break_while_it_is_rendered(
    answering: Answering, tmp_path: Path
) -> None:
    text = "".join(f"第{number}条，缴费。" for number in "一二")

    async def on_call(line: Line) -> None:
        await line.play([said(text, Language.ZH_CN, private=True)])

    async with (
        answering(on_call) as endpoint,
        CallerProcess(endpoint.address, tmp_path / "heard.wav") as caller,
    ):
        await caller.ended(60.0)
    times = caller.heard().loud_times()
    assert times[-1] - times[0] > 2.0
    assert np.diff(times).max() < 1.0, "there was a pause longer than one between sentences"


async def test_a_failing_dialogue_ends_its_own_call_only(
    answering: Answering, capfd: pytest.CaptureFixture[str]
) -> None:
    calls = 0

    async def on_call(line: Line) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ZeroDivisionError
        await line.play([tone("tone.short")])

    async with answering(on_call) as endpoint:
        async with CallerProcess(endpoint.address) as first:
            await first.ended()
        async with CallerProcess(endpoint.address) as second:
            await second.heard_sound()
            await second.ended()
    output = "".join(capfd.readouterr())
    assert "call_failed" in output
    assert "5550100" not in output, "the caller's number is in the log"


@pytest.mark.parametrize("verb", ["play", "next_key", "record"])
async def test_hanging_up_ends_whatever_goes_on(answering: Answering, verb: str) -> None:
    ended: asyncio.Queue[tuple[str, float]] = asyncio.Queue()
    clock = asyncio.get_running_loop().time

    async def on_call(line: Line) -> None:
        try:
            if verb == "play":
                await line.play([tone("tone.low")])
            elif verb == "next_key":
                await line.next_key()
            else:
                assert (await line.record(max_seconds=30, silence_seconds=30)).hung_up
                raise HungUp
        except HungUp:
            ended.put_nowait((verb, clock()))
            for again in (line.play([]), line.next_key(), line.record(max_seconds=1, silence_seconds=1)):
                with pytest.raises(HungUp):
                    await again
            with pytest.raises(HungUp):
                line.key_waiting()
            with pytest.raises(HungUp):
                await line.send_text("x")
            with pytest.raises(HungUp):
                await line.transfer("sip:office@127.0.0.1")
            await line.hang_up()
            ended.put_nowait(("all others", clock()))
            raise

    async with answering(on_call) as endpoint, CallerProcess(endpoint.address) as caller:
        await caller.answered()
        await caller.do("wait 0.8")
        await caller.hang_up()
        begin = clock()
        async with asyncio.timeout(10):
            assert (await ended.get())[0] == verb
            what, at = await ended.get()
        assert what == "all others"
        assert at - begin < 1.0


async def test_hanging_up_ends_the_call_and_may_be_repeated(answering: Answering) -> None:
    async def on_call(line: Line) -> None:
        await line.hang_up()
        await line.hang_up()

    async with answering(on_call) as endpoint, CallerProcess(endpoint.address) as caller:
        assert (await caller.ended())["code"] == 200


async def test_nothing_is_left_of_a_call(answering: Answering) -> None:
    lines: list[weakref.ref[Line]] = []

    async def on_call(line: Line) -> None:
        lines.append(weakref.ref(line))
        await line.play([tone("tone.short")])
        await until_hung_up(line)

    async with answering(on_call) as endpoint:
        async with CallerProcess(endpoint.address) as caller:
            await caller.heard_sound()
            await caller.do("wait 1")
        await until(lambda: endpoint.calls == 0)
        gc.collect()
        assert endpoint.calls == 0
        assert [line() for line in lines] == [None]
        assert not [found for found in gc.get_objects() if isinstance(found, Call)]


async def test_one_address_is_one_line(answering: Answering, speech: Speech) -> None:
    async with answering(until_hung_up) as endpoint:
        with pytest.raises(RuntimeError):
            async with SipEndpoint("127.0.0.1:0", speech, until_hung_up):
                pass
        address = endpoint.address
    with pytest.raises(ListenFailed, match=r"192\.0\.2\.99"):
        async with SipEndpoint("192.0.2.99:5060", speech, until_hung_up):
            pass
    async with SipEndpoint(address.removeprefix("sip:"), speech, until_hung_up) as again:
        assert again.address == address
