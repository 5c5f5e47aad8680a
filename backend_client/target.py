"""Where a backend is, as a technician writes it. Pure."""

from __future__ import annotations

import re

from foundation.address import is_loopback_host

LONGEST = 255
"""Characters of one address."""
MOST = 16
"""Addresses of one target."""

_HOST_AND_PORT = re.compile(r"(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")
_NAME_OF_GRPC = re.compile(r"(?:ipv4|ipv6|dns|unix|unix-abstract):\S+")
"""https://grpc.github.io/grpc/core/md_doc_naming.html"""


def check_target(text: str) -> str:
    """``HOST:PORT``, several with commas between them, or a name with one of gRPC's schemes.

    ValueError says what one looks like.
    """
    target = text.strip()
    given = target.split(",")
    if len(given) <= MOST and all(len(one) <= LONGEST for one in given):
        hosts = [_HOST_AND_PORT.fullmatch(one) for one in given]
        if all(match and 1 <= int(match["port"]) <= 65_535 for match in hosts):
            return target
        if hosts[0] is None and _NAME_OF_GRPC.fullmatch(target):
            return target
    raise ValueError(
        f"{text!r} is no address of a backend; write a host and a port, such as 127.0.0.1:50051, "
        "and commas between several"
    )


def addresses(target: str) -> tuple[str, ...]:
    """The addresses of a checked target, each one that gRPC takes by itself, none twice."""
    scheme, several = _addresses(target)
    if scheme in ("", "ipv4", "ipv6"):
        return tuple(dict.fromkeys(f"{scheme}:{one}" if scheme else one for one in several))
    return (target,)


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
