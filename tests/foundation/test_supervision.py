"""What a supervisor hears, byte for byte."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from foundation.life import say_ready
from foundation.supervision import tell_supervisor, watchdog_seconds


@pytest.mark.parametrize("abstract", [False, True], ids=["file", "abstract"])
def test_a_supervisor_hears_that_a_command_can_serve_and_still_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], *, abstract: bool
) -> None:
    name = f"huimin-tests-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hearing:
        hearing.bind(f"\0{name}" if abstract else str(tmp_path / "notify"))
        hearing.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}" if abstract else str(tmp_path / "notify"))
        say_ready("huimin-kiosk", "1080x1920")
        assert hearing.recv(100) == b"READY=1"
        tell_supervisor("WATCHDOG=1")
        assert hearing.recv(100) == b"WATCHDOG=1"
    assert capsys.readouterr().out == "ready huimin-kiosk 1080x1920\n"


def test_a_supervisor_that_does_not_listen_is_only_told_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    with capture_logs() as log:
        tell_supervisor("WATCHDOG=1")
    assert [line["event"] for line in log] == ["supervisor_not_told"]
    monkeypatch.setenv("NOTIFY_SOCKET", "vsock:2:1234")
    with capture_logs() as log:
        tell_supervisor("WATCHDOG=1")
    assert log == []


def test_one_that_hears_too_slowly_holds_nobody_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hearing:
        hearing.bind(str(tmp_path / "notify"))
        code = (
            "from foundation.supervision import tell_supervisor\n"
            "for _ in range(10_000): tell_supervisor('WATCHDOG=1')"
        )
        told = os.environ | {"NOTIFY_SOCKET": str(tmp_path / "notify")}
        subprocess.run([sys.executable, "-c", code], env=told, check=True, timeout=60, capture_output=True)


@pytest.mark.parametrize(
    ("given", "seconds"), [("15000000", 15.0), ("500000", 0.5), ("0", None), ("", None), ("soon", None)]
)
def test_how_often_it_wants_to_hear(
    monkeypatch: pytest.MonkeyPatch, given: str, seconds: float | None
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", given)
    monkeypatch.setenv("WATCHDOG_PID", "1")  # a compositor's, which started this one
    assert watchdog_seconds() == seconds
