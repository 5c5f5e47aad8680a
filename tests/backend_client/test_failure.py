"""What a failed call means, from statuses and google.rpc details that may be anything."""

from __future__ import annotations

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, DebugInfo, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from hypothesis import given
from hypothesis import strategies as st

from backend_client.errors import (
    BackendError,
    BackendFailure,
    Conflict,
    Denied,
    Guessed,
    InvalidAnswers,
    InvalidRequest,
    NotFound,
    SessionEnded,
    TooManyTries,
    Unreachable,
    Violation,
)
from backend_client.failure import Details, failure
from backend_client.forms.answer import Problem

KEY = "grpc-status-details-bin"
SECRET = "11010519491231002X is unknown"


def failed(code: grpc.StatusCode, *details: Message, packed: bytes | None = None) -> grpc.aio.AioRpcError:
    """A failed call with these details, or with these bytes in their place."""
    if packed is None:
        status = Status(code=code.value[0], message=SECRET)
        for detail in details:
            status.details.add().Pack(detail)
        packed = status.SerializeToString()
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata((KEY, packed)), details=SECRET)


def violation(field: str, reason: str) -> BadRequest.FieldViolation:
    return BadRequest.FieldViolation(field=field, reason=reason, description=SECRET)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.UNAVAILABLE, Unreachable),
        (grpc.StatusCode.DEADLINE_EXCEEDED, Unreachable),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, Unreachable),
        (grpc.StatusCode.NOT_FOUND, NotFound),
        (grpc.StatusCode.INVALID_ARGUMENT, InvalidRequest),
        (grpc.StatusCode.OUT_OF_RANGE, InvalidRequest),
        (grpc.StatusCode.FAILED_PRECONDITION, Conflict),
        (grpc.StatusCode.ALREADY_EXISTS, Conflict),
        (grpc.StatusCode.ABORTED, Conflict),
        (grpc.StatusCode.PERMISSION_DENIED, Denied),
        (grpc.StatusCode.UNAUTHENTICATED, SessionEnded),
        (grpc.StatusCode.INTERNAL, BackendFailure),
        (grpc.StatusCode.UNKNOWN, BackendFailure),
        (grpc.StatusCode.UNIMPLEMENTED, BackendFailure),
        (grpc.StatusCode.DATA_LOSS, BackendFailure),
        (grpc.StatusCode.CANCELLED, Unreachable),
    ],
)
def test_every_status_has_its_error(code: grpc.StatusCode, kind: type[BackendError]) -> None:
    assert type(failure(failed(code))) is kind
    told = failure(failed(code, ErrorInfo(reason="CASE_UNKNOWN", domain="huimin")))
    assert type(told) is kind
    if code is not grpc.StatusCode.DEADLINE_EXCEEDED:
        assert told.reason == "CASE_UNKNOWN"


def test_what_the_channel_says_about_an_unreachable_backend_is_kept_for_the_technician() -> None:
    error = grpc.aio.AioRpcError(
        grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata(), details="connection refused"
    )
    assert str(failure(error)) == "BACKEND_UNREACHABLE: connection refused"


@pytest.mark.parametrize(
    "code", [code for code in grpc.StatusCode if code is not grpc.StatusCode.UNAVAILABLE]
)
def test_the_backends_own_words_are_not_taken_over(code: grpc.StatusCode) -> None:
    error = failure(failed(code, ErrorInfo(reason="X"), BadRequest(field_violations=[violation("f", "g")])))
    assert "1949" not in f"{error} {error!r} {vars(error)}"


def test_wrong_answers_are_named_one_by_one() -> None:
    request = BadRequest(
        field_violations=[violation("answers.money", "TOO_LARGE"), violation("answers.born", "TOO_LATE")]
    )
    error = failure(failed(grpc.StatusCode.INVALID_ARGUMENT, DebugInfo(detail="x"), request))
    assert isinstance(error, InvalidAnswers)
    assert error.violations == (
        Violation("money", Problem.TOO_LARGE),
        Violation("born", Problem.TOO_LATE),
    )


def test_an_unknown_problem_of_an_answer_is_the_backends_fault() -> None:
    request = BadRequest(field_violations=[violation("answers.money", "UGLY")])
    assert isinstance(failure(failed(grpc.StatusCode.INVALID_ARGUMENT, request)), BackendFailure)


def test_a_wrong_request_names_its_field() -> None:
    request = BadRequest(field_violations=[violation("query", "TOO_LONG")])
    error = failure(failed(grpc.StatusCode.INVALID_ARGUMENT, request))
    assert isinstance(error, InvalidRequest)
    assert (error.field, error.reason) == ("query", "TOO_LONG")


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [
        (Duration(seconds=900), 900.0),
        (Duration(seconds=1, nanos=500_000_000), 1.5),
        (Duration(seconds=-5), 0.0),
        (Duration(seconds=10**11), 86_400.0),
    ],
)
def test_too_many_tries_tells_how_long_to_wait(delay: Duration, seconds: float) -> None:
    error = failure(
        failed(
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            ErrorInfo(reason="TOO_MANY_TRIES"),
            RetryInfo(retry_delay=delay),
        )
    )
    assert isinstance(error, TooManyTries)
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    ("verb", "reason", "of"),
    [
        ("CreateSession", "TOO_MANY_TRIES", Guessed.CASE),
        ("RunLookup", "TOO_MANY_TRIES", Guessed.LOOKUP),
        ("RunLookup", "ASKED_JUST_NOW", Guessed.LOOKUP),
        ("GetOrder", "TOO_MANY_TRIES", Guessed.ORDER),
    ],
)
def test_too_many_tries_tells_at_what(verb: str, reason: str, of: Guessed) -> None:
    error = failure(failed(grpc.StatusCode.RESOURCE_EXHAUSTED, ErrorInfo(reason=reason)), verb)
    assert isinstance(error, TooManyTries)
    assert (error.reason, error.of) == (reason, of)


def test_too_many_tries_without_a_delay_is_still_told() -> None:
    error = failure(failed(grpc.StatusCode.RESOURCE_EXHAUSTED, ErrorInfo(reason="TOO_MANY_TRIES")))
    assert isinstance(error, TooManyTries)
    assert error.retry_after == 0


@given(st.sampled_from([code for code in grpc.StatusCode if code.value[0]]), st.binary(max_size=60))
def test_details_that_are_garbage_change_nothing(code: grpc.StatusCode, packed: bytes) -> None:
    assert type(failure(failed(code, packed=packed))) is type(failure(failed(code)))


@given(st.sampled_from([ErrorInfo, RetryInfo, BadRequest]), st.binary(max_size=40))
def test_a_detail_that_is_garbage_is_passed_over(kind: type[Message], value: bytes) -> None:
    code = grpc.StatusCode.INVALID_ARGUMENT
    status = Status(code=code.value[0], message=SECRET)
    status.details.append(
        AnyMessage(type_url=f"type.googleapis.com/{kind.DESCRIPTOR.full_name}", value=value)
    )
    status.details.add().Pack(ErrorInfo(reason="QUERY_EMPTY"))
    assert isinstance(failure(failed(code, packed=status.SerializeToString())), BackendError)


@pytest.mark.parametrize("reason", ["lower", "", "A" * 64, "WITH SPACE", "X\nY", "11010519491231002X"])
def test_only_a_code_is_a_reason(reason: str) -> None:
    assert Details(failed(grpc.StatusCode.NOT_FOUND, ErrorInfo(reason=reason))).reason == ""
