"""Finding the payment gateway that the settings name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any

from backend.payments.gateway import Gateway
from backend.payments.settings import PaymentSettings
from foundation.config import ConfigError

GROUP = "huimin.payment_gateways"

_NATIVE = "native"


def gateway(settings: PaymentSettings) -> Gateway | None:
    """The gateway, its settings checked; None where no payments are taken. Raises ConfigError."""
    if not settings.gateway:
        return None
    made = _plugin(settings.gateway)(settings.options)
    for wrong in made.check_config():
        raise ConfigError(f"backend.payment.options: {wrong}")
    return made


def _plugin(name: str) -> Callable[[Mapping[str, Any]], Gateway]:
    if name == _NATIVE:
        from backend.payments.native import NativeGateway  # noqa: PLC0415 (aiohttp, for those who need it)

        return NativeGateway
    for found in entry_points(group=GROUP, name=name):
        plugin: Callable[[Mapping[str, Any]], Gateway] = found.load()
        return plugin
    known = ", ".join(sorted({_NATIVE, *(one.name for one in entry_points(group=GROUP))}))
    raise ConfigError(f"backend.payment.gateway: there is no plug-in {name!r}; there are {known}")
