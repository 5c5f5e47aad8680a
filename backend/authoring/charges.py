"""What a form costs, as `backend_client.forms` knows it, and in the words of `content diff`."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from backend.authoring.charge_checks import deductions
from backend.authoring.entries import ChargeEntry, ChargeLineEntry, Text
from backend_client.forms.form import (
    MAX_FEN,
    Bracket,
    Brackets,
    Charge,
    ChargeLine,
    ChargeRole,
    Condition,
    Fixed,
    Rate,
    Rounding,
)
from backend_client.forms.present import present_rate
from foundation.language import LocalizedText

_UNITS = {"fen": 1, "jiao": 10, "yuan": 100}


def charge(entry: ChargeEntry) -> Charge:
    """What a form costs. The check has seen to it that it can be computed."""
    return Charge(_text(entry.total), tuple(_line(line) for line in entry.lines))


def described(made: Charge) -> Iterator[tuple[tuple[str, ...], LocalizedText | str]]:
    """Place and words of each part that has any."""
    yield ("total",), made.total
    for line in made.lines:
        for key, words in _parts(line):
            yield ("lines", line.id, *key), words


def _parts(line: ChargeLine) -> Iterator[tuple[tuple[str, ...], LocalizedText | str]]:
    yield ("label",), line.label
    yield ("role",), line.role.name.lower()
    yield ("of",), ", ".join(line.of)
    yield ("less",), ", ".join(line.less)
    match line.kind:
        case Fixed(amount, times):
            yield ("amount",), _yuan(amount)
            yield ("times",), times
        case Rate(millionths):
            yield ("rate",), present_rate(millionths)
        case Brackets(brackets, by):
            yield ("by",), by
            for number, one in enumerate(brackets, 1):
                bound = "" if one.up_to_fen is None else f"≤ {_yuan(one.up_to_fen)}: "
                parts = [present_rate(one.rate_millionths)]
                parts += [f"+ {_yuan(one.amount_fen)}"] if one.amount_fen else []
                parts += [f"- {_yuan(one.deduction_fen)}"] if one.deduction_fen else []
                yield ("brackets", str(number)), bound + " ".join(parts)
    for condition in line.only_if:
        yield ("only_if", condition.field), ", ".join(condition.any_of)
    unit = next(name for name, fen in _UNITS.items() if fen == line.unit_fen)
    yield ("rounding",), f"{line.rounding.name.lower()}, {unit}"
    yield ("min_yuan",), _yuan(line.min_fen) if line.min_fen else ""
    yield ("max_yuan",), _yuan(line.max_fen) if line.max_fen != MAX_FEN else ""


def _line(entry: ChargeLineEntry) -> ChargeLine:
    return ChargeLine(
        id=entry.id,
        label=_text(entry.label),
        role=ChargeRole[entry.role.upper()],
        of=entry.of or (),
        less=entry.less or (),
        kind=_kind(entry),
        only_if=tuple(Condition(one.field, one.any_of) for one in entry.only_if),
        rounding=Rounding[entry.rounding.upper()],
        unit_fen=_UNITS[entry.to],
        min_fen=_fen(entry.min_yuan),
        max_fen=MAX_FEN if entry.max_yuan is None else _fen(entry.max_yuan),
    )


def _kind(entry: ChargeLineEntry) -> Fixed | Rate | Brackets | None:
    if entry.amount is not None:
        return Fixed(_fen(entry.amount), entry.times or "")
    if entry.rate is not None:
        return Rate(entry.rate)
    if entry.brackets is None:
        return None
    joining = deductions(entry.brackets) if entry.progressive else [None] * len(entry.brackets)
    made = []
    for one, joined in zip(entry.brackets, joining, strict=True):
        deduction = _fen(one.deduction) if joined is None else int(joined)
        made.append(
            Bracket(
                one.rate,
                None if one.up_to is None else _fen(one.up_to),
                _fen(one.amount) + max(0, -deduction),
                max(0, deduction),
            )
        )
    return Brackets(tuple(made), entry.by or "")


def _text(text: Text) -> LocalizedText:
    return LocalizedText(text.zh, text.en)


def _fen(yuan: Decimal | None) -> int:
    return int((yuan or 0) * 100)


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
