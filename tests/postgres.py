"""PostgreSQL for tests: a private cluster on a free port of 127.0.0.1, gone when the tests are.

It is Debian's server; a cluster that the machine itself runs is left alone. A commit is on the disk, as in
service. PostgreSQL does not run as root: where the tests do, it runs as the user of Debian's package.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from backend.storage.database import database_url, open_database
from tests.keys import VAULT
from tests.ports import free_port

USER = "huimin"
SERVER_USER = "postgres"
"""The user of Debian's package, as whom the server runs where the tests run as root."""
_SECONDS = 30.0
_DEBIAN = Path("/usr/lib/postgresql")


DATABASES = ("sqlite", "postgresql")
BOTH = pytest.mark.parametrize("database", DATABASES, indirect=True)
"""For tests, or a module of them, whose `house` is to run over each."""


def new_database(request: pytest.FixtureRequest, kind: str, *, tables: bool) -> Iterator[str]:
    """What a fixture gives for that kind of database: empty for SQLite, else the URL of a new one.

    tables: whether PostgreSQL's has its tables already, which is faster.
    """
    if kind == "sqlite":
        yield ""
        return
    started: Cluster = request.getfixturevalue("postgres")
    url = started.database() if tables else started.empty_database()
    yield url
    started.drop(url)


def program(name: str) -> Path:
    """Where a program of PostgreSQL lies: of the newest version that Debian installed, else in the PATH."""
    installed = sorted(_DEBIAN.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = installed[-1] if installed else shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name}: PostgreSQL is not installed; make setup installs it")
    return Path(found)


class Cluster:
    """A running server with any number of databases. Get one from `cluster`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._server: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        self._template = ""
        self._making = threading.Lock()

    def start(self) -> None:
        """Starts the server, and makes the cluster the first time; it takes connections afterwards."""
        data = self._folder / "data"
        if not data.exists():
            options = ["-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
            made = subprocess.run(
                [*_as_server(), program("initdb"), "-D", data, *options, "--no-instructions"],
                capture_output=True,
                cwd=self._folder,
                check=False,
            )
            assert made.returncode == 0, made.stderr.decode()
        listen: list[str | Path] = ["-k", self._folder, "-h", "127.0.0.1", "-p", str(self._port)]
        settings = ["-c", "max_connections=200", "-c", "timezone=Asia/Shanghai"]
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [*_as_server(), program("postgres"), "-D", data, *listen, *settings],
                stdout=log,
                stderr=log,
                cwd=self._folder,
            )
        end = time.monotonic() + _SECONDS
        while True:
            try:
                self._connect().close()
            except psycopg.OperationalError:
                log_text = (self._folder / "log").read_text()
                assert self._server.poll() is None and time.monotonic() < end, log_text
                time.sleep(0.02)
            else:
                return

    def end(self, number: signal.Signals = signal.SIGINT) -> None:
        """Ends the server: SIGINT closes it in order, SIGQUIT as a loss of power does."""
        if self._server is not None:
            self._server.send_signal(number)
            self._server.wait(_SECONDS)
            self._server = None

    def empty_database(self) -> str:
        """A new database without tables; its URL."""
        return self._new("template1")

    def database(self) -> str:
        """A new database with the tables of this release, empty; its URL."""
        with self._making:
            if not self._template:
                url = self.empty_database()
                with ThreadPoolExecutor(1) as thread:  # this one's loop may be running
                    thread.submit(asyncio.run, _make_tables(url)).result()
                self._template = make_url(url).database or ""
        return self._new(self._template)

    def copy(self, url: str) -> str:
        """A new database with what another holds, to which nobody may be connected; its URL."""
        return self._new(make_url(url).database or "")

    def drop(self, url: str) -> None:
        """Removes a database with whoever is connected to it."""
        name = sql.Identifier(make_url(url).database or "")
        with self._connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    def disconnect(self, url: str) -> int:
        """Ends all connections to a database, as an administrator would; how many."""
        with self._connect() as connection:
            ended = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [make_url(url).database],
            )
            return len(ended.fetchall())

    def _new(self, template: str) -> str:
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        with self._connect() as connection:
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return f"postgresql://{USER}@127.0.0.1:{self._port}/{name}"

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1", port=self._port, user=USER, dbname="postgres", autocommit=True
        )


async def _make_tables(url: str) -> None:
    database = await open_database(database_url(url, Path()), VAULT)
    await database.close()


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A cluster of its own while the block runs."""
    folder = Path(tempfile.mkdtemp(prefix="huimin-postgresql-"))
    if os.geteuid() == 0:
        shutil.chown(folder, SERVER_USER, SERVER_USER)
    started = Cluster(folder)
    try:
        started.start()
        yield started
    finally:
        started.end()
        shutil.rmtree(folder)


def _as_server() -> list[str | Path]:
    """What a command of the server begins with: the user, and an end when the tests end, however they do."""
    start: list[str | Path] = ["setpriv", "--pdeathsig", "INT"]
    if os.geteuid() == 0:
        start += ["--reuid", SERVER_USER, "--regid", SERVER_USER, "--init-groups"]
    return start
