"""A watched folder: whatever CAP file another program puts there is taken in.

A file that was taken goes to ``taken/``, one that was refused to ``refused/`` with a ``.reason`` beside it.
Whoever writes a file there writes it under another name first (one that does not end in ``.xml``) and renames
it; one that is still being written is left alone until it has not changed for SETTLED seconds.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from backend.alerts.cap import MAX_BYTES, CapError
from backend.alerts.intake import Intake
from backend.storage.alerts import Outcome
from backend.storage.audit import Actor
from foundation.life import beside
from foundation.log import logger

SECONDS = 0.5
"""Between two looks."""
SETTLED = 2.0
_AT_ONCE = 50
_log = logger(__name__)


@asynccontextmanager
async def watching_folder(folder: Path | None, intake: Intake) -> AsyncIterator[None]:
    """Takes in what appears in a folder while the block runs; nothing where there is none. Raises OSError."""
    if folder is None:
        yield
        return
    for name in ("taken", "refused"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    async with beside(_watch(folder, intake)):
        yield


async def _watch(folder: Path, intake: Intake) -> None:
    failing = False
    while True:
        try:
            for file in await asyncio.to_thread(_arrived, folder):
                await _take(file, intake)
        except Exception as error:  # the disk or the database; the files stay
            if not failing:
                _log.error("alert_folder_not_read", error=type(error).__name__)
            failing = True
        else:
            failing = False
        await asyncio.sleep(SECONDS)


def _arrived(folder: Path) -> list[Path]:
    """Files that are there, the oldest first."""
    found = [
        (entry.stat().st_mtime, entry.path)
        for entry in os.scandir(folder)
        if entry.name.endswith(".xml") and entry.is_file(follow_symlinks=False)
    ]
    return [Path(path) for _, path in sorted(found)[:_AT_ONCE]]


async def _take(file: Path, intake: Intake) -> None:
    try:
        data, age = await asyncio.to_thread(_read, file)
    except FileNotFoundError:  # another backend was faster
        return
    try:
        taken = await intake.take(data, Actor("alert-folder", "rule", ""))
    except CapError as error:
        if error.reason == "NOT_XML" and age < SETTLED:
            return
        await asyncio.to_thread(_put_away, file, "refused", str(error))
        return
    reused = taken.outcome is Outcome.REUSED
    await asyncio.to_thread(
        _put_away, file, "refused" if reused else "taken", "IDENTIFIER_REUSED" if reused else ""
    )


def _read(file: Path) -> tuple[bytes, float]:
    """What a file holds, one byte more than may be at the most, and its age in seconds."""
    with file.open("rb") as opened:
        return opened.read(MAX_BYTES + 1), time.time() - os.fstat(opened.fileno()).st_mtime


def _put_away(file: Path, where: str, reason: str) -> None:
    target = file.parent / where / file.name
    with suppress(FileNotFoundError):
        file.rename(target)
        if reason:
            target.with_suffix(".reason").write_text(f"{reason}\n", "utf-8")
