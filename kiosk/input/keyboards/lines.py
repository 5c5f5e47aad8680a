"""How many candidates fit on the lines of the candidate row."""

from __future__ import annotations

from collections.abc import Sequence

Line = tuple[int, ...]
"""Candidates of one line, by their number on the engine's page."""


def chunks(widths: Sequence[float], room: float, lines: int) -> list[list[Line]]:
    """Parts what the engine offers on one page into portions, each of at most so many lines.

    widths: of the candidates' keys, in order; room: width of a line. A candidate wider than a line has one of
    its own. There is at least one portion.
    """
    portions: list[list[Line]] = [[]]
    line: list[int] = []
    used = 0.0
    for number, width in enumerate(widths):
        if line and used + width > room:
            portions = _with(portions, tuple(line), lines)
            line, used = [], 0.0
        line.append(number)
        used += width
    return _with(portions, tuple(line), lines) if line else portions


def _with(portions: list[list[Line]], line: Line, lines: int) -> list[list[Line]]:
    if len(portions[-1]) < lines:
        return [*portions[:-1], [*portions[-1], line]]
    return [*portions, [line]]
