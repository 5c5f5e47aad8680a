"""Alerts: offered or not, which is the county's choice; where they are, as the contract says."""

from __future__ import annotations

import grpc
from huimin.v1 import alert_pb2, alert_pb2_grpc

from backend.conformance.trial import SECONDS, Demands, Deviation, NotTried, Refused, Server, need, refused

alert_demands = Demands("alert")


@alert_demands.demand("snapshot")
async def _snapshot(server: Server) -> None:
    stub = alert_pb2_grpc.AlertServiceStub(server.channel)
    stream = stub.WatchAlerts(alert_pb2.WatchAlertsRequest(), timeout=SECONDS)
    try:
        first = await stream.read()
    except grpc.aio.AioRpcError as error:
        raise _not_offered(error) from None
    finally:
        stream.cancel()
    if not isinstance(first, alert_pb2.WatchAlertsResponse):  # the end of the stream
        raise Deviation("wrong", place="WatchAlerts: no message")
    need(first.change == alert_pb2.ALERT_CHANGE_SNAPSHOT, "WatchAlertsResponse.change")
    for alert in first.alerts:
        for field in ("zh_cn", "en", "sent_time", "effective_time", "expire_time"):
            need(alert.HasField(field), f"{alert.name}.{field}")
        for text in (alert.zh_cn, alert.en):
            need(text.headline and text.event and text.language, f"{alert.name}: event, headline, language")
    severities = [alert.severity for alert in first.alerts]
    need(severities == sorted(severities, reverse=True), "WatchAlertsResponse.alerts: the worst first")


@alert_demands.demand("unknown")
async def _unknown_alert(server: Server) -> None:
    stub = alert_pb2_grpc.AlertServiceStub(server.channel)
    request = alert_pb2.AcknowledgeAlertRequest(
        name="alerts/nobody-has-this-name",
        acknowledgement=alert_pb2.ALERT_ACKNOWLEDGEMENT_RECEIVED,
        origin="conformance",
    )
    try:
        await stub.AcknowledgeAlert(alert_pb2.AcknowledgeAlertRequest(), timeout=SECONDS)
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.UNIMPLEMENTED:
            raise NotTried("not_offered") from None
    await refused(stub.AcknowledgeAlert(request, timeout=SECONDS), "NOT_FOUND", "ALERT_UNKNOWN")


def _not_offered(error: grpc.aio.AioRpcError) -> Exception:
    return NotTried("not_offered") if Refused.of(error).code == "UNIMPLEMENTED" else error
