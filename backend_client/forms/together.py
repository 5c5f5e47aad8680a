"""What answers mean for one another: which questions are asked, which rules hold, is a whole set right?

Filling asks by it, and the backend judges by it, so that what one gathers the other takes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from backend_client.forms.answer import AnswerError, Problem, Value
from backend_client.forms.check import check
from backend_client.forms.form import AtMost, Condition, Field, Form, OneOf, Rule


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that the answers break. `fields` are to be answered once more, the first of them first."""

    rule: Rule
    fields: tuple[Field, ...]

    @property
    def error(self) -> AnswerError:
        """The same as what is wrong with the first of the fields."""
        return AnswerError(self.fields[0].id, Problem.RULE_BROKEN, rule=self.rule)


@dataclass(frozen=True, slots=True)
class Judged:
    """A whole set of answers.

    values: those that can be kept, in the form's order; wrong: empty where the set is right.
    """

    values: Mapping[str, Value]
    wrong: tuple[AnswerError, ...]


def asked(form: Form, answers: Mapping[str, Value]) -> tuple[Field, ...]:
    """The fields that are asked after these answers. What is not asked counts as not answered."""
    counted: dict[str, Value] = {}
    found = []
    for field in form.fields:
        if all(holds(condition, counted) for condition in field.asked_if):
            found.append(field)
            if field.id in answers:
                counted[field.id] = answers[field.id]
    return tuple(found)


def broken(form: Form, fields: Collection[Field], answers: Mapping[str, Value]) -> tuple[Broken, ...]:
    """The rules that the answers break, in the form's order. Rules whose fields are still open are to be left
    out by the caller.

    fields: those that are asked; answers: theirs.
    """
    found = (_broken(rule, fields, answers) for rule in form.rules)
    return tuple(one for one in found if one is not None)


def judge(form: Form, answers: Mapping[str, Value], today: date, faulty: Collection[str] = ()) -> Judged:
    """Looks at everything at once.

    faulty: fields known to be wrong already, whose answers are not among `answers`. Whatever hangs on a wrong
    answer is not held against the resident.
    """
    values: dict[str, Value] = {}
    wrong = [AnswerError(name, Problem.NO_SUCH_FIELD) for name in answers if not _has(form, name)]
    unsure = set(faulty)
    there: list[Field] = []
    for field in form.fields:
        value = answers.get(field.id)
        if any(condition.field in unsure for condition in field.asked_if):
            unsure.add(field.id)
        elif not all(holds(condition, values) for condition in field.asked_if):
            if value is not None:
                wrong.append(AnswerError(field.id, Problem.NOT_ASKED))
            continue
        there.append(field)
        try:
            if value is not None:
                values[field.id] = check(field, value, today)
            elif field.required and field.id not in unsure:
                raise AnswerError(field.id, Problem.REQUIRED)
        except AnswerError as error:
            wrong.append(error)
            unsure.add(field.id)
    sure = [rule for rule in form.rules if unsure.isdisjoint(rule.kind.fields)]
    wrong += [found.error for rule in sure if (found := _broken(rule, there, values))]
    return Judged(values, tuple(wrong))


def _has(form: Form, name: str) -> bool:
    return any(field.id == name for field in form.fields)


def holds(condition: Condition, answers: Mapping[str, Value]) -> bool:
    """Whether an earlier question was answered so. answers: only of questions that are asked."""
    match answers.get(condition.field):
        case bool(answer):
            return ("yes" if answer else "no") in condition.any_of
        case str(option):
            return option in condition.any_of
        case tuple(options):
            return not set(options).isdisjoint(condition.any_of)
    return False


def _broken(rule: Rule, fields: Collection[Field], answers: Mapping[str, Value]) -> Broken | None:
    match rule.kind:
        case AtMost(field=bounded, other=bound):
            if bounded in answers and bound in answers and _exceeds(answers[bounded], answers[bound]):
                later = [field for field in fields if field.id in (bounded, bound)][-1]
                return Broken(rule, (later,))
        case OneOf(fields=names, min=least, max=most):
            there = [field for field in fields if field.id in names]
            answered = [field for field in there if field.id in answers]
            if len(answered) < min(least, len(there)):
                return Broken(rule, tuple(field for field in there if field.id not in answers))
            if most and len(answered) > most:
                return Broken(rule, tuple(answered[most:]))
    return None


def _exceeds(value: Value, bound: Value) -> bool:
    """Days, amounts in fen, or strings of digits."""
    match value, bound:
        case date(), date():
            return value > bound
        case int(), int():
            return value > bound
        case str(), str():
            return int(value) > int(bound)
    return False
