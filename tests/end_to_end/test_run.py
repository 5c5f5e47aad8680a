"""`make run`, as a process: what it prints, and that nothing of it is left."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

import pytest

from foundation.language import Language, translator
from hardware.simulators.table import DEVICES

ROOT = Path(__file__).resolve().parents[2]
READY = [
    *(device.name for device in DEVICES),
    "huimin-backend",
    "huimin-gateway-demo",
    "huimin-kiosk",
    "huimin-ivr",
]


def started_by(process: int) -> list[int]:
    """All processes whose ancestor is that process."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # it ended while we looked
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
    found: list[int] = []
    level = {process}
    while level:
        level = {pid for pid, parent in parents.items() if parent in level}
        found += level
    return found


async def lines_until(stream: asyncio.StreamReader, part: str) -> list[str]:
    """What is printed up to the line that holds `part`."""
    lines: list[str] = []
    async with asyncio.timeout(100):
        while not lines or part not in lines[-1]:
            line = await stream.readline()
            assert line, f"ended after {lines}"
            lines.append(line.decode().rstrip())
    return lines


@pytest.mark.parametrize(
    ("number", "locale"), [(signal.SIGINT, "en_US.UTF-8"), (signal.SIGTERM, "zh_CN.UTF-8")]
)
async def test_run_says_when_each_part_is_ready_and_ends_them_all(
    tmp_path: Path, number: signal.Signals, locale: str
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.run", "--backend", "127.0.0.1:0", "--sip", "127.0.0.1:0"),
        *("--size", "1280x1024", "--directory", str(tmp_path / "data")),
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "DISPLAY"}
        | {"LANG": locale, "LC_ALL": locale, "LANGUAGE": ""},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    try:
        lines = await lines_until(process.stdout, "Ctrl-C")
        ready = {line.split()[1]: line.split()[2] for line in lines if line.startswith("ready ")}
        assert sorted(ready) == sorted(READY)
        assert ready["huimin-kiosk"] == "1280x1024"
        told = "\n".join(lines)
        assert ready["huimin-ivr"].replace("sip:", "sip:huimin@") in told, "which address to call"
        assert "huimin-simulate present" in told
        assert ("刷卡" in told) == (locale == "zh_CN.UTF-8")
        mine = started_by(process.pid)
        assert len(mine) >= 5, "the simulators, the backend, both doors, and the virtual display"
    finally:
        if process.returncode is None:
            process.send_signal(number)
        async with asyncio.timeout(60):
            code = await process.wait()
    assert code == 0
    assert (tmp_path / "data" / "log" / "kiosk.log").read_text().count("Traceback") == 0
    assert not [pid for pid in mine if Path(f"/proc/{pid}").exists()]


async def told(*options: str) -> tuple[int, str]:
    """Exit code and standard error of a start that cannot succeed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.run", *options),
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "DISPLAY"}
        | {"LANG": "en_US.UTF-8", "LC_ALL": "en_US.UTF-8", "LANGUAGE": ""},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        _, said = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def test_an_address_that_is_taken_is_named_and_so_is_the_way_to_another(tmp_path: Path) -> None:
    async with await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0) as taken:
        address = f"127.0.0.1:{taken.sockets[0].getsockname()[1]}"
        code, said = await told("--backend", address, "--directory", str(tmp_path))
    assert code == 1
    assert f"backend has stopped: Cannot listen on {address}" in said
    assert 'make run OPTIONS="--backend' in said
    assert "Traceback" not in said


async def test_a_size_that_is_none_is_refused_before_anything_starts(tmp_path: Path) -> None:
    code, said = await told("--size", "banana", "--directory", str(tmp_path / "data"))
    assert code == 2
    assert "1080x1920" in said
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("language", list(Language))
def test_the_instructions_name_the_tiles_as_they_are_written_on_the_screen(language: Language) -> None:
    on_the_screen = translator("kiosk", ROOT / "kiosk" / "locale", language)
    instructions = translator("deploy", ROOT / "deploy" / "locale", language)("run.touch").casefold()
    for tile in ("policies", "services", "lookups", "payments"):
        assert on_the_screen(f"door.{tile}").casefold() in instructions
