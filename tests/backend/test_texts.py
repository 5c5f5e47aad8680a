"""Results by SMS: to whom, how many, and what a stranger who finds the telephone can read of them."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from huimin.v1 import common_pb2, lookup_pb2, lookup_pb2_grpc, policy_pb2, text_pb2, text_pb2_grpc
from sqlalchemy import Connection, func, select

from backend.conformance import trial
from backend.conformance.texts import text_demands
from backend.settings import PACKAGED
from backend.storage import messages, retention
from backend.storage.audit import Actor
from backend.storage.messages import Kept
from backend.storage.tables import AuditEntryRow
from tests.backend import house as running
from tests.backend.house import Clock, House
from tests.backend.sample import resident
from tests.backend.test_appointments import MORNING, NINE, TEN, form_of, refused, send, session, wish
from tests.postgres import BOTH

ZH, EN = common_pb2.LANGUAGE_ZH_CN, common_pb2.LANGUAGE_EN
GUIDE = "services/property-registration"

pytestmark = [pytest.mark.asyncio, BOTH]


@pytest_asyncio.fixture
async def office(tmp_path: Path, database: str) -> AsyncIterator[House]:
    """The demonstration content on a Monday morning, where every hour is a quiet one."""
    async with running.house(
        tmp_path / "data", PACKAGED, Clock(MORNING), database=database, quiet_hours="00:00-23:59"
    ) as started:
        yield started


def desk(house: House) -> text_pb2_grpc.TextServiceAsyncStub:
    return text_pb2_grpc.TextServiceStub(house.stubs.channel)


def text(
    number: str = "13900007777",
    language: common_pb2.Language.ValueType = ZH,
    caller: str = "",
    name: str = "",
    **result: str,
) -> text_pb2.SendTextRequest:
    named = name or f"texts/{uuid.uuid4()}"
    made = text_pb2.SendTextRequest(name=named, phone_number=number, language=language, caller=caller)
    for field, value in result.items():
        setattr(made, field, value)
    return made


async def sent_to(house: House, number: str) -> list[Kept]:
    """What goes or went to a number, in the order of its making."""
    listed = await house.database.read(messages.listed, None, 100)
    found = [await house.database.read(messages.opened, one.name) for one in reversed(listed)]
    return [one for one in found if one is not None and one.recipient == number]


def delivered(house: House) -> set[str]:
    """The texts that the file provider has, without what stands before each."""
    file = house.data / "messages.jsonl"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return {one["text"].partition("】" if "】" in one["text"] else "] ")[2] for one in map(json.loads, lines)}


async def record_token(house: House, lookup: str, **answers: str) -> str:
    """Of the first record of a lookup that asks for digits."""
    stub = lookup_pb2_grpc.LookupServiceStub(house.stubs.channel)
    found = (await stub.GetLookup(lookup_pb2.GetLookupRequest(name=f"lookups/{lookup}"))).lookup
    run = lookup_pb2.RunLookupRequest(name=found.name, revision=found.revision)
    for field, given in answers.items():
        phone = {"phone_number": given} if field == "phone" else {"digits": given}
        run.answers.add(field=field, **phone)
    return str((await stub.RunLookup(run)).records[0].text_token)


async def fine(house: House) -> str:
    return await record_token(house, "traffic-violations", plate_digits="0101", frame_end="2468")


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        (ZH, ("您已预约", "您预约了2026年12月1日", "*T101，", "办理地点", "全文可在自助终端阅读")),
        (EN, ("Your appointment is at", "You have an appointment at", "*T101, ", "Telephone:", "whole text")),
    ],
    ids=["zh", "en"],
)
async def test_each_result_is_sent_in_its_language_in_quiet_hours_too_and_names_nobody(
    office: House, language: common_pb2.Language.ValueType, parts: tuple[str, ...]
) -> None:
    booked = wish(await form_of(office), NINE)
    reference = await send(office, booked)
    opened = await session(office, reference)
    policies = await office.stubs.policy.ListPolicies(policy_pb2.ListPoliciesRequest(page_size=1))
    number = "13900007777"
    for request in (
        text(number, language, submission=booked.name),
        text(number, language, case_name=f"cases/{reference}"),
        text(number, language, record=await fine(office)),
        text(number, language, service=GUIDE),
        text(number, language, policy=policies.policies[0].name),
    ):
        assert not (await desk(office).SendText(request, metadata=opened)).delayed
        await desk(office).SendText(request, metadata=opened)  # a repeat
    told = {one.kind: one.text or "" for one in await sent_to(office, number)}
    kinds = ("result_booked", "result_appointment", "result_record", "result_guide", "result_policy")
    assert sorted(told) == sorted(kinds)
    for kind, part in zip(kinds, parts, strict=True):
        assert part in told[kind]
    whole = f"{reference[:4]}-{reference[4:8]}-{reference[8:]}"
    assert whole in told["result_booked"] and whole not in told["result_appointment"]
    for secret in ("示范居民", resident(1), resident(1)[-6:], "13800000000", "云A", "530199000000101"):
        assert not any(secret in one for one in told.values()), secret

    def entered(connection: Connection) -> int:
        where = AuditEntryRow.action == "TextService.SendText"
        return connection.execute(select(func.count()).where(where)).scalar_one()

    assert await office.database.read(entered) == len(kinds)
    async with asyncio.timeout(10):
        while len(delivered(office)) < len(kinds):  # noqa: ASYNC110 (a file)
            await asyncio.sleep(0.05)
    assert delivered(office) == set(told.values())


async def test_a_case_is_sent_to_whoever_may_see_it_and_with_it_it_is_erased(office: House) -> None:
    mine = await send(office, wish(await form_of(office), NINE))
    theirs = await send(office, wish(await form_of(office), TEN, 2))
    request = text(case_name=f"cases/{mine}")
    assert (await refused(desk(office).SendText(request))).reason == "SESSION_NEEDED"
    opened = await session(office, theirs, 2)
    assert (await refused(desk(office).SendText(request, metadata=opened))).reason == "CASE_UNKNOWN"
    assert await sent_to(office, request.phone_number) == []
    await desk(office).SendText(request, metadata=await session(office, mine))
    (kept,) = await sent_to(office, request.phone_number)
    assert kept.reference == mine and kept.text and mine not in kept.text
    actor = Actor("operator", "command", "")
    await office.database.write(retention.erase, [mine], actor, "case erase", office.clock())
    assert await sent_to(office, request.phone_number) == []


async def test_a_submission_is_sent_by_its_name_and_an_invented_token_sends_nothing(office: House) -> None:
    unknown = text(submission=f"submissions/{uuid.uuid4()}")
    assert (await refused(desk(office).SendText(unknown))).reason == "SUBMISSION_UNKNOWN"
    assert (await refused(desk(office).SendText(text(record="A" * 80)))).reason == "TEXT_OVER"
    token = await fine(office)
    other = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert (
        await refused(desk(office).SendText(text(record=other[:40] + "x" + other[41:])))
    ).reason == "TEXT_OVER"
    office.clock.forward(hours=1, seconds=1)
    assert (await refused(desk(office).SendText(text(record=token)))).reason == "TEXT_OVER"
    assert (await refused(desk(office).SendText(text(service="services/none")))).reason == "SERVICE_UNKNOWN"
    assert (await refused(desk(office).SendText(text(policy="policies/none")))).reason == "POLICY_UNKNOWN"
    for wrong in (text("12345678901", service=GUIDE), text()):
        assert (await refused(desk(office).SendText(wrong))).reason == "REQUEST_INVALID"


async def test_a_number_and_a_caller_get_so_many_a_day(office: House) -> None:
    for _ in range(5):
        await desk(office).SendText(text("13900000001", caller="sip:1", service=GUIDE))
    late = text("13900000001", caller="sip:2", service=GUIDE)
    assert (await refused(desk(office).SendText(late))).reason == "TOO_MANY_TEXTS"
    for _ in range(5):
        await desk(office).SendText(text("13900000002", caller="sip:1", service=GUIDE))
    other = text("13900000003", caller="sip:1", service=GUIDE)
    assert (await refused(desk(office).SendText(other))).reason == "TOO_MANY_TEXTS"
    assert await sent_to(office, "13900000003") == []
    await desk(office).SendText(text("13900000003", caller="sip:2", service=GUIDE))
    office.clock.forward(days=1, seconds=1)
    await desk(office).SendText(late)
    assert len(await sent_to(office, "13900000001")) == 6


async def test_a_record_is_sent_only_where_its_lookup_says_how(office: House) -> None:
    assert await record_token(office, "business-registration", number="539999000000101") == ""
    assert await fine(office)


async def test_who_tries_a_server_finds_that_it_holds(office: House) -> None:
    results = await trial.run(trial.Server(office.stubs.channel), [text_demands], write=False)
    assert [one.outcome for one in results] == [trial.Outcome.HOLDS] * 2, results
