"""The page that shows a tour: pictures, slip, sound and record, in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from foundation.language import Translate

PAGE = Template("""<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>$title</title>
<style>
  body { font: 16px/1.6 "Noto Sans CJK SC", "Noto Sans SC", sans-serif;
         margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #222; background: #faf8f5 }
  h1, h2 { font-weight: 600 } h2 { margin-top: 3rem }
  .en { color: #666 }
  .steps { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 2rem 1.5rem }
  figure { margin: 0 } img { width: 100%; border: 1px solid #ddd; border-radius: 6px; background: #fff }
  .slip { width: 20rem }
  audio { width: 100% } table { border-collapse: collapse; width: 100% }
  td { border-top: 1px solid #e3ded6; padding: .3rem .8rem .3rem 0; vertical-align: top }
  td:first-child { font-variant-numeric: tabular-nums; white-space: nowrap; color: #666 }
  kbd { background: #fff; border: 1px solid #bbb; border-radius: 4px; padding: 0 .5em; font: inherit }
  code { font-size: .85em; overflow-wrap: anywhere }
</style>
<h1>$title</h1>
<p>$introduction</p>
$body
""")


@dataclass(frozen=True, slots=True)
class Picture:
    """One moment of the visit: the name of its caption, and its file beside the page."""

    caption: str
    file: str


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment of the call: seconds from the answer, and what was said or which key was pressed."""

    seconds: float
    said: str = ""
    key: str = ""


class TourPage:
    """Collects what the tour leaves and writes it as one page, captions in both languages."""

    def __init__(self, zh: Translate, en: Translate) -> None:
        self._zh = zh
        self._en = en
        self._body: list[str] = []

    def visit(self, title: str, pictures: Iterable[Picture]) -> None:
        """A visit, as a grid of pictures."""
        self._heading(title)
        figures = [
            f'<figure><a href="{escape(p.file)}"><img src="{escape(p.file)}" loading="lazy" alt=""></a>'
            f"<figcaption>{self._both(p.caption)}</figcaption></figure>"
            for p in pictures
        ]
        self._body.append('<div class="steps">' + "\n".join(figures) + "</div>")

    def slip(self, title: str, file: str) -> None:
        """The printed slip."""
        self._heading(title)
        self._body.append(f'<img class="slip" src="{escape(file)}" alt="">')

    def call(self, title: str, sound: str, moments: Sequence[Moment], record: str) -> None:
        """A call: its sound, its course, and its record as it was written."""
        self._heading(title)
        self._body.append(f'<audio controls src="{escape(sound)}"></audio>')
        rows = [
            f"<tr><td>{m.seconds:.1f} s</td><td>{what}</td></tr>"
            for m in moments
            for what in [f"<kbd>{escape(m.key)}</kbd>" if m.key else escape(m.said)]
        ]
        self._body.append("<table>" + "\n".join(rows) + "</table>")
        self._body.append(f"<p>{self._both('tour.record')}</p><p><code>{escape(record)}</code></p>")

    def write(self, file: Path) -> None:
        """Writes the page."""
        page = PAGE.substitute(
            title=f"{escape(self._zh('tour.title'))} · {escape(self._en('tour.title'))}",
            introduction=self._both("tour.introduction"),
            body="\n".join(self._body),
        )
        file.write_text(page, encoding="utf-8")

    def _heading(self, title: str) -> None:
        self._body.append(f"<h2>{self._both(title)}</h2>")

    def _both(self, identifier: str) -> str:
        return (
            f'{escape(self._zh(identifier))} <span class="en" lang="en">{escape(self._en(identifier))}</span>'
        )
