"""A carrier that wants its customers to register: the real Kamailio, with digest, in a folder of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

from tests.ports import free_port

USER, PASSWORD, REALM = "5559000", "open-sesame-8", "carrier.example"
GRANTED_SECONDS = 7
"""PJSIP renews 5 s before the end, so 2 s after the beginning."""

CONFIGURATION = """
#!KAMAILIO
debug=1
log_stderror=yes
fork=no
children=1
listen=udp:127.0.0.1:{port}
disable_tcp=yes
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "auth.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("registrar", "max_expires", {granted})
modparam("registrar", "min_expires", 1)
modparam("usrloc", "db_mode", 0)

request_route {{
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("{realm}", "{password}", "0") || $au != "{user}") {{
            www_challenge("{realm}", "1");
            exit;
        }}
        save("location");
        exit;
    }}
    if (is_method("INVITE")) {{ record_route(); }}
    if (has_totag()) {{
        loose_route();
        t_relay();
        exit;
    }}
    if (is_method("CANCEL")) {{
        t_relay();
        exit;
    }}
    $rU = "{user}";
    if (!lookup("location")) {{
        sl_send_reply("404", "Not registered");
        exit;
    }}
    t_relay();
}}
"""


@contextlib.asynccontextmanager
async def carrier(directory: Path, port: int = 0) -> AsyncIterator[str]:
    """Runs until the block ends, and forgets who had registered; gives its address."""
    port = port or free_port()
    file = directory / f"carrier-{port}.cfg"
    file.write_text(
        CONFIGURATION.format(
            port=port, granted=GRANTED_SECONDS, realm=REALM, password=PASSWORD, user=USER
        ).lstrip()
    )
    with (directory / f"carrier-{port}.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *("kamailio", "-DD", "-E", "-f", str(file), "-Y", str(directory), "-m", "16", "-M", "4"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        await _listening(process, port, directory / f"carrier-{port}.log")
        yield f"sip:127.0.0.1:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _listening(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    """Waits until the port is taken."""
    for _ in range(500):
        assert process.returncode is None, log.read_text(errors="replace")[-2000:]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return
        await asyncio.sleep(0.02)
    raise AssertionError(log.read_text(errors="replace")[-2000:])
