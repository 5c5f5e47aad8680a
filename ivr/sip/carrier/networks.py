"""Who may reach a socket, as a program for the kernel. Pure.

A socket filter is a short program of the classic BSD packet filter (McCanne and Jacobson 1993; Linux:
``Documentation/networking/filter.rst``). The kernel runs it on each packet before the socket gets it. An
instruction is 8 bytes in the machine's byte order::

    code u16 | jump if true u8 | jump if false u8 | operand u32

What is loaded from beyond `NETWORK_HEADER` counts from the beginning of the IP header.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network

MOST_NETWORKS = 128
"""So that the longest program, all of IPv6, stays below the 20 KiB that older kernels give a socket."""
THIS_MACHINE: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
ALL_OF_IT = 0xFFFFFFFF
"""What a filter returns for a packet that may pass: how many of its bytes."""
NETWORK_HEADER = 0xFFF00000

_LOAD_BYTE, _LOAD_WORD, _AND, _SAME, _GO, _RETURN = 0x30, 0x20, 0x54, 0x15, 0x05, 0x06
_VERSION, _SOURCE_4, _SOURCE_6 = NETWORK_HEADER, NETWORK_HEADER + 12, NETWORK_HEADER + 8
_Instruction = tuple[int, int, int, int]


def network(text: str) -> Network:
    """``192.0.2.0/24``, ``2001:db8::/32`` or one address. Raises ValueError with what is wanted instead."""
    try:
        return ip_network(text.strip())
    except ValueError:
        hint = ""
        with suppress(ValueError):
            hint = f"; the network of that address is {ip_network(text.strip(), strict=False)}"
        raise ValueError(
            f"{text!r} is neither an address nor a network such as 192.0.2.0/24 or 2001:db8::/32{hint}"
        ) from None


def program(allowed: Sequence[Network], *, let_pass: int = ALL_OF_IT, refuse: int = 0) -> bytes:
    """Returns `let_pass` for packets whose sender is in one of the networks, else `refuse`.

    Raises ValueError for more than `MOST_NETWORKS`.
    """
    if len(allowed) > MOST_NETWORKS:
        raise ValueError(f"{len(allowed)} networks; at most {MOST_NETWORKS} can be told apart")
    four = [step for net in allowed if net.version == 4 for step in _test(net, _SOURCE_4, let_pass)]
    six = [step for net in allowed if net.version == 6 for step in _test(net, _SOURCE_6, let_pass)]
    four.append((_RETURN, 0, 0, refuse))
    six.append((_RETURN, 0, 0, refuse))
    start: list[_Instruction] = [
        (_LOAD_BYTE, 0, 0, _VERSION),
        (_AND, 0, 0, 0xF0),
        (_SAME, 1, 0, 0x40),
        (_GO, 0, 0, len(four)),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in [*start, *four, *six])


def _test(net: Network, source: int, let_pass: int) -> list[_Instruction]:
    """Returns from the program where the sender is in the network, and goes on behind this where not."""
    words = [
        (source + at, mask, value)
        for at in range(0, net.max_prefixlen // 8, 4)
        if (mask := int.from_bytes(net.netmask.packed[at : at + 4], "big"))
        for value in [int.from_bytes(net.network_address.packed[at : at + 4], "big")]
    ]
    steps: list[_Instruction] = []
    for number, (at, mask, value) in enumerate(words):
        left = 3 * (len(words) - number - 1)
        steps += [(_LOAD_WORD, 0, 0, at), (_AND, 0, 0, mask), (_SAME, 0, left + 1, value)]
    return [*steps, (_RETURN, 0, 0, let_pass)]
