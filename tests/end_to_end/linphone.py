"""linphone, a softphone that knows nothing of the project, driven by the commands of its daemon."""

from __future__ import annotations

import asyncio
import os
import random
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

PATIENCE = 30.0
CONFIGURATION = """\
[sip]
sip_port=-1
sip_tcp_port=0
sip_tls_port=0
bind_address=127.0.0.1
use_rfc2833=0
use_info=1
contact=sip:{number}@127.0.0.1
guess_hostname=0
auto_net_state_mon=0
[rtp]
audio_rtp_port={rtp}
[video]
enabled=0
capture=0
display=0
automatically_initiate=0
"""
SOUND = """\
pcm.pipe {{
 type file
 slave.pcm null
 file /dev/null
 infile {microphone}
 format raw
}}
pcm.microphone {{
 type plug
 slave {{ pcm pipe format S16_LE rate 8000 channels 1 }}
}}
pcm.!default {{
 type asym
 playback.pcm null
 capture.pcm microphone
}}
ctl.!default {{ type null }}
"""
"""ALSA without a card. Silence comes from a pipe, which also sets the pace: a card that is null both ways
would keep a processor busy."""
FRAME_SECONDS, FRAME = 0.02, bytes(320)


class Linphone:
    """A phone in a folder of its own; it says nothing, and keeps nothing of what it hears."""

    def __init__(self, directory: Path, number: str) -> None:
        """number: whose phone it is."""
        self.directory = directory
        self._number = number
        self._said = ""
        self._news = asyncio.Condition()
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._breathing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        for folder in (".local/share/linphone", ".config/linphone"):
            (self.directory / folder).mkdir(parents=True)
        rtp = random.randrange(20_000, 60_000, 2)
        (self.directory / "rc").write_text(CONFIGURATION.format(number=self._number, rtp=rtp))
        microphone = self.directory / "microphone"
        os.mkfifo(microphone)
        (self.directory / ".asoundrc").write_text(SOUND.format(microphone=microphone))
        self._breathing = asyncio.create_task(self._breathe(microphone))
        self._process = await asyncio.create_subprocess_exec(
            *("linphone-daemon", "--config", str(self.directory / "rc")),
            *("--log", str(self.directory / "log"), "--disable-stats-events"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=os.environ | {"HOME": str(self.directory), "TERM": "dumb"},
        )
        self._reading = asyncio.create_task(self._read())
        for command in ("ipv6 disable", "audio-codec-disable ALL", "audio-codec-enable 8"):
            await self._command(command)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process
        if self._process.returncode is None:
            try:
                async with asyncio.timeout(PATIENCE):
                    with suppress(ConnectionError):
                        await self._command("quit")
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        if self._breathing:
            self._breathing.cancel()
            await asyncio.gather(self._breathing, return_exceptions=True)
        if self._reading:
            await self._reading

    async def call(self, address: str) -> None:
        """Calls and waits for the answer."""
        await self._command(f"call {address.replace('sip:', 'sip:line@')}")
        await self._hears("LinphoneCallStreamsRunning")

    async def press(self, keys: str, gap: float = 0.3) -> None:
        """Presses keys (SIP INFO), with a person's time between them."""
        for key in keys:
            await self._command(f"dtmf {key}")
            await asyncio.sleep(gap)

    async def hang_up(self) -> None:
        """Ends the call."""
        await self._command("terminate")

    async def _breathe(self, microphone: Path) -> None:
        pipe = os.open(microphone, os.O_RDWR | os.O_NONBLOCK)
        clock = asyncio.get_running_loop().time
        due = clock()
        try:
            while True:
                with suppress(BlockingIOError):
                    os.write(pipe, FRAME)
                due += FRAME_SECONDS
                await asyncio.sleep(due - clock())
        finally:
            os.close(pipe)

    async def _command(self, command: str) -> None:
        assert self._process
        assert self._process.stdin
        self._process.stdin.write(f"{command}\n".encode())
        await self._process.stdin.drain()

    async def _hears(self, event: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE), self._news:
                await self._news.wait_for(lambda: event in self._said)
        except TimeoutError:
            raise AssertionError(f"no {event}:\n{self._said[-2000:]}") from None

    async def _read(self) -> None:
        assert self._process
        assert self._process.stdout
        while read := await self._process.stdout.read(4096):
            async with self._news:
                self._said = (self._said + read.decode("utf-8", "replace"))[-20_000:]
                self._news.notify_all()
