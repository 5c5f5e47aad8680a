"""Who guesses at others' cases over the phone is slowed down, closed out, and seen in the log."""

from __future__ import annotations

import asyncio
import time

import pytest

from foundation.language import Language
from ivr import guessing
from ivr.answering import Answering
from ivr.guessing import Guesses
from ivr.settings import Timing
from tests.ivr.calling import FAST, line, transcript
from tests.ivr.conftest import Phone
from tests.ivr.people import IDENTITY, letter, suffix


def test_people_who_mistype_twice_do_not_wait_and_who_goes_on_waits_ever_longer() -> None:
    guesses = Guesses()
    waits = []
    for _ in range(8):
        waits.append(guesses.wait("1", "r", 0.0))
        guesses.wrong("1", 0.0)
    assert waits == [0, 0, 1, 2, 4, 8, 16, 16]
    assert guesses.wait("2", "r", 0.0) == 0, "another caller waits"
    assert guesses.wait("1", "other reference", 0.0) == 16
    assert guesses.wait("1", "r", guessing.REMEMBERED_SECONDS) == 0


def test_a_right_try_opens_its_own_reference_at_once_and_forgets_nothing() -> None:
    guesses = Guesses()
    for _ in range(4):
        guesses.wrong("1", 0.0)
    guesses.right("1", "mine", 1.0)
    assert guesses.wait("1", "mine", 2.0) == 0
    assert guesses.wait("1", "another's", 2.0) == 4


def test_callers_without_a_number_are_not_slowed_down_for_each_other_s_mistakes() -> None:
    guesses = Guesses()
    for _ in range(guessing.FREE_WITHHELD):
        assert guesses.wait("", "r", 0.0) == 0
        guesses.wrong("", 0.0)
    assert guesses.wait("", "r", 0.0) == 1


def test_neither_numbers_nor_references_are_kept_and_memory_is_bounded() -> None:
    guesses = Guesses()
    for number in range(guessing.MOST_REMEMBERED + 10):
        guesses.wrong(f"5550{number}", 0.0)
    guesses.wrong("13800001111", 0.0)
    guesses.right("13800001111", "202600000001", 0.0)
    assert len(guesses._callers) == guessing.MOST_REMEMBERED
    kept = str(guesses._callers)
    assert "13800001111" not in kept
    assert "202600000001" not in kept


async def test_the_next_call_of_a_number_that_guessed_waits_and_another_s_does_not(phone: Phone) -> None:
    """One process, three calls: a guesser's, the guesser's again, somebody else's."""
    mine = await letter(phone, IDENTITY)
    theirs = await letter(phone, IDENTITY)
    slow = 0.4
    phone.set(timing=Timing(**FAST.model_dump() | {"guessing": slow}))
    answering = Answering(phone.door, phone.settings, language=Language.ZH_CN)

    async def call(number: str, script: str) -> tuple[float, str]:
        held = line(script, caller=number)
        begin = time.monotonic()
        async with asyncio.timeout(30):
            await answering(held)
        return time.monotonic() - begin, transcript(held)

    await call("5550100", "3\n" + f"{theirs}\n123456\n" * 3 + "!")
    others, heard = await call("5550200", f"3\n{mine}\n{suffix(IDENTITY)}\n!")
    assert "[progress.now]" in heard
    again, heard = await call("5550100", f"3\n{mine}\n{suffix(IDENTITY)}\n!")
    assert "[progress.now]" in heard, "the guesser's own case does not open"
    assert again - others > 1.5 * slow


async def test_five_wrong_tries_close_the_reference_for_that_number_and_leave_its_owner_s_untouched(
    phone: Phone, capfd: pytest.CaptureFixture[str]
) -> None:
    reference = await letter(phone, IDENTITY)
    right, strange, own = f"3\n{reference}\n{suffix(IDENTITY)}\n!", "5550300", "5550400"
    heard = await phone.call("3\n" + f"{reference}\n123456\n" * 5 + "!", caller=strange)
    assert heard.prompts.count("error.CREDENTIAL_WRONG") == 5
    for _ in range(2):
        heard = await phone.call(right, caller=strange)
        assert "progress.now" not in heard.prompts, "even the right one opens nothing to the stranger now"
        assert "error.TOO_MANY_TRIES" in heard.prompts
        assert "分钟" in heard.said("error.TOO_MANY_TRIES"), "it is not said how long"
        for caller in (own, ""):
            heard = await phone.call(right, caller=caller)
            assert "progress.now" in heard.prompts, "the owner is kept out by a stranger"
            assert "error.TOO_MANY_TRIES" not in heard.prompts
    said = "".join(capfd.readouterr())
    assert said.count("wrong secret of a reference") == 5
    assert said.count("too many wrong tries") == 2
    assert reference not in said
    assert IDENTITY[-6:] not in said
    assert not [number for number in (strange, own) if number in said]
