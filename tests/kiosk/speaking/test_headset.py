"""The switch of a headset's socket, told by bytes as Linux tells them, through a pipe."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from kiosk.speaking import headset
from kiosk.speaking.headset import EV_SW, EVENT, SW_HEADPHONE_INSERT, Jack, plugged_in
from tests.kiosk.visit.terminal import eventually


def switch(value: int, code: int = SW_HEADPHONE_INSERT, kind: int = EV_SW) -> bytes:
    return EVENT.pack(1_700_000_000, 5, kind, code, value) + EVENT.pack(1_700_000_000, 5, 0, 0, 0)


def test_the_last_event_about_the_socket_counts() -> None:
    assert plugged_in(switch(1)) is True
    assert plugged_in(switch(1) + switch(0)) is False
    assert plugged_in(switch(1, code=4) + switch(1, kind=1)) is None
    assert plugged_in(switch(1)[:-3]) is True
    assert plugged_in(b"") is None


async def test_plugging_in_and_pulling_out_is_told_once_each_and_a_device_that_goes_is_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(headset, "AGAIN", 0.05)
    path = tmp_path / "event0"
    told: list[bool] = []
    jack = Jack(path, told.append)
    jack.open()
    await asyncio.sleep(0.1)  # it is not there yet
    os.mkfifo(path)
    writing = await asyncio.to_thread(os.open, path, os.O_RDWR)
    os.write(writing, switch(1) + switch(1))
    await eventually(lambda: told == [True])
    os.write(writing, switch(0))
    await eventually(lambda: told == [True, False])
    os.write(writing, switch(1))
    await eventually(lambda: told == [True, False, True])
    os.close(writing)
    await eventually(lambda: told == [True, False, True, False])
    jack.close()
