"""The module packed as a wheel, under the name of the ready one, whose place it takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

NAME = "pjsua2-python"
PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "{version}"
description = "PJSIP's pjsua2 with room for many calls, built by Huimin's recipe."
license = "GPL-2.0-or-later"

[tool.hatch.build]
ignore-vcs = true

[tool.hatch.build.targets.wheel]
packages = ["pjsua2"]

[tool.hatch.build.targets.wheel.hooks.custom]
path = "tag.py"
"""
TAG = """\
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Tag(BuildHookInterface):
    def initialize(self, version, build_data):
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
"""


def pack(module: Path, python_side: Path, version: str, scratch: Path) -> Path:
    """The wheel, in a new folder `scratch`. Raises CalledProcessError."""
    package = scratch / "pjsua2"
    package.mkdir(parents=True)
    (package / "_pjsua2.so").write_bytes(module.read_bytes())
    (package / "pjsua2.py").write_bytes(python_side.read_bytes())
    (package / "__init__.py").write_text("from .pjsua2 import *\n", "utf-8")
    (scratch / "pyproject.toml").write_text(PROJECT.format(name=NAME, version=version), "utf-8")
    (scratch / "tag.py").write_text(TAG, "utf-8")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", "."]
    subprocess.run(command, cwd=scratch, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return next(scratch.glob("*.whl"))


def install(wheel: Path) -> None:
    """Puts it into the environment of this Python in place of what is there. Raises CalledProcessError."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--no-index", "--force-reinstall", str(wheel)], check=True)
