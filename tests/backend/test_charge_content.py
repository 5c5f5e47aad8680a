"""What the county charges: the demonstration's tax and fees to the fen, and the mistakes of a clerk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from backend.authoring.difference import difference
from backend.authoring.finding import ContentWrong
from backend.authoring.packing import pack, unpack
from backend.authoring.reading import read_content
from backend.settings import PACKAGED
from backend_client.forms.answer import Value
from backend_client.forms.charge import Bill, bill_for
from backend_client.forms.form import Bracket, Brackets, Form
from foundation.language import Language
from tests.backend.house import CONTENT, copy_content

FORM = "forms/everything.yaml"


@pytest.fixture(scope="module")
def forms() -> Mapping[str, Form]:
    return read_content(PACKAGED).forms


def bill(form: Form, answers: Mapping[str, Value]) -> Bill:
    made = bill_for(form, answers)
    assert made is not None
    return made


def trader(
    sales: int, income: int, costs: int, *, special: int = 0, prepaid: int | None = None, **more: Value
) -> dict[str, Value]:
    """A declaration; amounts in yuan."""
    answers: dict[str, Value] = {
        "quarter": "second",
        "place": "town",
        "sales": sales * 100,
        "special_invoices": special > 0,
        "year_income": income * 100,
        "year_costs": costs * 100,
        "salary": False,
    }
    answers |= {"special_sales": special * 100} if special else {}
    answers |= {} if prepaid is None else {"prepaid": prepaid * 100}
    return answers | more


EXAMPLES: Mapping[str, tuple[dict[str, Value], dict[str, str], str]] = {
    "a small shop below the exemption pays income tax only: (110 000 - 50 000 - 30 000) x 5 %, half of it": (
        trader(60_000, 110_000, 50_000),
        {
            "vat": "0.00",
            "construction_town": "0.00",
            "education": "0.00",
            "local_education": "0.00",
            "surcharges_halved": "0.00",
            "allowance_second": "30000.00",
            "taxable": "30000.00",
            "income_tax": "1500.00",
            "income_tax_halved": "750.00",
            "income_tax_due": "750.00",
        },
        "750.00",
    ),
    "300 000 a quarter is exempt still": (
        trader(300_000, 300_000, 300_000),
        {"vat": "0.00", "education": "0.00", "taxable": "0.00", "income_tax_due": "0.00"},
        "0.00",
    ),
    "one yuan more is not, and is taxed from the first": (
        trader(300_001, 300_001, 300_001),
        {
            "vat": "3000.01",
            "construction_town": "150.00",
            "education": "90.00",
            "local_education": "60.00",
            "surcharges_halved": "150.00",
        },
        "3150.01",
    ),
    "special invoices are taxed below the exemption, without education surcharges": (
        trader(200_000, 200_000, 200_000, special=50_000, place="city"),
        {
            "vat": "0.00",
            "vat_special": "500.00",
            "construction_city": "35.00",
            "education": "0.00",
            "surcharges_halved": "17.50",
        },
        "517.50",
    ),
    "in the bracket of 20 %, with what was prepaid": (
        trader(400_000, 700_000, 480_000, prepaid=4_000, place="village", salary=True, quarter="third"),
        {
            "vat": "4000.00",
            "construction_village": "40.00",
            "education": "120.00",
            "local_education": "80.00",
            "surcharges_halved": "120.00",
            "taxable": "220000.00",
            "income_tax": "33500.00",
            "income_tax_halved": "16750.00",
            "income_tax_due": "12750.00",
        },
        "16870.00",
    ),
    "half of the tax on two million at most": (
        trader(0, 3_060_000, 0, prepaid=0, quarter="fourth"),
        {
            "taxable": "3000000.00",
            "income_tax": "984500.00",
            "income_tax_halved": "317250.00",
            "income_tax_due": "667250.00",
        },
        "667250.00",
    ),
    "what was prepaid too much is not taken off other taxes": (
        trader(400_000, 400_000, 400_000, prepaid=9_000),
        {"income_tax_due": "0.00", "vat": "4000.00"},
        "4200.00",
    ),
    "what was prepaid counts from the second quarter on": (
        trader(90_000, 90_000, 0, prepaid=1_000, quarter="first"),
        {"allowance_first": "15000.00", "taxable": "75000.00", "income_tax_due": "3000.00"},
        "3000.00",
    ),
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_tax_lines_are_right_to_the_fen(forms: Mapping[str, Form], example: str) -> None:
    answers, expected, total = EXAMPLES[example]
    made = bill(forms["forms/tax-declaration"], answers)
    found = {one.line.id: f"{one.amount_fen / 100:.2f}" for one in made.lines}
    assert found | expected == found
    assert f"{made.total_fen / 100:.2f}" == total


@pytest.mark.parametrize(
    ("answers", "yuan"),
    [
        ({"reason": "lost", "temporary": False, "minimum_living": False}, 40),
        ({"reason": "damaged", "temporary": True, "minimum_living": False}, 50),
        ({"reason": "expired", "temporary": False, "minimum_living": False}, 20),
        ({"reason": "expired", "temporary": True, "minimum_living": True}, 20),
        ({"reason": "first", "temporary": False, "minimum_living": True}, 0),
    ],
)
def test_a_new_identity_card_costs_its_fee(
    forms: Mapping[str, Form], answers: dict[str, Value], yuan: int
) -> None:
    assert bill(forms["forms/identity-card-renewal"], answers).total_fen == 100 * yuan


LINES = """\
- {id: tax, label: {zh: 税, en: Tax}, of: amount, rate: 3%}
- {id: card, label: {zh: 证, en: Card}, amount: "40"}
"""


def charging(folder: Path, lines: str) -> Path:
    """The form of the tests with a charge of these lines; the number of its first line."""
    file = folder / FORM
    charge = "charge:\n  total: {zh: 合计, en: Total}\n  lines:\n"
    text = file.read_text("utf-8")
    indented = "".join(f"  {one}\n" for one in lines.splitlines())
    file.write_text(text.replace("declaration:\n", f"{charge}{indented}declaration:\n", 1), "utf-8")
    return file


FIRST = (CONTENT / FORM).read_text("utf-8").partition("declaration:")[0].count("\n") + 4


def changed(old: str, new: str) -> str:
    assert old in LINES
    return LINES.replace(old, new, 1)


def brackets(*written: str, more: str = "") -> str:
    return changed("rate: 3%", f"brackets: [{', '.join(f'{{{one}}}' for one in written)}]{more}")


MISTAKES = [
    (changed("of: amount", "of: amuont"), 0, "no_such_amount"),
    (changed("of: amount", "of: [amount, licence]"), 0, "amount_of_other_type"),
    (changed("of: amount", "of: card"), 0, "line_not_earlier"),
    (changed("of: amount", "of: tax"), 0, "line_not_earlier"),
    (changed("of: amount", "of: amount, less: nothing"), 0, "no_such_amount"),
    (changed("id: card", "id: amount"), 1, "line_named_as_field"),
    (changed("id: card", "id: tax"), 1, "id_twice"),
    (changed("of: amount, ", ""), 0, "line_needs_base"),
    (changed('amount: "40"', 'amount: "40", of: amount'), 1, "line_needs_no_base"),
    (changed("rate: 3%", 'rate: 3%, amount: "1"'), 0, "line_of_one_kind"),
    (changed("rate: 3%", "rate: 3%, by: amount"), 0, "belongs_to"),
    (changed("rate: 3%", "rate: 3%, progressive: true"), 0, "belongs_to"),
    (changed('"40"', '"40", times: nothing'), 1, "no_such_field"),
    (changed('"40"', '"40", times: licence'), 1, "times_of_other_type"),
    (changed('"40"', '"40", times: amount'), 1, "times_of_other_type"),
    (changed('"40"', '"-40"'), 1, "below_least"),
    (changed('"40"', '"0.001"'), 1, "not_an_amount"),
    (changed("3%", "3"), 0, "not_a_rate"),
    (changed("3%", "-3%"), 0, "not_a_rate"),
    (changed("3%", "0.00001%"), 0, "not_a_rate"),
    (changed("3%", "101%"), 0, "rate_above_whole"),
    (changed("3%", "3%, rounding: up, to: li"), 0, "not_one_of"),
    (changed("3%", '3%, min_yuan: "5", max_yuan: "4"'), 0, "impossible"),
    (changed("3%", '3%, max_yuan: "0"'), 0, "impossible"),
    (changed("3%", "3%, only_if: {field: nobody, any_of: [x]}"), 0, "no_such_field"),
    (changed("3%", "3%, only_if: {field: amount, any_of: [x]}"), 0, "condition_of_other_type"),
    (changed("3%", "3%, only_if: [{field: goods, any_of: [gold]}]"), 0, "no_such_option"),
    (brackets('up_to: "5", rate: 1%', 'up_to: "9", rate: 2%'), 0, "last_bracket_bounded"),
    (brackets("rate: 1%", "rate: 2%"), 0, "bracket_without_bound"),
    (brackets('up_to: "9"', 'up_to: "5"', "rate: 2%"), 0, "brackets_out_of_order"),
    (brackets('up_to: "0"', "rate: 2%"), 0, "brackets_out_of_order"),
    (brackets('up_to: "9"', 'up_to: "9"', "rate: 2%"), 0, "brackets_overlap"),
    (brackets("rate: 1%", more=", by: card"), 0, "line_not_earlier"),
    (brackets("rate: 1%", more=", progressive: true, by: amount"), 0, "progressive_by"),
    (brackets('amount: "1"', more=", progressive: true"), 0, "progressive_amount"),
    (
        brackets('up_to: "30000", rate: 5%', 'rate: 10%, deduction: "1501"', more=", progressive: true"),
        0,
        "deduction_wrong",
    ),
    (
        brackets('up_to: "0.01", rate: 5%', "rate: 10%", more=", progressive: true"),
        0,
        "deduction_not_whole",
    ),
]


@pytest.mark.parametrize(("lines", "line", "problem"), MISTAKES)
def test_a_mistake_of_a_charge_is_found_at_its_line(
    tmp_path: Path, lines: str, line: int, problem: str
) -> None:
    file = charging(copy_content(tmp_path / "content"), lines)
    with pytest.raises(ContentWrong) as caught:
        read_content(file.parent.parent)
    found = [(finding.line, finding.problem) for finding in caught.value.findings]
    assert found == [(FIRST + line, problem)]
    finding = caught.value.findings[0]
    chinese, english = finding.sentence(Language.ZH_CN), finding.sentence(Language.EN)
    assert chinese != english
    assert "{" not in chinese + english
    assert "None" not in chinese + english


def wrong(change: Callable[[Path], None], tmp_path: Path) -> list[str]:
    folder = copy_content(tmp_path / "content")
    change(folder)
    with pytest.raises(ContentWrong) as caught:
        read_content(folder)
    return [finding.problem for finding in caught.value.findings]


def test_nobody_can_owe_more_than_there_is(tmp_path: Path) -> None:
    def change(folder: Path) -> None:
        file = charging(folder, changed('"40"', '"10000000000"'))
        file.write_text(file.read_text("utf-8").replace("  max_yuan: '100000'\n", ""), "utf-8")

    assert wrong(change, tmp_path) == ["charge_too_large"]


def test_a_payment_service_costs_something_and_has_a_guide(tmp_path: Path) -> None:
    def change(folder: Path) -> None:
        service = folder / "services/permit.yaml"
        service.write_text(service.read_text("utf-8").replace("kind: form", "kind: payment"), "utf-8")

    assert wrong(change, tmp_path) == ["charge_needed"]


def test_quick_deductions_may_be_left_out_also_where_rates_fall(tmp_path: Path) -> None:
    folder = copy_content(tmp_path / "content")
    rising = brackets('up_to: "30000", rate: 5%', "rate: 10%", more=", progressive: true")
    falling = "- {id: agent, label: {zh: 费, en: Fee}, of: amount, progressive: true, "
    falling += 'brackets: [{up_to: "10000", rate: 1.5%}, {rate: 1.1%}]}\n'
    charging(folder, rising + falling)
    charge = read_content(folder).forms["forms/everything"].charge
    assert charge is not None
    kinds = {line.id: line.kind for line in charge.lines}
    assert kinds["tax"] == Brackets((Bracket(50_000, 3_000_000), Bracket(100_000, deduction_fen=150_000)))
    assert kinds["agent"] == Brackets((Bracket(15_000, 1_000_000), Bracket(11_000, amount_fen=4_000)))


def test_a_charge_is_published_and_its_change_is_told(tmp_path: Path) -> None:
    before = copy_content(tmp_path / "before")
    charging(before, LINES)
    after = copy_content(tmp_path / "after")
    charging(after, changed("3%", "1%"))
    old, new = read_content(before), read_content(after)
    assert unpack(pack(old)).forms == old.forms
    assert old.forms["forms/everything"].revision != new.forms["forms/everything"].revision
    (change,) = difference(old, new)
    assert [(part.place, part.old, part.new) for part in change.parts] == [
        (("charge", "lines", "tax", "rate"), "3%", "1%")
    ]
