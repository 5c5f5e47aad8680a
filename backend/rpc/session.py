"""The session of a call: what its token opens, and what the caller may therefore see and do."""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import dataclass

import grpc

from backend.rpc.door import Context
from backend.rpc.permissions import Scope, not_through_this_door
from backend.rpc.refusal import Refusal
from backend.storage.sessions import MAX_TOKEN, Opened

_BEARER = re.compile(rf"Bearer ([A-Za-z0-9_-]{{1,{MAX_TOKEN}}})")


@dataclass(frozen=True, slots=True)
class Right:
    """What a call may see and do. opened: what its session opens, None where it needs none."""

    scope: Scope
    opened: Opened | None = None


_right: ContextVar[Right] = ContextVar("right")


def grant(right: Right) -> None:
    """What `right_of` gives for the rest of this call."""
    _right.set(right)


def right_of(context: Context) -> Right:
    """What this call may. Refuses one to which nothing was granted."""
    found = _right.get(None)
    if found is None:
        raise not_through_this_door()
    return found


def opened_of(context: Context) -> Opened:
    """What the session of this call opens. Refuses a call without one."""
    opened = right_of(context).opened
    if opened is None:
        raise session_needed()
    return opened


def token_of(context: Context) -> str:
    """The token that a call carries. Refuses a call that carries none, or what can be none."""
    for key, value in context.invocation_metadata() or ():
        if key == "authorization" and isinstance(value, str) and (found := _BEARER.fullmatch(value)):
            return found[1]
    raise session_needed()


def carries_token(context: Context) -> bool:
    """Whether a call carries what should be a token."""
    return any(key == "authorization" for key, _ in context.invocation_metadata() or ())


def session_needed() -> Refusal:
    """There is no session."""
    return Refusal(grpc.StatusCode.UNAUTHENTICATED, "SESSION_NEEDED", "This call needs a session.")


def session_expired() -> Refusal:
    """The session is over, was never opened, or was opened through another door: they are not told apart."""
    return Refusal(grpc.StatusCode.UNAUTHENTICATED, "SESSION_EXPIRED", "The session is over.")
