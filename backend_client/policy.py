"""Policies and topics."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from backend_client.catalog import Section
from backend_client.page import Page
from foundation.language import LocalizedText


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic. `name` is ``topics/{topic}``."""

    name: str
    title: LocalizedText
    policy_count: int


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy. `name` is ``policies/{policy}``; `sections` is empty in lists and search results.

    as_of: None where it is fresh; else when it was read, the backend being away.
    """

    name: str
    topic: str
    title: LocalizedText
    document_number: str
    issuer: LocalizedText
    issue_date: date
    summary: LocalizedText
    sections: tuple[Section, ...] = ()
    demonstration: bool = False
    as_of: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class PolicyMatch:
    """A policy that was found. `highlights` are half-open character ranges of `passage`."""

    policy: Policy
    passage: str
    highlights: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class PolicyMatches(Page[PolicyMatch]):
    """A page of what a search found. `corrected`: what was searched for in place of the query; or empty."""

    corrected: str = field(default="", kw_only=True)
