"""A NUT of the test's own: Debian's upsd and its driver for supplies that do not exist, in a folder.

The driver reads how the supply is from a file, looks at it every second, and tells upsd.
"""

from __future__ import annotations

import getpass
import itertools
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port

DAEMON = "/lib/nut/upsd"
DRIVER = "/lib/nut/dummy-ups"
"""Debian's /usr/sbin/upsd does nothing before the machine's own NUT is configured; these are the programs."""
SUPPLY = "terminal"
USUAL = {
    "ups.status": "OL",
    "battery.charge": "100",
    "battery.runtime": "1800",
    "ups.mfr": "Huimin",
    "ups.model": "Test 600",
}
STALE_SECONDS = 2


class Nut:
    """upsd and its driver, each of which can be stopped, started and held."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._changes = itertools.count(time.time() // 1)
        self._daemon: subprocess.Popen[bytes] | None = None
        self._driver: subprocess.Popen[bytes] | None = None
        for name in ("etc", "state"):
            (folder / name).mkdir(mode=0o750)
        self._write(
            "ups.conf",
            f"maxretry = 1\n[{SUPPLY}]\ndriver = dummy-ups\nport = {folder}/etc/supply.dev\n"
            "mode = dummy-once\npollinterval = 1\n",
        )
        self._write(
            "upsd.conf",
            f"LISTEN 127.0.0.1 {self.port}\nSTATEPATH {folder}/state\nMAXAGE {STALE_SECONDS}\n",
        )
        self._write("upsd.users", "")
        self.tell()

    @property
    def address(self) -> str:
        """Of the supply."""
        return f"{SUPPLY}@127.0.0.1:{self.port}"

    def tell(self, **changed: str) -> None:
        """The supply is as usual but for these variables, written with _ for a dot; "" takes one away."""
        variables = {**USUAL, **{name.replace("_", "."): value for name, value in changed.items()}}
        self._write("supply.dev", "".join(f"{name}: {value}\n" for name, value in variables.items() if value))
        changed_at = next(self._changes)  # the driver looks at whole seconds
        os.utime(self._folder / "etc/supply.dev", (changed_at, changed_at))

    def start(self) -> None:
        """Starts what does not run, and waits until upsd listens."""
        if self._driver is None:
            self._driver = self._run(DRIVER, "-a", SUPPLY)
        if self._daemon is None:
            self._daemon = self._run(DAEMON)
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                assert self._daemon.poll() is None, (self._folder / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return

    def stop_daemon(self) -> None:
        _end(self._daemon)
        self._daemon = None

    def stop_driver(self) -> None:
        _end(self._driver)
        self._driver = None

    def hold_driver(self) -> None:
        """The driver hangs."""
        assert self._driver
        self._driver.send_signal(signal.SIGSTOP)

    def release_driver(self) -> None:
        assert self._driver
        self._driver.send_signal(signal.SIGCONT)

    def _write(self, name: str, text: str) -> None:
        path = self._folder / "etc" / name
        path.touch(0o640)
        path.write_text(text)

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        folders = {"NUT_CONFPATH": f"{self._folder}/etc", "NUT_STATEPATH": f"{self._folder}/state"}
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [*command, "-F", "-u", getpass.getuser()],
                env={**os.environ, **folders, "NUT_ALTPIDPATH": f"{self._folder}/state"},
                stdout=log,
                stderr=log,
            )


def _end(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(10)


@contextmanager
def nut() -> Iterator[Nut]:
    """Runs it. Its folder has a short name, because sockets' paths may have no more than 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="nut-") as folder:
        made = Nut(Path(folder))
        try:
            made.start()
            yield made
        finally:
            made.stop_daemon()
            made.stop_driver()
