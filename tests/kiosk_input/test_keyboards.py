"""Keyboards in a real window, touched from outside."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.kiosk_input.hand import Hand, State, candidates

KEYBOARDS = [
    "pinyin",
    "handwriting",
    "english",
    "text",
    "digits",
    "phone",
    "identity",
    "money",
    "date",
    "wheels",
    "either",
]
LEAST = {(1080, 1920): 88, (1280, 1024): 68}
"""20 mm on either panel."""


@pytest.mark.parametrize("keyboard", KEYBOARDS)
def test_keys_fill_the_width_and_leave_room_to_the_question(each_hand: Hand, keyboard: str) -> None:
    for language, type_ in itertools.product(("zh_CN", "en"), ("standard", "very_large")):
        state = each_hand.show(keyboard, language, type_)
        assert state["keyboard"][0] == each_hand.size[0]
        width, height = each_hand.size
        most = height / 2 if height > width else height * 2 / 3  # there it stands beside the question
        assert state["keyboard"][1] < most
        assert_placed(each_hand, state)


@pytest.mark.parametrize(("keyboard", "language"), [("pinyin", "zh_CN"), ("pinyin", "en"), ("text", "en")])
def test_so_do_the_digits_and_symbols(each_hand: Hand, keyboard: str, language: str) -> None:
    each_hand.show(keyboard, language)
    each_hand.touch("symbols")
    assert_placed(each_hand, each_hand.until(lambda state: "keyboard.7" in state["controls"]))


def assert_placed(hand: Hand, state: State) -> None:
    """Keys are large, whole, apart, and what stands on them has room."""
    keys = {n: c for n, c in state["controls"].items() if n != "keyboard.composition"}
    for name, key in keys.items():
        x, y, width, height = key["bounds"]
        assert width >= LEAST[hand.size], name
        assert height >= LEAST[hand.size], name
        assert key["ink"][0] <= width, name
        assert key["ink"][1] <= height, name
        assert x >= 0, name
        assert x + width <= hand.size[0], name
        assert y >= hand.size[1] - state["keyboard"][1], name
        assert y + height <= hand.size[1], name
    for (one, a), (other, b) in itertools.combinations(((n, c["bounds"]) for n, c in keys.items()), 2):
        apart = a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0] or a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1]
        assert apart, (one, other)


def test_a_word_is_typed_and_touched(hand: Hand) -> None:
    hand.show("pinyin")
    hand.type("zhengce")
    hand.candidate("政策")
    hand.type("yibao")
    hand.candidate("医保")
    assert hand.events(2) == [["insert", "政策"], ["insert", "医保"]]


def test_the_syllables_are_shown_while_they_are_typed(hand: Hand) -> None:
    state = hand.show("pinyin")
    assert "拼音" in state["controls"]["keyboard.composition"]["text"]
    hand.type("lvshi")
    hand.until(lambda state: state["controls"]["keyboard.composition"]["text"] == "lü shi")


def test_further_pages_are_a_touch_away(each_hand: Hand) -> None:
    hand = each_hand
    hand.show("pinyin")
    hand.type("shi")
    first = candidates(hand.until(candidates))
    hand.touch("page.next", "page.next")
    later = candidates(hand.until(lambda state: not set(candidates(state)) & set(first)))
    hand.touch("page.previous")
    hand.until(lambda state: candidates(state) not in (first, later))
    hand.touch("page.previous")
    hand.until(lambda state: candidates(state) == first)
    assert not hand.state()["controls"]["keyboard.page.previous"]["enabled"]
    hand.touch("page.next", "page.next")
    hand.candidate(later[-1])
    assert hand.events(1) == [["insert", later[-1]]]


def test_long_candidates_wait_on_another_page_and_none_is_lost(each_hand: Hand) -> None:
    """Words too wide for the row together: turning pages shows each of them, inside the window, once."""
    hand = each_hand
    hand.show("pinyin")
    hand.type("womenyaoshenqingnongcundibao")
    seen: list[str] = []
    for _ in range(4):
        state = hand.state()
        assert_placed(hand, state)
        assert not set(candidates(state)) & set(seen)
        seen += candidates(state)
        before = candidates(state)
        hand.touch("page.next")
        hand.until(lambda state, before=before: candidates(state) != before)  # type: ignore[misc]
    assert seen[0].startswith("我们要申请")
    assert {"我们要", "我们"} & set(seen)


def test_candidates_in_large_type_fit_their_keys(each_hand: Hand) -> None:
    each_hand.show("pinyin", "zh_CN", "very_large")
    each_hand.type("wuxianzhengfu")
    state = each_hand.until(lambda state: len(candidates(state)) > 1)
    assert_placed(each_hand, state)


def test_the_longest_composition_stays_inside_the_window(hand: Hand) -> None:
    hand.show("pinyin")
    hand.type("woshenqing" * 7)
    state = hand.state()
    assert_placed(hand, state)
    x, _, width, _ = state["controls"]["keyboard.composition"]["bounds"]
    assert x + width <= hand.size[0]
    hand.touch("done")
    assert hand.events(1)[0][1].startswith("我申请我申请")


def test_a_word_for_the_first_syllables_leaves_the_rest(hand: Hand) -> None:
    hand.show("pinyin")
    hand.type("zhengcechaxun")
    hand.candidate("政策")
    hand.candidate("查询")
    assert hand.events(1) == [["insert", "政策查询"]]


@pytest.mark.parametrize("key", ["space", "done"])
def test_space_and_the_end_key_take_the_first_word_and_do_nothing_else(hand: Hand, key: str) -> None:
    hand.show("pinyin")
    hand.type("dibao")
    hand.until(lambda state: state["controls"]["keyboard.done"]["text"] == "选定")
    hand.touch(key)
    assert hand.events(1) == [["insert", "低保"]]
    hand.until(lambda state: state["controls"]["keyboard.done"]["text"] == "完成")
    hand.touch("space", "done")
    assert hand.events(3)[1:] == [["insert", " "], ["done"]]


@pytest.mark.parametrize(
    ("key", "then"),
    [("，", [["insert", "，"]]), ("symbols", []), ("english", [])],
    ids=["comma", "symbols", "english"],
)
def test_what_is_begun_is_taken_before_anything_else(hand: Hand, key: str, then: list[list[str]]) -> None:
    hand.show("text")
    hand.type("tingdian")
    hand.touch(key)
    assert hand.events(1 + len(then)) == [["insert", "停电"], *then]


def test_backspace_takes_letters_first_and_text_afterwards(hand: Hand) -> None:
    hand.show("pinyin")
    hand.type("yi")
    hand.touch("backspace", "backspace", "backspace")
    assert hand.events(1) == [["backspace"]]


def test_backspace_repeats_while_it_is_held(hand: Hand) -> None:
    state = hand.show("digits")
    hand.do(*hand.at(state, "backspace"), "mousedown", "1", "sleep", "1.2", "mouseup", "1")
    held = len(hand.until(lambda state: not state["controls"]["keyboard.backspace"]["pressed"])["events"])
    assert held >= 3
    time.sleep(0.3)
    assert len(hand.state()["events"]) == held


def test_a_finger_that_slides_off_a_key_does_nothing(hand: Hand) -> None:
    state = hand.show("digits")
    hand.do(*hand.at(state, "1"), "mousedown", "1")
    hand.until(lambda state: state["controls"]["keyboard.1"]["pressed"])
    hand.do(*hand.at(state, "9"), "sleep", "0.05", "mouseup", "1")
    hand.until(lambda state: not state["controls"]["keyboard.1"]["pressed"])
    hand.touch("2")
    assert hand.events(1) == [["insert", "2"]]


def test_a_pressed_key_looks_pressed(hand: Hand, tmp_path: Path) -> None:
    """Its face has another colour while the finger is on it, and its own again afterwards."""
    state = hand.show("digits")
    x, y, _, _ = state["controls"]["keyboard.5"]["bounds"]
    corner = (round(x) + 30, round(y) + 30)

    def colour(name: str) -> tuple[int, int, int]:
        hand.ask(do="picture", file=str(tmp_path / name))
        with Image.open(tmp_path / name) as picture:
            red, green, blue = picture.convert("RGB").getpixel(corner)  # type: ignore[misc]
            return red, green, blue

    before = colour("before.png")
    hand.do(*hand.at(state, "5"), "mousedown", "1")
    hand.until(lambda state: state["controls"]["keyboard.5"]["pressed"])
    during = colour("during.png")
    hand.do("mouseup", "1")
    hand.until(lambda state: not state["controls"]["keyboard.5"]["pressed"])
    assert sum(abs(a - b) for a, b in zip(before, during, strict=True)) > 300
    assert colour("after.png") == before


def test_digits_and_symbols_of_both_scripts(hand: Hand) -> None:
    hand.show("text")
    hand.touch("symbols", "3", "—", "letters", "english", "symbols", "@", "letters", "q")
    assert hand.events(4) == [["insert", "3"], ["insert", "——"], ["insert", "@"], ["insert", "q"]]


def test_shift_is_for_one_letter_and_stays_when_touched_twice(hand: Hand) -> None:
    hand.show("english")
    hand.touch("shift", "W", "e", "shift", "shift", "O", "K", "shift", "x")
    assert "".join(text for _, text in hand.events(5)) == "WeOKx"


def test_changing_the_script_moves_nothing(each_hand: Hand) -> None:
    hand = each_hand
    before = hand.show("text", "zh_CN")["keyboard"]
    hand.touch("english")
    state = hand.until(lambda state: "keyboard.shift" in state["controls"])
    assert state["keyboard"] == before
    assert_placed(hand, state)
    hand.touch("pinyin")
    hand.until(lambda state: "keyboard.composition" in state["controls"])


def test_an_english_visit_begins_with_english(hand: Hand) -> None:
    state = hand.show("text", "en")
    assert "keyboard.shift" in state["controls"]
    assert state["controls"]["keyboard.done"]["text"] == "Done"
    assert hand.show("text", "zh_CN")["controls"]["keyboard.done"]["text"] == "完成"


def test_letters_that_are_no_pinyin_are_told(hand: Hand) -> None:
    hand.show("pinyin")
    hand.type("v")
    hand.until(lambda state: "没有这样的拼音" in state["controls"]["keyboard.composition"]["text"])


def test_a_keyboard_that_was_taken_away_leaves_nothing_behind(hand: Hand) -> None:
    hand.show("pinyin")
    hand.type("mimashi")
    hand.show("digits")
    state = hand.show("pinyin")
    assert candidates(state) == []
    hand.type("y")
    hand.until(lambda state: state["controls"]["keyboard.composition"]["text"] == "y")


def test_an_identity_number_may_end_with_x(hand: Hand) -> None:
    hand.show("identity")
    hand.touch("1", "0", "X", "done")
    assert hand.events(4) == [["insert", "1"], ["insert", "0"], ["insert", "X"], ["done"]]


def test_money_has_a_point_and_says_yuan(hand: Hand) -> None:
    hand.show("money")
    hand.touch("1", "2", ".", "5", "backspace")
    assert hand.events(5) == [
        ["insert", "1"],
        ["insert", "2"],
        ["insert", "."],
        ["insert", "5"],
        ["backspace"],
    ]


def test_a_date_is_typed_into_its_boxes(hand: Hand) -> None:
    hand.show("date")
    hand.type("1958321")
    state = hand.until(lambda state: state["text"] == "1958-03-21")
    assert state["controls"]["keyboard.month"]["text"] == "月 03"
    hand.touch("done")
    assert hand.events(2) == [["date", "1958-03-21"], ["done"]]


def test_30_february_can_be_typed_and_is_put_right_by_touching_the_day(hand: Hand) -> None:
    """It ends without a date, for the answer's check to explain; what was typed stands."""
    hand.show("date")
    hand.type("20260230")
    hand.touch("done")
    assert hand.events(1) == [["done"]]
    assert hand.state()["text"] == "2026-02-30"
    hand.touch("day", "2", "8", "done")
    assert hand.events(3)[1:] == [["date", "2026-02-28"], ["done"]]


def test_the_wheels_reach_only_real_dates(hand: Hand) -> None:
    """From 31 January 2024 to February, which has 29 days then, and 28 a year later."""
    hand.show("wheels")
    hand.touch("month.more")
    hand.until(lambda state: state["text"] == "2024-02-29")
    hand.touch("year.more")
    hand.until(lambda state: state["text"] == "2025-02-28")
    hand.touch("day.more")
    hand.until(lambda state: state["text"] == "2025-02-01")
    hand.touch("year", "1", "9", "4", "6")
    hand.until(lambda state: state["text"] == "1946-02-01")
    hand.touch("done")
    assert hand.events(2) == [["date", "1946-02-01"], ["done"]]


def test_a_date_is_typed_or_chosen_from_today_and_goes_on_from_what_was_typed(hand: Hand) -> None:
    hand.show("either")
    hand.touch("steps")
    hand.until(lambda state: state["text"] == "2026-11-23")  # what stands there is entered
    hand.touch("day.more")
    hand.until(lambda state: state["text"] == "2026-11-24")
    hand.touch("digits")
    hand.until(lambda state: "keyboard.7" in state["controls"])
    hand.touch("year", "1", "9", "4", "6")
    hand.until(lambda state: state["text"] == "1946-11-24")
    hand.touch("steps", "month.less")
    hand.until(lambda state: state["text"] == "1946-10-24")
    hand.touch("done")
    assert hand.events(1) == [["done"]]
