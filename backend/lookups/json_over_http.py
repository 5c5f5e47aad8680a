"""Records behind an HTTP interface that answers JSON.

The settings give the base of the URL and what proves who asks; the content gives path and query, with
``{name}`` for each value, which is put in percent-encoded, so that no answer reaches another path. With a
`body` in the content it is sent as JSON with POST, so that what is personal stays out of URLs.

An answer is 200 with a JSON media type and at most `max_bytes` bytes. Redirects are not followed.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import quote, urlsplit

import aiohttp
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from backend.lookups.provider import (
    MAX_ROWS,
    Failure,
    Given,
    Misconfigured,
    ProviderFailed,
    Question,
    Row,
)

_PLACE = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")
_JSON = re.compile(r"application/(?:[a-z0-9.-]+\+)?json|text/json")
_CONNECT_SECONDS = 5.0


def _base(given: str) -> str:
    parts = urlsplit(given)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("is no address of a server, such as https://records.example.gov.cn/api")
    return given.rstrip("/")


class HttpSettings(BaseModel):
    """address: base of the URL; headers: sent with each request; header_files: those whose values are secret,
    each with the file where it lies; authority: certificates that the server's is signed by, PEM, where they
    are not the system's; nothing: status codes that mean that there is no record."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: Annotated[str, AfterValidator(_base)]
    headers: dict[str, str] = Field(default_factory=dict)
    header_files: dict[str, Path] = Field(default_factory=dict)
    authority: Path | None = None
    nothing: tuple[int, ...] = (404,)
    max_bytes: Annotated[int, Field(ge=1024, le=16 << 20)] = 1 << 20


class JsonOverHttp:
    """A source behind a web server."""

    def __init__(
        self, settings: HttpSettings, headers: Mapping[str, str], context: ssl.SSLContext | None
    ) -> None:
        self._settings = settings
        self._headers = headers
        self._context = context
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    def configured(cls, name: str, settings: Mapping[str, Any]) -> Self:
        """See `Provider`."""
        try:
            made = HttpSettings.model_validate(settings)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise Misconfigured(f"{name}: {place}: {first['msg'].removeprefix('Value error, ')}") from None
        headers = dict(made.headers)
        for header, file in made.header_files.items():
            try:
                headers[header] = file.read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError):
                raise Misconfigured(f"{name}: header_files.{header}: cannot be read") from None
        context = None
        if made.authority:
            try:
                context = ssl.create_default_context(cafile=str(made.authority))
            except (OSError, ssl.SSLError):
                raise Misconfigured(f"{name}: authority: holds no certificates") from None
        return cls(made, headers, context)

    async def check_config(self) -> None:
        """See `Provider`. Any answer to HEAD will do: the server is there."""
        try:
            async with self._client().head(self._settings.address, allow_redirects=False):
                return
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise ProviderFailed(Failure.DOWN, type(error).__name__) from None

    async def rows(self, question: Question) -> Sequence[Row]:
        """See `Provider`."""
        url = self._settings.address + "/" + _filled(question.query, question.given).lstrip("/")
        body = question.body and {name: _said(text, question.given) for name, text in question.body.items()}
        try:
            async with self._client().request(
                "POST" if body is not None else "GET", url, json=body, allow_redirects=False
            ) as response:
                if response.status in self._settings.nothing:
                    return []
                if response.status != 200:
                    raise ProviderFailed(Failure.DOWN, f"status {response.status}")
                if not _JSON.fullmatch(response.content_type):
                    raise ProviderFailed(Failure.NONSENSE, "no JSON")
                data = await _read(response, self._settings.max_bytes)
        except (aiohttp.ClientError, ValueError) as error:
            raise ProviderFailed(Failure.DOWN, type(error).__name__) from None
        return _rows(data, question)

    async def close(self) -> None:
        """See `Provider`."""
        if self._session is not None:
            await self._session.close()

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self._headers,
                connector=aiohttp.TCPConnector(ssl=True if self._context is None else self._context),
                timeout=aiohttp.ClientTimeout(total=None, connect=_CONNECT_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    data = bytearray()
    async for piece in response.content.iter_chunked(1 << 16):
        data += piece
        if len(data) > most:
            raise ProviderFailed(Failure.NONSENSE, f"more than {most} bytes")
    return bytes(data)


def _rows(data: bytes, question: Question) -> list[Row]:
    """The records of an answer; one object alone is one record, null is none."""
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        raise ProviderFailed(Failure.NONSENSE, "not JSON") from None
    there, found = _at(answer, question.records)
    if not there:
        raise ProviderFailed(Failure.NONSENSE, f"nothing at {question.records!r}")
    records = [] if found is None else found if isinstance(found, list) else [found]
    rows: list[Row] = []
    for record in records[:MAX_ROWS]:
        if not isinstance(record, dict):
            raise ProviderFailed(Failure.NONSENSE, "a record is no object")
        values = {name: _at(record, name) for name in question.at}
        rows.append({name: value for name, (there, value) in values.items() if there})
    return rows


def _at(value: Any, path: str) -> tuple[bool, Any]:
    """What lies at a path such as ``data.items.0.name``, and whether anything does; all of it where it is
    empty."""
    for step in path.split(".") if path else ():
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return False, None
    return True, value


def _filled(template: str, given: Mapping[str, Given]) -> str:
    return _PLACE.sub(lambda place: quote(_text(place[1], given), safe=""), template)


def _said(template: str, given: Mapping[str, Given]) -> str:
    return _PLACE.sub(lambda place: _text(place[1], given), template)


def _text(name: str, given: Mapping[str, Given]) -> str:
    if name not in given:
        raise ProviderFailed(Failure.UNKNOWN, f"the query names {name}")
    value = given[name]
    return "" if value is None else str(value)
