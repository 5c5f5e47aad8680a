"""What a failed call means: a gRPC status with google.rpc details becomes one of our errors."""

from __future__ import annotations

import re

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from backend_client.appointment import opens_from
from backend_client.errors import (
    BackendError,
    BackendFailure,
    Conflict,
    CountersClosed,
    Denied,
    DoorRefused,
    Guessed,
    InvalidAnswers,
    InvalidRequest,
    NotFound,
    NotSecure,
    ProviderFailed,
    SessionEnded,
    TooManyTries,
    Unreachable,
    Violation,
)
from backend_client.forms.answer import Problem

MAX_RETRY_AFTER = 86_400.0
"""Longest wait that a backend may ask for, in seconds."""

PROVIDER_FAILED = ("PROVIDER_SLOW", "PROVIDER_DOWN", "PROVIDER_NONSENSE", "PROVIDER_UNKNOWN")
"""Reasons with which a backend that is well says that somebody behind it is not."""
_TOO_MANY = ("TOO_MANY_TRIES", "ASKED_JUST_NOW")
_GUESSED_AT = {
    "RunLookup": Guessed.LOOKUP,
    **dict.fromkeys(("GetOrder", "StartPayment", "CancelOrder", "SendPaymentLink"), Guessed.ORDER),
}
_DOOR_REFUSED = ("DOOR_UNKNOWN", "DOOR_REVOKED", "CERTIFICATE_EXPIRED")
_NOT_SECURE = (
    ("certificate has expired", "BACKEND_EXPIRED"),
    ("certificate is not yet valid", "BACKEND_EXPIRED"),
    ("CERTIFICATE_VERIFY_FAILED", "BACKEND_UNTRUSTED"),
    ("Hostname Verification", "BACKEND_NAME_WRONG"),
    ("WRONG_VERSION_NUMBER", "BACKEND_PLAIN"),
    ("Failed to create security handshaker", "CERTIFICATE_UNFIT"),
    (r"last error: UNAVAILABLE: \S+ Socket closed", "LINE_REFUSED"),
)
"""What gRPC's own end of the channel says, and what it means; the first that is found counts."""

_ANSWERS = "answers."
_SLOT = "slot"
"""The field of a request that answers as a form's question does."""
_REASON = re.compile(r"[A-Z][A-Z0-9_]{0,62}")


class Details:
    """The google.rpc details of a failed call; empty where there are none or they cannot be read."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        self.reason = ""
        self.opens = ""
        self.retry_after: float | None = None
        self.violations: tuple[error_details_pb2.BadRequest.FieldViolation, ...] = ()
        for packed in _packed(error):
            self._take(packed)

    def _take(self, packed: AnyMessage) -> None:
        info = error_details_pb2.ErrorInfo()
        retry = error_details_pb2.RetryInfo()
        request = error_details_pb2.BadRequest()
        try:
            if packed.Unpack(info) and _REASON.fullmatch(info.reason):
                self.reason = info.reason
                self.opens = info.metadata.get("opens", "")
            elif packed.Unpack(retry) and retry.HasField("retry_delay"):
                seconds = retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
                self.retry_after = min(max(seconds, 0.0), MAX_RETRY_AFTER)
            elif packed.Unpack(request):
                self.violations = tuple(request.field_violations)
        except DecodeError:
            return


def failure(error: grpc.aio.AioRpcError, verb: str = "") -> BackendError:
    """The error that a failed call stands for. verb: name of the method.

    The backend's own message is not taken over, because it may hold personal data; what the local end of the
    channel says about an unreachable backend is.
    """
    details = Details(error)
    code = error.code()
    reason = details.reason or code.name
    match code:
        case grpc.StatusCode.UNAVAILABLE if details.reason in PROVIDER_FAILED:
            return ProviderFailed(details.reason)
        case grpc.StatusCode.UNAVAILABLE:
            return _unreachable(details, error.details() or "")
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return Unreachable("BACKEND_TOO_SLOW")
        case grpc.StatusCode.CANCELLED:  # its time to stop was over before its work was
            return Unreachable(details.reason or "BACKEND_STOPPED")
        case grpc.StatusCode.NOT_FOUND:
            return NotFound(reason)
        case grpc.StatusCode.INVALID_ARGUMENT | grpc.StatusCode.OUT_OF_RANGE:
            return _invalid(details, reason)
        case grpc.StatusCode.FAILED_PRECONDITION | grpc.StatusCode.ALREADY_EXISTS | grpc.StatusCode.ABORTED:
            if reason == "COUNTERS_CLOSED":
                return CountersClosed(opens_from(details.opens))
            return Conflict(reason)
        case grpc.StatusCode.PERMISSION_DENIED:
            return Denied(reason)
        case grpc.StatusCode.UNAUTHENTICATED:
            return DoorRefused(reason) if reason in _DOOR_REFUSED else SessionEnded(reason)
        case grpc.StatusCode.RESOURCE_EXHAUSTED:
            if details.reason in _TOO_MANY:
                return TooManyTries(reason, details.retry_after or 0.0, _GUESSED_AT.get(verb, Guessed.CASE))
            return Unreachable(details.reason or "BACKEND_BUSY")
    return BackendFailure(reason)


def _unreachable(details: Details, said: str) -> Unreachable:
    if not details.reason:
        for text, reason in _NOT_SECURE:
            if re.search(text, said):
                return NotSecure(reason, said)
    return Unreachable(details.reason or "BACKEND_UNREACHABLE", said)


def _packed(error: grpc.aio.AioRpcError) -> tuple[AnyMessage, ...]:
    try:
        status: status_pb2.Status | None = rpc_status.from_call(error)
    except (ValueError, DecodeError):
        return ()
    return tuple(status.details) if status else ()


def _invalid(details: Details, reason: str) -> BackendError:
    """Wrong answers where every violation names one, else a wrong request."""
    violations = details.violations
    if not violations:
        return InvalidRequest(reason)
    if not all(violation.field.startswith(_ANSWERS) or violation.field == _SLOT for violation in violations):
        first = violations[0]
        return InvalidRequest(details.reason or first.reason or reason, first.field)
    try:
        return InvalidAnswers(
            tuple(
                Violation(violation.field.removeprefix(_ANSWERS), Problem[violation.reason])
                for violation in violations
            )
        )
    except KeyError:
        return BackendFailure("ANSWER_PROBLEM_UNKNOWN")
