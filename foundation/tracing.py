"""Traces: what a request did, from the touch or key to the row, as OpenTelemetry's spans.

Off unless an endpoint is configured; then nothing of OpenTelemetry is loaded and a span costs one comparison.
Spans carry names, codes and the request id, never what a resident entered. A trace crosses a call in the
metadata entry ``traceparent`` (W3C Trace Context, level 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

TRACEPARENT = "traceparent"

_tracer: Tracer | None = None


@contextmanager
def tracing(command: str, endpoint: str) -> Iterator[None]:
    """Sends spans to an OTLP collector, ``http://HOST:4317``, while the block runs; empty: none are made."""
    global _tracer  # noqa: PLW0603 (one of a process, like the log)
    if not endpoint:
        yield
        return
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": command}))
    exporter = OTLPSpanExporter(endpoint=endpoint, insecure=endpoint.startswith("http://"))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = provider.get_tracer("huimin")
    try:
        yield
    finally:
        _tracer = None
        provider.shutdown()


@contextmanager
def span(name: str, parent: str = "", **attributes: str | int) -> Iterator[None]:
    """A span around the block. parent: a ``traceparent`` from outside; else what is around it is its parent.

    An error is marked by its type alone: its message may hold what a resident entered.
    """
    if _tracer is None:
        yield
        return
    from opentelemetry.trace import StatusCode  # noqa: PLC0415
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

    around = TraceContextTextMapPropagator().extract({TRACEPARENT: parent}) if parent else None
    with _tracer.start_as_current_span(
        name, context=around, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield
        except BaseException as error:
            current.set_status(StatusCode.ERROR, type(error).__name__)
            raise


def outgoing() -> tuple[tuple[str, str], ...]:
    """The metadata by which the other side goes on with the trace; empty where there is none."""
    if _tracer is None:
        return ()
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return tuple(carrier.items())


def incoming(metadata: Iterable[tuple[str, str | bytes]] | Mapping[str, str]) -> str:
    """The ``traceparent`` of a call's metadata, empty without one."""
    if _tracer is None:
        return ""
    pairs = metadata.items() if isinstance(metadata, Mapping) else metadata
    return next((value for key, value in pairs if key == TRACEPARENT and isinstance(value, str)), "")
