"""Figures over HTTP, traces to a collector that speaks OTLP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import ClassVar
from urllib.request import urlopen

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client import Counter

from foundation.config import ConfigError, load
from foundation.observing import ObservedSettings, observed
from foundation.tracing import incoming, outgoing, span

SEEN = Counter("huimin_test_seen", "Counted by a test")


class RoomSettings(ObservedSettings):
    """A room of the test's."""

    room: ClassVar[str] = "room"


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Takes what an exporter sends."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.came = threading.Event()

    def Export(  # noqa: N802 (the contract's name)
        self, request: trace_service_pb2.ExportTraceServiceRequest, context: object
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                self.spans.extend(scope.spans)
        self.came.set()
        return trace_service_pb2.ExportTraceServiceResponse()


@contextmanager
def collecting() -> Iterator[tuple[Collector, str]]:
    collector = Collector()
    server = grpc.server(ThreadPoolExecutor(2))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield collector, f"http://127.0.0.1:{port}"
    finally:
        server.stop(None)


def test_a_monitor_reads_the_figures() -> None:
    settings = load(RoomSettings, None, metrics="127.0.0.1:0")
    with observed("huimin-test", settings) as address:
        SEEN.inc()
        text = urlopen(f"http://{address}/metrics").read().decode()
    assert "huimin_test_seen_total 1.0" in text
    with pytest.raises(OSError):
        urlopen(f"http://{address}/metrics")


def test_an_address_in_use_is_said() -> None:
    with observed("huimin-test", load(RoomSettings, None, metrics="127.0.0.1:0")) as address:
        twice = load(RoomSettings, None, metrics=address)
        with pytest.raises(ConfigError, match=address), observed("huimin-test", twice):
            pass


@pytest.mark.parametrize("wrong", ["9464", "host", "host:99999", "host:1 2"])
def test_an_address_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(ConfigError, match=r"room\.metrics"):
        load(RoomSettings, None, metrics=wrong)


def test_a_trace_goes_on_at_the_other_side_and_carries_no_error_text() -> None:
    with collecting() as (collector, endpoint):
        with observed("huimin-test", load(RoomSettings, None, traces=endpoint)):
            with span("touch", page="home"):
                metadata = outgoing()
            with pytest.raises(ValueError, match="secret"), span("call", incoming(metadata)):
                raise ValueError("secret")
        assert collector.came.wait(10)
    touch, call = sorted(collector.spans, key=lambda found: found.name, reverse=True)
    assert (touch.name, call.name) == ("touch", "call")
    assert call.trace_id == touch.trace_id
    assert call.parent_span_id == touch.span_id
    assert "secret" not in str(collector.spans)


def test_without_a_collector_nothing_is_made() -> None:
    with observed("huimin-test", load(RoomSettings, None)) as address, span("touch"):
        assert address == ""
        assert outgoing() == ()
        assert incoming([("traceparent", "00-0-0-00")]) == ""
