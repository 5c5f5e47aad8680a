"""The message gateways that the configuration names, one for each channel."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from backend.notifying.outgoing import Gateway, GatewayPlugin, GatewayWrong
from backend.storage.messages import Channel

GROUP = "huimin.message_gateways"
"""Entry points of other plug-ins."""
OURS = {
    "file": "backend.notifying.gateways.file:FileGateway",
    "http": "backend.notifying.gateways.http:HttpGateway",
    "smtp": "backend.notifying.gateways.smtp:SmtpGateway",
}
"""Where each of ours is; loaded only where it is configured."""

Gateways = Mapping[Channel, Gateway]


def gateways(tables: Mapping[str, Mapping[str, Any]], data: Path) -> Gateways:
    """The gateway of each channel; `file` where the configuration names none.

    tables: by channel, each with the plug-in's name as `gateway`; data: the backend's folder. Raises
    GatewayWrong.
    """
    for name in tables:
        if name not in list(Channel):
            raise GatewayWrong(
                f"message_gateways: there is no channel {name!r}; there are {', '.join(Channel)}"
            )
    made = {}
    for channel in Channel:
        table = dict(tables.get(channel, {}))
        name = str(table.pop("gateway", "file"))
        try:
            made[channel] = _plugin(name)(channel, table, data)
            made[channel].check_config()
        except GatewayWrong as wrong:
            raise GatewayWrong(f"message_gateways.{channel}: {wrong}") from None
    return made


def _plugin(name: str) -> GatewayPlugin:
    if name in OURS:
        ours: GatewayPlugin = resolve_name(OURS[name])
        return ours
    found = {point.name: point for point in entry_points(group=GROUP)}
    if name not in found:
        known = ", ".join(sorted({*OURS, *found}))
        raise GatewayWrong(f"there is no gateway {name!r}; there are {known}")
    try:
        plugin: GatewayPlugin = found[name].load()
    except Exception as error:  # another's code: whatever it raises, the operator reads which plug-in it is
        raise GatewayWrong(f"the gateway {name!r} cannot be loaded: {error}") from error
    return plugin
