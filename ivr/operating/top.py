"""The running line on a terminal: each worker, where callers are, what failed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from foundation.language import Translate

STEP = 1.0
"""Seconds between two looks."""
MOST = 12
"""Rows of a list; the longest first."""
_COLOURS = {"open": "green", "draining": "yellow", "ending": "yellow", "starting": "cyan", "down": "red"}


def live(look: Callable[[], dict[str, Any]], translate: Translate) -> None:
    """Shows it anew each second until Ctrl-C."""
    try:
        with Live(table(look(), translate), refresh_per_second=4, screen=True) as shown:
            while True:
                time.sleep(STEP)
                shown.update(table(look(), translate))
    except KeyboardInterrupt:
        pass


def table(answer: dict[str, Any], translate: Translate, *, width: int | None = None) -> Group:
    """What the line answered to ``state``, to be shown."""
    workers = answer["workers"]
    rows = Table(box=None, width=width, pad_edge=False)
    names = ("worker", "state", "address", "lines", "arrived", "refused", "ended", "key_to_sound", "restarts")
    for name in names:
        right = name not in ("worker", "state", "address")
        rows.add_column(translate(f"top.{name}"), justify="right" if right else "left", no_wrap=True)
    for worker in workers:
        state = worker["state"]
        rows.add_row(
            str(worker["worker"]),
            Text(translate(f"state.{state}"), style=_COLOURS.get(state, "")),
            worker["address"],
            f"{worker.get('calls', 0)}/{worker.get('lines', 0)}",
            str(worker.get("arrived", 0)),
            str(sum(worker.get("refused", {}).values())),
            str(sum(worker.get("ended", {}).values())),
            _milliseconds(worker.get("key_to_sound", {})),
            str(worker.get("restarts", 0)),
        )
    calls = sum(worker.get("calls", 0) for worker in workers)
    lines = sum(worker.get("lines", 0) for worker in workers)
    parts: list[Any] = [Text(translate("top.title", calls=calls, lines=lines), style="bold"), rows]
    for kind in ("places", "refused", "ended", "failures"):
        counted = Counter[str]()
        for worker in workers:
            counted.update(worker.get(kind, {}))
        if +counted:
            parts += [Text(), _list(kind, +counted, translate)]
    return Group(*parts)


def _list(kind: str, counted: Counter[str], translate: Translate) -> Table:
    listed = Table(box=None, pad_edge=False)
    listed.add_column(translate(f"top.list_{kind}"))
    listed.add_column(justify="right")
    for name, count in counted.most_common(MOST):
        words = {"places": f"place.{name}", "refused": f"reason.{name}", "ended": f"result.{name}"}
        listed.add_row(_named(words.get(kind, ""), name, translate), str(count))
    return listed


def _named(identifier: str, name: str, translate: Translate) -> str:
    """The word for a name; a service or a code, which the catalogue does not have, stands for itself."""
    try:
        return translate(identifier) if identifier else name
    except KeyError:
        return name


def _milliseconds(buckets: dict[str, int]) -> str:
    """Within how many milliseconds 50 and 99 of 100 keys were followed by sound, by the buckets' bounds."""
    whole = buckets.get("+Inf", 0)
    if not whole:
        return "–"
    found = []
    for share in (0.5, 0.99):
        bound = next(bound for bound, count in buckets.items() if count >= share * whole)
        found.append("> 5000" if bound == "+Inf" else f"{1000 * float(bound):.0f}")
    return " / ".join(found)
