"""gRPC's core says nothing on standard error: its lines are no JSON and show what came over the line."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SAYS_SOMETHING = """
import {module}, asyncio, grpc.aio

async def main():
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
        try:
            await channel.unary_unary("/x/y")(b"", metadata=(("authorization", "\\xe9"),))
        except Exception:
            pass

asyncio.run(main())
"""
"""gRPC's core tells of metadata that it does not send."""


def said(module: str, **environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if name != "GRPC_VERBOSITY"}
    ran = subprocess.run(
        [sys.executable, "-c", SAYS_SOMETHING.format(module=module)],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return ran.stderr


@pytest.mark.parametrize("module", ["backend.command, backend.commands.serve", "backend_client.client"])
def test_the_core_keeps_quiet(module: str) -> None:
    assert said(module) == ""


def test_it_speaks_where_somebody_wants_to_hear_it() -> None:
    assert "authorization" in said("backend_client.client", GRPC_VERBOSITY="ERROR")
