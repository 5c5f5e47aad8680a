"""Is everything on a screen whole? Judged from the inspector's tree: nothing cut, nothing overlapping."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any

from kiosk.fonts import covers

SLACK = 2
"""Pixels that rounding may cost."""
ABOVE, BELOW = 0.24, 0.14
"""Parts of the type's size that the picture of a line keeps empty above and below its characters."""

ALWAYS = ("bar.leave", "bar.back")
"""Buttons at the foot of every page."""
LETTER = re.compile(r"[A-Za-z]")

Bounds = list[int]


def faults(tree: dict[str, Any]) -> list[str]:
    """What is wrong with a screen, in sentences; empty where nothing is."""
    width, height = tree["size"]
    window = [0, 0, width, height]
    return [
        *_cut(tree, window),
        *_cut_words(tree),
        *_overlapping_texts(tree),
        *_controls(tree, window),
        *_foot(tree),
        *_missing_characters(tree),
    ]


def _cut(tree: dict[str, Any], window: Bounds) -> Iterator[str]:
    for text in tree["texts"]:
        ink = _ink(text)
        for where, around in (
            ("its room", text["room"]),
            ("what it stands in", text["inside"]),
            ("window", window),
        ):
            if not _within(ink, around):
                yield f"{text['text'][:30]!r} {ink} reaches out of {where} {around}"


def _cut_words(tree: dict[str, Any]) -> Iterator[str]:
    for text in tree["texts"]:
        for line, following in pairwise(text["lines"]):
            inside = LETTER.match(line[-1:]) and LETTER.match(following[:1])
            if inside and line[-12:] + following[:12] in text["text"]:
                yield f"{text['text'][:30]!r} has a word cut: {line!r}, {following!r}"


def _overlapping_texts(tree: dict[str, Any]) -> Iterator[str]:
    for one, other in combinations(tree["texts"], 2):
        if _overlap(_ink(one), _ink(other)):
            yield f"{one['text'][:30]!r} {_ink(one)} overlaps {other['text'][:30]!r} {_ink(other)}"


def _controls(tree: dict[str, Any], window: Bounds) -> Iterator[str]:
    for control in tree["controls"]:
        if not _within(control["bounds"], window):
            yield f"{control['id']} {control['bounds']} reaches out of the window"
        if not control["text"] and control["role"] != "field":
            yield f"{control['id']} has no text"
    for one, other in combinations(tree["controls"], 2):
        if _overlap(one["bounds"], other["bounds"]):
            yield f"{one['id']} {one['bounds']} overlaps {other['id']} {other['bounds']}"
    for text in tree["texts"]:
        for control in tree["controls"]:
            bounds = control["bounds"]
            if text["owner"] != control["id"] and _overlap(_ink(text), bounds):
                yield f"{text['text'][:30]!r} {_ink(text)} lies under or over {control['id']} {bounds}"


def _foot(tree: dict[str, Any]) -> Iterator[str]:
    """What a screen offers beside "Back" and "End visit" is in type of one size, and no smaller than they."""
    controls = {control["id"]: control["bounds"] for control in tree["controls"]}
    around = [controls[name] for name in ALWAYS if name in controls]
    if not around:
        return
    line = (around[0][1], around[0][3])
    row = {name for name, bounds in controls.items() if (bounds[1], bounds[3]) == line}
    sizes = {text["owner"]: text["size"] for text in tree["texts"] if text["owner"] in row}
    offered = {size for owner, size in sizes.items() if owner not in ALWAYS}
    if len(offered) > 1:
        yield f"type of several sizes at the foot: {sizes}"
    if offered and min(offered) < max(sizes.values()):
        yield f"what is offered at the foot is smaller than what always stands there: {sizes}"


def _missing_characters(tree: dict[str, Any]) -> Iterator[str]:
    for said in (*tree["texts"], *tree["controls"]):
        if missing := covers(said["text"]):
            yield f"{said['text'][:30]!r} has characters without a glyph: {missing}"


def _ink(text: dict[str, Any]) -> Bounds:
    x, y, width, height = text["bounds"]
    above, below = round(text["size"] * ABOVE), round(text["size"] * BELOW)
    return [x, y + above, width, height - above - below]


def _within(inner: Bounds, outer: Bounds) -> bool:
    return (
        inner[0] >= outer[0] - SLACK
        and inner[1] >= outer[1] - SLACK
        and inner[0] + inner[2] <= outer[0] + outer[2] + SLACK
        and inner[1] + inner[3] <= outer[1] + outer[3] + SLACK
    )


def _overlap(one: Bounds, other: Bounds) -> bool:
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return across > SLACK and down > SLACK
