"""Forms and answers as messages: the way there and back, and whatever a backend may send."""

from __future__ import annotations

from dataclasses import replace

import pytest
from google.protobuf.message import DecodeError
from huimin.v1 import common_pb2, form_pb2
from hypothesis import given
from hypothesis import strategies as st

from backend_client.forms.answer import AnswerError, Problem, Recording
from backend_client.forms.filling import Filling
from backend_client.forms.form import MAX_FEN, FieldType, Form
from backend_client.forms.wire import (
    Malformed,
    answer_from_proto,
    answer_to_proto,
    form_from_proto,
    form_to_proto,
    language_from_proto,
    language_to_proto,
    localized_from_proto,
    localized_to_proto,
)
from foundation.language import Language
from tests.backend_client.sample import ENTRIES, FORM, TODAY, both, field


def test_a_form_comes_back_as_it_was() -> None:
    assert form_from_proto(form_to_proto(FORM)) == FORM


def test_every_type_of_the_contract_is_known_and_numbered_alike() -> None:
    for ours, theirs in (
        (FieldType, form_pb2.FieldType),
        (Problem, form_pb2.AnswerProblem),
    ):
        prefix = {"FieldType": "FIELD_TYPE_", "Problem": "ANSWER_PROBLEM_"}[ours.__name__]
        numbers = {name.removeprefix(prefix): number for name, number in theirs.items() if number}
        assert {member.name: member.value for member in ours} == numbers


def test_every_answer_comes_back_as_it_was() -> None:
    filling = Filling(FORM, lambda: TODAY)
    for asked in FORM.fields:
        value = filling.answer(asked.id, ENTRIES[asked.id])
        assert answer_from_proto(asked, answer_to_proto(asked, value)) == value
    spoken = Recording("attachments/0b7bd1a5-8d3e-4f38-9b0f-3f8a4c1f2a11")
    remark = FORM.field("remark")
    assert answer_from_proto(remark, answer_to_proto(remark, spoken)) == spoken


def test_an_answer_without_a_value_is_none() -> None:
    with pytest.raises(AnswerError) as caught:
        answer_from_proto(field(FieldType.TEXT), form_pb2.Answer(field="text"))
    assert caught.value.problem is Problem.REQUIRED


def test_an_empty_or_false_answer_is_a_value() -> None:
    assert answer_from_proto(field(FieldType.YES_NO), form_pb2.Answer(yes_no=False)) is False
    assert answer_from_proto(field(FieldType.MONEY), form_pb2.Answer(money_fen=0)) == 0


def test_an_answer_of_another_type_is_refused() -> None:
    given_as_text = form_pb2.Answer(field="x", text="1")
    for kind in FieldType:
        if kind is not FieldType.TEXT:
            with pytest.raises(AnswerError) as caught:
                answer_from_proto(field(kind), given_as_text)
            assert caught.value.problem is Problem.WRONG_TYPE
    with pytest.raises(AnswerError):
        answer_from_proto(field(FieldType.DATE), form_pb2.Answer(recording="attachments/x"))


def test_a_day_that_does_not_exist_is_told() -> None:
    message = form_pb2.Answer(field="date")
    message.date.year, message.date.month, message.date.day = 2026, 2, 30
    with pytest.raises(AnswerError) as caught:
        answer_from_proto(field(FieldType.DATE), message)
    assert (caught.value.problem, caught.value.given) == (Problem.NO_SUCH_DATE, (2026, 2, 30))


def broken(change: str) -> form_pb2.Form:
    """A sound form with one thing broken."""
    message = form_to_proto(FORM)
    exec(change, {"form": message, "pb": form_pb2})
    return message


@pytest.mark.parametrize(
    "change",
    [
        "form.name = ''",
        "form.ClearField('title')",
        "form.title.en = ''",
        "form.ClearField('fields')",
        "form.fields.extend([form.fields[0]] * 100)",
        "form.fields[1].id = 'full_name'",
        "form.fields[0].id = 'Full Name'",
        "form.fields[0].type = 0",
        "form.fields[0].type = 99",
        "form.fields[0].prefill = 99",
        "form.fields[0].ClearField('label')",
        "form.fields[0].question.zh_cn = ''",
        "form.fields[0].min_length = 31",
        "form.fields[0].max_length = -1",
        "form.fields[1].ClearField('options')",
        "form.fields[1].options[1].id = 'male'",
        "form.fields[1].options[0].ClearField('label')",
        "form.fields[7].min_date.year = 2027",
        "form.fields[7].max_date.month = 13",
        "form.fields[8].min_fen = 200000",
        "form.fields[8].max_fen = 10**13",
        "form.fields[9].min_length = 3",
        "form.applicant_field = 'full_name'",
        "form.applicant_field = ''",
        "form.fields[4].required = False",
    ],
)
def test_a_form_that_breaks_the_contract_is_refused(change: str) -> None:
    with pytest.raises(Malformed):
        form_from_proto(broken(change))


def test_bounds_that_are_not_set_have_the_meaning_of_the_contract() -> None:
    message = form_to_proto(FORM)
    money = message.fields[8]
    money.max_fen = 0
    money.min_fen = 0
    wish = message.fields[7]
    wish.ClearField("min_date")
    wish.ClearField("max_date")
    form = form_from_proto(message)
    assert form.field("money").max_fen == MAX_FEN
    assert form.field("wish").min_date.year == 1900
    assert form.field("wish").max_date.year == 2199
    assert form.field("remark").longest == 2000


@given(st.data())
def test_a_damaged_form_is_read_or_refused_but_never_crashes(data: st.DataObject) -> None:
    whole = bytearray(form_to_proto(FORM).SerializeToString())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        message = form_pb2.Form.FromString(bytes(whole))
    except DecodeError:
        return
    try:
        form = form_from_proto(message)
    except Malformed:
        return
    assert isinstance(form, Form)
    filling = Filling(form, lambda: TODAY)
    assert filling.next_field() is form.fields[0]


def test_texts_and_languages() -> None:
    text = both("惠民", "Huimin")
    assert localized_from_proto(localized_to_proto(text), "here") == text
    with pytest.raises(Malformed, match="here"):
        localized_from_proto(common_pb2.LocalizedText(zh_cn="惠民"), "here")
    for language in Language:
        assert language_from_proto(language_to_proto(language), "here") is language
    with pytest.raises(Malformed):
        language_from_proto(0, "here")


def test_an_empty_hint_is_none() -> None:
    bare = replace(FORM, fields=tuple(replace(f, hint=None) for f in FORM.fields))
    assert form_from_proto(form_to_proto(bare)) == bare
