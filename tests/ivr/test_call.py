"""The five verbs of a call, over the console's line and the real clock."""

from __future__ import annotations

import asyncio
import io
import wave
from datetime import UTC, datetime
from typing import Any

import pytest

from foundation.language import Language
from ivr.call import Call, CallOver
from ivr.console import ConsoleLine
from ivr.entry import ONE_KEY, End, Entry, Star, Wanted
from ivr.line import HungUp, Utterance
from ivr.records.record import CallRecord, Result
from ivr.settings import Timing
from tests.ivr.calling import FAST, line, transcript

ASK = [Utterance("ask", "which", Language.EN), Utterance("how", "press a key", Language.EN)]
DATE = Wanted(8)


def call_over(script: str, timing: Timing = FAST, **options: Any) -> tuple[Call, ConsoleLine, CallRecord]:
    held = line(script, **options)
    record = CallRecord("id", "", datetime.now(UTC))
    return Call(held, record, timing, Language.EN), held, record


def timeline(record: CallRecord) -> list[str]:
    """The entries without their times."""
    entries: Any = record.finished(Result.GOODBYE, Language.EN)["timeline"]
    return [next(value for kind, value in entry.items() if kind != "t") for entry in entries]


async def test_a_question_is_said_whole_before_the_caller_answers() -> None:
    call, held, record = call_over("3")
    assert await call.gather(ASK, ONE_KEY) == Entry("3", End.COMPLETE)
    assert transcript(held).splitlines() == ["[ask] which", "[how] press a key", "> 3"]
    assert timeline(record) == ["ask", "how", "3"]


async def test_the_first_key_cuts_the_prompt_short_and_counts() -> None:
    call, held, record = call_over("^2", playing=5.0)
    async with asyncio.timeout(1):
        assert await call.gather(ASK, ONE_KEY) == Entry("2", End.COMPLETE)
    assert "[how]" not in transcript(held)
    assert "cut short" in timeline(record)


async def test_keys_typed_ahead_are_taken_without_the_prompts() -> None:
    call, held, record = call_over("1 20260203 2")
    assert (await call.gather(ASK, ONE_KEY)).keys == "1"
    assert (await call.gather(ASK, DATE)).keys == "20260203"
    assert (await call.gather(ASK, ONE_KEY)).keys == "2"
    assert transcript(held).count("[ask]") == 1
    assert timeline(record).count("ask") == 1


async def test_a_key_during_a_statement_cuts_it_and_answers_the_next_question() -> None:
    call, _, _ = call_over("^1", playing=5.0)
    async with asyncio.timeout(1):
        await call.say(*ASK)
        assert (await call.gather(ASK, ONE_KEY)).keys == "1"


async def test_keys_keep_their_order_through_statements() -> None:
    call, _, _ = call_over("1 2 3")
    assert (await call.gather(ASK, ONE_KEY)).keys == "1"
    await call.say(*ASK)
    await call.say(*ASK)
    assert (await call.gather(ASK, ONE_KEY)).keys == "2"
    await call.say(*ASK)
    assert (await call.gather(ASK, ONE_KEY)).keys == "3"


async def test_a_hash_pressed_out_of_habit_after_a_whole_entry_is_not_an_answer() -> None:
    call, _, record = call_over("20260203#1")
    assert (await call.gather(ASK, DATE)).keys == "20260203"
    assert (await call.gather(ASK, ONE_KEY)) == Entry("1", End.COMPLETE)
    assert "trailing hash" in timeline(record)


async def test_a_hash_pressed_out_of_habit_does_not_cut_the_next_prompt() -> None:
    call, held, _ = call_over("20260203\n^#\n1", playing=0.02)
    assert (await call.gather(ASK, DATE)).keys == "20260203"
    assert (await call.gather(ASK, ONE_KEY)).keys == "1"
    assert transcript(held).count("[how]") == 2


async def test_only_one_hash_is_taken_for_a_habit() -> None:
    call, _, _ = call_over("20260203##")
    await call.gather(ASK, DATE)
    assert (await call.gather(ASK, ONE_KEY)).end is End.HASH


async def test_silence_is_told_from_an_entry_that_stops() -> None:
    call, _, record = call_over("~\n2026\n~")
    assert await call.gather(ASK, DATE) == Entry("", End.SILENCE)
    assert await call.gather(ASK, DATE) == Entry("2026", End.PAUSE)
    assert timeline(record)[2] == "silence"
    assert timeline(record)[-1] == "pause"


async def test_the_line_waits_as_long_as_it_says() -> None:
    timing = Timing(first_key=0.3, between_keys=0.1)
    call, _, _ = call_over("~\n2\n~", timing)
    clock = asyncio.get_running_loop().time
    start = clock()
    await call.gather(ASK, DATE)
    after_silence = clock()
    await call.gather(ASK, DATE)
    assert 0.3 <= after_silence - start < 1.0
    assert 0.1 <= clock() - after_silence < 0.8


async def test_private_keys_are_masked_in_the_record() -> None:
    call, _, record = call_over("07201*\n4")
    assert (await call.gather(ASK, Wanted(6, Star.LAST_X), private=True)).keys == "07201*"
    await call.gather((), ONE_KEY)
    assert timeline(record) == ["ask", "how", *"••••••", "4"]


async def test_dropping_keys_typed_ahead_drops_those_and_no_others() -> None:
    call, _, record = call_over("1 2 3\n4")
    await call.gather(ASK, ONE_KEY)
    await call.say(*ASK)
    await call.forget_keys_typed_ahead()
    assert (await call.gather(ASK, ONE_KEY)).keys == "4"
    assert "keys typed ahead dropped" in timeline(record)


async def test_a_recording_begins_after_the_question_and_ends_with_a_key() -> None:
    call, held, record = call_over("hello there")
    recorded = await call.record(ASK)
    assert recorded.key == "#"
    with wave.open(io.BytesIO(recorded.wav)) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8000, 2, 1)
        assert recorded.seconds == pytest.approx(file.getnframes() / 8000)
    assert timeline(record) == ["ask", "how", "recording", "recorded", "#"]
    assert transcript(held).endswith('> "hello there" #\n')


async def test_keys_typed_ahead_do_not_end_a_recording_before_it_begins() -> None:
    call, _, _ = call_over("1 2 2\nhello there")
    await call.gather(ASK, ONE_KEY)
    assert (await call.record(ASK)).seconds > 0.5


async def test_a_star_calls_a_recording_off() -> None:
    call, _, record = call_over("^*", playing=1.0)
    recorded = await call.record(ASK)
    assert (recorded.key, recorded.wav) == ("*", b"")
    assert "recording" not in timeline(record)


async def test_a_text_is_shown_while_the_dialogue_goes_on() -> None:
    call, held, record = call_over("1")
    call.send_text("1234-5678-9012")
    assert (await call.gather(ASK, ONE_KEY)).keys == "1"
    await call.close()
    assert "(on the phone's screen: 1234-5678-9012)" in transcript(held)
    assert "text shown" in timeline(record)


async def test_a_transfer_is_taken_or_refused() -> None:
    call, _, record = call_over("1", takes_transfers=False)
    assert not await call.transfer("sip:office@192.0.2.10")
    assert (await call.gather(ASK, ONE_KEY)).keys == "1"
    assert timeline(record)[:2] == ["transfer", "transfer refused"]
    call, _, record = call_over("1")
    assert await call.transfer("sip:office@192.0.2.10")
    with pytest.raises(HungUp):
        await call.say(*ASK)


@pytest.mark.parametrize("verb", ["say", "gather", "record"])
async def test_every_verb_ends_with_the_call(verb: str) -> None:
    call, held, _ = call_over("!")
    with pytest.raises(HungUp):
        await call.gather(ASK, ONE_KEY)
    with pytest.raises(HungUp):
        match verb:
            case "say":
                await call.say(*ASK)
            case "gather":
                await call.gather(ASK, ONE_KEY)
            case _:
                await call.record(ASK)
    call.send_text("too late")
    await call.close()
    assert "too late" not in transcript(held)


async def test_hanging_up_during_a_prompt_ends_the_verb() -> None:
    call, held, _ = call_over("", playing=5.0)
    asyncio.get_running_loop().call_later(0.05, held._leave)
    with pytest.raises(HungUp):
        async with asyncio.timeout(1):
            await call.gather(ASK, ONE_KEY)


LIMITED = FAST.model_copy(update={"call": 1.0, "warning": 0.6})


async def test_near_the_limit_the_caller_is_asked_and_may_have_more_time() -> None:
    call, held, _ = call_over("1\n2\n1\n3", LIMITED)
    assert (await call.gather(ASK, ONE_KEY)).keys == "1"
    await asyncio.sleep(0.5)
    assert (await call.gather(ASK, ONE_KEY)).keys == "2"  # not 1: meant for the question, and kept for it
    assert "[limit.more]" in transcript(held)
    await asyncio.sleep(0.6)
    with pytest.raises(CallOver) as over:
        await call.gather(ASK, ONE_KEY)
    assert over.value.result is Result.TIME_LIMIT


async def test_a_prompt_that_is_being_said_is_interrupted_by_the_warning_and_said_again() -> None:
    call, held, _ = call_over("1\n4", LIMITED, playing=0.05)
    await asyncio.sleep(0.35)
    assert (await call.gather(ASK, ONE_KEY)).keys == "4"
    said = [text.split("]")[0][1:] for text in transcript(held).splitlines() if text.startswith("[")]
    assert said[0] == "ask"
    assert said[-4:] == ["limit.more", "limit.extended", "ask", "how"]


async def test_the_limit_ends_a_prompt_that_goes_on_for_ever() -> None:
    call, _, _ = call_over("~", LIMITED, playing=30.0)
    with pytest.raises(CallOver):
        async with asyncio.timeout(10):
            await call.gather(ASK, ONE_KEY)


async def test_nothing_is_left_running() -> None:
    before = asyncio.all_tasks()
    call, _, _ = call_over("^1\n~\n!", playing=0.01)
    await call.gather(ASK, ONE_KEY)
    await call.gather(ASK, ONE_KEY)
    call.send_text("text")
    with pytest.raises(HungUp):
        await call.gather(ASK, ONE_KEY)
    await call.close()
    assert asyncio.all_tasks() == before
