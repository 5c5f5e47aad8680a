"""What a monitor sees of the alerts."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

MESSAGES = Counter(
    "huimin_backend_alert_messages", "CAP messages that arrived, by what became of them", ("outcome",)
)
IN_FORCE = Gauge("huimin_backend_alerts_in_force", "Alerts that the doors are told of now")
STREAMS = Gauge("huimin_backend_alert_streams", "Doors that are told of alerts by this backend now")
ACKNOWLEDGED = Counter(
    "huimin_backend_alert_acknowledgements", "Acknowledgements of doors, by kind", ("kind",)
)
