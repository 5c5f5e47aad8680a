"""The books of the demonstration gateway, in one SQLite file: what was asked, paid, given back and told."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from backend.clock import COUNTY_TIME
from backend.payments.signing import WINDOW

RETRIES = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
"""Seconds after which a notification that was not taken is sent again (WeChat Pay API v3, "Payment
notification")."""
_TABLES = """
create table if not exists trades (
    number text primary key, asked text not null, total integer not null, description text not null,
    expire_time integer not null, notify_url text not null, token text not null unique,
    state text not null, trade_number text not null default '', pay_time integer);
create table if not exists refunds (
    number text primary key, trade text not null references trades (number), total integer not null,
    refund_id text not null, time integer not null);
create table if not exists notices (
    id text primary key, trade text not null, due_time integer, tries integer not null default 0);
create table if not exists nonces (nonce text primary key, time integer not null);
"""


class Refused(Exception):
    """It is not done. code: as the protocol names it; status: of HTTP."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Trade:
    """One transaction. Times are seconds since 1970. state: NOTPAY, SUCCESS, REFUND or CLOSED."""

    number: str
    asked: str
    total: int
    description: str
    expire_time: int
    notify_url: str
    token: str
    state: str
    trade_number: str
    pay_time: int | None


class Ledger:
    """The books. Every method is one transaction, on the disk when it returns."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = full")
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        """Ends it."""
        self._connection.close()

    def use_nonce(self, nonce: str, now: int) -> bool:
        """False where it was used within the window already."""
        with self._transaction() as connection:
            connection.execute("delete from nonces where time < ?", (now - 2 * WINDOW,))
            try:
                connection.execute("insert into nonces values (?, ?)", (nonce, now))
            except sqlite3.IntegrityError:
                return False
        return True

    def create(self, said: dict[str, Any], total: int, expire_time: int, now: int) -> Trade:
        """A transaction that can be paid; said again, the same. Raises Refused."""
        asked = json.dumps(said, sort_keys=True)
        with self._transaction() as connection:
            there = self._trade(said["out_trade_no"], now)
            if there is not None:
                if there.state in ("SUCCESS", "REFUND"):
                    raise Refused(400, "ORDERPAID")
                if there.state == "CLOSED":
                    raise Refused(400, "ORDER_CLOSED")
                if there.asked != asked:
                    raise Refused(403, "OUT_TRADE_NO_USED")
                return there
            connection.execute(
                "insert into trades"
                " (number, asked, total, description, expire_time, notify_url, token, state)"
                " values (?, ?, ?, ?, ?, ?, ?, 'NOTPAY')",
                (
                    said["out_trade_no"],
                    asked,
                    total,
                    said["description"],
                    expire_time,
                    said["notify_url"],
                    secrets.token_urlsafe(18),
                ),
            )
            return self._need(said["out_trade_no"], now)

    def trade(self, number: str, now: int) -> Trade:
        """A transaction by the merchant's number. Raises Refused."""
        with self._transaction():
            return self._need(number, now)

    def by_token(self, token: str, now: int) -> Trade | None:
        """A transaction by what its QR code holds."""
        with self._transaction() as connection:
            row = connection.execute("select number from trades where token = ?", (token,)).fetchone()
            return None if row is None else self._trade(row["number"], now)

    def pay(self, token: str, now: int) -> Trade | None:
        """Pays it, once; what became of it."""
        with self._transaction() as connection:
            row = connection.execute("select number from trades where token = ?", (token,)).fetchone()
            trade = None if row is None else self._trade(row["number"], now)
            if trade is None or trade.state != "NOTPAY":
                return trade
            paid = "4200" + "".join(secrets.choice("0123456789") for _ in range(24))
            connection.execute(
                "update trades set state = 'SUCCESS', trade_number = ?, pay_time = ? where number = ?",
                (paid, now, trade.number),
            )
            connection.execute(
                "insert into notices (id, trade, due_time) values (?, ?, ?)",
                (secrets.token_hex(16), trade.number, now),
            )
            return self._trade(trade.number, now)

    def shut(self, number: str, now: int) -> None:
        """Has it be paid no more. Raises Refused."""
        with self._transaction() as connection:
            trade = self._need(number, now)
            if trade.state in ("SUCCESS", "REFUND"):
                raise Refused(400, "ORDERPAID")
            connection.execute("update trades set state = 'CLOSED' where number = ?", (number,))

    def refund(self, number: str, refund_number: str, total: int, now: int) -> dict[str, Any]:
        """Gives back, once for a refund number. Raises Refused."""
        with self._transaction() as connection:
            trade = self._need(number, now)
            there = connection.execute("select * from refunds where number = ?", (refund_number,)).fetchone()
            if there is not None:
                if there["trade"] != number or there["total"] != total:
                    raise Refused(400, "INVALID_REQUEST")
                return dict(there)
            if trade.state not in ("SUCCESS", "REFUND"):
                raise Refused(400, "INVALID_REQUEST")
            back = connection.execute(
                "select coalesce(sum(total), 0) from refunds where trade = ?", (number,)
            ).fetchone()[0]
            if back + total > trade.total:
                raise Refused(403, "NOT_ENOUGH")
            refund_id = "5030" + "".join(secrets.choice("0123456789") for _ in range(24))
            connection.execute(
                "insert into refunds values (?, ?, ?, ?, ?)", (refund_number, number, total, refund_id, now)
            )
            connection.execute("update trades set state = 'REFUND' where number = ?", (number,))
            return dict(
                connection.execute("select * from refunds where number = ?", (refund_number,)).fetchone()
            )

    def refunded(self, refund_number: str) -> dict[str, Any]:
        """A refund. Raises Refused."""
        row = self._connection.execute("select * from refunds where number = ?", (refund_number,)).fetchone()
        if row is None:
            raise Refused(404, "RESOURCE_NOT_EXISTS")
        return dict(row)

    def of_day(self, day: datetime) -> tuple[list[Trade], list[dict[str, Any]]]:
        """What was paid and what was given back on a day of the county, in order. day: its midnight."""
        start, end = int(day.timestamp()), int((day + timedelta(days=1)).timestamp())
        paid = self._connection.execute(
            "select * from trades where pay_time >= ? and pay_time < ? order by pay_time, number",
            (start, end),
        )
        back = self._connection.execute(
            "select refunds.*, trades.trade_number from refunds join trades on trades.number = refunds.trade"
            " where time >= ? and time < ? order by time, refunds.number",
            (start, end),
        )
        return [_trade(row) for row in paid], [dict(row) for row in back]

    def due(self, now: float) -> list[tuple[str, Trade, int]]:
        """Notifications to be sent: id, transaction, and how often it was tried."""
        rows = self._connection.execute(
            "select * from notices where due_time <= ? order by due_time limit 20", (now,)
        ).fetchall()
        return [(row["id"], self._need(row["trade"], int(now)), row["tries"]) for row in rows]

    def told(self, notice: str, due_time: float | None) -> None:
        """Notes that a notification was sent; due_time: when again, None where it was taken, or for good."""
        self._connection.execute(
            "update notices set due_time = ?, tries = tries + 1 where id = ?", (due_time, notice)
        )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("begin immediate")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def _need(self, number: str, now: int) -> Trade:
        trade = self._trade(number, now)
        if trade is None:
            raise Refused(404, "ORDER_NOT_EXIST")
        return trade

    def _trade(self, number: str, now: int) -> Trade | None:
        """A transaction; one whose time is over is closed."""
        self._connection.execute(
            "update trades set state = 'CLOSED' where number = ? and state = 'NOTPAY' and expire_time <= ?",
            (number, now),
        )
        row = self._connection.execute("select * from trades where number = ?", (number,)).fetchone()
        return None if row is None else _trade(row)


def in_county_time(moment: int) -> str:
    """RFC 3339, with the county's offset."""
    return datetime.fromtimestamp(moment, COUNTY_TIME).isoformat(timespec="seconds")


def _trade(row: sqlite3.Row) -> Trade:
    return Trade(**dict(row))
