"""What residents do stands in the audit trail before they are answered, and who asks is told of erasing."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import grpc
import pytest
from huimin.v1 import case_pb2, form_pb2, identity_pb2
from sqlalchemy import text

from backend.storage import audit, cases, retention
from backend.storage.audit import Actor, Entry
from backend_client.forms.reference import new_reference
from tests.backend.house import House, failed
from tests.backend.sample import RESIDENT, answers, resident, submission
from tests.keys import VAULT

UPKEEP = Actor("upkeep", "rule", "")


async def apply(house: House, form: form_pb2.Form, number: str = RESIDENT) -> str:
    sent = submission(form, given=answers(identity_number=form_pb2.Answer(identity_number=number)))
    answer = await house.stubs.form.CreateSubmission(
        form_pb2.CreateSubmissionRequest(submission=sent), metadata=(("x-request-id", "touch-1"),)
    )
    return answer.reference


async def sign_in(house: House, reference: str = "", suffix: str = RESIDENT[-6:]) -> str:
    """By the reference, or by card where there is none."""
    if reference:
        shown = identity_pb2.ReferenceCredential(reference=reference, identity_suffix=suffix)
        request = identity_pb2.CreateSessionRequest(reference=shown)
    else:
        card = identity_pb2.IdentityCard(identity_number=RESIDENT, full_name="示范居民")
        request = identity_pb2.CreateSessionRequest(identity_card=card)
    return (await house.stubs.identity.CreateSession(request)).token


async def get(house: House, token: str, reference: str) -> case_pb2.Case:
    answer = await house.stubs.case.GetCase(
        case_pb2.GetCaseRequest(name=f"cases/{reference}"),
        metadata=(("authorization", f"Bearer {token}"), ("x-request-id", "touch-2")),
    )
    return answer.case_record


async def trail(house: House, *objects: str) -> list[Entry]:
    return [kept.entry for kept in await house.database.read(audit.entries, objects=objects)]


async def test_every_step_of_a_resident_is_in_the_trail(house: House, form: form_pb2.Form) -> None:
    reference = await apply(house, form)
    with pytest.raises(grpc.aio.AioRpcError):
        await sign_in(house, reference, "000000")
    token = await sign_in(house, reference)
    await get(house, token, reference)
    card = await sign_in(house)
    await house.stubs.case.ListCases(
        case_pb2.ListCasesRequest(), metadata=(("authorization", f"Bearer {card}"),)
    )
    entries = await trail(house, f"cases/{reference}")
    assert [(one.action, one.credential, one.outcome) for one in entries] == [
        ("FormService.CreateSubmission", "door", "OK"),
        ("IdentityService.CreateSession", "reference", "CREDENTIAL_WRONG"),
        ("IdentityService.CreateSession", "reference", "OK"),
        ("CaseService.GetCase", "reference", "OK"),
        ("CaseService.ListCases", "card", "OK"),
    ]
    assert {one.door for one in entries} == {"doors/local"}
    person = VAULT.person(RESIDENT)
    assert [one.person == person for one in entries] == [False, False, True, True, True]
    assert (entries[0].request_id, entries[3].request_id) == ("touch-1", "touch-2")
    kept = await house.database.read(
        lambda connection: connection.execute(text("SELECT request_id FROM submissions")).scalar_one()
    )
    assert kept == "touch-1"
    assert (await house.database.read(audit.verify)).findings == ()


async def test_looking_for_a_case_of_others_is_in_the_trail_too(house: House, form: form_pb2.Form) -> None:
    theirs = await apply(house, form, resident(120))
    token = await sign_in(house)
    for reference in (theirs, new_reference()):
        with pytest.raises(grpc.aio.AioRpcError):
            await get(house, token, reference)
        last = (await trail(house, f"cases/{reference}"))[-1]
        assert (last.action, last.outcome) == ("CaseService.GetCase", "CASE_UNKNOWN")


async def test_nobody_is_answered_where_the_trail_cannot_be_written(
    house: House, form: form_pb2.Form
) -> None:
    reference = await apply(house, form)
    token = await sign_in(house, reference)
    await house.database.write(
        lambda connection: connection.execute(text("ALTER TABLE audit_entries RENAME TO hidden"))
    )
    for call in (lambda: get(house, token, reference), lambda: apply(house, form), lambda: sign_in(house)):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call()
        assert failed(caught.value).reason == "STORAGE_UNAVAILABLE"
    await house.database.write(
        lambda connection: connection.execute(text("ALTER TABLE hidden RENAME TO audit_entries"))
    )
    assert (await get(house, token, reference)).reference == reference


async def test_who_asks_for_an_erased_case_is_told_so(house: House, form: form_pb2.Form) -> None:
    reference = await apply(house, form)
    token, card = await sign_in(house, reference), await sign_in(house)
    ended = cases.Event(case_pb2.CASE_STATE_COMPLETED, house.clock(), "请凭证件领取许可证")
    await house.database.write(cases.move, reference, ended)
    due = house.clock() + timedelta(days=1095)
    assert await house.database.write(retention.erase_due, UPKEEP, due) == 1
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await sign_in(house, reference)
    told = failed(caught.value)
    assert (told.code, told.reason) == (grpc.StatusCode.NOT_FOUND, "CASE_ERASED")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await get(house, token, reference)
    assert failed(caught.value).reason == "SESSION_EXPIRED"  # it went with the case
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await get(house, card, reference)
    assert failed(caught.value).reason == "CASE_UNKNOWN"  # nobody knows any more whose it was
    listed = await house.stubs.case.ListCases(
        case_pb2.ListCasesRequest(), metadata=(("authorization", f"Bearer {card}"),)
    )
    assert list(listed.cases) == []


async def test_a_submission_that_was_erased_is_not_kept_again(house: House, form: form_pb2.Form) -> None:
    sent = submission(form)
    request = form_pb2.CreateSubmissionRequest(submission=sent)
    first = await house.stubs.form.CreateSubmission(request)
    await house.database.write(retention.erase, [first.reference], UPKEEP, "retention erase", house.clock())
    again = await house.stubs.form.CreateSubmission(request)
    assert again == first
    assert await house.database.read(cases.is_erased, first.reference)


async def test_status_queries_together_wait_for_few_commits(house: House, form: form_pb2.Form) -> None:
    """A bound that a commit for each would break by far; `make bench` measures."""
    reference = await apply(house, form)
    token = await sign_in(house, reference)
    began = time.monotonic()
    await asyncio.gather(*(get(house, token, reference) for _ in range(200)))
    assert time.monotonic() - began < 10
    entries = await trail(house, f"cases/{reference}")
    assert len([one for one in entries if one.action == "CaseService.GetCase"]) == 200
