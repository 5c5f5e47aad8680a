"""The conformance command: the reference backend holds every demand, and each demand can be missed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from huimin.v1 import case_pb2, catalog_pb2, form_pb2, identity_pb2, notice_pb2, policy_pb2

from backend.commands.conformance import PARTS
from backend.conformance.trial import Outcome, Server, run
from backend_client.forms.reference import new_reference
from tests.backend.house import House, command

Meddling = Callable[[Any], None]
NAMES = [demand.name for part in PARTS for demand in part.all]


async def test_the_reference_backend_holds_every_demand(house: House) -> None:
    results = await run(Server(house.stubs.channel), PARTS, write=True)
    missed = [result for result in results if result.outcome is not Outcome.HOLDS]
    # This house takes no payments; those of tests/payments do.
    assert {(result.demand, result.kind) for result in missed} == {
        ("payment.unknown", "not_offered"),
        ("payment.payable", "not_offered"),
    }
    assert len(results) == len(NAMES) == len(set(NAMES))


class Proxy(grpc.GenericRpcHandler):
    """Passes calls on to a backend and changes the answers of one method."""

    def __init__(
        self, channel: grpc.aio.Channel, method: str, answer: type[Message], meddle: Meddling
    ) -> None:
        self._channel = channel
        self._method = method
        self._answer = answer
        self._meddle = meddle

    def service(self, handler_call_details: Any) -> grpc.RpcMethodHandler[Any, Any]:
        method: str = handler_call_details.method
        metadata = tuple(
            (key, value) for key, value in handler_call_details.invocation_metadata if key == "authorization"
        )

        async def forward(received: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
            call: Any = self._channel
            requests = [request async for request in received]
            streams = "Reflection" in method
            stub = call.stream_stream(method) if streams else call.stream_unary(method)
            try:
                answered = stub(iter(requests), metadata=metadata, timeout=10)
                answers = [answer async for answer in answered] if streams else [await answered]
            except grpc.aio.AioRpcError as error:
                context.set_trailing_metadata(tuple(error.trailing_metadata()))
                await context.abort(error.code(), error.details())
            for answer in answers:
                yield self._changed(answer) if method.endswith(self._method) else answer

        return grpc.stream_stream_rpc_method_handler(forward)

    def _changed(self, answer: bytes) -> bytes:
        message = self._answer()
        message.ParseFromString(answer)
        self._meddle(message)
        return message.SerializeToString()


@asynccontextmanager
async def meddled(
    house: House, method: str, answer: type[Message], meddle: Meddling
) -> AsyncIterator[Server]:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Proxy(house.stubs.channel, method, answer, meddle),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Server(channel)
    finally:
        await server.stop(0)


def no_english(answer: catalog_pb2.GetServiceResponse) -> None:
    answer.service.title.en = ""


def one_too_few(answer: Any) -> None:
    if len(answer.policies) == 3:
        del answer.policies[1]


def oldest_first(answer: policy_pb2.ListPoliciesResponse) -> None:
    answer.policies.sort(key=lambda policy: (policy.issue_date.year, policy.issue_date.month))


def beyond_the_passage(answer: policy_pb2.SearchPoliciesResponse) -> None:
    for match in answer.matches:
        match.highlights.add(start=500, end=501)


def no_publish_time(answer: notice_pb2.GetNoticeResponse) -> None:
    answer.notice.ClearField("publish_time")


def no_applicant(answer: form_pb2.GetFormResponse) -> None:
    answer.form.applicant_field = "nobody"


def another_reference(answer: form_pb2.CreateSubmissionResponse) -> None:
    answer.reference = new_reference()


def no_reference(answer: form_pb2.CreateSubmissionResponse) -> None:
    answer.reference = "123456789012"


def in_sequence(answer: form_pb2.LeaseReferencesResponse) -> None:
    ordered = sorted(answer.fresh)
    answer.fresh[:] = [ordered[0]] * len(ordered)


def of_another(answer: case_pb2.GetCaseResponse) -> None:
    answer.case_record.reference = new_reference()


def no_events(answer: case_pb2.GetCaseResponse) -> None:
    del answer.case_record.events[:]


def more_than_mine(answer: case_pb2.ListCasesResponse) -> None:
    answer.cases.add(reference=new_reference())


def never_complete(answer: form_pb2.GetAttachmentResponse) -> None:
    answer.complete = False


def another_token(answer: identity_pb2.CreateSessionResponse) -> None:
    answer.token = "x" * 43


@pytest.mark.parametrize(
    ("method", "answer", "meddle", "missed"),
    [
        ("GetService", catalog_pb2.GetServiceResponse, no_english, ["catalog.services"]),
        ("ListPolicies", policy_pb2.ListPoliciesResponse, one_too_few, ["policy.pages"]),
        ("ListPolicies", policy_pb2.ListPoliciesResponse, oldest_first, ["policy.order"]),
        ("SearchPolicies", policy_pb2.SearchPoliciesResponse, beyond_the_passage, ["policy.search"]),
        ("GetNotice", notice_pb2.GetNoticeResponse, no_publish_time, ["notice.notices"]),
        ("GetForm", form_pb2.GetFormResponse, no_applicant, ["form.forms", "submission.every_form"]),
        (
            "CreateSubmission",
            form_pb2.CreateSubmissionResponse,
            another_reference,
            ["submission.once", "reference.kept", "case.by_reference"],
        ),
        ("CreateSubmission", form_pb2.CreateSubmissionResponse, no_reference, ["submission.every_form"]),
        ("LeaseReferences", form_pb2.LeaseReferencesResponse, in_sequence, ["reference.lease"]),
        ("GetCase", case_pb2.GetCaseResponse, of_another, ["case.by_reference", "case.by_card"]),
        ("GetCase", case_pb2.GetCaseResponse, no_events, ["case.by_reference"]),
        ("ListCases", case_pb2.ListCasesResponse, more_than_mine, ["case.of_others"]),
        ("GetAttachment", form_pb2.GetAttachmentResponse, never_complete, ["attachment.upload"]),
        ("CreateSession", identity_pb2.CreateSessionResponse, another_token, ["case.by_reference"]),
    ],
)
async def test_what_a_server_does_otherwise_is_found(
    house: House, method: str, answer: type[Message], meddle: Meddling, missed: Sequence[str]
) -> None:
    async with meddled(house, method, answer, meddle) as server:
        results = await run(server, PARTS, write=True)
    deviating = {result.demand for result in results if result.outcome is Outcome.DEVIATES}
    assert deviating.issuperset(missed), deviating


async def test_a_server_that_does_nothing_deviates_wherever_it_is_not_free_to() -> None:
    server = grpc.aio.server()
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        code, out, _ = await command("conformance", f"127.0.0.1:{port}", "--write", "--json")
    finally:
        await server.stop(0)
    assert code == 1
    left_open = {
        found["demand"].partition(".")[0] for found in json.loads(out) if found["outcome"] != "deviates"
    }
    assert "alert" in left_open
    assert left_open <= {
        "alert",
        "appointment",
        "document",
        "lookup",
        "payment",
        "rating",
        "terminal",
        "text",
    }


@pytest.mark.parametrize(("language", "said"), [("C", " 0 deviate"), ("zh_CN.UTF-8", "0 项不符合")])
async def test_what_is_found_is_said_in_the_language_of_whoever_asks(
    house: House, language: str, said: str
) -> None:
    code, out, _ = await command("conformance", house.address, language=language)
    assert code == 0
    assert said in out
    assert "conformance." not in out  # a key without a sentence


async def test_a_server_that_is_not_there_is_said() -> None:
    code, _, err = await command("conformance", "127.0.0.1:9")
    assert code == 2
    assert "127.0.0.1:9" in err
