"""A trial of a server: demands, each tried by one coroutine, and what came of each.

A demand has a name, which is also the key of its sentence in the catalogue (``conformance.NAME``). It holds
where its coroutine returns; `Deviation` says in what it does not; `NotTried` says that there was nothing to
try it on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from huimin.v1 import (
    appointment_pb2_grpc,
    case_pb2_grpc,
    catalog_pb2_grpc,
    form_pb2_grpc,
    identity_pb2_grpc,
    notice_pb2_grpc,
    policy_pb2_grpc,
)

from backend_client.forms.wire import Malformed

SECONDS = 10.0
"""The time that a server has for one call."""


class Deviation(Exception):
    """The server does something else. `kind` and `values` make the sentence ``conformance.kind.KIND``."""

    def __init__(self, kind: str, **values: object) -> None:
        super().__init__(kind, values)
        self.kind = kind
        self.values = values


class NotTried(Exception):
    """There is nothing that the demand could be tried on, as `kind` says."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Outcome(Enum):
    """What came of a demand."""

    HOLDS = "holds"
    DEVIATES = "deviates"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, slots=True)
class Result:
    """A demand and what came of it. `kind` and `values` are those of the Deviation or NotTried."""

    demand: str
    outcome: Outcome
    kind: str = ""
    values: dict[str, object] = field(default_factory=dict)


class Server:
    """The server on trial, as a door sees it."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.catalog = catalog_pb2_grpc.CatalogServiceStub(channel)
        self.policy = policy_pb2_grpc.PolicyServiceStub(channel)
        self.form = form_pb2_grpc.FormServiceStub(channel)
        self.case = case_pb2_grpc.CaseServiceStub(channel)
        self.notice = notice_pb2_grpc.NoticeServiceStub(channel)
        self.appointment = appointment_pb2_grpc.AppointmentServiceStub(channel)
        self.identity = identity_pb2_grpc.IdentityServiceStub(channel)


Try = Callable[[Server], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Demand:
    """One demand. writes: trying it leaves a submission or a session behind."""

    name: str
    attempt: Try
    writes: bool


class Demands:
    """The demands of one part of the contract, in the order in which they are tried."""

    def __init__(self, part: str) -> None:
        self.part = part
        self.all: list[Demand] = []

    def demand(self, name: str, *, writes: bool = False) -> Callable[[Try], Try]:
        """Registers a coroutine as the trial of a demand."""

        def register(attempt: Try) -> Try:
            self.all.append(Demand(f"{self.part}.{name}", attempt, writes))
            return attempt

        return register


async def run(server: Server, parts: Sequence[Demands], *, write: bool) -> list[Result]:
    """Tries every demand, those that write only where `write`."""
    results = []
    for part in parts:
        for demand in part.all:
            if demand.writes and not write:
                results.append(Result(demand.name, Outcome.NOT_TRIED, "needs_write"))
            else:
                results.append(await _result(server, demand))
    return results


async def _result(server: Server, demand: Demand) -> Result:
    try:
        await demand.attempt(server)
    except Deviation as deviation:
        return Result(demand.name, Outcome.DEVIATES, deviation.kind, deviation.values)
    except NotTried as reason:
        return Result(demand.name, Outcome.NOT_TRIED, reason.kind)
    except Malformed as error:
        return Result(demand.name, Outcome.DEVIATES, "malformed", {"place": str(error)})
    except grpc.aio.AioRpcError as error:
        refusal = Refused.of(error)
        return Result(demand.name, Outcome.DEVIATES, "refused", {"got": str(refusal)})
    return Result(demand.name, Outcome.HOLDS)


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused call. violations: reasons by field; retry: whether it says when to come again."""

    code: str
    reason: str
    violations: dict[str, str]
    retry: bool

    @classmethod
    def of(cls, error: grpc.aio.AioRpcError) -> Refused:
        """Takes the details of a refusal apart; without any, reason and violations are empty."""
        info, request, retry = (
            error_details_pb2.ErrorInfo(),
            error_details_pb2.BadRequest(),
            error_details_pb2.RetryInfo(),
        )
        came_retry = False
        try:
            status = rpc_status.from_call(error)
            for detail in status.details if status else ():
                detail.Unpack(info)
                detail.Unpack(request)
                came_retry = detail.Unpack(retry) or came_retry
        except (ValueError, DecodeError):
            pass
        violations = {violation.field: violation.reason for violation in request.field_violations}
        return cls(error.code().name, info.reason, violations, came_retry)

    def __str__(self) -> str:
        parts = [self.code, self.reason, *(f"{place}={why}" for place, why in self.violations.items())]
        return " ".join(part for part in parts if part)


async def refused(call: Awaitable[object], code: str, reason: str, *, violation: str = "") -> Refused:
    """Makes a call that has to be refused so. violation: the field that has to be named, where one has.

    Raises Deviation where it is answered, or refused otherwise.
    """
    wanted = " ".join(part for part in (code, reason, violation) if part)
    try:
        await call
    except grpc.aio.AioRpcError as error:
        got = Refused.of(error)
        named = not violation or any(place.startswith(violation) for place in got.violations)
        if got.code != code or (reason and got.reason != reason) or not named:
            raise Deviation("other_refusal", wanted=wanted, got=got) from None
        return got
    raise Deviation("not_refused", wanted=wanted)


def need(holds: object, place: str) -> None:
    """Raises Deviation where what stands at a place of the answer is not as the contract says."""
    if not holds:
        raise Deviation("wrong", place=place)


def both_languages(text: object, place: str) -> None:
    """Raises Deviation where a LocalizedText lacks a language."""
    need(getattr(text, "zh_cn", ""), f"{place}.zh_cn")
    need(getattr(text, "en", ""), f"{place}.en")
