"""Charts as SVG, to stand inside a page: faults by day, and how a device was over time. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from xml.etree import ElementTree as ET

WIDTH, HEIGHT = 920, 190
"""In CSS pixels, when the page is as wide as that; the chart is scaled to the page."""
LEFT, BOTTOM, TOP = 44, 28, 10
COLOURS = ("#97291b", "#23476f", "#6a4a07", "#3f3a73", "#17544d", "#7a2c50", "#4d4a33", "#1f5568")
"""Of the series, in their order; each stands out from the paper and from its neighbours."""
FINE, WRONG, UNKNOWN = "#17544d", "#97291b", "#d8cdb8"


def bars(days: Sequence[date], series: Mapping[str, Sequence[int]], *, title: str) -> ET.Element:
    """Stacked bars, one a day. series: name to a count for each day; title: said to who cannot see it."""
    svg = _svg(HEIGHT, title)
    totals = [sum(counts[at] for counts in series.values()) for at in range(len(days))]
    top = _round_up(max(totals, default=0))
    high = HEIGHT - TOP - BOTTOM
    for part in range(3):
        value = top * part // 2
        y = HEIGHT - BOTTOM - high * part / 2
        _add(svg, "line", x1=LEFT, x2=WIDTH, y1=y, y2=y, stroke="#d8cdb8")
        _text(svg, str(value), LEFT - 8, y + 4, anchor="end")
    step = (WIDTH - LEFT) / max(1, len(days))
    for at, day in enumerate(days):
        below = float(HEIGHT - BOTTOM)
        for colour, (name, counts) in zip(_colours(len(series)), series.items(), strict=True):
            if not counts[at]:
                continue
            tall = high * counts[at] / top
            below -= tall
            bar = _add(
                svg,
                "rect",
                x=LEFT + step * at + step * 0.15,
                y=below,
                width=step * 0.7,
                height=tall,
                fill=colour,
            )
            ET.SubElement(bar, "title").text = f"{day.isoformat()} {name}: {counts[at]}"
        if at % max(1, len(days) // 8) == 0:
            _text(svg, f"{day:%m-%d}", LEFT + step * (at + 0.5), HEIGHT - 8)
    return svg


def band(
    spans: Sequence[tuple[datetime, datetime, bool | None, str]],
    begin: datetime,
    end: datetime,
    *,
    title: str,
) -> ET.Element:
    """One line over time: when it was fine, when not, and when nobody knows.

    spans: from, to, fine (None where unknown), and what is said of it.
    """
    high = 22
    svg = _svg(high, title)
    whole = max((end - begin) / timedelta(seconds=1), 1.0)
    _add(svg, "rect", x=0, y=0, width=WIDTH, height=high, fill=UNKNOWN)
    for start, stop, fine, said in spans:
        first = max(0.0, (start - begin) / timedelta(seconds=1)) / whole
        last = min(whole, (stop - begin) / timedelta(seconds=1)) / whole
        if last <= first or fine is None:
            continue
        width = max((last - first) * WIDTH, 1.0)
        colour = FINE if fine else WRONG
        span = _add(svg, "rect", x=first * WIDTH, y=0, width=width, height=high, fill=colour)
        since, until = start.astimezone(), stop.astimezone()
        ET.SubElement(span, "title").text = f"{since:%m-%d %H:%M} – {until:%m-%d %H:%M} {said}"
    return svg


def legend(names: Sequence[str]) -> list[tuple[str, str]]:
    """Colour of each series of `bars`."""
    return list(zip(_colours(len(names)), names, strict=True))


def _colours(count: int) -> list[str]:
    return [COLOURS[at % len(COLOURS)] for at in range(count)]


def _round_up(value: int) -> int:
    """The next even number of few figures."""
    step = 2
    while step * 5 < value:
        step *= 10
    return max(2, -(-value // step) * step)


def _svg(height: int, title: str) -> ET.Element:
    svg = ET.Element(
        "svg", {"viewBox": f"0 0 {WIDTH} {height}", "role": "img", "xmlns": "http://www.w3.org/2000/svg"}
    )
    ET.SubElement(svg, "title").text = title
    return svg


def _add(parent: ET.Element, tag: str, **attributes: float | str) -> ET.Element:
    plain = {
        name: value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
        for name, value in attributes.items()
    }
    return ET.SubElement(parent, tag, plain)


def _text(parent: ET.Element, text: str, x: float, y: float, *, anchor: str = "middle") -> None:
    label = _add(parent, "text", x=x, y=y)
    label.set("text-anchor", anchor)
    label.text = text
