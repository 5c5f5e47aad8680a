"""Who makes a call, as the audit trail names them."""

from __future__ import annotations

import structlog

from backend.rpc.door import Context, door_of
from backend.storage.audit import Actor


def actor_of(context: Context, credential: str = "door", person: bytes | None = None) -> Actor:
    """The actor of a call. credential and person: as in `Actor`, where a resident is known by a session.

    Refuses a call that no guard has seen.
    """
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    return Actor(door_of(context).name, credential, request_id, person)
