"""What the window shows, told to a local program: tests and the tour.

On a Unix socket that only its owner can open, one JSON object a line, one answer a line:

``{"do": "tree"}`` gives ``screen``, ``overlay`` (what lies over it, or ""), ``dark`` (nobody is near, and
nothing can be seen), ``language``, ``size``, ``controls`` (what can be touched or filled in: ``id``,
``role``, ``text``, ``bounds``, ``enabled``, ``chosen``, ``focus``) and ``texts`` (every text drawn: ``text``,
its ``lines``, ``role``, ``id``, ``bounds`` of its ink, ``room`` it was given, ``inside``, the bounds of what
it stands in, ``size`` of its type, ``owner``, the identifier of the control it belongs to). Bounds are x, y,
width, height in window pixels, y downwards. What an overlay covers is left out. Nothing is enabled in the
moment after a page came.

``{"do": "spoken", "after": NUMBER}`` gives ``count``, how many texts have begun to be read out, and
``spoken``, those after so many, each as the number of its turn, which a key or a page begins, and the text.

``{"do": "picture", "file": PATH}`` saves a PNG and gives ``{"saved": PATH}``.

Anything else gives ``{"error": …}``. Nothing here changes the visit.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kivy.core.window import Window
from kivy.graphics.opengl import GL_RGBA, GL_UNSIGNED_BYTE, glReadPixels
from PIL import Image

from foundation.log import logger
from foundation.unix_socket import listen
from kiosk.accessibility import Bounds, bounds, flipped, nodes
from kiosk.screens.stage import Stage
from kiosk.widgets.inspectable import Inspectable
from kiosk.widgets.text import Text

log = logger(__name__)

MAX_REQUEST = 1 << 16
Spoken = Callable[[int], tuple[int, Sequence[tuple[int, str]]]]
"""How many texts have begun to be read out, and those after so many, each with its turn."""


class Inspector:
    """Serves on a socket as long as it is open."""

    def __init__(self, stage: Stage, socket: Path, spoken: Spoken) -> None:
        self._stage = stage
        self._spoken = spoken
        self._socket = socket
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Begins to serve; an old socket of that name is replaced. OSError where it cannot be made."""
        server = listen(self._socket)
        self._server = await asyncio.start_unix_server(self._serve, sock=server, limit=MAX_REQUEST)

    async def close(self) -> None:
        """Serves no more."""
        if self._server:
            self._server.close()
            self._socket.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                answer = await self._answer(line)
                writer.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError) as error:
            log.info("inspection_ended", reason=type(error).__name__)
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            match json.loads(line):
                case {"do": "tree"}:
                    return tree(self._stage)
                case {"do": "spoken", "after": int(after)}:
                    count, texts = self._spoken(after)
                    return {"count": count, "spoken": texts}
                case {"do": "picture", "file": str(file)}:
                    await picture(Path(file))
                    return {"saved": file}
        except (ValueError, OSError) as error:
            return {"error": str(error)}
        return {"error": "ask for a tree or a picture"}


async def picture(file: Path) -> None:
    """Saves what is shown as a PNG. OSError where that cannot be."""
    shown = pixels()
    await asyncio.to_thread(shown.save, file, format="PNG")


def pixels() -> Image.Image:
    """What is shown, in RGB."""
    Window.dispatch("on_draw")
    size = width, height = round(Window.width), round(Window.height)
    whole = Image.frombytes("RGBA", size, bytes(glReadPixels(0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE)))
    return whole.transpose(Image.Transpose.FLIP_TOP_BOTTOM).convert("RGB")


def tree(stage: Stage) -> dict[str, Any]:
    """The accessibility tree of what is shown."""
    controls: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    for node in nodes(stage):
        widget = node.widget
        if node.control:
            controls.append(_control(widget, stage))
        if isinstance(widget, Text) and widget.drawn:
            texts.append(_text(widget, node.owner, node.inside))
    return {
        "screen": stage.screen.name if stage.screen else "",
        "overlay": stage.overlay.name if stage.overlay else "",
        "dark": stage.view is not None and (stage.view.dark or stage.view.hearing.curtain),
        "language": stage.view.language.value if stage.view else "",
        "size": list(map(round, Window.size)),
        "controls": controls,
        "texts": texts,
    }


def _control(widget: Inspectable, stage: Stage) -> dict[str, Any]:
    return {
        "id": widget.inspect_id,
        "role": widget.inspect_role,
        "text": widget.inspect_text or getattr(widget, "text", ""),
        "bounds": bounds(widget),
        "enabled": bool(widget.inspect_enabled) and not stage.deaf,
        "chosen": bool(widget.inspect_chosen),
        "focus": widget is stage.focus,
    }


def _text(widget: Text, owner: str, inside: Bounds) -> dict[str, Any]:
    x, y = widget.to_window(*widget.pos)
    left = min(at for at, _, _, _ in widget.drawn)
    right = max(at + width for at, _, width, _ in widget.drawn)
    bottom = min(at for _, at, _, _ in widget.drawn)
    top = max(at + height for _, at, _, height in widget.drawn)
    return {
        "text": widget.inspect_text,
        "lines": [line.text for line in widget.lines],
        "role": widget.inspect_role,
        "id": widget.inspect_id,
        "bounds": flipped(x + left, y + bottom, right - left, top - bottom),
        "room": bounds(widget),
        "inside": inside,
        "size": widget.type_size,
        "owner": owner,
    }
