"""What a monitor sees of payments."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

ORDERS = Gauge("huimin_backend_orders", "Orders, by state", ("state",))
ALARMS = Gauge("huimin_backend_payment_alarms", "Payments that the office has to look at")
NOTIFICATIONS = Counter(
    "huimin_backend_payment_notifications", "Payment notifications taken, by what came of them", ("outcome",)
)
REFUSED = Counter(
    "huimin_backend_payment_notifications_refused",
    "Payment notifications that were not the gateway's",
    ("reason",),
)
GATEWAY = Counter(
    "huimin_backend_payment_gateway_failures", "Calls to the payment gateway without a result", ("call",)
)
