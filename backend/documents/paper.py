"""A form as a page of HTML for print. Pure: form and answers in, HTML out.

Every type of field has a shape of its own, by which a clerk finds the answer and a resident sees what is
wanted: cells for digits, year, month and day, the ruled columns of amounts, boxes to tick.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from io import BytesIO
from pathlib import Path

import qrcode
import qrcode.image.svg

from backend.authoring.finding import LOCALE
from backend_client.forms.answer import Value
from backend_client.forms.form import Condition, Field, FieldType, Form
from backend_client.forms.present import present
from foundation.language import Language, LocalizedText, Translate, translator

STYLE = Path(__file__).parent / "form.css"
_SHORT, _MIDDLE = 60, 200
"""Characters up to which a text gets one line, or a few."""
_MOST_CELLS = 20
_COLUMNS = "亿千百十万千百十元角分"
"""Heads of the columns of an amount, which are the same on every voucher; more digits get a line instead."""


@dataclass(frozen=True, slots=True)
class About:
    """What stands around the fields.

    department: who receives it, None where no service names the form; code: what the QR code holds;
    downloads: it leads to the form, else it tells the form's edition.
    """

    department: LocalizedText | None
    code: str
    downloads: bool


def page(form: Form, values: Mapping[str, Value], language: Language, about: About) -> str:
    """The form as HTML, which holds all that it shows. values: checked answers, of some or of no fields."""
    translate = translator("backend", LOCALE, language)
    tag = "zh-CN" if language is Language.ZH_CN else "en"
    rows = "".join(_row(form, field, values.get(field.id), language, translate) for field in form.fields)
    return (
        f'<!doctype html><html lang="{tag}"><meta charset="utf-8">'
        f"<title>{escape(form.title[language])}</title>"
        f"<style>{STYLE.read_text('utf-8')}{_margins(form, language, translate)}</style><body>"
        f"{_head(form, language, about, translate)}"
        f'<p class="note">{escape(translate("paper.note"))}</p>'
        f"<table>{rows}</table>"
        f"{_declaration(form, language, translate)}{_office(translate)}{_next(form, language, translate)}"
        "</body></html>"
    )


def _margins(form: Form, language: Language, translate: Translate) -> str:
    """What the margins of every page repeat: the form and its revision, and the page's number."""
    left = f"{form.title[language]}　{form.name.removeprefix('forms/')}@{form.revision}"
    before, between, after = translate("paper.page").split("|")
    right = f"{_quoted(before)} counter(page) {_quoted(between)} counter(pages) {_quoted(after)}"
    return f"@page{{@bottom-left{{content:{_quoted(left)}}}@bottom-right{{content:{right}}}}}"


def _quoted(text: str) -> str:
    """A string of CSS within HTML: everything but letters and digits by its number (CSS Syntax 3, 4.3.7)."""
    return '"' + "".join(c if c.isalnum() else f"\\{ord(c):06x} " for c in text) + '"'


def _head(form: Form, language: Language, about: About, translate: Translate) -> str:
    department = escape(about.department[language]) if about.department else ""
    told = translate("paper.code" if about.downloads else "paper.code_office")
    sample = ""
    if form.demonstration:
        sample = f'<div><span class="demonstration">{escape(translate("paper.demonstration"))}</span></div>'
    return (
        f'<header><div class="words"><div class="department">{department}</div>'
        f"<h1>{escape(form.title[language])}</h1>{sample}</div>"
        f'<div class="code">{_code(about.code)}{escape(told)}</div></header>'
    )


def _row(form: Form, field: Field, value: Value | None, language: Language, translate: Translate) -> str:
    needed = f' <span class="needed">{escape(translate("paper.needed"))}</span>' if field.required else ""
    only = ""
    if field.asked_if:
        conditions = (_condition(form, one, language, translate) for one in field.asked_if)
        told = translate("paper.only_if", condition=translate("paper.and").join(conditions))
        only = f'<span class="only">{escape(told)}</span>'
    hint = f'<span class="hint">{escape(field.hint[language])}</span>' if field.hint else ""
    box = _box(field, value, language, translate)
    return f"<tr><th>{escape(field.label[language])}{needed}</th><td>{only}{box}{hint}</td></tr>"


def _condition(form: Form, condition: Condition, language: Language, translate: Translate) -> str:
    """Such as: “third party” is “yes”."""
    field = form.field(condition.field)
    if field.type is FieldType.YES_NO:
        chosen = [translate(f"paper.{answer}") for answer in condition.any_of]
    else:
        chosen = [field.option(option).label[language] for option in condition.any_of]
    return translate("paper.is", label=field.label[language], chosen=translate("paper.or").join(chosen))


def _box(field: Field, value: Value | None, language: Language, translate: Translate) -> str:
    """Where the answer stands, or is to be written."""
    match field.type:
        case FieldType.IDENTITY_NUMBER:
            return _cells(18, value)
        case FieldType.PHONE_NUMBER:
            return _cells(12, value)
        case FieldType.DIGITS if field.longest <= _MOST_CELLS:
            return _cells(field.longest, value)
        case FieldType.DATE:
            return _day(value, translate)
        case FieldType.MONEY if language is Language.ZH_CN and len(str(field.max_fen)) <= len(_COLUMNS):
            return _amount(field, value)
        case FieldType.CHOICE:
            chosen = (value,) if isinstance(value, str) else ()
            return _options([(option.id, option.label[language]) for option in field.options], chosen)
        case FieldType.CHOICES:
            given = value if isinstance(value, tuple) else ()
            return _options([(option.id, option.label[language]) for option in field.options], given)
        case FieldType.YES_NO:
            answer = () if value is None else ("yes" if value else "no",)
            return _options([(one, translate(f"paper.{one}")) for one in ("yes", "no")], answer)
    size = "line"
    if field.type is FieldType.TEXT and field.longest > _SHORT:
        size = "lines" if field.longest <= _MIDDLE else "area"
    written = "" if value is None else escape(present(field, value, language)).replace("\n", "<br>")
    unit = (
        f'<span class="unit">{escape(translate("paper.yuan"))}</span>'
        if field.type is FieldType.MONEY
        else ""
    )
    return f'<div class="answer {size}">{unit if not written else ""}{written}</div>'


def _cells(count: int, value: Value | None) -> str:
    """One cell a digit."""
    written = value if isinstance(value, str) else ""
    cells = "".join(
        f"<i>{escape(character)}</i>" for character in written.ljust(max(count, len(written)))[:40]
    )
    return f'<span class="cells">{cells}</span>'


def _day(value: Value | None, translate: Translate) -> str:
    """Year, month and day."""
    written = value.strftime("%Y%m%d") if isinstance(value, date) else " " * 8
    parts = zip((written[:4], written[4:6], written[6:]), ("year", "month", "day"), strict=True)
    return "".join(
        f'{_cells(len(digits), digits)}<span class="unit">{escape(translate(f"paper.{unit}"))}</span>'
        for digits, unit in parts
    )


def _amount(field: Field, value: Value | None) -> str:
    """The ruled columns of an amount, as on vouchers: the digits behind a ￥, in fen from the right."""
    count = max(5, len(str(field.max_fen)))
    digits = f"￥{value}" if isinstance(value, int) and not isinstance(value, bool) else ""
    written = digits.rjust(count)[-count:]
    yuan = count - 3
    heads = "".join(_column(name, place == yuan) for place, name in enumerate(_COLUMNS[-count:]))
    body = "".join(_column(digit, place == yuan) for place, digit in enumerate(written))
    return f'<table class="money"><tr>{heads}</tr><tr>{body}</tr></table>'


def _column(text: str, last_of_yuan: bool) -> str:
    return f'<td class="yuan">{escape(text)}</td>' if last_of_yuan else f"<td>{escape(text)}</td>"


def _options(options: list[tuple[str, str]], chosen: Container[str]) -> str:
    """Boxes to tick."""
    spans = (f"<span>{_tick(name in chosen)}{escape(label)}</span>" for name, label in options)
    return f'<div class="options">{"".join(spans)}</div>'


def _tick(on: bool) -> str:
    mark = '<path d="M2.2 5.2 L4.4 7.6 L8 2.4" fill="none" stroke="#000" stroke-width="1.4"/>' if on else ""
    frame = '<rect x=".6" y=".6" width="8.8" height="8.8" fill="none" stroke="#000" stroke-width=".7"/>'
    return f'<svg viewBox="0 0 10 10">{frame}{mark}</svg>'


def _declaration(form: Form, language: Language, translate: Translate) -> str:
    return (
        f'<section class="declaration"><h2>{escape(translate("paper.declaration"))}</h2>'
        f"{_paragraphs(form.declaration[language])}"
        f'<div class="sign"><span>{escape(translate("paper.signature"))}<b>&#8203;</b></span>'
        f"<span>{escape(translate('paper.signed_on'))}</span></div></section>"
    )


def _office(translate: Translate) -> str:
    """What the office fills in."""
    parts = "".join(
        f"<span>{escape(translate(f'paper.office.{part}'))}</span>" for part in ("reference", "clerk", "day")
    )
    return f'<section class="office"><h2>{escape(translate("paper.office"))}</h2><div>{parts}</div></section>'


def _next(form: Form, language: Language, translate: Translate) -> str:
    words = _paragraphs(f"{translate('paper.next')}{form.next_steps[language]}")
    return f'<section class="next">{words}</section>'


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in text.split("\n"))


def _code(content: str) -> str:
    """A QR code (ISO/IEC 18004), correction M, as SVG."""
    written = BytesIO()
    made = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=0)
    made.add_data(content)
    made.make_image(image_factory=qrcode.image.svg.SvgPathImage).save(written)
    return written.getvalue().decode().partition("?>")[2].strip()
