"""The terminal is killed in the middle of a form, at the real window: the question stands there again."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.kiosk.conftest import SIZES
from tests.kiosk.hand import Hand, terminal
from tests.kiosk.processes import Running

UPRIGHT = SIZES[0]


async def test_a_terminal_that_is_killed_shows_the_same_question_again(
    county: Running, displays: dict[str, str], tmp_path: Path
) -> None:
    folder, address = tmp_path / "kiosk", county.ready["huimin-backend"]
    with terminal(folder, address, UPRIGHT, displays[UPRIGHT]) as hand:
        await hand.go("bar.language")
        await hand.to_form("labour-registration")
        await hand.go("form.start", "card.skip")
        await hand.keys("mary")
        await hand.until(lambda tree: tree.controls["form.entry"].text == "mary", "not entered")
        await kept(folder)
        hand.running.kill()
    assert b"mary" not in b"".join(file.read_bytes() for file in (folder / "data").rglob("*.draft"))
    with terminal(folder, address, UPRIGHT, displays[UPRIGHT]) as hand:
        tree = await hand.until(lambda tree: tree.screen == "still_there", "it does not ask")
        assert tree.language == "en"
        assert not tree.says("mary")
        await hand.touch("still_there.go_on")
        await hand.until(lambda tree: tree.screen == "form.question", "it does not go on", 30)
        assert await hand.entered() == "mary"
        await keep_for_later(hand)


async def kept(folder: Path) -> None:
    """What stands in the field comes to the disk while it is typed; the last key takes a moment."""
    for _ in range(100):
        if list((folder / "data").rglob("*.draft")):
            await asyncio.sleep(0.5)
            return
        await asyncio.sleep(0.1)
    raise AssertionError("no draft")


async def keep_for_later(hand: Hand) -> None:
    """At the end of the visit it can be kept once more: the code is shown, and the home page leads to it."""
    await hand.go("bar.leave", "leave.keep")
    tree = await hand.until(lambda tree: tree.screen == "kept", "no code")
    code = next(text for text in tree.texts if len(text) == 9 and text.replace(" ", "").isdigit())
    await hand.touch("kept.done")
    await hand.until(lambda tree: "home.continue" in tree.controls, "no way back")
    assert code not in hand.log()
