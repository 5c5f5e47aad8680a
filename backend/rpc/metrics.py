"""What a monitor sees of the calls."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from prometheus_client import Counter, Gauge, Histogram

CALLS = Counter("huimin_backend_calls", "Calls that have ended, by method and gRPC code", ("method", "code"))
REFUSALS = Counter("huimin_backend_refusals", "Calls refused with a reason of the contract", ("reason",))
UNDER_WAY = Gauge("huimin_backend_calls_under_way", "Calls that are being answered now")
RATINGS = Counter(
    "huimin_backend_ratings", "Ratings that were given, of all services together", ("satisfaction",)
)
"""By level alone: a service that one resident used in a day would show what that one thinks."""
SECONDS = Histogram(
    "huimin_backend_call_seconds",
    "Time from a call's arrival to its answer",
    ("method",),
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)


STREAMS = frozenset({"/huimin.v1.AlertService/WatchAlerts", "/grpc.health.v1.Health/Watch"})
"""Calls that last as long as somebody listens: neither under way nor slow."""


def under_way(method: str) -> AbstractContextManager[None]:
    """Counts a call while it is being answered."""
    return nullcontext() if method in STREAMS else UNDER_WAY.track_inprogress()


def ended(method: str, code: str, reason: str, seconds: float) -> None:
    """Counts a call. method: ``/huimin.v1.Service/Method``; code: name of the gRPC status."""
    short = method.rpartition(".")[2]
    CALLS.labels(short, code).inc()
    if method not in STREAMS:
        SECONDS.labels(short).observe(seconds)
    if reason:
        REFUSALS.labels(reason).inc()
