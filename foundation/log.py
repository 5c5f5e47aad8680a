"""The log: one JSON object a line on standard error."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import walk_tb

import structlog

_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]


def start_log(command: str, level: str = "info") -> None:
    """Sends structlog's and the libraries' records to standard error as JSON.

    command: name of the command, put into every record; level: logging's name.
    """
    logging.captureWarnings(True)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(command=command)


@contextmanager
def silence() -> Iterator[None]:
    """No records while the block runs: of a command that ends soon, and tells people in sentences."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger. Events are short fixed names, what varies goes into keywords; never personal data."""
    found: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return found


def trace(error: BaseException) -> str:
    """Of what kind an error is and which lines it came through. Not its words: they may quote what somebody
    entered."""
    lines = [
        f"{frame.f_globals.get('__name__')}:{line} {frame.f_code.co_name}"
        for frame, line in walk_tb(error.__traceback__)
    ]
    return " > ".join((*lines, type(error).__name__))
