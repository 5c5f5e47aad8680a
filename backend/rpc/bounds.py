"""Bounds on what comes in: each function returns a value that is fit to be used, or refuses the call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp

from backend.rpc.refusal import Wrong, invalid
from backend_client.forms.text import has_bad_character, normalise

MALFORMED = "MALFORMED"
REQUIRED = "REQUIRED"
TOO_LONG = "TOO_LONG"
OUT_OF_RANGE = "OUT_OF_RANGE"
UNKNOWN_VALUE = "UNKNOWN_VALUE"
BAD_CHARACTER = "BAD_CHARACTER"

_IDENTIFIER = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def resource(field: str, name: str, collection: str) -> str:
    """A resource name ``{collection}/{identifier}``."""
    if not name:
        raise invalid(Wrong(field, REQUIRED, f"needs {collection}/{{id}}"))
    prefix, _, identifier = name.partition("/")
    if prefix != collection or not _IDENTIFIER.fullmatch(identifier):
        raise invalid(Wrong(field, MALFORMED, f"is not of the form {collection}/{{id}}"))
    return name


def uuid_resource(field: str, name: str, collection: str) -> str:
    """A resource name ``{collection}/{uuid}``, the UUID in lower case."""
    prefix, _, identifier = name.partition("/")
    try:
        fits = prefix == collection and str(UUID(identifier)) == identifier
    except ValueError:
        fits = False
    if not fits:
        raise invalid(Wrong(field, MALFORMED, f"is not of the form {collection}/{{uuid}}"))
    return name


def uuid(field: str, value: str) -> str:
    """A UUID in lower case."""
    uuid_resource(field, f"any/{value}", "any")
    return value


def page_size(asked: int, default: int, most: int) -> int:
    """How many things a page has. A size that is too large is cut down, as the contract says."""
    if asked < 0:
        raise invalid(Wrong("page_size", OUT_OF_RANGE, "is negative"))
    return min(asked or default, most)


def member(field: str, value: int, known: Sequence[int], *, may_be_unspecified: bool = False) -> int:
    """A value of an enumeration. known: the values that this backend knows."""
    if value == 0 and not may_be_unspecified:
        raise invalid(Wrong(field, REQUIRED, "is not specified"))
    if value not in known:
        raise invalid(Wrong(field, UNKNOWN_VALUE, "has a value that this backend does not know"))
    return value


def text(field: str, value: str, longest: int, *, may_be_empty: bool = False) -> str:
    """A text of one line in Unicode NFC, without outer space. longest: in characters."""
    if len(value) > 4 * longest:
        raise invalid(Wrong(field, TOO_LONG, f"has more than {longest} characters"))
    normal = normalise(value)
    if len(normal) > longest:
        raise invalid(Wrong(field, TOO_LONG, f"has more than {longest} characters"))
    if not normal and not may_be_empty:
        raise invalid(Wrong(field, REQUIRED, "is empty"))
    if "\n" in normal or has_bad_character(normal):
        raise invalid(Wrong(field, BAD_CHARACTER, "holds a character that cannot be stored"))
    return normal


def moment(field: str, value: Timestamp) -> datetime:
    """A moment of this or the next century."""
    try:
        found = value.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise invalid(Wrong(field, MALFORMED, "is not a moment")) from None
    if not _EARLIEST <= found < _LATEST:
        raise invalid(Wrong(field, OUT_OF_RANGE, "is not in the years 2000 to 2199"))
    return found
