"""The room's commands as real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hardware.simulators.table import DEVICES


def environment(folder: Path, language: str = "en_GB.UTF-8", **more: str) -> dict[str, str]:
    """An environment in which simulators meet below a folder of the test."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    path = os.pathsep.join(sys.path)
    return {**kept, "LANG": language, "XDG_RUNTIME_DIR": str(folder), "PYTHONPATH": path, **more}


def command(module: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs `python -m module` to its end."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def simulator(*arguments: str, **env: str) -> Iterator[subprocess.Popen[str]]:
    """A simulator that has said that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hardware.simulate", "--instant", *arguments],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        for device in DEVICES:
            line = process.stdout.readline()
            assert line.startswith(f"ready {device.name} /"), (line, process.stderr and process.stderr.read())
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=20)
