"""What a resident sends, and how it is opened again. Trying this leaves submissions of nobody behind."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import uuid4

import grpc
from huimin.v1 import appointment_pb2, case_pb2, form_pb2, identity_pb2

from backend.conformance import samples
from backend.conformance.reading import form_names
from backend.conformance.trial import SECONDS, Demands, Deviation, NotTried, Server, need, refused
from backend_client.forms.answer import Problem
from backend_client.forms.form import Form
from backend_client.forms.identity_number import SUFFIX_LENGTH
from backend_client.forms.reference import ReferenceError_, check_reference, new_reference
from backend_client.forms.wire import form_from_proto

CHUNK = 64 << 10
MAX_WRONG_TRIES = 12
"""A server that lets guess more often than this at one reference does not limit it."""

submission_demands = Demands("submission")
attachment_demands = Demands("attachment")
reference_demands = Demands("reference")
case_demands = Demands("case")


async def _form(server: Server) -> Form:
    """A form that can be filled in."""
    for name in await form_names(server):
        answer = await server.form.GetForm(form_pb2.GetFormRequest(name=name), timeout=SECONDS)
        form = form_from_proto(answer.form)
        if form.slot_field is None:  # places are few
            return form
    raise NotTried("no_forms")


async def _send(server: Server, submission: form_pb2.Submission) -> form_pb2.CreateSubmissionResponse:
    request = form_pb2.CreateSubmissionRequest(submission=submission)
    answer: form_pb2.CreateSubmissionResponse = await server.form.CreateSubmission(request, timeout=SECONDS)
    return answer


async def _sent(server: Server, **other: object) -> tuple[form_pb2.Submission, str, str]:
    """A submission that the server took, its applicant and its reference."""
    form = await _form(server)
    who = samples.applicant()
    submission = samples.submission(form, samples.answers(form, who), **other)
    return submission, who, (await _send(server, submission)).reference


@submission_demands.demand("every_form", writes=True)
async def _every_form(server: Server) -> None:
    for name in await form_names(server):
        answer = await server.form.GetForm(form_pb2.GetFormRequest(name=name), timeout=SECONDS)
        form = form_from_proto(answer.form)
        slot = await _slot(server, form)
        given = samples.answers(form, samples.applicant(), slot)
        taken = await _send(server, samples.submission(form, given))
        need(taken.HasField("accept_time"), f"{name}: accept_time")
        _reference(taken.reference, f"{name}: reference")


async def _slot(server: Server, form: Form) -> str:
    """The last slot that is free, where a form books one. Raises NotTried where there is none."""
    if form.slot_field is None:
        return ""
    request = appointment_pb2.ListSlotsRequest(counters=form.slot_field.counters)
    answer: appointment_pb2.ListSlotsResponse = await server.appointment.ListSlots(request, timeout=SECONDS)
    free = [slot.name for day in answer.days for slot in day.slots if slot.free]
    if not free:
        raise NotTried("no_slots")
    return free[-1]


def _reference(given: str, place: str) -> None:
    try:
        need(check_reference(given) == given, place)
    except ReferenceError_:
        raise Deviation("wrong", place=place) from None


@submission_demands.demand("once", writes=True)
async def _once(server: Server) -> None:
    submission, _, reference = await _sent(server)
    need((await _send(server, submission)).reference == reference, "reference")


@submission_demands.demand("differs", writes=True)
async def _differs(server: Server) -> None:
    submission, _, _ = await _sent(server)
    form = await _form(server)
    other = form_pb2.Submission()
    other.CopyFrom(submission)
    del other.answers[:]
    other.answers.extend(samples.answers(form, samples.applicant()))
    await refused(_send(server, other), "ALREADY_EXISTS", "SUBMISSION_DIFFERS")


@submission_demands.demand("wrong_answer", writes=True)
async def _wrong_answer(server: Server) -> None:
    form = await _form(server)
    given = [
        answer
        for answer in samples.answers(form, samples.applicant())
        if answer.field != form.applicant_field
    ]
    wrong = form_pb2.Answer(field=form.applicant_field, identity_number="110101190001010000")
    for answers, problem in (
        ([*given, wrong], Problem.WRONG_CHECK_DIGIT),
        (given, Problem.REQUIRED),
        ([*given, wrong, form_pb2.Answer(field="no_such_field_of_it", text="x")], Problem.NO_SUCH_FIELD),
    ):
        place = (
            f"answers.{form.applicant_field if problem is not Problem.NO_SUCH_FIELD else answers[-1].field}"
        )
        call = _send(server, samples.submission(form, answers))
        got = await refused(call, "INVALID_ARGUMENT", "ANSWERS_INVALID", violation=place)
        need(got.violations[place] == problem.name, place)


@submission_demands.demand("old_revision", writes=True)
async def _old_revision(server: Server) -> None:
    form = await _form(server)
    old = samples.submission(form, samples.answers(form, samples.applicant()), form_revision="never-there")
    await refused(_send(server, old), "FAILED_PRECONDITION", "FORM_CHANGED")


@submission_demands.demand("malformed", writes=True)
async def _malformed(server: Server) -> None:
    form = await _form(server)
    given = samples.answers(form, samples.applicant())
    for place, other in (
        ("submission.name", {"name": "submissions/1"}),
        ("submission.origin", {"origin": "x" * 64}),
        ("submission.form", {"form": "forms/NO"}),
    ):
        call = _send(server, samples.submission(form, given, **other))
        await refused(call, "INVALID_ARGUMENT", "", violation=place)


@submission_demands.demand("deferred", writes=True)
async def _deferred(server: Server) -> None:
    """A resident who is gone: what is wrong with the answers is no reason to lose them."""
    form = await _form(server)
    given = samples.answers(form, samples.applicant())
    held = (await _lease(server, 1)).fresh[0]
    kept = samples.submission(form, given, form_revision="never-there", reference=held, deferred=True)
    need((await _send(server, kept)).reference == held, "reference")


# Attachments


def _info(content: bytes, offset: int = 0) -> form_pb2.AttachmentInfo:
    return form_pb2.AttachmentInfo(
        name=f"attachments/{uuid4()}",
        submission=f"submissions/{uuid4()}",
        media_type="audio/wav",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).digest(),
        offset=offset,
    )


async def _upload(server: Server, info: form_pb2.AttachmentInfo, content: bytes) -> None:
    parts = [form_pb2.UploadAttachmentRequest(info=info)]
    for start in range(0, len(content), CHUNK):
        parts.append(form_pb2.UploadAttachmentRequest(chunk=content[start : start + CHUNK]))
    await server.form.UploadAttachment(iter(parts), timeout=SECONDS)


@attachment_demands.demand("upload", writes=True)
async def _uploads(server: Server) -> None:
    content = bytes(200_000)
    info = _info(content)
    await _upload(server, info, content)
    await _upload(server, info, content)  # repeating a finished one succeeds
    request = form_pb2.GetAttachmentRequest(name=info.name)
    answer = await server.form.GetAttachment(request, timeout=SECONDS)
    need(answer.complete and answer.received_bytes == len(content), "GetAttachmentResponse")


@attachment_demands.demand("damaged", writes=True)
async def _damaged(server: Server) -> None:
    content = b"sound"
    info = _info(content)
    await refused(_upload(server, info, b"noise"), "INVALID_ARGUMENT", "ATTACHMENT_DAMAGED")


@attachment_demands.demand("unknown", writes=True)
async def _unknown_attachment(server: Server) -> None:
    request = form_pb2.GetAttachmentRequest(name=f"attachments/{uuid4()}")
    await refused(server.form.GetAttachment(request, timeout=SECONDS), "NOT_FOUND", "ATTACHMENT_UNKNOWN")


@attachment_demands.demand("too_large", writes=True)
async def _too_large(server: Server) -> None:
    info = _info(b"x")
    info.size_bytes = (16 << 20) + 1
    await refused(_upload(server, info, b"x"), "INVALID_ARGUMENT", "")


# References


async def _lease(server: Server, wanted: int, held: Sequence[str] = ()) -> form_pb2.LeaseReferencesResponse:
    request = form_pb2.LeaseReferencesRequest(held=held, wanted=wanted)
    answer: form_pb2.LeaseReferencesResponse = await server.form.LeaseReferences(request, timeout=SECONDS)
    need(len(answer.fresh) == wanted, "fresh")
    return answer


@reference_demands.demand("lease", writes=True)
async def _leases(server: Server) -> None:
    first, second = await _lease(server, 50), await _lease(server, 50)
    drawn = [*first.fresh, *second.fresh]
    need(len(set(drawn)) == len(drawn), "fresh")
    for reference in drawn:
        _reference(reference, "fresh")
    need(drawn != sorted(drawn), "fresh")


@reference_demands.demand("kept", writes=True)
async def _kept(server: Server) -> None:
    held = (await _lease(server, 2)).fresh
    _, _, given = await _sent(server, reference=held[0])
    need(given == held[0], "reference")
    answer = await _lease(server, 0, held)
    need(list(answer.usable) == [held[1]], "usable")


@reference_demands.demand("not_leased", writes=True)
async def _not_leased(server: Server) -> None:
    await refused(_sent(server, reference=new_reference()), "FAILED_PRECONDITION", "REFERENCE_NOT_LEASED")


# Sessions and cases


async def _sign_in(server: Server, reference: str, suffix: str) -> str:
    request = identity_pb2.CreateSessionRequest(
        reference=identity_pb2.ReferenceCredential(reference=reference, identity_suffix=suffix)
    )
    answer = await server.identity.CreateSession(request, timeout=SECONDS)
    return str(answer.token)


async def _case(server: Server, token: str, reference: str) -> case_pb2.Case:
    answer = await server.case.GetCase(
        case_pb2.GetCaseRequest(name=f"cases/{reference}"), timeout=SECONDS, metadata=_bearer(token)
    )
    found: case_pb2.Case = answer.case_record
    return found


def _bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),) if token else ()


@case_demands.demand("by_reference", writes=True)
async def _by_reference(server: Server) -> None:
    submission, who, reference = await _sent(server)
    case = await _case(server, await _sign_in(server, reference, who[-SUFFIX_LENGTH:]), reference)
    need(case.reference == reference, "reference")
    need(case.form == submission.form, "form")
    need(case.state == case_pb2.CASE_STATE_RECEIVED, "state")
    need(case.title.zh_cn and case.title.en, "title")
    need(case.events and case.events[0].state == case_pb2.CASE_STATE_RECEIVED, "events")


@case_demands.demand("no_session", writes=True)
async def _no_session(server: Server) -> None:
    _, _, reference = await _sent(server)
    await refused(_case(server, "", reference), "UNAUTHENTICATED", "SESSION_NEEDED")
    await refused(_case(server, "no-such-token", reference), "UNAUTHENTICATED", "SESSION_EXPIRED")


@case_demands.demand("of_others", writes=True)
async def _of_others(server: Server) -> None:
    _, who, mine = await _sent(server)
    _, _, other = await _sent(server)
    token = await _sign_in(server, mine, who[-SUFFIX_LENGTH:])
    await refused(_case(server, token, other), "NOT_FOUND", "CASE_UNKNOWN")
    listed = await server.case.ListCases(
        case_pb2.ListCasesRequest(), timeout=SECONDS, metadata=_bearer(token)
    )
    need([case.reference for case in listed.cases] == [mine], "cases")


@case_demands.demand("sign_out", writes=True)
async def _sign_out(server: Server) -> None:
    _, who, reference = await _sent(server)
    token = await _sign_in(server, reference, who[-SUFFIX_LENGTH:])
    request = identity_pb2.DeleteSessionRequest(token=token)
    await server.identity.DeleteSession(request, timeout=SECONDS, metadata=_bearer(token))
    await refused(_case(server, token, reference), "UNAUTHENTICATED", "SESSION_EXPIRED")


@case_demands.demand("guessing", writes=True)
async def _guessing(server: Server) -> None:
    """Wrong tries are refused alike, then no longer answered; another reference looks the same."""
    _, who, reference = await _sent(server)
    wrong = "999999" if not who.endswith("999999") else "888888"
    await refused(_sign_in(server, new_reference(), wrong), "PERMISSION_DENIED", "CREDENTIAL_WRONG")
    for _ in range(MAX_WRONG_TRIES):
        try:
            await _sign_in(server, reference, wrong)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED:
                break
            continue
        raise Deviation("not_refused", wanted="PERMISSION_DENIED CREDENTIAL_WRONG")
    right = _sign_in(server, reference, who[-SUFFIX_LENGTH:])
    got = await refused(right, "RESOURCE_EXHAUSTED", "TOO_MANY_TRIES")
    need(got.retry, "RetryInfo")


@case_demands.demand("by_card", writes=True)
async def _by_card(server: Server) -> None:
    _, who, reference = await _sent(server)
    card = identity_pb2.IdentityCard(identity_number=who, full_name="Conformance")
    request = identity_pb2.CreateSessionRequest(identity_card=card)
    token = (await server.identity.CreateSession(request, timeout=SECONDS)).token
    need((await _case(server, token, reference)).reference == reference, "reference")
