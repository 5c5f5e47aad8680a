"""The disk of the doors: a file system of some megabytes where the machine allows it, and limits on files."""

from __future__ import annotations

import errno
import resource
import subprocess
from contextlib import suppress
from pathlib import Path

SIZE = 24 << 20


class Room:
    """A folder for queues that can be filled to the last byte; made and ended with the driver.

    real: whether it is a file system of its own; otherwise it cannot be filled, and only `refuse` works.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "huimin-chaos", str(folder)],
            check=False,
            capture_output=True,
        )
        self.real = mounted.returncode == 0
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leaves not one byte."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def clear(self) -> None:
        """Gives the room back."""
        self._ballast.unlink(missing_ok=True)

    @staticmethod
    def refuse(pid: int, longest: int) -> None:
        """Lets no file of a process grow beyond so many bytes (EFBIG)."""
        with suppress(ProcessLookupError):
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (longest, hard))

    @staticmethod
    def allow(pid: int) -> None:
        """Lets them grow again."""
        Room.refuse(pid, resource.RLIM_INFINITY)

    def close(self) -> None:
        """Ends the file system, and what is on it."""
        self.clear()
        if self.real:
            subprocess.run(["umount", "-l", str(self.folder)], check=True, capture_output=True)
            self.folder.rmdir()
