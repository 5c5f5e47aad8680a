"""Addresses in settings: a host and a port."""

from __future__ import annotations

import ipaddress
import re

_ADDRESS = re.compile(r"(?P<host>[^\[\]:/\s]{1,253}|\[[0-9a-fA-F:.]+\]):(?P<port>[0-9]{1,5})")


def check_address(given: str) -> str:
    """``HOST:PORT``, port 0 for a free one. Raises ValueError with what is wanted instead."""
    match = _ADDRESS.fullmatch(given.strip())
    if match is None or int(match["port"]) > 65_535:
        raise ValueError(f"{given!r} is no address; write a host and a port, such as 127.0.0.1:50051")
    return match[0]


def host_and_port(address: str) -> tuple[str, int]:
    """The parts of a checked address, the host without brackets."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def is_loopback_host(host: str) -> bool:
    """Whether a host is this machine: 127.0.0.0/8 (RFC 1122, 3.2.1.3), ::1, or the name `localhost`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
