"""Forms on paper, and texts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import grpc
from huimin.v1 import document_pb2, document_pb2_grpc, form_pb2
from sqlalchemy import Connection

from backend.authoring.published import Edition, Published
from backend.clock import county_day, timestamp
from backend.documents.leaflet import Leaflet, of_notice, of_policy, of_service
from backend.documents.papers import Papers, RenderingFailed
from backend.notifying.queue import NoSuchRecipient, channel_of, enqueue
from backend.rpc.acting import actor_of
from backend.rpc.door import Context
from backend.rpc.refusal import ANSWERS_INVALID, Refusal, Wrong, invalid, not_found
from backend.services.answers import MAX_NAMED, wrong_answer
from backend.storage import audit, document_links, messages, policies
from backend.storage.audit import Actor
from backend.storage.database import Database
from backend.storage.document_links import Made, Paper, TooManyLinks
from backend_client.forms.answer import AnswerError, Problem, Recording, Value
from backend_client.forms.check import check
from backend_client.forms.form import Form
from backend_client.forms.wire import answer_from_proto, answer_to_proto, language_from_proto
from foundation.language import Language

CHUNK = 64 << 10
"""Bytes of one message of the stream."""
PATH = "/documents"
"""Of a link, before the token."""


@dataclass(frozen=True, slots=True)
class DocumentService(document_pb2_grpc.DocumentServiceServicer):
    """`huimin.v1.DocumentService` over the published forms."""

    database: Database
    published: Published
    papers: Papers
    now: Callable[[], datetime]
    email: bool
    """Whether anything can be sent by e-mail."""

    async def RenderDocument(  # noqa: N802 (the contract's name)
        self, request: document_pb2.RenderDocumentRequest, context: Context
    ) -> AsyncIterator[document_pb2.RenderDocumentResponse]:
        """Renders a form as PDF."""
        edition = self.published.current
        form = _form(edition, request.form)
        values = filled(form, request.answers, county_day(self.now()))
        language = language_from_proto(request.language, "language")
        try:
            made = await self.papers.pdf(edition, form, values, language)
        except RenderingFailed:
            raise _cannot_be_made() from None
        for start in range(0, len(made), CHUNK):
            yield document_pb2.RenderDocumentResponse(chunk=made[start : start + CHUNK])

    async def RenderText(  # noqa: N802
        self, request: document_pb2.RenderTextRequest, context: Context
    ) -> AsyncIterator[document_pb2.RenderTextResponse]:
        """Renders a policy, a notice or a guide as PDF."""
        language = language_from_proto(request.language, "language")
        text = await self._leaflet(request, language)
        try:
            made = await self.papers.leaflet(text, language)
        except RenderingFailed:
            raise _cannot_be_made() from None
        for start in range(0, len(made), CHUNK):
            yield document_pb2.RenderTextResponse(chunk=made[start : start + CHUNK])

    async def _leaflet(self, request: document_pb2.RenderTextRequest, language: Language) -> Leaflet:
        edition = self.published.current
        if request.policy:
            policy = await self.database.read(policies.one, edition.number, request.policy)
            if policy is None:
                raise not_found("POLICY_UNKNOWN", "policy")
            return of_policy(policy, language)
        if request.notice:
            notice, now = edition.notices.get(request.notice), self.now()
            if notice is None or not notice.published(now):
                raise not_found("NOTICE_UNKNOWN", "notice")
            return of_notice(notice.seen_on(county_day(now)), language)
        service = edition.services.get(request.service)
        if service is None or not service.HasField("guide"):
            raise not_found("SERVICE_UNKNOWN", "service")
        return of_service(service, language)

    async def CreateDocumentLink(  # noqa: N802
        self, request: document_pb2.CreateDocumentLinkRequest, context: Context
    ) -> document_pb2.CreateDocumentLinkResponse:
        """Makes a link to such a PDF, and sends it where a recipient is named."""
        if not self.papers.web:
            raise Refusal(grpc.StatusCode.FAILED_PRECONDITION, "LINKS_NOT_OFFERED", "There is no web server.")
        form = _form(self.published.current, request.form)
        values = filled(form, request.answers, county_day(self.now()))
        language = language_from_proto(request.language, "language")
        answers = tuple(answer_to_proto(form.field(name), value) for name, value in values.items())
        paper = Paper(form.name, form.revision, language.value, answers)
        if request.recipient:
            _need_recipient(request.recipient)
        try:
            made = await self.database.write(
                _make, request, paper, self.papers.web, actor_of(context), now=self.now()
            )
        except TooManyLinks:
            raise Refusal(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "TOO_MANY_LINKS",
                f"The recipient got {document_links.MOST_A_DAY} links within a day.",
            ) from None
        return document_pb2.CreateDocumentLinkResponse(
            link="" if request.recipient else address(self.papers.web, made.token),
            expire_time=timestamp(made.expire_time),
            delayed=await self._delayed(request.recipient),
            email_offered=self.email,
        )

    async def _delayed(self, recipient: str) -> bool:
        return bool(recipient) and await self.database.read(messages.delayed, channel_of(recipient))


def _cannot_be_made() -> Refusal:
    return Refusal(grpc.StatusCode.UNAVAILABLE, "RENDERING_FAILED", "The document cannot be made now.")


def address(web: str, token: str) -> str:
    """A link."""
    return f"{web}{PATH}/{token}"


def filled(form: Form, answers: Iterable[form_pb2.Answer], today: date) -> Mapping[str, Value]:
    """Checked answers to some fields; neither all fields nor the form's rules are looked at, because a
    resident goes on with a pen. Refuses what is wrong, each answer by itself."""
    fields = {field.id: field for field in form.fields}
    values: dict[str, Value] = {}
    wrong: list[Wrong] = []
    for answer in answers:
        field = fields.get(answer.field)
        if field is None:
            wrong.append(wrong_answer(answer.field, Problem.NO_SUCH_FIELD))
            continue
        try:
            value = answer_from_proto(field, answer)
            if isinstance(value, Recording):
                raise AnswerError(field.id, Problem.WRONG_TYPE)
            values[field.id] = check(field, value, today)
        except AnswerError as error:
            wrong.append(wrong_answer(error.field, error.problem))
    if wrong:
        raise invalid(wrong[:MAX_NAMED], ANSWERS_INVALID)
    return values


def _form(edition: Edition, name: str) -> Form:
    form = edition.content.forms.get(name)
    if form is None:
        raise not_found("FORM_UNKNOWN", "form")
    return form


def _need_recipient(recipient: str) -> None:
    try:
        channel_of(recipient)
    except NoSuchRecipient:
        raise invalid(
            Wrong("recipient", "MALFORMED", "is neither a mobile number nor an address"), "NO_SUCH_RECIPIENT"
        ) from None


def _make(
    connection: Connection,
    request: document_pb2.CreateDocumentLinkRequest,
    paper: Paper,
    web: str,
    actor: Actor,
    *,
    now: datetime,
) -> Made:
    """Makes the link and has it sent, once. Raises TooManyLinks."""
    made = document_links.make(connection, request.name, paper, request.recipient, now)
    if not made.new:
        return made
    audit.append(connection, actor.did("DocumentService.CreateDocumentLink", paper.form, now))
    if request.recipient:
        hours = document_links.SENT_LIFE.total_seconds() / 3600
        enqueue(
            connection,
            key=f"document-link {request.name}",
            recipient=request.recipient,
            kind="document_link",
            language=Language(paper.language),
            values={"link": address(web, made.token), "hours": f"{hours:g}"},
            now=now,
            expire_time=made.expire_time,
            request_id=actor.request_id,
        )
    return made
