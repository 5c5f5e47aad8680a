"""Callers who press anything at any time: whatever they do, the call ends well."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from foundation.language import Language
from ivr.records.record import Result
from ivr.settings import Timing
from tests.ivr.calling import Heard
from tests.ivr.conftest import Phone
from tests.ivr.county import County
from tests.ivr.people import IDENTITY, WRONG_CHECK
from tests.ivr.test_forms import ANSWERS, START, form

CALLS = 500
AT_ONCE = 25

HASTY = Timing(
    first_key=0.02,
    between_keys=0.02,
    reading_pause=0.01,
    please_wait=5.0,
    recording=1.0,
    recording_silence=0.1,
    call=5.0,
    warning=1.0,
)

LAST_LINE = {
    Result.HUNG_UP: "(hung up by the caller)",
    Result.GOODBYE: "[end.goodbye]",
    Result.TIME_LIMIT: "[end.time_limit]",
    Result.TRANSFERRED: "(transfer to sip:office@192.0.2.10: taken)",
}


def last_line(heard: Heard) -> str:
    """What ended the call, without keys that were pressed into the last words, and without the screen."""
    lines = heard.text.removesuffix("(hung up by the line)\n").splitlines()
    return [line for line in lines if not line.startswith((">", "(on the phone's screen"))][-1]


def behaviour(chance: random.Random) -> str:
    """One thing that a caller does: something sensible, or anything at all."""
    keys = "0123456789*#"
    match chance.randrange(12):
        case 0:
            return "~"
        case 1:
            return "".join(chance.choices(keys, k=chance.randint(2, 20)))
        case 2:
            return f"^{chance.choice(keys)}"
        case 3:
            return chance.choice(["你好", "hello", "我要投诉"])
        case 4:
            return chance.choice([*ANSWERS, IDENTITY, WRONG_CHECK, "20260230", "12*50*", START])
        case 5:
            return "*"
        case _:
            return chance.choice("1112345#")


def caller(seed: int) -> str:
    """A whole caller; some hang up in the middle. Every other one knows the form, but is distracted."""
    chance = random.Random(seed)
    if seed % 2:
        steps = [behaviour(chance) for _ in range(chance.randint(1, 60))]
    else:
        steps = []
        for line in form().splitlines()[: chance.randint(5, 60)]:
            steps += [behaviour(chance)] * (chance.random() < 0.08) + [line]
    if chance.random() < 0.5:
        steps += ["~"] * 40
    return "\n".join(steps)


@pytest.mark.parametrize("person", ["", "sip:office@192.0.2.10"])
async def test_whatever_callers_do_the_call_ends_with_a_person_a_goodbye_or_their_hanging_up(
    phone: Phone, person: str
) -> None:
    phone.set(timing=HASTY, person=person)
    free = asyncio.Semaphore(AT_ONCE)

    async def one(seed: int) -> tuple[int, Heard]:
        language = Language.EN if seed % 4 < 2 else Language.ZH_CN
        async with free:
            heard = await phone.call(
                caller(seed), language, takes_transfers=seed % 3 != 0, caller="13912345678" * (seed % 5 == 0)
            )
        return seed, heard

    sent = len(phone.county.references())
    tasks = asyncio.all_tasks()
    held = await asyncio.gather(*(one(seed) for seed in range(CALLS // 2)))
    ends = dict.fromkeys(Result, 0)
    for seed, heard in held:
        result = Result(heard.record["result"])
        ends[result] += 1
        assert result in LAST_LINE, (seed, heard.text)
        assert last_line(heard).startswith(LAST_LINE[result]), (seed, heard.text)
    assert ends[Result.HUNG_UP] > 20
    await phone.delivered()
    assert len(phone.county.references()) > sent + 10
    assert ends[Result.GOODBYE] + ends[Result.TRANSFERRED] > 20
    await phone.until(lambda: asyncio.all_tasks() == tasks)


async def test_callers_of_what_is_shipped_whose_backend_comes_and_goes_end_well_and_lose_nothing(
    shipped: County, tmp_path: Path
) -> None:
    """The short form of `make generated-calls`."""
    from tests.ivr.generated_calls import generated  # which takes its callers from here

    held, got = await generated(shipped, tmp_path / "phone", 60, 1)
    assert not held.bad, held.bad[0]
    assert got >= held.sent
    assert held.ends[Result.GOODBYE.value] + held.ends[Result.TRANSFERRED.value] > 10
