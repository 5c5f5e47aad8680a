"""The phone line under load: calls at once, calls set up in a second, from a key to the next prompt.

The line, as it is installed, has one core to itself; the callers (`_callers.c`) and the backend have the
other. Every call is in the whole dialogue, with sound both ways and a prompt playing all the time, and now
and then presses a key: into the first menu, and back. A key lasts 100 ms. `--full` measures for minutes what
is measured for seconds otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from bench._callers import Callers, Outcome, callers

MOST = 800
"""Calls that the line takes as it is installed."""
RATE = 225
"""Calls set up in a second."""
LATE_SHARE = 1e-4
MILLISECONDS_OF_CPU = 1.5
KIB = 250
KEY_MILLISECONDS = 50.0
ANSWER_MILLISECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Row:
    """Of the table: what, how much, and whether that is well."""

    what: str
    found: str
    target: str
    well: bool = True


def spread(figures: list[float]) -> str:
    """50th, 95th and 99th percentile."""
    return " / ".join(f"{figure:.0f}" for figure in figures[:3]) + " ms" if figures else "-"


def under_load(calls: int, outcome: Outcome) -> Iterator[Row]:
    """The rows of calls at once."""
    said = outcome.said
    name = f"{calls} calls" if calls > 1 else "alone"
    begin, end, answer = said["key_begin_ms"], said["key_end_ms"], said["answer_ms"]
    unanswered = said["unanswered"]
    yield Row(
        f"{name}: from a key's beginning to the next prompt, p50 / p95 / p99",
        spread(begin) + (f", {unanswered} unanswered" if unanswered else ""),
        f"p99 < {KEY_MILLISECONDS:.0f} ms",
        bool(begin) and begin[2] < KEY_MILLISECONDS and not unanswered,
    )
    yield Row(f"{name}: from a key's end", spread(end), "")
    if calls == 1:
        return
    yield Row(
        f"{name}: from the answer to the first sound",
        spread(answer),
        f"p99 < {ANSWER_MILLISECONDS:.0f} ms",
        bool(answer) and answer[2] < ANSWER_MILLISECONDS,
    )
    late = said["late"] / max(1, said["packets"])
    yield Row(
        f"{name}: packets over 40 ms late, and lost, of {said['packets']:,}",
        f"{said['late']}, {said['lost']}",
        "late < 1 in 10,000",
        late < LATE_SHARE,
    )
    cpu = (outcome.end.cpu - outcome.begin.cpu) * 1000 / calls / outcome.seconds
    yield Row(
        f"{name}: CPU time for each second of a call",
        f"{cpu:.2f} ms",
        f"≤ {MILLISECONDS_OF_CPU} ms" if calls == MOST else "",
        cpu <= MILLISECONDS_OF_CPU or calls < MOST,
    )
    memory = (outcome.begin.memory - outcome.before.memory) / 1024 / calls
    yield Row(f"{name}: memory of each", f"{memory:.0f} KiB", f"≤ {KIB} KiB", memory <= KIB)
    yield Row(
        f"{name}: failed, ended by the line",
        f"{said['failed']}, {said['ended_by_line']}",
        "0",
        not said["failed"],
    )


async def over_capacity(line: Callers, seconds: float) -> Iterator[Row]:
    """What callers meet where all lines are taken, and what those who talk notice of it."""
    full = asyncio.create_task(line.run(MOST, rate=100, seconds=seconds, key_every=15))
    await asyncio.sleep(MOST / 100 + 3)
    more = 50 * int(seconds / 2)
    refused = (await line.run(more, rate=50)).said
    talking = (await full).said
    return iter(
        (
            Row(
                f"{more} callers more than {MOST}: refused with 503, after p50 / p95 / p99",
                f"{refused['codes'].get('503', 0)}, {spread(refused['setup_ms'])}",
                "all",
                refused["codes"] == {"503": more},
            ),
            Row(
                "meanwhile, the others: late, lost, failed",
                f"{talking['late']}, {talking['lost']}, {talking['failed']}",
                "late < 1 in 10,000",
                talking["late"] < LATE_SHARE * talking["packets"] and not talking["failed"],
            ),
        )
    )


async def measure(full: bool) -> list[Row]:
    """Every row."""
    rows: list[Row] = []
    async with callers() as line:
        await line.run(4, rate=4, seconds=6, key_every=1)  # renders what the prompts need
        for calls, seconds, key_every in (
            (1, 60.0 if full else 15.0, 0.5),
            (100, 60.0 if full else 10.0, 2.0),
            (MOST, 120.0 if full else 10.0, 15.0),
        ):
            outcome = await line.run(calls, rate=100, seconds=seconds, key_every=key_every)
            rows += under_load(calls, outcome)
            await asyncio.sleep(1)
        seconds = 60 if full else 6
        said = (await line.run(RATE * seconds, rate=RATE, hold=1.0)).said
        rows.append(
            Row(
                f"{RATE} calls set up a second, {RATE * seconds:,} in all: failed; until answered",
                f"{said['failed'] or 0} {said['codes'] or ''}; {spread(said['setup_ms'])}",
                "0 failed",
                not said["failed"],
            )
        )
        rows += await over_capacity(line, 30.0 if full else 8.0)
    return rows


def main() -> int:
    """Prints the table; 1 where a target was missed."""
    options = argparse.ArgumentParser(prog="bench.calls", description=__doc__)
    options.add_argument("--full", action="store_true")
    rows = asyncio.run(measure(options.parse_args().full))
    print("| what | found | target |\n|---|---|---|")
    for row in rows:
        print(f"| {row.what} | {row.found} | {row.target}{'' if row.well else ' **missed**'} |")
    return int(not all(row.well for row in rows))


if __name__ == "__main__":
    sys.exit(main())
