"""Where a terminal and a technician's program meet, and how patient they are: the table ``[vendor_mode]``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from foundation.config import Settings


def runtime_folder() -> Path:
    """``$XDG_RUNTIME_DIR/huimin/terminals``, or ``~/.cache/huimin/terminals`` where there is none."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    base = Path(runtime) if Path(runtime).is_absolute() else Path.home() / ".cache"
    return base / "huimin" / "terminals"


class VendorModeSettings(Settings):
    """Read by the terminal and by ``huimin-diagnose``. Times are in seconds."""

    room: ClassVar[str] = "vendor_mode"

    folder: Path = Field(default_factory=runtime_folder)
    """Of the sockets, one for each terminal that runs: ``terminal-PROCESS``."""
    wait: float = Field(120.0, ge=0, le=3600)
    """For which a visit under way may go on, before the resident is told."""
    longest: float = Field(900.0, ge=1, le=86400)
    """For which a technician's program may do nothing until the terminal takes its devices back."""
    keep: float = Field(600.0, ge=0, le=3600)
    """For which what an interrupted resident entered is kept."""
