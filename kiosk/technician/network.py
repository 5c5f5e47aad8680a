"""What a technician wants to know of the network: addresses, the backend and how fast it answers, the
certificate's end, the clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from backend_client.client import BackendClient
from backend_client.credentials import CredentialsUnusable, DoorCredentials
from kiosk.settings import KioskSettings

IP_SECONDS = 3.0
MOST_ADDRESSES = 16
SLOW_SECONDS = 0.5
"""A backend that answers later than this is felt by residents."""
CLOCK_SECONDS = 5.0
"""A clock that is off by more is wrong."""
CERTIFICATE_DAYS = 14
"""A certificate is renewed before; one that ends sooner was not."""


@dataclass(frozen=True, slots=True)
class NetworkState:
    """addresses: of each interface, None where the system does not tell; backends: seconds of an answer to
    the question for its health, None where it does not answer; expires: of the certificate, None without one;
    clock_offset: seconds by which this clock is ahead of the backend's, None where that is not known."""

    addresses: Mapping[str, tuple[str, ...]] | None
    backends: Mapping[str, float | None]
    expires: datetime | None
    clock_offset: float | None


async def look(settings: KioskSettings, client: BackendClient, clock_offset: float | None) -> NetworkState:
    """How it is now. Never raises."""
    addresses, backends, expires = await asyncio.gather(
        own_addresses(), client.probe(), asyncio.to_thread(_expires, settings)
    )
    return NetworkState(addresses, backends, expires, clock_offset)


async def own_addresses() -> dict[str, tuple[str, ...]] | None:
    """Addresses of this machine by interface, as iproute2 tells them; None where it does not."""
    try:
        process = await asyncio.create_subprocess_exec(
            *("ip", "-json", "address", "show", "up"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(IP_SECONDS):
            said, _ = await process.communicate()
        return parse_addresses(said)
    except (TimeoutError, ValueError):
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def parse_addresses(said: bytes) -> dict[str, tuple[str, ...]]:
    """What ``ip -json address`` says, without the loopback. Raises ValueError."""
    found: dict[str, tuple[str, ...]] = {}
    interfaces = json.loads(said)
    if not isinstance(interfaces, list):
        raise ValueError("no list of interfaces")
    for interface in interfaces[:MOST_ADDRESSES]:
        if not isinstance(interface, dict) or "LOOPBACK" in interface.get("flags", ()):
            continue
        addresses = tuple(
            f"{one['local']}/{one['prefixlen']}"
            for one in interface.get("addr_info", ())[:MOST_ADDRESSES]
            if isinstance(one, dict) and "local" in one and "prefixlen" in one
        )
        if addresses:
            found[str(interface.get("ifname", ""))[:32]] = addresses
    return found


def _expires(settings: KioskSettings) -> datetime | None:
    if settings.credentials is None:
        return None
    try:
        return DoorCredentials.load(settings.credentials).not_after
    except CredentialsUnusable:
        return None
