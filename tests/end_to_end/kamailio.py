"""The real Kamailio with the configuration that is delivered, in a folder of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.end_to_end import sipp

DELIVERED = Path(__file__).parents[2] / "deploy" / "kamailio"
PATIENCE = 20.0
SITE = """\
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
#!define DISPATCHER_LIST "{folder}/dispatcher.list"
#!define ADDRESS_LIST "{folder}/address.list"
#!define CTL_SOCKET "unix:{folder}/ctl"
#!define PING_SECONDS 1
#!define CHILDREN 2
{more}
"""


class Kamailio:
    """A proxy before the workers; its address is `sip:127.0.0.1:PORT`."""

    def __init__(
        self,
        folder: Path,
        workers: Sequence[str],
        lines: int,
        *,
        trunk: str = "127.0.0.1",
        more: str = "",
    ) -> None:
        """workers: ``sip:HOST:PORT`` each; lines: of each; trunk: the one address that may call; more: lines
        for the county's own file."""
        self.folder = folder
        self.port = sipp.free_port()
        self.address = f"sip:127.0.0.1:{self.port}"
        self.log = folder / "log"
        self._process: asyncio.subprocess.Process | None = None
        folder.mkdir(parents=True)
        shutil.copy(DELIVERED / "kamailio.cfg", folder)
        (folder / "huimin-site.cfg").write_text(SITE.format(port=self.port, folder=folder, more=more))
        listed = (
            f"1 {worker} 0 0 duid=worker-{number};maxload={lines}\n"
            for number, worker in enumerate(workers, 1)
        )
        (folder / "dispatcher.list").write_text("".join(listed))
        (folder / "address.list").write_text(f"1 {trunk} 32 0\n")

    async def __aenter__(self) -> Self:
        with self.log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *("kamailio", "-DD", "-E", "-f", str(self.folder / "kamailio.cfg")),
                *("-Y", str(self.folder), "-P", str(self.folder / "pid"), "-m", "32", "-M", "4"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=os.environ,
            )
        try:
            async with asyncio.timeout(PATIENCE):
                while not (await self.command("core.version")).startswith("kamailio "):
                    assert self._process.returncode is None, self.said()
                    await asyncio.sleep(0.1)
        except BaseException as error:
            await self.__aexit__(None, None, None)
            if isinstance(error, TimeoutError):
                raise AssertionError(self.said()) from None
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process
        if self._process.returncode is None:
            self._process.terminate()
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    async def command(self, *words: str) -> str:
        """What `kamcmd` answers."""
        process = await asyncio.create_subprocess_exec(
            *("kamcmd", "-s", f"unix:{self.folder}/ctl", *words),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return said.decode()

    async def state_of(self, worker: str) -> str:
        """How it sees a worker: ``AP`` active, ``IP`` not there, ``DX`` taken out."""
        lines = (await self.command("dispatcher.list")).splitlines()
        at = next(number for number, line in enumerate(lines) if worker in line)
        return next(line.split(":")[1].strip() for line in lines[at:] if "FLAGS" in line)

    async def sees(self, worker: str, state: str, patience: float = PATIENCE) -> None:
        """Waits until it sees a worker so."""
        for _ in range(round(patience / 0.1)):
            if (seen := await self.state_of(worker)) == state:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"{worker} is {seen}, not {state}\n{self.said()}")

    def said(self) -> str:
        """The end of its log."""
        return self.log.read_text("utf-8", "replace")[-4000:]
