"""Which door a call comes through.

`backend.rpc.guard` finds it out before anything else of the call is looked at.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from typing import Any

import grpc
from huimin.v1 import door_pb2

from backend.rpc.refusal import Refusal

Context = grpc.aio.ServicerContext[Any, Any]


class DoorKind(Enum):
    """What kind of door it is."""

    TERMINAL = door_pb2.DOOR_KIND_TERMINAL
    LINE = door_pb2.DOOR_KIND_LINE
    LOCAL = -1
    """Plain text on loopback: whoever is on this machine; allowed what both kinds are."""
    NEWCOMER = -2
    """Who enrols and has no certificate yet."""


@dataclass(frozen=True, slots=True)
class Door:
    """The door of a call: its name, `doors/{door}`, and its kind."""

    name: str
    kind: DoorKind


LOCAL = Door("doors/local", DoorKind.LOCAL)
NEWCOMER = Door("doors/newcomer", DoorKind.NEWCOMER)
RESERVED = frozenset({LOCAL.name, NEWCOMER.name})
"""Names that no door can be given."""

_door: ContextVar[Door] = ContextVar("door")


def door_of(context: Context) -> Door:
    """The door through which this call comes. Refuses a call that no guard has seen."""
    found = _door.get(None)
    if found is None:
        raise unknown()
    return found


def remember(door: Door) -> None:
    """What `door_of` gives for the rest of this call."""
    _door.set(door)


def unknown(reason: str = "DOOR_UNKNOWN") -> Refusal:
    """The door is not let in."""
    return Refusal(grpc.StatusCode.UNAUTHENTICATED, reason, "This door is not let in.")
