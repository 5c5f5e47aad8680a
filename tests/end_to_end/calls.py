"""What a caller does on the phone line, by keys and by voice. The tour and the tests make the same calls."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.end_to_end.phone import CallerProcess


def on_keys(identity: str) -> str:
    """An identity number, or its end, on the keys of a telephone: X is the star."""
    return identity.upper().replace("X", "*")


Listen = Callable[[CallerProcess], Awaitable[None]]
"""How much of a prompt is heard before the next key."""


async def to_the_end(caller: CallerProcess) -> None:
    """Hears a prompt to its end."""
    await caller.heard_sound()
    await caller.wait_for_silence(1.2)


async def a_while(caller: CallerProcess) -> None:
    """Hears six seconds of it, as somebody does who knows what comes."""
    await caller.heard_sound()
    end, silent = time.monotonic() + 6, 0
    while time.monotonic() < end and silent < 12:
        await asyncio.sleep(0.1)
        silent = 0 if caller.sounding else silent + 1


async def hardly(caller: CallerProcess) -> None:
    """Is in a hurry."""
    await caller.heard_sound()
    await asyncio.sleep(0.5)


async def ask_for(caller: CallerProcess, reference: str, suffix: str, listen: Listen = hardly) -> None:
    """From the main menu: how is my application? Ends when the answer has been heard."""
    await caller.press("3")
    await listen(caller)
    await caller.press(reference)
    await listen(caller)
    await caller.press(on_keys(suffix))
    await to_the_end(caller)


async def declare_tax(caller: CallerProcess, identity: str, voice: Path, listen: Listen = hardly) -> str:
    """From the main menu: the tax declaration, with what it costs. Returns the reference that is shown.

    voice: a WAV file, what the caller says when asked for a name.
    """
    await _begin_to_pay(caller, "2", identity, voice, listen)
    # Each confirms what was read back, and answers the next question without hearing it again.
    for keys in ("113800000000#", "1123456789012345", "12026", "1", "3", "2", "352000*50#", "12", "952000#"):
        await caller.press(keys)
        await listen(caller)
    for keys in ("1512000#", "11", "1200#", "1"):
        await caller.press(keys)
        await (to_the_end if listen is not hardly and keys == "1" else listen)(caller)
    return await _agree_and_send(caller, listen)


async def renew_card(caller: CallerProcess, identity: str, voice: Path, listen: Listen = hardly) -> str:
    """From the main menu: a lost identity card, and a temporary one. Returns the reference that is shown."""
    await _begin_to_pay(caller, "1", identity, voice, listen)
    for keys in ("113800000000#", "1", "1", "1", "2"):
        await caller.press(keys)
        await listen(caller)
    return await _agree_and_send(caller, listen)


async def look_up_fines(caller: CallerProcess) -> None:
    """From the main menu: the fines of a car; the first of them begins to be said."""
    for keys in ("2", "2", "1", "1", "0101#", "12468"):  # 1 confirms what was read back
        await caller.press(keys)
        await hardly(caller)
    await caller.press("1")
    await hardly(caller)


async def take_permit_form(caller: CallerProcess, mobile: str) -> None:
    """From the main menu: the blank application for a permit, by a link to this number."""
    for keys in ("2", "52", "1", "1", f"{mobile}1"):
        await caller.press(keys)
        await hardly(caller)


async def ask_for_link(caller: CallerProcess, mobile: str) -> None:
    """From the reference: to pay, by a link to this number."""
    await caller.press("1")
    await hardly(caller)
    await caller.press("1")
    await hardly(caller)
    await caller.press(f"{mobile}1")
    await to_the_end(caller)


async def _begin_to_pay(
    caller: CallerProcess, service: str, identity: str, voice: Path, listen: Listen
) -> None:
    """From the main menu to the third question of a payment service: name and identity number are given."""
    for keys in ("2", "3", service, "1", "1"):
        await caller.press(keys)
        await listen(caller)
    await caller.press("1")
    await caller.heard_sound()
    await caller.wait_for_silence(0.6)
    await caller.speak(voice)
    await caller.press("#")
    await listen(caller)
    await caller.press("1")
    await listen(caller)
    await caller.press(on_keys(identity))
    await listen(caller)


async def _agree_and_send(caller: CallerProcess, listen: Listen) -> str:
    """From all answers: to what it costs, and then to the reference."""
    await caller.press("1")
    await (to_the_end if listen is not hardly else listen)(caller)
    seen = len(caller.events)
    await caller.press("1")
    shown = await caller.event("message", patience=60, after=seen)
    if listen is not hardly:
        await to_the_end(caller)
    return re.findall(r"\d{4}-\d{4}-\d{4}", shown["text"])[-1].replace("-", "")


async def speak(text: str, file: Path) -> None:
    """A caller's voice as a WAV of 8000 Hz."""
    with tempfile.TemporaryDirectory(prefix="huimin-voice-") as scratch:
        full = f"{scratch}/full.wav"
        for command in (
            ["espeak-ng", "-v", "cmn", "-w", full, text],
            ["sox", full, "-r", "8000", "-c", "1", "-b", "16", str(file)],
        ):
            process = await asyncio.create_subprocess_exec(*command)
            if await process.wait():
                raise RuntimeError(f"{command[0]} failed")


def records_in(file: Path) -> list[dict[str, Any]]:
    """The call records written so far."""
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


async def record_of(records: Path, caller_number: str, patience: float = 20.0) -> dict[str, Any]:
    """The record of the last call of that number, once it is written."""
    for _ in range(round(patience / 0.1)):
        mine = [record for record in records_in(records) if caller_number in record["caller"]]
        if mine:
            return mine[-1]
        await asyncio.sleep(0.1)
    raise AssertionError(f"no record of a call from {caller_number} in {records}")
