"""baresip as a child process, driven through its control port, and started again where it dies.

Sound and SIP are its own; here go only commands and events (ctrl_tcp: JSON in netstrings). It calls one
address and answers nobody.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import tempfile
from collections import deque
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from foundation.log import logger
from kiosk.calling.files import account, configuration
from kiosk.calling.netstring import BadNetstring, Netstrings, netstring
from kiosk.calling.outcome import DIED, CallEvents
from kiosk.calling.settings import HelpCallSettings
from kiosk.calling.telephone import CallState

log = logger(__name__)

MODULES = ("/usr/lib/baresip/modules", "/usr/lib64/baresip/modules", "/usr/local/lib/baresip/modules")
"""Where distributions put them."""
CONNECT_SECONDS = 10.0
"""Until a child that does not listen has failed."""
END_SECONDS = 3.0
"""For which a child may unregister and end."""
AGAIN_SECONDS = (0.5, 1.0, 2.0, 5.0, 15.0, 60.0)
"""Before a child is started again, after one that died soon; the last one for good."""
STEADY_SECONDS = 60.0
"""After which a child has lived well."""


class BaresipMissing(Exception):
    """There is no baresip here, or not the part of it that is needed; the message says which."""


def found(settings: HelpCallSettings) -> tuple[str, str]:
    """The command, and the folder of its modules. Raises BaresipMissing."""
    command = shutil.which("baresip")
    if command is None:
        raise BaresipMissing("baresip is not installed; apt-get install baresip-core")
    folder = next((folder for folder in MODULES if Path(folder).is_dir()), None)
    if folder is None:
        raise BaresipMissing(f"baresip's modules are in none of {', '.join(MODULES)}")
    drivers = [device.partition(",")[0] for device in (settings.microphone, settings.loudspeaker)]
    for name in ("account", "g711", "menu", "ctrl_tcp", *drivers):
        if not (Path(folder) / f"{name}.so").is_file():
            raise BaresipMissing(f"baresip has no module {name}")
    return command, folder


class Baresip:
    """The line of one terminal (`Telephone`)."""

    def __init__(self, settings: HelpCallSettings, terminal: str) -> None:
        """terminal: its name. Raises BaresipMissing."""
        self._settings = settings
        self._terminal = terminal
        self._command, self._modules = found(settings)
        self._keeping: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._events: asyncio.Queue[dict[str, Any] | None] | None = None
        """Of the call under way; None in it: the child died."""

    def open(self) -> None:
        """Begins to keep a child running."""
        self._keeping = asyncio.get_running_loop().create_task(self._keep())

    async def close(self) -> None:
        """Ends it."""
        if self._keeping:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})

    @property
    def available(self) -> bool:
        """Whether a child listens."""
        return self._writer is not None

    async def call(self) -> AsyncGenerator[CallState]:
        """Calls the one address (`Telephone.call`)."""
        assert self._events is None
        events = self._events = asyncio.Queue()
        heard = CallEvents()
        patience = {
            CallState.CALLING: self._settings.reaching,
            CallState.RINGING: self._settings.ringing,
            CallState.TALKING: self._settings.longest,
        }
        try:
            yield heard.state
            self._tell("dial", self._settings.address)
            shown, event = heard.state, None
            while shown.live:
                try:
                    async with asyncio.timeout(patience[shown]):
                        while heard.state is shown and (event := await events.get()) is not None:
                            heard.take(event)
                except TimeoutError:
                    state = heard.ended("")
                else:
                    state = heard.state if event is not None else heard.ended(DIED)
                log.info("help_call", state=state.value)
                shown = state
                yield shown
        finally:
            await self._hang_up(events, heard)
            self._events = None

    async def _hang_up(self, events: asyncio.Queue[dict[str, Any] | None], heard: CallEvents) -> None:
        """Ends the call where it goes on, and waits until baresip has, so that the next one is another."""
        if not heard.state.live or not self.available:
            return
        self._tell("hangup")
        try:
            async with asyncio.timeout(END_SECONDS):
                while heard.state.live and (event := await events.get()) is not None:
                    heard.take(event)
        except TimeoutError:
            log.warning("help_call_not_ended")

    async def _keep(self) -> None:
        """Starts a child, and another one where it dies."""
        loop = asyncio.get_running_loop()
        tries = 0
        while True:
            began = loop.time()
            with tempfile.TemporaryDirectory(prefix="huimin-call-") as folder:
                try:
                    await self._live(Path(folder))
                except OSError as error:
                    log.warning("baresip_not_started", reason=str(error))
            tries = 0 if loop.time() - began > STEADY_SECONDS else tries + 1
            await asyncio.sleep(AGAIN_SECONDS[min(tries, len(AGAIN_SECONDS) - 1)])

    async def _live(self, folder: Path) -> None:
        """The life of one child. Raises OSError where it cannot be started or does not listen."""
        port = _free_port()
        _write(folder / "config", configuration(self._settings, self._modules, port))
        _write(folder / "accounts", account(self._settings, self._terminal))
        _write(folder / "contacts", "")
        # It dies with us, even where we are killed: nobody else would hang up.
        child = await asyncio.create_subprocess_exec(
            *("setpriv", "--pdeathsig", "TERM", self._command, "-f", str(folder)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said: deque[str] = deque(maxlen=8)
        listening = asyncio.create_task(_listen(child, said))
        try:
            reader, self._writer = await _connect(port, child)
            (folder / "accounts").unlink()  # it was read, and holds a password
            log.info("baresip_ready")
            await self._read(reader)
        finally:
            if self._writer:
                self._tell("quit")
                self._writer.close()
                self._writer = None
            if self._events is not None:
                self._events.put_nowait(None)
            await _end(child)
            listening.cancel()
        log.warning("baresip_died", code=child.returncode, said=list(said))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Takes events until the child closes the line."""
        netstrings = Netstrings()
        while received := await reader.read(4096):
            try:
                for message in netstrings.take(received):
                    self._take(json.loads(message))
            except (BadNetstring, ValueError) as error:
                log.warning("baresip_not_understood", reason=type(error).__name__)
                return

    def _take(self, event: object) -> None:
        if not isinstance(event, dict):
            return
        if event.get("type") == "CALL_INCOMING" or (event.get("class") == "call" and self._events is None):
            if event.get("type") != "CALL_CLOSED":
                self._tell("hangup")  # nobody is there to talk
            return
        if event.get("type") == "REGISTER_FAIL":
            log.warning("help_call_not_registered", reason=str(event.get("param", ""))[:100])
        if self._events is not None:
            refused = event.get("response") is True and event.get("ok") is False
            if event.get("class") == "call":
                self._events.put_nowait(event)
            elif refused and event.get("token") == "dial":
                self._events.put_nowait({"type": "CALL_CLOSED", "param": ""})

    def _tell(self, command: str, parameters: str = "") -> None:
        """Sends a command; where the child is gone, nothing."""
        if self._writer is not None:
            document = {"command": command, "params": parameters, "token": command}
            self._writer.write(netstring(json.dumps(document).encode()))


def _free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port: int = tried.getsockname()[1]
        return port


def _write(file: Path, text: str) -> None:
    """Only its owner can read it: the accounts hold a password."""
    file.touch(mode=0o600, exist_ok=False)
    file.write_text(text, encoding="utf-8")


async def _connect(
    port: int, child: asyncio.subprocess.Process
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Waits until the child listens. Raises OSError where it does not."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            while child.returncode is None:
                try:
                    return await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
    except TimeoutError:
        raise OSError("it does not listen") from None
    raise OSError(f"it ended with {child.returncode}")


async def _listen(child: asyncio.subprocess.Process, said: deque[str]) -> None:
    """Keeps the last lines of what the child says."""
    assert child.stdout
    try:
        async for line in child.stdout:
            said.append(line.decode(errors="replace").strip()[:200])
    except ValueError:  # a line without an end
        return


async def _end(child: asyncio.subprocess.Process) -> None:
    """Waits for the child's end; kills it where it takes too long."""
    try:
        async with asyncio.timeout(END_SECONDS):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()
