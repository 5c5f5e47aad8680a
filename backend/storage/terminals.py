"""The terminals: the last report of each, and what changed there in the last weeks.

A report takes the place of the one before, so that a fleet takes no more room for having run for years. Only
changes are kept, for KEPT and at most MAX_EVENTS of a terminal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from huimin.v1 import terminal_pb2 as told
from sqlalchemy import Connection, delete, func, insert, select, update

from backend.fleet.changes import Change, What, changes
from backend.fleet.standing import Terminal
from backend.storage.engine import alone
from backend.storage.tables import TerminalEventRow, TerminalRow

KEPT = timedelta(days=35)
"""For which a change stays in the history."""
MAX_EVENTS = 1000
"""Of a terminal; a device that comes and goes all the time pushes out the oldest."""
MAX_LOCAL = 200
"""Terminals that speak through one door without a certificate."""


class TooManyOrigins(Exception):
    """A door without a certificate speaks for more terminals than it can have."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A change and when it came, by the backend's clock."""

    time: datetime
    change: Change


def keep(
    connection: Connection, report: told.TerminalReport, now: datetime, *, door: str, certified: bool
) -> list[Change]:
    """Keeps what a terminal says of itself; what changed. certified: the name is the door's, whatever the
    terminal calls itself. Raises TooManyOrigins."""
    name = door.removeprefix("doors/") if certified else report.origin
    alone(connection, f"terminal {name}")
    row = connection.execute(select(TerminalRow).where(TerminalRow.name == name)).first()
    known = None if row is None else _terminal(row)
    silence = now - known.last_time if known else timedelta()
    found = changes(known.report if known else None, report, silence)
    values = {"door": door, "last_time": now, "report": report.SerializeToString()}
    if known:
        connection.execute(update(TerminalRow).where(TerminalRow.name == name).values(values))
    else:
        if not certified and _count(connection, door) >= MAX_LOCAL:
            raise TooManyOrigins
        connection.execute(insert(TerminalRow).values(name=name, first_time=now, **values))
    _write_down(connection, name, found, now)
    return found


def everyone(connection: Connection) -> list[Terminal]:
    """All terminals in the order of their names."""
    return [_terminal(row) for row in connection.execute(select(TerminalRow).order_by(TerminalRow.name))]


def one(connection: Connection, name: str) -> Terminal | None:
    """A terminal; None where nothing was heard of one of that name."""
    row = connection.execute(select(TerminalRow).where(TerminalRow.name == name)).first()
    return None if row is None else _terminal(row)


def history(connection: Connection, name: str, limit: int) -> list[Entry]:
    """What changed at a terminal, the latest first."""
    table = TerminalEventRow
    rows = connection.execute(
        select(table.event_time, table.what, table.subject, table.value)
        .where(table.terminal == name)
        .order_by(table.number.desc())
        .limit(limit)
    )
    return [Entry(time, Change(What(what), subject, value)) for time, what, subject, value in rows]


def forget(connection: Connection, name: str) -> bool:
    """Removes a terminal and its history, until it reports again. Whether there was one."""
    connection.execute(delete(TerminalEventRow).where(TerminalEventRow.terminal == name))
    return bool(connection.execute(delete(TerminalRow).where(TerminalRow.name == name)).rowcount)


def sweep(connection: Connection, now: datetime) -> None:
    """Removes changes that are long past."""
    connection.execute(delete(TerminalEventRow).where(TerminalEventRow.event_time < now - KEPT))


def _write_down(connection: Connection, name: str, found: Sequence[Change], now: datetime) -> None:
    if not found:
        return
    table = TerminalEventRow
    connection.execute(
        insert(table),
        [
            {
                "terminal": name,
                "event_time": now,
                "what": each.what.value,
                "subject": each.subject,
                "value": each.value,
            }
            for each in found
        ],
    )
    numbers = select(table.number).where(table.terminal == name).order_by(table.number.desc())
    if (first_too_many := connection.execute(numbers.offset(MAX_EVENTS).limit(1)).scalar()) is not None:
        connection.execute(delete(table).where(table.terminal == name, table.number <= first_too_many))


def _count(connection: Connection, door: str) -> int:
    statement = select(func.count()).select_from(TerminalRow).where(TerminalRow.door == door)
    return connection.execute(statement).scalar() or 0


def _terminal(row: Any) -> Terminal:
    return Terminal(
        row.name, row.door, row.first_time, row.last_time, told.TerminalReport.FromString(row.report)
    )
