"""Nothing is cut off, nothing overlaps, every character has a glyph: on every kind of page, however shown."""

from __future__ import annotations

import asyncio
import json
import os
import sys

import pytest

from tests.kiosk.conftest import SIZES
from tests.kiosk.layout import faults
from tests.kiosk.processes import Running


async def _judged(size: str, display: str, county: Running) -> dict[str, object]:
    gallery = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.kiosk.gallery", size, county.ready["huimin-backend"]),
        env=os.environ | {"DISPLAY": display},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, log = await gallery.communicate()
    assert gallery.returncode == 0, log.decode()
    judged: dict[str, object] = json.loads(said)
    return judged


@pytest.mark.timeout(480)
async def test_every_page_is_whole_in_each_arrangement_up_to_the_largest_type(
    county: Running, displays: dict[str, str]
) -> None:
    each = await asyncio.gather(*(_judged(size, displays[size], county) for size in SIZES))
    for judged in each:
        assert judged["faults"] == []
        assert isinstance(judged["pictures"], int)
        assert judged["pictures"] > 240


def _text(text: str, bounds: list[int], **more: object) -> dict[str, object]:
    around = [0, 0, 1000, 1000]
    return {
        "text": text,
        "lines": [text],
        "bounds": bounds,
        "room": around,
        "inside": around,
        "size": 20,
        "owner": "",
        "id": "",
        "role": "text",
    } | more


def _control(name: str, bounds: list[int], text: str = "…") -> dict[str, object]:
    return {"id": name, "role": "button", "text": text, "bounds": bounds, "enabled": True}


def _found(texts: list[dict[str, object]], controls: list[dict[str, object]]) -> str:
    return " ".join(faults({"size": [1000, 1000], "texts": texts, "controls": controls}))


def test_the_judge_sees_each_kind_of_fault() -> None:
    whole = [_text("政策", [10, 10, 100, 30]), _text("Policies", [10, 60, 100, 30])]
    apart = [_control("one", [10, 200, 80, 80]), _control("two", [100, 200, 80, 80])]
    assert _found(whole, apart) == ""
    assert "its room" in _found([_text("政策", [10, 10, 100, 30], room=[0, 0, 60, 40])], [])
    assert "out of window" in _found([_text("政策", [950, 10, 100, 30])], [])
    assert "overlaps 'Policies'" in _found([whole[0], _text("Policies", [10, 20, 100, 30])], [])
    assert "word cut" in _found([_text("Previous", [10, 10, 100, 30], lines=["Prev", "ious"])], [])
    assert "one [10, 200, 80, 80] overlaps two" in _found([], [apart[0], _control("two", [80, 200, 80, 80])])
    assert "out of the window" in _found([], [_control("one", [950, 0, 80, 80])])
    assert "has no text" in _found([], [_control("one", [0, 0, 80, 80], text="")])
    assert "lies under or over one" in _found([_text("政策", [20, 210, 50, 30])], apart)
    foot = [_control(name, [at, 900, 80, 80]) for name, at in (("bar.back", 10), ("a", 110), ("b", 210))]
    said = [_text("…", [0, 0, 0, 0], owner=control["id"]) for control in foot]
    assert _found(said, foot) == ""
    assert "several sizes" in _found([*said[:2], said[2] | {"size": 22}], foot)
    assert "smaller" in _found([said[0] | {"size": 22}, *said[1:]], foot)
    assert "without a glyph: \U0001f600" in _found([_text("\U0001f600", [10, 10, 50, 30])], [])
