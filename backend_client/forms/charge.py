"""What a form costs, line by line: one computation for both doors and for the backend.

Amounts are whole numbers of fen and rates whole numbers of millionths, so nothing is lost on the way and
every side comes to the same fen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend_client.forms.answer import Value
from backend_client.forms.form import (
    Bracket,
    Brackets,
    ChargeLine,
    ChargeRole,
    FieldType,
    Fixed,
    Form,
    Rate,
    Rounding,
)
from backend_client.forms.together import asked, holds

WHOLE = 1_000_000
"""Millionths of one: a rate of 100 %."""


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line that there is. Personal data.

    base_fen: what the amount was computed from, 0 for a fixed amount; count: how often a fixed amount is
    taken; bracket: the one that applied, where there are brackets.
    """

    line: ChargeLine
    amount_fen: int
    base_fen: int = 0
    count: int = 1
    bracket: Bracket | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """What a form costs with these answers. total_fen: 0 where nothing is to be paid. Personal data."""

    lines: tuple[BillLine, ...]
    total_fen: int


def bill_for(form: Form, answers: Mapping[str, Value]) -> Bill | None:
    """What is to be paid with these answers, which are checked; None where the form has no charge."""
    if form.charge is None:
        return None
    counted = {field.id: answers[field.id] for field in asked(form, answers) if field.id in answers}
    amounts = {name: value for name, value in counted.items() if _is_fen(form, name, value)}
    lines: list[BillLine] = []
    for line in form.charge.lines:
        if all(holds(condition, counted) for condition in line.only_if):
            computed = _computed(line, amounts, counted)
            lines.append(computed)
            amounts[line.id] = computed.amount_fen
    signs = {ChargeRole.CHARGE: 1, ChargeRole.RELIEF: -1, ChargeRole.BASIS: 0}
    total = sum(signs[one.line.role] * one.amount_fen for one in lines)
    return Bill(tuple(lines), max(0, total))


def largest_fen(form: Form) -> int:
    """No line, and no total, is larger with any answers that the form takes; 0 where it has no charge."""
    if form.charge is None:
        return 0
    largest = {field.id: field.max_fen for field in form.fields if field.type is FieldType.MONEY}
    total = 0
    for line in form.charge.lines:
        base = sum(largest[name] for name in line.of)
        most = base
        match line.kind:
            case Fixed(amount, times):
                most = amount * (10 ** form.field(times).longest - 1 if times else 1)
            case Rate(millionths):
                most = -(-base * millionths // WHOLE)
            case Brackets(brackets):
                most = max(one.amount_fen - (-base * one.rate_millionths // WHOLE) for one in brackets)
        rounded = -(-most // line.unit_fen) * line.unit_fen
        largest[line.id] = max(line.min_fen, min(rounded, line.max_fen))
        if line.role is ChargeRole.CHARGE:
            total += largest[line.id]
    return max(total, *(largest[line.id] for line in form.charge.lines))


def _is_fen(form: Form, name: str, value: Value) -> bool:
    return form.field(name).type is FieldType.MONEY and isinstance(value, int)


def _computed(line: ChargeLine, amounts: Mapping[str, Value], answers: Mapping[str, Value]) -> BillLine:
    base = max(0, _sum(line.of, amounts) - _sum(line.less, amounts))
    match line.kind:
        case Fixed(amount, times):
            count = int(str(answers.get(times, 0))) if times else 1
            return BillLine(line, _rounded(line, amount * count * WHOLE), count=count)
        case Rate(millionths):
            return BillLine(line, _rounded(line, base * millionths), base)
        case Brackets(brackets, by):
            measure = _sum((by,), amounts) if by else base
            bracket = next(one for one in brackets if one.up_to_fen is None or measure <= one.up_to_fen)
            fixed = bracket.amount_fen - bracket.deduction_fen
            exact = base * bracket.rate_millionths + fixed * WHOLE
            return BillLine(line, _rounded(line, exact), base, bracket=bracket)
    return BillLine(line, _rounded(line, base * WHOLE), base)


def _sum(names: tuple[str, ...], amounts: Mapping[str, Value]) -> int:
    return sum(amount for name in names if isinstance(amount := amounts.get(name), int))


def _rounded(line: ChargeLine, millionths: int) -> int:
    """Millionths of a fen as fen, by the line's rules."""
    exact, unit = max(0, millionths), line.unit_fen * WHOLE
    match line.rounding:
        case Rounding.DOWN:
            units = exact // unit
        case Rounding.UP:
            units = -(-exact // unit)
        case Rounding.HALF_UP:
            units = (2 * exact + unit) // (2 * unit)
    return max(line.min_fen, min(units * line.unit_fen, line.max_fen))
