"""Forms, and what residents send with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import grpc
from huimin.v1 import form_pb2, form_pb2_grpc
from sqlalchemy import Connection

from backend.appointments.wish import wish_of
from backend.authoring.published import Published
from backend.clock import county_day, timestamp
from backend.rpc import bounds
from backend.rpc.acting import actor_of
from backend.rpc.door import Context, door_of
from backend.rpc.refusal import ANSWERS_INVALID, Refusal, Wrong, invalid, not_found
from backend.services.deadline import promised_day
from backend.services.judging import Judged, judge
from backend.services.uploads import Upload
from backend.storage import attachments, audit, forms, references, submissions
from backend.storage.audit import Actor
from backend.storage.database import Database
from backend_client.forms.form import Form
from backend_client.forms.reference import ReferenceError_, check_reference
from backend_client.forms.wire import date_to_proto, form_to_proto


@dataclass(frozen=True, slots=True)
class FormService(form_pb2_grpc.FormServiceServicer):
    """`huimin.v1.FormService` over the published forms."""

    database: Database
    published: Published
    now: Callable[[], datetime]
    email: bool
    """Whether anything can be sent by e-mail."""
    due: timedelta = timedelta(days=30)
    """How long what a form costs can be paid."""

    async def GetForm(  # noqa: N802 (the contract's name)
        self, request: form_pb2.GetFormRequest, context: Context
    ) -> form_pb2.GetFormResponse:
        """Gets a form with its fields."""
        form = self.published.current.content.forms.get(request.name)
        if form is None:
            raise not_found("FORM_UNKNOWN", "form")
        return form_pb2.GetFormResponse(form=form_to_proto(form if self.email else _without_email(form)))

    async def UploadAttachment(  # noqa: N802
        self, request_iterator: AsyncIterator[form_pb2.UploadAttachmentRequest], context: Context
    ) -> form_pb2.UploadAttachmentResponse:
        """Stores a file. Repeating a finished upload changes nothing."""
        upload = Upload(self.database, self.now, actor_of(context))
        return form_pb2.UploadAttachmentResponse(name=await upload.receive(request_iterator))

    async def GetAttachment(  # noqa: N802
        self, request: form_pb2.GetAttachmentRequest, context: Context
    ) -> form_pb2.GetAttachmentResponse:
        """Says how much of a file has arrived, to the door that sends it."""
        progress = await self.database.read(attachments.progress, request.name, door_of(context).name)
        if progress is None:
            raise not_found("ATTACHMENT_UNKNOWN", "attachment")
        return form_pb2.GetAttachmentResponse(
            received_bytes=progress.received_bytes, complete=progress.complete
        )

    async def CreateSubmission(  # noqa: N802
        self, request: form_pb2.CreateSubmissionRequest, context: Context
    ) -> form_pb2.CreateSubmissionResponse:
        """Keeps a submission, once. The answer is given when it is on the disk."""
        submission = request.submission
        _refuse_wrong_references(submission)
        digest = submissions.digest(submission)
        now = self.now()
        kept, form = await self.database.read(_known, submission, digest, now)
        if kept is None:
            current = self.published.current.content.forms.get(submission.form)
            judged = judge(submission, form, current, county_day(now))
            kept = await self._keep(judged, digest, actor_of(context), now)
        if not kept.same:
            raise Refusal(
                grpc.StatusCode.ALREADY_EXISTS,
                "SUBMISSION_DIFFERS",
                "A submission of this name has other answers.",
            )
        due = promised_day(self.published, submission.form, kept.accept_time)
        return form_pb2.CreateSubmissionResponse(
            reference=kept.reference,
            accept_time=timestamp(kept.accept_time),
            due_date=date_to_proto(due) if due else None,
        )

    async def _keep(self, judged: Judged, digest: bytes, actor: Actor, now: datetime) -> submissions.Accepted:
        submission = submissions.Checked(
            judged.submission,
            digest,
            judged.title,
            judged.applicant,
            judged.files,
            actor,
            judged.problems,
            judged.contact,
            judged.charge_fen,
            now + self.due,
            wish_of(judged.form, judged.submission.answers, self.published.current.content, now),
        )
        try:
            return await self.database.write(submissions.keep, submission, now)
        except submissions.AttachmentMissing as missing:
            raise Refusal(
                grpc.StatusCode.FAILED_PRECONDITION,
                "ATTACHMENT_MISSING",
                "An attachment has not arrived.",
                metadata={"attachment": missing.name},
            ) from None
        except submissions.NotBooked as unbooked:
            wrong = Wrong(f"answers.{unbooked.field}", unbooked.why, "cannot be booked")
            raise invalid(wrong, ANSWERS_INVALID) from None
        except submissions.NotLeased:
            raise Refusal(
                grpc.StatusCode.FAILED_PRECONDITION,
                "REFERENCE_NOT_LEASED",
                "The reference is not one that this door may give.",
            ) from None

    async def LeaseReferences(  # noqa: N802
        self, request: form_pb2.LeaseReferencesRequest, context: Context
    ) -> form_pb2.LeaseReferencesResponse:
        """Sets references aside for the calling door."""
        for number, held in enumerate(request.held):
            _reference(f"held[{number}]", held)
        try:
            leased = await self.database.write(
                _lease,
                actor_of(context),
                held=tuple(request.held),
                wanted=request.wanted,
                request_id=request.request_id,
                now=self.now(),
            )
        except references.TooManyLeased:
            raise Refusal(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "TOO_MANY_LEASED",
                f"This door has {references.MAX_LEASED} references already.",
            ) from None
        return form_pb2.LeaseReferencesResponse(usable=leased.usable, fresh=leased.fresh)


def _without_email(form: Form) -> Form:
    """The form, by which nobody is promised a message to an address."""
    contact = form.contact
    if contact is None or not contact.email:
        return form
    return replace(form, contact=replace(contact, email="") if contact.phone else None)


def _lease(
    connection: Connection,
    actor: Actor,
    *,
    held: tuple[str, ...],
    wanted: int,
    request_id: str,
    now: datetime,
) -> references.Leased:
    """Sets references aside, and says so in the audit trail. Raises TooManyLeased."""
    leased = references.lease(
        connection, actor.door, held=held, wanted=wanted, request_id=request_id, now=now
    )
    if leased.fresh:
        audit.append(
            connection, actor.did("FormService.LeaseReferences", f"references:{len(leased.fresh)}", now)
        )
    return leased


def _known(
    connection: Connection, submission: form_pb2.Submission, digest: bytes, now: datetime
) -> tuple[submissions.Accepted | None, Form | None]:
    """What was answered to a submission of that name, or else the form that it answers."""
    kept = submissions.accepted(connection, submission.name, digest)
    if kept is not None:
        return kept, None
    if submission.deferred:
        return None, forms.any_revision(connection, submission.form, submission.form_revision)
    return None, forms.revision(connection, submission.form, submission.form_revision, now)


def _refuse_wrong_references(submission: form_pb2.Submission) -> None:
    if submission.reference:
        _reference("submission.reference", submission.reference)
    elif submission.deferred:
        raise invalid(Wrong("submission.reference", bounds.REQUIRED, "is what its resident was told"))


def _reference(field: str, given: str) -> None:
    try:
        if check_reference(given) == given:
            return
    except ReferenceError_:
        pass
    raise invalid(Wrong(field, bounds.MALFORMED, "is not a reference"))
