"""A rectangle with round corners, as a picture stretched between its corners.

A keyboard has some fifty of them in each frame. Drawn so, they cost half of what Kivy's rounded rectangles
do where a processor draws, and their edges are as smooth.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from kivy.graphics import BorderImage
from kivy.graphics.texture import Texture
from PIL import Image, ImageDraw

from kiosk.widgets.pictures import unmixed

FINER = 8
"""Times by which the corner is drawn larger and then made smaller, for its edge's sake."""


def rounded(size: tuple[float, float], radius: int) -> BorderImage:
    """Drawn in the colour that is set. radius: of the corners, pixels."""
    return BorderImage(size=size, texture=_corners(radius), border=[radius] * 4)


@cache
def _corners(radius: int) -> Any:
    side = 2 * radius + 2
    large = Image.new("L", (side * FINER, side * FINER), 0)
    ImageDraw.Draw(large).rounded_rectangle((0, 0, *(large.width - 1,) * 2), radius * FINER, fill=255)
    alpha = large.resize((side, side), Image.Resampling.BOX)
    white = Image.new("L", alpha.size, 255)
    texture = Texture.create(size=alpha.size, colorfmt="rgba")
    texture.blit_buffer(Image.merge("RGBA", (white, white, white, alpha)).tobytes(), colorfmt="rgba")
    return unmixed(texture)
