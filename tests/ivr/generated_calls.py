"""Calls of callers who press anything at any time, over the content that Huimin comes with, while the backend
comes and goes: each ends at a person, a goodbye or a hang-up; none loops, none fails, and nothing is lost.

    python -m tests.ivr.generated_calls --calls 10000 --seed 1

The same seed makes the same callers; what they meet depends on the moments at which the backend is away.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from backend_client.cache import ReadCache
from backend_client.catalog import Service
from backend_client.forms.form import Form
from foundation.language import Language
from ivr.dialogue.services import offered
from ivr.records.record import Result
from tests.ivr.cable import Cable
from tests.ivr.calling import Heard
from tests.ivr.conftest import Phone
from tests.ivr.county import SHIPPED, County
from tests.ivr.people import IDENTITY, IDENTITY_X, keyed, suffix
from tests.ivr.test_random_callers import HASTY, LAST_LINE, behaviour, last_line
from tests.ivr.test_shipped_content import script, way_to_form

AT_ONCE = 25
PERSON = "sip:office@192.0.2.10"
MOST_SAID = 80
"""Prompts that may follow one another without a key or a silence: the longest summary of a form has fewer."""
AWAY = (0.05, 1.0)
THERE = (0.3, 2.0)
"""Seconds for which the backend cannot be reached, and can."""
TIMING = HASTY.model_copy(update={"please_wait": 0.05, "wait_again": 0.3, "call": 120.0, "warning": 5.0})


@dataclass
class Calls:
    """What came of them."""

    ends: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    said: int = 0
    keys: int = 0
    bad: list[str] = field(default_factory=list)

    def add(self, seed: int, heard: Heard) -> None:
        """Judges a call that is over."""
        timeline = heard.record["timeline"]
        result = Result(heard.record["result"])
        self.ends[result.value] += 1
        self.said += sum("prompt" in entry for entry in timeline)
        self.keys += sum("key" in entry for entry in timeline)
        self.sent += sum(entry.get("event") in SENT for entry in timeline)
        if (wrong := _wrong(result, heard)) is not None:
            self.bad.append(f"seed {seed}: {wrong}\n{heard.text[-2000:]}")


SENT = {"submission accepted", "submission kept"}


def _wrong(result: Result, heard: Heard) -> str | None:
    """What is wrong with a call; None for nothing."""
    last = last_line(heard)
    if result not in LAST_LINE or not last.startswith(LAST_LINE[result]):
        return f"it ended as {result.value} with {last}"
    in_a_row = 0
    for entry in heard.record["timeline"]:
        in_a_row = in_a_row + 1 if "prompt" in entry else 0
        if in_a_row > MOST_SAID:
            return f"{in_a_row} prompts in a row"
    return None


def caller(seed: int, services: Sequence[Service], forms: Sequence[Form], most: int = 60) -> str:
    """What a caller does: one in three knows a form and is distracted, the others wander."""
    chance = random.Random(seed)
    steps: list[str] = []
    if seed % 3 == 0:
        form = chance.choice(forms)
        known = f"2\n{way_to_form(services, form.name)}\n1\n{script(form)}".splitlines()
        distracted = chance.choice([0.0, 0.0, 0.03])
        for line in known[: chance.choice([chance.randint(5, len(known)), len(known)])]:
            steps += [behaviour(chance)] * (chance.random() < distracted) + [line]
    else:
        steps = [chance.choice("12344") for _ in range(chance.randint(0, 4))]
    for _ in range(chance.randint(1, most)):
        steps.append(
            chance.choice(
                [keyed(IDENTITY), keyed(IDENTITY_X), suffix(IDENTITY), "9529#", "92#", "13800001111", "0#"]
            )
            if chance.random() < 0.1
            else behaviour(chance)
        )
    return "\n".join([*steps, *["~"] * (40 * (chance.random() < 0.5))])


async def hold(phone: Phone, calls: int, seed: int) -> Calls:
    """Holds so many calls, some at once."""
    services = (await phone.client.list_services(page_size=200)).items
    names = [one.form for group in ("apply", "tell", "pay") for one in offered(services)[group] if one.form]
    forms = [await phone.client.get_form(name) for name in names]
    phone.set(timing=TIMING)
    free, held = asyncio.Semaphore(AT_ONCE), Calls()

    async def one(number: int) -> None:
        async with free:
            phone.set(person=PERSON if number % 2 else "")
            heard = await phone.call(
                caller(number, services, forms),
                Language.EN if number % 4 < 2 else Language.ZH_CN,
                takes_transfers=number % 3 != 0,
                caller="13912345678" * (number % 5 == 0),
            )
        held.add(number, heard)

    await asyncio.gather(*(one(number) for number in range(seed, seed + calls)))
    return held


async def come_and_go(cable: Cable, seed: int) -> None:
    """The backend is away every now and then, until this is cancelled."""
    chance = random.Random(seed)
    try:
        while True:
            await asyncio.sleep(chance.uniform(*THERE))
            await cable.pull_out()
            await asyncio.sleep(chance.uniform(*AWAY))
            await cable.plug_in()
    finally:
        await cable.pull_out()
        await cable.plug_in()


async def generated(county: County, folder: Path, calls: int, seed: int) -> tuple[Calls, int]:
    """What came of the calls, and how many submissions the backend has got of them."""
    cable = Cable(county.address)
    await cable.plug_in()
    phone = Phone(county, folder, cable.address)
    await phone.open(cache=ReadCache())
    before = len(county.references())
    weather = asyncio.create_task(come_and_go(cable, seed))
    try:
        held = await hold(phone, calls, seed)
        weather.cancel()
        await asyncio.gather(weather, return_exceptions=True)
        await phone.delivered()
        return held, len(county.references()) - before
    finally:
        weather.cancel()
        await phone.close()
        await cable.pull_out()


def main() -> None:
    """Prints what came of them; ends with 1 where a call went wrong or something was lost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 24))
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory(prefix="huimin-calls-") as folder:
        county = County(Path(folder) / "county", SHIPPED)
        county.start()
        began = time.monotonic()
        try:
            held, got = asyncio.run(generated(county, Path(folder) / "phone", options.calls, options.seed))
        finally:
            county.stop()
    taken = time.monotonic() - began
    print(f"generated-calls: {options.calls} calls, seed {options.seed}, {taken:.0f} s: {dict(held.ends)}")
    print(f"{held.keys} keys, {held.said} prompts, {held.sent} applications sent, {got} cases at the backend")
    print("\n".join(held.bad[:5]))
    sys.exit(1 if held.bad or got < held.sent else 0)


if __name__ == "__main__":
    main()
