"""What a printer does to its paper, as a picture: one grey dot a dot of the print head (203 dpi)."""

from __future__ import annotations

import unicodedata

import qrcode
from PIL import Image, ImageDraw

from hardware.interfaces.receipt_printer import Align
from hardware.protocols.escpos_printer import (
    Alignment,
    Bold,
    Command,
    Feed,
    Initialise,
    LineFeed,
    PrintQrCode,
    RasterRow,
    Size,
    Text,
)
from hardware.simulators.fonts import font

COLUMN_DOTS = 12
LINE_DOTS = 24
SPACING_DOTS = 6
"""Line spacing of 30 dots, the printers' default of 3.75 mm."""
MARGIN_DOTS = 32
CUTTER_DOTS = 60
"""Paper between the print head and the cutter."""
MAX_DOTS = 40_000
"""5 m of paper: a longer slip is drawn no further."""
PAPER, INK, MARK = 255, 20, 150
_CORRECTIONS = {
    "L": qrcode.constants.ERROR_CORRECT_L,
    "M": qrcode.constants.ERROR_CORRECT_M,
    "Q": qrcode.constants.ERROR_CORRECT_Q,
    "H": qrcode.constants.ERROR_CORRECT_H,
}


class SlipPicture:
    """The paper since the last cut. columns: of 12 dots; 48 on 80 mm paper."""

    def __init__(self, columns: int = 48) -> None:
        self._dots = columns * COLUMN_DOTS
        self._strips: list[Image.Image] = []
        self._fed = 0
        self._line: list[tuple[str, int, int, bool]] = []
        self._reset()

    @property
    def empty(self) -> bool:
        """Whether nothing was printed since the last cut."""
        return not self._strips and not self._line

    def do(self, command: Command) -> None:
        """Carries out a command that changes the paper or how the next line looks; leaves others alone."""
        match command:
            case Initialise():
                self._line.clear()
                self._reset()
            case Text(text):
                self._put(text)
            case LineFeed():
                self._print_line()
            case Feed(lines):
                self._print_line()
                self._add(Image.new("L", (self._dots, max(1, lines - 1) * (LINE_DOTS + SPACING_DOTS)), PAPER))
            case Alignment(align):
                self._align = align
            case Size(width, height):
                self._width, self._height = width, height
            case Bold(on):
                self._bold = on
            case PrintQrCode():
                self._print_symbol(command)
            case RasterRow():
                self._print_row(command)
            case _:
                pass

    def cut(self, mark: str) -> Image.Image:
        """The paper as it falls out; a new one begins. mark: a grey line at its end: it is simulated."""
        if self._line:
            self._print_line()
        size = (self._dots + 2 * MARGIN_DOTS, self._fed + MARGIN_DOTS + CUTTER_DOTS)
        picture = Image.new("L", size, PAPER)
        top = MARGIN_DOTS
        for strip in self._strips:
            picture.paste(strip, (MARGIN_DOTS, top))
            top += strip.height
        draw = ImageDraw.Draw(picture)
        draw.text((picture.width // 2, picture.height - 10), mark, fill=MARK, font=font(18), anchor="ms")
        self._strips.clear()
        self._fed = 0
        self._reset()
        return picture

    def _reset(self) -> None:
        self._align = Align.LEFT
        self._width = self._height = 1
        self._bold = False

    def _put(self, text: str) -> None:
        for character in text:
            columns = 1 if character.isascii() else 2
            taken = sum(width * COLUMN_DOTS for _, width, _, _ in self._line)
            if taken + columns * self._width * COLUMN_DOTS > self._dots:
                self._print_line()
            self._line.append((character, columns * self._width, self._height, self._bold))

    def _print_line(self) -> None:
        height = max((height for _, _, height, _ in self._line), default=1)
        strip = Image.new("L", (self._dots, height * LINE_DOTS + SPACING_DOTS), PAPER)
        left = self._left(sum(width * COLUMN_DOTS for _, width, _, _ in self._line))
        for character, width, tall, bold in self._line:
            cell = _character(character, width * COLUMN_DOTS, tall * LINE_DOTS, bold=bold)
            strip.paste(cell, (left, (height - tall) * LINE_DOTS))
            left += cell.width
        self._line.clear()
        self._add(strip)

    def _print_symbol(self, command: PrintQrCode) -> None:
        symbol = qrcode.QRCode(
            error_correction=_CORRECTIONS[command.correction], box_size=command.module, border=0
        )
        symbol.add_data(command.data, optimize=0)
        try:
            symbol.make(fit=True)
        except (qrcode.exceptions.DataOverflowError, ValueError):
            return  # a printer prints nothing for a symbol that cannot hold its data
        modules = symbol.get_matrix()
        size = len(modules)
        bitmap = Image.new("L", (size, size), PAPER)
        bitmap.putdata([INK if dark else PAPER for row in modules for dark in row])
        bitmap = bitmap.resize((size * command.module, size * command.module), Image.Resampling.NEAREST)
        if bitmap.width > self._dots:
            return
        strip = Image.new("L", (self._dots, bitmap.height + 2 * SPACING_DOTS), PAPER)
        strip.paste(bitmap, (self._left(bitmap.width), SPACING_DOTS))
        self._add(strip)

    def _print_row(self, row: RasterRow) -> None:
        if self._line:
            self._print_line()
        bits = Image.frombytes("1", (len(row.dots) * 8, 1), row.dots)
        dots = bits.point(lambda dot: INK if dot else PAPER, mode="L")
        dots = dots.resize((dots.width * row.wide, row.tall), Image.Resampling.NEAREST)
        strip = Image.new("L", (self._dots, row.tall), PAPER)
        strip.paste(dots, (max(0, self._left(dots.width)), 0))
        self._add(strip)

    def _left(self, width: int) -> int:
        return {Align.LEFT: 0, Align.CENTRE: (self._dots - width) // 2, Align.RIGHT: self._dots - width}[
            self._align
        ]

    def _add(self, strip: Image.Image) -> None:
        if self._fed + strip.height <= MAX_DOTS:
            self._strips.append(strip)
            self._fed += strip.height


def _character(character: str, width: int, height: int, *, bold: bool) -> Image.Image:
    """One cell, with the spacing below it. Bold is struck twice, a dot apart, as printers do it."""
    usual = height if width >= height else height // 2
    cell = Image.new("L", (usual, height + SPACING_DOTS), PAPER)
    if unicodedata.category(character)[0] != "C":
        draw = ImageDraw.Draw(cell)
        face = font(height)
        for offset in (0, 1) if bold else (0,):
            draw.text((offset, round(height * 0.86)), character, fill=INK, font=face, anchor="ls")
    return cell if usual == width else cell.resize((width, cell.height))
