"""``make pjsua2`` (``make setup`` with ``--if-built``): the module in `.venv` is the one of this recipe."""

from __future__ import annotations

import argparse
import hashlib
import platform
import subprocess
import sys
import sysconfig
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from deploy.pjsua2 import building, source, wheel

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build" / "pjsua2"
RECIPE = ("config_site.h", "build.mak", "building.py", "wheel.py")
"""What makes the module other than it was, beside the patches."""


def recipe() -> str:
    """A name for what this recipe makes for this Python on this machine."""
    made_from = hashlib.sha256()
    for file in (*(HERE / name for name in RECIPE), *sorted(HERE.glob("patches/*.patch"))):
        made_from.update(file.read_bytes())
    made_for = (sysconfig.get_config_var("SOABI"), *platform.libc_ver())
    made_from.update(" ".join(made_for).encode())
    return made_from.hexdigest()[:10]


def installed(name: str) -> bool:
    """Whether it is in place already."""
    try:
        return version(wheel.NAME).endswith(f"+huimin.{name}")
    except PackageNotFoundError:
        return False


def build(folder: Path, name: str, given: Path | None) -> Path:
    """The wheel, compiled. Raises NoSource, CannotBuild."""
    building.check_tools()
    BUILD.mkdir(parents=True, exist_ok=True)
    archive = source.fetch(BUILD / "source", given)
    _say(f"compiling PJSIP from {archive.name} (a minute or two on two free cores)")
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(dir=BUILD) as scratch:
        tree = Path(scratch) / "tree"
        source.unpack(archive, tree)
        module, python_side = building.compile_module(tree, BUILD / "compile.log")
        made = building.version(tree)
        packed = wheel.pack(module, python_side, f"{made}+huimin.{name}", Path(scratch) / "packed")
        folder.mkdir(exist_ok=True)
        kept = packed.replace(folder / packed.name)
    _say(f"compiled in {time.monotonic() - begin:.0f} s")
    return kept


def main() -> int:
    """0 where it is in place, or is not wanted yet; else it says why not."""
    options = argparse.ArgumentParser(prog="make pjsua2", description=__doc__)
    options.add_argument("--source", type=Path, help="an archive of pjproject, instead of fetching one")
    options.add_argument("--if-built", action="store_true", help="put it back where it was built before")
    wanted = options.parse_args()
    name = recipe()
    if installed(name):
        return 0
    folder = BUILD / name
    kept = next(folder.glob("*.whl"), None)
    if kept is None and wanted.if_built:
        return 0
    try:
        wheel.install(kept or build(folder, name, wanted.source))
    except (source.NoSource, building.CannotBuild) as error:
        _say(str(error), error=True)
        return 1
    except subprocess.CalledProcessError as error:
        _say(
            f"{' '.join(map(str, error.cmd[:4]))} failed: {(error.stderr or b'').decode()[-500:]}", error=True
        )
        return 1
    return subprocess.run([sys.executable, "-m", "deploy.pjsua2.proof"], check=False).returncode


def _say(words: str, *, error: bool = False) -> None:
    print(f"pjsua2: {words}", file=sys.stderr if error else sys.stdout, flush=True)


if __name__ == "__main__":
    sys.exit(main())
