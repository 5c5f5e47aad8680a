"""``python -m tests.hardware.fuzz``: fuzzes decoders by hand, for as long as one likes, one after another.

An input that breaks a decoder is printed in hexadecimal. With --keep, what was learnt goes into the corpus.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.hardware.fuzz import corpus
from tests.hardware.fuzz.decoders import DECODERS

LONGEST = 4096
"""Bytes of an input: more than any frame, so that a reader's cap is passed too."""
MEMORY_MEGABYTES = 512
"""Of the process, most of which are Python and the fuzzer: one that grows passes it within an hour."""
_DONE = re.compile(r"DONE\s+cov: (\d+).*corp: (\d+)/")
_COUNT = re.compile(r"Done (\d+) runs in (\d+)")


def fuzz(decoder: str, seconds: float, *, keep: bool) -> bool:
    """Fuzzes one; whether it stood."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        learnt = folder / "corpus"
        corpus.unpack(decoder, learnt)
        said = _run(
            decoder,
            learnt,
            f"-max_total_time={max(1, round(seconds))}",
            f"-max_len={LONGEST}",
            f"-rss_limit_mb={MEMORY_MEGABYTES}",
            f"-artifact_prefix={folder}/",
            "-timeout=10",
            "-print_final_stats=1",
        )
        broken = [file for file in folder.iterdir() if file.is_file()]
        if said.returncode or broken:
            print(f"{decoder}: FAILED")
            print("\n".join(said.stderr.splitlines()[-30:]))
            for file in broken:
                print(f"{file.name.partition('-')[0]}: {file.read_bytes().hex()}")
            return False
        counted, done = _COUNT.search(said.stderr), _DONE.search(said.stderr)
        assert counted and done, said.stderr[-2000:]
        print(
            f"{decoder}: {int(counted[1]):,} inputs in {counted[2]} s, {done[1]} places reached,"
            f" {done[2]} ways known",
            flush=True,
        )
        if keep:
            corpus.pack(decoder, learnt)  # it has left those that take the decoder along a way of their own
        return True


def _run(decoder: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    # A program takes over the peak memory of the process that starts it (getrusage(2)): here a small one's.
    python = [sys.executable, "-m", "tests.hardware.fuzz.one", decoder, *arguments]
    command = ["setsid", "--fork", "--wait", *python]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)


def main() -> int:
    """Runs it; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("decoders", nargs="*", metavar="DECODER", help=f"of: {', '.join(DECODERS)}; all")
    parser.add_argument("--minutes", type=float, default=1, help="of each decoder")
    parser.add_argument("--keep", action="store_true", help="put what was learnt into the corpus")
    given = parser.parse_args()
    if unknown := set(given.decoders) - set(DECODERS):
        parser.error(f"no such decoder: {', '.join(sorted(unknown))}")
    stood = [fuzz(one, given.minutes * 60, keep=given.keep) for one in given.decoders or DECODERS]
    return int(not all(stood))


if __name__ == "__main__":
    sys.exit(main())
