"""The font that a simulated printer prints with: the simplified Chinese face of Noto Sans Mono CJK."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

from PIL import ImageFont

FACE = "Noto Sans Mono CJK SC"
"""Its ASCII characters are half as wide as its Chinese ones, as in a printer's columns."""
DEBIAN_FILE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
"""Where Debian's package fonts-noto-cjk puts it."""
MAX_FACES = 64


class FontMissing(Exception):
    """The face is not installed: Debian's package is fonts-noto-cjk."""


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """The face in dots. Raises FontMissing."""
    file, index = _face()
    return ImageFont.truetype(file, size, index=index)


@cache
def _face() -> tuple[str, int]:
    """A collection holds one face per region under an index: the wrong one draws Japanese forms."""
    for file in (_file_of_fontconfig(), DEBIAN_FILE):
        if file is None or not file.is_file():
            continue
        for index in range(MAX_FACES):
            try:
                family, _ = ImageFont.truetype(file, 10, index=index).getname()
            except OSError:
                break
            if family == FACE:
                return str(file), index
    raise FontMissing(FACE)


def _file_of_fontconfig() -> Path | None:
    try:
        found = subprocess.run(
            ["fc-match", "-f", "%{file}", FACE], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return Path(found.stdout) if found.stdout else None
