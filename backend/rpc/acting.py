"""Who makes a call, as the audit trail names them."""

from __future__ import annotations

from backend.rpc.door import Context, door_of
from backend.storage.audit import Actor
from foundation.request_id import current_request


def actor_of(context: Context, credential: str = "door", person: bytes | None = None) -> Actor:
    """The actor of a call. credential and person: as in `Actor`, where a resident is known by a session.

    Refuses a call that no guard has seen.
    """
    return Actor(door_of(context).name, credential, current_request(), person)
