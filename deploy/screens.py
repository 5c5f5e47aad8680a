"""``make screens``: a picture of every screen, beside the last one that was accepted.

Each screen is drawn in real windows of three sizes, in both languages, in the normal theme and in that of
high contrast, and all of it put on one sheet. A sheet that differs from the one in docs/pictures/screens is
named, and laid beside it in build/screens; ``OPTIONS=--accept`` takes the new ones and writes docs/screens.md
anew.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops

from deploy.run import ROOT
from deploy.screens_page import SIZES, written
from tests.kiosk.processes import Display, backend

ACCEPTED = ROOT / "docs" / "pictures" / "screens"
DOCUMENT = ROOT / "docs" / "screens.md"
OUTCOME = ROOT / "build" / "screens"
THEMES = ("normal", "contrast")
LANGUAGES = ("zh_CN", "en")
GAP = 6
GROUND = (120, 120, 120)
QUALITY = 55
"""Of the sheets: words can be read in one, and all of them take a few megabytes."""
NOTICED = 40
"""Levels of 255 by which a pixel has to differ: less is what compression does."""
MOST_ALIKE = 0.001
"""Share of such pixels up to which two sheets are the same."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The sheets of one screen. before: None where it is new; share: of pixels that differ."""

    key: str
    now: bytes
    before: bytes | None
    share: float

    @property
    def changed(self) -> bool:
        """Whether somebody has to look."""
        return self.before is None or self.share > MOST_ALIKE


async def draw(folder: Path) -> dict[str, str]:
    """Draws all screens in all sizes into a folder; what each is. Raises RuntimeError with the log."""
    county = await asyncio.to_thread(backend, folder)
    try:
        said = await asyncio.gather(
            *(_draw_at(size, county.ready["huimin-backend"], folder / "drawn") for size in SIZES)
        )
    finally:
        await asyncio.to_thread(county.stop)
    return said[0]


async def _draw_at(size: str, address: str, folder: Path) -> dict[str, str]:
    display = Display(size)
    try:
        drawing = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.kiosk.drawn", size, address, folder),
            cwd=ROOT,
            env=os.environ | {"DISPLAY": display.name},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, log = await drawing.communicate()
    finally:
        display.stop()
    if drawing.returncode:
        raise RuntimeError(log.decode())
    said: dict[str, str] = json.loads(out)
    return said


def sheet(folder: Path) -> bytes:
    """The pictures of one screen together, a row a size, as WebP."""
    rows = []
    for size in SIZES:
        files = [folder / f"{size}-{theme}-{language}.png" for theme in THEMES for language in LANGUAGES]
        rows.append([Image.open(file) for file in files])
    width = max(sum(one.width for one in row) + GAP * (len(row) - 1) for row in rows)
    height = sum(row[0].height for row in rows) + GAP * (len(rows) - 1)
    whole = Image.new("RGB", (width, height), GROUND)
    top = 0
    for row in rows:
        between = (width - sum(one.width for one in row)) / (len(row) - 1)
        for number, one in enumerate(row):
            whole.paste(one, (round(number * (one.width + between)), top))
        top += row[0].height + GAP
    held = io.BytesIO()
    whole.save(held, "WEBP", quality=QUALITY, method=6)
    return held.getvalue()


def compare(key: str, now: bytes) -> Compared:
    """A sheet with the one that was accepted."""
    file = ACCEPTED / f"{key}.webp"
    before = file.read_bytes() if file.exists() else None
    return Compared(key, now, before, difference(before, now) if before else 1.0)


def difference(one: bytes, other: bytes) -> float:
    """Share of the pixels of two sheets that differ so that somebody would notice."""
    if one == other:
        return 0.0
    first, second = (Image.open(io.BytesIO(data)).convert("RGB") for data in (one, other))
    if first.size != second.size:
        return 1.0
    strongest = ImageChops.difference(first, second).convert("L").point(lambda level: 255 * (level > NOTICED))
    return strongest.histogram()[255] / (first.width * first.height)


def lay_beside(compared: Compared, folder: Path) -> Path:
    """Saves the accepted sheet and the new one beside one another; the file."""
    folder.mkdir(parents=True, exist_ok=True)
    found = [data for data in (compared.before, compared.now) if data]
    sheets = [Image.open(io.BytesIO(data)).convert("RGB") for data in found]
    size = (sum(one.width for one in sheets) + GAP * 4 * (len(sheets) - 1), max(one.height for one in sheets))
    whole = Image.new("RGB", size, GROUND)
    left = 0
    for one in sheets:
        whole.paste(one, (left, 0))
        left += one.width + GAP * 4
    file = folder / f"{compared.key}.png"
    whole.save(file)
    return file


def accept(compared: list[Compared], said: dict[str, str]) -> None:
    """Takes the new sheets in place of those accepted before, and writes the document."""
    ACCEPTED.mkdir(parents=True, exist_ok=True)
    for file in ACCEPTED.glob("*.webp"):
        if file.stem not in said:
            file.unlink()
    for one in compared:
        if one.changed:
            (ACCEPTED / f"{one.key}.webp").write_bytes(one.now)
    DOCUMENT.write_text(written(said), "utf-8")


def main() -> int:
    """Prints which screens changed; 1 where some did and were not accepted."""
    options = argparse.ArgumentParser(prog="make screens", description=__doc__)
    options.add_argument("--accept", action="store_true", help="take what is drawn now")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        said = asyncio.run(draw(folder))
        compared = [compare(key, sheet(folder / "drawn" / key)) for key in said]
    shutil.rmtree(OUTCOME, ignore_errors=True)
    changed = [one for one in compared if one.changed]
    gone = [] if given.accept else sorted({f.stem for f in ACCEPTED.glob("*.webp")} - set(said))
    for one in changed:
        how = "new" if one.before is None else f"{one.share:.1%} of it changed"
        print(f"{one.key}: {how}: {lay_beside(one, OUTCOME).relative_to(ROOT)}")
    for key in gone:
        print(f"{key}: gone")
    print(f"{len(compared)} screens, {len(changed)} changed, {len(gone)} gone")
    if given.accept:
        accept(compared, said)
        return 0
    return int(bool(changed or gone))


if __name__ == "__main__":
    sys.exit(main())
