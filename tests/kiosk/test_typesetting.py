"""Lines break where Chinese and English may break, and nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.typesetting import CLOSING, OPENING, balance, units, wrap


def em(character: str) -> float:
    """Chinese characters are square, others half as wide."""
    return 1.0 if ord(character) > 0x2000 else 0.5


def test_marks_do_not_begin_a_line_and_brackets_do_not_end_one() -> None:
    text = "根据《惠民县医疗保障办法》（惠政发〔2025〕3号）规定，可以报销80%的费用，每年不超过3,000.50元。"
    for width in range(6, 40):
        for line in wrap(text, width, em):
            assert line.text[0] not in "，。》）〕％%"
            assert line.text[-1] not in "《（〔"


def test_words_and_numbers_stay_whole_where_they_fit() -> None:
    lines = [line.text for line in wrap("Please bring your identity card (original) to room 12-3.", 9, em)]
    assert lines == ["Please bring your", "identity card", "(original) to room", "12-3."]


def test_a_word_longer_than_a_line_is_cut_and_nothing_else() -> None:
    assert [line.text for line in wrap("a supercalifragilistic b", 5, em)] == [
        "a",
        "supercalif",
        "ragilistic",
        "b",
    ]


def test_newlines_are_kept_and_starts_are_places_in_the_text() -> None:
    text = "第一段很长很长。\n\n第二段"
    lines = wrap(text, 5, em)
    assert [line.text for line in lines] == ["第一段很长", "很长。", "", "第二段"]
    assert all(text[line.start :].startswith(line.text) for line in lines)


def test_balanced_lines_leave_no_character_alone_and_prefer_to_end_with_a_mark() -> None:
    text = "需要帮助，请找大厅工作人员。右上角可以换成大字或英文。"
    assert [line.text for line in wrap(text, 25, em)][-1] == "英文。"
    assert [line.text for line in balance(text, 25, em)] == [
        "需要帮助，请找大厅工作人员。",
        "右上角可以换成大字或英文。",
    ]


@pytest.mark.parametrize("width", [20, 22, 24, 26, 28])
def test_balanced_lines_end_with_the_only_mark_there_is_wherever_it_fits(width: int) -> None:
    text = "把您的求助、建议和感谢送到县领导信箱，一般7个工作日内答复。"
    assert [line.text for line in balance(text, width, em)] == [
        "把您的求助、建议和感谢送到县领导信箱，",
        "一般7个工作日内答复。",
    ]


def test_a_number_stays_with_its_unit() -> None:
    assert [line.text for line in wrap("超速行驶，罚款150.00元，已处理", 10, em)] == [
        "超速行驶，罚款",
        "150.00元，已处理",
    ]
    assert units("2026年11月17日") == ["2026年", "11月", "17日"]


def test_a_dot_between_two_facts_goes_where_the_line_breaks() -> None:
    text = "惠民县退役军人事务局 · 2025年7月22日"
    for breaking in (wrap, balance):
        for width in range(11, 17):
            first, second = breaking(text, width, em)
            assert (first.text, second.text) == ("惠民县退役军人事务局", "2025年7月22日")
            assert text[second.start :] == second.text
    assert [line.text for line in wrap(text, 40, em)] == [text]
    narrow = [line.text for line in wrap(text, 8, em)]
    assert narrow == ["惠民县退役军人事", "务局 · 2025年7月", "22日"]


def test_a_short_greeting_has_its_own_line() -> None:
    assert [line.text for line in balance("您好，想办什么事？", 8.4, em)] == ["您好，", "想办什么事？"]


def test_both_halves_may_use_the_whole_width() -> None:
    text = "家庭人均收入低于标准的居民可以申请低保，城市每人每月七百八十元，农村六百元，按差额补足。"
    assert balance(text, 32, em)[1].text == "城市每人每月七百八十元，农村六百元，按差额补足。"


WRITTEN = st.text(
    st.sampled_from("政策查询医保" + "abc XYZ019-.," + OPENING.replace("\\", "") + "，。）》\n"), max_size=80
)


@given(WRITTEN)
def test_units_joined_are_the_line(text: str) -> None:
    for line in text.split("\n"):
        assert "".join(units(line)) == line


@given(WRITTEN, st.integers(2, 40))
def test_every_line_fits_and_only_spaces_go(text: str, width: int) -> None:
    for breaking in (wrap, balance):
        lines = breaking(text, width, em)
        assert "".join("".join(line.text for line in lines).split()) == "".join(text.split())
        assert all(text[line.start :].startswith(line.text) for line in lines)
        assert all(sum(map(em, line.text)) <= width for line in lines)


def test_the_marks_are_of_one_kind_each() -> None:
    assert not set(OPENING) & set(CLOSING) - {"\\"}


def test_no_paragraph_ends_with_a_single_character() -> None:
    text = "一二三四五六七八九。"
    assert [line.text for line in wrap(text, 8, em)] == ["一二三四五六七", "八九。"]
