"""One name for everything that a touch or a key leads to: in the log, in calls, in what the backend stores.

It is set where the action enters the process and follows it through every task begun from there.
"""

from __future__ import annotations

from contextvars import ContextVar
from uuid import uuid4

import structlog

METADATA_KEY = "x-request-id"
"""The entry of a call's metadata in which it travels."""

_current: ContextVar[str] = ContextVar("request_id", default="")


def begin_request(request_id: str = "") -> str:
    """Names what follows in this task, and in tasks begun from it. request_id: one kept from before."""
    request_id = request_id or uuid4().hex
    _current.set(request_id)
    structlog.contextvars.bind_contextvars(request_id=request_id)
    return request_id


def current_request() -> str:
    """The name of what is under way; empty where nothing began it."""
    return _current.get()
