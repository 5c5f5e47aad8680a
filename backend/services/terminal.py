"""How the terminals are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import grpc
from huimin.v1 import terminal_pb2, terminal_pb2_grpc

from backend.clock import timestamp
from backend.rpc.door import Context, DoorKind, door_of
from backend.rpc.refusal import Refusal
from backend.storage import terminals
from backend.storage.database import Database
from foundation.log import logger

_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class TerminalService(terminal_pb2_grpc.TerminalServiceServicer):
    """`huimin.v1.TerminalService`. A terminal reports for itself: by the name in its certificate."""

    database: Database
    now: Callable[[], datetime]

    async def ReportTerminal(  # noqa: N802 (the contract's name)
        self, request: terminal_pb2.ReportTerminalRequest, context: Context
    ) -> terminal_pb2.ReportTerminalResponse:
        """Keeps how a terminal is, and what changed there since its last report."""
        door, now = door_of(context), self.now()
        report = terminal_pb2.TerminalReport()
        report.CopyFrom(request.report)
        report.DiscardUnknownFields()
        try:
            changed = await self.database.write(
                terminals.keep, report, now, door=door.name, certified=door.kind is not DoorKind.LOCAL
            )
        except terminals.TooManyOrigins:
            raise Refusal(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "TOO_MANY_ORIGINS",
                "This door speaks for more terminals than it can have.",
            ) from None
        for change in changed:
            _log.info(
                f"terminal_{change.what.value}",
                door=door.name,
                origin=report.origin,
                subject=change.subject,
                value=change.value,
            )
        return terminal_pb2.ReportTerminalResponse(receive_time=timestamp(now))
