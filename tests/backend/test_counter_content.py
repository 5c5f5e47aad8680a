"""Counters, holidays and forms that book in the content: a clerk's mistakes, each found at its line."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from backend.authoring.finding import ContentWrong
from backend.authoring.reading import read_content
from foundation.language import Language
from tests.backend.house import CONTENT, copy_content

COUNTERS, OTHERS, SERVICE, FORM, HOLIDAYS = (
    "counters/hall.yaml",
    "counters/others.yaml",
    "services/visit.yaml",
    "forms/visit.yaml",
    "holidays.yaml",
)
PLACES = """\
id: hall
title: {zh: 测试窗口, en: Test counters}
place: {zh: 测试大厅, en: Test hall}
services: [visit]
windows: 2
opening:
  monday:
  - 08:30-12:00
  - 14:00-17:30
slots:
  minutes: 30
  places: 2
  days_ahead: 14
tickets:
  letter: A
  appointment_letter: B
  minutes_each: 10
demonstration: true
"""
SLOTS = "slots:\n  minutes: 30\n  places: 2\n  days_ahead: 14\n"
TICKETS = "tickets:\n  letter: A\n  appointment_letter: B\n  minutes_each: 10\n"
SLOT = """\
- id: when
  type: slot
  counters: hall
  label: {zh: 时间, en: Time}
  question: {zh: 请选择时间。, en: Choose a time.}
"""
DAYS = """\
- title: {zh: 新年, en: New year}
  first: 2027-01-01
  last: 2027-01-31
- title: {zh: 春天, en: Spring}
  first: 2027-02-01
  last: 2027-02-03
  worked: [2027-02-06]
"""


def booked_content(folder: Path) -> Path:
    """Content with two groups of counters, one of which can be booked, and holidays; nothing is wrong."""
    copy_content(folder)
    permit = (CONTENT / "services" / "permit.yaml").read_text("utf-8")
    letter = (CONTENT / "forms" / "letter.yaml").read_text("utf-8")
    permit = permit.replace("id: permit", "id: visit").replace("kind: form", "kind: appointment")
    written = {
        COUNTERS: PLACES,
        OTHERS: PLACES.replace("id: hall", "id: others").replace("[visit]", "[passport]").replace(SLOTS, ""),
        SERVICE: permit.replace("form: everything", "form: visit"),
        FORM: letter.replace("id: letter\n", "id: visit\n", 1).replace("declaration:", f"{SLOT}declaration:"),
        HOLIDAYS: DAYS,
    }
    for name, text in written.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


ALSO = {(COUNTERS, "counters_idle"): {"counters_without_slots"}}
"""What else the same mistake leads to: what has no slots cannot be booked either."""
MISTAKES = [
    # file, what is written there, what is put in its place, the line at fault, what is found
    (COUNTERS, "08:30-12:00", "8:30-12:00", "  - 8:30-12:00", "not_hours"),
    (COUNTERS, "08:30-12:00", "morning", "  - morning", "not_hours"),
    (COUNTERS, "08:30-12:00", "12:00-08:30", "  - 12:00-08:30", "not_hours"),
    (COUNTERS, "08:30-12:00", "08:30-24:00", "  - 08:30-24:00", "not_hours"),
    (COUNTERS, "14:00-17:30", "11:59-17:30", "  - 11:59-17:30", "hours_overlap"),
    (COUNTERS, "14:00-17:30", "12:00-17:30", "  - 12:00-17:30", "hours_overlap"),
    (COUNTERS, "14:00-17:30", "07:00-08:00", "  - 07:00-08:00", "hours_overlap"),
    (COUNTERS, "  monday:\n  - 08:30-12:00\n  - 14:00-17:30\n", "  monday: []\n", "opening:", "never_open"),
    (COUNTERS, "  letter: A", "  letter: a", "  letter: a", "not_a_letter"),
    (COUNTERS, "  letter: A", "  letter: AB", "  letter: AB", "not_a_letter"),
    (COUNTERS, "letter: B", "letter: A", "  appointment_letter: A", "letter_twice"),
    (COUNTERS, "[visit]", "\n- visit\n- nobody", "- nobody", "no_such_service"),
    (COUNTERS, "[visit]", "\n- visit\n- permit\n- visit", "- visit\nwindows", "id_twice"),
    (COUNTERS, SLOTS + TICKETS, "", "id: hall", "counters_idle"),
    (OTHERS, TICKETS, "", "id: others", "counters_idle"),
    (OTHERS, "[passport]", "\n- passport\n- visit", "- visit", "served_twice"),
    (SERVICE, "form: visit", "form: letter", "form: letter", "slot_needed"),
    (FORM, "  counters: hall\n", "", "  type: slot", "counters_needed"),
    (FORM, "counters: hall", "counters: nobody", "  counters: nobody", "no_such_counters"),
    (FORM, "counters: hall", "counters: others", "  counters: others", "counters_without_slots"),
    (FORM, "counters: hall", "counters: hall\n  required: false", "  required: false", "slot_always"),
    (
        FORM,
        SLOT,
        "- id: fast\n  type: yes_no\n  label: {zh: 快, en: Fast}\n  question: {zh: 快吗？, en: Fast?}\n"
        + SLOT
        + "  asked_if: {field: fast, any_of: ['yes']}\n",
        "  asked_if:",
        "slot_always",
    ),
    (
        FORM,
        SLOT,
        SLOT + SLOT.replace("id: when\n  type: slot", "id: again\n  type: slot  # 2"),
        "  type: slot  # 2",
        "slot_twice",
    ),
    (HOLIDAYS, "last: 2027-02-03", "last: 2027-01-31", "  last: 2027-01-31\n  worked", "ends_before"),
    (HOLIDAYS, "first: 2027-01-01", "first: 2026-12-31", "  last: 2027-01-31", "holiday_too_long"),
    (HOLIDAYS, "first: 2027-02-01", "first: 2027-01-31", "  first: 2027-01-31", "holidays_overlap"),
    (HOLIDAYS, "worked: [2027-02-06]", "worked: [2027-02-02]", "  worked:", "worked_on_holiday"),
    (HOLIDAYS, "worked: [2027-02-06]", "worked: [2027-01-30]", "  worked:", "worked_on_holiday"),
    (HOLIDAYS, "worked: [2027-02-06]", "worked: [2027-02-05]", "  worked:", "worked_anyway"),
]


@pytest.mark.parametrize(
    ("file", "change", "fault", "problem"),
    [(file, (old, new), fault, problem) for file, old, new, fault, problem in MISTAKES],
    ids=[f"{m[4]} {m[0]}" for m in MISTAKES],
)
def test_a_mistake_is_found_at_its_line_and_nothing_else_is(
    tmp_path: Path, file: str, change: tuple[str, str], fault: str, problem: str
) -> None:
    folder = booked_content(tmp_path / "content")
    old, new = change
    text = (folder / file).read_text("utf-8")
    assert text.count(old) == 1, f"{file} has {old!r} {text.count(old)} times"
    changed = text.replace(old, new)
    (folder / file).write_text(changed, "utf-8")
    assert f"\n{changed}".count(f"\n{fault}") == 1, f"{file} has {fault!r} not once"
    line = f"\n{changed}".partition(f"\n{fault}")[0].count("\n") + 1
    with pytest.raises(ContentWrong) as caught:
        read_content(folder)
    found = [(finding.file, finding.line, finding.problem) for finding in caught.value.findings]
    assert (str(folder / file), line, problem) in found, found
    assert {name for _, _, name in found} <= {problem, *ALSO.get((file, problem), ())}
    for finding in caught.value.findings:
        chinese, english = finding.sentence(Language.ZH_CN), finding.sentence(Language.EN)
        assert chinese.startswith(f"{finding.file}:{finding.line}: ")
        assert chinese != english
        assert "{" not in chinese + english
        assert "None" not in chinese + english


def test_what_is_only_just_right_is_read(tmp_path: Path) -> None:
    """A holiday of 31 days beside another, hours a minute apart, a Saturday worked."""
    folder = booked_content(tmp_path / "content")
    text = (folder / COUNTERS).read_text("utf-8")
    (folder / COUNTERS).write_text(text.replace("14:00-17:30", "12:01-17:30"), "utf-8")
    content = read_content(folder)
    assert content.counters["counters/hall"].opening.of(0) == (
        (time(8, 30), time(12)),
        (time(12, 1), time(17, 30)),
    )
    assert [len(holiday.days) for holiday in content.calendar.holidays] == [31, 3]
    served = {service.name: service.counters for service in content.services}
    assert served["services/visit"] == "counters/hall"
    assert served["services/passport"] == "counters/others"


def test_no_ticket_is_offered_where_the_counters_give_out_none(tmp_path: Path) -> None:
    folder = booked_content(tmp_path / "content")
    text = (folder / COUNTERS).read_text("utf-8")
    (folder / COUNTERS).write_text(text.replace(TICKETS, ""), "utf-8")
    served = {service.name: service.counters for service in read_content(folder).services}
    assert served["services/visit"] == ""
    assert served["services/passport"] == "counters/others"
