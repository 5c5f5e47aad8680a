"""Every form that Huimin comes with, filled in by telephone, in both languages, and found again by phone."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from backend_client.catalog import Service
from backend_client.client import BackendClient
from backend_client.forms.answer import Value
from backend_client.forms.form import Field, FieldType, Form
from backend_client.forms.lookup import Column
from backend_client.forms.together import asked
from foundation.language import Language, LocalizedText
from ivr import prompts
from ivr.dialogue.choosing import GROUP
from ivr.dialogue.services import offered
from tests.ivr.conftest import Phone
from tests.ivr.people import IDENTITY_X, keyed, suffix
from tests.ivr.test_forms import answers

FORMS = (
    "administrative-complaint",
    "labour-registration",
    "letter-to-leadership",
    "permit-application",
    "rural-medical-claim",
    "tax-declaration",
)


def way_to(position: int) -> str:
    """The keys that choose an item of a list."""
    return "5\n" * (position // GROUP) + str(position % GROUP + 1)


def way_to_form(listed: Sequence[Service], form: str) -> str:
    """The keys that choose the service of a form: its group, and its place there."""
    groups = list(offered(listed).values())
    for number, there in enumerate(groups):
        for position, service in enumerate(there):
            if service.form == form:
                return f"{way_to(number)}\n{way_to(position)}"
    raise AssertionError(f"{form} is offered nowhere")


def given(field: Field, *, agreed: bool) -> str:
    """What a caller does at a question, every optional one answered too."""
    match field.type:
        case FieldType.TEXT:
            start = "1\n" if not agreed or not field.required else ""
            return f"{start}请听我说\n1"
        case FieldType.DIGITS:
            digits = "1" * max(field.min_length, 1)
            return f"{digits}{'#' if field.min_length != field.longest else ''}\n1"
        case FieldType.DATE:
            return f"{max(field.min_date.year, 2026)}0105\n1"
        case FieldType.MONEY:
            return f"{max(field.min_fen // 100, 1)}#\n1"
        case FieldType.CHOICE:
            return way_to(len(field.options) - 1)
        case FieldType.CHOICES:
            return "\n".join([*"1234"[: max(field.min_length, 1)], "#"])
        case FieldType.IDENTITY_NUMBER:
            return f"{keyed(IDENTITY_X)}\n1"
        case FieldType.PHONE_NUMBER:
            return "13800001111\n1"
        case FieldType.YES_NO:
            return "2"
        case FieldType.SLOT:
            raise AssertionError("places are booked where appointments are tried")


def chosen(field: Field) -> Value:
    """What `given` chooses, where later questions may hang on it."""
    match field.type:
        case FieldType.CHOICE:
            return field.options[-1].id
        case FieldType.CHOICES:
            return tuple(option.id for option in field.options[: max(field.min_length, 1)])
    return False


def asked_of(form: Form) -> tuple[Field, ...]:
    """The questions that such a caller is asked."""
    return asked(form, {field.id: chosen(field) for field in form.fields})


def script(form: Form) -> str:
    """All questions of a form, and sending it."""
    said, agreed = ["1"], False
    for field in asked_of(form):
        said.append(given(field, agreed=agreed))
        agreed = agreed or field.type is FieldType.TEXT
    agreed_to_pay = ["1"] if form.charge else []
    return "\n".join([*said, *agreed_to_pay, "1", "*"])


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", FORMS)
async def test_a_form_is_filled_in_and_its_case_found(
    shipped_phone: Phone, name: str, language: Language
) -> None:
    phone = shipped_phone
    listed = (await phone.client.list_services(page_size=200)).items
    way = way_to_form(listed, f"forms/{name}")
    form = await phone.client.get_form(f"forms/{name}")
    before = set(phone.county.references())
    heard = await phone.call(f"2\n{way}\n1\n{script(form)}\n!", language)
    (reference,) = set(phone.county.references()) - before or {heard.text}
    assert set(answers(phone.county.submission(reference))) == {field.id for field in asked_of(form)}
    found = await phone.call(f"3 {reference} {suffix(IDENTITY_X)}\n!", language)
    assert "progress.now" in found.prompts
    assert f"forms/{name}" in found.prompts
    assert not [prompt for prompt in heard.prompts if prompt.startswith(("problem.", "error."))]


async def test_what_counts_something_is_said_as_a_number_and_a_code_by_its_digits(
    shipped_phone: Phone,
) -> None:
    listed = (await shipped_phone.client.list_services(page_size=200)).items
    for name, said in (
        ("rural-household", "户籍人口：一。"),
        ("tax-declaration", "执照注册号：尾号幺幺幺幺。"),
    ):
        form = await shipped_phone.client.get_form(f"forms/{name}")
        heard = await shipped_phone.call(f"2\n{way_to_form(listed, form.name)}\n1\n{script(form)}\n!")
        assert said in heard.text


@pytest.mark.parametrize("language", Language)
async def test_nothing_in_the_content_is_left_for_the_voice_to_guess_at(
    shipped_phone: Phone, language: Language
) -> None:
    texts = await everything(shipped_phone.client)
    assert len(texts) > 500
    for text in texts:
        said = prompts.content(language, "any", text[language]).text
        assert not re.search(r"[0-9〔〕《》#*/%]", said), said


async def everything(client: BackendClient) -> list[LocalizedText]:
    """Every text of policies, services, forms and notices."""
    found: list[LocalizedText] = []
    for listed in (await client.list_policies(page_size=100)).items:
        policy = await client.get_policy(listed.name)
        found += [policy.title, policy.issuer, policy.summary]
        found += [text for part in policy.sections for text in (part.heading, part.text)]
    for listed_service in (await client.list_services(page_size=200)).items:
        service = await client.get_service(listed_service.name)
        found += [service.title, service.summary]
        if guide := service.guide:
            found += [guide.eligibility, *guide.materials, *guide.steps, guide.duration, guide.fee]
            found += [guide.place, guide.opening_hours]
        if service.form:
            form = await client.get_form(service.form)
            found += [form.introduction, form.declaration, form.next_steps]
            found += [
                text for field in form.fields for text in (field.label, field.question, field.hint) if text
            ]
            found += [option.label for field in form.fields for option in field.options]
            found += [rule.sentence for rule in form.rules]
        if service.lookup:
            lookup = await client.get_lookup(service.lookup)
            asking = lookup.questions
            found += [lookup.title, lookup.nothing]
            found += [
                text for field in asking.fields for text in (field.label, field.question, field.hint) if text
            ]
            found += [rule.sentence for rule in asking.rules]
            found += [text for column in lookup.columns for text in (column.label, *labels(column))]
    for listed_notice in (await client.list_notices(page_size=100)).items:
        notice = await client.get_notice(listed_notice.name)
        found += [notice.title, notice.summary]
        found += [text for part in notice.sections for text in (part.heading, part.text)]
    return found


def labels(column: Column) -> list[LocalizedText]:
    """What the values of a column mean."""
    return [option.label for option in column.options]
