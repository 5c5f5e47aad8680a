"""HTML on standard input becomes PDF on standard output: ``python -m backend.documents.typesetting``.

It runs as a process of its own for each document: setting type takes a second of a processor, which would
keep the calls of every door waiting. Nothing is fetched: no address that stands in the HTML is opened.
"""

from __future__ import annotations

import logging
import resource
import sys

MAX_MEMORY = 2 << 30
"""Bytes of address space."""
SECONDS = 20
"""Of the processor."""


def main() -> None:
    """Sets the type."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    from weasyprint import HTML  # noqa: PLC0415 (needs no more than this process has)

    HTML(string=sys.stdin.buffer.read().decode(), url_fetcher=_refuse).write_pdf(sys.stdout.buffer)


def _refuse(url: str, *more: object, **others: object) -> dict[str, object]:
    raise ValueError("nothing is fetched")


if __name__ == "__main__":
    main()
