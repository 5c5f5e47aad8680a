"""The preview of a form says what its pages then show."""

from __future__ import annotations

import base64
import json

from click.testing import CliRunner

from backend.authoring.lookup_entries import lookup
from backend.authoring.reading import read_content
from backend.settings import PACKAGED
from backend_client.forms.lookup_wire import LOOKUP, lookup_to_proto
from backend_client.forms.wire import form_to_proto
from foundation.language import Language
from kiosk.command import main
from kiosk.preview import preview

CONTENT = read_content(PACKAGED)
FORMS = CONTENT.forms


def test_every_question_has_its_page_in_both_languages() -> None:
    for form in FORMS.values():
        for language in Language:
            pages = dict(preview(form, language))
            for field in form.fields:
                where, question, *rest = pages[f"fields/{field.id}"]
                assert question == field.question[language]
                assert (field.hint is None) or rest[0] == field.hint[language]
                for option in field.options:
                    assert any(line.endswith(f" {option.label[language]}") for line in rest)
                assert ("（" in where or "(" in where) is not field.required
            for number, rule in enumerate(form.rules, 1):
                assert pages[f"rules/{number}"] == [rule.sentence[language]]


def test_a_question_that_hangs_on_another_is_counted_with_it() -> None:
    pages = dict(preview(FORMS["forms/rural-medical-claim"], Language.EN))
    assert pages["fields/treatment_date"][0] == "Question 8 of 12"
    assert pages["fields/discharge_date"][0] == "Question 9 of 13"


def test_what_a_form_costs_is_shown_with_the_answers_of_an_example() -> None:
    pages = dict(preview(FORMS["forms/tax-declaration"], Language.EN))
    example, *lines, total = pages["charge"]
    assert "Sales of the quarter: ¥400,000.00" in example
    assert "Income tax ¥3,500.00  (¥50,000.00 × 10% − ¥1,500.00)" in lines
    assert total == "Tax to pay ¥5,990.00"
    assert "charge" not in dict(preview(FORMS["forms/labour-registration"], Language.EN))


def test_the_command_shows_forms_from_standard_input() -> None:
    given = [base64.b64encode(form_to_proto(form).SerializeToString()).decode() for form in FORMS.values()]
    done = CliRunner().invoke(main, ["preview"], input=json.dumps(given))
    assert done.exit_code == 0, done.output
    shown = json.loads(done.output)
    assert len(shown) == len(FORMS)
    assert shown[0]["zh_CN"][0][0] == "introduction"


def test_a_lookup_is_shown_with_its_records() -> None:
    for entry in CONTENT.lookups.values():
        made = lookup(entry)
        given = LOOKUP + base64.b64encode(lookup_to_proto(made).SerializeToString()).decode()
        done = CliRunner().invoke(main, ["preview"], input=json.dumps([given]))
        assert done.exit_code == 0, done.output
        (shown,) = json.loads(done.output)
        for language in Language:
            pages = dict(shown[language.value])
            assert {f"fields/{field.id}" for field in made.questions.fields} <= set(pages)
            first, *labels = pages["records"]
            assert labels == [column.label[language] for column in made.columns]
            assert "{" not in first
            assert pages["nothing"] == [made.nothing[language]]
