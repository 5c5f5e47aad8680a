"""Chinese typed by pinyin, with the real librime and the terminal's dictionary."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kiosk.input.errors import DeploymentFailed, DictionaryMissing, EngineBusy, EngineMissing
from kiosk.input.librime import load
from kiosk.input.rime import MAX_LETTERS, Composition, PinyinEngine, Typed
from tests.kiosk_input.words import INITIALS, SENTENCES, SOUTHERN, WORDS, table


def typed(engine: PinyinEngine, letters: str) -> Composition:
    last = Typed("", Composition())
    for letter in letters:
        last = engine.press(letter)
        assert last.committed == ""
    return last.composition


@pytest.mark.parametrize(("letters", "word"), table(WORDS) + table(SENTENCES))
def test_offers_the_word_first(engine: PinyinEngine, letters: str, word: str) -> None:
    assert typed(engine, letters).candidates[0] == word


@pytest.mark.parametrize(("letters", "word"), table(INITIALS) + table(SOUTHERN))
def test_offers_the_word_on_the_first_page(engine: PinyinEngine, letters: str, word: str) -> None:
    assert word in typed(engine, letters).candidates


@pytest.mark.parametrize(("letters", "first"), [("xian", "先"), ("zi", "子"), ("nv", "女"), ("lv", "率")])
def test_southern_spellings_never_come_before_the_letters_as_typed(
    engine: PinyinEngine, letters: str, first: str
) -> None:
    assert typed(engine, letters).candidates[0] == first


def test_every_character_of_gb_2312_and_of_rare_names_can_be_typed(engine: PinyinEngine) -> None:
    """All pages of all syllables hold all 6763 characters, and those that simplification would hide."""
    from pypinyin import pinyin_dict

    syllables = {
        plain(reading) for readings in pinyin_dict.pinyin_dict.values() for reading in readings.split(",")
    }
    offered: set[str] = set()
    for syllable in sorted(s for s in syllables if s.isascii() and s.isalpha()):
        composition = typed(engine, syllable)
        offered.update(composition.candidates)
        while not composition.last_page:
            composition = engine.page(1).composition
            offered.update(composition.candidates)
        engine.clear()
    rows = [
        (row, cell)
        for row in range(0xB0, 0xF8)
        for cell in range(0xA1, 0xFF)
        if (row, cell) < (0xD7, 0xFA) or row > 0xD7
    ]
    gb_2312 = {bytes(pair).decode("gb2312") for pair in rows}
    assert len(gb_2312) == 6763
    assert gb_2312 - offered == set()
    assert set("昇甯甦喆堃淼犇翀彧燚赟頔暐垚䶮") - offered == set()


def plain(reading: str) -> str:
    """A reading without its tone; ü is typed v."""
    import unicodedata

    apart = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(c for c in apart if not unicodedata.combining(c))


def test_shows_the_syllables_and_eight_words_a_page(engine: PinyinEngine) -> None:
    composition = typed(engine, "lvshi")
    assert composition.preedit == "lü shi"
    assert len(composition.candidates) == 8
    assert (composition.page, composition.last_page, composition.highlighted) == (0, False, 0)


def test_turns_pages_and_back_and_stays_at_the_ends(engine: PinyinEngine) -> None:
    first = typed(engine, "shi")
    assert engine.page(-1).composition == first
    second = engine.page(1).composition
    assert second.page == 1
    assert not set(second.candidates) & set(first.candidates)
    assert engine.page(-1).composition.candidates == first.candidates
    last = first
    while not last.last_page:
        last = engine.page(1).composition
    assert engine.page(1).composition == last
    assert last.page > 10


def test_a_chosen_word_is_finished(engine: PinyinEngine) -> None:
    candidates = typed(engine, "yibao").candidates
    assert engine.choose(2) == Typed(candidates[2], Composition())


def test_a_word_on_a_later_page_is_chosen_by_its_place(engine: PinyinEngine) -> None:
    typed(engine, "shi")
    wanted = engine.page(1).composition.candidates[5]
    assert engine.choose(5).committed == wanted


def test_a_word_for_the_first_syllables_leaves_the_rest_to_choose(engine: PinyinEngine) -> None:
    candidates = typed(engine, "zhengcechaxun").candidates
    now = engine.choose(candidates.index("政策"))
    assert now.committed == ""
    assert now.composition.preedit == "政策cha xun"
    assert now.composition.candidates[0] == "查询"
    assert engine.choose(0).committed == "政策查询"


def test_backspace_takes_the_last_letter_and_at_last_the_composition(engine: PinyinEngine) -> None:
    typed(engine, "yib")
    assert engine.backspace().composition.preedit == "yi"
    engine.backspace()
    assert engine.backspace() == Typed("", Composition())
    assert engine.backspace() == Typed("", Composition())


def test_accepting_takes_the_first_candidates_until_nothing_is_left(engine: PinyinEngine) -> None:
    typed(engine, "zhengcechaxun")
    assert engine.accept() == Typed("政策查询", Composition())
    candidates = typed(engine, "zhengcechaxun").candidates
    engine.choose(candidates.index("政策"))
    assert engine.accept().committed == "政策查询"
    assert engine.accept() == Typed("", Composition())


def test_letters_that_are_no_pinyin_offer_nothing_and_are_taken_as_letters(engine: PinyinEngine) -> None:
    assert typed(engine, "v").candidates == ()
    assert engine.accept().committed == "v"


def test_clearing_drops_everything(engine: PinyinEngine) -> None:
    typed(engine, "zhengce")
    assert engine.clear() == Typed("", Composition())
    assert typed(engine, "yi").preedit == "yi"


def test_takes_a_bounded_number_of_letters(engine: PinyinEngine) -> None:
    composition = typed(engine, "z" * 500)
    assert composition.preedit.replace(" ", "") == "z" * MAX_LETTERS
    engine.backspace()
    assert typed(engine, "cc").preedit.endswith("z c")


@pytest.mark.parametrize("key", ["A", "1", " ", "ü", "政", "", "ab"])
def test_takes_only_its_own_keys(engine: PinyinEngine, key: str) -> None:
    with pytest.raises(ValueError, match="not a pinyin key"):
        engine.press(key)


@pytest.mark.parametrize("index", [-1, 8, 1000])
def test_only_what_is_offered_can_be_chosen(engine: PinyinEngine, index: int) -> None:
    typed(engine, "shi")
    with pytest.raises(IndexError):
        engine.choose(index)


def test_offers_only_what_the_font_can_show(dictionary: Path) -> None:
    hidden = "是时事"
    with PinyinEngine(dictionary, shows=lambda text: not set(text) & set(hidden)) as engine:
        composition = typed(engine, "shi")
        assert composition.candidates[:3] == ("使", "市", "式")
        assert engine.choose(1).committed == "市"


@pytest.mark.parametrize(
    ("hidden", "moved", "taken"), [("是时事", 4, "市"), ("是时事", 1, "使"), ("事", 4, "市")]
)
def test_takes_the_word_that_is_highlighted_where_others_are_left_out(
    dictionary: Path, hidden: str, moved: int, taken: str
) -> None:
    """librime counts its own candidates, of which some are not offered here."""
    down = 0xFF54
    with PinyinEngine(dictionary, shows=lambda text: text not in hidden) as engine:
        typed(engine, "shi")
        for _ in range(moved):
            load().RimeProcessKey(engine._session, down, 0)
        engine._typed()
        assert engine.accept().committed == taken


def test_pages_with_nothing_to_show_are_passed_over(dictionary: Path) -> None:
    with PinyinEngine(dictionary) as engine:
        pages = [typed(engine, "shi").candidates, *(engine.page(1).composition.candidates for _ in range(4))]
    unknown = {character for page in pages[1:3] for character in page}
    with PinyinEngine(dictionary, shows=lambda text: text not in unknown) as engine:
        typed(engine, "shi")
        assert engine.page(1).composition.candidates == pages[3]
        assert engine.page(-1).composition.candidates == pages[0]
    with PinyinEngine(dictionary, shows=lambda text: text in pages[0]) as engine:
        first = typed(engine, "shi")
        assert engine.page(1).composition == first


def test_answers_a_key_within_the_time_of_three_frames(engine: PinyinEngine) -> None:
    """50 ms is three frames at 60 a second; the 95th percentile of a thousand keys, sentences among them."""
    taken = []
    for letters, _ in table(WORDS) + table(SENTENCES):
        for letter in letters:
            start = time.perf_counter()
            engine.press(letter)
            taken.append(time.perf_counter() - start)
        engine.clear()
    assert sorted(taken)[int(len(taken) * 0.95)] < 0.050


def test_what_one_visit_types_does_not_change_what_the_next_is_offered(engine: PinyinEngine) -> None:
    before = {letters: typed_and_cleared(engine, letters) for letters in ("shi", "yibao", "zc", "lihuimin")}
    for _ in range(60):
        typed(engine, "shi")
        engine.choose(6)
        typed(engine, "yibao")
        engine.choose(3)
        typed(engine, "zc")
        engine.choose(5)
        for syllable in ("li", "hui", "min"):
            typed(engine, syllable)
            engine.choose(4)
    engine.forget()
    assert {letters: typed_and_cleared(engine, letters) for letters in before} == before


def typed_and_cleared(engine: PinyinEngine, letters: str) -> tuple[str, ...]:
    candidates = typed(engine, letters).candidates
    engine.clear()
    return candidates


def test_forgetting_drops_a_composition(engine: PinyinEngine) -> None:
    typed(engine, "zhengce")
    engine.forget()
    assert typed(engine, "y").preedit == "y"


def test_a_composition_says_nothing_of_its_content_in_logs(engine: PinyinEngine) -> None:
    shown = repr(typed(engine, "zhengce"))
    assert "zheng" not in shown
    assert "政策" not in shown


TYPIST = """
import sys
from pathlib import Path
from kiosk.input.rime import PinyinEngine

engine = PinyinEngine(Path(sys.argv[1]))
for _ in range(50):
    for letter in "jumindizhi":
        engine.press(letter)
    words = engine.choose(0)
    committed = words.committed + engine.accept().committed
print(committed)
for letter in "shenmidaima":
    engine.press(letter)
"""


def contents(*folders: Path) -> dict[str, str]:
    files = [file for folder in folders for file in sorted(folder.rglob("*")) if file.is_file()]
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_nothing_typed_reaches_the_disk_and_the_process_ends_cleanly(
    dictionary: Path, tmp_path: Path
) -> None:
    """It ends without closing the engine; no file has changed or appeared anywhere it may write."""
    before = contents(dictionary, tmp_path)
    home = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", TYPIST, str(dictionary)],
        env=os.environ | home,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0
    assert run.stdout.strip() == "居民地址"
    assert run.stderr == ""
    assert contents(dictionary, tmp_path) == before


def test_a_second_engine_in_the_process_is_refused(engine: PinyinEngine, dictionary: Path) -> None:
    with pytest.raises(EngineBusy):
        PinyinEngine(dictionary)
    assert typed(engine, "yi").candidates


def test_a_closed_engine_types_nothing_and_leaves_the_next_one_alone(dictionary: Path) -> None:
    """A keyboard may be taken away after its engine has gone."""
    closed = PinyinEngine(dictionary)
    typed(closed, "yi")
    closed.close()
    assert typed(closed, "yi") == Composition()
    assert (
        closed.clear() == closed.backspace() == closed.accept() == closed.page(1) == Typed("", Composition())
    )
    with PinyinEngine(dictionary) as engine:
        typed(engine, "yi")
        closed.close()
        closed.forget()
        assert engine.press("b").composition.preedit == "yi b"


def test_without_a_dictionary_it_says_what_to_do(tmp_path: Path, dictionary: Path) -> None:
    with pytest.raises(DeploymentFailed, match=r"python -m kiosk\.input\.deploy"):
        PinyinEngine(tmp_path)
    with PinyinEngine(dictionary) as engine:
        assert typed(engine, "yi").candidates


def test_without_the_word_lists_it_names_the_package(tmp_path: Path, dictionary: Path) -> None:
    with pytest.raises(DictionaryMissing, match="rime-data-luna-pinyin"):
        PinyinEngine(dictionary, shared_data=tmp_path)


@pytest.mark.parametrize("library", ["libnothing-of-that-name.so.1", "libc.so.6"])
def test_without_the_library_it_names_the_package(library: str) -> None:
    with pytest.raises(EngineMissing, match="apt install librime1"):
        load(library)
