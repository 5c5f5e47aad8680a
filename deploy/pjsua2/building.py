"""PJSIP compiled: configured for a line without sound card and video, in as little time as it takes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

HERE = Path(__file__).parent
FLAGS = "-O2 -fPIC -DNDEBUG"
"""Without its assertions: a message that PJSIP did not expect is to be an error, not the end of all calls."""
CONFIGURATION = (
    "--enable-epoll",
    "--with-external-srtp",
    "--enable-libsamplerate",  # for Opus, whose clock is not the line's
    *("--disable-resample", "--disable-libuuid", "--disable-upnp"),
    *("--disable-sound", "--disable-speex-aec", "--disable-libwebrtc"),
    *("--disable-gsm-codec", "--disable-speex-codec", "--disable-ilbc-codec", "--disable-g7221-codec"),
    *("--disable-opencore-amr", "--disable-silk", "--disable-bcg729", "--disable-lyra"),
    *("--disable-video", "--disable-ffmpeg", "--disable-v4l2", "--disable-sdl", "--disable-libyuv"),
    *("--disable-openh264", "--disable-vpx"),
)
MISSING_IN_DEBIAN = " bdimad_dev.o"
"""An object for a sound card of a firm, which Debian's copy of the source leaves out."""
TOOLS = {"g++": "g++", "make": "make", "patch": "patch", "swig": "swig"}
HEADERS = {
    "openssl/ssl.h": "libssl-dev",
    "opus/opus.h": "libopus-dev",
    "srtp2/srtp.h": "libsrtp2-dev",
    "samplerate.h": "libsamplerate0-dev",
}
"""What it is compiled with, and in which of Debian's packages that is."""


class CannotBuild(Exception):
    """This machine cannot compile it; the message says what is missing or where the compiler's words are."""


def check_tools() -> None:
    """Before minutes are spent. Raises CannotBuild."""
    missing = [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    if "g++" not in missing:
        missing += [package for header, package in HEADERS.items() if not _compiles(header)]
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        missing.append("python3-dev (or the headers of the Python that made .venv)")
    if missing:
        raise CannotBuild(
            "to build PJSIP these are missing; install what your system calls these Debian packages:\n"
            f"  apt-get install --no-install-recommends {' '.join(missing)}"
        )


def compile_module(tree: Path, log: Path) -> tuple[Path, Path]:
    """The module and its Python side. Raises CannotBuild."""
    (tree / "pjlib/include/pj/config_site.h").write_bytes((HERE / "config_site.h").read_bytes())
    (tree / "user.mak").touch()
    _patch(tree)
    makefile = tree / "pjmedia/build/Makefile"
    makefile.write_text(makefile.read_text("utf-8").replace(MISSING_IN_DEBIAN, ""), "utf-8")
    jobs = f"-j{os.cpu_count() or 1}"
    include = f"PYTHON_INCLUDE={sysconfig.get_path('include')}"
    with log.open("wb") as words:
        for command in (
            ["./aconfigure", f"CFLAGS={FLAGS}", f"CXXFLAGS={FLAGS}", *CONFIGURATION],
            ["make", "--no-print-directory", jobs, "-f", str(HERE / "build.mak"), include],
        ):
            ended = subprocess.run(
                command, cwd=tree, stdin=subprocess.DEVNULL, stdout=words, stderr=words, check=False
            )
            if ended.returncode:
                raise CannotBuild(f"compiling PJSIP failed; what was said last is at the end of {log}")
    return tree / "_pjsua2.so", tree / "pjsua2.py"


def _patch(tree: Path) -> None:
    for patch in sorted(HERE.glob("patches/*.patch")):
        command = ["patch", "--strip=1", "--batch", "--fuzz=0", f"--input={patch}"]
        ended = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise CannotBuild(f"{patch.name} does not fit this version of PJSIP: {ended.stdout[-300:]}")


def version(tree: Path) -> str:
    """Such as ``2.17``."""
    said = dict(
        line.removeprefix("export PJ_VERSION_").replace(":=", " ").split(maxsplit=1)
        for line in (tree / "version.mak").read_text("utf-8").splitlines()
        if line.startswith(("export PJ_VERSION_MAJOR", "export PJ_VERSION_MINOR"))
    )
    return f"{said['MAJOR']}.{said['MINOR']}"


def _compiles(header: str) -> bool:
    tried = subprocess.run(
        ["g++", "-E", "-x", "c++", "-"],
        input=f"#include <{header}>\n".encode(),
        capture_output=True,
        check=False,
    )
    return tried.returncode == 0
