"""Where a backend is, as a technician writes it. Pure."""

from __future__ import annotations

import re

from foundation.address import is_loopback_host

LONGEST = 255

_HOST_AND_PORT = re.compile(r"(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")
_NAME_OF_GRPC = re.compile(r"(?:ipv4|ipv6|dns|unix|unix-abstract):\S+")
"""https://grpc.github.io/grpc/core/md_doc_naming.html"""


def check_target(text: str) -> str:
    """``HOST:PORT``, or a name with one of gRPC's schemes. ValueError says what one looks like."""
    target = text.strip()
    match = _HOST_AND_PORT.fullmatch(target)
    if len(target) <= LONGEST and (
        1 <= int(match["port"]) <= 65_535 if match else _NAME_OF_GRPC.fullmatch(target)
    ):
        return target
    raise ValueError(f"{text!r} is no address of a backend; write a host and a port, such as 127.0.0.1:50051")


def is_loopback(target: str) -> bool:
    """Whether a target stays on this machine, so that plain text may be spoken to it.

    A loopback address, `localhost` and a Unix socket do; of several addresses, all have to.
    """
    scheme, addresses = _addresses(target)
    if scheme.startswith("unix"):
        return True
    return all(is_loopback_host(_host(address)) for address in addresses)


def several(target: str) -> bool:
    """Whether a target lists several addresses, so that there is no one name to check a backend by."""
    return len(_addresses(target)[1]) > 1


def _addresses(target: str) -> tuple[str, list[str]]:
    """The scheme, empty without one, and the addresses. ``dns://SERVER/NAME`` asks a server for the name."""
    match = _NAME_OF_GRPC.fullmatch(target)
    scheme, _, rest = target.partition(":") if match else ("", "", target)
    if rest.startswith("//"):
        rest = rest[2:].partition("/")[2]
    return scheme, rest.split(",")


def _host(address: str) -> str:
    """Without the port, which a name of gRPC may lack; without the brackets of IPv6."""
    bracketed = re.match(r"\[([^\]]*)\]", address)
    if bracketed:
        return bracketed[1]
    host, colon, port = address.rpartition(":")
    return host if colon and port.isdecimal() and ":" not in host else address
