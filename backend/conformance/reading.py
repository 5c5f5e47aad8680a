"""What everybody may read: the catalogue, policies, notices, forms."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from huimin.v1 import catalog_pb2, common_pb2, form_pb2, notice_pb2, policy_pb2

from backend.conformance.trial import (
    SECONDS,
    Demands,
    Deviation,
    NotTried,
    Server,
    both_languages,
    need,
    refused,
)
from backend_client.forms.wire import form_from_proto

MAX_PAGES = 20
"""More of a list than this is not looked at."""
MAX_LOOKED_AT = 50
"""So many services, policies and notices are opened."""
MAX_PASSAGE = 120
MAX_TOPICS = 50
NOBODY = "conformance-nothing"
"""An identifier that no server should know."""

server_demands = Demands("server")
catalog_demands = Demands("catalog")
policy_demands = Demands("policy")
notice_demands = Demands("notice")
form_demands = Demands("form")

Page = Callable[[int, str], Awaitable[tuple[Sequence[Any], str]]]
"""Gets a page of a list by size and token: its items and the next token."""


@server_demands.demand("health")
async def _health(server: Server) -> None:
    stub = health_pb2_grpc.HealthStub(server.channel)
    answer = await stub.Check(health_pb2.HealthCheckRequest(service=""), timeout=SECONDS)
    need(answer.status == health_pb2.HealthCheckResponse.SERVING, "HealthCheckResponse.status")


@server_demands.demand("reflection")
async def _reflection(server: Server) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(server.channel)
    asked = reflection_pb2.ServerReflectionRequest(list_services="")
    async for answer in stub.ServerReflectionInfo(iter([asked]), timeout=SECONDS):
        listed = {service.name for service in answer.list_services_response.service}
        for name in ("Catalog", "Policy", "Form", "Case", "Notice", "Identity"):
            need(f"huimin.v1.{name}Service" in listed, f"huimin.v1.{name}Service")
        return


# The catalogue


async def _services(server: Server) -> list[catalog_pb2.Service]:
    return await _all(lambda size, token: _services_page(server, size, token))


async def _services_page(server: Server, size: int, token: str) -> tuple[Sequence[catalog_pb2.Service], str]:
    request = catalog_pb2.ListServicesRequest(page_size=size, page_token=token)
    answer = await server.catalog.ListServices(request, timeout=SECONDS)
    return answer.services, answer.next_page_token


@catalog_demands.demand("services")
async def _every_service(server: Server) -> None:
    for listed in (await _services(server))[:MAX_LOOKED_AT]:
        request = catalog_pb2.GetServiceRequest(name=listed.name)
        service = (await server.catalog.GetService(request, timeout=SECONDS)).service
        place = listed.name
        need(service.name == listed.name, f"{place}.name")
        need(service.kind, f"{place}.kind")
        for part in ("title", "summary", "department"):
            both_languages(getattr(service, part), f"{place}.{part}")
        if service.kind == catalog_pb2.SERVICE_KIND_FORM:
            need(service.form.startswith("forms/"), f"{place}.form")
        if service.kind in (catalog_pb2.SERVICE_KIND_FORM, catalog_pb2.SERVICE_KIND_GUIDE):
            need(service.HasField("guide"), f"{place}.guide")


@catalog_demands.demand("pages")
async def _service_pages(server: Server) -> None:
    await _pages(lambda size, token: _services_page(server, size, token))


@catalog_demands.demand("unknown")
async def _unknown_service(server: Server) -> None:
    request = catalog_pb2.GetServiceRequest(name=f"services/{NOBODY}")
    await refused(server.catalog.GetService(request, timeout=SECONDS), "NOT_FOUND", "SERVICE_UNKNOWN")


@catalog_demands.demand("malformed")
async def _malformed_name(server: Server) -> None:
    for name in ("", "services/", "services/NO", "forms/x", "x" * 5000):
        request = catalog_pb2.GetServiceRequest(name=name)
        await refused(
            server.catalog.GetService(request, timeout=SECONDS), "INVALID_ARGUMENT", "", violation="name"
        )


# Policies


async def _policies_page(server: Server, size: int, token: str) -> tuple[Sequence[policy_pb2.Policy], str]:
    request = policy_pb2.ListPoliciesRequest(page_size=size, page_token=token)
    answer = await server.policy.ListPolicies(request, timeout=SECONDS)
    return answer.policies, answer.next_page_token


async def _some_policies(server: Server) -> Sequence[policy_pb2.Policy]:
    policies, _ = await _policies_page(server, 20, "")
    if not policies:
        raise NotTried("no_policies")
    return policies


@policy_demands.demand("topics")
async def _topics(server: Server) -> None:
    topics = (await server.policy.ListTopics(policy_pb2.ListTopicsRequest(), timeout=SECONDS)).topics
    need(len(topics) <= MAX_TOPICS, "topics")
    for topic in topics:
        both_languages(topic.title, f"{topic.name}.title")
        request = policy_pb2.ListPoliciesRequest(topic=topic.name, page_size=100)
        found = (await server.policy.ListPolicies(request, timeout=SECONDS)).policies
        need(len(found) == min(topic.policy_count, 100), f"{topic.name}.policy_count")
        need(all(policy.topic == topic.name for policy in found), f"{topic.name}: topic")


@policy_demands.demand("policies")
async def _every_policy(server: Server) -> None:
    for listed in await _some_policies(server):
        need(not listed.sections, f"{listed.name}.sections")
        request = policy_pb2.GetPolicyRequest(name=listed.name)
        policy = (await server.policy.GetPolicy(request, timeout=SECONDS)).policy
        for part in ("title", "issuer", "summary"):
            both_languages(getattr(policy, part), f"{policy.name}.{part}")
        need(policy.sections, f"{policy.name}.sections")
        for number, section in enumerate(policy.sections):
            both_languages(section.text, f"{policy.name}.sections[{number}].text")


@policy_demands.demand("order")
async def _newest_first(server: Server) -> None:
    days = [
        (policy.issue_date.year, policy.issue_date.month, policy.issue_date.day)
        for policy in await _some_policies(server)
    ]
    need(all(earlier >= later for earlier, later in itertools.pairwise(days)), "issue_date")


@policy_demands.demand("pages")
async def _policy_pages(server: Server) -> None:
    await _pages(lambda size, token: _policies_page(server, size, token))


@policy_demands.demand("search")
async def _search(server: Server) -> None:
    for policy in (await _some_policies(server))[:10]:
        for language, title in (
            (common_pb2.LANGUAGE_ZH_CN, policy.title.zh_cn),
            (common_pb2.LANGUAGE_EN, policy.title.en),
        ):
            request = policy_pb2.SearchPoliciesRequest(query=title[:100], language=language, page_size=5)
            matches = (await server.policy.SearchPolicies(request, timeout=SECONDS)).matches
            need(policy.name in [match.policy.name for match in matches], f"{policy.name}.title")
            for match in matches:
                _passage(match)


def _passage(match: policy_pb2.PolicyMatch) -> None:
    place = f"{match.policy.name}: passage"
    need(len(match.passage) <= MAX_PASSAGE, place)
    end = 0
    for highlight in match.highlights:
        need(end <= highlight.start < highlight.end <= len(match.passage), f"{place}.highlights")
        end = highlight.end


@policy_demands.demand("query")
async def _wrong_query(server: Server) -> None:
    for query in ("", "x" * 101):
        request = policy_pb2.SearchPoliciesRequest(query=query, language=common_pb2.LANGUAGE_EN)
        await refused(
            server.policy.SearchPolicies(request, timeout=SECONDS), "INVALID_ARGUMENT", "", violation="query"
        )


@policy_demands.demand("keypad")
async def _keypad(server: Server) -> None:
    """Keys find no more than policies; what is no key is refused."""
    request = policy_pb2.SearchPoliciesRequest(query="95", language=common_pb2.LANGUAGE_ZH_CN, keypad=True)
    for match in (await server.policy.SearchPolicies(request, timeout=SECONDS)).matches:
        _passage(match)
    request.query = "9a"
    await refused(
        server.policy.SearchPolicies(request, timeout=SECONDS), "INVALID_ARGUMENT", "", violation="query"
    )


@policy_demands.demand("unknown")
async def _unknown_policy(server: Server) -> None:
    request = policy_pb2.GetPolicyRequest(name=f"policies/{NOBODY}")
    await refused(server.policy.GetPolicy(request, timeout=SECONDS), "NOT_FOUND", "POLICY_UNKNOWN")


# Notices


async def _notices_page(server: Server, size: int, token: str) -> tuple[Sequence[notice_pb2.Notice], str]:
    request = notice_pb2.ListNoticesRequest(page_size=size, page_token=token)
    answer = await server.notice.ListNotices(request, timeout=SECONDS)
    return answer.notices, answer.next_page_token


@notice_demands.demand("notices")
async def _every_notice(server: Server) -> None:
    listed = (await _all(lambda size, token: _notices_page(server, size, token)))[:MAX_LOOKED_AT]
    if not listed:
        raise NotTried("no_notices")
    for one in listed:
        request = notice_pb2.GetNoticeRequest(name=one.name)
        notice = (await server.notice.GetNotice(request, timeout=SECONDS)).notice
        need(notice.category, f"{notice.name}.category")
        for part in ("title", "summary"):
            both_languages(getattr(notice, part), f"{notice.name}.{part}")
        need(notice.HasField("publish_time"), f"{notice.name}.publish_time")
    times = [notice.publish_time.ToNanoseconds() for notice in listed]
    need(times == sorted(times, reverse=True), "publish_time")


@notice_demands.demand("pages")
async def _notice_pages(server: Server) -> None:
    await _pages(lambda size, token: _notices_page(server, size, token))


@notice_demands.demand("unknown")
async def _unknown_notice(server: Server) -> None:
    request = notice_pb2.GetNoticeRequest(name=f"notices/{NOBODY}")
    await refused(server.notice.GetNotice(request, timeout=SECONDS), "NOT_FOUND", "NOTICE_UNKNOWN")


# Forms


async def form_names(server: Server) -> list[str]:
    """The forms that the catalogue leads to. Raises NotTried where there are none."""
    names = [service.form for service in await _services(server) if service.form]
    if not names:
        raise NotTried("no_forms")
    return list(dict.fromkeys(names))


@form_demands.demand("forms")
async def _every_form(server: Server) -> None:
    for name in await form_names(server):
        answer = await server.form.GetForm(form_pb2.GetFormRequest(name=name), timeout=SECONDS)
        form = form_from_proto(answer.form)  # raises Malformed with the place
        need(form.name == name, f"{name}.name")
        need(form.revision, f"{name}.revision")


@form_demands.demand("unknown")
async def _unknown_form(server: Server) -> None:
    request = form_pb2.GetFormRequest(name=f"forms/{NOBODY}")
    await refused(server.form.GetForm(request, timeout=SECONDS), "NOT_FOUND", "FORM_UNKNOWN")


# Lists


async def _all(page: Page) -> list[Any]:
    items: list[Any] = []
    token = ""
    for _ in range(MAX_PAGES):
        found, token = await page(50, token)
        items.extend(found)
        if not token:
            break
    return items


async def _pages(page: Page) -> None:
    """Small pages have to give the same as one large one, each thing once."""
    whole = [item.name for item in (await page(20, ""))[0]]
    found: list[str] = []
    token = ""
    for _ in range(MAX_PAGES):
        items, token = await page(3, token)
        need(len(items) <= 3, "page_size")
        found.extend(item.name for item in items)
        if not token or len(found) >= len(whole):
            break
    if found[: len(whole)] != whole:
        raise Deviation("wrong", place="next_page_token")
    await refused(page(-1, ""), "INVALID_ARGUMENT", "", violation="page_size")
    await refused(page(3, "no token"), "INVALID_ARGUMENT", "", violation="page_token")
