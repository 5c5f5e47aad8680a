"""The office's commands over what was paid, and the gateway's statement of a day."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from backend.clock import county_day, midnight
from backend.payments.gateway import StatementLine
from backend.payments.reconciling import Kind, differences
from backend.storage.attempts import Attempt, State
from deploy.house import table
from tests.backend.house import command
from tests.payments.shop import REFUNDED, Shop

_LOGGED = re.compile(r"^[0-9-]{10} [0-9:]{8} \[")
"""A line of the servers' log: the command runs in their process."""


async def _run(shop: Shop, *arguments: str) -> tuple[int, str, str]:
    """``huimin-backend payment …`` as an operator runs it."""
    file = shop.house.data / "huimin.toml"
    options = "[backend.payment]\ngateway = 'native'\n[backend.payment.options]\n"
    await asyncio.to_thread(file.write_text, options + table(shop.gateway.options()), "utf-8")
    verb, *rest = arguments
    code, out, err = await command("--config", file, "payment", verb, "--data", shop.house.data, *rest)
    said = [line for line in out.splitlines(keepends=True) if not _LOGGED.search(line)]
    return code, "".join(said), err


async def _paid(shop: Shop) -> str:
    reference = await shop.case()
    await shop.notify(shop.gateway.pay((await shop.start(reference)).payment.code))
    return reference


async def test_a_day_without_differences_is_said_to_be_one(shop: Shop) -> None:
    first, second = await _paid(shop), await _paid(shop)
    code, out, err = await _run(shop, "refund", second)
    assert (code, err) == (0, "")
    await shop.look(minutes=1)
    assert (await shop.get(second)).state == REFUNDED
    assert not (await shop.get(second)).payable
    day = county_day(shop.house.clock()).isoformat()
    code, out, err = await _run(shop, "reconcile", day)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == (
        "3 lines in the statement, 25.64 yuan came, 12.82 yuan went back; 0 differences."
    )
    code, out, _ = await _run(shop, "list", "--state", "paid")
    assert code == 0
    assert first[-4:] in out
    assert second[-4:] not in out
    code, out, _ = await _run(shop, "show", second)
    assert code == 0
    assert "given back" in out
    code, _, err = await _run(shop, "refund", second)
    assert code == 2
    assert "Nothing was paid" in err


async def test_every_difference_of_a_day_is_listed(shop: Shop, tmp_path: Path) -> None:
    here, there, other = await _paid(shop), await shop.case(), await _paid(shop)
    # Paid at the gateway, and the backend was never told: it has not asked yet.
    unheard = shop.gateway.pay((await shop.start(there)).payment.code)
    books = shop.gateway.ledger._connection
    books.execute("update trades set total = total + 1 where number like ?", (f"{here}%",))
    books.execute("update trades set pay_time = pay_time - 864000 where number like ?", (f"{other}%",))
    day = county_day(shop.house.clock()).isoformat()
    code, out, _ = await _run(shop, "reconcile", day)
    assert code == 1
    lines = {line.split(":")[0]: line for line in out.splitlines()}
    assert "12.82 yuan here, 12.83 yuan there" in lines[f"{here}001"]
    assert lines[unheard.number].endswith("12.82 yuan were paid there, and not here.")
    assert lines[f"{other}001"].endswith("12.82 yuan were paid here, and not there.")
    assert out.splitlines()[-1].endswith("3 differences.")
    # The same from a file that was fetched by hand.
    statement = tmp_path / "statement.csv"
    text = shop.gateway.server._statement(county_day(shop.house.clock()))
    await asyncio.to_thread(statement.write_bytes, text)
    assert (await _run(shop, "reconcile", "--statement", str(statement), day))[:2] == (1, out)
    await asyncio.to_thread(statement.write_bytes, text.replace(b"`12.83", b"`12,83"))
    code, _, err = await _run(shop, "reconcile", "--statement", str(statement), day)
    assert code == 2
    assert "line" in err


async def test_a_gateway_that_is_away_gives_no_statement_and_no_verdict(shop: Shop) -> None:
    shop.gateway.trouble.kind = "deaf"
    code, out, err = await _run(shop, "reconcile", county_day(shop.house.clock()).isoformat())
    assert (code, out) == (2, "")
    assert "no statement" in err


async def test_a_statement_that_was_changed_on_the_way_is_not_believed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _paid(shop)
    statement = shop.gateway.server._statement

    def changed(day: date) -> bytes:
        return statement(day) + (b"x" if shop.gateway.trouble.seen[-1].endswith("/file") else b"")

    monkeypatch.setattr(shop.gateway.server, "_statement", changed)
    code, _, err = await _run(shop, "reconcile", county_day(shop.house.clock()).isoformat())
    assert code == 2
    assert "damaged" in err


async def test_the_wrong_amount_is_given_back_by_the_office(shop: Shop) -> None:
    reference = await shop.case()
    code = (await shop.start(reference)).payment.code
    books = shop.gateway.ledger._connection
    books.execute("update trades set total = 1")
    shop.gateway.pay(code)
    await shop.look(seconds=6)
    code_, out, _ = await _run(shop, "show", reference)
    assert (code_, "AMOUNT_WRONG" in out, "0.01" in out) == (0, True, True)
    assert (await _run(shop, "refund", reference))[0] == 0
    await shop.look(minutes=1)
    assert (await shop.get(reference)).state == REFUNDED
    assert books.execute("select sum(total) from refunds").fetchone()[0] == 1


_MIDNIGHT = midnight(date(2026, 11, 21))


def _attempt(number: str, **changes: object) -> Attempt:
    paid = _MIDNIGHT + timedelta(hours=12)
    attempt = Attempt(
        number=number,
        reference=number[:12],
        gateway="native",
        demonstration=True,
        state=State.PAID,
        amount_fen=100,
        code="",
        create_time=paid,
        expire_time=paid,
        closing=False,
        look_time=None,
        looks=0,
        pay_time=paid,
        paid_fen=100,
        transaction="T1",
        problem="",
        reason="",
        back_time=None,
    )
    return replace(attempt, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "lines", "kinds"),
    [
        ([], [], []),
        ([_attempt("1")], [StatementLine("1", 100, "T1")], []),
        ([_attempt("1")], [StatementLine("1", 100, "T2")], [Kind.TRANSACTION]),
        ([_attempt("1")], [StatementLine("1", 101, "T1")], [Kind.AMOUNT]),
        ([_attempt("1")], [], [Kind.PAID_HERE_ONLY]),
        ([], [StatementLine("1", 100, "T1")], [Kind.PAID_THERE_ONLY]),
        ([_attempt("1", state=State.CLOSED)], [StatementLine("1", 100, "T1")], [Kind.PAID_THERE_ONLY]),
        ([_attempt("1")], [StatementLine("1", 100, "T1")] * 2, [Kind.TWICE]),
        (
            [_attempt("1")],
            [StatementLine("1", 100, "T1"), StatementLine("1", 100, "T1", "1R")],
            [Kind.BACK_THERE_ONLY],
        ),
        (
            [_attempt("1", state=State.RETURNED, back_time=_MIDNIGHT)],
            [StatementLine("1", 100, "T1")],
            [Kind.BACK_HERE_ONLY],
        ),
        (
            [_attempt("1", state=State.RETURNED, back_time=_MIDNIGHT)],
            [StatementLine("1", 100, "T1"), StatementLine("1", 99, "T1", "1R")],
            [Kind.BACK_AMOUNT],
        ),
    ],
)
def test_what_differs_has_a_name(known: list[Attempt], lines: list[StatementLine], kinds: list[Kind]) -> None:
    start = _MIDNIGHT
    by_number = {one.number: one for one in known}
    found = differences(by_number, lines, start, start + timedelta(days=1))
    assert [one.kind for one in found] == kinds
