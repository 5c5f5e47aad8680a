"""The whole way as operators and technicians walk it: commands, files and processes, nothing else."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
import tomllib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backend.command import main as backend
from backend_client.client import BackendClient
from backend_client.credentials import DoorCredentials
from backend_client.errors import DoorRefused
from ivr.command import main as ivr
from kiosk.command import main as kiosk
from tests.backend.house import CONTENT
from tests.ports import free_port

BIN = Path(sys.executable).parent
CHINESE, ENGLISH = "zh_CN.UTF-8", "C.UTF-8"


PROGRAMS = {"huimin-backend": backend, "huimin-kiosk": kiosk, "huimin-ivr": ivr}


def run(program: str, *arguments: str | Path, language: str = ENGLISH, typed: str = "") -> Result:
    """Runs one command to its end, in this process: starting one takes a second."""
    runner = CliRunner(env={"LC_ALL": language})
    given = [str(argument) for argument in arguments]
    return runner.invoke(PROGRAMS[program], given, prog_name=program, input=typed)


def done(program: str, *arguments: str | Path, language: str = ENGLISH, typed: str = "") -> str:
    """What a command says that has to succeed. typed: what it is told where it asks."""
    ended = run(program, *arguments, language=language, typed=typed)
    assert ended.exit_code == 0, ended.stderr
    return ended.stdout


def refused(program: str, *arguments: str | Path, language: str = ENGLISH) -> str:
    """What a command says that cannot be done: one sentence, and exit code 2."""
    ended = run(program, *arguments, language=language)
    assert (ended.exit_code, ended.stdout) == (2, ""), ended.output
    assert isinstance(ended.exception, SystemExit)
    return ended.stderr.strip()


class Machine:
    """A backend's machine: its folder, its authority and its configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = folder / "authority"
        self.address, self.enrolment = (f"127.0.0.1:{free_port()}" for _ in range(2))
        self.configuration = folder / "huimin.toml"

    def prepare(self) -> None:
        done("huimin-backend", "authority", "init", "--folder", self.authority)
        said = done("huimin-backend", "authority", "server", "--folder", self.authority, "127.0.0.1")
        settings = said[said.index("[backend]") :]
        assert tomllib.loads(settings)["backend"].keys() >= {"tls_certificate", "authority_key"}
        self.configuration.write_text(
            f'{settings}\nlisten = "{self.address}"\nenrol_listen = "{self.enrolment}"\n'
            f'data = "{self.folder / "data"}"\ncontent = "{CONTENT}"\n',
            "utf-8",
        )

    def backend(self, *arguments: str | Path, language: str = ENGLISH) -> str:
        return done("huimin-backend", "--config", self.configuration, *arguments, language=language)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        with (self.folder / "log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                BIN / "huimin-backend",
                "--config",
                self.configuration,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert process.stdout
        try:
            ready = [(await asyncio.wait_for(process.stdout.readline(), 30)).decode() for _ in range(2)]
            assert f"ready huimin-enrolment {self.enrolment}\n" in ready
            assert f"ready huimin-backend {self.address}\n" in ready
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 20) == 0


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    machine = Machine(tmp_path_factory.mktemp("machine"))
    machine.prepare()
    yield machine


def test_the_authoritys_files_are_its_owners_and_are_never_written_over(prepared: Machine) -> None:
    before = {file: file.read_bytes() for file in prepared.authority.iterdir()}
    assert {file.name for file in before} == {
        "authority.pem",
        "authority-key.pem",
        "server.pem",
        "server-key.pem",
    }
    for file in before:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    init = ("authority", "init", "--folder", prepared.authority)
    assert "已经存在" in refused("huimin-backend", *init, language=CHINESE)
    server = ("authority", "server", "--folder", prepared.authority, "localhost")
    assert "is there already" in refused("huimin-backend", *server)
    assert {file: file.read_bytes() for file in prepared.authority.iterdir()} == before


def test_a_backends_certificate_is_renewed_for_the_same_names(prepared: Machine) -> None:
    before = (prepared.authority / "server.pem").read_bytes()
    done("huimin-backend", "authority", "server", "--folder", prepared.authority, "--renew")
    assert (prepared.authority / "server.pem").read_bytes() != before
    shown = done("huimin-backend", "authority", "show", "--folder", prepared.authority, language=CHINESE)
    assert "CN=127.0.0.1" in shown
    assert shown.count("有效期至") == 2


async def ended(program: str, *arguments: str | Path, language: str) -> str:
    """The last line of a command that runs long, which has to refuse to."""
    process = await asyncio.create_subprocess_exec(
        BIN / program,
        *arguments,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"LC_ALL": language, "PYTHONUTF8": "1"},
    )
    _, said = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    return said.decode().splitlines()[-1]


async def test_plain_text_is_not_served_to_other_machines(tmp_path: Path) -> None:
    listen = ("--listen", "0.0.0.0:0", "--data", tmp_path / "data", "--content", CONTENT)
    chinese, english = await asyncio.gather(
        *(ended("huimin-backend", *listen, language=language) for language in (CHINESE, ENGLISH))
    )
    assert "其他机器能够访问 0.0.0.0:0" in chinese
    assert "0.0.0.0:0 can be reached from other machines" in english
    assert all("tls_certificate" in said for said in (chinese, english))


async def test_doors_do_not_speak_plain_text_to_other_machines() -> None:
    away = ("--backend", "192.0.2.1:50051")
    chinese, english = await asyncio.gather(
        ended("huimin-kiosk", *away, language=CHINESE), ended("huimin-ivr", *away, language=ENGLISH)
    )
    assert "192.0.2.1:50051 不在本机上" in chinese
    assert "192.0.2.1:50051 is not on this machine" in english


async def test_from_an_invitation_to_the_end(prepared: Machine, tmp_path: Path) -> None:
    async with prepared.serving():
        invitation = tmp_path / "hall-1.toml"
        both = f"{prepared.address},192.0.2.1:50051"
        wanted = ("--kind", "terminal", "--backend", both, "--out", invitation)
        await asyncio.to_thread(prepared.backend, "door", "invite", "hall-1", *wanted)
        assert stat.S_IMODE(invitation.stat().st_mode) == 0o600
        said = await asyncio.to_thread(
            done, "huimin-kiosk", "enrol", "--file", invitation, "--credentials", tmp_path / "hall-1"
        )
        assert tomllib.loads(said[said.index("[kiosk]") :])["kiosk"] == {
            "backend": both,
            "credentials": str(tmp_path / "hall-1"),
        }
        again = ("enrol", "--file", invitation, "--credentials", tmp_path / "other")
        assert "注册码无效" in await asyncio.to_thread(refused, "huimin-kiosk", *again, language=CHINESE)

        shown = await asyncio.to_thread(prepared.backend, "door", "invite", "phone-1", "--kind", "line")
        code = next(word for word in shown.split() if word.count("-") == 3 and word.isupper())
        said = await asyncio.to_thread(
            done,
            *("huimin-ivr", "enrol", "--backend", prepared.enrolment, "--code"),
            *("--authority", prepared.authority / "authority.pem", "--credentials", tmp_path / "phone-1"),
            typed=f"{code.lower()}\n",
        )
        assert code.lower() not in said
        assert said.startswith("This machine is"), said
        doors = [
            await asyncio.to_thread(DoorCredentials.load, tmp_path / name) for name in ("hall-1", "phone-1")
        ]
        assert [door.door for door in doors] == ["hall-1", "phone-1"]
        terminal, line = (BackendClient(prepared.address, credentials=door) for door in doors)
        async with terminal, line:
            assert await terminal.list_topics()
            assert await line.list_topics()
            listed = await asyncio.to_thread(prepared.backend, "door", "list", language=CHINESE)
            assert [row.split()[:3] for row in listed.splitlines()] == [
                ["hall-1", "终端", "可接入"],
                ["phone-1", "线路", "可接入"],
            ]
            await asyncio.to_thread(prepared.backend, "door", "revoke", "hall-1")
            async with asyncio.timeout(2):
                with pytest.raises(DoorRefused, match="DOOR_REVOKED"):
                    while True:
                        await terminal.list_topics()
                        await asyncio.sleep(0.05)
            assert await line.list_topics()
    log = (prepared.folder / "log").read_text("utf-8")
    assert all(line.startswith("{") for line in log.splitlines())  # gRPC writes nothing of its own into it
    assert code.replace("-", "") not in log.replace("-", "")


def test_doors_are_named_and_found(prepared: Machine) -> None:
    def said(*arguments: str, language: str = ENGLISH) -> str:
        return refused(
            "huimin-backend", "--config", prepared.configuration, "door", *arguments, language=language
        )

    assert "no name for a door" in said("invite", "Hall 1", "--kind", "terminal")
    assert "不能用作名称" in said("add", "local", "--kind", "line", language=CHINESE)
    assert "--backend" in said("invite", "hall-2", "--kind", "line", "--backend", "0.0.0.0:50051")


def test_a_request_for_the_countys_authority_keeps_its_key(tmp_path: Path) -> None:
    done("huimin-kiosk", "enrol", "--request-only", "--credentials", tmp_path / "door")
    key, request = tmp_path / "door" / "new-key.pem", tmp_path / "door" / "request.csr"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert "PRIVATE" not in request.read_text("ascii")
    before = key.read_bytes()
    done("huimin-kiosk", "enrol", "--request-only", "--credentials", tmp_path / "door")
    assert key.read_bytes() == before


def test_enrolling_says_what_is_missing(tmp_path: Path) -> None:
    assert "--credentials" in refused("huimin-kiosk", "enrol", "--file", tmp_path / "none.toml")
    assert "--request-only" in refused("huimin-ivr", "enrol", "--credentials", tmp_path)
    (tmp_path / "wrong.toml").write_text("code = 1\n", "ascii")
    wrong = ("enrol", "--file", tmp_path / "wrong.toml", "--credentials", tmp_path)
    assert "不是注册文件" in refused("huimin-ivr", *wrong, language=CHINESE)
