"""Laws and policies, to read and to search."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from itertools import groupby

from huimin.v1 import common_pb2, policy_pb2, policy_pb2_grpc
from sqlalchemy import Connection

from backend.authoring.published import Published
from backend.rpc import bounds, page_token
from backend.rpc.door import Context
from backend.rpc.refusal import Wrong, invalid, not_found
from backend.search.correction import in_writing
from backend.search.index import MAX_FOUND, Found
from backend.search.keeping import PolicySearch
from backend.search.passage import Passages
from backend.search.query import Query, understand
from backend.storage import policies
from backend.storage.database import Database
from backend.storage.policies import issue_date
from backend_client.forms.text import normalise
from foundation.language import Language

MAX_CORRECTED = 200
"""Characters of a corrected query; a policy's text may be what it is made of."""
_Find = Callable[[int], Found]
"""What a query finds, at most so many."""


class PolicyService(policy_pb2_grpc.PolicyServiceServicer):
    """`huimin.v1.PolicyService` over the published policies and the search index."""

    def __init__(self, database: Database, published: Published, search: PolicySearch) -> None:
        self._database = database
        self._published = published
        self._search = search

    async def ListTopics(  # noqa: N802 (the contract's name)
        self, request: policy_pb2.ListTopicsRequest, context: Context
    ) -> policy_pb2.ListTopicsResponse:
        """Lists the topics."""
        return policy_pb2.ListTopicsResponse(topics=self._published.current.content.topics)

    async def ListPolicies(  # noqa: N802
        self, request: policy_pb2.ListPoliciesRequest, context: Context
    ) -> policy_pb2.ListPoliciesResponse:
        """Lists policies, the newest first. A topic that is not there has none."""
        topic = request.topic
        size = bounds.page_size(request.page_size, default=20, most=100)
        of_list = ("ListPolicies", topic)
        after = _position(request.page_token, of_list)
        found = await self._database.read(
            policies.newest_first, self._published.current.number, topic, after, size + 1
        )
        page, more = found[:size], len(found) > size
        token = ""
        if more:
            token = page_token.encode(of_list, [issue_date(page[-1]).isoformat(), page[-1].name])
        return policy_pb2.ListPoliciesResponse(policies=map(_listed, page), next_page_token=token)

    async def SearchPolicies(  # noqa: N802
        self, request: policy_pb2.SearchPoliciesRequest, context: Context
    ) -> policy_pb2.SearchPoliciesResponse:
        """Searches, best first. A query of punctuation only finds nothing."""
        asked = normalise(request.query)
        if request.keypad and not re.fullmatch("[0-9]+", asked):
            raise invalid(Wrong("query", bounds.MALFORMED, "is not made of digits"))
        language = Language.EN if request.language == common_pb2.LANGUAGE_EN else Language.ZH_CN
        size = bounds.page_size(request.page_size, default=20, most=100)
        how = ["keypad", str(request.language)] if request.keypad else ["as_typed"] * request.as_typed
        of_list = ("SearchPolicies", asked, *how)
        position = page_token.decode(request.page_token, of_list, int)
        start = min(max(int(position[0]), 0), MAX_FOUND) if position else 0
        state = self._search.current
        synonyms = self._published.current.synonyms
        find: _Find
        if request.keypad:
            find = partial(state.find_keyed, asked, language, synonyms)
        else:
            find = partial(state.find, understand(asked, synonyms), as_typed=request.as_typed)
        wanted = range(start, start + size)
        answer, more = await self._database.read(_searched, find, language, wanted)
        if more:
            answer.next_page_token = page_token.encode(of_list, [start + size])
        return answer

    async def GetPolicy(  # noqa: N802
        self, request: policy_pb2.GetPolicyRequest, context: Context
    ) -> policy_pb2.GetPolicyResponse:
        """Gets one policy with its text."""
        policy = await self._database.read(policies.one, self._published.current.number, request.name)
        if policy is None:
            raise not_found("POLICY_UNKNOWN", "policy")
        return policy_pb2.GetPolicyResponse(policy=policy)


def _searched(
    connection: Connection, find: _Find, language: Language, wanted: range
) -> tuple[policy_pb2.SearchPoliciesResponse, bool]:
    """One page of what a query finds, without its token, and whether there is another."""
    found = list(find(min(wanted.stop + 1, MAX_FOUND)).items())
    page = found[wanted.start : wanted.stop]
    shown = policies.numbered(connection, [number for number, _ in page])
    corrected = ""
    if page and wanted.start == 0 and page[0][1].corrected and page[0][0] in shown:
        corrected = in_writing(page[0][1], shown[page[0][0]])[:MAX_CORRECTED]
    matches = [
        _match(shown[number], passages)
        for passages, some in _by_reading(page, language)
        for number in some
        if number in shown
    ]
    answer = policy_pb2.SearchPoliciesResponse(matches=matches, corrected_query=corrected)
    return answer, len(found) > wanted.stop


def _by_reading(
    page: Sequence[tuple[int, Query]], language: Language
) -> Iterator[tuple[Passages, Sequence[int]]]:
    """Policies that one reading of the query found have their passages cut together."""
    for _, some in groupby(page, key=lambda entry: id(entry[1])):
        together = list(some)
        yield Passages(together[0][1], language), [number for number, _ in together]


def _match(policy: policy_pb2.Policy, passages: Passages) -> policy_pb2.PolicyMatch:
    shown = passages.of(policy)
    return policy_pb2.PolicyMatch(
        policy=_listed(policy),
        passage=shown.text,
        highlights=[policy_pb2.TextRange(start=start, end=end) for start, end in shown.marks],
    )


def _listed(policy: policy_pb2.Policy) -> policy_pb2.Policy:
    policy.ClearField("sections")
    return policy


def _position(token: str, of_list: Sequence[str]) -> policies.Position | None:
    position = page_token.decode(token, of_list, str, str)
    if position is None:
        return None
    try:
        return date.fromisoformat(str(position[0])), str(position[1])
    except ValueError:
        raise invalid(
            Wrong("page_token", bounds.MALFORMED, "is not the token of a page of this list")
        ) from None
