"""The program started anew in its own place, with what it was started with: same process, another program.

Whoever started it (systemd, a compositor, a shell) sees no end of it.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def start_anew() -> NoReturn:
    """Gives the process to a new start of this program; everything of the old one is closed by then."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 (the program that runs)
