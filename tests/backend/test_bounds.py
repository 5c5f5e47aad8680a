"""Every field of every request has bounds, and what lies outside them is said, all of it and nothing else."""

from __future__ import annotations

import re
import timeit
import unicodedata
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from huimin.v1 import bounds_pb2, case_pb2, common_pb2, form_pb2, policy_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.rpc.bounds import MAX_NAMED, NoBounds, violations
from tests.backend.house import House, failed

PROTOS = Path(bounds_pb2.__file__).parent
SERVICES = [
    service
    for file in sorted(PROTOS.glob("*.proto"))
    for service in import_module(f"huimin.v1.{file.stem}_pb2").DESCRIPTOR.services_by_name.values()
]
REQUESTS = [method.input_type for service in SERVICES for method in service.methods]
FOREIGN = {"google.protobuf.Timestamp", "google.type.Date"}
"""Messages that are not ours; bounds.proto says what their bounds are."""


def reachable(descriptor: Descriptor, seen: set[str] | None = None) -> Iterator[FieldDescriptor]:
    """All fields of a message and of those in it."""
    seen = set() if seen is None else seen
    if descriptor.full_name in seen or descriptor.full_name in FOREIGN:
        return
    seen.add(descriptor.full_name)
    for field in descriptor.fields:
        yield field
        if field.message_type is not None:
            yield from reachable(field.message_type, seen)


def bounds_of(field: Any) -> bounds_pb2.Bounds:
    return field.GetOptions().Extensions[bounds_pb2.bounds]


def is_bounded(field: FieldDescriptor) -> bool:
    bounds = bounds_of(field)
    if field.is_repeated and not bounds.max_items:
        return False
    match field.type:
        case FieldDescriptor.TYPE_MESSAGE | FieldDescriptor.TYPE_BOOL:
            return True
        case FieldDescriptor.TYPE_ENUM:
            return bounds.defined
        case FieldDescriptor.TYPE_BYTES:
            return bounds.max_length > 0
        case FieldDescriptor.TYPE_STRING:
            ends = bounds.pattern and not set("*+") & set(bounds.pattern)
            return bool(bounds.max_length or bounds.resource or bounds.uuid_resource or ends)
    return bounds.HasField("min") and bounds.HasField("max")


def test_there_are_requests_to_look_at() -> None:
    assert len(REQUESTS) >= 19
    assert {"huimin.v1.Submission.answers", "huimin.v1.Answer.text"} <= {
        field.full_name for request in REQUESTS for field in reachable(request)
    }


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.name)
def test_every_field_of_every_request_has_bounds(request_: Descriptor) -> None:
    assert [field.full_name for field in reachable(request_) if not is_bounded(field)] == []
    violations(GetMessageClass(request_)())


def test_a_field_without_bounds_would_be_found() -> None:
    """A response is not bounded: neither this test nor the walker takes it for a request."""
    response = case_pb2.GetCaseResponse.DESCRIPTOR
    assert not all(is_bounded(field) for field in reachable(response))
    with pytest.raises(NoBounds):
        violations(case_pb2.GetCaseResponse())


# A slow check of the same, written from bounds.proto alone


def slow(message: Message, path: str = "") -> dict[str, str]:
    """What is wrong, by path, all of it."""
    wrong: dict[str, str] = {}
    for group in message.DESCRIPTOR.oneofs:
        if group.GetOptions().Extensions[bounds_pb2.one_needed] and message.WhichOneof(group.name) is None:
            wrong[path + group.name] = "REQUIRED"
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        bounds, here = bounds_of(field), path + field.name
        if field.containing_oneof is not None and not message.HasField(field.name):
            continue
        if field.is_repeated:
            if len(value) > bounds.max_items:
                wrong[here] = "TOO_MANY"
            elif bounds.required and not value:
                wrong[here] = "REQUIRED"
            else:
                for number, entry in enumerate(value):
                    wrong |= slow_value(field, entry, f"{here}[{number}]", entry=True)
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            if message.HasField(field.name):
                wrong |= slow_value(field, value, here, entry=False)
            elif bounds.required:
                wrong[here] = "REQUIRED"
        else:
            wrong |= slow_value(field, value, here, entry=field.containing_oneof is not None)
    return wrong


def slow_value(field: Any, value: Any, path: str, *, entry: bool) -> dict[str, str]:
    """entry: an empty one is there too, and not absent."""
    bounds = bounds_of(field)
    match field.type:
        case FieldDescriptor.TYPE_BOOL:
            return {}
        case FieldDescriptor.TYPE_MESSAGE:
            return slow_message(value, path)
        case FieldDescriptor.TYPE_STRING:
            reason = slow_text(bounds, value, entry=entry)
        case FieldDescriptor.TYPE_BYTES:
            reason = slow_bytes(bounds, value, entry=entry)
        case FieldDescriptor.TYPE_ENUM:
            assert field.enum_type is not None
            numbers = [one.number for one in field.enum_type.values]
            reason = (
                "REQUIRED" if bounds.required and not value else "" if value in numbers else "UNKNOWN_VALUE"
            )
        case _:
            reason = "OUT_OF_RANGE" if value < bounds.min or value > bounds.max else ""
    return {path: reason} if reason else {}


def slow_message(value: Any, path: str) -> dict[str, str]:
    if value.DESCRIPTOR.full_name == "google.type.Date":
        fits = value.year in range(10_000) and value.month in range(13) and value.day in range(32)
        return {} if fits else {path: "OUT_OF_RANGE"}
    if value.DESCRIPTOR.full_name == "google.protobuf.Timestamp":
        if value.nanos not in range(10**9):
            return {path: "MALFORMED"}
        return {} if 946_684_800 <= value.seconds < 7_258_118_400 else {path: "OUT_OF_RANGE"}
    return slow(value, f"{path}.")


def slow_bytes(bounds: bounds_pb2.Bounds, value: bytes, *, entry: bool) -> str:
    if not value and (bounds.required or not entry):
        return "REQUIRED" if bounds.required else ""
    return (
        "TOO_LONG"
        if len(value) > bounds.max_length
        else "TOO_SHORT"
        if len(value) < bounds.min_length
        else ""
    )


def slow_text(bounds: bounds_pb2.Bounds, value: str, *, entry: bool) -> str:
    if bounds.required and not value.strip():
        return "REQUIRED"
    if not value and not entry:
        return ""
    kept = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if bounds.max_length and len(value) > bounds.max_length < len(kept):
        return "TOO_LONG"
    if len(value) < bounds.min_length:
        return "TOO_SHORT"
    identifier = "[0-9a-z]|[0-9a-z][0-9a-z-]{0,61}[0-9a-z]"
    patterns = [
        bounds.pattern,
        bounds.resource and f"{bounds.resource}/({identifier})",
        bounds.uuid_resource and f"{bounds.uuid_resource}/[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}",
    ]
    if any(patterns):
        return "" if all(re.fullmatch(one, value) for one in patterns if one) else "MALFORMED"
    if bounds.characters == bounds_pb2.CHARACTERS_ANY:
        return ""
    return "BAD_CHARACTER" if any(is_bad(character) for character in kept) else ""


def is_bad(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "Cn":
        return not 0x20000 <= ord(character) <= 0x3FFFD or ord(character) & 0xFFFF >= 0xFFFE
    return (category[0] == "C" and character not in "\u200c\u200d") or category in ("Zl", "Zp")


# Random messages


TEXTS = st.one_of(
    st.text(max_size=12),
    st.text(alphabet="0123456789Xx*- ", max_size=20),
    st.sampled_from(
        [
            "forms/everything",
            "topics/a-b",
            "services/-",
            "cases/123456789012",
            "submissions/00000000-0000-4000-8000-000000000000",
            "attachments/00000000-0000-4000-8000-00000000000G",
            "audio/wav",
            "a" * 65,
            "e\u0301" * 60,
            "e\u0301" * 120,
            "\u3000\n",
            "line\r\n",
            "\u202ea",
            "\U000323b0",
        ]
    ),
)
SCALARS: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.TYPE_STRING: TEXTS,
    FieldDescriptor.TYPE_BYTES: st.one_of(st.binary(max_size=40), st.integers(0, 70_000).map(bytes)),
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_ENUM: st.integers(-2, 12),
    FieldDescriptor.TYPE_INT32: st.one_of(st.integers(-5, 40), st.integers(-(2**31), 2**31 - 1)),
    FieldDescriptor.TYPE_INT64: st.one_of(
        st.integers(-5, 40), st.integers(946_684_795, 946_684_805), st.integers(-(2**63), 2**63 - 1)
    ),
}


@st.composite
def messages(draw: st.DrawFn, descriptor: Descriptor) -> Message:
    message = GetMessageClass(descriptor)()
    for field in descriptor.fields:
        if not draw(st.booleans()):
            continue
        if field.message_type is not None and field.is_repeated:
            for _ in range(draw(st.integers(0, 4))):
                getattr(message, field.name).append(draw(messages(field.message_type)))
        elif field.message_type is not None:
            getattr(message, field.name).CopyFrom(draw(messages(field.message_type)))
        elif field.is_repeated:
            few = st.lists(SCALARS[field.type], max_size=4)
            getattr(message, field.name).extend(draw(few) * draw(st.sampled_from((1, 1, 1, 700))))
        else:
            setattr(message, field.name, draw(SCALARS[field.type]))
    return message


@given(st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_out_of_bounds_is_said_and_nothing_else(data: st.DataObject) -> None:
    message = data.draw(messages(data.draw(st.sampled_from(REQUESTS))))
    found = violations(message)
    said = {one.field: one.reason for one in found}
    assert len(said) == len(found) <= MAX_NAMED
    expected = slow(message)
    if len(expected) <= MAX_NAMED:
        assert said == expected
    else:
        assert len(found) == MAX_NAMED
        assert said.items() <= expected.items()


def test_a_small_message_is_looked_over_in_no_time() -> None:
    message = policy_pb2.SearchPoliciesRequest(
        query="农村医保报销", page_size=20, language=common_pb2.LANGUAGE_ZH_CN
    )
    assert violations(message) == []
    fastest = min(timeit.repeat(lambda: violations(message), number=200, repeat=20)) / 200
    assert fastest < 50e-6


async def test_all_that_is_wrong_is_said_at_once(house: House) -> None:
    request = form_pb2.CreateSubmissionRequest(
        submission=form_pb2.Submission(
            name="submissions/1",
            answers=[form_pb2.Answer(), form_pb2.Answer(field="a", text="x" * 20_001)],
        )
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.stubs.form.CreateSubmission(request)
    refusal = failed(caught.value)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID")
    assert refusal.violations == {
        "submission.name": "MALFORMED",
        "submission.form": "REQUIRED",
        "submission.form_revision": "REQUIRED",
        "submission.answers[1].text": "TOO_LONG",
        "submission.channel": "REQUIRED",
        "submission.language": "REQUIRED",
        "submission.send_time": "REQUIRED",
    }


async def test_fields_that_a_backend_does_not_know_are_neither_refused_nor_kept(house: House) -> None:
    """A newer door may send more than this backend knows: field 999, a text."""
    channel: Any = house.stubs.channel
    newer = form_pb2.GetFormRequest(name="forms/everything").SerializeToString() + b"\xba\x3e\x03new"
    answer = form_pb2.GetFormResponse.FromString(
        await channel.unary_unary("/huimin.v1.FormService/GetForm")(newer)
    )
    assert answer.form.name == "forms/everything"
