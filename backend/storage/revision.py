"""Which revision the tables of a database are of, and which this release needs.

Asked at every start, so without Alembic, which is loaded (`migrating`) where tables are to be changed.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

MIGRATIONS = Path(__file__).parent / "migrations"
VERSIONS = "alembic_version"
"""Alembic's own table; one row once there are tables."""


def current(connection: Connection) -> str:
    """The revision of the tables; empty where there are none."""
    if not inspect(connection).has_table(VERSIONS):
        return ""
    return connection.execute(select(column("version_num")).select_from(table(VERSIONS))).scalar() or ""


@cache
def newest() -> str:
    """The revision that this release needs: the file of a migration begins with its number."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
