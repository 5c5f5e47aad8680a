"""What a form costs: lines to the fen, and what holds whatever is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest
from huimin.v1 import form_pb2
from hypothesis import given
from hypothesis import strategies as st

from backend_client.forms.answer import Value
from backend_client.forms.charge import Bill, bill_for, largest_fen
from backend_client.forms.form import (
    MAX_FEN,
    Bracket,
    Brackets,
    Charge,
    ChargeLine,
    ChargeRole,
    Condition,
    FieldType,
    Fixed,
    Form,
    Rate,
    Rounding,
)
from backend_client.forms.wire import Malformed, form_from_proto, form_to_proto
from tests.backend_client.sample import FORM, both, field

MILLION_YUAN = 100_000_000
INCOME_TAX = Brackets(
    (
        Bracket(50_000, 3_000_000),
        Bracket(100_000, 9_000_000, deduction_fen=150_000),
        Bracket(200_000, 30_000_000, deduction_fen=1_050_000),
        Bracket(300_000, 50_000_000, deduction_fen=4_050_000),
        Bracket(350_000, deduction_fen=6_550_000),
    )
)
"""Income from business, a year: table 2 of the Personal Income Tax Law of 2018."""
FIELDS = (
    field(FieldType.IDENTITY_NUMBER),
    field(FieldType.MONEY, id="sales", max_fen=50 * MILLION_YUAN),
    field(FieldType.MONEY, id="costs", max_fen=50 * MILLION_YUAN, required=False),
    field(FieldType.DIGITS, id="copies", max_length=3, required=False),
    field(FieldType.YES_NO, id="half", required=False),
    field(FieldType.CHOICE, id="place"),
    field(FieldType.MONEY, id="extra", max_fen=MILLION_YUAN, asked_if=(Condition("half", ("yes",)),)),
)


def line(id: str, kind: Fixed | Rate | Brackets | None = None, *of: str, **more: object) -> ChargeLine:
    made = ChargeLine(id, both("税费", "Tax"), kind=kind, of=of)
    return replace(made, **more)  # type: ignore[arg-type]


def costing(*lines: ChargeLine) -> Form:
    """A form that costs these lines, as a door receives it."""
    form = replace(FORM, fields=FIELDS, charge=Charge(both("合计", "Total"), lines))
    received = form_from_proto(form_to_proto(form))
    assert received == form
    return received


def bill(form: Form, **answers: Value) -> Bill:
    made = bill_for(form, answers)
    assert made is not None
    return made


def amounts(form: Form, **answers: Value) -> list[int]:
    return [one.amount_fen for one in bill(form, **answers).lines]


def test_a_form_without_a_charge_costs_nothing() -> None:
    assert bill_for(FORM, {}) is None
    assert largest_fen(FORM) == 0


def test_a_fixed_amount_once_and_as_often_as_is_wanted() -> None:
    form = costing(line("card", Fixed(4_000)), line("copy", Fixed(150, "copies")))
    assert amounts(form) == [4_000, 0]
    assert amounts(form, copies="012") == [4_000, 1_800]
    assert bill(form, copies="012").total_fen == 5_800
    assert bill(form, copies="012").lines[1].count == 12


@pytest.mark.parametrize(
    ("income", "tax"),
    [
        (0, 0),
        (3_000_000, 150_000),
        (3_000_001, 150_000),  # 10 % of 30 000.01 less 1 500 is 1 500.001
        (3_000_010, 150_001),
        (9_000_000, 750_000),
        (30_000_000, 4_950_000),
        (50_000_000, 10_950_000),
        (80_000_000, 21_450_000),
    ],
)
def test_income_tax_on_business_income(income: int, tax: int) -> None:
    assert amounts(costing(line("tax", INCOME_TAX, "sales")), sales=income) == [tax]


def test_an_exemption_is_a_bracket_and_may_be_decided_by_something_else() -> None:
    """VAT of a small taxpayer by the quarter: exempt up to 300 000 yuan, special invoices are not."""
    exempt = Brackets((Bracket(0, 30_000_000), Bracket(10_000)), by="sales")
    form = costing(
        line("ordinary", exempt, "sales", less=("costs",)),
        line("special", Rate(10_000), "costs"),
    )
    assert amounts(form, sales=30_000_000, costs=5_000_000) == [0, 50_000]
    assert amounts(form, sales=30_000_001, costs=5_000_000) == [250_000, 50_000]


def test_surcharges_are_rates_of_an_earlier_line() -> None:
    form = costing(
        line("vat", Rate(30_000), "sales"),
        line("construction", Rate(70_000), "vat"),
        line("education", Rate(30_000), "vat"),
        line("relief", Rate(500_000), "construction", "education", role=ChargeRole.RELIEF),
    )
    found = bill(form, sales=12_345_678)
    assert [one.amount_fen for one in found.lines] == [370_370, 25_926, 11_111, 18_519]
    assert [one.base_fen for one in found.lines] == [12_345_678, 370_370, 370_370, 37_037]
    assert found.total_fen == 370_370 + 25_926 + 11_111 - 18_519


def test_a_basis_is_shown_and_not_paid_and_never_below_nothing() -> None:
    form = costing(
        line("income", None, "sales", less=("costs",), role=ChargeRole.BASIS),
        line("tax", Rate(50_000), "income"),
    )
    assert bill(form, sales=1_000, costs=400).total_fen == 30
    assert amounts(form, sales=1_000, costs=400) == [600, 30]
    assert amounts(form, sales=400, costs=1_000) == [0, 0]


def test_a_line_is_there_only_where_its_conditions_hold() -> None:
    form = costing(
        line("tax", Rate(100_000), "sales"),
        line("halved", Rate(500_000), "tax", role=ChargeRole.RELIEF, only_if=(Condition("half", ("yes",)),)),
        line("town", Rate(50_000), "tax", "halved", only_if=(Condition("place", ("seed", "tools")),)),
    )
    assert [one.line.id for one in bill(form, sales=1_000).lines] == ["tax"]
    whole = bill(form, sales=1_000, half=True, place="tools")
    assert [(one.line.id, one.amount_fen) for one in whole.lines] == [
        ("tax", 100),
        ("halved", 50),
        ("town", 8),
    ]
    assert whole.total_fen == 58
    assert [one.line.id for one in bill(form, sales=1_000, half=False, place="water").lines] == ["tax"]


def test_what_is_not_asked_is_not_counted() -> None:
    form = costing(line("tax", None, "extra"))
    assert amounts(form, extra=700, half=True) == [700]
    assert amounts(form, extra=700, half=False) == [0]
    assert amounts(form, extra=700) == [0]


@pytest.mark.parametrize(
    ("rounding", "unit", "sales", "amount"),
    [
        (Rounding.HALF_UP, 1, 150, 2),
        (Rounding.HALF_UP, 1, 149, 1),
        (Rounding.DOWN, 1, 199, 1),
        (Rounding.UP, 1, 101, 2),
        (Rounding.DOWN, 100, 19_999, 100),
        (Rounding.HALF_UP, 10, 1_450, 10),
        (Rounding.HALF_UP, 10, 1_500, 20),
        (Rounding.UP, 100, 1, 100),
    ],
)
def test_rounding_is_as_the_line_says(rounding: Rounding, unit: int, sales: int, amount: int) -> None:
    form = costing(line("tax", Rate(10_000), "sales", rounding=rounding, unit_fen=unit))
    assert amounts(form, sales=sales) == [amount]


def test_an_amount_is_held_between_its_bounds_and_reliefs_give_nothing_back() -> None:
    form = costing(line("fee", Rate(5_000), "sales", min_fen=5_000, max_fen=30_000))
    assert [amounts(form, sales=sales)[0] for sales in (0, 2_000_000, MILLION_YUAN)] == [
        5_000,
        10_000,
        30_000,
    ]
    more = costing(line("fee", Fixed(100)), line("off", Fixed(300), role=ChargeRole.RELIEF))
    assert bill(more).total_fen == 0


def test_fees_of_a_lawsuit_add_an_amount_in_a_bracket() -> None:
    """50 yuan up to 10 000, then 2.5 % less 200."""
    court = Brackets((Bracket(0, 1_000_000, amount_fen=5_000), Bracket(25_000, deduction_fen=20_000)))
    form = costing(line("fee", court, "sales"))
    assert [amounts(form, sales=sales)[0] for sales in (1, 1_000_000, 10_000_000)] == [5_000, 5_000, 230_000]


MONEY = st.integers(0, 50 * MILLION_YUAN)
NAMES = ("sales", "costs", "extra")


@st.composite
def charges(draw: st.DrawFn) -> Form:
    lines: list[ChargeLine] = []
    for number in range(draw(st.integers(1, 6))):
        names = [*NAMES, *(one.id for one in lines)]
        rates = st.integers(0, 1_000_000)
        bounds = draw(st.lists(st.integers(1, MAX_FEN), max_size=4, unique=True).map(sorted))
        fens = st.integers(0, 10**9)
        brackets = tuple(Bracket(draw(rates), up, draw(fens), draw(fens)) for up in [*bounds, None])
        kind = draw(
            st.sampled_from(
                (
                    None,
                    Fixed(draw(fens), draw(st.sampled_from(("", "copies")))),
                    Rate(draw(rates)),
                    Brackets(brackets, draw(st.sampled_from(("", *names)))),
                )
            )
        )
        terms = st.lists(st.sampled_from(names), min_size=1, max_size=3).map(tuple)
        free = isinstance(kind, Fixed)
        lines.append(
            line(
                f"line_{number}",
                kind,
                *(() if free else draw(terms)),
                less=() if free else draw(terms),
                role=draw(st.sampled_from(ChargeRole)),
                rounding=draw(st.sampled_from(Rounding)),
                unit_fen=draw(st.sampled_from((1, 10, 100))),
                only_if=draw(st.sampled_from(((), (Condition("half", ("yes",)),)))),
                max_fen=draw(st.sampled_from((10**9, 10**10))),
            )
        )
    return costing(*lines)


@given(
    charges(),
    st.fixed_dictionaries(
        {"sales": MONEY},
        optional={
            "costs": MONEY,
            "extra": st.integers(0, MILLION_YUAN),
            "half": st.booleans(),
            "copies": st.integers(0, 999).map(str),
        },
    ),
)
def test_any_charge_stays_whole_and_within_its_largest(form: Form, answers: Mapping[str, Value]) -> None:
    made = bill_for(form, answers)
    assert made is not None
    assert made == bill_for(form, dict(reversed(list(answers.items()))))
    for one in made.lines:
        assert isinstance(one.amount_fen, int)
        assert 0 <= one.amount_fen <= largest_fen(form) <= MAX_FEN
        assert one.amount_fen % one.line.unit_fen == 0 or one.amount_fen == one.line.max_fen
    assert 0 <= made.total_fen <= largest_fen(form)


@given(MONEY, st.integers(0, 1_000_000), st.sampled_from(Rounding), st.sampled_from((1, 10, 100)))
def test_a_rate_is_off_by_less_than_one_unit_on_the_side_that_was_said(
    sales: int, rate: int, rounding: Rounding, unit: int
) -> None:
    form = costing(line("tax", Rate(rate), "sales", rounding=rounding, unit_fen=unit))
    off = amounts(form, sales=sales)[0] - Fraction(sales * rate, 1_000_000)
    match rounding:
        case Rounding.HALF_UP:
            assert -Fraction(unit, 2) < off <= Fraction(unit, 2)
        case Rounding.DOWN:
            assert -unit < off <= 0
        case Rounding.UP:
            assert 0 <= off < unit


@given(MONEY, MONEY)
def test_who_earns_more_pays_no_less_and_keeps_no_less(one: int, other: int) -> None:
    form = costing(line("tax", INCOME_TAX, "sales"))
    less, more = sorted((one, other))
    low, high = amounts(form, sales=less)[0], amounts(form, sales=more)[0]
    assert low <= high <= low + (more - less) + 1


@pytest.mark.parametrize(
    "change",
    [
        "charge.ClearField('lines')",
        "charge.lines.extend([charge.lines[0]] * 30)",
        "charge.ClearField('total')",
        "charge.lines[0].label.en = ''",
        "charge.lines[0].id = 'sales'",
        "charge.lines[1].id = 'tax'",
        "charge.lines[0].role = 0",
        "charge.lines[0].rounding = 9",
        "charge.lines[0].of[0] = 'town'",
        "charge.lines[0].of[0] = 'copies'",
        "charge.lines[0].of[0] = 'nothing'",
        "charge.lines[0].ClearField('of')",
        "charge.lines[0].less.append('half')",
        "charge.lines[0].rate_millionths = 1_000_001",
        "charge.lines[0].rate_millionths = -1",
        "charge.lines[0].unit_fen = 7",
        "charge.lines[0].unit_fen = 0",
        "charge.lines[0].min_fen = -1",
        "charge.lines[0].max_fen = 10**12 + 1",
        "charge.lines[0].only_if.add(field='sales', any_of=['yes'])",
        "charge.lines[0].only_if.add(field='half', any_of=['maybe'])",
        "charge.lines[1].of.append('sales')",
        "charge.lines[1].fixed.times = 'sales'",
        "charge.lines[1].fixed.amount_fen = -1",
        "charge.lines[1].fixed.amount_fen = 10**12",
        "charge.lines[2].brackets.ClearField('brackets')",
        "charge.lines[2].brackets.brackets[1].up_to_fen = 5",
        "charge.lines[2].brackets.brackets[0].up_to_fen = 0",
        "charge.lines[2].brackets.brackets[4].up_to_fen = 10**12",
        "charge.lines[2].brackets.brackets[1].deduction_fen = -1",
        "charge.lines[2].brackets.by = 'income'",
        "form.fields[3].max_length = 7",
        "form.fields[3].max_length = 2**31 - 1",
    ],
)
def test_a_charge_that_cannot_be_computed_is_refused(change: str) -> None:
    sound = costing(
        line("tax", Rate(10_000), "sales"),
        line("town", Fixed(5, "copies")),
        line("income", INCOME_TAX, "sales"),
    )
    message: form_pb2.Form = form_to_proto(sound)
    exec(change, {"form": message, "charge": message.charge})
    with pytest.raises(Malformed, match="charge"):
        form_from_proto(message)


def test_nobody_owes_more_than_there_is_money() -> None:
    with pytest.raises(Malformed, match="more may be to be paid"):
        costing(*(line(f"tax_{number}", Rate(1_000_000), *20 * ("sales",)) for number in range(11)))
