"""The waiting room's display: a page that a browser shows, and what it is told as it happens.

| path | what |
|---|---|
| ``GET /display/{counters}`` | the page |
| ``GET /display/{counters}/events`` | server-sent events (WHATWG HTML, section 9.2): one state each |
| ``GET /display/{counters}/calls/{number}-{window}.wav`` | a call that was made today, spoken |
| ``GET /display/files/{file}`` | what the page is made of |

A state is JSON: ``calls``, the latest first, each with number, window and how often it was made, ``waiting``
and ``minutes``, and the numbers that come ``next``. Nobody is named, only numbers. Any number of backends
show the same: the database is looked at, twice a second for all displays of a group of counters.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from backend.appointments.schedule import local
from backend.appointments.speaking import Caller, CannotSpeak
from backend.appointments.telling import wait_minutes
from backend.authoring.counter_entries import CountersEntry
from backend.authoring.finding import LOCALE
from backend.storage import tickets
from backend.storage.tickets import Line, Pace, Ticket
from backend.web.grounds import Grounds
from foundation.language import Language, translator
from foundation.log import logger

CALLS = 6
NEXT = 8
MAX_DISPLAYS = 64
"""Pages that one backend keeps told."""
_LOOK_SECONDS = 0.5
_SILENCE = 15.0
"""Seconds after which a line is written to see whether the page is still there."""
_FILES = Path(__file__).parent / "display_files"
_TYPES = {"page.css": "text/css", "page.js": "text/javascript"}
_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; media-src 'self'"
_KEYS = (
    "number",
    "counter",
    "window",
    "waiting",
    "minutes",
    "next",
    "nobody",
    "lost",
    "sound",
    "calling",
    "demonstration",
)
_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the database said, and when, by `time.monotonic`."""

    at: float
    calls: tuple[Ticket, ...]
    waiting: tuple[Ticket, ...]
    pace: Pace


def routes(grounds: Grounds) -> Iterable[web.RouteDef]:
    """See the module."""
    displays = _Displays(grounds)
    place = "/display/{counters:[a-z0-9-]{1,63}}"
    return (
        web.get("/display/files/{file:[a-z.]{1,20}}", displays.file),
        web.get(place, displays.page),
        web.get(f"{place}/events", displays.events),
        web.get(f"{place}/calls/{{number:[A-Z][0-9]{{3,6}}}}-{{window:[0-9]{{1,2}}}}.wav", displays.call),
    )


class _Displays:
    def __init__(self, grounds: Grounds) -> None:
        self._grounds = grounds
        self._caller = Caller()
        self._seen: dict[str, _Seen] = {}
        self._looking: dict[str, asyncio.Lock] = {}
        self._open = 0

    async def page(self, request: web.Request) -> web.Response:
        """The page, with its words in both languages."""
        counters = self._counters(request)
        values = {"counters": counters.id}
        for name, text in (("title", counters.title), ("place", counters.place)):
            values |= {f"{name}_zh": escape(text.zh), f"{name}_en": escape(text.en)}
        for mark, language in (("zh", Language.ZH_CN), ("en", Language.EN)):
            translate = translator("backend", LOCALE, language)
            values |= {f"{key}_{mark}": escape(translate(f"display.{key}")) for key in _KEYS}
        values["demonstration"] = "" if counters.demonstration else "hidden"
        made = Template((_FILES / "page.html").read_text("utf-8")).substitute(values)
        return web.Response(text=made, content_type="text/html", headers={"Content-Security-Policy": _POLICY})

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Style and script."""
        name = request.match_info["file"]
        if name not in _TYPES:
            raise web.HTTPNotFound
        return web.Response(text=(_FILES / name).read_text("utf-8"), content_type=_TYPES[name])

    async def events(self, request: web.Request) -> web.StreamResponse:
        """The state now, and whenever it changes, until the page is closed or the backend stops."""
        counters = self._counters(request)
        if self._open >= MAX_DISPLAYS:
            raise web.HTTPServiceUnavailable
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
        )
        await response.prepare(request)
        self._open += 1
        try:
            await self._tell(counters.id, response)
        except ConnectionError:
            pass
        finally:
            self._open -= 1
        return response

    async def call(self, request: web.Request) -> web.Response:
        """A call that stands on the display, spoken."""
        counters = self._counters(request)
        number, window = request.match_info["number"], int(request.match_info["window"])
        seen = await self._look(counters)
        if not any((one.number, one.window) == (number, window) for one in seen.calls):
            raise web.HTTPNotFound
        try:
            sound = await self._caller.call(number, window)
        except CannotSpeak as error:
            _log.warning("call_not_spoken", reason=str(error))
            raise web.HTTPServiceUnavailable from None
        return web.Response(body=sound, content_type="audio/wav")

    async def _tell(self, identifier: str, response: web.StreamResponse) -> None:
        told, silent = "", 0.0
        while not self._grounds.closing.is_set():
            counters = self._grounds.published.current.content.counters.get(f"counters/{identifier}")
            if counters is None:  # it was published without them
                return
            state = json.dumps(_state(counters, await self._look(counters)), ensure_ascii=False)
            if state != told:
                await response.write(f"data: {state}\n\n".encode())
                told, silent = state, 0.0
            elif silent >= _SILENCE:
                await response.write(b": here\n\n")
                silent = 0.0
            try:
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._grounds.closing.wait()
            except TimeoutError:
                silent += _LOOK_SECONDS

    async def _look(self, counters: CountersEntry) -> _Seen:
        """What the database says, asked for once for all displays."""
        async with self._looking.setdefault(counters.id, asyncio.Lock()):
            seen, at = self._seen.get(counters.id), time.monotonic()
            if seen is None or at - seen.at >= _LOOK_SECONDS / 2:
                line = Line(counters.id, local(self._grounds.now()).date())
                seen = await self._grounds.database.read(_read, line, at)
                self._seen[counters.id] = seen
            return seen

    def _counters(self, request: web.Request) -> CountersEntry:
        found = self._grounds.published.current.content.counters.get(
            f"counters/{request.match_info['counters']}"
        )
        if found is None or found.tickets is None:
            raise web.HTTPNotFound
        return found


def _read(connection: Connection, line: Line, at: float) -> _Seen:
    return _Seen(
        at,
        tuple(tickets.called(connection, line, CALLS)),
        tuple(tickets.waiting(connection, line, NEXT)),
        tickets.pace(connection, line),
    )


def _state(counters: CountersEntry, seen: _Seen) -> dict[str, Any]:
    return {
        "calls": [{"number": one.number, "window": one.window, "calls": one.calls} for one in seen.calls],
        "waiting": seen.pace.waiting,
        "minutes": wait_minutes(counters, seen.pace, seen.pace.waiting),
        "next": [one.number for one in seen.waiting],
    }
