"""Policies as they were published.

A wording of a policy has a number for ever (`policy_texts`), and a publication is a set of wordings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from huimin.v1 import policy_pb2
from sqlalchemy import Connection, Select, insert, literal, select, text

from backend.storage.tables import PolicyText, PublishedPolicy

Position = tuple[date, str]
"""Where a page ends: day of issue and name of its last policy."""
_ROWS = 500
_ADD_TEXT = text(
    "INSERT INTO policy_texts (digest, message) VALUES (:digest, :message) ON CONFLICT (digest) DO NOTHING"
)


def one(connection: Connection, publication: int, name: str) -> policy_pb2.Policy | None:
    """The policy of that name, with its sections."""
    message = connection.execute(
        _messages().where(PublishedPolicy.publication == publication, PublishedPolicy.name == name)
    ).scalar()
    return None if message is None else policy_pb2.Policy.FromString(message)


def newest_first(
    connection: Connection, publication: int, topic: str, after: Position | None, most: int
) -> list[policy_pb2.Policy]:
    """Policies of a topic (of all where empty) that come after a position, with their sections."""
    row = PublishedPolicy
    statement = (
        _messages()
        .where(row.publication == publication)
        .order_by(row.issue_date.desc(), row.name)
        .limit(most)
    )
    if topic:
        statement = statement.where(row.topic == topic)
    if after is not None:
        day, name = after
        statement = statement.where((row.issue_date < day) | ((row.issue_date == day) & (row.name > name)))
    return [policy_pb2.Policy.FromString(message) for message in connection.execute(statement).scalars()]


def numbered(connection: Connection, numbers: Sequence[int]) -> Mapping[int, policy_pb2.Policy]:
    """Wordings by their number, of whatever publication."""
    if not numbers:
        return {}
    rows = connection.execute(
        select(PolicyText.number, PolicyText.message).where(PolicyText.number.in_(numbers))
    )
    return {row.number: policy_pb2.Policy.FromString(row.message) for row in rows}


def wordings(connection: Connection, publication: int) -> Mapping[int, int]:
    """The wordings of a publication: the mark of each by its number, as the search index keeps it."""
    found = (
        select(PolicyText.number, PolicyText.digest)
        .join(PublishedPolicy, PublishedPolicy.number == PolicyText.number)
        .where(PublishedPolicy.publication == publication)
    )
    return {row.number: mark(row.digest) for row in connection.execute(found)}


def mark(sha256: bytes) -> int:
    """The beginning of a digest as a signed number of 64 bits: tells two wordings apart."""
    return int.from_bytes(sha256[:8], signed=True)


def messages(connection: Connection, wanted: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """Wordings as they are kept, with their number, some at a time."""
    for start in range(0, len(wanted), _ROWS):
        some = wanted[start : start + _ROWS]
        for row in connection.execute(
            select(PolicyText.number, PolicyText.message).where(PolicyText.number.in_(some))
        ):
            yield row.number, row.message


def whole(connection: Connection, publication: int) -> tuple[policy_pb2.Policy, ...]:
    """All policies of a publication, by name."""
    found = _messages().where(PublishedPolicy.publication == publication).order_by(PublishedPolicy.name)
    return tuple(policy_pb2.Policy.FromString(message) for message in connection.execute(found).scalars())


def add(connection: Connection, publication: int, policies: Sequence[policy_pb2.Policy]) -> None:
    """Adds policies to a publication that is being written; wordings that are there already are used."""
    if not policies:
        return
    written = [policy.SerializeToString(deterministic=True) for policy in policies]
    digests = [hashlib.sha256(message).digest() for message in written]
    connection.execute(
        _ADD_TEXT,
        [{"digest": digest, "message": message} for digest, message in zip(digests, written, strict=True)],
    )
    known = select(PolicyText.digest, PolicyText.number).where(PolicyText.digest.in_(digests))
    held = {row.digest: row.number for row in connection.execute(known)}
    connection.execute(
        insert(PublishedPolicy),
        [
            {
                "publication": publication,
                "name": policy.name,
                "number": held[digest],
                "topic": policy.topic,
                "issue_date": issue_date(policy),
            }
            for policy, digest in zip(policies, digests, strict=True)
        ],
    )


def copy(connection: Connection, publication: int, into: int) -> None:
    """Gives one publication the policies of another."""
    row = PublishedPolicy
    connection.execute(
        insert(row).from_select(
            ["publication", "name", "number", "topic", "issue_date"],
            select(literal(into), row.name, row.number, row.topic, row.issue_date).where(
                row.publication == publication
            ),
        )
    )


def _messages() -> Select[bytes]:
    return select(PolicyText.message).join(PublishedPolicy, PublishedPolicy.number == PolicyText.number)


def issue_date(policy: policy_pb2.Policy) -> date:
    """The day of issue."""
    return date(policy.issue_date.year, policy.issue_date.month, policy.issue_date.day)
