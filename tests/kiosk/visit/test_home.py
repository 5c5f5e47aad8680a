"""The home page follows the catalogue, but not under a resident's hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from foundation.language import Language
from kiosk.visit.home import Catalogue
from kiosk.visit.pages import Door
from kiosk.visit.used import Used
from kiosk.visit.visit import Pace, Visit
from tests.kiosk.visit.terminal import Terminal, eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_doors_come_where_there_are_none_and_stay_where_they_are_while_somebody_is_there(
    at: Terminal, tmp_path: Path
) -> None:
    asked: list[bool] = []
    kept = False

    def any_kept() -> bool:
        asked.append(kept)
        return kept

    visit = Visit(language=Language.ZH_CN, pace=Pace(home_anew=0.05))
    catalogue = Catalogue(visit, at.client, Used(tmp_path / "used", lambda: date(2026, 11, 23)))
    catalogue.kept = any_kept
    visit.begin((catalogue,))
    visit.touched()
    catalogue.fetch()
    await eventually(lambda: bool(visit.home.doors))
    before, kept = visit.home, True
    await eventually(lambda: asked.count(True) > 2)
    assert visit.home is before
    visit.end("left")
    await eventually(lambda: Door.CONTINUE in visit.home.doors)
    catalogue.close()
