"""Refusing a call: one exception for all documented errors, and google.rpc's details made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

DOMAIN = "huimin.gov"
"""Of every ErrorInfo."""

REQUEST_INVALID = "REQUEST_INVALID"
"""Reason of a request that is malformed; its field violations say where."""
ANSWERS_INVALID = "ANSWERS_INVALID"
"""Reason of a submission whose answers are wrong; one field violation an answer."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One field that is wrong. The description is for developers and carries nothing of what was sent."""

    field: str
    reason: str
    description: str = ""


@dataclass
class Refusal(Exception):
    """A call is refused. `reason` is the stable code that clients go by; `message` is for developers."""

    code: grpc.StatusCode
    reason: str
    message: str
    violations: tuple[Wrong, ...] = ()
    retry_after: timedelta | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"

    @property
    def status(self) -> status_pb2.Status:
        """The google.rpc.Status with ErrorInfo and, where they apply, BadRequest and RetryInfo."""
        details: list[Message] = [
            error_details_pb2.ErrorInfo(reason=self.reason, domain=DOMAIN, metadata=self.metadata)
        ]
        if self.violations:
            details.append(
                error_details_pb2.BadRequest(
                    field_violations=[
                        error_details_pb2.BadRequest.FieldViolation(
                            field=wrong.field, reason=wrong.reason, description=wrong.description
                        )
                        for wrong in self.violations
                    ]
                )
            )
        if self.retry_after is not None:
            retry = error_details_pb2.RetryInfo()
            retry.retry_delay.FromTimedelta(self.retry_after)
            details.append(retry)
        return status_pb2.Status(
            code=code_pb2.Code.Value(self.code.name), message=self.message, details=map(_packed, details)
        )


def not_found(reason: str, what: str) -> Refusal:
    """There is no such thing."""
    return Refusal(grpc.StatusCode.NOT_FOUND, reason, f"There is no such {what}.")


def invalid(wrong: Wrong | Iterable[Wrong], reason: str = REQUEST_INVALID) -> Refusal:
    """The request is malformed."""
    violations = (wrong,) if isinstance(wrong, Wrong) else tuple(wrong)
    first = violations[0]
    return Refusal(
        grpc.StatusCode.INVALID_ARGUMENT,
        reason,
        f"{first.field}: {first.description or first.reason}",
        violations,
    )


def _packed(detail: Message) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(detail)
    return packed
