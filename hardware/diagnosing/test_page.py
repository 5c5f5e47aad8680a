"""A page for looking at, as a PDF: A4, with its edges, Chinese, and a number to be read out."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

from PIL import Image, ImageDraw

from foundation.language import Language
from hardware.simulators import fonts
from hardware.wording import texts

DOTS_AN_INCH = 150
WIDTH, HEIGHT = 1240, 1754
"""A4 (ISO 216: 210 mm by 297 mm) in such dots."""
MARGIN = 60


def test_page(number: str) -> bytes:
    """The page. number: stands on it, large. Raises FontMissing."""
    picture = Image.new("1", (WIDTH, HEIGHT), 1)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((MARGIN, MARGIN, WIDTH - MARGIN, HEIGHT - MARGIN), outline=0, width=3)
    lines: list[tuple[str, int]] = []
    for language in Language:
        text = texts(language)
        lines += [(text("test_page.title"), 60), (text("test_page.text"), 32)]
    lines += [(number, 160), (datetime.now().astimezone().isoformat(" ", "seconds"), 32)]
    top = 3 * MARGIN
    for line, size in lines:
        draw.text((2 * MARGIN, top), line, font=fonts.font(size), fill=0)
        top += size * 2
    out = BytesIO()
    picture.save(out, "PDF", resolution=DOTS_AN_INCH)
    return out.getvalue()
