"""Where a backend is, as a technician writes it. Pure."""

from __future__ import annotations

import re

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
