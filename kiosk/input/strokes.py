"""A character's strokes as the recogniser wants them: steady, and of one size wherever they were written.

Pure. Without this a small character in a corner of the field is taken for another: the recogniser compares
places in the field, and learnt from characters that fill it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil, hypot

Point = tuple[float, float]
Stroke = tuple[Point, ...]
"""Where the finger was, in order; pixels or any other unit, y down."""

FIELD = 300
"""Side of the square that strokes are fitted into."""
_FILLED = 0.75
"""Part of it that a character takes."""
_STEP = 6.0
"""Distance of two points of a fitted stroke, in units of the field."""
_STEADIED = 2
"""Points to each side over which a trembling finger is averaged."""
_STRAIGHT = 14.0
"""Distance from a straight line, in units of the field, below which a point is no corner of the stroke."""


def fitted(strokes: Sequence[Stroke]) -> list[Stroke]:
    """The strokes in the middle of a square of side FIELD, in proportion: steadied, and their corners only.

    The characters that the recogniser learnt have few points; a hook of the pen counts there as a stroke's
    turn does. ValueError where there is none, or one without a point.
    """
    if not strokes or not all(strokes):
        raise ValueError("a stroke has at least one point")
    xs = [x for stroke in strokes for x, _ in stroke]
    ys = [y for stroke in strokes for _, y in stroke]
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    extent = max(right - left, bottom - top)
    scale = _FILLED * FIELD / extent if extent else 1.0
    across, down = (left + right) / 2, (top + bottom) / 2
    made = []
    for stroke in strokes:
        even = _even([((x - across) * scale + FIELD / 2, (y - down) * scale + FIELD / 2) for x, y in stroke])
        made.append(_corners(_steadied(tuple(even))))
    return made


def _even(stroke: Sequence[Point]) -> Iterator[Point]:
    """Points in between, so that each is about equally far from the next, and the last."""
    for (x, y), (to_x, to_y) in pairwise(stroke):
        parts = ceil(hypot(to_x - x, to_y - y) / _STEP)
        for part in range(parts):
            yield (x + (to_x - x) * part / parts, y + (to_y - y) * part / parts)
    yield stroke[-1]


def _steadied(stroke: Stroke) -> Stroke:
    """Each point in the middle of those beside it; a stroke has two points at least."""
    middles = []
    for number in range(len(stroke)):
        beside = stroke[max(0, number - _STEADIED) : number + _STEADIED + 1]
        middles.append((sum(x for x, _ in beside) / len(beside), sum(y for _, y in beside) / len(beside)))
    return tuple(middles) if len(middles) > 1 else (middles[0], (middles[0][0] + 1, middles[0][1] + 1))


def _corners(stroke: Stroke) -> Stroke:
    """The points between which the stroke is nearly straight (Ramer's and Douglas and Peucker's way)."""
    (x, y), (to_x, to_y) = stroke[0], stroke[-1]
    long = hypot(to_x - x, to_y - y)

    def off(point: Point) -> float:
        if long < 1:
            return hypot(point[0] - x, point[1] - y)
        return abs((to_x - x) * (y - point[1]) - (x - point[0]) * (to_y - y)) / long

    if len(stroke) < 3:
        return stroke
    farthest = max(range(1, len(stroke) - 1), key=lambda number: off(stroke[number]))
    if off(stroke[farthest]) < _STRAIGHT:
        return (stroke[0], stroke[-1])
    return (*_corners(stroke[: farthest + 1])[:-1], *_corners(stroke[farthest:]))


def rounded(stroke: Sequence[Point]) -> list[Point]:
    """The stroke with its corners cut twice (Chaikin's way): how ink flows, for the eye only."""
    points = list(stroke)
    for _ in range(2):
        if len(points) < 3:
            break
        cut = [points[0]]
        for (x, y), (to_x, to_y) in pairwise(points):
            cut.append((0.75 * x + 0.25 * to_x, 0.75 * y + 0.25 * to_y))
            cut.append((0.25 * x + 0.75 * to_x, 0.25 * y + 0.75 * to_y))
        points = [*cut, points[-1]]
    return points
