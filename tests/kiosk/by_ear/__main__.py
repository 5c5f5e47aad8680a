"""Every task of a resident who sees nothing, by keypad and voice alone with the screen dark.

``python -m tests.kiosk.by_ear [--task NAME] [--language zh_CN|en] [--size 1080x1920] [--folder DIR]`` prints
a line for each task: whether it was done, how many keys it took, how long, and how much was said. It ends
with 1 where one was not done, and then says where that one came to.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from backend_client.client import BackendClient
from foundation.language import Language
from tests.kiosk.by_ear.county import County, county
from tests.kiosk.by_ear.ear import ear
from tests.kiosk.by_ear.resident import Resident
from tests.kiosk.by_ear.tasks import TASKS, Task
from tests.kiosk.processes import Display

COLUMNS = "{:<14} {:<6} {:<5} {:>5} {:>8} {:>10}"


@dataclass(frozen=True)
class Done:
    """How a task went. trouble: why it was not done, else empty."""

    keys: int
    seconds: float
    sentences: int
    trouble: str


async def tried(task: Task, language: Language, at: County, shown: tuple[str, str], folder: Path) -> Done:
    """A task at a terminal of its own. shown: size and name of its display."""
    settings = at.settings | dict(task.settings) | {"terminal": folder.name}  # each has references of its own
    with ear(folder, at.backend, *shown, devices_beside=at.devices, **settings) as there:
        async with BackendClient(at.backend) as client:
            await there.hand.screen("home")
            there.plug(headset=True)
            one = Resident(there, language, client)
            hear, trouble = there.listener, ""
            began = time.monotonic()
            try:
                await one.begins()
                await task.does(one, at)
            except Exception as error:  # whatever it is, the others are still tried
                trouble = f"{type(error).__name__}: {error}"
            return Done(hear.keys, time.monotonic() - began, len(hear.all), trouble)


async def run(tasks: Sequence[str], languages: Sequence[Language], size: str, folder: Path) -> bool:
    """All of them, one after another, each in a county of its own; whether all were done."""
    print(COLUMNS.format("task", "lang", "done", "keys", "seconds", "sentences"), flush=True)
    well = True
    with ExitStack() as stack:
        display = Display(size)
        stack.callback(display.stop)
        for name in tasks:
            for language in languages:
                own = folder / f"{name}-{language.value}"
                async with county(folder / f"county-{own.name}", everything=True) as at:
                    done = await tried(TASKS[name], language, at, (size, display.name), own)
                well = well and not done.trouble
                word = "no" if done.trouble else "yes"
                figures = (done.keys, f"{done.seconds:.0f}", done.sentences)
                print(COLUMNS.format(name, language.value, word, *figures), flush=True)
                if done.trouble:
                    print(f"    {done.trouble}", flush=True)
    return well


def main() -> None:
    """Tries what is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--task", action="append", choices=list(TASKS), help="of these alone")
    parser.add_argument("--language", action="append", choices=[one.value for one in Language])
    parser.add_argument("--size", default="1080x1920")
    parser.add_argument("--folder", type=Path, help="where everything is kept; else it is thrown away")
    wanted = parser.parse_args()
    languages = [Language(one) for one in wanted.language or list(Language)]
    with ExitStack() as stack:
        folder = wanted.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        well = asyncio.run(run(wanted.task or list(TASKS), languages, wanted.size, folder))
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
