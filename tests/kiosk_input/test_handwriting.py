"""Characters written with a finger: what is recognised, what is offered, what happens without a model."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.input import libzinnia, methods, strokes
from kiosk.input.errors import DictionaryMissing, ModelMissing, RecogniserMissing
from kiosk.input.handwriting import OFFERED, Handwriting
from kiosk.input.methods import InputMethods, Opened, Script, open_handwriting, open_words
from kiosk.input.recogniser import MAX_STROKES, Recogniser
from kiosk.input.rime import PinyinEngine
from kiosk.input.strokes import FIELD, Stroke, fitted
from kiosk.input.words import Entry, Words
from tests.kiosk_input.hand import Hand, State, candidates
from tests.kiosk_input.written import strokes as written_strokes

WRITTEN = written_strokes()
IN_THE_WINDOW = 40
"""Characters written with real touches: those of the fewest strokes, for the time it takes."""
FIRST, NEAR = 0.65, 0.8
"""Part of the characters that has to be the first candidate, and among the first eight."""


@pytest.fixture(scope="module")
def handwriting() -> Iterator[Handwriting]:
    with Recogniser() as recogniser:
        yield Handwriting(recogniser, Words.read())


def _rates(found: list[tuple[str, tuple[str, ...]]]) -> tuple[float, float]:
    first = sum(offered[:1] == (character,) for character, offered in found)
    near = sum(character in offered[:8] for character, offered in found)
    return first / len(found), near / len(found)


def test_most_characters_are_recognised(handwriting: Handwriting) -> None:
    first, near = _rates([(one, handwriting.candidates(how)) for one, how in WRITTEN.items()])
    assert first >= FIRST
    assert near >= NEAR


def test_neither_size_nor_place_nor_a_trembling_finger_matters(handwriting: Handwriting) -> None:
    """Small, in a corner, wide of the line by 1.5 % of the field: as many are recognised."""
    hand = random.Random(7)

    def trembling(how: list[Stroke]) -> list[Stroke]:
        return [
            tuple((200 + x * 0.4 + hand.gauss(0, 0.6), 90 + y * 0.4 + hand.gauss(0, 0.6)) for x, y in stroke)
            for stroke in how
        ]

    first, near = _rates([(one, handwriting.candidates(trembling(how))) for one, how in WRITTEN.items()])
    assert first >= FIRST - 0.1
    assert near >= NEAR - 0.05


def test_what_was_written_before_helps(handwriting: Handwriting) -> None:
    """A character that goes on with a word comes before another that looks as it does."""
    alone = handwriting.candidates(WRITTEN["金"])
    after = handwriting.candidates(WRITTEN["金"], "养老")
    assert after[0] == "金"
    assert set(alone) & set(after)
    assert len(after) <= OFFERED


def test_what_is_no_character_has_no_candidates(handwriting: Handwriting) -> None:
    assert handwriting.candidates([]) == ()
    assert handwriting.candidates([((0.0, 0.0), (9.0, 9.0))] * (MAX_STROKES + 1)) == ()
    assert "一" in handwriting.candidates([((0.0, 50.0), (90.0, 50.0))])
    assert handwriting.candidates([((50.0, 50.0),)])  # a dot


def test_characters_without_a_glyph_are_not_offered() -> None:
    with Recogniser(shows=lambda text: text != "大") as recogniser:
        assert "大" not in recogniser.alike(WRITTEN["大"])
    assert recogniser.alike(WRITTEN["大"]) == {}


def test_strokes_are_fitted_in_proportion_and_straightened() -> None:
    wide = fitted([tuple((x / 10, 5 + (x % 3) / 100) for x in range(1000))])
    assert len(wide[0]) == 2
    (left, top), (right, bottom) = wide[0]
    assert right - left == pytest.approx(FIELD * 0.75, rel=0.05)
    assert abs(top - bottom) < 2
    assert top == pytest.approx(FIELD / 2, abs=2)
    corner = fitted([((0, 0), (100, 0), (100, 100))])
    assert len(corner[0]) == 3
    with pytest.raises(ValueError, match="at least one point"):
        fitted([((1.0, 1.0),), ()])


def test_ink_has_round_corners_and_the_same_ends() -> None:
    drawn = strokes.rounded([(0, 0), (100, 0), (100, 100)])
    assert (drawn[0], drawn[-1]) == ((0, 0), (100, 100))
    assert (100, 0) not in drawn
    assert strokes.rounded([(1, 1)]) == [(1, 1)]


# What usually follows.


def test_phrases_go_on_from_the_longest_beginning() -> None:
    words = {"社会": 9, "社区": 5, "社会保险": 7, "会议": 8, "社": 50, "社这么长的词语": 99}
    phrases = Words(Entry(word, "", weight) for word, weight in words.items())
    assert phrases.after("社") == ("会", "会保险", "区")
    assert phrases.after("我要社会") == ("保险", "议")
    assert phrases.after("") == ()
    assert phrases.goes_on("我要社", "区")
    assert phrases.goes_on("社会", "保")
    assert not phrases.goes_on("社会", "长")
    assert phrases.usual("社") == 50


def test_the_words_of_the_county_come_first() -> None:
    phrases = Words.read()
    assert phrases.after("医")[:2] == ("保", "保卡")
    assert "证" in phrases.after("身份")


def test_missing_words_are_told(tmp_path: Path) -> None:
    with pytest.raises(DictionaryMissing, match="rime-data-pinyin-simp"):
        Words.read(tmp_path)


def test_chinese_is_read_by_words() -> None:
    words = Words.read()
    assert words.syllables("重庆银行") == ["chong", "qing", "yin", "hang"]
    assert words.syllables("重要的12345热线") == ["zhong", "yao", "de", "12345", "re", "xian"]
    assert [words.initial(text) for text in ("重庆市", "“医保”", "Birth", "2 级")] == ["C", "Y", "B", "2"]
    assert words.initial("·") == ""
    assert Words().syllables("医保 card") == ["card"]


def test_without_words_the_terminal_says_so_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(
        methods.log, "warning", lambda event, **more: said.append(f"{event} {more['reason']}")
    )
    assert open_words(tmp_path).after("医") == ()
    assert said[0].startswith("words_missing")
    assert "rime-data-pinyin-simp" in said[0]


# What is missing.


def test_a_missing_or_broken_model_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "small").write_bytes(b"no model")
    (tmp_path / "wrong").write_bytes(bytes(2 << 20))
    for name in ("none", "empty", "small", "wrong"):
        with pytest.raises(ModelMissing, match="apt install tegaki-zinnia-simplified-chinese"):
            Recogniser(tmp_path / name)
    with pytest.raises(RecogniserMissing, match="apt install libzinnia0"):
        libzinnia.load("libzinnia.so.none")


def test_without_a_model_the_terminal_says_so_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: PinyinEngine
) -> None:
    said: list[tuple[str, dict[str, object]]] = []
    monkeypatch.setattr(methods.log, "warning", lambda event, **more: said.append((event, more)))
    assert open_handwriting(lambda _: True, Words(), tmp_path / "none") is None
    [(event, more)] = said
    assert event == "handwriting_missing"
    assert "apt install" in str(more["reason"])
    ways = InputMethods(lambda: Opened(engine, None, Words()))
    assert (ways.handwriting, ways.chinese) == (None, Script.PINYIN)


def test_the_chosen_way_lasts_for_the_visit(engine: PinyinEngine) -> None:
    ways = InputMethods(lambda: Opened(engine, None, Words()))
    assert ways.pinyin is engine
    ways.prefer(Script.HANDWRITING)
    ways.prefer(Script.ENGLISH)
    chosen = ways.chinese
    ways.forget()
    assert (chosen, ways.chinese) == (Script.HANDWRITING, Script.PINYIN)


# In the window.


def write(hand: Hand, field: str, character: str, how: list[Stroke] | None = None) -> State:
    """Writes with the finger, as the school teaches it or otherwise."""
    return hand.write(field, WRITTEN[character] if how is None else how)


def test_characters_are_written_one_after_another(portrait: Hand) -> None:
    """The next character in the other field takes the first candidate of the one before."""
    hand = portrait
    hand.show("handwriting")
    found: list[tuple[str, tuple[str, ...]]] = []
    for number, character in enumerate(sorted(WRITTEN, key=lambda one: len(WRITTEN[one]))[:IN_THE_WINDOW]):
        state = write(hand, ("left", "right")[number % 2], character)
        assert len(state["events"]) == number
        found.append((character, tuple(candidates(state))))
    hand.touch("done")
    assert hand.events(IN_THE_WINDOW) == [["insert", offered[0]] for _, offered in found]
    first, near = _rates(found)
    assert first >= FIRST
    assert near >= NEAR


def test_a_candidate_is_touched_and_what_follows_is_offered(each_hand: Hand) -> None:
    hand = each_hand
    hand.show("handwriting")
    assert "任意一格" in hand.state()["controls"]["keyboard.composition"]["text"]
    assert len(candidates(write(hand, "left", "社"))) > 1
    hand.candidate("社")
    hand.candidate("会")
    hand.candidate("救助")
    assert hand.events(3) == [["insert", "社"], ["insert", "会"], ["insert", "救助"]]


def test_a_stroke_is_taken_back_and_a_character_written_anew(each_hand: Hand) -> None:
    hand = each_hand
    hand.show("handwriting")
    hand.touch("undo", "clear")
    before = candidates(write(hand, "right", "大", WRITTEN["大"][:2]))
    after = candidates(write(hand, "right", "大", WRITTEN["大"][2:]))
    assert after[0] == "大"
    hand.touch("undo")
    assert candidates(hand.until(lambda state: candidates(state) != after)) == before
    hand.touch("clear")
    assert candidates(hand.until(lambda state: not candidates(state))) == []
    write(hand, "right", "大")
    hand.touch("backspace")  # what is being written goes first, then what stands in the answer
    hand.until(lambda state: not candidates(state))
    hand.touch("backspace")
    assert hand.events(1) == [["backspace"]]


def test_punctuation_digits_and_the_end_take_what_is_written(hand: Hand) -> None:
    hand.show("handwriting")
    write(hand, "left", "大")
    hand.touch("，")
    write(hand, "left", "小")
    hand.touch("symbols", "3", "letters")
    write(hand, "right", "王")
    hand.until(lambda state: state["controls"]["keyboard.done"]["text"] == "选定")
    hand.touch("done", "done")
    inserted = [["insert", text] for text in "大，小3王"]
    assert hand.events(6) == [*inserted, ["done"]]


def test_one_touch_leads_from_pinyin_to_handwriting_and_back_and_stays_so(each_hand: Hand) -> None:
    hand = each_hand
    hand.show("digits")
    hand.ask(do="forget")
    before = hand.show("text")["keyboard"]
    hand.type("tingdian")
    hand.touch("handwriting")
    write(hand, "left", "王")
    assert hand.state()["keyboard"] == before
    hand.touch("english", "a", "pinyin")  # Chinese as it was entered last
    hand.until(lambda state: "keyboard.field.left" in state["controls"])
    assert hand.events(3) == [["insert", "停电"], ["insert", "王"], ["insert", "a"]]
    assert "keyboard.field.left" in hand.show("text")["controls"]
    hand.touch("pinyin")
    hand.until(lambda state: "keyboard.q" in state["controls"])
    assert "keyboard.q" in hand.show("text")["controls"]


def test_what_is_no_character_is_told_and_ink_stays_in_its_field(hand: Hand, tmp_path: Path) -> None:
    """A stroke that leaves the field ends at its edge, and still is one stroke."""
    hand.show("handwriting")
    state = write(hand, "left", "", [((50.0, 50.0), (50.0, 20.0), (50.0, -60.0), (180.0, -60.0))])
    assert candidates(state)
    state = write(hand, "left", "", [((50.0, 50.0), (60.0, 60.0))] * MAX_STROKES)
    assert not candidates(state)
    assert "认不出" in state["controls"]["keyboard.composition"]["text"]
    hand.touch("done")
    assert hand.state()["events"] == [["done"]]


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_what_is_said_stays_above_the_candidates_at_the_largest_type(each_hand: Hand, language: str) -> None:
    hand = each_hand
    hand.show("handwriting", language, "very_large")
    state = write(hand, "left", "大")
    said, first = (state["controls"][f"keyboard.{name}"]["bounds"] for name in ("composition", "candidate.0"))
    assert said[1] + said[3] <= first[1] + 1
    assert said[0] + said[2] <= hand.size[0]
