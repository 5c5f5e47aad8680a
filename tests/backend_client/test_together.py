"""Questions that hang on earlier answers, and rules between answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_client.forms.answer import AnswerError, Problem, Value
from backend_client.forms.explain import explain
from backend_client.forms.filling import Filling
from backend_client.forms.form import AtMost, Condition, Field, FieldType, Form, OneOf, Option, Rule
from backend_client.forms.together import judge
from backend_client.forms.wire import form_from_proto, form_to_proto
from foundation.language import Language
from tests.backend_client.sample import NUMBER, TODAY, both, field

DATES = Rule(both("结束不能早于开始。", "The end cannot be before the start."), AtMost("start", "end"))
REACH = Rule(both("电话和地址至少填一项。", "Give a phone or an address."), OneOf(("phone", "address"), 1))
HELPED = Condition("helped", ("yes",))

FORM = Form(
    name="forms/stay",
    revision="1",
    title=both("住院", "Stay"),
    introduction=both("说明", "Introduction"),
    fields=(
        field(FieldType.IDENTITY_NUMBER),
        field(FieldType.YES_NO, id="helped"),
        field(FieldType.TEXT, id="helper", asked_if=(HELPED,)),
        field(FieldType.PHONE_NUMBER, id="helper_phone", asked_if=(HELPED,), required=False),
        field(FieldType.DATE, id="start"),
        field(FieldType.DATE, id="end"),
        field(FieldType.PHONE_NUMBER, id="phone", required=False),
        field(FieldType.TEXT, id="address", required=False),
    ),
    declaration=both("声明", "Declaration"),
    next_steps=both("之后", "Next"),
    applicant_field="identity_number",
    rules=(DATES, REACH),
)
ENTRIES = {
    "identity_number": NUMBER,
    "helped": "yes",
    "helper": "示例·乙",
    "helper_phone": "13812345678",
    "start": "20260301",
    "end": "20260305",
    "phone": "13812345678",
    "address": "示范路1号",
}


def filling(**entries: str) -> Filling:
    """Filled in with those answers; everything else is open."""
    made = Filling(FORM, lambda: TODAY)
    for name, entry in entries.items():
        made.answer(name, entry)
    return made


def open_field(made: Filling) -> str:
    """The question that comes next."""
    found = made.next_field()
    assert found is not None
    return found.id


def test_a_form_with_conditions_and_rules_comes_back_as_it_was() -> None:
    most = Rule(both("只选一项。", "Only one."), OneOf(("phone", "address"), 0, 1))
    whole = replace(FORM, rules=(*FORM.rules, most))
    assert form_from_proto(form_to_proto(whole)) == whole


def test_what_hangs_on_an_answer_is_asked_only_after_it() -> None:
    f = filling(identity_number=NUMBER)
    assert open_field(f) == "helped"
    assert f.position("helped") == (2, 6)
    f.answer("helped", "no")
    assert open_field(f) == "start"
    assert f.position("start") == (3, 6)
    f.answer("helped", "yes")
    assert open_field(f) == "helper"
    assert f.position("start") == (5, 8)
    for refused in (lambda: f.answer("nobody", "1"), lambda: f.skip("nobody")):
        with pytest.raises(AnswerError):
            refused()


def test_what_is_not_asked_can_be_neither_answered_nor_skipped() -> None:
    f = filling(helped="no")
    for refused in (lambda: f.answer("helper", "乙"), lambda: f.skip("helper_phone")):
        with pytest.raises(AnswerError) as caught:
            refused()
        assert caught.value.problem is Problem.NOT_ASKED


def test_an_answer_that_is_not_asked_for_any_more_is_not_sent_and_comes_back_with_its_reason() -> None:
    f = filling(helped="yes", helper="示例·乙")
    f.answer("helped", "no")
    assert f.answers == {"helped": False}
    assert [line.field.id for line in f.summary(Language.EN)][:3] == ["identity_number", "helped", "start"]
    f.answer("helped", "yes")
    assert f.answers == {"helped": True, "helper": "示例·乙"}


def test_a_rule_is_looked_at_once_its_questions_are_done() -> None:
    f = filling(start="20260305")
    assert f.broken() == ()
    f.answer("end", "20260301")
    (broken,) = f.broken()
    assert broken.rule is DATES
    assert [one.id for one in broken.fields] == ["end"]
    for language in Language:
        assert explain(broken.error, broken.fields[0], language) == DATES.sentence[language]
    f.reopen(broken)
    assert "end" not in f.answers
    assert f.broken() == ()
    f.answer("end", "20260305")
    assert f.broken() == ()


def test_one_of_several_opens_all_that_could_mend_it() -> None:
    f = Filling(FORM, lambda: TODAY)
    f.skip("phone")
    assert f.broken() == ()
    f.skip("address")
    (broken,) = f.broken()
    assert [one.id for one in broken.fields] == ["phone", "address"]
    f.reopen(broken)
    f.skip("phone")
    assert f.broken() == ()
    f.answer("address", "示范路1号")
    assert f.broken() == ()


def test_at_most_one_of_several_opens_the_later_answers() -> None:
    only = Rule(both("只选一项。", "Only one."), OneOf(("phone", "address"), 0, 1))
    f = Filling(replace(FORM, rules=(only,)), lambda: TODAY)
    f.answer("phone", "13812345678")
    f.answer("address", "示范路1号")
    (broken,) = f.broken()
    assert [one.id for one in broken.fields] == ["address"]
    f.reopen(broken)
    f.skip("address")
    assert f.broken() == ()


def test_nothing_that_is_not_asked_can_break_a_rule() -> None:
    hanging = ("phone", "address", "end")
    fields = tuple(replace(one, asked_if=(HELPED,)) if one.id in hanging else one for one in FORM.fields)
    f = Filling(replace(FORM, fields=fields), lambda: TODAY)
    f.answer("identity_number", NUMBER)
    f.answer("helped", "no")
    f.answer("start", "20260301")
    assert f.next_field() is None
    assert f.broken() == ()
    assert judge(f.form, f.answers, TODAY).wrong == ()


def problems(answers: dict[str, Value]) -> dict[str, Problem]:
    return {error.field: error.problem for error in judge(FORM, answers, TODAY).wrong}


RIGHT: dict[str, Value] = {
    "identity_number": NUMBER,
    "helped": False,
    "start": date(2026, 3, 1),
    "end": date(2026, 3, 5),
    "phone": "13812345678",
}


def test_a_whole_set_is_judged_at_once() -> None:
    assert problems(RIGHT) == {}
    assert problems({**RIGHT, "helper": "示例·乙"}) == {"helper": Problem.NOT_ASKED}
    assert problems({**RIGHT, "helped": True}) == {"helper": Problem.REQUIRED}
    assert problems({**RIGHT, "end": date(2026, 2, 1)}) == {"end": Problem.RULE_BROKEN}
    assert problems({name: value for name, value in RIGHT.items() if name != "phone"}) == {
        "phone": Problem.RULE_BROKEN
    }
    assert problems({**RIGHT, "nobody": "1"}) == {"nobody": Problem.NO_SUCH_FIELD}


def test_what_hangs_on_a_wrong_answer_is_not_held_against_the_resident() -> None:
    assert problems({**RIGHT, "helped": "perhaps", "helper": "示例·乙"}) == {"helped": Problem.WRONG_TYPE}
    assert problems({**RIGHT, "start": "soon"}) == {"start": Problem.WRONG_TYPE}


def test_digits_are_compared_as_numbers() -> None:
    fields = (
        field(FieldType.IDENTITY_NUMBER),
        field(FieldType.DIGITS, id="low"),
        field(FieldType.DIGITS, id="high"),
    )
    form = replace(FORM, fields=fields, rules=(Rule(DATES.sentence, AtMost("low", "high")),))
    right: dict[str, Value] = {"identity_number": NUMBER, "low": "0009", "high": "10"}
    assert judge(form, right, TODAY).wrong == ()
    (wrong,) = judge(form, {**right, "low": "11"}, TODAY).wrong
    assert (wrong.field, wrong.problem) == ("high", Problem.RULE_BROKEN)


@pytest.mark.parametrize(
    "change",
    [
        "form.fields[2].asked_if[0].field = 'end'",
        "form.fields[2].asked_if[0].field = 'helper'",
        "form.fields[2].asked_if[0].field = 'identity_number'",
        "form.fields[2].asked_if[0].any_of[0] = 'perhaps'",
        "form.fields[2].asked_if[0].ClearField('any_of')",
        "form.fields[2].asked_if.extend([form.fields[2].asked_if[0]] * 5)",
        "form.applicant_field = 'other'; form.fields[0].id = 'other'; form.fields[1].id = 'x'",
        "form.rules[0].at_most.field = 'end'",
        "form.rules[0].at_most.field = 'phone'",
        "form.rules[0].at_most.other = 'nobody'",
        "form.rules[0].ClearField('sentence')",
        "form.rules[0].ClearField('at_most')",
        "form.rules[1].one_of.fields.append('start')",
        "form.rules[1].one_of.fields.append('phone')",
        "form.rules[1].one_of.fields.append('nobody')",
        "form.rules[1].one_of.min = 3",
        "form.rules[1].one_of.min = 0",
        "form.rules[1].one_of.max = -1",
        "form.rules.extend([form.rules[0]] * 20)",
    ],
)
def test_conditions_and_rules_that_break_the_contract_are_refused(change: str) -> None:
    message = form_to_proto(FORM)
    exec(change, {"form": message})
    with pytest.raises(ValueError, match=r"form\.rules|asked_if"):
        form_from_proto(message)


KINDS = (
    FieldType.YES_NO,
    FieldType.CHOICE,
    FieldType.CHOICES,
    FieldType.DATE,
    FieldType.MONEY,
    FieldType.DIGITS,
    FieldType.TEXT,
)


@st.composite
def forms(draw: st.DrawFn) -> Form:
    """Any sound form of a few questions."""
    made: list[Field] = [field(FieldType.IDENTITY_NUMBER)]
    for number in range(draw(st.integers(2, 8))):
        kind = draw(st.sampled_from(KINDS))
        earlier = [one for one in made if one.choices]
        conditions = []
        for one in draw(st.lists(st.sampled_from(earlier), max_size=2)) if earlier else []:
            any_of = draw(st.lists(st.sampled_from(sorted(one.choices)), min_size=1, max_size=2, unique=True))
            conditions.append(Condition(one.id, tuple(any_of)))
        made.append(field(kind, id=f"q{number}", required=draw(st.booleans()), asked_if=tuple(conditions)))
    rules: list[Rule] = []
    for kind in (FieldType.DATE, FieldType.MONEY, FieldType.DIGITS):
        alike = [one.id for one in made if one.type is kind]
        if len(alike) > 1:
            pair = draw(st.permutations(alike))
            rules.append(Rule(DATES.sentence, AtMost(pair[0], pair[1])))
    optional = [one.id for one in made if not one.required]
    if len(optional) > 1:
        names = draw(st.lists(st.sampled_from(optional), min_size=2, unique=True))
        least = draw(st.integers(0, len(names)))
        most = draw(st.integers(max(least, 1), len(names)))
        rules.append(Rule(REACH.sentence, OneOf(tuple(names), least, most)))
    return replace(FORM, fields=tuple(made), rules=tuple(rules))


def value_of(one: Field, draw: Callable[..., Any]) -> Value:
    options: tuple[Option, ...] = one.options
    match one.type:
        case FieldType.YES_NO:
            return bool(draw(st.booleans()))
        case FieldType.CHOICE:
            return str(draw(st.sampled_from(options)).id)
        case FieldType.CHOICES:
            return (draw(st.sampled_from(options)).id,)
        case FieldType.DATE:
            return date(2026, 1, draw(st.integers(1, 5)))
        case FieldType.MONEY:
            return int(draw(st.integers(0, 5)))
        case FieldType.DIGITS:
            return str(draw(st.integers(0, 12)))
        case FieldType.IDENTITY_NUMBER:
            return NUMBER
    return "示例"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_what_filling_gathers_the_backend_takes(data: st.DataObject) -> None:
    """A resident who answers and skips at random, goes back, and mends what is broken."""
    draw = data.draw
    form = form_from_proto(form_to_proto(draw(forms())))
    f = Filling(form, lambda: TODAY)
    for _ in range(400):
        question = f.next_field()
        if question is None:
            found = f.broken()
            if not found:
                break
            f.reopen(found[0])
            continue
        earlier = draw(st.integers(0, 9))
        if earlier < len(f.asked) and earlier < 3:
            question = f.asked[earlier]
        if not question.required and draw(st.booleans()):
            f.skip(question.id)
        else:
            f.answer(question.id, value_of(question, draw))
    else:
        return
    judged = judge(form, f.answers, TODAY)
    assert judged.wrong == ()
    assert judged.values == f.answers
    assert all(one.id in f.answers for one in f.asked if one.required)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_whatever_is_sent_is_judged_and_never_crashes(data: st.DataObject) -> None:
    form = data.draw(forms())
    names = data.draw(st.sets(st.sampled_from([one.id for one in form.fields])))
    sent = {name: value_of(form.field(name), data.draw) for name in names}
    judged = judge(form, sent, TODAY)
    if not judged.wrong:
        f = Filling(form, lambda: TODAY)
        for question in form.fields:
            if question.id in sent:
                f.answer(question.id, sent[question.id])
            elif question in f.asked:
                f.skip(question.id)
        assert f.next_field() is None
        assert f.broken() == ()
        assert f.answers == judged.values
