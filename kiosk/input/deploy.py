"""Compiles the pinyin dictionary, once for a machine and a version of its sources.

It takes some seconds, so that set-up runs ``python -m kiosk.input.deploy``; the terminal calls `deploy`
before its window opens, which finds the work done. The result is never written to again.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kiosk.cache import cache_directory
from kiosk.fonts import FACES, FontError, face
from kiosk.input import librime
from kiosk.input.errors import DeploymentFailed, InputMethodError

SOURCES = Path(__file__).parent / "schema"
COMPILED = (
    "default.yaml",
    "huimin_pinyin.schema.yaml",
    "huimin_pinyin.table.bin",
    "huimin_pinyin.prism.bin",
    "huimin_fuzzy.prism.bin",
    "huimin_names.table.bin",
    "huimin_names.prism.bin",
)
"""What the engine opens, in the folder ``build`` of the directory."""
LEAST_BYTES = 4 << 20
"""Size below which the compiled words are not all there (they have 9 MB): a damaged list compiles, too."""
TIME_LIMIT = 300.0
"""Seconds after which the compiler is ended; a slow terminal needs about thirty."""
_PART = "part-"
"""Begins the name of a folder in which something is being compiled."""


def deploy(shared_data: Path = librime.SHARED_DATA) -> Path:
    """The directory with the compiled dictionary, for `PinyinEngine`; compiles it where it is not there yet.

    Blocks: some milliseconds where it is there, else seconds. Two processes may deploy at once.
    shared_data: the folder of the rime-data packages. Raises InputMethodError.
    """
    librime.load()
    librime.traits(Path(), shared_data)
    target = cache_directory("pinyin") / _fingerprint(shared_data)
    _remove_abandoned(target.parent)
    if _complete(target):
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=target.parent, prefix=_PART))
        try:
            for source in SOURCES.iterdir():  # not copytree, which makes the folder as old as its source
                shutil.copy(source, part)
            _compile_apart(part, shared_data)
            for log in part.glob("rime.huimin.*"):
                log.unlink()
            _put_in_place(part, target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        raise DeploymentFailed(
            f"{target.parent}: the dictionary cannot be kept there: {error.strerror}"
        ) from None
    return target


def _remove_abandoned(folder: Path) -> None:
    """Folders of a compiler that was cut off: one so old belongs to nobody any more."""
    for part in folder.glob(f"{_PART}*"):
        try:
            old = time.time() - part.stat().st_mtime > TIME_LIMIT
        except FileNotFoundError:  # another process has just put it in place
            continue
        if old:
            shutil.rmtree(part, ignore_errors=True)


def _fingerprint(shared_data: Path) -> str:
    """Names one set of sources; another set gets another directory."""
    digest = hashlib.sha256()
    for source in sorted(SOURCES.iterdir()):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    for name in librime.SHARED_FILES:
        about = (shared_data / name).stat()
        digest.update(f"{shared_data / name}\0{about.st_size}\0{about.st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


def _complete(directory: Path) -> bool:
    build = directory / "build"
    return (
        all((build / name).is_file() for name in COMPILED)
        and (build / "huimin_pinyin.table.bin").stat().st_size >= LEAST_BYTES
    )


def _compile_apart(directory: Path, shared_data: Path) -> None:
    """Compiles in a process of its own: librime is set up once in a process, and there for typing."""
    command = [sys.executable, "-m", "kiosk.input.deploy", str(directory), str(shared_data)]
    logs_here = os.environ | {"TMPDIR": str(directory)}  # glog writes files even when told not to
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False, env=logs_here
        )
    except subprocess.TimeoutExpired:
        raise DeploymentFailed(f"the dictionary was not compiled within {TIME_LIMIT:.0f} s") from None
    if run.returncode != 0 or not _complete(directory):
        said = run.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise DeploymentFailed(
            f"librime did not compile the dictionary ({said[0]}): "
            "reinstall librime1 and rime-data-luna-pinyin"
        )


def _put_in_place(part: Path, target: Path) -> None:
    """One renaming, so that a power cut leaves the whole dictionary or none; then older versions go."""
    try:
        part.rename(target)
    except OSError:
        if not _complete(target):  # else another process was faster
            raise
    for other in target.parent.iterdir():
        if other != target and not other.name.startswith(_PART):
            shutil.rmtree(other, ignore_errors=True)


def _compile(directory: Path, shared_data: Path) -> None:
    library = librime.load()
    traits = librime.traits(directory, shared_data)
    traits.min_log_level = 2  # errors: this process says nothing else
    library.RimeSetup(ctypes.byref(traits))
    library.RimeInitialize(ctypes.byref(traits))
    if library.RimeStartMaintenance(1):
        library.RimeJoinMaintenanceThread()
    library.RimeFinalize()


def main(arguments: list[str]) -> int:
    """Prepares dictionary and fonts, and says where. With a directory and the shared data: compiles there."""
    try:
        if arguments:
            _compile(Path(arguments[0]), Path(arguments[1]))
        else:
            for made in (deploy(), *map(face, FACES)):
                print(made)  # noqa: T201 (the answer of this command)
    except (InputMethodError, FontError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
