"""What every part of the web server has in common: what it gets, and what it gives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from backend.authoring.published import Published
from backend.documents.papers import Papers
from backend.payments.paying import Paying
from backend.settings import BackendSettings
from backend.storage.database import Database


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a part has to work with."""

    settings: BackendSettings
    database: Database
    published: Published
    now: Callable[[], datetime]
    papers: Papers
    paying: Paying | None = None
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the web server ends: what goes on for as long as a page is open ends then."""


Part = Callable[[Grounds], Iterable[web.RouteDef]]
"""Gives the routes of one part."""
