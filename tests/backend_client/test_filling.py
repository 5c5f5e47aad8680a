"""One resident's way through one form."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_client.forms.answer import AnswerError, Problem
from backend_client.forms.filling import Filling
from foundation.language import Language
from tests.backend_client.sample import CARD, ENTRIES, FORM, NUMBER, TODAY


def filling() -> Filling:
    return Filling(FORM, lambda: TODAY)


def test_questions_come_in_order_until_all_are_answered() -> None:
    f = filling()
    asked = []
    while (field := f.next_field()) is not None:
        asked.append(field.id)
        f.answer(field.id, ENTRIES[field.id])
    assert asked == [field.id for field in FORM.fields]
    assert f.answers["money"] == 1250
    assert f.answers["choices"] == ("seed", "water")
    assert list(f.answers) == asked


def test_a_wrong_answer_changes_nothing() -> None:
    f = filling()
    f.answer("money", "12")
    with pytest.raises(AnswerError):
        f.answer("money", "a fortune")
    assert f.answers == {"money": 1200}


def test_a_typed_value_is_checked_too() -> None:
    f = filling()
    with pytest.raises(AnswerError) as caught:
        f.answer("wish", date(2030, 1, 1))
    assert caught.value.problem is Problem.TOO_LATE
    assert f.answer("wish", date(2026, 1, 1)) == date(2026, 1, 1)


def test_only_optional_questions_can_be_skipped() -> None:
    f = filling()
    with pytest.raises(AnswerError) as caught:
        f.skip("born")
    assert caught.value.problem is Problem.REQUIRED
    f.answer("remark", "无")
    f.skip("remark")
    assert "remark" not in f.answers
    f.clear("remark")
    for field in FORM.fields:
        if field.id != "remark":
            f.answer(field.id, ENTRIES[field.id])
    open_field = f.next_field()
    assert open_field is not None
    assert open_field.id == "remark"
    f.skip("remark")
    assert f.next_field() is None


def test_going_back_keeps_the_later_answers() -> None:
    f = filling()
    f.answer("full_name", "甲")
    f.answer("sex", "male")
    f.answer("full_name", "乙")
    assert f.answers == {"full_name": "乙", "sex": "male"}


def test_a_card_fills_what_is_open_and_overwrites_nothing() -> None:
    f = filling()
    f.answer("full_name", "别名")
    assert f.prefill(CARD) == ("sex", "born", "address", "identity_number")
    assert f.answers["full_name"] == "别名"
    assert f.answers["born"] == date(1949, 12, 31)
    assert f.prefilled == {"sex", "born", "address", "identity_number"}
    f.answer("address", "新地址")
    assert "address" not in f.prefilled
    assert f.prefill(CARD) == ()


def test_a_card_with_a_wrong_number_leaves_that_question_to_the_resident() -> None:
    f = filling()
    filled = f.prefill(replace(CARD, identity_number="110105194912310021", sex=None))
    assert filled == ("full_name", "born", "address")
    field = f.next_field()
    assert field is not None
    assert field.id == "sex"


def test_a_card_is_not_asked_about_what_was_skipped() -> None:
    optional = replace(FORM, fields=tuple(replace(field, required=False) for field in FORM.fields))
    f = Filling(optional, lambda: TODAY)
    f.skip("address")
    assert "address" not in f.prefill(CARD)


def test_position_counts_from_one() -> None:
    f = filling()
    assert f.position("full_name") == (1, len(FORM.fields))
    assert f.position("remark") == (len(FORM.fields), len(FORM.fields))


def test_an_unknown_field_is_named_as_such() -> None:
    f = filling()
    for act in (
        lambda: f.answer("gold", "1"),
        lambda: f.skip("gold"),
        lambda: f.clear("gold"),
        lambda: f.position("gold"),
    ):
        with pytest.raises(AnswerError) as caught:
            act()
        assert caught.value.problem is Problem.NO_SUCH_FIELD


def test_summary_shows_every_question_and_masks_what_is_private() -> None:
    f = filling()
    f.prefill(CARD)
    f.answer("phone_number", ENTRIES["phone_number"])
    f.answer("money", "123.5")
    f.skip("household")
    lines = {line.field.id: line for line in f.summary(Language.ZH_CN)}
    assert list(lines) == [field.id for field in FORM.fields]
    assert lines["identity_number"].text == "110105********002X"
    assert lines["identity_number"].masked
    assert lines["identity_number"].prefilled
    assert lines["phone_number"].text == "138****5678"
    assert not lines["phone_number"].prefilled
    assert lines["born"].text == "1949年12月31日"
    assert lines["sex"].text == "女"
    assert lines["money"].text == "123.50元"
    assert not lines["household"].answered
    assert lines["household"].text == ""
    english = {line.field.id: line.text for line in f.summary(Language.EN)}
    assert english["sex"] == "Female"
    assert english["money"] == "¥123.50"


def test_answers_are_a_picture_of_now() -> None:
    f = filling()
    f.answer("money", "12")
    taken = f.answers
    f.answer("money", "13")
    f.wipe()
    assert taken == {"money": 1200}


def test_wiping_leaves_nothing() -> None:
    f = filling()
    f.prefill(CARD)
    f.skip("remark")
    f.wipe()
    assert f.answers == {}
    assert f.prefilled == frozenset()
    assert not any(line.answered for line in f.summary(Language.EN))
    asked = []
    while (field := f.next_field()) is not None:
        asked.append(field.id)
        f.answer(field.id, ENTRIES[field.id])
    assert asked == [field.id for field in FORM.fields]


def test_no_personal_data_is_in_any_repr() -> None:
    f = filling()
    f.prefill(CARD)
    f.answer("phone_number", "13812345678")
    told = repr(f) + repr(CARD) + repr(f.summary(Language.ZH_CN))
    for secret in (NUMBER, "13812345678", "示例·甲", "示范路"):
        assert secret not in told


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["answer", "skip", "clear", "prefill"]), st.sampled_from([*ENTRIES, "gold"])
        ),
        max_size=40,
    )
)
def test_any_order_of_steps_leaves_it_whole(steps: list[tuple[str, str]]) -> None:
    f = filling()
    for verb, identifier in steps:
        try:
            match verb:
                case "answer":
                    f.answer(identifier, ENTRIES.get(identifier, "x"))
                case "skip":
                    f.skip(identifier)
                case "clear":
                    f.clear(identifier)
                case "prefill":
                    f.prefill(CARD)
        except AnswerError as error:
            assert error.problem in (Problem.REQUIRED, Problem.NO_SUCH_FIELD)
    assert f.prefilled <= set(f.answers)
    answered = {line.field.id for line in f.summary(Language.EN) if line.answered}
    assert answered == set(f.answers)
    field = f.next_field()
    assert field is None or field.id not in f.answers
