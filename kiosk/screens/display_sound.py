"""The rows of *Display and sound* that are about sound: reading aloud, how loud, and who may read along or
hear what is personal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kivy.uix.widget import Widget

from kiosk.hearing import LEVELS, Hearing
from kiosk.screens.screen import Screen
from kiosk.screens.setting_row import Choice, setting_row
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import Display
from kiosk.widgets.box import Box, line_up
from kiosk.widgets.icon import Icon

OFFERED = range(2, LEVELS + 1, 2)
"""Levels of volume on the screen; from the lowest to the highest 21 decibels."""


def aloud(screen: Screen[Display], width: float) -> Widget | None:
    """Whether everything is read out; not where there is no voice."""
    hearing = screen.view.hearing
    if not hearing.possible:
        return None
    choices = [
        _choice(screen, f"display.aloud.{name}", replace(hearing, speaking=on), icon)
        for name, on, icon in (("off", False, "silent"), ("on", True, "aloud"))
    ]
    return setting_row(screen.words("display.aloud"), width, choices)


def volume(screen: Screen[Display], width: float) -> Widget | None:
    """How loud, shown as so many bars."""
    hearing = screen.view.hearing
    if not hearing.possible:
        return None

    def bars(level: int) -> Callable[[float, float], Widget]:
        def make(_: float, tall: float) -> Widget:
            c = theme.colour
            box = Box((len(OFFERED) - 1) * tall * 0.28 + tall * 0.2, tall)
            for number, one in enumerate(OFFERED, 1):
                high = round(tall * number / len(OFFERED))
                bar = Box(tall * 0.2, high, fill=c.primary if one <= level else c.line, radius=2)
                box.put(bar, (number - 1) * tall * 0.28, tall - high)
            return box

        return make

    return setting_row(
        screen.words("display.volume"),
        width,
        [
            Choice(
                f"display.volume.{level}",
                screen.words(f"display.volume.{level}"),
                hearing.volume in (level - 1, level),
                screen.touch(did.SetHearing(replace(hearing, volume=level))),
                bars(level),
            )
            for level in OFFERED
        ],
    )


def curtain(screen: Screen[Display], width: float) -> Widget | None:
    """Whether the screen shows anything, for somebody who listens."""
    hearing = screen.view.hearing
    if not hearing.speaking:
        return None
    choices = [
        _choice(screen, f"display.curtain.{name}", replace(hearing, curtain=on), icon)
        for name, on, icon in (("off", False, "show"), ("on", True, "hide"))
    ]
    return setting_row(screen.words("display.curtain"), width, choices)


def personal(screen: Screen[Display], width: float) -> Widget | None:
    """Whether what is personal is read out where others hear it; not asked of somebody who hears alone."""
    hearing = screen.view.hearing
    if not hearing.speaking or hearing.alone:
        return None
    choices = [
        _choice(screen, f"display.personal.{name}", replace(hearing, personal=on), icon)
        for name, on, icon in (("off", False, "silent"), ("on", True, "aloud"))
    ]
    return setting_row(screen.words("display.personal"), width, choices)


def _choice(screen: Screen[Display], name: str, then: Hearing, icon: str) -> Choice:
    def sample(_: float, tall: float) -> Widget:
        return line_up([Icon(icon, round(tall), theme.colour.ink)])

    chosen = then == screen.view.hearing
    return Choice(name, screen.words(name), chosen, screen.touch(did.SetHearing(then)), sample)
