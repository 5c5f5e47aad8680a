"""What a clerk may get wrong about what a form costs.

`unknown` looks at what was written, as `naming` does; `unsound` at the checked entry, as `rules` does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from backend.authoring.entries import (
    BracketEntry,
    ChargeLineEntry,
    FieldTypeName,
    FormEntry,
    ServiceKindName,
)
from backend.authoring.written import items, part, text
from backend.authoring.yaml_file import Place
from backend_client.forms.charge_wire import MAX_COUNT_DIGITS
from backend_client.forms.form import MAX_DIGITS

_Violation = tuple[Place, str, Mapping[str, object]]
_MILLION = 1_000_000


def unknown(written: Any) -> Iterator[_Violation]:
    """Where the lines of a form name what is not there, or cannot be computed with."""
    fields = {name: field for field in items(written, "fields") if (name := text(field, "id"))}
    lines = items(part(written, "charge"), "lines")
    places: dict[str, int] = {}
    for position, line in enumerate(lines):
        if name := text(line, "id"):
            place: Place = ("charge", "lines", position, "id")
            if name in fields:
                yield place, "line_named_as_field", {"id": name}
            elif name in places:
                yield place, "id_twice", {"id": name}
            places.setdefault(name, position)
    for position, line in enumerate(lines):
        place = ("charge", "lines", position)
        for key in ("of", "less", "by"):
            single = text(line, key)
            for number, name in enumerate([single] if single else items(line, key)):
                if isinstance(name, str):
                    where = (*place, key) if single else (*place, key, number)
                    yield from _amount(where, name, fields, places, position)
        if times := text(line, "times"):
            yield from _count((*place, "times"), times, fields)
        yield from _conditions(place, line, fields)


def unsound(form: FormEntry) -> Iterator[_Violation]:
    """What is wrong within the lines of a form."""
    for position, line in enumerate(form.charge.lines if form.charge else ()):
        for place, problem, details in _line(line):
            yield ("charge", "lines", position, *place), problem, details


def deductions(brackets: Sequence[BracketEntry]) -> list[Decimal]:
    """Quick deductions in fen that make progressive brackets join: below 0 where rates fall. They need not be
    whole, which `unsound` complains of."""
    found = [Decimal(0)]
    for lower, upper in pairwise(brackets):
        found.append(found[-1] + (lower.up_to or Decimal(0)) * 100 * (upper.rate - lower.rate) / _MILLION)
    return found


def free(written: Any, charged: Collection[str]) -> Iterator[_Violation]:
    """Where a payment service names a form that costs nothing. charged: forms that cost something."""
    form = text(written, "form")
    if form and text(written, "kind") == ServiceKindName.PAYMENT and form not in charged:
        yield ("form",), "charge_needed", {"id": form[:60]}


def _line(line: ChargeLineEntry) -> Iterator[_Violation]:
    kinds = [key for key in ("amount", "rate", "brackets") if getattr(line, key) is not None]
    for key in kinds[1:]:
        yield (key,), "line_of_one_kind", {"kinds": ", ".join(kinds)}
    if line.amount is None and line.of is None:
        yield (), "line_needs_base", {}
    for key in ("of", "less"):
        if kinds == ["amount"] and getattr(line, key) is not None:
            yield (key,), "line_needs_no_base", {"key": key}
    for key, owner in (("times", "amount"), ("by", "brackets"), ("progressive", "brackets")):
        if getattr(line, key) and getattr(line, owner) is None:
            yield (key,), "belongs_to", {"key": key, "owner": owner}
    if line.progressive and line.by is not None:
        yield ("by",), "progressive_by", {}
    least, most = line.min_yuan, line.max_yuan
    if least is not None and most is not None and least > most:
        yield ("min_yuan",), "impossible", {"least": least, "most": most}
    if most is not None and most == 0:
        yield ("max_yuan",), "impossible", {"least": "0.01", "most": most}
    yield from _brackets(line)


def _brackets(line: ChargeLineEntry) -> Iterator[_Violation]:
    brackets = line.brackets or ()
    below = Decimal(0)
    ordered = True
    for position, one in enumerate(brackets):
        place: Place = ("brackets", position)
        last = position == len(brackets) - 1
        if last and one.up_to is not None:
            yield (*place, "up_to"), "last_bracket_bounded", {}
        if not last and one.up_to is None:
            ordered = False
            yield place, "bracket_without_bound", {}
        elif one.up_to is not None:
            if one.up_to <= below:
                ordered = False
                problem = "brackets_overlap" if one.up_to == below and position else "brackets_out_of_order"
                yield (*place, "up_to"), problem, {"up_to": one.up_to, "below": below}
            below = max(below, one.up_to)
        if line.progressive and one.amount:
            yield (*place, "amount"), "progressive_amount", {}
    if line.progressive and brackets and ordered:
        yield from _deductions(brackets)


def _deductions(brackets: Sequence[BracketEntry]) -> Iterator[_Violation]:
    for position, (one, right) in enumerate(zip(brackets, deductions(brackets), strict=True)):
        place: Place = ("brackets", position)
        if right != int(right):
            yield (*place, "rate"), "deduction_not_whole", {"deduction": (right / 100).normalize()}
        elif one.deduction is not None and one.deduction * 100 != max(right, Decimal(0)):
            details = {"deduction": one.deduction, "right": f"{max(right, Decimal(0)) / 100:.2f}"}
            yield (*place, "deduction"), "deduction_wrong", details


def _amount(
    place: Place, name: str, fields: Mapping[str, Any], lines: Mapping[str, int], position: int
) -> Iterator[_Violation]:
    if name in fields:
        kind = text(fields[name], "type")
        if kind and kind != FieldTypeName.MONEY:
            yield place, "amount_of_other_type", {"id": name, "type": kind}
    elif name not in lines:
        yield place, "no_such_amount", {"id": name[:60]}
    elif lines[name] >= position:
        yield place, "line_not_earlier", {"id": name}


def _count(place: Place, name: str, fields: Mapping[str, Any]) -> Iterator[_Violation]:
    if name not in fields:
        yield place, "no_such_field", {"id": name[:60]}
        return
    longest = text(fields[name], "max_length") or str(MAX_DIGITS)
    if text(fields[name], "type") != FieldTypeName.DIGITS or (
        longest.isdecimal() and int(longest[:9]) > MAX_COUNT_DIGITS
    ):
        yield place, "times_of_other_type", {"id": name, "most": MAX_COUNT_DIGITS}


def _conditions(place: Place, line: Any, fields: Mapping[str, Any]) -> Iterator[_Violation]:
    written = part(line, "only_if")
    single = isinstance(written, dict)
    for number, condition in enumerate([written] if single else items(line, "only_if")):
        where: Place = (*place, "only_if") if single else (*place, "only_if", number)
        name = text(condition, "field")
        if not name:
            continue
        if name not in fields:
            yield (*where, "field"), "no_such_field", {"id": name[:60]}
            continue
        kind = text(fields[name], "type") or ""
        options = ["yes", "no"] if kind == FieldTypeName.YES_NO else None
        if kind in (FieldTypeName.CHOICE, FieldTypeName.CHOICES):
            options = [found for one in items(fields[name], "options") if (found := text(one, "id"))]
        if options is None:
            yield (*where, "field"), "condition_of_other_type", {"id": name, "type": kind}
            continue
        for choice, option in enumerate(items(condition, "any_of")):
            if isinstance(option, str) and option not in options:
                details = {"option": option[:60], "id": name, "options": ", ".join(options)}
                yield (*where, "any_of", choice), "no_such_option", details
