"""Answers after which a question is asked, for whoever wants to see or hear it at once."""

from __future__ import annotations

from collections.abc import Mapping

from backend_client.forms.answer import Value
from backend_client.forms.form import Field, FieldType, Form
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
