"""``python -m tests.backend.fuzz``: the fuzzer by hand, for as long as one likes."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

from tests.backend import house
from tests.backend.fuzz.run import Fuzzer, Unwell


async def main(minutes: float, seed: int) -> int:
    """Runs it; the exit code."""
    print(f"seed {seed}, {minutes:g} minutes", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        async with house.process(Path(folder) / "data", log=log) as backend:
            fuzzer = Fuzzer(backend.address, backend.process.pid, log, seed)
            try:
                print(await fuzzer.run(minutes * 60))
            except Unwell as unwell:
                print(unwell, file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.minutes, given.seed)))
