"""An outsider with the protos alone: each call without, with a wrong and with a narrow credential.

Everything is learned by reflection and said with messages made of it, as `grpcurl` does. What may be given is
written out here once more, by hand, and not taken from the backend: nothing else is given.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
from cryptography.hazmat.primitives.serialization import Encoding
from google.protobuf.json_format import MessageToDict, ParseDict
from huimin.v1 import door_pb2, form_pb2

from backend.doors.authority import new_key
from backend.storage import codes, doors
from backend_client import credentials as files
from backend_client.forms.reference import new_reference
from tests.backend.house import House, failed, house
from tests.backend.reflected import Method, methods
from tests.backend.sample import RESIDENT, resident, submission
from tests.certificates import door_folder
from tests.doors.running import Office, office

OTHER, SOMEBODY = resident(120), resident(300)
CONTENT = b"sound"

ALLOWED = "allowed"
NEEDED, EXPIRED, UNKNOWN = "SESSION_NEEDED", "SESSION_EXPIRED", "CASE_UNKNOWN"
DOOR, REVOKED = "NOT_THROUGH_THIS_DOOR", "DOOR_REVOKED"

BY_ANY_DOOR = {
    "huimin.v1.CatalogService/ListServices",
    "huimin.v1.CatalogService/GetService",
    "huimin.v1.PolicyService/ListTopics",
    "huimin.v1.PolicyService/ListPolicies",
    "huimin.v1.PolicyService/SearchPolicies",
    "huimin.v1.PolicyService/GetPolicy",
    "huimin.v1.NoticeService/ListNotices",
    "huimin.v1.NoticeService/GetNotice",
    "huimin.v1.AlertService/WatchAlerts",
    "huimin.v1.AlertService/AcknowledgeAlert",
    "huimin.v1.AppointmentService/GetCounters",
    "huimin.v1.AppointmentService/ListSlots",
    "huimin.v1.FormService/GetForm",
    "huimin.v1.LookupService/GetLookup",
    "huimin.v1.FormService/UploadAttachment",
    "huimin.v1.FormService/GetAttachment",
    "huimin.v1.FormService/LeaseReferences",
    "huimin.v1.FormService/CreateSubmission",
    "huimin.v1.CaseService/ListPublicCases",
    "huimin.v1.RatingService/CreateRating",
    "huimin.v1.PaymentService/CreateOrder",
    "huimin.v1.PaymentService/GetOrder",
    "huimin.v1.PaymentService/StartPayment",
    "huimin.v1.PaymentService/CancelOrder",
    "huimin.v1.PaymentService/SendPaymentLink",
    "huimin.v1.DocumentService/RenderDocument",
    "huimin.v1.DocumentService/RenderText",
    "huimin.v1.DocumentService/CreateDocumentLink",
    "huimin.v1.IdentityService/DeleteSession",
    "grpc.health.v1.Health/Check",
    "grpc.health.v1.Health/Watch",
    "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
}
"""What a door may without a resident; every credential changes nothing about it."""
WITH_A_SESSION = {f"huimin.v1.CaseService/{name}" for name in ("GetCase", "ListCases", "ReopenCase")} | {
    f"huimin.v1.AppointmentService/{name}" for name in ("MoveAppointment", "CancelAppointment", "CheckIn")
}
NOT_HERE = {"huimin.v1.EnrolmentService/Enrol", "grpc.health.v1.Health/List"}
"""What no known door may."""


@dataclass
class World:
    """What the outsider asks with: names of things that are there."""

    mine: str
    """Reference of the case that is looked for, RESIDENT's."""
    form: form_pb2.Form

    def message(self, path: str) -> list[dict[str, Any]]:
        """What is sent to a method, right in itself."""
        submission_name = f"submissions/{uuid.uuid4()}"
        request = door_request()
        said: dict[str, Any] = {
            "CatalogService/GetService": {"name": "services/health"},
            "PolicyService/SearchPolicies": {"query": "医保", "language": "LANGUAGE_ZH_CN"},
            "PolicyService/GetPolicy": {"name": "policies/stalls"},
            "NoticeService/GetNotice": {"name": "notices/none"},
            "FormService/GetForm": {"name": "forms/everything"},
            "FormService/GetAttachment": {"name": f"attachments/{uuid.uuid4()}"},
            "FormService/LeaseReferences": {"wanted": 1},
            "IdentityService/CreateSession": {
                "reference": {"reference": new_reference(), "identitySuffix": "000000"}
            },
            "LookupService/GetLookup": {"name": "lookups/anything"},
            "LookupService/RunLookup": {"name": "lookups/anything", "revision": "1"},
            "TextService/SendText": {
                "name": f"texts/{uuid.uuid4()}",
                "phoneNumber": "13800000000",
                "language": "LANGUAGE_EN",
                "caseName": f"cases/{self.mine}",
            },
            "IdentityService/DeleteSession": {"token": "B" * 43},
            "CaseService/GetCase": {"name": f"cases/{self.mine}"},
            "CaseService/ReopenCase": {
                "name": f"cases/{self.mine}",
                "reopening": f"reopenings/{uuid.uuid4()}",
                "reason": "not satisfied",
            },
            "AppointmentService/GetCounters": {"name": "counters/anything"},
            "AppointmentService/ListSlots": {"counters": "counters/anything"},
            "AppointmentService/MoveAppointment": {
                "name": f"cases/{self.mine}",
                "slot": "2026-12-01T09:00@anything",
                "language": "LANGUAGE_EN",
            },
            "AppointmentService/CancelAppointment": {"name": f"cases/{self.mine}", "language": "LANGUAGE_EN"},
            "AppointmentService/CheckIn": {"name": f"cases/{self.mine}"},
            "AppointmentService/IssueTicket": {
                "counters": "counters/anything",
                "requestId": str(uuid.uuid4()),
            },
            "RatingService/CreateRating": {
                "rating": {
                    "name": f"ratings/{uuid.uuid4()}",
                    "visit": f"visits/{uuid.uuid4()}",
                    "service": "services/letter",
                    "satisfaction": "SATISFACTION_SATISFIED",
                    "channel": "CHANNEL_TERMINAL",
                }
            },
            "EnrolmentService/Enrol": {"code": "X" * 16, "certificateRequest": request},
            "EnrolmentService/RenewCertificate": {"certificateRequest": request},
            "ServerReflection/ServerReflectionInfo": {"listServices": ""},
        }
        short = path.rpartition(".")[2]
        if short == "FormService/UploadAttachment":
            info = {
                "name": f"attachments/{uuid.uuid4()}",
                "submission": submission_name,
                "mediaType": "audio/wav",
                "sizeBytes": len(CONTENT),
                "sha256": _base64(hashlib.sha256(CONTENT).digest()),
            }
            return [{"info": info}, {"chunk": _base64(CONTENT)}]
        if short == "FormService/CreateSubmission":
            return [{"submission": _json(of(SOMEBODY, submission(self.form, submission_name)))}]
        return [said.get(short, {})]


@dataclass
class Tries:
    """The outsider at one door."""

    channel: grpc.aio.Channel
    offered: dict[str, Method]
    world: World

    async def outcome(self, path: str, token: str | None) -> str:
        """What comes of a call: that it is allowed, or the reason of its refusal."""
        method = self.offered[f"/{path}"]
        sent = [ParseDict(one, method.request()) for one in self.world.message(path)]
        watches = path.endswith(("/Watch", "/WatchAlerts"))
        seconds = 0.1 if watches else 10
        try:
            answers = await method.call(self.channel, *sent, token=token, seconds=seconds)
        except grpc.aio.AioRpcError as error:
            if watches and error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
                return ALLOWED  # it watches until it is ended
            reason = failed(error).reason
            permission = error.code() in (
                grpc.StatusCode.UNAUTHENTICATED,
                grpc.StatusCode.PERMISSION_DENIED,
            )
            return reason if permission or reason == UNKNOWN else ALLOWED
        if path.endswith("/ListCases"):
            return " ".join(sorted(case.reference for case in answers[0].cases)) or "nothing"
        return ALLOWED

    async def all_outcomes(self, token: str | None) -> dict[str, str]:
        return {path[1:]: await self.outcome(path[1:], token) for path in sorted(self.offered)}

    async def sign_in(self, **credential: dict[str, str]) -> str:
        method = self.offered["/huimin.v1.IdentityService/CreateSession"]
        [answer] = await method.call(self.channel, ParseDict(credential, method.request()))
        return str(answer.token)

    async def sign_out(self, token: str) -> None:
        method = self.offered["/huimin.v1.IdentityService/DeleteSession"]
        await method.call(self.channel, ParseDict({"token": token}, method.request()))

    async def refused(self, **credential: dict[str, str]) -> str:
        try:
            await self.sign_in(**credential)
        except grpc.aio.AioRpcError as error:
            return failed(error).reason
        return ALLOWED


def expected(
    get: str, listed: str, renew: str = ALLOWED, lookup: str = ALLOWED, *, line: bool = False
) -> dict[str, str]:
    """What a known door may be answered. get, listed: of the calls about cases; lookup: of a lookup, which
    needs no session but takes none that is not good; line: a phone line, which is no terminal: nobody takes a
    ticket at it."""
    return {
        **dict.fromkeys(BY_ANY_DOOR, ALLOWED),
        **dict.fromkeys(NOT_HERE, DOOR),
        "huimin.v1.EnrolmentService/RenewCertificate": renew,
        "huimin.v1.IdentityService/CreateSession": "CREDENTIAL_WRONG",
        "huimin.v1.LookupService/RunLookup": lookup,
        "huimin.v1.CaseService/GetCase": get,
        "huimin.v1.CaseService/ListCases": listed,
        "huimin.v1.CaseService/ReopenCase": get,
        "huimin.v1.TextService/SendText": get,
        "huimin.v1.AppointmentService/MoveAppointment": get,
        "huimin.v1.AppointmentService/CancelAppointment": get,
        "huimin.v1.AppointmentService/CheckIn": DOOR if line else get,
        "huimin.v1.AppointmentService/IssueTicket": DOOR if line else ALLOWED,
        "huimin.v1.TerminalService/ReportTerminal": DOOR if line else ALLOWED,
    }


async def test_nothing_is_given_that_the_table_does_not_allow(tmp_path: Path) -> None:
    async with office(tmp_path) as backend:
        running = backend.house
        terminal = await door(backend, "hall-1", door_pb2.DOOR_KIND_TERMINAL)
        beside = await door(backend, "hall-2", door_pb2.DOOR_KIND_TERMINAL)
        line = await door(backend, "line-1", door_pb2.DOOR_KIND_LINE)
        async with (
            at(backend, terminal) as hall,
            at(backend, beside, hall) as other_hall,
            at(backend, line, hall) as phone,
        ):
            mine, also_mine = hall.world.mine, await apply(hall, RESIDENT)
            theirs = await apply(hall, OTHER)
            card, their_card = shown_card(RESIDENT), shown_card(OTHER)
            expired = await hall.sign_in(**card)
            running.clock.forward(minutes=10, seconds=1)
            await check(hall, None, expected(NEEDED, NEEDED))
            await check(hall, "A" * 43, expected(EXPIRED, EXPIRED, lookup=EXPIRED))
            await check(hall, "no token, but words", expected(NEEDED, NEEDED, lookup=NEEDED))
            await check(hall, expired, expected(EXPIRED, EXPIRED, lookup=EXPIRED))
            both = " ".join(sorted((mine, also_mine)))
            await check(hall, await hall.sign_in(**card), expected(ALLOWED, both))
            await check(hall, await hall.sign_in(**their_card), expected(UNKNOWN, theirs))
            await check(hall, await hall.sign_in(**by_reference(mine)), expected(ALLOWED, mine))
            await check(hall, await hall.sign_in(**by_reference(also_mine)), expected(UNKNOWN, also_mine))
            await check(hall, await hall.sign_in(**await by_code(running, mine)), expected(ALLOWED, mine))
            await check(hall, await hall.sign_in(**await by_code(running, theirs)), expected(UNKNOWN, theirs))

            at_line = await phone.sign_in(**by_reference(mine))
            await check(phone, None, expected(NEEDED, NEEDED, line=True))
            await check(phone, at_line, expected(ALLOWED, mine, line=True))
            by_phone = await phone.sign_in(**await by_code(running, mine))
            await check(phone, by_phone, expected(ALLOWED, mine, line=True))
            assert await phone.refused(**card) == DOOR

            elsewhere = await hall.sign_in(**card)
            for outside, taken in ((other_hall, elsewhere), (phone, elsewhere), (hall, at_line)):
                at_phone = outside is phone
                await check(outside, taken, expected(EXPIRED, EXPIRED, lookup=EXPIRED, line=at_phone))
                await outside.sign_out(taken)
            assert await hall.outcome("huimin.v1.CaseService/GetCase", elsewhere) == ALLOWED
            await hall.sign_out(elsewhere)
            assert await hall.outcome("huimin.v1.CaseService/GetCase", elsewhere) == EXPIRED

            good = await hall.sign_in(**card)
            await backend.revoke("hall-1")
            running.clock.forward(seconds=2)
            await shut(hall)
            for token in (None, good):
                outcomes = await hall.all_outcomes(token)
                assert set(outcomes.values()) == {REVOKED}, outcomes
            await newcomer(backend, hall)
            await stranger(backend)


async def test_a_code_opens_once_until_its_end_and_its_own_case_only(tmp_path: Path) -> None:
    async with house(tmp_path / "data") as running:
        channel = running.stubs.channel
        local = Tries(channel, await methods(channel), World("", await the_form(running)))
        mine, theirs = await apply(local, RESIDENT), await apply(local, OTHER)
        local.world.mine = mine
        code = await by_code(running, mine)
        assert await local.refused(code={**code["code"], "reference": theirs}) == "CREDENTIAL_WRONG"
        await local.sign_in(**code)
        assert await local.refused(**code) == "CREDENTIAL_WRONG"
        older = await by_code(running, mine)
        newer = await by_code(running, mine)
        assert await local.refused(**older) == "CREDENTIAL_WRONG" or older == newer
        await local.sign_in(**newer)
        late = await by_code(running, mine)
        running.clock.forward(hours=24)
        assert await local.refused(**late) == "CREDENTIAL_WRONG"
        renew = await local.outcome("huimin.v1.EnrolmentService/RenewCertificate", None)
        await check(local, await local.sign_in(**by_reference(mine)), expected(ALLOWED, mine, renew))


# Doors and what is sent through them


async def door(backend: Office, name: str, kind: int) -> files.DoorCredentials:
    """A door that is known."""
    await backend.house.database.write(doors.add, f"doors/{name}", kind, backend.house.clock())
    return door_folder(backend.folder / name, backend.authority, name)


@asynccontextmanager
async def at(
    backend: Office, credentials: files.DoorCredentials, first: Tries | None = None
) -> AsyncIterator[Tries]:
    """An outsider at a door, who has sent an application, unless somebody else did."""
    async with grpc.aio.secure_channel(backend.house.address, credentials.channel_credentials()) as channel:
        offered = await methods(channel)
        if first is not None:
            yield Tries(channel, offered, first.world)
            return
        get = offered["/huimin.v1.FormService/GetForm"]
        [answer] = await get.call(channel, ParseDict({"name": "forms/everything"}, get.request()))
        form = form_pb2.Form.FromString(answer.form.SerializeToString())
        tries = Tries(channel, offered, World("", form))
        tries.world.mine = await apply(tries, RESIDENT)
        yield tries


async def check(tries: Tries, token: str | None, wanted: dict[str, str]) -> None:
    """Every call that is offered is answered as it should be, and none is left out."""
    outcomes = await tries.all_outcomes(token)
    wrong = {path: (outcomes[path], wanted.get(path)) for path in outcomes}
    assert {path: pair for path, pair in wrong.items() if pair[0] != pair[1]} == {}
    assert set(outcomes) == set(wanted)


async def apply(tries: Tries, number: str) -> str:
    """An application of a resident; its reference."""
    sent = of(number, submission(tries.world.form, f"submissions/{uuid.uuid4()}"))
    method = tries.offered["/huimin.v1.FormService/CreateSubmission"]
    [answered] = await method.call(tries.channel, ParseDict({"submission": _json(sent)}, method.request()))
    return str(answered.reference)


def of(number: str, sent: form_pb2.Submission) -> form_pb2.Submission:
    """The submission with another applicant."""
    for answer in sent.answers:
        if answer.field == "identity_number":
            answer.identity_number = number
    return sent


async def the_form(running: House) -> form_pb2.Form:
    return (await running.stubs.form.GetForm(form_pb2.GetFormRequest(name="forms/everything"))).form


def shown_card(number: str) -> dict[str, dict[str, str]]:
    return {"identityCard": {"identityNumber": number, "fullName": "示范居民"}}


def by_reference(reference: str) -> dict[str, dict[str, str]]:
    return {"reference": {"reference": reference, "identitySuffix": RESIDENT[-6:]}}


async def by_code(running: House, reference: str) -> dict[str, dict[str, str]]:
    """What ``huimin-backend case code`` gives out."""
    end = running.clock() + timedelta(hours=24)
    code = await running.database.write(codes.give, reference, end)
    return {"code": {"reference": reference, "code": code}}


async def shut(tries: Tries) -> None:
    """Waits until a revocation has been noticed."""
    began = datetime.now(UTC)
    while await tries.outcome("grpc.health.v1.Health/Check", None) != REVOKED:
        assert datetime.now(UTC) - began < timedelta(seconds=3)


async def newcomer(backend: Office, hall: Tries) -> None:
    """Who has no certificate may enrol, with a right code, on the port for it, and nothing else."""
    trusting = grpc.ssl_channel_credentials((await backend.invite("hall-9")).authority)
    async with grpc.aio.secure_channel(backend.enrolment, trusting) as channel:
        tries = Tries(channel, hall.offered, hall.world)
        assert await tries.outcome("huimin.v1.EnrolmentService/Enrol", None) == "CODE_WRONG"
        renew = await tries.outcome("huimin.v1.EnrolmentService/RenewCertificate", None)
        assert renew == DOOR
        for path, method in hall.offered.items():
            if method.service != "huimin.v1.EnrolmentService":
                try:
                    await method.call(channel, b"", seconds=5)
                except grpc.aio.AioRpcError as error:
                    assert error.code() is grpc.StatusCode.UNIMPLEMENTED, path
                else:
                    raise AssertionError(path)


async def stranger(backend: Office) -> None:
    """Without a certificate no line comes about."""
    trusting = grpc.ssl_channel_credentials((await backend.invite("hall-9")).authority)
    async with grpc.aio.secure_channel(backend.house.address, trusting) as channel:
        try:
            untyped: Any = channel
            await untyped.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=3)
        except grpc.aio.AioRpcError as error:
            assert error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
        else:
            raise AssertionError("a stranger was let in")


def door_request() -> str:
    return _base64(files.request(new_key()).public_bytes(Encoding.DER))


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _json(message: Any) -> dict[str, Any]:
    found: dict[str, Any] = MessageToDict(message)
    return found
