"""Makes what is generated and never edited: gRPC stubs and gettext catalogues.

Runs as hatchling's build hook, so that every installation has them, and by
hand (``python generate.py``) after a .proto or .po file has changed.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
PROTOS = ROOT / "protos"
ROOMS = ("backend_client", "backend", "hardware", "kiosk", "ivr", "deploy")


def google_protos() -> Path:
    """The folder that holds ``google/type/date.proto``: googleapis-common-protos ships its sources."""
    spec = importlib.util.find_spec("google.type")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("googleapis-common-protos is not installed")
    return Path(next(iter(spec.submodule_search_locations))).parent.parent


def protoc(*arguments: str) -> None:
    """Runs the compiler of grpcio-tools over every file of the contract."""
    from grpc_tools import protoc as compiler  # noqa: PLC0415 (present at build time only)

    well_known = Path(compiler.__file__).parent / "_proto"
    sources = sorted(str(path) for path in (PROTOS / "huimin" / "v1").glob("*.proto"))
    call = ["protoc", f"-I{PROTOS}", f"-I{well_known}", f"-I{google_protos()}", *arguments, *sources]
    if compiler.main(call) != 0:
        raise SystemExit("protoc failed")


def plugin(name: str) -> str:
    """protoc's argument for a plug-in that pip put beside this interpreter, or on the build's PATH."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    if found is None:
        raise SystemExit(f"{name} is not installed")
    return f"--plugin={name}={found}"


def stubs() -> None:
    """Writes the Python stubs beside the .proto files."""
    protoc(
        plugin("protoc-gen-mypy"),
        plugin("protoc-gen-mypy_grpc"),
        f"--python_out={PROTOS}",
        f"--grpc_python_out={PROTOS}",
        f"--mypy_out=quiet:{PROTOS}",
        f"--mypy_grpc_out=quiet:{PROTOS}",
    )


def descriptors(target: Path) -> None:
    """Writes the contract as one descriptor set with comments, which `buf lint` reads."""
    target.parent.mkdir(parents=True, exist_ok=True)
    protoc("--include_imports", "--include_source_info", f"--descriptor_set_out={target}")


def catalogues() -> None:
    """Compiles each room's .po files to the .mo files that gettext reads."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415 (present at build time only)
    from babel.messages.pofile import read_po  # noqa: PLC0415

    for room in ROOMS:
        for source in sorted((ROOT / room).rglob("*.po")):
            with source.open("rb") as file:
                catalogue = read_po(file, abort_invalid=True)
            with source.with_suffix(".mo").open("wb") as file:
                write_mo(file, catalogue)


class Hook(BuildHookInterface[BuilderConfig]):
    """hatchling's name for what runs before a wheel or an editable installation is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Makes everything."""
        stubs()
        catalogues()


if __name__ == "__main__":
    if sys.argv[1:2] == ["descriptors"]:
        descriptors(Path(sys.argv[2]))
    else:
        stubs()
        catalogues()
