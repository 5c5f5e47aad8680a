"""QR codes on the screen."""

from __future__ import annotations

from io import BytesIO

import qrcode
from kivy.core.image import Image as CoreImage
from kivy.graphics import Color, Rectangle

from kiosk.widgets.box import Box
from kiosk.widgets.inspectable import Inspectable


class QrPicture(Inspectable, Box):
    """A QR code, its modules whole pixels, on white with the quiet zone of ISO/IEC 18004."""

    def __init__(self, data: str, side: float, text: str, *, name: str) -> None:
        """side: at most so many pixels; text, name: for `Inspectable`."""
        code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4, box_size=1)
        code.add_data(data)
        modules = len(code.get_matrix())
        code.box_size = max(1, int(side // modules))
        picture = BytesIO()
        code.make_image().save(picture, format="PNG")
        picture.seek(0)
        texture = CoreImage(picture, ext="png").texture
        super().__init__(
            width=texture.width,
            height=texture.height,
            inspect_id=name,
            inspect_role="image",
            inspect_text=text,
        )
        with self.canvas:
            Color(1, 1, 1, 1)
            Rectangle(size=self.size, texture=texture)
