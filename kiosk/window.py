"""Kivy told, before it is imported, what kind of window this is: a terminal's."""

from __future__ import annotations

import os

from kiosk.cache import cache_directory
from kiosk.settings import KioskSettings

_MOST_DRAWING = 16
"""Threads of llvmpipe, which draws where no graphics card does: as many as it takes. By itself it starts one
for each core, and each waits for the last; with two for each, frames are finished a fifth sooner."""
AWAKE = 120
"""Times a second that the window is asked for touches while somebody is there; Kivy draws at most as often,
and nothing where nothing changed. A touch waits for half of the time between two."""
ENDED_BY_LOSS = 3
"""The exit code of a terminal that lost its screen."""


class ScreenLost(Exception):
    """The display that was drawn on is gone."""


class NoWindow(Exception):
    """There is no display to draw on, or nowhere to keep what drawing needs; the message says what to do."""


def prepare(settings: KioskSettings) -> None:
    """Sets Kivy's environment and configuration, before any other import of kivy. Raises NoWindow.

    Nothing of a user's own Kivy configuration counts: no command line, no files but a cache.
    """
    home = cache_directory("kivy")
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NoWindow(
            f"the folder {home} cannot be made: {error.strerror}; set XDG_CACHE_HOME to one that can"
        ) from None
    os.environ.update(
        KIVY_HOME=str(home),
        KIVY_NO_ARGS="1",
        KIVY_NO_CONFIG="1",
        KIVY_NO_FILELOG="1",
        KIVY_NO_CONSOLELOG="1",
        KIVY_LOG_MODE="PYTHON",
        KCFG_KIVY_LOG_LEVEL="warning",
        KIVY_CLIPBOARD="dummy",
        KIVY_METRICS_DENSITY="1",
        KIVY_DPI="96",
        KIVY_WINDOW="sdl2",
    )
    os.environ.setdefault("SDL_VIDEODRIVER", _driver())
    os.environ.setdefault("LP_NUM_THREADS", str(min(2 * (os.cpu_count() or 1), _MOST_DRAWING)))
    from kivy.config import Config  # noqa: PLC0415 (the environment comes first)

    graphics = {
        "width": settings.size.width,
        "height": settings.size.height,
        "resizable": 0,
        "position": "custom",
        "left": 0,
        "top": 0,
        "borderless": int(settings.fullscreen),
        "fullscreen": "auto" if settings.fullscreen else 0,
        "multisamples": 0,
        "maxfps": AWAKE,
        "min_state_time": 0,
        "show_cursor": int(not settings.hide_cursor),
        "allow_screensaver": 0,
    }
    for option, value in graphics.items():
        Config.set("graphics", option, str(value))
    Config.set("kivy", "exit_on_escape", "0")
    Config.set("kivy", "pause_on_minimize", "0")
    for option in list(Config.options("input")):
        Config.remove_option("input", option)
    Config.set("input", "finger", "finger,disable_multitouch")
    for option in list(Config.options("modules")):
        Config.remove_option("modules", option)


def _driver() -> str:
    """The display there is. Left alone, SDL draws to nowhere where it finds none, and nobody notices."""
    if os.environ.get("DISPLAY"):
        return "x11"
    return "wayland" if os.environ.get("WAYLAND_DISPLAY") else "kmsdrm"


def require_window() -> None:
    """Opens the window. Raises NoWindow where there is no display."""
    from kivy.core.window import Window  # noqa: PLC0415 (the import opens it)

    import kiosk.input.finger  # noqa: F401, PLC0415 (it registers what `prepare` named)

    if Window is None:
        raise NoWindow(
            "no window could be opened: start it in a graphical session, or with DISPLAY set, "
            "or on a virtual display, such as xvfb-run huimin-kiosk"
        )
