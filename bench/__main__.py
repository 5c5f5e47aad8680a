"""``make bench``: describes the machine, then runs every measurement of this folder in its own process.

``make bench OPTIONS="search --full"`` runs one of them only, with its own options, as long as it takes.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SECONDS = 3600
"""A measurement that takes longer is broken."""


def machine() -> str:
    """What the figures were measured on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} × {model}, {memory:.0f} GiB, Python {platform.python_version()}"


def main() -> int:
    """Runs them in the order of their names. 1 where one failed."""
    print(machine(), flush=True)
    if sys.argv[1:]:
        name, *options = sys.argv[1:]
        return subprocess.run([sys.executable, "-m", f"bench.{name}", *options], check=False).returncode
    failed = []
    for file in sorted(HERE.glob("[!_]*.py")):
        print(f"\n== {file.stem}", flush=True)
        ran = subprocess.run([sys.executable, "-m", f"bench.{file.stem}"], check=False, timeout=SECONDS)
        if ran.returncode:
            failed.append(file.stem)
    if failed:
        print(f"\nfailed: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
