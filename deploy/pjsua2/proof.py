"""What the installed module really takes, asked in a process of its own; 1 where the recipe says more."""

from __future__ import annotations

import sys

import pjsua2 as pj

from ivr.sip.build import Build, build_of, calls_by_open_files
from ivr.sip.library import quiet_standard_output

CALLS = 2000
MOST_ASKED_FOR = 10_000
CODECS = {"PCMA/8000/1", "PCMU/8000/1", "opus/48000/2"}
SUITES = {"AES_CM_128_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_80"}


def ask() -> Build:
    """Starts the library without a line, and asks it."""
    with quiet_standard_output():
        endpoint = pj.Endpoint()
        endpoint.libCreate()
    try:
        settings = pj.EpConfig()
        settings.uaConfig.maxCalls = MOST_ASKED_FOR
        settings.uaConfig.threadCnt = 0
        settings.uaConfig.mainThreadOnly = True
        settings.logConfig.level = settings.logConfig.consoleLevel = 1
        endpoint.libInit(settings)
        return build_of(endpoint)
    finally:
        endpoint.libDestroy()


def wanting(build: Build) -> list[str]:
    """What is missing."""
    found = {
        f"{CALLS} calls": build.calls >= CALLS,
        "epoll": "epoll" in build.sockets,
        "OpenSSL 3": build.tls.startswith("OpenSSL 3"),
        "its codecs": set(build.codecs) >= CODECS,
        "SRTP": set(build.srtp) >= SUITES,
    }
    return [what for what, there in found.items() if not there]


def main() -> int:
    """Says what was found."""
    build = ask()
    print(
        f"pjsua2: PJSIP {build.version}, {build.calls} calls, {build.sockets}, {build.tls}, "
        f"{len(build.srtp)} SRTP suites, {', '.join(build.codecs)}"
    )
    if (calls := calls_by_open_files()) < build.calls:
        print(f"pjsua2: this system lets a process open files for {calls} calls only (ulimit -Hn)")
    if missing := wanting(build):
        print(f"pjsua2: the module that was built lacks {', '.join(missing)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
