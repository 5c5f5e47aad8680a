"""Months of bills, plates and codes as they are said, in both languages."""

from __future__ import annotations

import pytest

from foundation.language import Language
from speech.spoken import readout

CHINESE, ENGLISH = readout(Language.ZH_CN), readout(Language.EN)


@pytest.mark.parametrize(
    ("year", "month", "chinese", "english"),
    [
        (2026, 10, "二〇二六年十月", "October twenty twenty-six"),
        (2026, 1, "二〇二六年一月", "January twenty twenty-six"),
        (2005, 12, "二〇〇五年十二月", "December two thousand and five"),
    ],
)
def test_a_month_of_a_bill(year: int, month: int, chinese: str, english: str) -> None:
    assert CHINESE.month(year, month) == chinese
    assert ENGLISH.month(year, month) == english


@pytest.mark.parametrize(
    ("plate", "chinese", "english"),
    [
        ("云A0T101", "云A，零T幺零幺", "Yunnan A, zero T one zero one"),
        ("粤BD12345", "粤B，D幺二三四五", "Guangdong B, D one two three four five"),
        ("京AB12C3", "京A，B幺二C三", "Beijing A, B one two C three"),
        ("沪A1234警", "沪A，幺二三四警", "Shanghai A, one two three four police"),
        ("鲁B12AB3", "鲁B，幺二A B三", "Shandong B, one two A B three"),
    ],
)
def test_a_plate_is_its_province_and_then_one_by_one(plate: str, chinese: str, english: str) -> None:
    assert CHINESE.plate(plate) == chinese
    assert ENGLISH.plate(plate) == english
    dotted = f"{plate[:2]}·{plate[2:]}"
    assert CHINESE.text(f"车牌{dotted}，未缴") == f"车牌{chinese}，未缴"
    assert ENGLISH.text(f"The plate {dotted}.") == f"The plate {english}."


@pytest.mark.parametrize("wrong", ["", "云", "云A", "云A 1234", "云A12?45"])
def test_what_is_no_plate_is_refused(wrong: str) -> None:
    for read in (CHINESE, ENGLISH):
        with pytest.raises(ValueError, match="not a"):
            read.plate(wrong)


@pytest.mark.parametrize(
    ("code", "chinese", "english"),
    [
        ("2601000101", "二六零，幺零零，零幺零幺", "two six zero, one zero zero, zero one zero one"),
        ("AB-12", "A B，幺二", "A B, one two"),
        (
            "92539999MADEMO101A",
            "九二五三，九九九九，M A D E，M O幺零，幺A",
            "nine two five three, nine nine nine nine, M A D E, M O one zero, one A",
        ),
        ("7", "七", "seven"),
    ],
)
def test_a_code_is_said_in_groups(code: str, chinese: str, english: str) -> None:
    assert CHINESE.code(code) == chinese
    assert ENGLISH.code(code) == english
