"""The script as a sheet for a voice actor: a table for a spreadsheet, or a page to print."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from html import escape

from foundation.language import Language, Translate
from ivr.script import Clip, Kind, clips

_PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 12pt/1.5 sans-serif; margin: 2em }}
table {{ border-collapse: collapse; width: 100% }}
td, th {{ border-bottom: 1px solid #ccc; padding: .4em .6em; text-align: left; vertical-align: top }}
tr {{ break-inside: avoid }}
.text {{ font-size: 14pt }}
.file, .use {{ color: #555; font-size: 10pt }}
</style>
<h1>{title}</h1>
<p>{hint}</p>
"""


def csv_sheet(languages: Sequence[Language], words: Translate) -> str:
    """For a spreadsheet: begins with the mark by which those see UTF-8."""
    sheet = io.StringIO()
    rows = csv.writer(sheet)
    rows.writerow(_head(words))
    for language in languages:
        rows.writerows(_rows(language, words))
    return f"\ufeff{sheet.getvalue()}"


def html_sheet(languages: Sequence[Language], words: Translate) -> str:
    """For a browser and for paper."""
    lang = "zh-CN" if languages[0] is Language.ZH_CN else "en"
    page = [_PAGE.format(lang=lang, title=escape(words("sheet.title")), hint=escape(words("sheet.hint")))]
    for language in languages:
        page.append(
            "<table>\n<tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in _head(words)) + "</tr>\n"
        )
        for number, file, text, use in _rows(language, words):
            page.append(
                f'<tr><td>{number}</td><td class="file">{escape(file)}</td>'
                f'<td class="text">{escape(text)}</td><td class="use">{escape(use)}</td></tr>\n'
            )
        page.append("</table>\n")
    return "".join(page)


def _head(words: Translate) -> list[str]:
    return [words("sheet.number"), words("sheet.file"), words("sheet.text"), words("sheet.use")]


def _rows(language: Language, words: Translate) -> Iterator[tuple[int, str, str, str]]:
    for number, clip in enumerate(clips(language), 1):
        yield number, f"{language.value}/{clip.name}.wav", clip.text, _use(clip, words)


def _use(clip: Clip, words: Translate) -> str:
    if clip.kind is Kind.STRETCH:
        return words("sheet.stretch", part=clip.name.rpartition("-")[2], written=clip.written)
    return words("sheet.word") if clip.kind is Kind.WORD else words("sheet.whole")
