"""The answers of a submission, judged by the rules that both doors go by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date

from huimin.v1 import form_pb2

from backend.rpc.refusal import ANSWERS_INVALID, Wrong, invalid
from backend_client.forms.answer import AnswerError, Problem, Recording, Value
from backend_client.forms.form import Form
from backend_client.forms.together import judge
from backend_client.forms.wire import answer_from_proto

MAX_ANSWERS = 200
"""Of one submission; a form has at most 100 fields."""
MAX_NAMED = 60
"""So many wrong answers are named at a time: gRPC clients drop a call whose trailers are above 8 KiB."""
_MAX_SHOWN = 40
_UNFIT = re.compile("[^A-Za-z0-9_.-]")
"""Has no place in the name of a field, which clerks are shown at a terminal among others."""


def checked(form: Form, answers: Iterable[form_pb2.Answer], today: date) -> Mapping[str, Value]:
    """Every answer as it is to be kept, in the order of the form.

    Refuses the submission with a violation for each answer that is wrong, not for the first only; at most
    MAX_NAMED of them.
    """
    fields = {field.id: field for field in form.fields}
    wrong: list[Wrong] = []
    values: dict[str, Value] = {}
    faulty: set[str] = set()
    for answer in answers:
        field = fields.get(answer.field)
        if field is None:
            wrong.append(wrong_answer(answer.field, Problem.NO_SUCH_FIELD))
        elif field.id in values or field.id in faulty:
            wrong.append(wrong_answer(field.id, Problem.TOO_MANY))
        else:
            try:
                values[field.id] = answer_from_proto(field, answer)
            except AnswerError as error:
                faulty.add(field.id)
                wrong.append(wrong_answer(field.id, error.problem))
    judged = judge(form, values, today, faulty)
    wrong += [wrong_answer(error.field, error.problem) for error in judged.wrong]
    if wrong:
        raise invalid(wrong[:MAX_NAMED], ANSWERS_INVALID)
    return judged.values


def recordings(values: Mapping[str, Value]) -> tuple[str, ...]:
    """Names of the files that stand for answers."""
    return tuple(value.attachment for value in values.values() if isinstance(value, Recording))


def wrong_answer(field: str, problem: Problem) -> Wrong:
    """field: also one that no form has, of any length and any characters."""
    shown = _UNFIT.sub("?", field[:_MAX_SHOWN])
    return Wrong(f"answers.{shown}", problem.name)
