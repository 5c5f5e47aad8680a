"""Who may see which case, and how far it has come."""

from __future__ import annotations

import asyncio
import base64
import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC

import grpc
import pytest
from huimin.v1 import case_pb2, form_pb2, identity_pb2
from sqlalchemy import select

from backend.rpc import page_token
from backend.storage.tables import SessionRow, WrongTries
from backend.upkeep import hourly, once
from backend_client.forms.reference import new_reference
from tests.backend.house import Failed, House, command, failed
from tests.backend.sample import RESIDENT, answers, resident, submission
from tests.postgres import BOTH

OTHER = resident(120)


async def apply(house: House, form: form_pb2.Form, number: str = RESIDENT) -> str:
    sent = submission(form, given=answers(identity_number=form_pb2.Answer(identity_number=number)))
    answer = await house.stubs.form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=sent))
    return answer.reference


async def by_card(house: House, number: str = RESIDENT) -> str:
    card = identity_pb2.IdentityCard(identity_number=number, full_name="示范居民")
    answer = await house.stubs.identity.CreateSession(identity_pb2.CreateSessionRequest(identity_card=card))
    return answer.token


async def by_service_card(house: House, number: str = RESIDENT) -> identity_pb2.CreateSessionResponse:
    card = identity_pb2.ServiceCard(identity_number=number, full_name="示范居民")
    return await house.stubs.identity.CreateSession(identity_pb2.CreateSessionRequest(service_card=card))


async def by_reference(house: House, reference: str, suffix: str = RESIDENT[-6:]) -> str:
    credential = identity_pb2.ReferenceCredential(reference=reference, identity_suffix=suffix)
    answer = await house.stubs.identity.CreateSession(identity_pb2.CreateSessionRequest(reference=credential))
    return answer.token


async def get(house: House, token: str | None, reference: str) -> case_pb2.Case:
    answer = await house.stubs.case.GetCase(
        case_pb2.GetCaseRequest(name=f"cases/{reference}"), metadata=bearer(token)
    )
    return answer.case_record


async def listed(
    house: House, token: str | None, size: int = 0, page: str = ""
) -> case_pb2.ListCasesResponse:
    return await house.stubs.case.ListCases(
        case_pb2.ListCasesRequest(page_size=size, page_token=page), metadata=bearer(token)
    )


def bearer(token: str | None) -> tuple[tuple[str, str], ...]:
    return () if token is None else (("authorization", f"Bearer {token}"),)


async def refused(call: Callable[[], Awaitable[object]]) -> Failed:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call()
    return failed(caught.value)


@BOTH
async def test_a_reference_and_the_end_of_the_number_open_that_case_only(
    house: House, form: form_pb2.Form
) -> None:
    mine, also_mine = await apply(house, form), await apply(house, form)
    token = await by_reference(house, mine)
    case = await get(house, token, mine)
    assert (case.name, case.reference, case.form) == (f"cases/{mine}", mine, "forms/everything")
    assert case.title.zh_cn == "许可申请表"
    assert case.state == case_pb2.CASE_STATE_RECEIVED
    assert [event.state for event in case.events] == [case_pb2.CASE_STATE_RECEIVED]
    assert [one.reference for one in (await listed(house, token)).cases] == [mine]
    refusal = await refused(lambda: get(house, token, also_mine))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "CASE_UNKNOWN")


@BOTH
async def test_a_card_opens_the_cases_of_its_holder_and_no_others(house: House, form: form_pb2.Form) -> None:
    mine = []
    for _ in range(3):
        mine.append(await apply(house, form))
        house.clock.forward(seconds=1)
    theirs = await apply(house, form, OTHER)
    token = await by_card(house)
    cases = (await listed(house, token)).cases
    assert [case.reference for case in cases] == mine[::-1]  # the newest first
    assert all(not case.events for case in cases)
    assert (await get(house, token, mine[0])).reference == mine[0]
    for hidden in (theirs, new_reference()):
        refusal = await refused(lambda hidden=hidden: get(house, token, hidden))  # type: ignore[misc]
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "CASE_UNKNOWN")


async def test_a_service_card_shows_the_cases_of_its_holder_and_changes_none(
    house: House, form: form_pb2.Form
) -> None:
    mine, theirs = await apply(house, form), await apply(house, form, OTHER)
    session = await by_service_card(house)
    assert session.kind == identity_pb2.CREDENTIAL_KIND_SERVICE_CARD
    assert [case.reference for case in (await listed(house, session.token)).cases] == [mine]
    assert (await get(house, session.token, mine)).reference == mine
    refusal = await refused(lambda: get(house, session.token, theirs))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "CASE_UNKNOWN")
    asked = case_pb2.ReopenCaseRequest(
        name=f"cases/{mine}", reopening=f"reopenings/{uuid.uuid4()}", reason="没有答复"
    )
    refusal = await refused(lambda: house.stubs.case.ReopenCase(asked, metadata=bearer(session.token)))
    assert (refusal.code, refusal.reason) == (
        grpc.StatusCode.PERMISSION_DENIED,
        "NOT_WITH_THIS_CREDENTIAL",
    )


async def test_a_service_card_with_a_wrong_number_is_told_so(house: House) -> None:
    wrong = RESIDENT[:-1] + ("0" if RESIDENT[-1] != "0" else "1")
    refusal = await refused(lambda: by_service_card(house, wrong))
    assert refusal.violations == {"service_card.identity_number": "WRONG_CHECK_DIGIT"}


async def test_a_card_without_cases_opens_an_empty_list(house: House) -> None:
    assert list((await listed(house, await by_card(house, OTHER))).cases) == []


async def test_the_end_of_a_number_may_be_typed_as_on_a_phone(house: House, form: form_pb2.Form) -> None:
    number = next(resident(n) for n in range(100, 200) if resident(n).endswith("X"))
    reference = await apply(house, form, number)
    for suffix in (number[-6:], number[-6:].lower(), number[-6:-1] + "*"):
        await by_reference(house, reference, suffix)


@BOTH
async def test_cases_come_in_pages(house: House, form: form_pb2.Form) -> None:
    mine = [await apply(house, form) for _ in range(5)]  # all at the same moment
    token = await by_card(house)
    seen, page = [], ""
    for _ in range(3):
        answer = await listed(house, token, 2, page)
        seen += [case.reference for case in answer.cases]
        page = answer.next_page_token
    assert page == ""
    assert sorted(seen) == sorted(mine)
    refusal = await refused(lambda: listed(house, token, 2, "bm9uc2Vuc2U"))
    assert (refusal.code, list(refusal.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, ["page_token"])


async def test_every_call_about_cases_needs_a_session(house: House, form: form_pb2.Form) -> None:
    reference = await apply(house, form)
    for token in (None, "", "x" * 500, "two words"):
        for call in (lambda t=token: get(house, t, reference), lambda t=token: listed(house, t)):
            refusal = await refused(call)
            assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAUTHENTICATED, "SESSION_NEEDED")
    refusal = await refused(lambda: get(house, "A" * 43, reference))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAUTHENTICATED, "SESSION_EXPIRED")


@BOTH
async def test_a_session_ends_by_itself_and_by_request(house: House, form: form_pb2.Form) -> None:
    reference = await apply(house, form)
    token, ended = await by_card(house), await by_card(house)
    for _ in range(2):
        await house.stubs.identity.DeleteSession(identity_pb2.DeleteSessionRequest(token=ended))
    assert (await refused(lambda: get(house, ended, reference))).reason == "SESSION_EXPIRED"
    house.clock.forward(minutes=9, seconds=59)
    await get(house, token, reference)
    house.clock.forward(seconds=1)
    assert (await refused(lambda: get(house, token, reference))).reason == "SESSION_EXPIRED"


@BOTH
async def test_tokens_and_tries_do_not_pile_up(house: House, form: form_pb2.Form) -> None:
    token = await by_card(house)
    await refused(lambda: by_reference(house, new_reference()))
    hashes = await house.database.read(
        lambda connection: connection.execute(select(SessionRow.token_hash)).scalars().all()
    )
    assert token.encode() not in b"".join(hashes)
    house.clock.forward(days=3)
    await once(hourly(house.database, house.clock))
    left = await house.database.read(
        lambda connection: [connection.execute(select(table)).all() for table in (SessionRow, WrongTries)]
    )
    assert left == [[], []]


@BOTH
async def test_a_wrong_suffix_and_an_unknown_reference_look_the_same(
    house: House, form: form_pb2.Form
) -> None:
    reference = await apply(house, form)
    wrong = await refused(lambda: by_reference(house, reference, "000000"))
    unknown = await refused(lambda: by_reference(house, new_reference(), RESIDENT[-6:]))
    assert (wrong.code, wrong.reason) == (grpc.StatusCode.PERMISSION_DENIED, "CREDENTIAL_WRONG")
    assert wrong == unknown


@pytest.mark.parametrize("exists", [True, False])
async def test_after_five_wrong_tries_a_reference_stays_closed_for_a_while(
    house: House, form: form_pb2.Form, exists: bool
) -> None:
    reference = await apply(house, form) if exists else new_reference()
    for _ in range(5):
        assert (await refused(lambda: by_reference(house, reference, "000000"))).reason == "CREDENTIAL_WRONG"
    house.clock.forward(minutes=5)
    refusal = await refused(lambda: by_reference(house, reference))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_TRIES")
    assert refusal.retry_after == 600
    house.clock.forward(minutes=10)
    if exists:
        await by_reference(house, reference)
    else:
        assert (await refused(lambda: by_reference(house, reference))).reason == "CREDENTIAL_WRONG"


@BOTH
async def test_five_wrong_tries_at_once_count_as_five(house: House, form: form_pb2.Form) -> None:
    reference = await apply(house, form)
    refusals = await asyncio.gather(
        *(refused(lambda: by_reference(house, reference, "000000")) for _ in range(12))
    )
    assert sorted(refusal.reason for refusal in refusals) == ["CREDENTIAL_WRONG"] * 5 + ["TOO_MANY_TRIES"] * 7


@BOTH
async def test_a_right_try_forgets_the_wrong_ones(house: House, form: form_pb2.Form) -> None:
    reference = await apply(house, form)
    for _ in range(3):
        for _ in range(4):
            await refused(lambda: by_reference(house, reference, "000000"))
        await by_reference(house, reference)


MALFORMED = [
    (identity_pb2.CreateSessionRequest(), {"credential": "REQUIRED"}),
    (
        identity_pb2.CreateSessionRequest(
            identity_card=identity_pb2.IdentityCard(identity_number=RESIDENT[:-1] + "0", full_name="示范")
        ),
        {"identity_card.identity_number": "WRONG_CHECK_DIGIT"},
    ),
    (
        identity_pb2.CreateSessionRequest(
            identity_card=identity_pb2.IdentityCard(identity_number="1" * 100_000, full_name="示范")
        ),
        {"identity_card.identity_number": "MALFORMED"},
    ),
    (
        identity_pb2.CreateSessionRequest(
            identity_card=identity_pb2.IdentityCard(identity_number=RESIDENT, full_name="")
        ),
        {"identity_card.full_name": "REQUIRED"},
    ),
    (
        identity_pb2.CreateSessionRequest(
            identity_card=identity_pb2.IdentityCard(identity_number=RESIDENT, full_name="名" * 65)
        ),
        {"identity_card.full_name": "TOO_LONG"},
    ),
    (
        identity_pb2.CreateSessionRequest(
            reference=identity_pb2.ReferenceCredential(reference="123456789012", identity_suffix="00002X")
        ),
        {"reference.reference": "WRONG_CHECK_DIGIT"},
    ),
    (
        identity_pb2.CreateSessionRequest(
            reference=identity_pb2.ReferenceCredential(reference="12", identity_suffix="00002X")
        ),
        {"reference.reference": "TOO_SHORT"},
    ),
    (
        identity_pb2.CreateSessionRequest(
            reference=identity_pb2.ReferenceCredential(reference=new_reference(), identity_suffix="X0002X")
        ),
        {"reference.identity_suffix": "MALFORMED"},
    ),
]


@pytest.mark.parametrize(("request_", "violations"), MALFORMED)
async def test_a_malformed_credential_says_where(
    house: House, request_: identity_pb2.CreateSessionRequest, violations: dict[str, str]
) -> None:
    refusal = await refused(lambda: house.stubs.identity.CreateSession(request_))
    assert (refusal.code, refusal.violations) == (grpc.StatusCode.INVALID_ARGUMENT, violations)


async def test_a_clerk_moves_a_case_while_the_backend_serves(house: House, form: form_pb2.Form) -> None:
    reference = await apply(house, form)
    token = await by_reference(house, reference)
    grouped = f"{reference[:4]}-{reference[4:8]}-{reference[8:]}"
    for state, note in (
        ("accepted", ""),
        ("IN_REVIEW", "正在审核。"),
        ("needs-material", "请补交租房合同。"),
    ):
        code, out, err = await command("case", "set", grouped, state, "--note", note, "--data", house.data)
        assert (code, err) == (0, "")
        assert grouped in out
    case = await get(house, token, reference)
    assert case.state == case_pb2.CASE_STATE_NEEDS_MATERIAL
    assert [(event.state, event.note) for event in case.events] == [
        (case_pb2.CASE_STATE_RECEIVED, ""),
        (case_pb2.CASE_STATE_ACCEPTED, ""),
        (case_pb2.CASE_STATE_IN_REVIEW, "正在审核。"),
        (case_pb2.CASE_STATE_NEEDS_MATERIAL, "请补交租房合同。"),
    ]
    assert case.update_time.ToDatetime(UTC) > case.create_time.ToDatetime(UTC)
    code, out, _ = await command("case", "show", reference, "--data", house.data, language="zh_CN.UTF-8")
    assert code == 0
    assert "待补正：请补交租房合同。" in out
    assert "许可申请表" in out
    assert RESIDENT not in out
    assert "示范居民" not in out


@pytest.mark.parametrize("end", ["\ud800", "\0"])
async def test_a_page_token_that_somebody_wrote_himself_is_refused(house: House, end: str) -> None:
    token = await by_card(house)
    mark, *_ = json.loads(base64.urlsafe_b64decode(page_token.encode(("ListCases",), []) + "=="))
    page = base64.urlsafe_b64encode(json.dumps([mark, 0, end]).encode()).decode().rstrip("=")
    refusal = await refused(lambda: listed(house, token, page=page))
    assert refusal.violations == {"page_token": "MALFORMED"}
