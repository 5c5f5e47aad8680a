"""Terminals that report themselves: offered or not, which is the county's choice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import grpc
from huimin.v1 import terminal_pb2, terminal_pb2_grpc

from backend.clock import timestamp
from backend.conformance.samples import ORIGIN
from backend.conformance.trial import SECONDS, Demands, NotTried, Refused, Server, need, refused

CLOCKS = timedelta(hours=1)
"""Clocks that differ by more are wrong, and not only by the way that a report takes."""
terminal_demands = Demands("terminal")


@terminal_demands.demand("report", writes=True)
async def _report(server: Server) -> None:
    answer = await _told(server)
    need(answer.HasField("receive_time"), "ReportTerminalResponse.receive_time")
    away = answer.receive_time.ToDatetime(UTC) - datetime.now(UTC)
    need(abs(away) < CLOCKS, "ReportTerminalResponse.receive_time: the time")


@terminal_demands.demand("repeat", writes=True)
async def _repeat(server: Server) -> None:
    first = await _told(server)
    again = await _told(server)
    need(
        again.receive_time.ToDatetime(UTC) >= first.receive_time.ToDatetime(UTC),
        "ReportTerminalResponse.receive_time: later than before",
    )


@terminal_demands.demand("bounds")
async def _bounds(server: Server) -> None:
    nobody = _sample()
    nobody.report.ClearField("origin")
    stub = terminal_pb2_grpc.TerminalServiceStub(server.channel)
    try:
        await stub.ReportTerminal(nobody, timeout=SECONDS)
    except grpc.aio.AioRpcError as error:
        _if_offered(error)
    await refused(
        stub.ReportTerminal(nobody, timeout=SECONDS),
        "INVALID_ARGUMENT",
        "REQUEST_INVALID",
        violation="report.origin",
    )


async def _told(server: Server) -> terminal_pb2.ReportTerminalResponse:
    stub = terminal_pb2_grpc.TerminalServiceStub(server.channel)
    try:
        return await stub.ReportTerminal(_sample(), timeout=SECONDS)
    except grpc.aio.AioRpcError as error:
        _if_offered(error)
        raise


def _if_offered(error: grpc.aio.AioRpcError) -> None:
    if Refused.of(error).code == "UNIMPLEMENTED":
        raise NotTried("not_offered") from None


def _sample() -> terminal_pb2.ReportTerminalRequest:
    now = timestamp(datetime.now(UTC))
    return terminal_pb2.ReportTerminalRequest(
        report=terminal_pb2.TerminalReport(
            origin=ORIGIN, start_time=now, send_time=now, state=terminal_pb2.TERMINAL_STATE_STOPPING
        )
    )
