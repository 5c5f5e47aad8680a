"""How many, how large, how long: where calls and connections are cut off."""

from __future__ import annotations

import resource
from collections import Counter
from datetime import timedelta

import grpc

from backend.rpc.door import Door, DoorKind
from backend.rpc.refusal import Refusal

MAX_MESSAGE = 4 << 20
"""Bytes of one message: 100 answers of the longest text fit."""
MAX_CALLS = 4000
"""More calls at a time than this, of all doors, are refused with RESOURCE_EXHAUSTED. Each door holds one all
the time, to be told of alerts."""
CALLS_OF_A_DOOR = {
    DoorKind.TERMINAL: 32,  # one resident at a time
    DoorKind.LINE: 400,  # many callers at a time
    DoorKind.LOCAL: 800,
    DoorKind.NEWCOMER: 32,
}
"""More calls at a time than this, through one door, are refused."""
_RETRY = timedelta(seconds=1)

SECONDS = 10.0
"""So long a call may take, where nothing else is said below, and where its caller gives it no less."""
SECONDS_OF: dict[str, float] = {
    "/huimin.v1.FormService/CreateSubmission": 30,
    "/huimin.v1.FormService/LeaseReferences": 30,
    "/huimin.v1.FormService/UploadAttachment": 600,
    "/huimin.v1.AlertService/WatchAlerts": 600,  # ends by itself before, and is asked for again
    "/huimin.v1.LookupService/RunLookup": 20,  # who keeps the records has up to 15 s
    "/huimin.v1.DocumentService/RenderDocument": 30,
    "/huimin.v1.DocumentService/RenderText": 30,
    "/huimin.v1.EnrolmentService/Enrol": 30,
    "/huimin.v1.EnrolmentService/RenewCertificate": 30,
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": 60,
    "/grpc.health.v1.Health/Watch": 3600,  # a client that goes on watching asks again
}

TAKING_SECONDS = 10.0
"""So long after that a caller may take to take its answer, by opening its window (RFC 9113, section 5.2)."""

PING_INTERVAL = "grpc.http2.min_ping_interval_without_data_ms"
"""The option that says how often, in milliseconds, a client may ping; more often, and its line is closed."""
CHANNEL_OPTIONS = (
    ("grpc.so_reuseport", 0),  # a second backend on the same port is a mistake, not a helper
    ("grpc.max_receive_message_length", MAX_MESSAGE),
    ("grpc.max_send_message_length", MAX_MESSAGE),
    ("grpc.max_metadata_size", 16 << 10),
    ("grpc.absolute_max_metadata_size", 16 << 10),
    ("grpc.max_concurrent_streams", 500),
    # A message may inflate to a thousand times its size; doors send none that is deflated.
    ("grpc.compression_enabled_algorithms_bitset", 1),
    ("grpc.per_message_decompression", 0),
    # Who connects has to say something of HTTP/2 soon, and to use the connection now and then.
    ("grpc.server_handshake_timeout_ms", 10_000),
    ("grpc.max_connection_idle_ms", 3_600_000),
    # After an hour it is opened anew, which costs a door nothing: so what hangs on it is let go in the end,
    # and doors find back to a backend that was away. The grace is longer than any call of the contract.
    ("grpc.max_connection_age_ms", 3_600_000),
    ("grpc.max_connection_age_grace_ms", 700_000),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    # Doors ping an idle connection every 30 s; by default that is answered with GOAWAY too_many_pings.
    ("grpc.keepalive_permit_without_calls", 1),
    (PING_INTERVAL, 10_000),
)


def allow_many_connections() -> None:
    """Lets this process open as many files as it may; by default 1024, which idle connections soon use up."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def seconds(method: str, given: float | None) -> float:
    """How long a call may take. given: seconds that its caller waits, None where it set no deadline."""
    most = SECONDS_OF.get(method, SECONDS)
    return most if given is None else min(given, most)


class UnderWay:
    """The calls that are not over yet, by door."""

    def __init__(self) -> None:
        self._by_door: Counter[str] = Counter()

    def begin(self, door: Door) -> None:
        """Counts a call. Raises Refusal where its door has too many, and then does not count it."""
        if self._by_door[door.name] >= CALLS_OF_A_DOOR[door.kind]:
            raise Refusal(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "TOO_MANY_CALLS",
                "This door makes too many calls at a time.",
                retry_after=_RETRY,
            )
        self._by_door[door.name] += 1

    def end(self, door: Door) -> None:
        """A call that was counted is over."""
        self._by_door[door.name] -= 1
        if not self._by_door[door.name]:
            del self._by_door[door.name]
