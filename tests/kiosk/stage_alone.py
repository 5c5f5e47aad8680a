"""A real window with a stage and a visit, and nothing else: what is left of a page that breaks, of a field.

``python -m tests.kiosk.stage_alone SIZE`` prints a line of JSON: by the part that broke, what is shown then;
what of a typed text can be found before and after the visit's end; the modes of the inspector's socket and of
its folder.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from foundation.log import start_log
from foundation.unix_socket import connect
from kiosk.calling.telephone import CallState
from kiosk.settings import KioskSettings
from kiosk.technician.events import AskForMenu
from kiosk.technician.pages import PinEntry
from kiosk.technician.session import Session
from kiosk.visit import pages
from kiosk.visit.above import Above
from kiosk.visit.visit import Visit
from kiosk.window import prepare, require_window
from tests.kiosk.gallery import Gallery

SECRET = "Testalley 8"


class Alone(Gallery):
    """Shows what the visit says, frame by frame."""

    def __init__(self) -> None:
        from kivy.core.window import Window

        super().__init__(None, complete=False, only="")
        Window.add_widget(self._stage)
        self._visit: Visit = self._stage._visit
        self._visit.begin(())

    def broken(self, part: str, then: Callable[[], None], *before: pages.Page) -> tuple[str, bool]:
        """The screen that is shown once a part of the stage broke, and whether all of it is there.

        then: what the part is needed for; before: the page that is shown by then, in place of the home page.
        """
        self._visit.touched()
        for page in before:
            self._visit.open(page)
        self._drawn()
        owner: Any = self._stage.screen if part == "refresh" else sys.modules["kiosk.screens.stage"]
        with patch.object(owner, part, side_effect=ValueError(SECRET)):
            then()
            self._stage.show(self._visit.view)
        self._drawn()
        shown = self._stage.screen
        assert shown is not None
        return shown.name, self._stage.view == self._visit.view and shown.parent is self._stage

    def broken_menu(self) -> tuple[str, bool]:
        """Likewise, where a page of the technician's menu breaks."""
        session = Session(self._visit, keep=60.0, patience=60.0)
        session.begin(PinEntry, PinEntry, ())
        self._visit.above = session
        try:
            return self.broken("marks", lambda: self._visit.send(AskForMenu()))
        finally:
            self._visit.above = Above()

    def typed(self) -> tuple[list[str], list[str]]:
        """Where a text that was typed stands, while it is on the screen and after the visit's end."""
        self._visit.touched()
        self._visit.open(pages.PolicySearch())
        self._drawn()
        self._field().insert(SECRET)
        self._drawn()
        before = self._traces()
        self._field().insert("9")  # at the last moment
        self._visit.end("left")
        self._drawn()
        gc.collect()
        return before, self._traces()

    def _field(self) -> Any:
        from kiosk.widgets.entry import TextEntry

        return next(widget for widget in self._stage.walk() if isinstance(widget, TextEntry))

    @staticmethod
    def _traces() -> list[str]:
        from kivy.cache import Cache

        from kiosk.widgets.entry import TextEntry

        kept = [name for name, kept in Cache._objects.items() if any(SECRET[:4] in str(key) for key in kept)]
        fields = [one for one in gc.get_objects() if type(one) is TextEntry and SECRET in one.text]
        return sorted(kept + ["field"] * len(fields))

    async def inspected(self, folder: Path) -> list[int]:
        """The modes of the inspector's socket and of its folder, whose name alone is too long for one."""
        from kiosk.inspect import Inspector

        socket = folder / ("f" * 120) / "inspect"
        inspector = Inspector(self._stage, socket, lambda after: (0, ()))
        await inspector.open()
        reader, writer = await asyncio.open_unix_connection(sock=connect(socket), limit=1 << 20)
        writer.write(b'{"do": "tree"}\n')
        assert json.loads(await reader.readline())["screen"] == "home"
        writer.close()
        modes = [path.stat().st_mode & 0o777 for path in (socket, socket.parent)]
        await inspector.close()
        return modes

    @staticmethod
    def _drawn() -> None:
        from kivy.clock import Clock
        from kivy.lang import Builder

        for _ in range(3):  # as Kivy's loop does once it has dispatched touches
            Builder.sync()
            Clock.tick_draw()
            Builder.sync()
            Clock.tick()

    async def all(self) -> dict[str, object]:
        """Everything, in turn."""
        visit, search = self._visit, pages.PolicySearch()
        broken = {
            "build": self.broken("marks", lambda: visit.open(search)),
            "refresh": self.broken("refresh", lambda: visit.show(pages.PolicySearch("a")), search),
            "overlay": self.broken(
                "overlay", lambda: visit.announce(pages.Ending(pages.Cause.POWER, 60)), search
            ),
            "head": self.broken("header", lambda: visit.show_call(pages.HelpCall(CallState.RINGING)), search),
        }
        broken["menu"] = self.broken_menu()
        with tempfile.TemporaryDirectory() as folder:
            modes = await self.inspected(Path(folder))
        return {"broken": broken, "typed": self.typed(), "inspector": modes}


async def main() -> None:
    """Says what was found."""
    print(json.dumps(await Alone().all()))


if __name__ == "__main__":
    start_log("stage")
    prepare(KioskSettings.model_validate({"size": sys.argv[1]}))
    require_window()
    asyncio.run(main())
