"""The client and the forms against the project's own backend, run as operators run it."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from backend_client.case import CaseState
from backend_client.catalog import ServiceKind
from backend_client.client import BackendClient
from backend_client.errors import (
    Conflict,
    Denied,
    InvalidAnswers,
    InvalidRequest,
    NotFound,
    SessionEnded,
    TooManyTries,
    Unreachable,
)
from backend_client.forms.answer import Problem, Recording
from backend_client.forms.check import check
from backend_client.forms.filling import Filling
from backend_client.forms.form import CardItem, Field, FieldType, Form
from backend_client.forms.reference import check_reference
from backend_client.submission import (
    Attachment,
    Channel,
    Submission,
    new_attachment_name,
    new_submission_name,
)
from deploy.parts import Part
from foundation.language import Language
from tests.backend_client.sample import CARD, NUMBER
from tests.ports import free_port

SUFFIX = NUMBER[-6:]


def backend(folder: Path, port: int) -> Part:
    return Part(
        "backend",
        [Part.command("huimin-backend"), "--listen", f"127.0.0.1:{port}", "--data", folder / "data"],
        log=folder / "backend.log",
        environment={"PYTHONUNBUFFERED": "1"},
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """One backend for the tests that only look, or make what is their own."""
    part = backend(tmp_path_factory.mktemp("backend"), 0)
    try:
        await part.start("huimin-backend")
        yield part.ready["huimin-backend"]
    finally:
        await part.stop()


@pytest.fixture
async def client(running: str) -> AsyncIterator[BackendClient]:
    async with BackendClient(running) as client:
        yield client


def entry(field: Field) -> str:
    """Something right for a field of that type within its bounds."""
    match field.type:
        case FieldType.TEXT:
            return ("示例·甲" if field.prefill is CardItem.NAME else "示例内容" * 10)[: field.longest].ljust(
                field.min_length, "例"
            )
        case FieldType.DIGITS:
            return "7" * max(field.min_length, 1)
        case FieldType.DATE:
            return min(field.max_date, max(field.min_date, date(2020, 1, 1))).isoformat()
        case FieldType.MONEY:
            return f"{(field.min_fen + 99) // 100}"
        case FieldType.CHOICE:
            return field.options[0].id
        case FieldType.CHOICES:
            return ",".join(option.id for option in field.options[: max(field.min_length, 1)])
        case FieldType.IDENTITY_NUMBER:
            return NUMBER
        case FieldType.PHONE_NUMBER:
            return "13800000000"
        case FieldType.YES_NO:
            return "yes"
        case FieldType.SLOT:
            raise AssertionError("places are booked where appointments are tried")


def filled(form: Form) -> Filling:
    filling = Filling(form, date.today)
    while (field := filling.next_field()) is not None:
        filling.answer(field.id, entry(field))
    return filling


def submission(form: Form, answers: Any) -> Submission:
    return Submission(
        name=new_submission_name(),
        form=form,
        answers=answers,
        channel=Channel.TERMINAL,
        language=Language.ZH_CN,
        origin="test",
        send_time=datetime.now(UTC),
    )


async def forms(client: BackendClient) -> list[Form]:
    page = await client.list_services(ServiceKind.FORM)
    return [await client.get_form(service.form) for service in page.items]


async def letter(client: BackendClient) -> Form:
    return (await forms(client))[0]


async def test_everything_to_read_can_be_read(client: BackendClient) -> None:
    topics = (await client.list_topics()).items
    assert len(topics) >= 8
    seen = 0
    for topic in topics:
        page = await client.list_policies(topic.name, page_size=100)
        assert len(page.items) == topic.policy_count
        seen += len(page.items)
    assert seen >= 40
    first = (await client.list_policies(page_size=1)).items[0]
    assert (await client.get_policy(first.name)).sections
    for service in (await client.list_services()).items:
        assert await client.get_service(service.name)
    for notice in (await client.list_notices()).items:
        assert (await client.get_notice(notice.name)).sections


async def test_pages_go_through_all_policies_once(client: BackendClient) -> None:
    names: list[str] = []
    token = ""
    while True:
        page = await client.list_policies(page_size=7, page_token=token)
        names += [policy.name for policy in page.items]
        token = page.next_page_token
        if not token:
            break
    topics = (await client.list_topics()).items
    assert len(names) == len(set(names)) == sum(topic.policy_count for topic in topics)


@pytest.mark.parametrize("query", ["医保", "pension", "yibao", "yb"])
async def test_policies_are_found(client: BackendClient, query: str) -> None:
    page = await client.search_policies(query, Language.ZH_CN)
    assert page.items
    match = page.items[0]
    assert all(match.passage[start:end] for start, end in match.highlights)


async def test_every_form_can_be_filled_in_sent_and_followed(client: BackendClient) -> None:
    found = await forms(client)
    assert len(found) >= 6
    for form in found:
        filling = Filling(form, date.today)
        filling.prefill(CARD)
        while (field := filling.next_field()) is not None:
            filling.answer(field.id, entry(field))
        accepted = await client.create_submission(submission(form, filling.answers))
        assert check_reference(accepted.reference) == accepted.reference
        session = await client.sign_in_with_reference(accepted.reference, SUFFIX)
        case = await client.get_case(session, accepted.reference)
        assert case.state is CaseState.RECEIVED
        assert case.form == form.name
        assert case.title == form.title
        await client.sign_out(session)


async def test_the_holder_of_a_card_sees_the_cases_sent_with_its_number(client: BackendClient) -> None:
    form = await letter(client)
    accepted = await client.create_submission(submission(form, filled(form).answers))
    session = await client.sign_in_with_card(NUMBER, CARD.full_name)
    page = await client.list_cases(session, page_size=100)
    assert accepted.reference in [case.reference for case in page.items]
    assert not page.items[0].events
    assert (await client.get_case(session, accepted.reference)).events
    await client.sign_out(session)
    await client.sign_out(session)
    with pytest.raises(SessionEnded):
        await client.list_cases(session)


async def test_sending_again_gives_the_first_answer(client: BackendClient) -> None:
    form = await letter(client)
    sent = submission(form, filled(form).answers)
    first, *others = await asyncio.gather(*(client.create_submission(sent) for _ in range(5)))
    assert all(again == first for again in others)
    changed = filled(form)
    text = next(f for f in form.fields if f.type is FieldType.TEXT and f.prefill is None)
    changed.answer(text.id, "换了一种说法，换了一种说法。")
    other = Submission(
        sent.name, form, changed.answers, sent.channel, sent.language, sent.origin, sent.send_time
    )
    with pytest.raises(Conflict) as caught:
        await client.create_submission(other)
    assert caught.value.reason == "SUBMISSION_DIFFERS"


async def test_wrong_answers_are_refused_by_the_same_rules(client: BackendClient) -> None:
    form = await letter(client)
    answers = dict(filled(form).answers)
    answers[form.applicant_field] = "110105194912310021"
    text = next(f for f in form.fields if f.type is FieldType.TEXT and f.prefill is None)
    answers[text.id] = "长" * 20_000
    with pytest.raises(InvalidAnswers) as caught:
        await client.create_submission(submission(form, answers))
    assert {v.field: v.problem for v in caught.value.violations} == {
        form.applicant_field: Problem.WRONG_CHECK_DIGIT,
        text.id: Problem.TOO_LONG,
    }


async def test_a_missing_answer_is_named(client: BackendClient) -> None:
    form = await letter(client)
    answers = dict(filled(form).answers)
    del answers[form.applicant_field]
    with pytest.raises(InvalidAnswers) as caught:
        await client.create_submission(submission(form, answers))
    assert [(v.field, v.problem) for v in caught.value.violations] == [
        (form.applicant_field, Problem.REQUIRED)
    ]


def spoken(seconds: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(range(250)) * 64 * seconds)
    return file.getvalue()


async def test_a_spoken_answer_is_sent_with_its_recording(client: BackendClient) -> None:
    form = await letter(client)
    filling = filled(form)
    text = next(f for f in form.fields if f.type is FieldType.TEXT and f.prefill is None)
    recording = Recording(new_attachment_name())
    filling.answer(text.id, recording)
    assert check(text, recording, date.today()) == recording
    sent = submission(form, filling.answers)
    with pytest.raises(Conflict) as caught:
        await client.create_submission(sent)
    assert caught.value.reason == "ATTACHMENT_MISSING"
    attachment = Attachment(recording.attachment, sent.name, "audio/wav", spoken(20))
    await client.upload_attachment(attachment)
    await client.upload_attachment(attachment)
    assert (await client.create_submission(sent)).reference


async def test_what_does_not_exist_is_not_found(client: BackendClient) -> None:
    for call, reason in (
        (client.get_policy("policies/none"), "POLICY_UNKNOWN"),
        (client.get_service("services/none"), "SERVICE_UNKNOWN"),
        (client.get_form("forms/none"), "FORM_UNKNOWN"),
        (client.get_notice("notices/none"), "NOTICE_UNKNOWN"),
    ):
        with pytest.raises(NotFound) as caught:
            await call
        assert caught.value.reason == reason


async def test_a_reference_alone_opens_nothing_and_guessing_is_stopped(client: BackendClient) -> None:
    form = await letter(client)
    accepted = await client.create_submission(submission(form, filled(form).answers))
    for _ in range(5):
        with pytest.raises((Denied, TooManyTries)):
            await client.sign_in_with_reference(accepted.reference, "000000")
    with pytest.raises(TooManyTries) as caught:
        await client.sign_in_with_reference(accepted.reference, SUFFIX)
    assert caught.value.retry_after > 0


async def test_a_session_of_one_case_opens_no_other(client: BackendClient) -> None:
    form = await letter(client)
    one, other = [await client.create_submission(submission(form, filled(form).answers)) for _ in range(2)]
    session = await client.sign_in_with_reference(one.reference, SUFFIX)
    with pytest.raises(NotFound) as caught:
        await client.get_case(session, other.reference)
    assert caught.value.reason == "CASE_UNKNOWN"
    assert [case.reference for case in (await client.list_cases(session)).items] == [one.reference]


async def test_a_query_that_is_too_long_is_refused(client: BackendClient) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await client.search_policies("长" * 20_000, Language.ZH_CN)
    assert caught.value.field == "query"
    with pytest.raises(InvalidRequest):
        await client.list_policies(page_token=str(uuid4()))


async def test_a_submission_survives_a_power_cut_of_the_backend(tmp_path: Path) -> None:
    port = free_port()
    first = backend(tmp_path, port)
    await first.start("huimin-backend")
    second = backend(tmp_path, port)
    try:
        async with BackendClient(f"127.0.0.1:{port}") as client:
            form = await letter(client)
            sent = submission(form, filled(form).answers)
            accepted = await client.create_submission(sent)
            first.kill()
            await first.stop()
            with pytest.raises(Unreachable):
                await client.list_topics()
            await second.start("huimin-backend")
            assert await client.create_submission(sent) == accepted
            session = await client.sign_in_with_reference(accepted.reference, SUFFIX)
            assert (await client.get_case(session, accepted.reference)).state is CaseState.RECEIVED
    finally:
        await first.stop()
        await second.stop()
