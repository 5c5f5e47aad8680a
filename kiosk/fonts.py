"""Simplified Chinese type for every text on the screen.

Debian's fonts-noto-cjk puts ten faces into one collection per weight. Kivy always opens the first, which
has Japanese glyph shapes, so the face *Noto Sans CJK SC* is taken out once, kept in the cache, and registered
in the place of Kivy's own default font, which has no Chinese at all.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from kiosk.cache import cache_directory

FAMILY = "HuiminSans"
"""The name to give as ``font_name``; Kivy's default name leads to the same faces."""

COLLECTIONS = {"Regular": "NotoSansCJK-Regular.ttc", "Bold": "NotoSansCJK-Bold.ttc"}
FACES = {"Regular": "NotoSansCJKsc-Regular", "Bold": "NotoSansCJKsc-Bold"}
"""PostScript names of the Simplified Chinese faces (OpenType `name` table, identifier 6)."""

PLACES = (
    Path("/usr/share/fonts/opentype/noto"),  # Debian, Ubuntu
    Path("/usr/share/fonts/noto-cjk"),  # Arch, openSUSE
    Path("/usr/share/fonts/google-noto-cjk"),  # Fedora
    Path("/usr/local/share/fonts"),
)


class FontError(Exception):
    """The Chinese faces cannot be had; the message says what the technician should do."""


def register_fonts(places: Iterable[Path] = PLACES) -> None:
    """Makes Noto Sans CJK SC, regular and bold, the type of every Kivy label.

    The first call on a machine takes about a second, later ones a few milliseconds.
    places: folders that may hold the collections. Raises FontError.
    """
    from kivy.core.text import DEFAULT_FONT, LabelBase  # noqa: PLC0415 (set-up needs the faces without Kivy)

    regular, bold = (str(face(weight, tuple(places))) for weight in ("Regular", "Bold"))
    for name in (FAMILY, DEFAULT_FONT):
        LabelBase.register(name, fn_regular=regular, fn_bold=bold)


def face(weight: str, places: tuple[Path, ...] = PLACES) -> Path:
    """The file of one face, ``Regular`` or ``Bold``, taken out of its collection where the cache lacks it.

    The file's name carries size and time of the collection, so that an updated package is taken out anew.
    Raises FontError.
    """
    collection = _collection(COLLECTIONS[weight], places)
    about = collection.stat()
    target = cache_directory("fonts") / f"{FACES[weight]}-{about.st_size}-{about.st_mtime_ns}.otf"
    if not target.exists():
        _take_out(collection, FACES[weight], target)
    return target


@cache
def _characters() -> frozenset[int]:
    from fontTools.ttLib import TTFont  # noqa: PLC0415 (50 ms to import, and not needed to start)

    both = [TTFont(face(weight), lazy=True).getBestCmap().keys() for weight in FACES]
    return frozenset(both[0] & both[1])


def covers(text: str) -> str:
    """The characters of a text that the faces lack, each once, in order; empty where all can be shown."""
    known = _characters()
    return "".join(dict.fromkeys(c for c in text if ord(c) not in known and not c.isspace()))


def _collection(name: str, places: tuple[Path, ...]) -> Path:
    for place in places:
        if (place / name).is_file():
            return place / name
    raise FontError(f"{name} was not found: install Noto Sans CJK (on Debian: apt install fonts-noto-cjk)")


def _take_out(collection: Path, postscript_name: str, target: Path) -> None:
    """Writes one face beside its final name, then renames it, so that nobody opens half a file."""
    from fontTools.ttLib import TTCollection, TTLibError  # noqa: PLC0415 (only where the cache is empty)

    try:
        with TTCollection(collection, lazy=True) as fonts:
            found = [font for font in fonts if font["name"].getDebugName(6) == postscript_name]
            if not found:
                raise FontError(f"{collection} has no face {postscript_name}: reinstall fonts-noto-cjk")
            target.parent.mkdir(parents=True, exist_ok=True)
            descriptor, part = tempfile.mkstemp(dir=target.parent, suffix=".part")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    found[0].save(file)
                Path(part).replace(target)
            except BaseException:
                Path(part).unlink(missing_ok=True)
                raise
    except TTLibError as error:
        raise FontError(f"{collection} cannot be read: {error}: reinstall fonts-noto-cjk") from None
    except OSError as error:
        raise FontError(f"{target.parent}: the fonts cannot be kept there: {error.strerror}") from None
    for old in target.parent.glob(f"{postscript_name}-*.otf"):
        if old != target:
            old.unlink(missing_ok=True)
