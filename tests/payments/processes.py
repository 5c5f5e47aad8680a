"""The gateway for demonstration as a process of its own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

COMMAND = Path(sys.executable).parent / "huimin-gateway-demo"


@asynccontextmanager
async def gateway_process(folder: Path, *more: str) -> AsyncIterator[str]:
    """Runs ``huimin-gateway-demo``; its URL. more: options."""
    folder.mkdir(exist_ok=True)
    with (folder / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *map(str, (COMMAND, "--listen", "127.0.0.1:0", "--data", folder, "--hurry", "50", *more)),
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    assert process.stdout is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().split()
        assert line[:2] == ["ready", "huimin-gateway-demo"], line
        yield f"http://{line[2]}"
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0
