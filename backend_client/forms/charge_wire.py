"""What a form costs as messages of the contract, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from huimin.v1 import form_pb2

from backend_client.forms.charge import WHOLE
from backend_client.forms.form import (
    MAX_FEN,
    Bracket,
    Brackets,
    Charge,
    ChargeLine,
    ChargeRole,
    Condition,
    Field,
    FieldType,
    Fixed,
    Rate,
    Rounding,
)
from backend_client.forms.message_parts import (
    Malformed,
    distinct,
    enum_from_proto,
    localized_from_proto,
    localized_to_proto,
)

MAX_LINES = 30
MAX_TERMS = 20
MAX_BRACKETS = 50
MAX_CONDITIONS = 5
MAX_COUNT_DIGITS = 6
"""Digits of a number that an amount is taken times."""
UNITS = (1, 10, 100)
"""What may be rounded to, in fen."""


def charge_to_proto(charge: Charge) -> form_pb2.Charge:
    """What a form costs."""
    return form_pb2.Charge(
        total=localized_to_proto(charge.total), lines=[_line_to_proto(line) for line in charge.lines]
    )


def charge_from_proto(message: form_pb2.Charge, fields: Iterable[Field]) -> Charge:
    """What a form with these fields costs. Raises Malformed where it breaks the contract."""
    if not 1 <= len(message.lines) <= MAX_LINES:
        raise Malformed(f"form.charge.lines: {len(message.lines)} of them")
    charge = Charge(
        localized_from_proto(message.total, "form.charge.total"),
        tuple(_line_from_proto(line) for line in message.lines),
    )
    known = {field.id: field for field in fields}
    distinct([*known, *(line.id for line in charge.lines)], "form.charge.lines")
    amounts = {name for name, field in known.items() if field.type is FieldType.MONEY}
    for line in charge.lines:
        _sound(line, known, amounts)
        amounts.add(line.id)
    return charge


def _line_to_proto(line: ChargeLine) -> form_pb2.ChargeLine:
    message = form_pb2.ChargeLine(
        id=line.id,
        label=localized_to_proto(line.label),
        role=form_pb2.ChargeRole.ValueType(line.role.value),
        of=line.of,
        less=line.less,
        only_if=[form_pb2.Condition(field=one.field, any_of=one.any_of) for one in line.only_if],
        rounding=form_pb2.Rounding.ValueType(line.rounding.value),
        unit_fen=line.unit_fen,
        min_fen=line.min_fen,
        max_fen=line.max_fen,
    )
    match line.kind:
        case Fixed(amount, times):
            message.fixed.CopyFrom(form_pb2.FixedAmount(amount_fen=amount, times=times))
        case Rate(millionths):
            message.rate_millionths = millionths
        case Brackets(brackets, by):
            message.brackets.CopyFrom(
                form_pb2.Brackets(brackets=[_bracket_to_proto(one) for one in brackets], by=by)
            )
    return message


def _bracket_to_proto(bracket: Bracket) -> form_pb2.Bracket:
    return form_pb2.Bracket(
        up_to_fen=bracket.up_to_fen or 0,
        rate_millionths=bracket.rate_millionths,
        amount_fen=bracket.amount_fen,
        deduction_fen=bracket.deduction_fen,
    )


def _line_from_proto(message: form_pb2.ChargeLine) -> ChargeLine:
    place = "form.charge.lines"
    return ChargeLine(
        id=message.id,
        label=localized_from_proto(message.label, f"{place}.label"),
        role=enum_from_proto(ChargeRole, message.role, f"{place}.role"),
        of=tuple(message.of),
        less=tuple(message.less),
        kind=_kind_from_proto(message),
        only_if=tuple(Condition(one.field, tuple(one.any_of)) for one in message.only_if),
        rounding=enum_from_proto(Rounding, message.rounding, f"{place}.rounding"),
        unit_fen=message.unit_fen,
        min_fen=message.min_fen,
        max_fen=message.max_fen or MAX_FEN,
    )


def _kind_from_proto(message: form_pb2.ChargeLine) -> Fixed | Rate | Brackets | None:
    match message.WhichOneof("kind"):
        case "fixed":
            return Fixed(message.fixed.amount_fen, message.fixed.times)
        case "rate_millionths":
            return Rate(message.rate_millionths)
        case "brackets":
            brackets = tuple(
                Bracket(one.rate_millionths, one.up_to_fen or None, one.amount_fen, one.deduction_fen)
                for one in message.brackets.brackets
            )
            return Brackets(brackets, message.brackets.by)
    return None


def _sound(line: ChargeLine, fields: Mapping[str, Field], amounts: set[str]) -> None:
    """Raises Malformed where a line cannot be computed. amounts: MONEY fields and the lines before."""
    place = f"form.charge line {line.id!r}"
    terms = (*line.of, *line.less)
    if len(line.of) > MAX_TERMS or len(line.less) > MAX_TERMS or not amounts.issuperset(terms):
        raise Malformed(f"{place}: names no field of MONEY and no earlier line")
    if bool(line.of) == isinstance(line.kind, Fixed) or (line.less and not line.of):
        raise Malformed(f"{place}: a base is needed, or is there without need")
    if line.unit_fen not in UNITS or not 0 <= line.min_fen <= line.max_fen <= MAX_FEN:
        raise Malformed(f"{place}.unit_fen, min_fen, max_fen")
    if len(line.only_if) > MAX_CONDITIONS:
        raise Malformed(f"{place}.only_if: {len(line.only_if)} of them")
    for condition in line.only_if:
        field = fields.get(condition.field)
        if field is None or not condition.any_of or not set(condition.any_of) <= field.choices:
            raise Malformed(f"{place}.only_if: names no choice of a field")
    match line.kind:
        case Fixed(amount, times):
            if not 0 <= amount <= MAX_FEN:
                raise Malformed(f"{place}.fixed.amount_fen")
            if times and not _counts(fields.get(times)):
                raise Malformed(f"{place}.fixed.times: names no field of at most {MAX_COUNT_DIGITS} DIGITS")
        case Rate(millionths):
            if not 0 <= millionths <= WHOLE:
                raise Malformed(f"{place}.rate_millionths")
        case Brackets(brackets, by):
            _sound_brackets(brackets, f"{place}.brackets")
            if by and by not in amounts:
                raise Malformed(f"{place}.brackets.by: names no field of MONEY and no earlier line")


def _counts(field: Field | None) -> bool:
    return field is not None and field.type is FieldType.DIGITS and field.longest <= MAX_COUNT_DIGITS


def _sound_brackets(brackets: tuple[Bracket, ...], place: str) -> None:
    if not 1 <= len(brackets) <= MAX_BRACKETS:
        raise Malformed(f"{place}: {len(brackets)} of them")
    below = 0
    for one in brackets:
        if (one.up_to_fen is None) != (one is brackets[-1]):
            raise Malformed(f"{place}: only the last has no bound")
        if one.up_to_fen is not None:
            if not below < one.up_to_fen <= MAX_FEN:
                raise Malformed(f"{place}: not from the smallest to the largest")
            below = one.up_to_fen
        if not 0 <= one.rate_millionths <= WHOLE:
            raise Malformed(f"{place}.rate_millionths")
        if not (0 <= one.amount_fen <= MAX_FEN and 0 <= one.deduction_fen <= MAX_FEN):
            raise Malformed(f"{place}.amount_fen, deduction_fen")
