"""What is said of a screen: its title first, errors next, every number in words, nothing that is hidden."""

from __future__ import annotations

import re

import pytest

from foundation.language import Language, translator
from kiosk.hearing import Hearing
from kiosk.slip import LOCALE
from kiosk.speaking.shown import Area, Piece, Shown
from kiosk.speaking.wording import Wording
from speech.spoken import readout

ZH, EN = Language.ZH_CN, Language.EN


def wording(language: Language, *, alone: bool = True, personal: bool = False, dark: bool = False) -> Wording:
    hearing = Hearing(speaking=True, headset=alone, personal=personal, curtain=dark)
    return Wording(translator("kiosk", LOCALE, language), readout(language), hearing)


def text(words: str, role: str = "text", area: Area = Area.SCREEN, name: str = "", owner: str = "") -> Piece:
    return Piece(name, role, words, area, owner)


def control(
    name: str, words: str, role: str = "button", area: Area = Area.SCREEN, *, chosen: bool = False
) -> Piece:
    return Piece(name, role, words, area, control=True, chosen=chosen)


def screen(*pieces: Piece, overlay: str = "", language: Language = EN) -> Shown:
    return Shown("some", overlay, language, pieces)


QUESTION = screen(
    text("Huimin County", area=Area.HEADER),
    text("Demonstration", area=Area.HEADER, name="bar.marks"),
    control("bar.language", "中文", area=Area.HEADER),
    text("Question 2 of 5"),
    text("When were you born?", "heading"),
    text("This day does not exist.", "error"),
    control("form.entry", "13800138000", "field"),
    control("form.next", "Next", area=Area.FOOT),
)


def test_a_page_begins_with_its_title_and_with_what_is_wrong() -> None:
    said = wording(EN).page(QUESTION, marks=True)
    assert said[:4] == ["When were you born?", "This day does not exist.", "Demonstration", "Question 2 of 5"]
    assert said[-1] == "To choose from on this page: 3."
    assert "Demonstration" not in wording(EN).page(QUESTION, marks=False)
    assert not any("Huimin" in one for one in said)


def test_what_lies_over_a_page_is_read_alone() -> None:
    now = screen(
        text("Below"),
        text("Still there?", "heading", Area.OVERLAY),
        control("idle.more", "More time", area=Area.OVERLAY),
        overlay="idle",
    )
    assert wording(EN).page(now, marks=False)[0] == "Still there?"
    assert "Below" not in wording(EN).page(now, marks=False)


def test_of_the_same_page_only_what_is_new_is_said_and_no_clock_that_counts_on() -> None:
    before = screen(text("Pay within 59 seconds"), text("1/40"), text("Printing"))
    now = screen(text("Pay within 58 seconds"), text("2/40"), text("Printed"), text("No paper", "error"))
    assert wording(EN).changes(before, now) == ["No paper", "Printed"]


def test_how_far_a_call_is_is_said_over_any_page_but_no_clock() -> None:
    def calling(said: str) -> Shown:
        return screen(text("When?", "heading"), control("bar.call", said, area=Area.HEADER))

    assert wording(EN).changes(calling("Talking 00:07"), calling("Talking 00:08")) == []
    assert wording(EN).changes(calling("Talking 00:08"), calling("Call ended")) == ["Call ended"]


def test_another_sheet_of_a_list_says_which_it_is() -> None:
    def sheet(number: int) -> Shown:
        return screen(text("Services", "heading"), text(f"Page {number} of 2", name="sheets.where"))

    assert wording(EN).changes(sheet(1), sheet(2)) == ["Page 2 of 2"]
    assert wording(EN).changes(sheet(2), sheet(2)) == []


def test_the_focus_begins_at_the_page_and_comes_to_the_header_last() -> None:
    assert [p.id for p in wording(EN).order(QUESTION)] == ["form.entry", "form.next", "bar.language"]


@pytest.mark.parametrize(("language", "said"), [(EN, "Yes, chosen"), (ZH, "Yes，已选")])
def test_a_control_says_its_name_its_state_and_which_it_is(language: Language, said: str) -> None:
    yes = control("form.option.yes", "Yes", "option", chosen=True)
    now = screen(yes, text("Yes", owner=yes.id), text("free of charge", owner=yes.id), language=language)
    first, about, where = wording(language).control(now, yes)
    assert (first, about) == (said, "free of charge")
    assert where in {"1 of 1", "第 1 项，共 1 项"}


def test_digits_that_are_private_are_said_only_to_somebody_alone_who_asks() -> None:
    entry = QUESTION.find("form.entry")
    assert entry
    assert wording(EN).control(QUESTION, entry) == ["11 characters entered"]
    assert wording(EN, alone=False).control(QUESTION, entry, asked=True) == ["11 characters entered"]
    (asked,) = wording(EN).control(QUESTION, entry, asked=True)
    assert "one three eight" in asked


def test_what_is_hidden_on_the_screen_is_hidden_in_speech() -> None:
    assert wording(EN).said("Name: Li **") == "Name: Li (2 hidden)"
    assert wording(ZH).said("138****8000") == "138（隐去 4 位）8000"
    for alone, heard in ((True, True), (False, False)):
        said = wording(EN, alone=alone).said("Your number is 11999919900307102X.")
        assert ("11999919900307102X" in said) is heard


def test_a_loudspeaker_says_no_telephone_and_no_account_number() -> None:
    for number in ("138 0013 8000", "13800138000", "6222000011112222333", "119999 19900307 102X"):
        assert not re.search(r"\d{3}", wording(ZH, alone=False).said(f"号码：{number}")), number
    assert "12345" in wording(ZH, alone=False).said("热线 12345")


RECORD = screen(
    text("Labour register", "heading"),
    text("Name"),
    Piece("lookup.value.0", "text", "Li Example", Area.SCREEN, personal=True),
    Piece("lookup.record.0", "button", "Li Example, electrician", Area.SCREEN, control=True, personal=True),
    control("lookup.print", "Print", area=Area.FOOT),
)


def test_a_loudspeaker_says_what_is_personal_only_to_somebody_who_asked_for_it() -> None:
    (entry,) = (piece for piece in RECORD.controls if piece.personal)

    def said(**hearing: bool) -> str:
        say = wording(EN, **hearing)
        before = screen(text("Labour register", "heading"))
        return "\n".join(
            [*say.page(RECORD, marks=True), *say.changes(before, RECORD), *say.control(RECORD, entry)]
        )

    for hearing in ({"alone": True}, {"alone": False, "personal": True}):
        assert said(**hearing).count("Li Example") == 3
        assert "loudspeaker" not in said(**hearing)
    assert "Li" not in said(alone=False)
    assert said(alone=False).count("not read over the loudspeaker") == 3
    code = "the code 1234 5678 opens it"
    assert "one two three four" in wording(EN).said(code)
    assert "one two" not in wording(EN, alone=False).said(code)


def test_a_code_that_a_dark_screen_hides_is_told_to_whoever_would_hold_a_phone_before_it() -> None:
    now = screen(text("Pay", "heading"), Piece("payment.qr", "image", "QR code", Area.SCREEN))
    assert any("cannot scan" in said for said in wording(EN, dark=True).page(now, marks=False))
    assert not any("cannot scan" in said for said in wording(EN).page(now, marks=False))


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        (
            EN,
            "Reference 1234 5678 9012",
            "Reference one two three four, five six seven eight, nine zero one two",
        ),
        (ZH, "编号 1234 5678 9012", "编号 一二三四，五六七八，九零一二"),
        (ZH, "4611-9678-5598", "四六一一，九六七八，五五九八"),
        (ZH, "2026-02-03", "2026-02-03"),
    ],
)
def test_a_reference_is_said_in_fours(language: Language, written: str, said: str) -> None:
    heard = wording(language).said(written)
    assert heard == said or (language is ZH and heard.replace("幺", "一") == said)


def test_a_sentence_over_several_lines_is_read_in_one_go() -> None:
    parts = (
        Piece("", "text", "以本公告", Area.SCREEN, runs_on=True),
        Piece("", "text", "为准。", Area.SCREEN),
    )
    now = screen(text("公告", "heading"), *parts, language=ZH)
    assert wording(ZH).page(now, marks=False)[:2] == ["公告", "以本公告为准。"]
