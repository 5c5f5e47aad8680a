"""tables/<name>.csv: records that lie in the content itself, and that lookups find with SQL.

The first row names the columns; every cell is a text, an empty one is NULL. Cells such as ``{-12d}``,
``{-1m}`` and ``{-3d 08:15}`` are counted from the day on which they are read, so that a demonstration never
goes stale: a day, a month and a moment of the county's clock.

The tables are put into a SQLite database in memory, which nothing can write to once they are there.
"""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from backend.authoring.finding import Finding
from backend.authoring.lookup_entries import CONTENT, GIVEN, LookupEntry
from backend.authoring.rules import Violation

FOLDER = "tables"
MAX_TABLES = 50
MAX_ROWS = 5000
MAX_BYTES = 1 << 20
MAX_COLUMNS = 40
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ROLLING = re.compile(
    r"\{(?:(?P<days>[+-]?[0-9]{1,4})d(?P<clock> [0-2][0-9]:[0-5][0-9])?|(?P<months>[+-]?[0-9]{1,3})m)\}"
)
_SHORTEST_DAY = date(2026, 1, 1)
"""Any day: whether a query is understood does not hang on it."""

Cell = str | None


@dataclass(frozen=True, slots=True)
class Table:
    """One table; every row has a cell for each column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables of a content, by name."""

    by_name: Mapping[str, Table] = field(default_factory=dict)

    def packed(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {name: [table.columns, *table.rows] for name, table in self.by_name.items()}

    @classmethod
    def unpacked(cls, packed: Mapping[str, Any]) -> Tables:
        """What `packed` made."""
        return cls(
            {name: Table(tuple(rows[0]), tuple(map(tuple, rows[1:]))) for name, rows in packed.items()}
        )

    def database(self, today: date) -> sqlite3.Connection:
        """A database of them, as they are on that day of the county; it cannot be written to, and may be used
        from any thread, by one at a time."""
        connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        for name, table in self.by_name.items():
            columns = ", ".join(f'"{column}"' for column in table.columns)
            connection.execute(f'CREATE TABLE "{name}" ({columns})')
            places = ", ".join("?" for _ in table.columns)
            rows = ([_on(cell, today) for cell in row] for row in table.rows)
            connection.executemany(f'INSERT INTO "{name}" VALUES ({places})', rows)  # noqa: S608 (checked names)
        connection.execute("PRAGMA query_only = ON")
        connection.set_authorizer(_may)
        return connection


def read_tables(folder: Path) -> tuple[Tables, list[Finding]]:
    """The tables of a folder, which may be absent, and everything that is wrong in it."""
    tables: dict[str, Table] = {}
    findings: list[Finding] = []
    files = sorted(folder.glob("*.csv"))
    if len(files) > MAX_TABLES:
        findings.append(Finding(str(folder), 1, "too_many", {"most": MAX_TABLES, "count": len(files)}))
    for path in files[:MAX_TABLES]:
        if not _NAME.fullmatch(path.stem):
            findings.append(Finding(str(path), 1, "table_name", {"name": path.stem[:60]}))
            continue
        table = _read(path, findings)
        if table is not None:
            tables[path.stem] = table
    return Tables(tables), findings


def within_query(entry: LookupEntry, tables: Tables) -> Iterator[Violation]:
    """What is wrong with the query of a lookup over the tables of the content."""
    if entry.source != CONTENT:
        return
    connection = tables.database(_SHORTEST_DAY)
    try:
        given = dict.fromkeys((*GIVEN, *(asked.id for asked in entry.fields)))
        given["most"] = "1"
        found = connection.execute(entry.query, given).description
        told = {name for name, *_ in found or ()}
        for position, column in enumerate(entry.columns):
            at = column.at or column.id
            if at not in told:
                place = ("columns", position, "at" if column.at else "id")
                yield place, "column_not_told", {"id": at, "columns": ", ".join(sorted(told))}
    except sqlite3.Error as error:
        yield ("query",), "query_wrong", {"reason": str(error)[:200]}
    finally:
        connection.close()


def _read(path: Path, findings: list[Finding]) -> Table | None:
    def wrong(line: int, problem: str, **details: object) -> None:
        findings.append(Finding(str(path), line, problem, details))

    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        wrong(1, "unreadable", reason=error.strerror)
        return None
    except UnicodeDecodeError:
        wrong(1, "not_a_known_encoding")
        return None
    if len(data) > MAX_BYTES:
        wrong(1, "file_too_large", kilobytes=MAX_BYTES // 1024)
        return None
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), strict=True):
            rows.append(row)
            if len(rows) > MAX_ROWS + 1:
                wrong(len(rows), "too_many_rows", most=MAX_ROWS)
                return None
    except csv.Error as error:
        wrong(len(rows) + 1, "not_csv", reason=error)
        return None
    return _table(rows, wrong)


def _table(rows: Sequence[Sequence[str]], wrong: Any) -> Table | None:
    columns = tuple(name.strip() for name in rows[0]) if rows else ()
    if not columns or len(columns) > MAX_COLUMNS or len(set(columns)) < len(columns):
        wrong(1, "table_columns", most=MAX_COLUMNS)
        return None
    for name in columns:
        if not _NAME.fullmatch(name):
            wrong(1, "table_name", name=name[:60])
            return None
    kept = []
    for number, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(columns):
            wrong(number, "table_row", count=len(row), wanted=len(columns))
            return None
        kept.append(tuple(cell.strip() or None for cell in row))
    return Table(columns, tuple(kept))


def _on(cell: Cell, today: date) -> Cell:
    """A cell as it is on a day."""
    rolling = _ROLLING.fullmatch(cell) if cell else None
    if rolling is None:
        return cell
    if rolling["months"]:
        months = today.year * 12 + today.month - 1 + int(rolling["months"])
        return f"{months // 12:04d}-{months % 12 + 1:02d}"
    day = today + timedelta(days=int(rolling["days"]))
    return day.isoformat() + (rolling["clock"] or "")


def _may(
    action: int, first: str | None, second: str | None, database: str | None, trigger: str | None
) -> int:
    """SQLite's authorizer: a query reads, and does nothing else."""
    allowed = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
    return sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY
