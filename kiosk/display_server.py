"""The display that the window is on: an X server, or a compositor that stands for one.

When it goes, Xlib would end the process at once with a line on standard error. Instead the terminal is told
and ends in order: what was begun is finished, and the log says why. Its supervisor starts it again.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
from collections.abc import Callable
from typing import Any

from kivy.core.window import Window

_Handler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
_ExitHandler = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
_called: list[Any] = []
"""What Xlib calls, for as long as it may."""


class DisplayServer:
    """To be made once the window is open. A screen that is drawn on without X is never lost."""

    def __init__(self) -> None:
        self._xlib = ctypes.CDLL("libX11.so.6") if os.environ.get("SDL_VIDEODRIVER") == "x11" else None
        self._connection = ctypes.c_void_p(Window.get_window_info().display if self._xlib else None)

    def when_lost(self, tell: Callable[[], None]) -> None:
        """Calls `tell` on the running loop when the display goes; it may be called again."""
        if self._xlib is None:
            return
        loop = asyncio.get_running_loop()

        def lost(connection: int) -> int:
            if not loop.is_closed():
                loop.call_soon_threadsafe(tell)
            return 0

        handler = _Handler(lost)
        stay = _ExitHandler(lambda connection, given: None)  # Xlib's own ends the process
        self._xlib.XSetIOErrorHandler(handler)
        self._xlib.XSetIOErrorExitHandler(self._connection, stay, None)
        _called[:] = [handler, stay]

    def finish(self) -> None:
        """Returns once what was drawn has been shown. It blocks for as long as the display takes."""
        if self._xlib is not None:
            self._xlib.XSync(self._connection, 0)
