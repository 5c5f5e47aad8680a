"""Which version runs, which one is installed, and whether a restart is pending."""

from __future__ import annotations

import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REBOOT = Path("/run/reboot-required")
"""Debian's packages put it there where the machine has to be started anew."""
GIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Version:
    """Of the package and, where it runs from a checkout, the commit; both empty where unknown."""

    package: str
    commit: str

    def __str__(self) -> str:
        return f"{self.package} ({self.commit})" if self.commit else self.package


@dataclass(frozen=True, slots=True)
class Update:
    """running: since the program's start; installed: what a restart would run; machine: the system asks to be
    started anew."""

    running: Version
    installed: Version
    started: datetime
    machine: bool

    @property
    def pending(self) -> bool:
        """Whether a restart of the program would run something else."""
        return self.running != self.installed


def installed() -> Version:
    """What is installed now."""
    try:
        package = version("huimin")
    except PackageNotFoundError:
        package = ""
    return Version(package, _commit())


def _commit() -> str:
    """Of the checkout, shortened; a mark where files differ from it."""
    if not (ROOT / ".git").exists():
        return ""
    try:
        said = subprocess.run(
            ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True,
            text=True,
            timeout=GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return said.stdout.strip()[:64]


def system() -> str:
    """The system beneath."""
    return f"{platform.system()} {platform.release()} {platform.machine()}"


class Updates:
    """Remembers what was installed when the program started."""

    def __init__(self) -> None:
        self._running = installed()
        self._started = datetime.now(UTC)

    def look(self) -> Update:
        """How it is now; in another thread, for it may start a program."""
        return Update(self._running, installed(), self._started, REBOOT.exists())
