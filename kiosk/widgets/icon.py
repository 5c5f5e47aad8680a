"""Icons: Material Design Icons, drawn as type."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files

from fonticon_mdi7 import MDI7
from kivy.core.text import Label as CoreLabel
from kivy.core.text import LabelBase
from kivy.graphics import Color, Ellipse, Rectangle
from kivy.graphics.texture import Texture
from kivy.uix.widget import Widget

from kiosk.colours import Colour
from kiosk.widgets.box import BARE
from kiosk.widgets.pictures import unmixed

FAMILY = "HuiminIcons"
MOST_GLYPHS = 256
"""Pictures of icons that are kept, by size: more than a terminal of one size and two looks has."""

GLYPHS = {
    "policies": MDI7.book_open_page_variant_outline,
    "services": MDI7.file_document_edit_outline,
    "lookups": MDI7.text_box_search_outline,
    "payments": MDI7.wallet_outline,
    "appointments": MDI7.calendar_clock_outline,
    "ticket": MDI7.ticket_confirmation_outline,
    "documents": MDI7.printer_outline,
    "progress": MDI7.progress_clock,
    "notices": MDI7.bullhorn_outline,
    "continue": MDI7.play_circle_outline,
    "excited": MDI7.emoticon_excited_outline,
    "happy": MDI7.emoticon_happy_outline,
    "neutral": MDI7.emoticon_neutral_outline,
    "sad": MDI7.emoticon_sad_outline,
    "angry": MDI7.emoticon_angry_outline,
    "back": MDI7.arrow_left,
    "next": MDI7.arrow_right,
    "leave": MDI7.exit_to_app,
    "home": MDI7.home_outline,
    "language": MDI7.translate,
    "display": MDI7.tune_variant,
    "low": MDI7.wheelchair_accessibility,
    "high": MDI7.human,
    "search": MDI7.magnify,
    "open": MDI7.chevron_right,
    "up": MDI7.chevron_up,
    "down": MDI7.chevron_down,
    "help": MDI7.help_circle_outline,
    "information": MDI7.information_outline,
    "alert": MDI7.alert,
    "warning": MDI7.alert_circle_outline,
    "done": MDI7.check_circle,
    "check": MDI7.check_bold,
    "card": MDI7.card_account_details_outline,
    "number": MDI7.numeric,
    "reference": MDI7.pound,
    "printer": MDI7.printer_outline,
    "show": MDI7.eye_outline,
    "hide": MDI7.eye_off_outline,
    "aloud": MDI7.volume_high,
    "silent": MDI7.volume_off,
    "change": MDI7.pencil_outline,
    "send": MDI7.send_check_outline,
    "clock": MDI7.timer_sand,
    "again": MDI7.refresh,
    "offline": MDI7.lan_disconnect,
    "chosen": MDI7.radiobox_marked,
    "open_choice": MDI7.radiobox_blank,
    "ticked": MDI7.checkbox_marked,
    "unticked": MDI7.checkbox_blank_outline,
    "place": MDI7.map_marker_outline,
    "calendar": MDI7.calendar_month_outline,
    "phone": MDI7.phone_outline,
    "contents": MDI7.format_list_bulleted,
    "take": MDI7.cellphone_arrow_down,
    "hang_up": MDI7.phone_hangup,
    "money": MDI7.currency_cny,
    "department": MDI7.bank_outline,
    "technician": MDI7.account_wrench_outline,
    "skip": MDI7.skip_next_outline,
    "dot": MDI7.circle,
    "ring": MDI7.circle_outline,
    "backspace": MDI7.backspace_outline,
    "shift_off": MDI7.arrow_up_bold_outline,
    "shift_once": MDI7.arrow_up_bold,
    "shift_locked": MDI7.apple_keyboard_caps,
    "page_back": MDI7.chevron_left,
    "page_on": MDI7.chevron_right,
    "plus": MDI7.plus,
    "minus": MDI7.minus,
    "POWER_CUT": MDI7.flash_outline,
    "WATER_CUT": MDI7.water_outline,
    "TRAFFIC": MDI7.traffic_cone,
    "HEALTH": MDI7.hospital_box_outline,
    "EMPLOYMENT": MDI7.briefcase_outline,
    "GOVERNMENT": MDI7.bank_outline,
    "PROCUREMENT": MDI7.gavel,
    "GAZETTE": MDI7.newspaper_variant_outline,
    "QUESTION": MDI7.comment_question_outline,
    "PROJECT": MDI7.crane,
    "PRODUCT": MDI7.basket_outline,
}
"""Our names for the glyphs; what the package gives is ``mdi7.`` and the character."""


@cache
def _register() -> str:
    LabelBase.register(
        FAMILY, fn_regular=str(files("fonticon_mdi7") / "fonts" / "materialdesignicons-webfont.ttf")
    )
    return FAMILY


@lru_cache(maxsize=MOST_GLYPHS)
def _glyph(name: str, size: int) -> Texture:
    """Its picture, white until it is coloured."""
    label = CoreLabel(text=GLYPHS[name].rpartition(".")[2], font_size=size, font_name=_register())
    label.refresh()
    return unmixed(label.texture)


class Icon(Widget):
    """One icon, square; on a disc of a colour where `ground` is given."""

    def __init__(self, name: str, size: int, colour: Colour, *, ground: Colour | None = None) -> None:
        """size: side of the icon in pixels; a disc is twice as wide."""
        side = size * 2 if ground else size
        super().__init__(size_hint=(None, None), size=(side, side), **BARE)
        self._glyph = _glyph(name, size)
        with self.canvas:
            if ground:
                Color(*ground)
                self._disc = Ellipse(size=self.size)
            self._colour = Color(*colour)
            self._shape = Rectangle(size=self._glyph.size, texture=self._glyph)
        self._ground = ground
        self.bind(pos=self._move)
        self._move()

    def paint(self, colour: Colour) -> None:
        """Changes its colour."""
        self._colour.rgba = colour

    def _move(self, *_: object) -> None:
        if self._ground:
            self._disc.pos = self.pos
        self._shape.pos = (
            round(self.center_x - self._glyph.width / 2),
            round(self.center_y - self._glyph.height / 2),
        )
