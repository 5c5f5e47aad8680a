"""The script of the phone line, and texts put together from its recordings."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime, time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.language import Language, translator
from ivr import prompts, script
from ivr.line import Utterance
from ivr.operating.script_sheet import csv_sheet, html_sheet
from ivr.script import Kind, clips, texts, what_is_said
from ivr.speech.assembly import Assembly
from ivr.speech.recordings import text_hash
from speech.spoken import LARGEST, readout
from speech.spoken.vocabulary import words

LOCALE = script._LOCALE
assembly = {language: Assembly(language) for language in Language}


def filled(language: Language, said: str) -> Utterance:
    """A number in a place of a text."""
    return Utterance("test.number", said, language)


def put_together(language: Language, said: str) -> str:
    return what_is_said(" ".join(piece.text for piece in assembly[language].pieces(filled(language, said))))


def bare(text: str) -> str:
    """What is heard, whatever the gaps: recordings of words know no hyphens."""
    return re.sub(r"\W", "", text).replace("〇", "零")


@pytest.mark.parametrize("language", Language)
def test_every_text_that_is_said_is_in_the_script_once(language: Language) -> None:
    names = [text.name for text in texts(language)]
    assert len(names) == len(set(names))
    fixed = [utterance for utterance in prompts.always_the_same() if utterance.language is language]
    heard = {utterance.name for utterance in fixed if what_is_said(utterance.text)}
    assert {text.name for text in texts(language) if not text.places} == {
        name for name in heard if not name.startswith(script.SHOWN_ONLY)
    }
    files = [clip.name for clip in clips(language)]
    assert len(files) == len(set(files))
    assert not [file for file in files if not re.fullmatch(r"[A-Za-z0-9_.-]+", file)]
    assert not [clip.name for clip in clips(language) if re.search(r"[\d{}]|^\W", clip.text)]


@pytest.mark.parametrize("language", Language)
def test_a_clip_of_a_fixed_text_is_what_callers_hear(language: Language) -> None:
    whole = {clip.name: clip.text for clip in clips(language) if clip.kind is Kind.WHOLE}
    assert whole
    for name, text in whole.items():
        assert prompts.prompt(language, name).text == text


def test_the_script_begins_as_a_call_does_and_ends_with_the_words() -> None:
    for language in Language:
        kinds = [clip.kind for clip in clips(language)]
        assert clips(language)[0].name == "main.greeting"
        assert kinds.index(Kind.WORD) == len(kinds) - kinds.count(Kind.WORD)


VALUES = [
    lambda say: say.integer(12),
    lambda say: say.count(2),
    lambda say: say.reference("101234567890"),
    lambda say: say.money(1205),
    lambda say: say.moment(datetime(2026, 2, 3, 8, 5)),
    lambda say: say.full_date(date(2026, 2, 3)),
]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("value", VALUES)
def test_every_text_can_be_put_together_whatever_number_fills_it(language: Language, value: object) -> None:
    assert callable(value)
    for text in texts(language):
        if text.places:
            said = prompts.prompt(language, text.name, **dict.fromkeys(text.places, value(readout(language))))
            pieces = assembly[language].pieces(said)
            assert bare("".join(piece.text for piece in pieces)) == bare(said.text), text.name


def test_a_text_filled_with_what_is_not_recorded_is_left_to_the_engine() -> None:
    for language in Language:
        choice = prompts.prompt(language, "menu.choice", label="高龄津贴 Allowance", key=1)
        assert not assembly[language].pieces(choice)
        known = prompts.prompt(
            language, "menu.choice", label=prompts.written(language, "state.APPROVED"), key=1
        )
        assert assembly[language].pieces(known)[0].name == "state.APPROVED"
    assert not assembly[Language.EN].pieces(filled(Language.EN, "tenants"))  # not ten


def test_pauses_stay_where_the_text_has_them() -> None:
    pieces = assembly[Language.ZH_CN].pieces(filled(Language.ZH_CN, "幺零，二三。四"))
    assert [piece.pause for piece in pieces] == [0, 0.12, 0, 0.3, 0]
    pieces = assembly[Language.EN].pieces(filled(Language.EN, "twenty-one, two"))
    assert [(piece.name, piece.pause) for piece in pieces] == [
        ("word.twenty", 0),
        ("word.one", 0.12),
        ("word.two", 0),
    ]


@pytest.mark.parametrize("language", Language)
@settings(max_examples=60, deadline=None)
@given(
    number=st.integers(0, LARGEST),
    fen=st.integers(0, LARGEST),
    day=st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    clock=st.times(),
    digits=st.text("0123456789", min_size=12, max_size=12),
    seconds=st.integers(0, 7200),
)
def test_every_number_amount_date_time_and_code_is_made_of_words_that_are_in_the_script(
    language: Language, number: int, fen: int, *, day: date, clock: time, digits: str, seconds: int
) -> None:
    say = readout(language)
    for said in (
        say.integer(number),
        say.count(number),
        say.money(fen),
        say.full_date(day),
        say.moment(datetime.combine(day, clock)),
        say.period(datetime.combine(day, time(0)), datetime.combine(day, clock)),
        say.month(day.year, day.month),
        say.reference(digits),
        say.phone_number(digits[:11]),
        say.identity_number(f"{digits}12345X"),
        say.length(seconds),
        say.letters("AB12X"),
        say.text(f"{number % 100}%"),
    ):
        assert bare(put_together(language, said)) == bare(said), said


def test_words_that_sound_alike_are_recorded_once_and_others_apart() -> None:
    names = dict(words(Language.ZH_CN))
    assert names["零"] == names["〇"]
    assert len({names[word] for word in "一幺二两三四五六七八九十百千万亿"}) == 16


def test_a_recording_is_of_what_is_heard_not_of_how_it_is_written() -> None:
    assert text_hash("请按一。") == text_hash("请按一！ ")
    assert text_hash("Press one, please.") == text_hash("Press one please")
    assert text_hash("请按一。") != text_hash("请按二。")


@pytest.mark.parametrize("told_in", Language)
def test_the_table_has_a_row_for_each_recording(told_in: Language) -> None:
    told = translator("prompts", LOCALE, told_in)
    sheet = csv_sheet(tuple(Language), told)
    assert sheet.startswith("\ufeff")
    head, *rows = csv.reader(io.StringIO(sheet.removeprefix("\ufeff")))
    assert len(head) == 4
    expected = [
        (f"{clip.language.value}/{clip.name}.wav", clip.text) for one in Language for clip in clips(one)
    ]
    assert [(file, text) for _, file, text, _ in rows] == expected
    assert all(use for *_, use in rows)


def test_the_page_is_html_that_holds_every_text() -> None:
    class Cells(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []
            self.texts: set[str] = set()

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in {"meta"}:
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

        def handle_data(self, data: str) -> None:
            self.texts.add(data)

    page = Cells()
    page.feed(html_sheet((Language.EN,), translator("prompts", LOCALE, Language.EN)))
    assert page.open == ["html"]
    assert {clip.text for clip in clips(Language.EN)} <= page.texts
