"""Bounds on what comes in, as the contract states them beside each field (`huimin/v1/bounds.proto`).

`violations` looks over a whole message before any handler sees it and says everything that is wrong with it.
Each type of message is looked through once and becomes a list of checks, which walk only the fields that a
message has. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor, OneofDescriptor
from google.protobuf.message import Message
from huimin.v1 import bounds_pb2

from backend.rpc.refusal import Wrong
from backend_client.forms.text import has_bad_character, normalise

REQUIRED = "REQUIRED"
TOO_SHORT = "TOO_SHORT"
TOO_LONG = "TOO_LONG"
TOO_MANY = "TOO_MANY"
BAD_CHARACTER = "BAD_CHARACTER"
MALFORMED = "MALFORMED"
OUT_OF_RANGE = "OUT_OF_RANGE"
UNKNOWN_VALUE = "UNKNOWN_VALUE"

MAX_NAMED = 20
"""So many violations are named; who sends more is no program that anybody will mend by them."""
EARLIEST = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
LATEST = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp()) - 1
"""Of a moment, in seconds since 1970."""
IDENTIFIER = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
"""Of a resource name."""
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NFC_GROWTH = 4
"""A text in NFC is not shorter than a quarter of what was sent; what is longer still is not looked at."""
_SAID = {
    REQUIRED: "has to be there",
    TOO_SHORT: "is shorter than its bounds allow",
    TOO_LONG: "is longer than its bounds allow",
    TOO_MANY: "has more entries than its bounds allow",
    BAD_CHARACTER: "holds a character that cannot be stored",
    MALFORMED: "is not of the form that its bounds name",
    OUT_OF_RANGE: "lies outside its bounds",
    UNKNOWN_VALUE: "has a value that this backend does not know",
}

_Check = Callable[[Any, str, list[Wrong]], None]
"""Looks at a value; the second argument is its path, the third takes what is wrong."""
_Judge = Callable[[Any], str]
"""The reason for which a single value is refused; empty where it is fine."""


class NoBounds(Exception):
    """A field of the contract has no bounds; the message names it."""


def violations(message: Message) -> list[Wrong]:
    """All that is out of bounds in a message, at most MAX_NAMED. Raises NoBounds."""
    wrong: list[Wrong] = []
    _checks(message.DESCRIPTOR)(message, "", wrong)
    return wrong


def page_size(asked: int, default: int, most: int) -> int:
    """How many things a page has. A size that is too large is cut down, as the contract says."""
    return min(asked or default, most)


@cache
def _checks(descriptor: Descriptor) -> _Check:
    """The check of a type of message."""
    of_field = {field.number: (field.name, _check(field)) for field in descriptor.fields}
    needed = [
        (field.number, field.name, reason) for field in descriptor.fields if (reason := _when_absent(field))
    ]
    one_of = [
        (frozenset(field.number for field in group.fields), group.name)
        for group in descriptor.oneofs
        if _one_needed(group)
    ]

    def check(message: Message, path: str, wrong: list[Wrong]) -> None:
        prefix = f"{path}." if path else ""
        present = message.ListFields()
        for field, value in present:
            name, look = of_field[field.number]
            look(value, prefix + name, wrong)
            if len(wrong) >= MAX_NAMED:
                return
        if not needed and not one_of:
            return
        numbers = {field.number for field, _ in present}
        absent = [(name, reason) for number, name, reason in needed if number not in numbers]
        absent += [(name, REQUIRED) for group, name in one_of if not group & numbers]
        wrong.extend(_wrong(prefix + name, reason) for name, reason in absent[: MAX_NAMED - len(wrong)])

    return check


def _check(field: FieldDescriptor) -> _Check:
    """The check of a field that is there."""
    bounds = field.GetOptions().Extensions[bounds_pb2.bounds]
    look = _of_value(field, bounds)
    if not field.is_repeated:
        return look
    if bounds.max_items <= 0:
        raise NoBounds(f"{field.full_name}: max_items")
    most = bounds.max_items

    def each(values: Sequence[Any], path: str, wrong: list[Wrong]) -> None:
        if len(values) > most:
            wrong.append(_wrong(path, TOO_MANY))
            return
        for number, value in enumerate(values):
            look(value, f"{path}[{number}]", wrong)
            if len(wrong) >= MAX_NAMED:
                return

    return each


def _of_value(field: FieldDescriptor, bounds: bounds_pb2.Bounds) -> _Check:
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_MESSAGE:
            return _of_message(field)
        case FieldDescriptor.CPPTYPE_STRING if field.type == FieldDescriptor.TYPE_BYTES:
            judge = _of_bytes(field, bounds)
        case FieldDescriptor.CPPTYPE_STRING:
            judge = _of_text(field, bounds)
        case FieldDescriptor.CPPTYPE_ENUM:
            judge = _of_enumeration(field, bounds)
        case FieldDescriptor.CPPTYPE_BOOL:
            return _nothing_to_see
        case _:
            judge = _of_number(field, bounds)

    def check(value: Any, path: str, wrong: list[Wrong]) -> None:
        if reason := judge(value):
            wrong.append(_wrong(path, reason))

    return check


def _of_message(field: FieldDescriptor) -> _Check:
    inner = field.message_type
    assert inner is not None
    match inner.full_name:
        case "google.protobuf.Timestamp":
            return _moment
        case "google.type.Date":
            return _day
    return _checks(inner)


def _of_text(field: FieldDescriptor, bounds: bounds_pb2.Bounds) -> _Judge:
    pattern = bounds.pattern
    if bounds.resource:
        pattern = f"{re.escape(bounds.resource)}/{IDENTIFIER}"
    elif bounds.uuid_resource:
        pattern = f"{re.escape(bounds.uuid_resource)}/{_UUID}"
    if not bounds.max_length and (not pattern or re.search(r"[*+]|,\}", pattern)):
        raise NoBounds(f"{field.full_name}: max_length, resource, uuid_resource or a pattern that ends")
    form = re.compile(pattern) if pattern else None
    least, most, required = bounds.min_length, bounds.max_length, bounds.required
    any_character = bounds.characters == bounds_pb2.CHARACTERS_ANY

    def judge(text: str) -> str:
        if required and (not text or text.isspace()):
            return REQUIRED
        if most and len(text) > most and (len(text) > _NFC_GROWTH * most or len(normalise(text)) > most):
            return TOO_LONG
        if len(text) < least:
            return TOO_SHORT
        if form is not None:
            return "" if form.fullmatch(text) else MALFORMED
        if any_character or text.isprintable():
            return ""
        kept = normalise(text)
        return BAD_CHARACTER if "\n" in kept or has_bad_character(kept) else ""

    return judge


def _of_bytes(field: FieldDescriptor, bounds: bounds_pb2.Bounds) -> _Judge:
    if not bounds.max_length:
        raise NoBounds(f"{field.full_name}: max_length")
    least, most, required = bounds.min_length, bounds.max_length, bounds.required

    def judge(value: bytes) -> str:
        if required and not value:
            return REQUIRED
        if len(value) > most:
            return TOO_LONG
        return TOO_SHORT if len(value) < least else ""

    return judge


def _of_enumeration(field: FieldDescriptor, bounds: bounds_pb2.Bounds) -> _Judge:
    if not bounds.defined:
        raise NoBounds(f"{field.full_name}: defined")
    assert field.enum_type is not None
    known, required = frozenset(field.enum_type.values_by_number), bounds.required

    def judge(value: int) -> str:
        if required and value == 0:
            return REQUIRED
        return "" if value in known else UNKNOWN_VALUE

    return judge


def _of_number(field: FieldDescriptor, bounds: bounds_pb2.Bounds) -> _Judge:
    if not (bounds.HasField("min") and bounds.HasField("max")):
        raise NoBounds(f"{field.full_name}: min and max")
    least, most = bounds.min, bounds.max
    return lambda value: "" if least <= value <= most else OUT_OF_RANGE


def _moment(value: Any, path: str, wrong: list[Wrong]) -> None:
    """google.protobuf.Timestamp: nanoseconds count on from the second."""
    if not 0 <= value.nanos < 1_000_000_000:
        wrong.append(_wrong(path, MALFORMED))
    elif not EARLIEST <= value.seconds <= LATEST:
        wrong.append(_wrong(path, OUT_OF_RANGE))


def _day(value: Any, path: str, wrong: list[Wrong]) -> None:
    """google.type.Date, whose parts may be 0."""
    if not (0 <= value.year <= 9999 and 0 <= value.month <= 12 and 0 <= value.day <= 31):
        wrong.append(_wrong(path, OUT_OF_RANGE))


def _nothing_to_see(value: bool, path: str, wrong: list[Wrong]) -> None:
    """A truth value has no bounds but its type."""


def _when_absent(field: FieldDescriptor) -> str:
    """Why a field may not be absent; empty where it may.

    Of a oneof, `one_needed` says so; there `required` is of the value. A number that is absent is 0.
    """
    bounds = field.GetOptions().Extensions[bounds_pb2.bounds]
    if field.containing_oneof is not None:
        return ""
    if bounds.required:
        return REQUIRED
    excluded = bounds.HasField("min") and not bounds.min <= 0 <= bounds.max
    return OUT_OF_RANGE if excluded and not field.is_repeated else ""


def _one_needed(group: OneofDescriptor) -> bool:
    return group.GetOptions().Extensions[bounds_pb2.one_needed]


def _wrong(path: str, reason: str) -> Wrong:
    return Wrong(path, reason, _SAID[reason])
