"""baresip, a softphone that knows nothing of the project, driven through its control port."""

from __future__ import annotations

import asyncio
import json
import random
import time
import wave
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.end_to_end.phone import Heard
from tests.ports import free_port

PATIENCE = 30.0
SILENT_SECONDS = 600
"""What baresip says: nothing, for that long; at the end of the file it would hang up."""

CONFIGURATION = """\
module_path /usr/lib/baresip/modules
{more}module account.so
module g711.so
module sndfile.so
module aufile.so
module aubridge.so
module_app menu.so
module_app ctrl_tcp.so
net_interface 127.0.0.1
sip_listen 127.0.0.1:0
ctrl_tcp_listen 127.0.0.1:{control}
rtp_ports {rtp}-{rtp_end}
audio_source aufile,{voice}
audio_player aubridge,nowhere
snd_path {directory}
"""


class Baresip:
    """A phone in a folder of its own; what it hears is recorded there."""

    def __init__(
        self,
        directory: Path,
        *,
        transport: str = "udp",
        encryption: str = "",
        configuration: str = "",
        number: str = "5550199",
        voice: Path | None = None,
    ) -> None:
        """encryption: of sound, by baresip's name for it; configuration: more lines of its file; number:
        whose phone it is; voice: a WAV file of 8000 Hz that it says, else nothing."""
        self.directory = directory
        self._number = number
        self._voice = voice or directory / "silence.wav"
        self._transport = transport
        self._encryption = f";mediaenc={encryption}" if encryption else ""
        self._configuration = configuration
        self.events: list[tuple[float, dict[str, Any]]] = []
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self.directory.mkdir(parents=True, exist_ok=True)
        control, rtp = free_port(), random.randrange(20_000, 60_000, 2)
        filled = CONFIGURATION.format(
            control=control,
            rtp=rtp,
            rtp_end=rtp + 1000,
            directory=self.directory,
            voice=self._voice,
            more=self._configuration,
        )
        (self.directory / "config").write_text(filled)
        account = f"<sip:{self._number}@127.0.0.1;transport={self._transport}>;regint=0{self._encryption}\n"
        (self.directory / "accounts").write_text(account)
        (self.directory / "contacts").write_text("")
        with wave.open(str(self.directory / "silence.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(bytes(2 * 8000 * SILENT_SECONDS))
        with (self.directory / "log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                "baresip", "-f", str(self.directory), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            reader, self._writer = await self._connect(control)
        except BaseException:
            self._process.kill()
            await self._process.wait()
            raise
        self._reading = asyncio.create_task(self._read(reader))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process
        if self._writer is not None:
            await self._command("quit")
        try:
            async with asyncio.timeout(PATIENCE):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        if self._reading:
            await self._reading
        if self._writer:
            self._writer.close()

    async def call(self, address: str) -> float:
        """Calls and waits for the answer; when it came (seconds since the epoch)."""
        # baresip takes an address without a user for a user without a host
        await self._command("dial", address.replace("sip:", "sip:line@"))
        return await self.event("CALL_ESTABLISHED")

    async def press(self, keys: str, gap: float = 0.3) -> None:
        """Presses keys (RFC 4733), with a person's time between them."""
        for key in keys:
            await self._command("sndcode", key)
            await asyncio.sleep(gap)

    async def hang_up(self) -> None:
        """Ends the call."""
        await self._command("hangup")

    async def ended(self, patience: float = PATIENCE) -> float:
        """Waits until the other side has ended the call; when that was."""
        return await self.event("CALL_CLOSED", patience)

    async def event(self, kind: str, patience: float = PATIENCE) -> float:
        """Waits for an event of baresip; when it came."""

        def found() -> float | None:
            return next((at for at, event in self.events if event.get("type") == kind), None)

        try:
            async with asyncio.timeout(patience), self._news:
                await self._news.wait_for(lambda: found() is not None)
        except TimeoutError:
            log = (self.directory / "log").read_text(errors="replace")
            raise AssertionError(f"no {kind}; there were {self.events[-8:]}\n{log[-2000:]}") from None
        at = found()
        assert at is not None
        return at

    def heard(self) -> Heard:
        """What it heard, from the answer on (time 0); once the call has ended."""
        recordings = sorted(self.directory.glob("dump-*-dec.wav"))
        assert recordings, "baresip recorded nothing"
        return Heard(recordings[-1])

    async def _connect(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                assert time.monotonic() < end, (self.directory / "log").read_text(errors="replace")
                await asyncio.sleep(0.05)

    async def _command(self, command: str, params: str = "") -> None:
        """One command, as JSON in a netstring."""
        assert self._writer
        document = json.dumps({"command": command, "params": params}).encode()
        self._writer.write(b"%d:%s," % (len(document), document))
        await self._writer.drain()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                length = int((await reader.readuntil(b":"))[:-1])
                document = json.loads((await reader.readexactly(length + 1))[:-1])
                async with self._news:
                    self.events.append((time.time(), document))
                    self._news.notify_all()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
