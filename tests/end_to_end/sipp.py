"""SIPp, which knows nothing of the project, as a caller: a scenario put together from parts, and run."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import signal
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

PARTS = Path(__file__).with_name("sipp_parts")
PATIENCE = 90.0


def part(name: str, **filled: object) -> str:
    """A part of a scenario; words in capitals are filled in."""
    text = (PARTS / f"{name}.xml").read_text("utf-8")
    for word, value in filled.items():
        assert word.upper() in text, f"{name} has no {word}"
        text = text.replace(word.upper(), str(value))
    return text


INVITE = part("invite")
ACKNOWLEDGE = part("acknowledge")
HANG_UP = part("hang_up")
HUNG_UP = part("answer", method="BYE", status="200 OK")
"""The other side ends the call."""


def pause(seconds: float) -> str:
    """Nothing for that long."""
    return part("pause", milliseconds=round(seconds * 1000))


def keys(text: str, mode: str = "info") -> str:
    """Keys one after another. For ``rfc4733`` SIPp sends from a raw socket, which only root may, and goes on
    in the scenario meanwhile: a key takes it 0.4 s."""
    if mode == "rfc4733":
        return part("keys_rfc4733", keys=text)
    return "".join(pause(0.1) + part("key_info", key=key) for key in text)


def may_send_raw() -> bool:
    """Whether SIPp can play RFC 4733 here."""
    with (
        contextlib.suppress(PermissionError),
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP),
    ):
        return True
    return False


@dataclass(frozen=True)
class Outcome:
    """How SIPp ended; code 0: as the scenario says. messages: seconds since the epoch, and the text."""

    code: int
    messages: tuple[tuple[float, str], ...]
    errors: str


async def call(
    directory: Path,
    address: str,
    parts: Sequence[str],
    *,
    calls: int = 1,
    rate: int = 40,
    at_once: int = 3,
    sound_port: int = 0,
    caller: str = "5550123",
    allow: str = "INVITE, ACK, BYE, CANCEL, INFO, REFER, NOTIFY",
) -> Outcome:
    """Calls `sip:HOST:PORT` and goes through the parts. sound_port: where the phone takes sound; calls: how
    many; rate: how many a second; at_once: no more at the same time; caller: the number that is shown."""
    name = f"sipp-{random.randrange(1 << 32):08x}"
    scenario = directory / f"{name}.xml"
    scenario.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="call">\n' + "".join(parts) + "</scenario>\n",
        "utf-8",
    )
    trace, errors = directory / f"{name}.messages", directory / f"{name}.errors"
    process = await _start(
        *(address.removeprefix("sip:"), "-sf", str(scenario)),
        *("-m", str(calls), "-l", str(at_once), "-r", str(rate), "-s", "line", "-p", str(free_port())),
        *("-key", "sound_port", str(sound_port or free_port()), "-key", "allow", allow),
        *("-key", "caller", caller),
        *("-trace_msg", "-message_file", str(trace), "-trace_err", "-error_file", str(errors)),
    )
    try:
        async with asyncio.timeout(PATIENCE):
            code = await process.wait()
    finally:
        _end(process)
    said = errors.read_text("utf-8", "replace") if errors.exists() else ""
    return Outcome(code, tuple(_messages(trace)) if trace.exists() else (), said)


@contextlib.asynccontextmanager
async def target(directory: Path, status: str) -> AsyncIterator[str]:
    """Somebody whom calls are transferred to and who answers with `status`; gives the address."""
    scenario = directory / f"target-{random.randrange(1 << 32):08x}.xml"
    scenario.write_text(part("target", status=status), "utf-8")
    port = free_port()
    process = await _start("-sf", str(scenario), "-p", str(port), "-aa")
    try:
        await _listening(port)
        yield f"sip:office@127.0.0.1:{port}"
    finally:
        _end(process)
        await process.wait()


def free_port() -> int:
    """A UDP port on which nobody listens now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _start(*arguments: str) -> asyncio.subprocess.Process:
    quiet = asyncio.subprocess.DEVNULL
    media = random.randrange(20_000, 60_000, 4)
    return await asyncio.create_subprocess_exec(
        *("sipp", "-i", "127.0.0.1", "-mi", "127.0.0.1", "-ci", "127.0.0.1", "-nostdin", "-skip_rlimit"),
        *("-mp", str(media), *arguments),
        stdin=quiet,
        stdout=quiet,
        stderr=quiet,
        env=os.environ | {"TERM": "dumb"},
    )


def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGKILL)


async def _listening(port: int) -> None:
    """Waits until a UDP port is taken."""
    for _ in range(500):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return
        await asyncio.sleep(0.02)
    raise AssertionError(f"nobody listens on {port}")


def _messages(trace: Path) -> list[tuple[float, str]]:
    """The messages of SIPp's trace with their times (seconds since the epoch)."""
    blocks = re.split(
        r"^-{47} (\d{4}-[\d-]+ [\d:.]+)\n", trace.read_text("utf-8", "replace"), flags=re.MULTILINE
    )
    times, texts = blocks[1::2], blocks[2::2]
    return [(datetime.fromisoformat(at).timestamp(), text) for at, text in zip(times, texts, strict=True)]
