"""Colours can be told apart, type can be read, what is touched is large enough."""

from __future__ import annotations

import pytest

from kiosk.colours import CONTRAST, STANDARD, Colours, contrast
from kiosk.look import Look, TypeSize
from kiosk.theme import Theme

PORTRAIT, LANDSCAPE, WIDE = (1080, 1920), (1280, 1024), (1920, 1080)
CAP_HEIGHT = 0.733
"""Of Noto Sans CJK's capitals, in sizes of the type."""
PIXELS_A_MILLIMETRE = {PORTRAIT: 4.4, LANDSCAPE: 3.4, WIDE: 3.6}
BODY = [
    ("ink", "paper"),
    ("ink", "surface"),
    ("ink", "pressed"),
    ("ink", "highlight"),
    ("soft_ink", "paper"),
    ("soft_ink", "surface"),
    ("soft_ink", "sunken"),
    ("primary", "primary_pale"),
    ("danger", "danger_pale"),
    ("notice", "notice_pale"),
    ("on_colour", "primary"),
    ("on_colour", "primary_pressed"),
    ("on_colour", "danger"),
    ("on_colour", "danger_pressed"),
    ("on_colour", "seal"),
    ("ink", "key_quiet"),
    ("primary", "surface"),
    ("primary", "paper"),
    ("danger", "paper"),
    ("danger", "surface"),
    ("notice", "paper"),
    ("notice", "pressed"),
    ("on_door", "policy"),
    ("on_door", "service"),
    ("on_door", "status"),
    ("on_door", "news"),
    ("on_door", "lookup"),
    ("on_door", "payment"),
    ("on_door", "appointment"),
    ("on_door", "document"),
]


@pytest.mark.parametrize(("ink", "ground"), BODY)
def test_words_stand_out_sevenfold_and_tenfold_where_contrast_is_wanted(ink: str, ground: str) -> None:
    assert contrast(STANDARD.named(ink), STANDARD.named(ground)) >= 7
    assert contrast(CONTRAST.named(ink), CONTRAST.named(ground)) >= 10


@pytest.mark.parametrize("colours", [STANDARD, CONTRAST])
def test_what_is_disabled_can_still_be_read_and_borders_of_what_is_touched_be_seen(colours: Colours) -> None:
    assert contrast(colours.disabled_ink, colours.disabled) >= 4.5
    for border in (colours.edge, colours.primary, colours.danger):
        for ground in (colours.paper, colours.surface):
            assert contrast(border, ground) >= 4.5


def test_contrast_is_that_of_the_standard() -> None:
    black, white, grey = (0.0, 0.0, 0.0, 1.0), (1.0, 1.0, 1.0, 1.0), (0.46, 0.46, 0.46, 1.0)
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(white, grey) == pytest.approx(4.6, abs=0.1)
    assert contrast(grey, grey) == 1


@pytest.mark.parametrize("window", [PORTRAIT, LANDSCAPE, WIDE])
@pytest.mark.parametrize("size", TypeSize)
def test_capitals_and_targets_are_as_large_as_the_standards_ask(
    window: tuple[int, int], size: TypeSize
) -> None:
    look = Theme()
    look.fit(*window)
    look.look = Look(size)
    scale = PIXELS_A_MILLIMETRE[window]
    for name in ("mark", "caption", "body", "lead", "heading", "title", "key"):
        assert getattr(look.type, name) * CAP_HEIGHT / scale >= 4.8
    assert look.touch / scale >= 20


def test_a_finer_panel_is_drawn_as_large() -> None:
    usual, fine = Theme(), Theme()
    fine.fit(2160, 3840)
    assert fine.portrait
    assert fine.type.body == 2 * usual.type.body
    assert fine.touch == 2 * usual.touch
    assert fine.space.l == 2 * usual.space.l


def test_the_low_mode_leaves_nothing_to_touch_above_the_reach_of_somebody_who_sits() -> None:
    look = Theme()
    look.fit(*PORTRAIT)
    look.mount(None, 850.0)
    assert look.room == PORTRAIT
    look.look = Look(low=True)
    width, height = look.room
    assert (width, look.portrait) == (1080, True)
    assert 850.0 + height / look.density <= 1220.5
    assert look.touch / look.density >= 20
    look.mount(535.0, 700.0)  # 43 inches upright
    assert 700.0 + look.room[1] / look.density <= 1220.5
    look.mount(None, 700.0)
    assert look.out_of_reach == 0
    assert look.room == PORTRAIT


def test_a_panel_between_the_drawn_ones_is_laid_out_to_its_own_millimetres() -> None:
    look = Theme()
    look.fit(1200, 1600)
    assert look.scale == pytest.approx(1600 / 1920)
    look.mount(1200 / 4.4, 700.0)
    assert look.scale == 1.0
    assert look.touch / look.density >= 20
