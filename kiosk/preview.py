"""What the terminal shows of a form, page by page, without a window."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from backend_client.forms.charge import bill_for
from backend_client.forms.example import costing, reaching
from backend_client.forms.filling import Filling
from backend_client.forms.form import ChargeRole, Field, FieldType, Form
from backend_client.forms.lookup import Lookup, with_labels
from backend_client.forms.present import present, present_money
from backend_client.forms.present_charge import present_how
from backend_client.preview_command import Part
from foundation.language import Language, Translate, translator
from kiosk.screens import question_words

_LOCALE = Path(__file__).parent / "locale"


def preview(asked: Form | Lookup, language: Language) -> Sequence[Part]:
    """What is shown, place by place, in the order of the form or the lookup."""
    words = translator("kiosk", _LOCALE, language)
    if isinstance(asked, Lookup):
        return _lookup(asked, language, words)
    form = asked
    parts: list[Part] = [("introduction", form.introduction[language].splitlines())]
    parts += [(f"fields/{field.id}", _page(form, field, language, words)) for field in form.fields]
    parts += [(f"rules/{number}", [rule.sentence[language]]) for number, rule in enumerate(form.rules, 1)]
    if form.charge:
        parts.append(("charge", _charge(form, language, words)))
    parts.append(("declaration", form.declaration[language].splitlines()))
    parts.append(("next_steps", form.next_steps[language].splitlines()))
    return parts


def _lookup(lookup: Lookup, language: Language, words: Translate) -> Sequence[Part]:
    form = lookup.questions
    parts: list[Part] = [(f"fields/{field.id}", _page(form, field, language, words)) for field in form.fields]
    parts += [(f"rules/{number}", [rule.sentence[language]]) for number, rule in enumerate(form.rules, 1)]
    labels = [column.label[language] for column in lookup.columns]
    parts.append(("records", [with_labels(lookup, lookup.listed, language), *labels]))
    parts.append(("nothing", [lookup.nothing[language]]))
    return parts


def _charge(form: Form, language: Language, words: Translate) -> Sequence[str]:
    """The page of what it costs, with the answers of an example before it."""
    answers = costing(form)
    bill = bill_for(form, answers)
    assert bill and form.charge
    given = [
        f"{field.label[language]}: {present(field, answers[field.id], language)}"
        for field in form.fields
        if field.id in answers
    ]
    lines = [words("preview.example", answers="; ".join(given))]
    for line in bill.lines:
        amount = present_money(line.amount_fen, language)
        if line.line.role is ChargeRole.RELIEF:
            amount = words("charge.relief", amount=amount)
        how = present_how(form, bill, line, language)
        lines.append(f"{line.line.label[language]} {amount}" + (f"  ({how})" if how else ""))
    lines.append(f"{form.charge.total[language]} {present_money(bill.total_fen, language)}")
    return lines


def _page(form: Form, field: Field, language: Language, words: Translate) -> Sequence[str]:
    """The lines of a question's page from the top: how far, the question, its hint, what it is answered with,
    and the buttons. None for a question that is never asked."""
    before = reaching(form, field)
    if before is None:
        return ()
    filling = Filling(form, date.today)
    for field_id, value in before.items():
        filling.answer(field_id, value)
    number, total = filling.position(field.id)
    lines = [question_words.where(field, number, total, words), field.question[language]]
    if field.hint:
        lines.append(field.hint[language])
    options = question_words.options(field, language, words)
    mark = "☐" if field.type is FieldType.CHOICES else "○"
    lines += [f"{mark} {label}" for _, label in options]
    if not options:
        lines.append(f"⌨ {words(f'preview.{field.type.name.lower()}')}")
    lines.append(" ".join(f"[{label}]" for _, label in question_words.actions(field, words)))
    return lines
