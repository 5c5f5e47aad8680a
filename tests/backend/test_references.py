"""References leased to doors, and what becomes of submissions that bring one."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection
from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.type.date_pb2 import Date
from huimin.v1 import case_pb2, form_pb2, identity_pb2
from sqlalchemy import Connection, func, select, update

from backend.storage import references, submissions
from backend.storage.references import MAX_LEASED, MAX_WANTED, TooManyLeased
from backend.storage.tables import CaseRow, FormRevision, ReferenceLease
from backend_client.forms.reference import check_reference, new_reference
from tests.backend.house import Failed, House, command, failed
from tests.backend.sample import RESIDENT, answers, submission
from tests.postgres import BOTH

Answer = form_pb2.Answer
ELSEWHERE = "doors/elsewhere"


async def lease(
    house: House, wanted: int, held: Collection[str] = (), request_id: str = ""
) -> form_pb2.LeaseReferencesResponse:
    return await house.stubs.form.LeaseReferences(
        form_pb2.LeaseReferencesRequest(held=held, wanted=wanted, request_id=request_id)
    )


async def leased_elsewhere(house: House, wanted: int) -> tuple[str, ...]:
    """References of another door."""
    found = await house.database.write(
        references.lease, ELSEWHERE, held=(), wanted=wanted, request_id="", now=house.clock()
    )
    return found.fresh


def bringing(form: form_pb2.Form, reference: str, *, deferred: bool = False) -> form_pb2.Submission:
    one = submission(form)
    one.reference, one.deferred = reference, deferred
    return one


async def send(house: House, one: form_pb2.Submission) -> str:
    answer = await house.stubs.form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=one))
    return str(answer.reference)


async def refused(house: House, one: form_pb2.Submission) -> Failed:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await send(house, one)
    return failed(caught.value)


async def problems(house: House, name: str) -> tuple[str, ...]:
    """What the office sees beside a submission."""
    return (await house.database.read(submissions.opened, name))[1]


async def cases(house: House) -> int:
    asked = select(func.count()).select_from(CaseRow)
    return await house.database.read(lambda connection: connection.execute(asked).scalar_one())


# Leasing


@BOTH
async def test_doors_get_references_that_can_be_keyed_and_nobody_else_has(house: House) -> None:
    own = await asyncio.gather(*(lease(house, 200) for _ in range(5)))
    elsewhere = await leased_elsewhere(house, 200)
    fresh = [*elsewhere, *(reference for answer in own for reference in answer.fresh)]
    assert len(fresh) == len(set(fresh)) == 1200
    assert all(check_reference(reference) == reference for reference in fresh)


async def test_references_say_nothing_of_each_other(house: House) -> None:
    fresh = (await lease(house, 300)).fresh
    assert len({reference[:3] for reference in fresh}) > 100
    assert list(fresh) != sorted(fresh)


@BOTH
async def test_a_request_that_is_repeated_under_its_name_gives_the_same_less_what_was_used(
    house: House, form: form_pb2.Form
) -> None:
    request_id = str(uuid.uuid4())
    first = set((await lease(house, 10, request_id=request_id)).fresh)
    used = min(first)
    await send(house, bringing(form, used))
    assert set((await lease(house, 10, request_id=request_id)).fresh) == first - {used}
    assert not set((await lease(house, 10, request_id=str(uuid.uuid4()))).fresh) & first


async def test_of_what_a_door_holds_only_its_own_and_unused_ones_may_be_given_out(
    house: House, form: form_pb2.Form
) -> None:
    own = list((await lease(house, 4)).fresh)
    await send(house, bringing(form, own[1]))
    held = [*own, *await leased_elsewhere(house, 2), new_reference()]
    answer = await lease(house, 0, held)
    assert list(answer.usable) == [own[0], own[2], own[3]]
    assert not answer.fresh


async def test_a_door_that_hoards_is_refused_and_one_that_lost_its_disk_is_served_later(house: House) -> None:
    for _ in range(MAX_LEASED // MAX_WANTED):
        await lease(house, MAX_WANTED)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await lease(house, 1)
    refusal = failed(caught.value)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_LEASED")
    await lease(house, 0)
    with pytest.raises(TooManyLeased):
        await house.database.write(
            references.lease, "doors/local", held=(), wanted=1, request_id="", now=house.clock()
        )
    assert await leased_elsewhere(house, 1)
    house.clock.forward(days=31)
    assert len((await lease(house, 1)).fresh) == 1


async def test_malformed_requests_for_references_are_refused(house: House) -> None:
    wrong: dict[str, dict[str, Any]] = {
        "wanted": {"wanted": -1},
        "held[0]": {"held": ["123456789012"]},
        "held": {"held": ["1"] * 2001},
        "request_id": {"request_id": "x"},
    }
    for field, values in wrong.items():
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await house.stubs.form.LeaseReferences(form_pb2.LeaseReferencesRequest(**values))
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert field in failed(caught.value).violations
    with pytest.raises(grpc.aio.AioRpcError):
        await lease(house, MAX_WANTED + 1)


# Submissions that bring a reference


async def test_a_submission_gets_the_reference_that_it_brings_once(house: House, form: form_pb2.Form) -> None:
    (reference,) = (await lease(house, 1)).fresh
    one = bringing(form, reference)
    assert await send(house, one) == reference
    assert await send(house, one) == reference
    refusal = await refused(house, bringing(form, reference))
    assert (refusal.code, refusal.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "REFERENCE_NOT_LEASED",
    )
    assert await cases(house) == 1


@BOTH
async def test_of_many_submissions_at_once_under_one_reference_one_gets_it(
    house: House, form: form_pb2.Form
) -> None:
    (reference,) = (await lease(house, 1)).fresh
    got = await asyncio.gather(
        *(send(house, bringing(form, reference)) for _ in range(12)), return_exceptions=True
    )
    assert [one for one in got if isinstance(one, str)] == [reference]
    assert await cases(house) == 1


async def test_a_reference_of_another_door_or_of_nobody_is_refused_and_not_used_up(
    house: House, form: form_pb2.Form
) -> None:
    (others,) = await leased_elsewhere(house, 1)
    nobodys = new_reference()
    for reference in (others, nobodys):
        refusal = await refused(house, bringing(form, reference))
        assert refusal.reason == "REFERENCE_NOT_LEASED"
    assert await house.database.read(known, nobodys) is None
    assert await house.database.read(known, others) == (ELSEWHERE, None)


def known(connection: Connection, reference: str) -> tuple[str, str | None] | None:
    row = connection.execute(
        select(ReferenceLease.door, ReferenceLease.submission).where(ReferenceLease.reference == reference)
    ).first()
    return None if row is None else (row.door, row.submission)


async def test_a_submission_without_a_reference_gets_one_that_no_door_has(
    house: House, form: form_pb2.Form
) -> None:
    leased = set((await lease(house, 50)).fresh)
    got = {await send(house, submission(form)) for _ in range(5)}
    assert len(got) == 5
    assert not got & leased


# Deferred ones


async def test_a_deferred_submission_with_nothing_wrong_is_kept_as_any_other(
    house: House, form: form_pb2.Form
) -> None:
    (reference,) = (await lease(house, 1)).fresh
    one = bringing(form, reference, deferred=True)
    assert await send(house, one) == reference
    assert await send(house, one) == reference
    assert await problems(house, one.name) == ()


async def test_a_deferred_submission_is_kept_with_what_is_wrong_noted_for_the_office(
    house: House, form: form_pb2.Form
) -> None:
    (reference,) = (await lease(house, 1)).fresh
    one = bringing(form, reference, deferred=True)
    del one.answers[:]
    wrong = answers(
        amount=Answer(money_fen=-1), start=Answer(date=Date(year=2026, month=2, day=30)), phone=None
    )
    one.answers.extend([*wrong, Answer(field="new_question", text="x")])
    assert await send(house, one) == reference
    assert set(await problems(house, one.name)) == {
        "answers.amount:TOO_SMALL",
        "answers.start:NO_SUCH_DATE",
        "answers.phone:REQUIRED",
        "answers.new_question:NO_SUCH_FIELD",
    }
    kept, _ = await house.database.read(submissions.opened, one.name)
    assert list(kept.answers) == list(one.answers)
    assert await send(house, one) == reference


async def test_a_resident_finds_the_case_of_a_deferred_submission_by_reference_and_number(
    house: House, form: form_pb2.Form
) -> None:
    (reference,) = (await lease(house, 1)).fresh
    one = bringing(form, reference, deferred=True)
    one.form_revision = "unheard-of"
    await send(house, one)
    assert await problems(house, one.name) == ("FORM_CHANGED",)
    token = await signed_in(house, reference)
    found = await house.stubs.case.GetCase(
        case_pb2.GetCaseRequest(name=f"cases/{reference}"), metadata=(("authorization", f"Bearer {token}"),)
    )
    assert found.case_record.state == case_pb2.CASE_STATE_RECEIVED
    assert found.case_record.title == form.title
    assert [event.note for event in found.case_record.events] == [""]


async def signed_in(house: House, reference: str) -> str:
    answer = await house.stubs.identity.CreateSession(
        identity_pb2.CreateSessionRequest(
            reference=identity_pb2.ReferenceCredential(reference=reference, identity_suffix=RESIDENT[-6:])
        )
    )
    return str(answer.token)


async def test_a_deferred_submission_to_a_form_that_is_gone_is_kept(
    house: House, form: form_pb2.Form
) -> None:
    (reference,) = (await lease(house, 1)).fresh
    one = bringing(form, reference, deferred=True)
    one.form = "forms/withdrawn"
    assert await send(house, one) == reference
    assert await problems(house, one.name) == ("FORM_UNKNOWN",)
    assert await signed_in(house, reference)


async def test_a_deferred_submission_to_an_older_revision_is_judged_by_it_however_old(
    house: House, form: form_pb2.Form
) -> None:
    await house.database.write(
        lambda connection: connection.execute(
            update(FormRevision)
            .where(FormRevision.form == form.name)
            .values(retire_time=house.clock() - timedelta(days=400))
        )
    )
    first, second = (await lease(house, 2)).fresh
    assert (await refused(house, bringing(form, first))).reason == "FORM_CHANGED"
    one = bringing(form, second, deferred=True)
    assert await send(house, one) == second
    assert await problems(house, one.name) == ()


@BOTH
async def test_a_deferred_submission_whose_reference_another_has_gets_a_new_one_and_the_office_sees_it(
    house: House, form: form_pb2.Form
) -> None:
    (used,) = (await lease(house, 1)).fresh
    (others,) = await leased_elsewhere(house, 1)
    await send(house, bringing(form, used))
    for told in (used, others):
        one = bringing(form, told, deferred=True)
        given = await send(house, one)
        assert given != told
        assert check_reference(given) == given
        assert await send(house, one) == given
        assert await problems(house, one.name) == ("REFERENCE_REPLACED",)
        kept, _ = await house.database.read(submissions.opened, one.name)
        assert kept.reference == told
    assert await cases(house) == 3


async def test_a_backend_restored_from_an_older_copy_takes_the_references_that_residents_were_told(
    house: House, form: form_pb2.Form
) -> None:
    told = new_reference()
    one = bringing(form, told, deferred=True)
    assert await send(house, one) == told
    assert await problems(house, one.name) == ()
    assert (await refused(house, bringing(form, told))).reason == "REFERENCE_NOT_LEASED"


async def test_a_deferred_submission_is_refused_where_it_is_malformed_or_lacks_a_file(
    house: House, form: form_pb2.Form
) -> None:
    (reference,) = (await lease(house, 1)).fresh
    assert (await refused(house, bringing(form, "", deferred=True))).code is grpc.StatusCode.INVALID_ARGUMENT
    wrong = bringing(form, "123456789012", deferred=True)
    assert (await refused(house, wrong)).code is grpc.StatusCode.INVALID_ARGUMENT
    spoken = bringing(form, reference, deferred=True)
    spoken.answers[0].recording = f"attachments/{uuid.uuid4()}"
    assert (await refused(house, spoken)).reason == "ATTACHMENT_MISSING"
    assert await cases(house) == 0


async def test_a_clerk_sees_what_is_wrong_with_a_case(house: House, form: form_pb2.Form) -> None:
    right, wrong = (await lease(house, 2)).fresh
    await send(house, bringing(form, right, deferred=True))
    one = bringing(form, wrong, deferred=True)
    one.form_revision = "unheard-of"
    del one.answers[:]
    one.answers.extend(answers(phone=None))
    await send(house, one)
    code, shown, _ = await command("case", "show", "--data", house.data, wrong)
    assert code == 0
    assert "FORM_CHANGED" in shown
    assert "answers.phone:REQUIRED" in shown
    _, shown, _ = await command("case", "show", "--data", house.data, right)
    assert "Problem" not in shown


async def test_whatever_stands_for_the_number_of_a_late_one_guesses_at_it_are_answered_and_counted(
    house: House, form: form_pb2.Form
) -> None:
    (reference,) = (await lease(house, 1)).fresh
    one = bringing(form, reference, deferred=True)
    del one.answers[:]
    one.answers.extend(answers(identity_number=Answer(identity_number="示范居民的号码")))
    await send(house, one)
    reasons = []
    for _ in range(6):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await signed_in(house, reference)
        reasons.append(failed(caught.value).reason)
    assert reasons == ["CREDENTIAL_WRONG"] * 5 + ["TOO_MANY_TRIES"]


async def test_a_number_that_came_late_in_another_spelling_is_found_all_the_same(
    house: House, form: form_pb2.Form
) -> None:
    (reference,) = (await lease(house, 1)).fresh
    one = bringing(form, reference, deferred=True)
    del one.answers[:]
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in RESIDENT)
    one.answers.extend(answers(identity_number=Answer(identity_number=wide), phone=None))
    await send(house, one)
    assert await signed_in(house, reference)


async def test_the_name_of_a_field_that_no_form_has_writes_nothing_of_its_own_for_the_clerk(
    house: House, form: form_pb2.Form
) -> None:
    (reference,) = (await lease(house, 1)).fresh
    one = bringing(form, reference, deferred=True)
    one.answers.append(Answer(field="\x1b[2J\nx REFERENCE_REPLACED", text="x"))
    await send(house, one)
    assert await problems(house, one.name) == ("answers.??2J?x?REFERENCE_REPLACED:NO_SUCH_FIELD",)
