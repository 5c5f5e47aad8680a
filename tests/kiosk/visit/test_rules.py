"""Questions that hang on earlier answers, and rules between answers, at the terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from backend.settings import PACKAGED
from backend_client.forms.answer import Problem
from backend_client.forms.explain import explain
from foundation.language import Language
from kiosk.visit import events as did
from kiosk.visit.pages import Confirmation, Declaration, Question, Review
from tests.backend import house as running
from tests.backend.house import House
from tests.kiosk.visit.terminal import CARD, Terminal, kept, terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLAIM, COMPLAINT = "services/rural-medical-claim", "services/administrative-complaint"
ANSWERS = {
    "full_name": "李试填",
    "identity_number": CARD.identity_number,
    "home_address": "清河镇柳林村三组",
    "phone": "13800000000",
    "treatment": "hospital_stay",
    "hospital": "惠民县人民医院",
    "hospital_level": "county",
    "treatment_date": "2026-03-04",
    "discharge_date": "2026-03-09",
    "total_cost": "3260.50",
    "papers": "receipt",
    "third_party": "no",
    "third_party_phone": "13800000001",
    "bank_account": "6222000000000000000",
    "office": "县政务服务中心3号窗口",
    "matter": "delay",
    "event_date": "2026-03-04",
    "description": "等了三个小时没有人受理。",
    "wishes": "apology",
    "confidential": "no",
    "publish": "yes",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A backend over the content that Huimin comes with."""
    folder = tmp_path_factory.mktemp("shipped")
    async with running.house(folder / "data", content=PACKAGED) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def at(house: House, tmp_path: Path) -> AsyncIterator[Terminal]:
    """A terminal at that backend."""
    async with terminal(house.address, tmp_path) as here:
        yield here


def answer_until(at: Terminal, wanted: str, **other: str) -> list[tuple[int, int, str]]:
    """Answers questions until one stands there, or none any more; number, total and name of each."""
    asked = []
    while isinstance(at.visit.page, Question) and at.question.field.id != wanted:
        page = at.question
        asked.append((page.number, page.total, page.field.id))
        text = other.get(page.field.id, ANSWERS.get(page.field.id, ""))
        if text:
            at.answer(text)
        else:
            at.do(did.Skip())
    return asked


def told(page: Question) -> dict[Language, str]:
    """What the page says is wrong."""
    assert page.error is not None
    return {language: explain(page.error, page.field, language) for language in Language}


async def test_the_end_cannot_be_before_the_start(at: Terminal, house: House) -> None:
    await at.first_question(CLAIM)
    answer_until(at, "discharge_date")
    at.answer("2026-03-01")
    page = at.question
    assert (page.field.id, page.entered) == ("discharge_date", "2026-03-01")
    assert page.error is not None
    assert page.error.problem is Problem.RULE_BROKEN
    assert told(page)[Language.ZH_CN].startswith("出院日期不能早于住院日期")
    assert told(page)[Language.EN].startswith("You cannot have left the hospital before you came")
    at.do(did.Next())
    assert at.question.field.id == "discharge_date"
    at.answer("2026-03-09")
    assert at.question.field.id == "total_cost"
    answer_until(at, "")
    await at.page(Declaration, did.Next())
    accepted = (await at.page(Confirmation, did.Send())).accepted
    sent = await kept(house.database, accepted.reference)
    assert "discharge_date" in {answer.field for answer in sent.answers}
    assert "third_party_phone" not in {answer.field for answer in sent.answers}


async def test_only_what_is_asked_is_counted_shown_and_sent(at: Terminal, house: House) -> None:
    await at.first_question(CLAIM)
    asked = answer_until(at, "", treatment="outpatient")
    assert [name for _, _, name in asked] == [
        name
        for name in ANSWERS
        if name in {one for _, _, one in asked} and name not in {"discharge_date", "third_party_phone"}
    ]
    assert [number for number, _, _ in asked] == list(range(1, 13))
    assert {total for _, total, _ in asked} == {12}
    review = at.visit.page
    assert isinstance(review, Review)
    shown = [line.field.id for line in review.summary[Language.EN]]
    assert shown == [name for _, _, name in asked]
    at.do(did.Change("treatment"))
    at.answer("hospital_stay")
    assert (at.question.field.id, at.question.number, at.question.total) == ("discharge_date", 9, 13)
    at.answer("2026-03-09")
    assert isinstance(at.visit.page, Review)
    at.do(did.Change("treatment"))
    at.answer("outpatient")
    await at.page(Declaration, did.Next())
    accepted = (await at.page(Confirmation, did.Send())).accepted
    sent = {answer.field: answer for answer in (await kept(house.database, accepted.reference)).answers}
    assert sent["treatment"].choice == "outpatient"
    assert "discharge_date" not in sent


async def test_an_earlier_day_changed_at_the_review_asks_for_the_later_one(at: Terminal) -> None:
    await at.first_question(CLAIM)
    answer_until(at, "")
    at.do(did.Change("treatment_date"))
    at.answer("2026-04-01")
    assert at.question.field.id == "discharge_date"
    assert at.question.error is not None
    assert isinstance(at.do(did.Back()), Review)
    at.do(did.Next())  # nothing can be sent before it is mended
    assert at.question.field.id == "discharge_date"
    at.answer("2026-04-03")
    assert isinstance(at.visit.page, Review)
    await at.page(Declaration, did.Next())


async def test_one_of_two_has_to_be_given_and_either_will_do(at: Terminal) -> None:
    await at.first_question(COMPLAINT)
    answer_until(at, "phone")
    at.do(did.Skip())
    assert at.question.field.id == "postal_address"
    at.do(did.Skip())
    assert at.question.field.id == "phone"
    assert told(at.question)[Language.ZH_CN].startswith("请至少留下联系电话或者通信地址")
    assert told(at.question)[Language.EN].startswith("Please give a telephone number or a postal address")
    at.do(did.Skip())
    assert (at.question.field.id, at.question.error) == ("postal_address", None)
    at.answer("清河镇柳林村三组")
    assert at.question.field.id == "office"
    asked = answer_until(at, "", amount="")
    assert "amount" not in {name for _, _, name in asked}
    assert isinstance(at.visit.page, Review)
