"""Public alerts."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import grpc
from huimin.v1 import alert_pb2, alert_pb2_grpc

from backend.alerts import metrics
from backend.alerts.board import Board, changes
from backend.rpc.door import Context, DoorKind, door_of
from backend.rpc.refusal import Refusal, not_found
from backend.storage import alerts
from backend.storage.alerts import Acknowledging
from backend.storage.database import Database

ALIVE_SECONDS = 10.0
STREAM_SECONDS = 540.0
"""A stream ends then at the latest, before its time limit at the edge; the door finds another backend."""
STREAMS_OF_A_DOOR = {
    DoorKind.TERMINAL: 2,
    DoorKind.LINE: 16,  # a process each
    DoorKind.LOCAL: 200,
    DoorKind.NEWCOMER: 0,
}
EARLIEST = timedelta(days=7)
"""So long ago a door may say that something was: what it said while the backend was away arrives late."""


class AlertService(alert_pb2_grpc.AlertServiceServicer):
    """`huimin.v1.AlertService`."""

    def __init__(self, database: Database, board: Board, now: Callable[[], datetime]) -> None:
        self._database = database
        self._board = board
        self._now = now

    async def WatchAlerts(  # noqa: N802 (the contract's name)
        self, request: alert_pb2.WatchAlertsRequest, context: Context
    ) -> AsyncIterator[alert_pb2.WatchAlertsResponse]:
        """All that are in force, then every change, until the stream has lasted long enough."""
        door = door_of(context)
        end = time.monotonic() + STREAM_SECONDS * random.uniform(0.8, 1)  # noqa: S311 (spreads doors out)
        with self._board.watched(door.name, STREAMS_OF_A_DOOR[door.kind]) as watching:
            told = self._board.in_force
            yield alert_pb2.WatchAlertsResponse(change=alert_pb2.ALERT_CHANGE_SNAPSHOT, alerts=told.values())
            while not watching.over and (left := end - time.monotonic()) > 0:
                if not await watching.wait(min(ALIVE_SECONDS, left)):
                    yield alert_pb2.WatchAlertsResponse(change=alert_pb2.ALERT_CHANGE_ALIVE)
                    continue
                there = self._board.in_force
                for change in changes(told, there, self._now()):
                    yield change
                told = there

    async def AcknowledgeAlert(  # noqa: N802
        self, request: alert_pb2.AcknowledgeAlertRequest, context: Context
    ) -> alert_pb2.AcknowledgeAlertResponse:
        """Keeps what became of an alert at a terminal or line."""
        now = self._now()
        given = request.time.ToDatetime(UTC) if request.HasField("time") else now
        done = await self._database.write(
            alerts.acknowledge,
            request.name,
            request.acknowledgement,
            given if now - EARLIEST <= given <= now else now,
            door=door_of(context).name,
            origin=request.origin,
        )
        if done is Acknowledging.ALERT_UNKNOWN:
            raise not_found("ALERT_UNKNOWN", "alert")
        if done is Acknowledging.TOO_MANY_ORIGINS:
            raise Refusal(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "TOO_MANY_ORIGINS",
                "This door speaks for more terminals or lines than it can have.",
            )
        kind = alert_pb2.AlertAcknowledgement.Name(request.acknowledgement)
        metrics.ACKNOWLEDGED.labels(kind.removeprefix("ALERT_ACKNOWLEDGEMENT_").lower()).inc()
        return alert_pb2.AcknowledgeAlertResponse()
