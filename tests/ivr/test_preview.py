"""The preview says what callers then hear."""

from __future__ import annotations

import asyncio
import base64
import json

import pytest
from click.testing import CliRunner

from backend.authoring.reading import read_content
from backend.settings import PACKAGED
from backend_client.forms.form import FieldType, Form
from backend_client.forms.lookup_wire import LOOKUP, lookup_to_proto
from backend_client.forms.wire import form_to_proto
from foundation.language import Language
from ivr.command import main
from ivr.dialogue.choosing import GROUP
from ivr.operating.preview import preview, spoken
from tests.ivr.conftest import Phone
from tests.ivr.test_shipped_content import FORMS, asked_of, given, way_to_form


def patient(form: Form) -> str:
    """A caller who answers all questions, and lets every menu of several options come round first."""
    said, agreed = ["1"], False
    for field in asked_of(form):
        if field.type is FieldType.CHOICES:
            groups = -(-len(field.options) // GROUP)
            said += ["5"] * (groups if groups > 1 else 0)
        said.append(given(field, agreed=agreed))
        agreed = agreed or field.type is FieldType.TEXT
    agreed_to_pay = ["1"] if form.charge else []
    return "\n".join([*said, *agreed_to_pay, "1", "*"])


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", FORMS)
async def test_every_line_of_the_preview_is_said_in_a_real_call_in_that_order(
    shipped_phone: Phone, name: str, language: Language
) -> None:
    form = await shipped_phone.client.get_form(f"forms/{name}")
    listed = (await shipped_phone.client.list_services(page_size=200)).items
    way = f"2\n{way_to_form(listed, form.name)}\n1"
    heard = await shipped_phone.call(f"{way}\n{patient(form)}\n!", language)
    numbers_vary = any(field.asked_if for field in form.fields)
    asked = {f"fields/{field.id}" for field in asked_of(form)}
    shown = [
        (place, line)
        for place, lines in await spoken(form, language)
        if not place.startswith("fields/") or place in asked
        for number, line in enumerate(lines)
        if not place.startswith(("rules/", "charge"))
        and not (numbers_vary and number == 0 and place in asked)
    ]
    assert len(shown) > 3 * len(asked)
    at = heard.text.index(shown[0][1])
    for place, line in shown:
        found = heard.text.find(line, at)
        assert found >= 0, f"{place}: {line}"
        at = found


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        (
            Language.ZH_CN,
            [
                "增值税，专用发票：两千元。",
                "附加税费减半：减二百四十元。",
                "合计应缴税费：五千九百九十元。",
            ],
        ),
        (
            Language.EN,
            [
                "VAT with special invoices: two thousand yuan.",
                "In all, Tax to pay: five thousand nine hundred and ninety yuan.",
            ],
        ),
    ],
)
async def test_what_a_form_costs_is_heard_with_the_answers_of_an_example(
    shipped_phone: Phone, language: Language, wanted: list[str]
) -> None:
    form = await shipped_phone.client.get_form("forms/tax-declaration")
    parts = dict(await spoken(form, language))
    assert [line for line in wanted if line not in parts["charge"]] == []


def test_the_command_shows_forms_from_standard_input(shipped_forms: list[str]) -> None:
    done = CliRunner().invoke(main, ["preview"], input=json.dumps(shipped_forms))
    assert done.exit_code == 0, done.output
    (first, *_) = json.loads(done.output)
    assert {language.value for language in Language} == set(first)
    places = [place for place, _ in first["en"]]
    assert places[0] == "introduction"
    assert places[-2:] == ["declaration", "next_steps"]


@pytest.mark.parametrize("given", ["", "[", '["AAAA"]', '["!"]', "[1]"])
def test_what_is_no_form_is_refused(given: str) -> None:
    assert CliRunner().invoke(main, ["preview"], input=given).exit_code == 2


@pytest.fixture
def shipped_forms() -> list[str]:
    """The forms that Huimin comes with, as the command takes them."""
    content = read_content(PACKAGED)
    return [
        base64.b64encode(form_to_proto(form).SerializeToString()).decode() for form in content.forms.values()
    ]


async def test_a_lookup_is_heard_as_it_is_previewed(shipped_phone: Phone) -> None:
    made = await shipped_phone.client.get_lookup("lookups/phone-bill")
    given = LOOKUP + base64.b64encode(lookup_to_proto(made).SerializeToString()).decode()
    done = await asyncio.to_thread(CliRunner().invoke, main, ["preview"], input=json.dumps([given]))
    assert done.exit_code == 0, done.output
    pages = dict(json.loads(done.output)[0]["zh_CN"])
    heard = await shipped_phone.call("2\n2\n3\n1\n13900000199\n1\n123456\n1\n*\n!")
    for place in ("fields/phone", "fields/password", "nothing"):
        for line in pages[place]:
            assert line in heard.text, line
    assert pages["records"] == ["〔账期〕话费合计〔话费合计〕，〔缴费情况〕。账户余额〔账户余额〕。"]


async def test_what_cannot_be_keyed_is_not_previewed(shipped_phone: Phone) -> None:
    made = await shipped_phone.client.get_lookup("lookups/business-registration")
    places = [place for place, _ in await asyncio.to_thread(preview, made, Language.EN)]
    assert places == ["fields/number", "rules/1", "records", "nothing"]
