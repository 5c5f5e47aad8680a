"""Services that a search is about, by what their titles are in both languages."""

from __future__ import annotations

import pytest

from backend_client.catalog import Service, ServiceKind
from foundation.language import LocalizedText
from kiosk.input.words import Words
from kiosk.visit.finding import MOST, services_found

WORDS = Words.read()
TITLES = {
    "elderly": ("高龄津贴申请", "Allowance for the very old"),
    "bank": ("重庆银行卡变更", "Change of a bank card"),
    "fund": ("公积金查询", "Housing fund enquiry"),
}
SERVICES = [
    Service(
        name=f"services/{name}",
        kind=ServiceKind.FORM,
        title=LocalizedText(chinese, english),
        summary=LocalizedText("八十岁以上老人每月领取" if name == "elderly" else "", "Monthly for residents"),
        department=LocalizedText("", ""),
        form="",
    )
    for name, (chinese, english) in TITLES.items()
]


def found(query: str) -> list[str]:
    return [service.name.removeprefix("services/") for service in services_found(query, SERVICES, WORDS)]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("津贴", ["elderly"]),
        ("gaoling", ["elderly"]),
        ("gao ling jin", ["elderly"]),
        ("gljt", ["elderly"]),
        ("chongqing", ["bank"]),  # read by words, not zhong qing
        ("gjj", ["fund"]),
        ("housing", ["fund"]),
        ("bank card", ["bank"]),
        ("ＢＡＮＫ", ["bank"]),
        ("老人", ["elderly"]),  # in the summary
        ("aoling", []),  # no syllable begins there
        ("g", []),
        ("燃气", []),
        ("  ", []),
    ],
)
def test_a_title_is_found_in_every_way_of_writing(query: str, names: list[str]) -> None:
    assert found(query) == names


def test_titles_come_before_summaries_and_there_is_an_end() -> None:
    assert len(services_found("卡", SERVICES * 9, WORDS)) == MOST
    assert found("for")[0] == "elderly"
