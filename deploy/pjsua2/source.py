"""PJSIP's source, verified: from upstream, from Debian, or a file that is given."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import urllib.request
from pathlib import Path
from urllib.error import URLError

UPSTREAM = "https://github.com/pjsip/pjproject/archive/refs/tags/2.17.tar.gz"
UPSTREAM_SHA256 = "065fe06c06788d97c35f563796d59f00ce52fe9558a52d7b490a042a966facce"
PATIENCE = 20.0
"""Seconds to wait for upstream's server before Debian is asked."""
DEBIAN = "http://deb.debian.org/debian"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
COMPONENT = re.compile(
    r"'(?P<address>\S+)' (?P<name>\S+\.orig-Xpjproject\.tar\.\w+) \d+ (?P<sum>SHA256:[0-9a-f]{64})"
)
"""The line of ``apt-get --print-uris`` for the part of Debian's `asterisk` that is PJSIP."""


class NoSource(Exception):
    """No source could be had; the message says what to do."""


def fetch(folder: Path, given: Path | None = None) -> Path:
    """An archive of the source in `folder`, or the one that is given. Raises NoSource."""
    if given is not None:
        if not given.is_file():
            raise NoSource(f"PJPROJECT={given}: there is no such file; name an archive of pjproject 2.17")
        return given
    folder.mkdir(parents=True, exist_ok=True)
    failures = []
    for origin, fetched in (("upstream", _upstream), ("Debian", _debian)):
        try:
            return fetched(folder)
        except (NoSource, OSError) as error:
            failures.append(f"  {origin}: {error}")
    raise NoSource(
        "the source of PJSIP could not be fetched:\n"
        + "\n".join(failures)
        + f"\nFetch {UPSTREAM} elsewhere, and: make pjsua2 PJPROJECT=FILE"
    )


def unpack(archive: Path, tree: Path) -> None:
    """Puts the archive's one folder at `tree`. Raises NoSource where it is not PJSIP's source."""
    with tempfile.TemporaryDirectory(dir=tree.parent) as folder:
        try:
            with tarfile.open(archive) as packed:
                packed.extractall(folder, filter="data")
        except (tarfile.TarError, OSError, EOFError) as error:
            raise NoSource(f"{archive} cannot be unpacked: {error}") from error
        found = [path.parent for path in Path(folder).glob("*/version.mak")]
        if not found:
            raise NoSource(f"{archive} is not an archive of pjproject: it has no version.mak")
        shutil.rmtree(tree, ignore_errors=True)
        found[0].rename(tree)


def _upstream(folder: Path) -> Path:
    archive = folder / UPSTREAM.rpartition("/")[2]
    if not archive.exists():
        part = archive.with_suffix(".part")
        try:
            with urllib.request.urlopen(UPSTREAM, timeout=PATIENCE) as answer, part.open("wb") as file:
                shutil.copyfileobj(answer, file)
        except URLError as error:
            raise NoSource(str(error.reason)) from error
        part.replace(archive)
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != UPSTREAM_SHA256:
        archive.unlink()
        raise NoSource(f"{UPSTREAM} has the SHA-256 sum {found}, which is not the one that it had; not used")
    return archive


def _debian(folder: Path) -> Path:
    """From the source package `asterisk` of Debian's unstable release: apt checks the signature over the list
    of packages, and the archive's sum against that list."""
    if not KEYRING.exists() or shutil.which("apt-get") is None:
        raise NoSource("this is not Debian, or its package debian-archive-keyring is missing")
    with tempfile.TemporaryDirectory() as scratch:
        environment = os.environ | {"APT_CONFIG": str(_apt_settings(Path(scratch)))}
        _run(["apt-get", "update", "--quiet"], environment)
        listed = _run(["apt-get", "--print-uris", "--only-source", "source", "asterisk"], environment)
        found = COMPONENT.search(listed)
        if found is None:
            raise NoSource("its source package asterisk has no component Xpjproject any more")
        archive = folder / found["name"]
        fetched = ["/usr/lib/apt/apt-helper", "download-file", found["address"], str(archive), found["sum"]]
        _run(fetched, environment)
    return archive


def _apt_settings(scratch: Path) -> Path:
    """Settings for lists of our own, so that nothing of the machine's is touched."""
    for name in ("sources", "lists/partial", "cache/archives/partial"):
        (scratch / name).mkdir(parents=True)
    (scratch / "sources" / "unstable.sources").write_text(
        f"Types: deb-src\nURIs: {DEBIAN}\nSuites: sid\nComponents: main\nSigned-By: {KEYRING}\n", "utf-8"
    )
    settings = scratch / "apt.conf"
    settings.write_text(
        'Dir::Etc::sourcelist "/dev/null";\n'
        f'Dir::Etc::sourceparts "{scratch}/sources";\n'
        f'Dir::State::lists "{scratch}/lists";\n'
        f'Dir::Cache "{scratch}/cache";\n'
        'APT::Sandbox::User "root";\n',
        "utf-8",
    )
    return settings


def _run(command: list[str], environment: dict[str, str]) -> str:
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        last = [line for line in ended.stderr.splitlines() if line.startswith("E:")][-1:]
        raise NoSource(f"{' '.join(command[:2])}: {last[0] if last else f'exit {ended.returncode}'}")
    return ended.stdout
