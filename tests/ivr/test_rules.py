"""Questions that hang on earlier answers, and rules between answers, by telephone."""

from __future__ import annotations

import pytest

from backend_client.forms.form import FieldType, Form
from foundation.language import Language
from tests.ivr.calling import Heard
from tests.ivr.conftest import Phone
from tests.ivr.test_forms import answers, send
from tests.ivr.test_shipped_content import given, way_to, way_to_form

CLAIM, COMPLAINT = "forms/rural-medical-claim", "forms/administrative-complaint"
EARLY, LATE = "20260304\n1", "20260309\n1"


async def begin(phone: Phone, form: Form) -> str:
    """The keys from the main menu to the first question."""
    listed = (await phone.client.list_services(page_size=200)).items
    return f"2\n{way_to_form(listed, form.name)}\n1\n1"


def keys(form: Form, asked: list[str], **other: str) -> str:
    """What a caller does at each of those questions; `other` where it is not the usual."""
    done, agreed = [], False
    for name in asked:
        field = form.field(name)
        done.append(other.get(name, "") or given(field, agreed=agreed))
        agreed = agreed or field.type is FieldType.TEXT
    return "\n".join(done)


def named(form: Form, *, without: tuple[str, ...] = ()) -> list[str]:
    return [field.id for field in form.fields if field.id not in without]


def sentence(form: Form, heard: Heard) -> str:
    """What was said where the first rule was broken."""
    return heard.said(f"{form.name}/rules/1")


@pytest.mark.parametrize("language", Language)
async def test_the_end_cannot_be_before_the_start(shipped_phone: Phone, language: Language) -> None:
    form = await shipped_phone.client.get_form(CLAIM)
    asked = named(form, without=("third_party_phone",))
    wrong, right = {"treatment": "1", "treatment_date": LATE}, LATE
    script = keys(form, asked, **wrong, discharge_date=f"{EARLY}\n{right}")
    _, heard, submission = await send(
        shipped_phone, f"{await begin(shipped_phone, form)}\n{script}\n1\n*\n!", language
    )
    assert answers(submission)["discharge_date"] == (2026, 3, 9)
    assert heard.prompts.count(f"{form.name}/rules/1") == 1
    assert sentence(form, heard)[:6] == form.rules[0].sentence[language][:6]
    asked_at = [name for name in heard.prompts if name.startswith(f"{form.name}/") and "date" in name]
    assert asked_at.count(f"{form.name}/discharge_date") == 2


@pytest.mark.parametrize("language", Language)
async def test_what_an_answer_makes_needless_is_not_asked(shipped_phone: Phone, language: Language) -> None:
    form = await shipped_phone.client.get_form(CLAIM)
    asked = named(form, without=("third_party_phone", "discharge_date"))
    script = keys(form, asked, treatment="2")
    _, heard, submission = await send(
        shipped_phone, f"{await begin(shipped_phone, form)}\n{script}\n1\n*\n!", language
    )
    assert set(answers(submission)) == set(asked)
    assert f"{form.name}/discharge_date" not in heard.prompts
    assert "form.questions_at_most" in heard.prompts


async def test_an_answer_changed_at_the_end_opens_and_drops_questions(shipped_phone: Phone) -> None:
    """First the treatment becomes a hospital stay, which asks for a day; then an outpatient visit again."""
    form = await shipped_phone.client.get_form(CLAIM)
    asked = named(form, without=("third_party_phone", "discharge_date"))
    which = way_to(asked.index("treatment"))
    script = keys(form, asked, treatment="2", treatment_date=EARLY)
    to_stay, to_visit = f"2\n{which}\n1\n{LATE}", f"2\n{which}\n2"
    start = await begin(shipped_phone, form)
    _, _, stay = await send(shipped_phone, f"{start}\n{script}\n{to_stay}\n1\n*\n!")
    assert answers(stay)["discharge_date"] == (2026, 3, 9)
    _, heard, visit = await send(shipped_phone, f"{start}\n{script}\n{to_stay}\n{to_visit}\n1\n*\n!")
    assert "discharge_date" not in answers(visit)
    assert answers(visit)["treatment"] == "outpatient"
    assert heard.prompts.count(f"{form.name}/discharge_date") == 1


@pytest.mark.parametrize("language", Language)
async def test_one_of_two_has_to_be_given(shipped_phone: Phone, language: Language) -> None:
    form = await shipped_phone.client.get_form(COMPLAINT)
    asked = named(form, without=("amount", "publish"))  # it is kept confidential
    skipped = {"phone": "#", "postal_address": "#\n13800001111\n1\n#"}
    script = keys(form, asked, **skipped, confidential="1")
    _, heard, submission = await send(
        shipped_phone, f"{await begin(shipped_phone, form)}\n{script}\n1\n*\n!", language
    )
    assert answers(submission)["phone"] == "13800001111"
    assert "postal_address" not in answers(submission)
    assert heard.prompts.count(f"{form.name}/rules/1") == 1
    assert sentence(form, heard)[:6] == form.rules[0].sentence[language][:6]
