"""Answers after which a question is asked, for whoever wants to see or hear it at once."""

from __future__ import annotations

from collections.abc import Mapping

from backend_client.forms.answer import Value
from backend_client.forms.form import Field, FieldType, Fixed, Form
from backend_client.forms.together import asked


def reaching(form: Form, field: Field) -> Mapping[str, Value] | None:
    """Answers to the questions that it hangs on, in the form's order; None where it is never asked."""
    needed: dict[str, list[frozenset[str]]] = {}
    waiting = [field]
    while waiting:
        for condition in waiting.pop().asked_if:
            needed.setdefault(condition.field, []).append(frozenset(condition.any_of))
            waiting.append(form.field(condition.field))
    answers = {
        one.id: value
        for one in form.fields
        if one.id in needed and (value := _answer(one, needed[one.id])) is not None
    }
    return answers if field in asked(form, answers) else None


def _answer(field: Field, needed: list[frozenset[str]]) -> Value | None:
    if field.type is FieldType.CHOICES:
        return _choices(field, needed)
    fitting = field.choices.intersection(*needed)
    if field.type is FieldType.YES_NO:
        return "yes" in fitting if fitting else None
    return next((option.id for option in field.options if option.id in fitting), None)


def _choices(field: Field, needed: list[frozenset[str]]) -> Value:
    """One option of each condition, and others until there are enough."""
    taken = {next(option.id for option in field.options if option.id in one) for one in needed}
    spare = [option.id for option in field.options if option.id not in taken]
    taken.update(spare[: max(0, field.min_length - len(taken))])
    return tuple(option.id for option in field.options if option.id in taken)


_FIRST = 400_000_00
"""What the first question for money is answered with, as far as its bounds allow; each later one with half of
the one before."""


def costing(form: Form) -> Mapping[str, Value]:
    """Answers with which a form that costs something does: the first of every choice, yes, and round amounts;
    only such as its charge is computed from, in the form's order."""
    counts = (
        {line.kind.times for line in form.charge.lines if isinstance(line.kind, Fixed)} if form.charge else ()
    )
    answers: dict[str, Value] = {}
    amount = _FIRST
    for field in form.fields:
        if field not in asked(form, answers):
            continue
        match field.type:
            case FieldType.MONEY:
                answers[field.id] = max(field.min_fen, min(field.max_fen, amount))
                amount //= 2
            case FieldType.DIGITS if field.id in counts:
                answers[field.id] = "1".rjust(max(1, field.min_length), "0")
            case FieldType.CHOICE:
                answers[field.id] = field.options[0].id
            case FieldType.CHOICES:
                answers[field.id] = tuple(option.id for option in field.options[: max(1, field.min_length)])
            case FieldType.YES_NO:
                answers[field.id] = True
    return answers
