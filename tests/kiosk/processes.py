"""The commands of the house and a display, as child processes of the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

BIN = Path(sys.executable).parent
PATIENCE = 60.0


class Running:
    """A command that prints ``ready NAME ADDRESS`` lines. Its log goes to a file."""

    def __init__(
        self, arguments: Sequence[str | Path], log: Path, *, ready: Sequence[str], display: str = ""
    ) -> None:
        """ready: the names to wait for. AssertionError with the log where they do not come."""
        self.log = log
        self.ready: dict[str, str] = {}
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [str(argument) for argument in arguments],
                stdout=subprocess.PIPE,
                stderr=file,
                env=os.environ | {"DISPLAY": display, "PYTHONUNBUFFERED": "1"},
            )
        assert self.process.stdout
        for line in self.process.stdout:
            words = line.decode().split()
            if len(words) == 3 and words[0] == "ready":
                self.ready[words[1]] = words[2]
            if all(name in self.ready for name in ready):
                return
        raise AssertionError(f"{arguments[0]} ended: {log.read_text('utf-8')}")

    def stop(self) -> int:
        """SIGTERM; gives the exit code."""
        self.process.terminate()
        return self.ended()

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def ended(self) -> int:
        """Waits for the end and gives the exit code."""
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            if self.process.stdout:
                self.process.stdout.close()


def backend(folder: Path, listen: str = "127.0.0.1:0") -> Running:
    """A backend with the demonstration content; its data is in the folder."""
    return Running(
        [BIN / "huimin-backend", "--listen", listen, "--data", folder / "data"],
        folder / "backend.log",
        ready=["huimin-backend"],
    )


def simulator(folder: Path, *, instant: bool = False) -> Running:
    """The simulated devices, with their ports in the folder. instant: without the delays of real ones."""
    return Running(
        [BIN / "huimin-simulate", "--directory", folder, *(["--instant"] if instant else [])],
        folder.with_suffix(".log"),
        ready=["identity-card-reader", "receipt-printer"],
    )


class Display:
    """A virtual display of exactly one size, with a number that it chooses itself.

    folder: where the file lies that always holds what is shown, an XWD dump named Xvfb_screen0; name: that of
    one before, to be used again.
    """

    def __init__(self, size: str, folder: Path | None = None, name: str = "") -> None:
        shown = ["-fbdir", str(folder)] if folder else []
        read, write = os.pipe()
        number = [name] if name else ["-displayfd", str(write)]
        self._process = subprocess.Popen(
            ["Xvfb", *number, "-screen", "0", f"{size}x24", "-nolisten", "tcp", "-noreset", *shown],
            pass_fds=[write],
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with os.fdopen(read) as pipe:
            self.name = name or f":{pipe.readline().strip()}"

    def stop(self) -> None:
        """Ends it."""
        self._process.terminate()
        self._process.wait(PATIENCE)

    def send(self, number: int) -> None:
        """Sends it a signal: it hangs, goes on, or is gone at once."""
        self._process.send_signal(number)
