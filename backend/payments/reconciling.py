"""A day's books against the gateway's statement of it: every difference. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backend.payments.gateway import StatementLine
from backend.storage.attempts import Attempt, State

_PAID = (State.PAID, State.RETURNING, State.RETURNED)


class Kind(StrEnum):
    """What differs."""

    PAID_THERE_ONLY = "paid_there_only"
    PAID_HERE_ONLY = "paid_here_only"
    AMOUNT = "amount"
    """Of what was paid."""
    TRANSACTION = "transaction"
    """The gateway's own number."""
    BACK_THERE_ONLY = "back_there_only"
    BACK_HERE_ONLY = "back_here_only"
    BACK_AMOUNT = "back_amount"
    TWICE = "twice"
    """The statement has it more than once."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. number: of the try to pay; amounts in fen, 0 where there is none."""

    kind: Kind
    number: str
    here_fen: int
    there_fen: int


def differences(
    known: Mapping[str, Attempt], lines: Iterable[StatementLine], start: datetime, end: datetime
) -> list[Difference]:
    """Every difference of a day, in the order of their numbers.

    known: the tries that the statement names, and those for which money came or went between start and end.
    """
    given = list(lines)
    came = {line.number: line for line in given if not line.refund_number}
    back = {line.refund_number: line for line in given if line.refund_number}
    found = [
        Difference(Kind.TWICE, number.removesuffix("R"), 0, 0)
        for number, count in Counter(line.refund_number or line.number for line in given).items()
        if count > 1
    ]
    for line in came.values():
        found += _came(known.get(line.number), line)
    for line in back.values():
        found += _back(known.get(line.number), line)
    for attempt in known.values():
        paid = attempt.pay_time is not None and start <= attempt.pay_time < end
        if paid and attempt.state in _PAID and attempt.number not in came:
            found.append(Difference(Kind.PAID_HERE_ONLY, attempt.number, attempt.paid_fen, 0))
        went = attempt.back_time is not None and start <= attempt.back_time < end
        if went and attempt.refund_number not in back:
            found.append(Difference(Kind.BACK_HERE_ONLY, attempt.number, attempt.paid_fen, 0))
    return sorted(found, key=lambda one: (one.number, one.kind))


def _came(attempt: Attempt | None, line: StatementLine) -> list[Difference]:
    if attempt is None or attempt.state not in _PAID:
        return [Difference(Kind.PAID_THERE_ONLY, line.number, 0, line.amount_fen)]
    if attempt.paid_fen != line.amount_fen:
        return [Difference(Kind.AMOUNT, line.number, attempt.paid_fen, line.amount_fen)]
    if attempt.transaction != line.transaction:
        return [Difference(Kind.TRANSACTION, line.number, attempt.paid_fen, line.amount_fen)]
    return []


def _back(attempt: Attempt | None, line: StatementLine) -> list[Difference]:
    if attempt is None or attempt.state is not State.RETURNED or attempt.refund_number != line.refund_number:
        return [Difference(Kind.BACK_THERE_ONLY, line.number, 0, line.amount_fen)]
    if attempt.paid_fen != line.amount_fen:
        return [Difference(Kind.BACK_AMOUNT, line.number, attempt.paid_fen, line.amount_fen)]
    return []
