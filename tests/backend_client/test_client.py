"""Every call of the client against a real server of the contract, well-behaved and not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from huimin.v1 import (
    case_pb2,
    catalog_pb2,
    common_pb2,
    form_pb2,
    identity_pb2,
    notice_pb2,
    policy_pb2,
)

from backend_client.case import CaseState, Session
from backend_client.catalog import ServiceKind
from backend_client.client import BackendClient
from backend_client.errors import (
    BackendFailure,
    Conflict,
    Denied,
    InvalidAnswers,
    InvalidRequest,
    NotFound,
    SessionEnded,
    TooManyTries,
)
from backend_client.forms.answer import Problem, Recording
from backend_client.forms.filling import Filling
from backend_client.notice import NoticeCategory
from backend_client.sentences import sentence
from backend_client.submission import (
    Attachment,
    Channel,
    Submission,
    new_attachment_name,
    new_submission_name,
)
from backend_client.text import Result, TextOf, new_text_name
from foundation.language import Language
from tests.backend_client import county as county_module
from tests.backend_client.county import MOMENT, REFERENCE, TOKEN, County, answer, refuse, serving
from tests.backend_client.sample import ENTRIES, FORM, NUMBER, TODAY

MOMENT_TIME = datetime.fromtimestamp(MOMENT.seconds, UTC)
SESSION = Session(TOKEN, MOMENT_TIME)


@pytest.fixture
def county() -> County:
    return County()


@pytest.fixture
async def client(county: County) -> AsyncIterator[BackendClient]:
    async with serving(county) as address, BackendClient(address) as client:
        yield client


def submission(**answers: Any) -> Submission:
    filling = Filling(FORM, lambda: TODAY)
    for identifier, entry in (ENTRIES | answers).items():
        filling.answer(identifier, entry)
    return Submission(
        name=new_submission_name(),
        form=FORM,
        answers=filling.answers,
        channel=Channel.PHONE,
        language=Language.EN,
        origin="line-1",
        send_time=datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
    )


# What it gives


async def test_topics_and_policies(client: BackendClient, county: County) -> None:
    (topic,) = (await client.list_topics()).items
    assert (topic.name, topic.title.en, topic.policy_count) == ("topics/farming", "Farming", 2)
    page = await client.list_policies("topics/farming", page_size=5, page_token="x")
    assert county.requests[-1] == policy_pb2.ListPoliciesRequest(
        topic="topics/farming", page_size=5, page_token="x"
    )
    assert page.next_page_token == "more"
    assert page.items[0].issue_date == date(2025, 3, 1)
    assert page.items[0].sections == ()
    policy = await client.get_policy("policies/two")
    assert policy.name == "policies/two"
    assert len(policy.sections) == 2
    assert policy.demonstration


async def test_search_gives_passages_with_what_matched(client: BackendClient, county: County) -> None:
    page = await client.search_policies("补贴", Language.ZH_CN)
    (match,) = page.items
    ((start, end),) = match.highlights
    assert match.passage[start:end] == "补贴"
    assert page.next_page_token == ""
    assert county.requests[-1].language == common_pb2.LANGUAGE_ZH_CN


async def test_services_and_guides(client: BackendClient, county: County) -> None:
    page = await client.list_services(ServiceKind.FORM)
    assert county.requests[-1].kind == catalog_pb2.SERVICE_KIND_FORM
    assert page.items[0].guide is None
    await client.list_services()
    assert county.requests[-1] == catalog_pb2.ListServicesRequest(page_size=50)
    service = await client.get_service("services/permit")
    assert service.kind is ServiceKind.FORM
    assert service.form == "forms/sample"
    assert service.guide is not None
    assert len(service.guide.materials) == 2


async def test_a_form_arrives_ready_to_be_filled_in(client: BackendClient) -> None:
    assert await client.get_form("forms/sample") == FORM


async def test_a_submission_carries_typed_answers(client: BackendClient, county: County) -> None:
    sent = submission(remark=Recording("attachments/0b7bd1a5-8d3e-4f38-9b0f-3f8a4c1f2a11"))
    accepted = await client.create_submission(sent)
    assert (accepted.reference, accepted.accept_time) == (REFERENCE, MOMENT_TIME)
    received = county.submissions[sent.name]
    assert (received.form, received.form_revision) == ("forms/sample", "7")
    assert (received.channel, received.language) == (common_pb2.CHANNEL_PHONE, common_pb2.LANGUAGE_EN)
    assert received.send_time.ToDatetime(UTC) == sent.send_time
    by_field = {message.field: message for message in received.answers}
    assert list(by_field) == [field.id for field in FORM.fields]
    assert by_field["identity_number"].identity_number == NUMBER
    assert by_field["money"].money_fen == 1250
    assert list(by_field["choices"].choices.options) == ["seed", "water"]
    assert by_field["yes_no"].yes_no is True
    assert by_field["remark"].recording.startswith("attachments/")
    assert NUMBER not in repr(sent)


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 300_000])
async def test_an_attachment_arrives_whole(client: BackendClient, county: County, size: int) -> None:
    content = bytes(index % 251 for index in range(size))
    attachment = Attachment(new_attachment_name(), new_submission_name(), "audio/wav", content)
    await client.upload_attachment(attachment)
    assert county.attachments[attachment.name] == content


async def test_an_attachment_that_is_too_large_is_not_sent(client: BackendClient, county: County) -> None:
    attachment = Attachment(new_attachment_name(), new_submission_name(), "audio/wav", bytes((16 << 20) + 1))
    with pytest.raises(InvalidRequest):
        await client.upload_attachment(attachment)
    assert not county.calls


async def test_sessions_open_cases_and_end(client: BackendClient, county: County) -> None:
    session = await client.sign_in_with_card(NUMBER, "示例·甲")
    assert county.requests[-1].identity_card.full_name == "示例·甲"
    await client.sign_in_with_service_card(NUMBER, "示例·甲")
    assert county.requests[-1].service_card.identity_number == NUMBER
    await client.sign_in_with_code(REFERENCE, "12345678")
    assert county.requests[-1].code.code == "12345678"
    session = await client.sign_in_with_reference(REFERENCE, "31002X")
    assert county.requests[-1].reference.identity_suffix == "31002X"
    assert TOKEN not in repr(session)
    case = await client.get_case(session, REFERENCE)
    assert county.requests[-1].name == f"cases/{REFERENCE}"
    assert case.state is CaseState.IN_REVIEW
    assert [event.note for event in case.events] == ["已收", "已收"]
    page = await client.list_cases(session)
    assert page.items[0].reference == REFERENCE
    await client.sign_out(session)
    assert county.requests[-1].token == TOKEN


async def test_notices(client: BackendClient, county: County) -> None:
    page = await client.list_notices(NoticeCategory.POWER_CUT)
    assert county.requests[-1].category == notice_pb2.NOTICE_CATEGORY_POWER_CUT
    assert page.items[0].area is None
    notice = await client.get_notice("notices/cut")
    assert len(notice.sections) == 1
    assert notice.start_time == MOMENT_TIME
    assert notice.end_time is None


# What it refuses


async def test_errors_of_the_backend_arrive_as_ours(client: BackendClient, county: County) -> None:
    county.misdeeds = [refuse(grpc.StatusCode.NOT_FOUND, ErrorInfo(reason="POLICY_UNKNOWN", domain="huimin"))]
    with pytest.raises(NotFound) as missing:
        await client.get_policy("policies/none")
    assert missing.value.reason == "POLICY_UNKNOWN"

    violation = BadRequest.FieldViolation(field="answers.money", reason="TOO_LARGE")
    county.misdeeds = [refuse(grpc.StatusCode.INVALID_ARGUMENT, BadRequest(field_violations=[violation]))]
    with pytest.raises(InvalidAnswers) as invalid:
        await client.create_submission(submission())
    assert [(v.field, v.problem) for v in invalid.value.violations] == [("money", Problem.TOO_LARGE)]

    delay = RetryInfo()
    delay.retry_delay.seconds = 900
    county.misdeeds = [refuse(grpc.StatusCode.RESOURCE_EXHAUSTED, ErrorInfo(reason="TOO_MANY_TRIES"), delay)]
    with pytest.raises(TooManyTries) as tries:
        await client.sign_in_with_reference(REFERENCE, "000000")
    assert tries.value.retry_after == 900

    county.misdeeds = [refuse(grpc.StatusCode.PERMISSION_DENIED, ErrorInfo(reason="CREDENTIAL_WRONG"))]
    with pytest.raises(Denied):
        await client.sign_in_with_card(NUMBER, "示例·甲")

    county.misdeeds = [refuse(grpc.StatusCode.FAILED_PRECONDITION, ErrorInfo(reason="ATTACHMENT_MISSING"))]
    with pytest.raises(Conflict):
        await client.create_submission(submission())

    with pytest.raises(SessionEnded):
        await client.get_case(Session("stale", MOMENT_TIME), REFERENCE)

    for code in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN):
        county.misdeeds = [refuse(code)]
        with pytest.raises(BackendFailure):
            await client.list_topics()


async def test_requests_that_cannot_be_made_are_refused_before_they_are_sent(
    client: BackendClient, county: County
) -> None:
    with pytest.raises(InvalidRequest):
        await client.list_policies(page_size=2**40)
    with pytest.raises(InvalidRequest):
        await client.search_policies("\ud800", Language.EN)
    with pytest.raises(InvalidRequest):
        await client.sign_in_with_card(NUMBER, "\ud800")
    with pytest.raises(InvalidRequest):
        await client.get_case(Session("line\nbreak", MOMENT_TIME), REFERENCE)
    with pytest.raises(InvalidRequest):
        await client.upload_attachment(Attachment("\ud800", "", "", b""))
    assert not county.calls


def changed(message: Any, **changes: Any) -> Any:
    """A copy with fields set, or cleared where given as None; ``a__b`` reaches into a message."""
    copy = type(message)()
    copy.CopyFrom(message)
    for path, value in changes.items():
        *parents, name = path.split("__")
        target = copy
        for parent in parents:
            target = getattr(target, parent)
        if value is None:
            target.ClearField(name)
        else:
            setattr(target, name, value)
    return copy


POLICY, CASE = county_module.policy(sections=1), county_module.case(events=1)
SERVICE, NOTICE = county_module.service(guide=True), county_module.notice(sections=1)
MATCH = policy_pb2.PolicyMatch(policy=POLICY, passage="种粮补贴")
SESSION_MADE = identity_pb2.CreateSessionResponse(token=TOKEN, expire_time=MOMENT)
ACCEPTED = form_pb2.CreateSubmissionResponse(reference=REFERENCE, accept_time=MOMENT)
TOO_LATE = Timestamp(seconds=2**62)


def found(*ranges: tuple[int, int]) -> policy_pb2.SearchPoliciesResponse:
    match = changed(MATCH)
    match.highlights.extend(policy_pb2.TextRange(start=start, end=end) for start, end in ranges)
    return policy_pb2.SearchPoliciesResponse(matches=[match])


Call = Callable[[BackendClient], Awaitable[object]]


def get_policy(client: BackendClient) -> Awaitable[object]:
    return client.get_policy("policies/one")


def get_case(client: BackendClient) -> Awaitable[object]:
    return client.get_case(SESSION, REFERENCE)


def get_service(client: BackendClient) -> Awaitable[object]:
    return client.get_service("services/permit")


def get_notice(client: BackendClient) -> Awaitable[object]:
    return client.get_notice("notices/cut")


def search(client: BackendClient) -> Awaitable[object]:
    return client.search_policies("x", Language.EN)


def sign_in(client: BackendClient) -> Awaitable[object]:
    return client.sign_in_with_reference(REFERENCE, "31002X")


def submit(client: BackendClient) -> Awaitable[object]:
    return client.create_submission(submission())


def get_form(client: BackendClient) -> Awaitable[object]:
    return client.get_form("forms/sample")


def upload(client: BackendClient) -> Awaitable[object]:
    return client.upload_attachment(Attachment("attachments/a", "submissions/b", "audio/wav", b"x"))


@pytest.mark.parametrize(
    ("call", "response"),
    [
        (get_policy, policy_pb2.GetPolicyResponse()),
        (get_policy, policy_pb2.GetPolicyResponse(policy=changed(POLICY, name="policies/"))),
        (get_policy, policy_pb2.GetPolicyResponse(policy=changed(POLICY, topic=""))),
        (get_policy, policy_pb2.GetPolicyResponse(policy=changed(POLICY, title=None))),
        (get_policy, policy_pb2.GetPolicyResponse(policy=changed(POLICY, title__en=""))),
        (get_policy, policy_pb2.GetPolicyResponse(policy=changed(POLICY, issue_date=None))),
        (get_policy, policy_pb2.GetPolicyResponse(policy=changed(POLICY, issue_date__month=13))),
        (get_policy, b"\xff\xff no message"),
        (search, found((0, 5))),
        (search, found((-1, 2))),
        (search, found((2, 2))),
        (search, found((1, 3), (2, 4))),
        (get_service, catalog_pb2.GetServiceResponse()),
        (get_service, catalog_pb2.GetServiceResponse(service=changed(SERVICE, kind=0))),
        (get_service, catalog_pb2.GetServiceResponse(service=changed(SERVICE, kind=77))),
        (get_service, catalog_pb2.GetServiceResponse(service=changed(SERVICE, form="sample"))),
        (get_service, catalog_pb2.GetServiceResponse(service=changed(SERVICE, guide__fee__en=""))),
        (get_notice, notice_pb2.GetNoticeResponse()),
        (get_notice, notice_pb2.GetNoticeResponse(notice=changed(NOTICE, category=77))),
        (get_notice, notice_pb2.GetNoticeResponse(notice=changed(NOTICE, publish_time=None))),
        (get_notice, notice_pb2.GetNoticeResponse(notice=changed(NOTICE, end_time__seconds=2**62))),
        (get_case, case_pb2.GetCaseResponse()),
        (get_case, case_pb2.GetCaseResponse(case_record=changed(CASE, state=0))),
        (get_case, case_pb2.GetCaseResponse(case_record=changed(CASE, reference="12345"))),
        (get_case, case_pb2.GetCaseResponse(case_record=changed(CASE, create_time=None))),
        (sign_in, changed(SESSION_MADE, token="")),
        (sign_in, changed(SESSION_MADE, token="with\nbreak")),
        (sign_in, changed(SESSION_MADE, token="x" * 5000)),
        (sign_in, changed(SESSION_MADE, expire_time=None)),
        (submit, changed(ACCEPTED, reference="")),
        (submit, changed(ACCEPTED, reference="12345678901X")),
        (submit, changed(ACCEPTED, accept_time=None)),
        (submit, changed(ACCEPTED, due_date__year=2026, due_date__month=13, due_date__day=1)),
        (submit, b"\x00"),
        (get_form, form_pb2.GetFormResponse()),
        (get_form, form_pb2.GetFormResponse(form=form_pb2.Form(name="forms/sample"))),
        (upload, form_pb2.UploadAttachmentResponse(name="attachments/another")),
    ],
)
async def test_a_malformed_answer_is_the_backends_failure(
    client: BackendClient, county: County, call: Call, response: Any
) -> None:
    county.misdeeds = [answer(response)]
    with pytest.raises(BackendFailure) as caught:
        await call(client)
    assert caught.value.reason == "ANSWER_MALFORMED"
    await call(client)


async def test_a_county_that_sends_no_texts_is_not_asked_again(client: BackendClient) -> None:
    result = Result(TextOf.SERVICE, "services/one")
    with pytest.raises(Conflict) as caught:
        await client.send_text(new_text_name(), result, "13900001111", Language.EN)
    assert caught.value.reason == "TEXTS_NOT_OFFERED"
    assert "write it down" in sentence(caught.value, Language.EN)
