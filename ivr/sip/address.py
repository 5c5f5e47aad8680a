"""Addresses: where the line listens, whom it transfers to, who calls. Pure."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import unquote

LONGEST_CALLER = 64
WITHHELD = frozenset({"anonymous", "unavailable", "restricted"})

_LISTEN = re.compile(r"(?P<host>[^:\s]+):(?P<port>\d{1,5})")
_TARGET = re.compile(
    r"sips?:(?:[A-Za-z0-9+*#%&=$,;?/_.!~'()-]{1,64}@)?"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])"
    r"(?::\d{1,5})?(?:;[A-Za-z0-9_.=+~%-]{1,64}){0,8}"
)
_CALLER = re.compile(r"(?:sips?:(?P<user>[^@>]*)@(?P<host>[^>]*)|tel:(?P<number>[^>]*))", re.IGNORECASE)


class AddressError(ValueError):
    """An address that cannot be used; the message says what one looks like."""


def listen_address(text: str) -> tuple[str, int]:
    """``HOST:PORT`` with the host as an IPv4 address. Raises AddressError."""
    match = _LISTEN.fullmatch(text.strip())
    try:
        if match is None or int(match["port"]) > 65_535:
            raise ValueError
        host = ipaddress.IPv4Address("127.0.0.1" if match["host"] == "localhost" else match["host"])
    except ValueError:
        raise AddressError(
            f"{text!r} is no address to listen on; write an IPv4 address and a port, such as 127.0.0.1:5060"
        ) from None
    return str(host), int(match["port"])


def sip_address(text: str) -> str:
    """A SIP URI that a call can be transferred to (RFC 3261 clause 19.1). Raises AddressError."""
    address = text.strip()
    if not _TARGET.fullmatch(address):
        raise AddressError(f"{text!r} is no SIP address; write one such as sip:office@192.0.2.10:5060")
    return address


def host_of(address: str) -> str:
    """The host of a SIP address, an IPv6 one without brackets."""
    rest = address.partition(":")[2].rpartition("@")[2]
    return re.split(r"[;:]", rest)[0] if not rest.startswith("[") else rest[1:].partition("]")[0]


def over_tls(address: str) -> bool:
    """Whether a SIP address is reached over TLS (RFC 3261 clause 26.2)."""
    scheme, _, rest = address.lower().partition(":")
    return scheme == "sips" or "transport=tls" in rest.split(";")[1:]


def public_address(text: str) -> str:
    """An IPv4 address that others can send to. Raises AddressError."""
    try:
        address = ipaddress.IPv4Address(text.strip())
        if address.is_unspecified or address.is_multicast:
            raise ValueError
    except ValueError:
        raise AddressError(f"{text!r} is no IPv4 address that others can send to") from None
    return str(address)


def caller(name_address: str) -> str:
    """The number or user of a From header (``"Name" <sip:+86…@host>``), empty where withheld (RFC 3323)."""
    match = _CALLER.search(name_address.rpartition("<")[2])
    if match is None:
        return ""
    said = unquote((match["user"] or match["number"] or "").partition(";")[0].partition(":")[0])
    if said.lower() in WITHHELD or (match["host"] or "").startswith("anonymous.invalid"):
        return ""
    return "".join(character for character in said if character.isprintable())[:LONGEST_CALLER]
