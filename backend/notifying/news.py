"""A case's news for its applicant: one message for each change, on each way that he named."""

from __future__ import annotations

from datetime import datetime

from huimin.v1 import case_pb2
from sqlalchemy import Connection

from backend.notifying.contact import Contact
from backend.notifying.queue import enqueue
from backend_client.forms.reference import group

_PREFIX = "CASE_STATE_"


def tell(
    connection: Connection,
    contact: Contact,
    reference: str,
    *,
    kind: str,
    cause: str,
    now: datetime,
    request_id: str,
) -> None:
    """Tells the applicant.

    kind: one of `KINDS` that takes `reference` or `ending`; cause: names the change.
    """
    values = {"reference": group(reference)} if kind == "case_received" else {"ending": reference[-4:]}
    for recipient in contact.recipients:
        enqueue(
            connection,
            key=cause,
            recipient=recipient,
            kind=kind,
            language=contact.language,
            values=values,
            now=now,
            reference=reference,
            request_id=request_id,
        )


def kind_of(state: int, before: int | None) -> str:
    """The kind of message that tells of a state. before: the state until then, None for a new case."""
    if state == before:
        return "case_note"
    return (
        "case_" + case_pb2.CaseState.Name(case_pb2.CaseState.ValueType(state)).removeprefix(_PREFIX).lower()
    )
