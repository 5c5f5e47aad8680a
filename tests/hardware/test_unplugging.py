"""The short form of the endurance run with plugs that are pulled; the long one is for a night."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.hardware.endurance import Report
from tests.hardware.unplug_endurance import endure_printer, endure_reader


@pytest.mark.parametrize("endure", [endure_reader, endure_printer])
async def test_plugs_that_are_pulled_leave_nothing_behind(
    endure: Callable[[Path, int], Awaitable[Report]], tmp_path: Path
) -> None:
    report = await endure(tmp_path, 6)
    assert report.turns == 6
    assert not report.grown
