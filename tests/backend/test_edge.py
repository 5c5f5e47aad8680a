"""What every call goes through: health, reflection, bounds of messages, failures that tell nothing."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from huimin.v1 import case_pb2, common_pb2, policy_pb2
from sqlalchemy import text
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from backend.rpc import limits
from backend.storage import policies
from tests.backend import house as running
from tests.backend.house import House, failed
from tests.backend.sample import RESIDENT

SERVICES = [
    f"huimin.v1.{name}Service" for name in ("Catalog", "Policy", "Form", "Case", "Notice", "Identity")
]


@pytest.mark.parametrize("service", ["", *SERVICES])
async def test_every_service_says_that_it_is_healthy(house: House, service: str) -> None:
    stub = health_pb2_grpc.HealthStub(house.stubs.channel)
    answer = await stub.Check(health_pb2.HealthCheckRequest(service=service))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_reflection_tells_an_outsider_the_whole_contract(house: House) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(house.stubs.channel)
    requests = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol="huimin.v1.FormService"),
    ]
    listed, file = [answer async for answer in stub.ServerReflectionInfo(iter(requests))]
    assert set(SERVICES) <= {service.name for service in listed.list_services_response.service}
    found = FileDescriptorProto.FromString(file.file_descriptor_response.file_descriptor_proto[0])
    assert [method.name for method in found.service[0].method] == [
        "GetForm",
        "UploadAttachment",
        "GetAttachment",
        "LeaseReferences",
        "CreateSubmission",
    ]


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
PING = bytes((0, 0, 8, 6, 0, 0, 0, 0, 0))
ACKNOWLEDGED = bytes((0, 0, 8, 6, 1, 0, 0, 0, 0))
"""RFC 9113: section 3.4 with empty SETTINGS, section 6.7."""


async def test_a_door_without_calls_may_ask_whether_the_line_is_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    options = dict(limits.CHANNEL_OPTIONS)
    assert options[limits.PING_INTERVAL] < 30_000  # doors ping every 30 s
    sped_up = options | {limits.PING_INTERVAL: 100}
    monkeypatch.setattr(limits, "CHANNEL_OPTIONS", tuple(sped_up.items()))
    async with running.house(tmp_path / "data") as started:
        host, _, port = started.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(PREFACE)
        async with asyncio.timeout(10):
            for number in range(6):  # the third that comes too soon closes the line
                mark = number.to_bytes(8)
                writer.write(PING + mark)
                await reader.readuntil(ACKNOWLEDGED + mark)
                await asyncio.sleep(0.15)
        writer.close()


async def test_bytes_that_are_no_message_are_refused(house: House) -> None:
    channel: Any = house.stubs.channel  # raw calls: the stubs would not send such bytes
    for method in ("PolicyService/SearchPolicies", "FormService/CreateSubmission"):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary(f"/huimin.v1.{method}")(b"\xff\xff\xff")
        refusal = failed(caught.value)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.stream_unary("/huimin.v1.FormService/UploadAttachment")(iter([b"\xff"]))
    assert failed(caught.value).code is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_message_that_is_too_large_is_cut_off(house: House) -> None:
    huge = policy_pb2.SearchPoliciesRequest(query="医" * 2_000_000)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.stubs.policy.SearchPolicies(huge)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_an_unknown_method_is_refused(house: House) -> None:
    channel: Any = house.stubs.channel
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.unary_unary("/huimin.v1.FormService/Everything")(b"")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_failure_of_the_backend_tells_a_request_id_and_nothing_else(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise ValueError(f"could not use {RESIDENT}")

    monkeypatch.setattr(policies, "one", broken)
    with (
        capture_logs(processors=[merge_contextvars]) as entries,
        pytest.raises(grpc.aio.AioRpcError) as caught,
    ):
        await house.stubs.policy.GetPolicy(
            policy_pb2.GetPolicyRequest(name="policies/stalls"), metadata=(("x-request-id", "visit-17"),)
        )
    refusal = failed(caught.value)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert refusal.metadata == {"request_id": "visit-17"}
    assert RESIDENT not in str(caught.value)
    error = next(entry for entry in entries if entry["event"] == "call_failed")
    assert (error["request_id"], error["error"]) == ("visit-17", "ValueError")
    assert any("policy.py" in frame for frame in error["where"])
    assert RESIDENT not in str(entries)


async def test_a_storage_that_fails_asks_to_come_again(house: House) -> None:
    away = text("ALTER TABLE sessions RENAME TO elsewhere")
    await house.database.write(lambda connection: connection.execute(away))
    with capture_logs() as entries, pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.stubs.case.ListCases(
            case_pb2.ListCasesRequest(), metadata=(("authorization", f"Bearer {'A' * 43}"),)
        )
    refusal = failed(caught.value)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAVAILABLE, "STORAGE_UNAVAILABLE")
    assert refusal.retry_after == 2
    assert any(entry["event"] == "storage_failed" for entry in entries)


async def test_many_calls_at_once_are_all_answered(house: House) -> None:
    request = policy_pb2.SearchPoliciesRequest(query="yibao", language=common_pb2.LANGUAGE_ZH_CN)
    found = await asyncio.gather(*(house.stubs.policy.SearchPolicies(request) for _ in range(100)))
    assert len({answer.SerializeToString() for answer in found}) == 1
    assert found[0].matches


def test_every_reason_is_in_the_operators_page() -> None:
    root = Path(__file__).parent.parent.parent
    told = (root / "docs" / "backend.md").read_text("utf-8")
    reasons = {
        reason
        for room in ("services", "rpc")
        for file in (root / "backend" / room).glob("*.py")
        for reason in (
            *re.findall(
                r'(?:Refusal\(|not_found\(|invalid\().*?"([A-Z]+(?:_[A-Z]+)+)"',
                file.read_text("utf-8"),
                re.DOTALL,
            ),
            *re.findall(r'^([A-Z]+(?:_[A-Z]+)+) = "\1"$', file.read_text("utf-8"), re.MULTILINE),
        )
    }
    assert {"FORM_CHANGED", "OUT_OF_RANGE", "POLICY_UNKNOWN", "STORAGE_FULL", "TOO_MANY_TRIES"} <= reasons
    assert {reason for reason in reasons if f"`{reason}`" not in told} == set()
