"""Strokes of characters, as somebody who learnt to write them would."""

from __future__ import annotations

import json
from pathlib import Path

from kiosk.input.strokes import Stroke


def strokes() -> dict[str, list[Stroke]]:
    """By character; points in hundredths of the field, y down."""
    read = json.loads((Path(__file__).parent / "strokes.json").read_text("utf-8"))
    return {
        character: [tuple((float(x), float(y)) for x, y in stroke) for stroke in written]
        for character, written in read.items()
    }
