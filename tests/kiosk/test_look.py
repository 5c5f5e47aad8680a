"""Colours can be told apart, type can be read, what is touched is large enough."""

from __future__ import annotations

import pytest

from kiosk.theme import Theme, contrast, theme

PORTRAIT, LANDSCAPE = (1080, 1920), (1280, 1024)
CAP_HEIGHT = 0.733
"""Of Noto Sans CJK's capitals, in sizes of the type."""
PIXELS_A_MILLIMETRE = {PORTRAIT: 4.4, LANDSCAPE: 3.4}
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
    ("on_colour", "policy"),
    ("on_colour", "service"),
    ("on_colour", "status"),
    ("on_colour", "news"),
    ("on_colour", "lookup"),
    ("on_colour", "payment"),
    ("on_colour", "appointment"),
    ("on_colour", "document"),
]


@pytest.mark.parametrize(("ink", "ground"), BODY)
def test_words_stand_out_sevenfold(ink: str, ground: str) -> None:
    assert contrast(getattr(theme.colour, ink), getattr(theme.colour, ground)) >= 7


def test_what_is_disabled_can_still_be_read_and_borders_be_seen() -> None:
    colour = theme.colour
    assert contrast(colour.disabled_ink, colour.disabled) >= 4.5
    assert contrast(colour.edge, colour.paper) >= 3
    assert contrast(colour.edge, colour.surface) >= 3


def test_contrast_is_that_of_the_standard() -> None:
    black, white, grey = (0.0, 0.0, 0.0, 1.0), (1.0, 1.0, 1.0, 1.0), (0.46, 0.46, 0.46, 1.0)
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(white, grey) == pytest.approx(4.6, abs=0.1)
    assert contrast(grey, grey) == 1


@pytest.mark.parametrize("window", [PORTRAIT, LANDSCAPE])
@pytest.mark.parametrize("large", [False, True])
def test_capitals_and_targets_are_as_large_as_the_standards_ask(window: tuple[int, int], large: bool) -> None:
    look = Theme()
    look.fit(*window)
    look.large = large
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


def test_large_type_tells_those_who_watch_as_long_as_they_live() -> None:
    look = Theme()
    told = []

    class Watcher:
        def changed(self) -> None:
            told.append(look.large)

    watcher = Watcher()
    look.watch(watcher.changed)
    look.large = True
    look.large = True
    look.fit(1280, 1024)
    assert told == [True, True]
    del watcher
    look.large = False
    assert told == [True, True]
