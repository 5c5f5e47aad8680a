"""Policies as they were published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from huimin.v1 import policy_pb2
from sqlalchemy import Connection, select

from backend.storage.tables import PolicyRow

Position = tuple[date, str]
"""Where a page ends: day of issue and name of its last policy."""


def one(connection: Connection, name: str) -> policy_pb2.Policy | None:
    """The policy of that name, with its sections."""
    message = (connection.execute(select(PolicyRow.message).where(PolicyRow.name == name))).scalar()
    return None if message is None else policy_pb2.Policy.FromString(message)


def newest_first(
    connection: Connection, topic: str, after: Position | None, most: int
) -> list[policy_pb2.Policy]:
    """Policies of a topic (of all where empty) that come after a position, with their sections."""
    statement = select(PolicyRow.message).order_by(PolicyRow.issue_date.desc(), PolicyRow.name).limit(most)
    if topic:
        statement = statement.where(PolicyRow.topic == topic)
    if after is not None:
        day, name = after
        statement = statement.where(
            (PolicyRow.issue_date < day) | ((PolicyRow.issue_date == day) & (PolicyRow.name > name))
        )
    messages = (connection.execute(statement)).scalars()
    return [policy_pb2.Policy.FromString(message) for message in messages]


def numbered(connection: Connection, numbers: Sequence[int]) -> Mapping[int, policy_pb2.Policy]:
    """Policies by their number in the search index."""
    if not numbers:
        return {}
    rows = connection.execute(
        select(PolicyRow.number, PolicyRow.message).where(PolicyRow.number.in_(numbers))
    )
    return {row.number: policy_pb2.Policy.FromString(row.message) for row in rows}
