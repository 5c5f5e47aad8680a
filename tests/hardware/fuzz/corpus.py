"""What the fuzzer has learnt: inputs that take a decoder along different ways, one a line, in hexadecimal."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent / "corpus"


def read(decoder: str) -> list[bytes]:
    """The inputs of a decoder; none where it was never fuzzed."""
    file = _FOLDER / f"{decoder}.txt"
    return [bytes.fromhex(line) for line in file.read_text("ascii").splitlines()] if file.exists() else []


def write(decoder: str, inputs: list[bytes]) -> None:
    """Keeps inputs, the shortest first."""
    _FOLDER.mkdir(exist_ok=True)
    lines = "".join(f"{one.hex()}\n" for one in sorted(set(inputs), key=lambda one: (len(one), one)) if one)
    (_FOLDER / f"{decoder}.txt").write_text(lines, "ascii")


def unpack(decoder: str, folder: Path) -> None:
    """Lays the inputs into a folder, a file each, as libFuzzer wants them."""
    folder.mkdir()
    for number, one in enumerate(read(decoder)):
        (folder / f"{number:05}").write_bytes(one)


def pack(decoder: str, folder: Path) -> None:
    """Keeps what libFuzzer left in a folder."""
    write(decoder, [file.read_bytes() for file in folder.iterdir()])
