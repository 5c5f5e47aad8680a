"""A CUPS of the test's own: Debian's cupsd, on a free port, with its own folders, set up as docs/devices.md
says, and with Debian's rules on who may do what to a job.

Behind its one queue is a printer that the test works by hand: a backend of CUPS, in shell, that puts what it
is sent into a folder as a file, and says about paper and cover what a file of that folder says.
"""

from __future__ import annotations

import asyncio
import getpass
import grp
import os
import pwd
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port

QUEUE = "A4"
DOCS = Path(__file__).parents[2] / "docs" / "devices.md"
BACKEND = """#!/bin/sh
# CUPS calls: backend job user title copies options [file]; without arguments it asks for devices.
[ $# -eq 0 ] && { echo 'file paper "Unknown" "Paper"'; exit 0; }
folder=${DEVICE_URI#paper:}
well="STATE: -media-empty-error,cover-open-error,media-jam-error,toner-empty-error"
echo "$well" >&2
while [ -s "$folder/trouble" ]; do
    reason=$(cat "$folder/trouble")
    [ "$reason" = fail ] && exit 4
    echo "$well" >&2
    echo "STATE: +$reason" >&2
    sleep 0.2
done
echo "$well" >&2
if [ $# -ge 6 ]; then cat "$6"; else cat; fi > "$folder/job-$1.part"
echo "PAGE: total 2" >&2
mv "$folder/job-$1.part" "$folder/job-$1.pdf"
"""
PPD = """*PPD-Adobe: "4.3"
*FormatVersion: "4.3"
*FileVersion: "1.0"
*LanguageVersion: English
*LanguageEncoding: ISOLatin1
*PCFileName: "PAPER.PPD"
*Manufacturer: "Test"
*Product: "(Paper)"
*ModelName: "Test Paper"
*ShortNickName: "Test Paper"
*NickName: "Test Paper, PDF"
*PSVersion: "(3010.000) 0"
*LanguageLevel: "3"
*ColorDevice: False
*DefaultColorSpace: Gray
*FileSystem: False
*cupsVersion: 2.4
*cupsFilter: "application/pdf 0 -"
*OpenUI *PageSize/Media Size: PickOne
*OrderDependency: 10 AnySetup *PageSize
*DefaultPageSize: A4
*PageSize A4/A4: "<</PageSize[595 842]>>setpagedevice"
*CloseUI: *PageSize
*OpenUI *PageRegion: PickOne
*OrderDependency: 10 AnySetup *PageRegion
*DefaultPageRegion: A4
*PageRegion A4/A4: "<</PageSize[595 842]>>setpagedevice"
*CloseUI: *PageRegion
*DefaultImageableArea: A4
*ImageableArea A4/A4: "12 12 583 830"
*DefaultPaperDimension: A4
*PaperDimension A4/A4: "595 842"
"""


@dataclass
class Cups:
    """A running print server."""

    port: int
    folder: Path
    """What came out of the printer, and the file ``trouble``."""
    spool: Path
    root: Path
    _process: asyncio.subprocess.Process | None = None

    @property
    def uri(self) -> str:
        return f"ipp://localhost:{self.port}/printers/{QUEUE}"

    @property
    def printed(self) -> list[Path]:
        return sorted(self.folder.glob("*.pdf"))

    def trouble(self, reason: str) -> None:
        """Something is the matter at the printer, by its reason of IPP; ``fail``: it breaks."""
        (self.folder / "trouble").write_text(reason)

    def repair(self) -> None:
        (self.folder / "trouble").unlink(missing_ok=True)

    def spooled(self) -> list[Path]:
        """Documents that CUPS still has."""
        return sorted(self.spool.glob("d*"))

    async def jobs(self) -> str:
        """All jobs that CUPS knows of, also those that are over."""
        return await self.run("lpstat", "-W", "all", "-o", QUEUE)

    async def start(self) -> None:
        """Runs cupsd, which finds its queue again."""
        cupsd = shutil.which("cupsd", path=f"{os.environ['PATH']}:/usr/sbin")
        assert cupsd
        etc = self.root / "etc"
        self._process = await asyncio.create_subprocess_exec(
            *(cupsd, "-f", "-c", etc / "cupsd.conf", "-s", etc / "cups-files.conf"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(20):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    assert self._process.returncode is None, (self.root / "log" / "error").read_text()
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    return

    async def stop(self) -> None:
        """Ends cupsd; what is being printed then is printed no further."""
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.terminate()
            await process.wait()

    async def run(self, *command: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *command,
            env={**os.environ, "CUPS_SERVER": f"localhost:{self.port}"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, said = await process.communicate()
        assert process.returncode == 0, said
        return out.decode()


@dataclass
class Line:
    """A line to a print server. Deaf, it brings no answer once a document has gone by, as if CUPS hung."""

    uri: str
    deaf: bool = False
    documents: int = 0
    """How many went by."""


@asynccontextmanager
async def line(server: Cups) -> AsyncIterator[Line]:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, out = await asyncio.open_connection("127.0.0.1", server.port)
        deaf = False

        async def ask() -> None:
            nonlocal deaf
            while data := await reader.read(1 << 16):
                if b"%PDF-" in data:
                    deaf = made.deaf
                    made.documents += 1
                out.write(data)
            out.close()

        async def answer() -> None:
            while data := await answers.read(1 << 16):
                if not deaf:
                    writer.write(data)
            writer.close()

        await asyncio.gather(ask(), answer(), return_exceptions=True)

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        made = Line(f"ipp://localhost:{port}/printers/{QUEUE}")
        yield made


def prescribed() -> str:
    """What the docs want in cupsd.conf."""
    chapter = DOCS.read_text().split("### The document printer")[1]
    return chapter.split("```")[1].strip()


def _configure(root: Path, port: int, settings: str) -> None:
    user = getpass.getuser() if os.geteuid() else "lp"
    group = grp.getgrgid(os.getegid()).gr_name if os.geteuid() else "lp"
    system = next(one.gr_name for one in grp.getgrall() if one.gr_name != group)
    binaries = root / "bin"
    for folder in ("spool", "spool/tmp", "cache", "state", "bin/backend", "etc/ppd", "out", "log"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name in ("cgi-bin", "daemon", "driver", "filter", "monitor", "notifier"):
        if Path("/usr/lib/cups", name).exists():
            (binaries / name).symlink_to(Path("/usr/lib/cups", name))
    (binaries / "backend" / "paper").write_text(BACKEND)
    (binaries / "backend" / "paper").chmod(0o755)
    if not os.geteuid():
        about = pwd.getpwnam("lp")
        for folder in ("out", "spool", "spool/tmp", "cache"):
            os.chown(root / folder, about.pw_uid, about.pw_gid)
    (root / "paper.ppd").write_text(PPD)
    files = root / "etc" / "cups-files.conf"
    files.write_text(
        f"ServerRoot {root}/etc\nServerBin {binaries}\nRequestRoot {root}/spool\nTempDir {root}/spool/tmp\n"
        f"CacheDir {root}/cache\nStateDir {root}/state\n"
        f"ErrorLog {root}/log/error\nAccessLog {root}/log/access\n"
        f"PageLog {root}/log/page\nUser {user}\nGroup {group}\nSystemGroup {system}\nSandboxing relaxed\n"
        "FileDevice Yes\n"
    )
    main = root / "etc" / "cupsd.conf"
    main.write_text(
        f"Listen 127.0.0.1:{port}\nBrowsing Off\nLogLevel warn\nDefaultAuthType None\nWebInterface No\n"
        f"{settings}\n<Location />\nOrder allow,deny\nAllow localhost\n</Location>\n"
        "<Policy default>\nJobPrivateAccess default\nJobPrivateValues default\n"
        "<Limit Send-Document Send-URI Hold-Job Release-Job Restart-Job Set-Job-Attributes Reprocess-Job "
        "Cancel-Current-Job Cancel-My-Jobs Close-Job Cancel-Job CUPS-Authenticate-Job>\n"
        "Require user @OWNER @SYSTEM\nOrder deny,allow\n</Limit>\n"
        "<Limit All>\nOrder allow,deny\nAllow localhost\n</Limit>\n</Policy>\n"
    )


@asynccontextmanager
async def cups(settings: str | None = None) -> AsyncIterator[Cups]:
    """Runs it, with one queue. settings: of cupsd.conf, in place of what the docs want."""
    # Not in pytest's folder, which is closed to others: run by root, CUPS prints as the user lp.
    with tempfile.TemporaryDirectory(prefix="cups-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        async with _running(root, settings or prescribed()) as made:
            yield made


@asynccontextmanager
async def _running(root: Path, settings: str) -> AsyncIterator[Cups]:
    port = free_port()
    _configure(root, port, settings)
    made = Cups(port, root / "out", root / "spool", root)
    try:
        await made.start()
        lpadmin = shutil.which("lpadmin", path=f"{os.environ['PATH']}:/usr/sbin")
        assert lpadmin
        await made.run(
            lpadmin, "-p", QUEUE, "-E", "-v", f"paper:{made.folder}", "-P", str(root / "paper.ppd")
        )
        yield made
    finally:
        await made.stop()
