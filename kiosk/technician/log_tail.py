"""The latest lines of the log, kept in memory for the technician at the screen."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

LINES = 500
LONGEST = 4096
"""Characters of a line that is kept; a longer one is left out, for half of it is no JSON."""


class LogTail(logging.Handler):
    """Keeps what is logged as it is written: one JSON object a line."""

    def __init__(self, formatter: logging.Formatter | None) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self._lines: deque[str] = deque(maxlen=LINES)

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps a line."""
        line = self.format(record)
        if len(line) <= LONGEST:
            self._lines.append(line)

    @property
    def lines(self) -> list[str]:
        """The oldest first."""
        return list(self._lines)


@contextmanager
def log_tail() -> Iterator[LogTail]:
    """Keeps the log's latest lines while the block runs."""
    root = logging.getLogger()
    tail = LogTail(root.handlers[0].formatter if root.handlers else None)
    root.addHandler(tail)
    try:
        yield tail
    finally:
        root.removeHandler(tail)
