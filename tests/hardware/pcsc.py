"""A pcscd of the test's own: Debian's, with two virtual readers (vpcd), on a socket that no other pcscd has.

pcscd has one socket for the whole machine, unless it is handed one, as systemd does: here the test does. The
library of PC/SC looks at PCSCLITE_CSOCK_NAME once in a process, so every test of a process uses one place.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.ports import free_port

READER = "Virtual PCD 00 00"
OTHER_READER = "Virtual PCD 00 01"
DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
PLUG = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

/* What vpcd says of a card, while the plug is in: without it, a reader does not answer. */
long IFDHICCPresence(unsigned long slot) {
    long (*ask)(unsigned long) = (long (*)(unsigned long))dlsym(RTLD_NEXT, "IFDHICCPresence");
    const char *plug = getenv("PLUG");
    if (plug && access(plug, F_OK)) return 612; /* IFD_COMMUNICATION_ERROR */
    return ask(slot);
}
"""
"""In C: what pcscd has in place of vpcd's one function. Every other is vpcd's own."""


@cache
def place() -> Path:
    """The folder of this process's pcscd; from now on PC/SC looks for it there."""
    folder = Path(tempfile.mkdtemp(prefix="pcscd-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["PCSCLITE_CSOCK_NAME"] = str(folder / "socket")
    return folder


@cache
def driver() -> Path:
    """vpcd with a plug that can be pulled."""
    made = place() / "libifdplug.so"
    source = made.with_suffix(".c")
    source.write_text(PLUG)
    (place() / "libifdvpcd.so.0").symlink_to(DRIVER)  # its own name, under which no package has it
    linked = ("-Wl,--no-as-needed", DRIVER, f"-Wl,-rpath,{place()}")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", made, source, *linked], check=True)
    return made


def two_free_ports() -> int:
    """The first of two TCP ports, one after the other, on which nobody listens."""
    while True:
        port = free_port()
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


class Pcscd:
    """The service, its two readers, and a hand to pull their plug."""

    def __init__(self) -> None:
        folder = place()
        self.port = two_free_ports()
        """Where the first reader waits for its card; the second at the next port."""
        self.log = folder / "log"
        self._socket = folder / "socket"
        self._readers = folder / "readers.conf"
        self._plugged = folder / "plug"
        self._process: subprocess.Popen[bytes] | None = None
        self._plugged.touch()
        self._readers.write_text(
            f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:{self.port}\nLIBPATH {driver()}\n'
            f"CHANNELID {self.port}\n"
        )

    def start(self) -> None:
        """Starts it, unless it runs. Whoever asks from now on is answered, at the latest once it is ready."""
        if self._process is not None:
            return
        self._socket.unlink(missing_ok=True)
        service = shutil.which("pcscd", path=f"{os.environ['PATH']}:/usr/sbin")
        assert service
        with socket.socket(socket.AF_UNIX) as listening, self.log.open("ab") as log:
            listening.bind(str(self._socket))
            listening.listen()
            # setpriv: it ends with the tests, however they end.
            script = (
                'exec 3<&0 </dev/null; export LISTEN_FDS=1 LISTEN_PID=$$; exec setpriv --pdeathsig TERM "$@"'
            )
            self._process = subprocess.Popen(
                ["sh", "-c", script, "sh", service, "--foreground", "--config", str(self._readers)],
                env={**os.environ, "PLUG": str(self._plugged)},
                stdin=listening.fileno(),
                stdout=log,
                stderr=log,
            )

    def stop(self, *, kill: bool = False) -> None:
        """Ends it."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
            process.send_signal(signal.SIGCONT)
            process.wait(10)

    def freeze(self) -> None:
        """Stops it in its tracks: it answers nothing, and is there."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def unplug(self) -> None:
        """Pulls the readers' plug, and has the service look, as the kernel does for USB."""
        self._plugged.unlink(missing_ok=True)
        self._look_again()

    def plug(self) -> None:
        """Plugs them in again."""
        self._plugged.touch()
        self._look_again()

    def _look_again(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGUSR1)


@contextmanager
def pcscd() -> Iterator[Pcscd]:
    """Runs one. Nobody has to wait until it is ready: it has its readers before it answers anybody."""
    made = Pcscd()
    made.start()
    try:
        yield made
    finally:
        made.stop()
