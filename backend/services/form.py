"""Forms, and what residents send with them."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import grpc
from huimin.v1 import common_pb2, form_pb2, form_pb2_grpc
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from backend.clock import county_day, timestamp
from backend.rpc import bounds
from backend.rpc.door import door_of
from backend.rpc.interceptor import Context
from backend.rpc.refusal import Refusal, Wrong, invalid, not_found
from backend.services.answers import MAX_ANSWERS
from backend.services.judging import Judged, judge
from backend.storage import attachments, forms, references, submissions
from backend.storage.attachments import AttachmentFolder, Description, Mismatch
from backend.storage.database import Database
from backend_client.forms.form import Form
from backend_client.forms.reference import ReferenceError_, check_reference
from backend_client.forms.wire import form_to_proto

MAX_ORIGIN = 63
MAX_REVISION = 64
MAX_CHUNK = 64 << 10
CHUNK_SECONDS = 30.0
"""A sender that is silent for so long in an upload is gone."""
SPARE_BYTES = 64 << 20
"""Left free on the disk: submissions matter more than files."""
_MEDIA_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9][a-z0-9.+-]{0,60}")
_RETRY_FULL = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class FormService(form_pb2_grpc.FormServiceServicer):
    """`huimin.v1.FormService`. forms: the current ones by name; folder: where attachments lie."""

    database: Database
    folder: AttachmentFolder
    forms: Mapping[str, Form]
    now: Callable[[], datetime]

    async def GetForm(  # noqa: N802 (the contract's name)
        self, request: form_pb2.GetFormRequest, context: Context
    ) -> form_pb2.GetFormResponse:
        """Gets a form with its fields."""
        form = self.forms.get(bounds.resource("name", request.name, "forms"))
        if form is None:
            raise not_found("FORM_UNKNOWN", "form")
        return form_pb2.GetFormResponse(form=form_to_proto(form))

    async def UploadAttachment(  # noqa: N802
        self, request_iterator: AsyncIterator[form_pb2.UploadAttachmentRequest], context: Context
    ) -> form_pb2.UploadAttachmentResponse:
        """Stores a file. Repeating a finished upload changes nothing."""
        described = _description(await anext(request_iterator, form_pb2.UploadAttachmentRequest()))
        answer = form_pb2.UploadAttachmentResponse(name=described.name)
        held, count = await self.database.read(_arrived, described)
        if held is not None:
            _same(held, described)
            return answer
        if count >= attachments.MAX_PER_SUBMISSION:
            raise invalid(
                Wrong("info.submission", bounds.OUT_OF_RANGE, "has too many attachments already"),
                "TOO_MANY_ATTACHMENTS",
            )
        await asyncio.to_thread(self._refuse_full_disk, described.size_bytes)
        try:
            await self.folder.receive(described, _chunks(request_iterator))
        except Mismatch as mismatch:
            raise invalid(
                Wrong(f"info.{mismatch.field}", "MISMATCH", "differs from the bytes that came"),
                "ATTACHMENT_DAMAGED",
            ) from None
        await self._enter(described)
        return answer

    async def CreateSubmission(  # noqa: N802
        self, request: form_pb2.CreateSubmissionRequest, context: Context
    ) -> form_pb2.CreateSubmissionResponse:
        """Keeps a submission, once. The answer is given when it is on the disk."""
        submission = request.submission
        _bound(submission)
        digest = submissions.digest(submission)
        now = self.now()
        kept, form = await self.database.read(_known, submission, now)
        if kept is None:
            judged = judge(submission, form, self.forms.get(submission.form), county_day(now))
            await self._need_files(submission.name, judged.files)
            kept = await self._keep(judged, digest, door_of(context).name, now)
        if kept.digest != digest:
            raise Refusal(
                grpc.StatusCode.ALREADY_EXISTS,
                "SUBMISSION_DIFFERS",
                "A submission of this name has other answers.",
            )
        return form_pb2.CreateSubmissionResponse(
            reference=kept.reference, accept_time=timestamp(kept.accept_time)
        )

    async def _need_files(self, submission: str, files: tuple[str, ...]) -> None:
        missing = await self.database.read(attachments.missing, submission, files)
        if missing:
            raise Refusal(
                grpc.StatusCode.FAILED_PRECONDITION,
                "ATTACHMENT_MISSING",
                "An attachment has not arrived.",
                metadata={"attachment": missing[0]},
            )

    async def _keep(self, judged: Judged, digest: bytes, door: str, now: datetime) -> submissions.Accepted:
        submission = submissions.Checked(
            judged.submission, digest, judged.title, judged.applicant, judged.files, judged.problems, door
        )
        try:
            return await submissions.keep(self.database, submission, now)
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
        _bound_lease(request)
        try:
            leased = await self.database.write(
                references.lease,
                door_of(context).name,
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

    def _refuse_full_disk(self, size: int) -> None:
        if shutil.disk_usage(self.folder.folder).free < size + SPARE_BYTES:
            raise Refusal(
                grpc.StatusCode.UNAVAILABLE,
                "STORAGE_FULL",
                "There is no room for attachments.",
                retry_after=_RETRY_FULL,
            )

    async def _enter(self, described: Description) -> None:
        """Enters a file that has arrived; the same upload may have come twice at the same time."""
        try:
            await self.database.write(attachments.enter, described, self.now())
        except IntegrityError:
            held = await self.database.read(attachments.described, described.name)
            if held is None:
                raise
            _same(held, described)


def _arrived(connection: Connection, described: Description) -> tuple[Description | None, int]:
    """A file of that name that is kept already, and how many its submission has."""
    held = attachments.described(connection, described.name)
    return held, attachments.count(connection, described.submission)


def _known(
    connection: Connection, submission: form_pb2.Submission, now: datetime
) -> tuple[submissions.Accepted | None, Form | None]:
    """What was answered to a submission of that name, or else the form that it answers."""
    kept = submissions.accepted(connection, submission.name)
    if kept is not None:
        return kept, None
    if submission.deferred:
        return None, forms.any_revision(connection, submission.form, submission.form_revision)
    return None, forms.revision(connection, submission.form, submission.form_revision, now)


def _same(held: Description, described: Description) -> None:
    if held != described:
        raise Refusal(
            grpc.StatusCode.ALREADY_EXISTS,
            "ATTACHMENT_DIFFERS",
            "An attachment of this name is another file.",
        )


def _description(first: form_pb2.UploadAttachmentRequest) -> Description:
    """The description in the first message of an upload."""
    if first.WhichOneof("part") != "info":
        raise invalid(Wrong("info", bounds.REQUIRED, "has to come first"))
    info = first.info
    if info.size_bytes > attachments.MAX_BYTES:
        raise invalid(
            Wrong("info.size_bytes", bounds.OUT_OF_RANGE, "is above 16 MiB"), "ATTACHMENT_TOO_LARGE"
        )
    if info.size_bytes < 1:
        raise invalid(Wrong("info.size_bytes", bounds.OUT_OF_RANGE, "is below 1"))
    if len(info.sha256) != 32:
        raise invalid(Wrong("info.sha256", bounds.MALFORMED, "has not 32 bytes"))
    if not _MEDIA_TYPE.fullmatch(info.media_type):
        raise invalid(Wrong("info.media_type", bounds.MALFORMED, "is not a media type"))
    return Description(
        name=bounds.uuid_resource("info.name", info.name, "attachments"),
        submission=bounds.uuid_resource("info.submission", info.submission, "submissions"),
        media_type=info.media_type,
        size_bytes=info.size_bytes,
        sha256=info.sha256,
    )


async def _chunks(requests: AsyncIterator[form_pb2.UploadAttachmentRequest]) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout(CHUNK_SECONDS):
                request = await anext(requests, None)
        except TimeoutError:
            raise Refusal(
                grpc.StatusCode.DEADLINE_EXCEEDED, "UPLOAD_TOO_SLOW", "No bytes came for too long."
            ) from None
        if request is None:
            return
        if request.WhichOneof("part") != "chunk" or not 0 < len(request.chunk) <= MAX_CHUNK:
            raise invalid(Wrong("chunk", bounds.OUT_OF_RANGE, "has not 1 to 65536 bytes"))
        yield request.chunk


def _bound(submission: form_pb2.Submission) -> None:
    """Refuses a submission whose parts, but for the answers, are malformed."""
    bounds.uuid_resource("submission.name", submission.name, "submissions")
    bounds.resource("submission.form", submission.form, "forms")
    bounds.text("submission.form_revision", submission.form_revision, MAX_REVISION)
    bounds.member("submission.channel", submission.channel, common_pb2.Channel.values())
    bounds.member("submission.language", submission.language, common_pb2.Language.values())
    bounds.text("submission.origin", submission.origin, MAX_ORIGIN, may_be_empty=True)
    bounds.moment("submission.send_time", submission.send_time)
    if submission.reference:
        _reference("submission.reference", submission.reference)
    elif submission.deferred:
        raise invalid(Wrong("submission.reference", bounds.REQUIRED, "is what its resident was told"))
    if len(submission.answers) > MAX_ANSWERS:
        raise invalid(Wrong("submission.answers", bounds.TOO_LONG, f"more than {MAX_ANSWERS}"))


def _bound_lease(request: form_pb2.LeaseReferencesRequest) -> None:
    if len(request.held) > references.MAX_HELD:
        raise invalid(Wrong("held", bounds.TOO_LONG, f"more than {references.MAX_HELD}"))
    for held in request.held:
        _reference("held", held)
    if not 0 <= request.wanted <= references.MAX_WANTED:
        raise invalid(Wrong("wanted", bounds.OUT_OF_RANGE, f"not from 0 to {references.MAX_WANTED}"))
    if request.request_id:
        bounds.uuid("request_id", request.request_id)


def _reference(field: str, given: str) -> None:
    try:
        if check_reference(given) == given:
            return
    except ReferenceError_:
        pass
    raise invalid(Wrong(field, bounds.MALFORMED, "is not a reference"))
