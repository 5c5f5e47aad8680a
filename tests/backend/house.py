"""A backend for tests: a real server on a real socket over a real database, in this process or its own."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import sys
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import grpc
import grpc.aio
import structlog
from click.testing import CliRunner
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from huimin.v1 import (
    case_pb2_grpc,
    catalog_pb2_grpc,
    form_pb2_grpc,
    identity_pb2_grpc,
    notice_pb2_grpc,
    policy_pb2_grpc,
    rating_pb2_grpc,
)

from backend.authoring.reading import Content, read_content
from backend.command import main
from backend.server import serving
from backend.settings import BackendSettings
from backend.storage.database import FILE_NAME, Database, database_url, open_database
from backend.storage.publishing import Origin, in_force_digest, publish
from tests.keys import VAULT, put_keys

CONTENT = Path(__file__).parent / "content"
SCRIPT = Path(sys.executable).parent / "huimin-backend"


@dataclass
class Clock:
    """A clock that tests move."""

    moment: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **period: float) -> None:
        self.moment += timedelta(**period)


class Stubs:
    """The services as a client sees them."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.catalog = catalog_pb2_grpc.CatalogServiceStub(channel)
        self.policy = policy_pb2_grpc.PolicyServiceStub(channel)
        self.form = form_pb2_grpc.FormServiceStub(channel)
        self.case = case_pb2_grpc.CaseServiceStub(channel)
        self.notice = notice_pb2_grpc.NoticeServiceStub(channel)
        self.identity = identity_pb2_grpc.IdentityServiceStub(channel)
        self.rating = rating_pb2_grpc.RatingServiceStub(channel)


@dataclass
class House:
    """A running backend in this process."""

    address: str
    data: Path
    database: Database
    clock: Clock
    stubs: Stubs


def make(folder: Path) -> None:
    folder.mkdir(exist_ok=True)


def is_absent(file: Path) -> bool:
    return not file.exists()


def read(file: Path) -> bytes:
    return file.read_bytes()


def write(file: Path, content: bytes) -> None:
    file.write_bytes(content)


_published: dict[str, bytes] = {}
"""The database with a content, by its digest: made once, copied into every empty folder."""


async def _opened(url: str, file: Path, written: Content, now: datetime) -> Database:
    """The database of a house, with its tables and the content. url: of PostgreSQL, or empty."""
    empty, ready = not url and is_absent(file), _published.get(written.digest)
    if empty and ready:
        write(file, ready)
    database = await open_database(database_url(url, file.parent), VAULT)
    if await database.read(in_force_digest, now) != written.digest:
        await publish(database, written, now, Origin(from_start=True))
    if empty and not ready:
        await database.close()  # nothing is left in the -wal file
        _published[written.digest] = read(file)
        database = await open_database(database_url(url, file.parent), VAULT)
    return database


@asynccontextmanager
async def house(
    data: Path, content: Path = CONTENT, clock: Clock | None = None, **more: Any
) -> AsyncIterator[House]:
    """Serves a folder of content over a folder of data. more: settings of the backend."""
    clock = clock or Clock()
    written = read_content(content)
    make(data)
    put_keys(data)
    database = await _opened(more.get("database", ""), data / FILE_NAME, written, clock())
    given: dict[str, Any] = {
        "listen": "127.0.0.1:0",
        "data": data,
        "content": content,
        "stop_seconds": 1,
        "quiet_hours": "",
    } | more
    settings = BackendSettings(**given)
    try:
        async with (
            serving(settings, database, clock) as address,
            grpc.aio.insecure_channel(address) as channel,
        ):
            yield House(address, data, database, clock, Stubs(channel))
    finally:
        await database.close()


@dataclass
class Process:
    """The command, running as operators run it."""

    process: asyncio.subprocess.Process
    address: str

    async def end(self, number: signal.Signals) -> int:
        """Sends a signal and waits; the exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), 20)


@asynccontextmanager
async def process(
    data: Path, content: Path = CONTENT, log: Path | None = None, database: str = ""
) -> AsyncIterator[Process]:
    """Starts ``huimin-backend`` and waits for its ready line."""
    with (log or data.with_suffix(".log")).open("ab") as errors:
        started = await asyncio.create_subprocess_exec(
            SCRIPT,
            "--listen",
            "127.0.0.1:0",
            "--data",
            data,
            "--content",
            content,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "HUIMIN_BACKEND_DATABASE": database},
        )
    assert started.stdout is not None
    try:
        line = (await asyncio.wait_for(started.stdout.readline(), 30)).decode().split()
        assert line[:2] == ["ready", "huimin-backend"], line
        yield Process(started, line[2])
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()


async def ended(
    *arguments: str | Path, language: str = "C", variables: Mapping[str, str] = MappingProxyType({})
) -> tuple[int, str, str]:
    """Runs ``huimin-backend`` as a process to its end: exit code, standard output, standard error."""
    started = await asyncio.create_subprocess_exec(
        SCRIPT,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"LC_ALL": language, "PYTHONUTF8": "1", **variables},
    )
    out, err = await asyncio.wait_for(started.communicate(), 30)
    assert started.returncode is not None
    return started.returncode, out.decode(), err.decode()


async def command(
    *arguments: str | Path, language: str = "C", variables: Mapping[str, str] = MappingProxyType({})
) -> tuple[int, str, str]:
    """The same of one that does not serve, in this process: starting one takes a second."""
    return await asyncio.to_thread(_invoked, arguments, {"LC_ALL": language, **variables})


_one_at_a_time = threading.Lock()
"""Output, environment, umask and log are the process's."""


def _invoked(arguments: Sequence[str | Path], variables: Mapping[str, str]) -> tuple[int, str, str]:
    with _one_at_a_time:
        own = {name: None for name in os.environ if name.startswith("HUIMIN_")}
        mask = os.umask(0o022)
        log, root = structlog.get_config(), logging.getLogger()
        handlers, level = list(root.handlers), root.level
        try:
            done = CliRunner().invoke(
                main, [str(argument) for argument in arguments], env=own | dict(variables)
            )
        finally:
            os.umask(mask)
            structlog.configure(**log)
            root.handlers[:] = handlers
            root.setLevel(level)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


@dataclass
class Failed:
    """A refused call, its details taken apart."""

    code: grpc.StatusCode
    reason: str
    domain: str
    violations: dict[str, str]
    retry_after: float | None
    metadata: dict[str, str]


def failed(error: grpc.aio.AioRpcError) -> Failed:
    """The google.rpc details of a refused call; there have to be some."""
    status = rpc_status.from_call(error)
    assert status is not None, error
    info = error_details_pb2.ErrorInfo()
    request = error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    for detail in status.details:
        for message in (info, request, retry):
            detail.Unpack(message)
    return Failed(
        error.code(),
        info.reason,
        info.domain,
        {violation.field: violation.reason for violation in request.field_violations},
        retry.retry_delay.ToTimedelta().total_seconds() if retry.HasField("retry_delay") else None,
        dict(info.metadata),
    )


def copy_content(target: Path) -> Path:
    """The content, to be changed."""
    shutil.copytree(CONTENT, target)
    return target
