"""Services, policies and notices: listed in order and in pages, got by name, or refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from huimin.v1 import catalog_pb2, form_pb2, notice_pb2, policy_pb2

from backend.clock import COUNTY_TIME
from tests.backend import house as running
from tests.backend.house import Clock, House, copy_content, failed


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def library(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with running.house(tmp_path_factory.mktemp("reading") / "data") as started:
        yield started


pytestmark = pytest.mark.asyncio(loop_scope="module")

BY_EMAIL = """\
contact:
  email: address
fields:
- id: address
  type: text
  label: {zh: 邮箱, en: E-mail}
  question: {zh: 请填写邮箱。, en: "Please give: E-mail."}
  max_length: 100
"""


async def test_services_come_by_rank_without_their_guides(library: House) -> None:
    answer = await library.stubs.catalog.ListServices(catalog_pb2.ListServicesRequest())
    assert [service.name for service in answer.services] == [
        "services/permit",
        "services/letter",
        "services/passport",
        "services/read-policies",
        "services/progress",
        "services/news",
    ]
    assert not any(service.HasField("guide") for service in answer.services)
    assert all(service.demonstration for service in answer.services)


async def test_services_of_one_kind(library: House) -> None:
    answer = await library.stubs.catalog.ListServices(
        catalog_pb2.ListServicesRequest(kind=catalog_pb2.SERVICE_KIND_FORM)
    )
    assert [service.form for service in answer.services] == ["forms/everything", "forms/letter"]


async def test_a_service_has_its_guide(library: House) -> None:
    answer = await library.stubs.catalog.GetService(catalog_pb2.GetServiceRequest(name="services/permit"))
    guide = answer.service.guide
    assert [step.en for step in guide.steps] == ["Fill in the form", "Wait"]
    assert guide.phone == "0871-6000000"


@pytest.mark.parametrize("gateways", [{}, {"email": {"gateway": "file"}}])
async def test_a_form_promises_messages_by_email_only_where_they_can_be_sent(
    gateways: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    content = copy_content(tmp_path / "content")
    file = content / "forms" / "letter.yaml"
    written = file.read_text("utf-8").replace("\nfields:\n", f"\n{BY_EMAIL}", 1)
    file.write_text(written, "utf-8")
    async with running.house(tmp_path / "data", content, message_gateways=gateways) as house:
        form = (await house.stubs.form.GetForm(form_pb2.GetFormRequest(name="forms/letter"))).form
    assert form.HasField("contact") is bool(gateways)
    assert form.fields[0].id == "address"


async def test_a_form_has_its_fields_and_bounds(library: House) -> None:
    form = (await library.stubs.form.GetForm(form_pb2.GetFormRequest(name="forms/everything"))).form
    fields = {field.id: field for field in form.fields}
    assert form.applicant_field == "identity_number"
    assert {field.type for field in form.fields} == set(range(1, 10))
    assert (fields["amount"].min_fen, fields["amount"].max_fen) == (1, 10_000_000)
    assert (fields["start"].min_date.year, fields["start"].max_date.year) == (2026, 2036)
    assert (fields["licence"].min_length, fields["licence"].max_length) == (6, 8)
    assert fields["identity_number"].private
    assert not fields["remarks"].required
    assert [option.id for option in fields["goods"].options] == ["fruit", "grain", "tools"]
    assert fields["sex"].prefill == form_pb2.CARD_ITEM_SEX


async def test_topics_come_in_order_with_their_count(library: House) -> None:
    topics = (await library.stubs.policy.ListTopics(policy_pb2.ListTopicsRequest())).topics
    assert [(topic.name, topic.policy_count) for topic in topics] == [
        ("topics/health", 3),
        ("topics/old-age", 3),
        ("topics/business", 2),
        ("topics/empty", 0),
    ]


async def policies(house: House, **request: Any) -> list[policy_pb2.Policy]:
    found: list[policy_pb2.Policy] = []
    while True:
        answer = await house.stubs.policy.ListPolicies(policy_pb2.ListPoliciesRequest(**request))
        found += answer.policies
        if not answer.next_page_token:
            return found
        request["page_token"] = answer.next_page_token


async def test_policies_come_the_newest_first_in_pages(library: House) -> None:
    whole = await policies(library)
    days = [(policy.issue_date.year, policy.issue_date.month, policy.issue_date.day) for policy in whole]
    assert len(whole) == 8
    assert days == sorted(days, reverse=True)
    assert not any(policy.sections for policy in whole)
    for size in (1, 3, 8, 100, 5000):
        assert await policies(library, page_size=size) == whole


async def test_policies_of_one_topic(library: House) -> None:
    names = [policy.name for policy in await policies(library, topic="topics/health", page_size=2)]
    assert names == [
        "policies/hospital-costs",
        "policies/insurance-contributions",
        "policies/critical-illness",
    ]
    assert await policies(library, topic="topics/nothing") == []


async def test_a_policy_has_its_text(library: House) -> None:
    policy = (
        await library.stubs.policy.GetPolicy(policy_pb2.GetPolicyRequest(name="policies/stalls"))
    ).policy
    assert [section.text.zh_cn for section in policy.sections] == ["每天十八时到二十三时。"]
    assert policy.issuer.en == "Huimin County Test Office"


async def test_notices_in_force_come_the_newest_first(library: House) -> None:
    answer = await library.stubs.notice.ListNotices(notice_pb2.ListNoticesRequest())
    assert [notice.name for notice in answer.notices] == [
        "notices/power-tomorrow",
        "notices/jobs",
        "notices/old-decision",
    ]
    assert not any(notice.sections for notice in answer.notices)
    assert answer.notices[0].area.zh_cn == "城东"
    cuts = await library.stubs.notice.ListNotices(
        notice_pb2.ListNoticesRequest(category=notice_pb2.NOTICE_CATEGORY_POWER_CUT)
    )
    assert [notice.name for notice in cuts.notices] == ["notices/power-tomorrow"]


async def test_notices_come_in_pages(library: House) -> None:
    names, page = [], ""
    for _ in range(3):
        answer = await library.stubs.notice.ListNotices(
            notice_pb2.ListNoticesRequest(page_size=1, page_token=page)
        )
        names += [notice.name for notice in answer.notices]
        page = answer.next_page_token
    assert (names[-1], page) == ("notices/old-decision", "")


async def test_a_notice_that_is_over_can_be_read_and_one_to_come_cannot(library: House) -> None:
    get = library.stubs.notice.GetNotice
    over = (await get(notice_pb2.GetNoticeRequest(name="notices/power-over"))).notice
    assert len(over.sections) == 1
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await get(notice_pb2.GetNoticeRequest(name="notices/coming"))
    assert failed(caught.value).reason == "NOTICE_UNKNOWN"


async def test_demonstration_notices_never_go_stale(tmp_path: Path) -> None:
    for day in (datetime(2026, 11, 10, 15, 59, tzinfo=UTC), datetime(2031, 1, 1, 3, tzinfo=UTC)):
        async with running.house(tmp_path / "data", clock=Clock(day)) as house:
            answer = await house.stubs.notice.GetNotice(
                notice_pb2.GetNoticeRequest(name="notices/power-tomorrow")
            )
            begins = answer.notice.start_time.ToDatetime(UTC).astimezone(COUNTY_TIME)
            assert begins.date() == day.astimezone(COUNTY_TIME).date() + timedelta(days=1)
            assert (begins.hour, begins.minute) == (8, 0)


UNKNOWN = [
    ("catalog", "GetService", catalog_pb2.GetServiceRequest(name="services/nothing"), "SERVICE_UNKNOWN"),
    ("policy", "GetPolicy", policy_pb2.GetPolicyRequest(name="policies/nothing"), "POLICY_UNKNOWN"),
    ("form", "GetForm", form_pb2.GetFormRequest(name="forms/nothing"), "FORM_UNKNOWN"),
    ("notice", "GetNotice", notice_pb2.GetNoticeRequest(name="notices/nothing"), "NOTICE_UNKNOWN"),
]


@pytest.mark.parametrize(("service", "method", "request_", "reason"), UNKNOWN)
async def test_what_is_not_there_is_not_found(
    library: House, service: str, method: str, request_: Any, reason: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await getattr(getattr(library.stubs, service), method)(request_)
    refusal = failed(caught.value)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, reason)


MALFORMED = [
    ("catalog", "GetService", catalog_pb2.GetServiceRequest(), {"name": "REQUIRED"}),
    ("catalog", "GetService", catalog_pb2.GetServiceRequest(name="services/UPPER"), {"name": "MALFORMED"}),
    ("catalog", "ListServices", catalog_pb2.ListServicesRequest(page_size=-1), {"page_size": "OUT_OF_RANGE"}),
    ("catalog", "ListServices", catalog_pb2.ListServicesRequest(kind=99), {"kind": "UNKNOWN_VALUE"}),  # type: ignore[arg-type]
    ("catalog", "ListServices", catalog_pb2.ListServicesRequest(page_token="x"), {"page_token": "MALFORMED"}),
    ("policy", "GetPolicy", policy_pb2.GetPolicyRequest(name="policies/" + "a" * 64), {"name": "MALFORMED"}),
    ("policy", "GetPolicy", policy_pb2.GetPolicyRequest(name="policies/a/b"), {"name": "MALFORMED"}),
    ("policy", "ListPolicies", policy_pb2.ListPoliciesRequest(topic="forms/a"), {"topic": "MALFORMED"}),
    (
        "policy",
        "ListPolicies",
        policy_pb2.ListPoliciesRequest(page_token="A" * 5000),
        {"page_token": "TOO_LONG"},
    ),
    ("policy", "ListPolicies", policy_pb2.ListPoliciesRequest(page_token="医"), {"page_token": "MALFORMED"}),
    (
        "policy",
        "SearchPolicies",
        policy_pb2.SearchPoliciesRequest(query="医保"),
        {"language": "REQUIRED"},
    ),
    (
        "policy",
        "SearchPolicies",
        policy_pb2.SearchPoliciesRequest(query="医保", language=9),  # type: ignore[arg-type]
        {"language": "UNKNOWN_VALUE"},
    ),
    ("form", "GetForm", form_pb2.GetFormRequest(name="everything"), {"name": "MALFORMED"}),
    ("notice", "ListNotices", notice_pb2.ListNoticesRequest(category=-3), {"category": "UNKNOWN_VALUE"}),  # type: ignore[arg-type]
    ("notice", "ListNotices", notice_pb2.ListNoticesRequest(page_token="W10"), {"page_token": "MALFORMED"}),
    ("notice", "GetNotice", notice_pb2.GetNoticeRequest(name="notices/ä"), {"name": "MALFORMED"}),
]


@pytest.mark.parametrize(("service", "method", "request_", "violations"), MALFORMED)
async def test_what_is_malformed_is_refused_at_the_door(
    library: House, service: str, method: str, request_: Any, violations: dict[str, str]
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await getattr(getattr(library.stubs, service), method)(request_)
    refusal = failed(caught.value)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID")
    assert refusal.violations == violations


async def test_a_page_token_belongs_to_its_list(library: House) -> None:
    stub = library.stubs.policy
    token = (await stub.ListPolicies(policy_pb2.ListPoliciesRequest(page_size=1))).next_page_token
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.ListPolicies(policy_pb2.ListPoliciesRequest(topic="topics/health", page_token=token))
    assert failed(caught.value).violations == {"page_token": "MALFORMED"}
