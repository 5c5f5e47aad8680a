"""The fuzzer for a few seconds; `make fuzz` runs it for as long as one likes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.backend import house as running
from tests.backend.fuzz.messages import mutated
from tests.backend.fuzz.run import Fuzzer, Unwell

SECONDS = 6


async def test_the_backend_survives_whatever_is_sent_to_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with running.process(tmp_path / "data", log=log) as backend:
        tally = await Fuzzer(backend.address, backend.process.pid, log, seed=20_260).run(SECONDS)
    assert tally.bursts >= 1
    assert set(tally.attacks) == {"shaped", "changed", "noise", "frames", "half_calls"}
    assert {"OK", "INVALID_ARGUMENT", "UNAUTHENTICATED"} <= set(tally.answers)


async def test_a_failure_in_the_log_would_be_found(tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with running.process(tmp_path / "data", log=log) as backend:
        fuzzer = Fuzzer(backend.address, backend.process.pid, log, seed=1)
        with log.open("a") as written:
            written.write('{"event": "call_failed", "level": "error"}\n')
        with pytest.raises(Unwell, match="call_failed"):
            await fuzzer.run(1)


def test_mutated_bytes_are_others_and_the_same_for_the_same_seed() -> None:
    content = bytes(range(200))
    made = [mutated(content, random.Random(seed)) for seed in range(50)]
    assert made == [mutated(content, random.Random(seed)) for seed in range(50)]
    assert len(set(made)) > 45
