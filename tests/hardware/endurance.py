"""What a process has, before and after weeks in minutes: endurance runs compare the two."""

from __future__ import annotations

import gc
import threading
from dataclasses import dataclass
from pathlib import Path

MEMORY_KIB = 4096
"""So much the process may grow: what Python holds back for later."""
PAGE_KIB = 4


@dataclass(frozen=True, slots=True)
class Figures:
    """Threads, open files, memory."""

    threads: int
    files: int
    memory_kib: int

    @classmethod
    def now(cls) -> Figures:
        """Of this process."""
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return cls(threading.active_count(), open_files(), pages * PAGE_KIB)


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run. seconds: of each turn."""

    before: Figures
    after: Figures
    seconds: tuple[float, ...]

    @property
    def turns(self) -> int:
        """How often it was done; a turn that fails ends the run."""
        return len(self.seconds)

    @property
    def grown(self) -> dict[str, int]:
        """What there is more of than at the start, and by how much; nothing, unless something leaks."""
        more = {
            "threads": self.after.threads - self.before.threads,
            "files": self.after.files - self.before.files,
            "memory_kib": max(0, self.after.memory_kib - self.before.memory_kib - MEMORY_KIB),
        }
        return {name: by for name, by in more.items() if by > 0}

    def __str__(self) -> str:
        mean = sum(self.seconds) / self.turns
        return (
            f"slowest {max(self.seconds):.2f} s, mean {mean:.2f} s\n"
            f"before {self.before}\nafter  {self.after}\nleaked {self.grown or 'nothing'}"
        )


def open_files() -> int:
    """How many files this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
