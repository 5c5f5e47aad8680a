"""PJSIP started, pumped from the loop, and ended, in the one order that it stands."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pjsua2 as pj

from foundation.log import logger
from ivr.sip.build import Build, build_of, calls_by_open_files, signalling_events
from ivr.sip.contained import contained
from ivr.sip.library_log import DEEPEST_LEVEL, LibraryLog, masked
from speech import sound

BUSY_STEP = 0.005
"""Seconds between two looks at the library while there are calls. A message is seen at once where the library
uses epoll; a key, which another thread of the library takes from the sound, waits half of this on average."""
IDLE_STEP = 0.02
"""The same without calls."""
MOST_AT_ONCE = 8
"""Events taken in one look, so that a flood leaves the loop time for the calls: one takes up to 2 ms."""
SOCKETS_KEPT = 0.6
"""Seconds for which PJSIP keeps the places of a call's two sockets after its end (0.5 s, and its thread's
turn). It ends the process when it finds none."""
MOST_ARRIVALS, MOST_ARRIVALS_READY = 1000, 20
"""Calls taken in that time: our build has 8192 places, the ready wheel 64, and a third of them is left to the
calls that go on. Those that come after them wait, in the network's buffer, some tenths of a second."""
CODECS = {"PCMA/8000/1": 255, "PCMU/8000/1": 254, "opus/48000/2": 1}
"""G.711, A-law before µ-law as in China's network: every phone has it, and others would be converted to it on
the way through the network. Opus, where the build has it, is for what speaks nothing else."""

PORTS_A_CALL, PORTS_BESIDE = 3, 32
"""Of the bridge: the call, what plays and what records; and those of calls that are just ending."""
PORT_TRIES = 10

log = logger("ivr.sip")


class ListenFailed(Exception):
    """The line cannot be opened; the message says why."""


@dataclass(frozen=True, slots=True)
class RtpPorts:
    """The ports for sound: an even first one, and how many; a call takes two."""

    first: int = 16384
    count: int = 400


class _Endpoint(pj.Endpoint):
    """PJSIP's own object, which also tells what PJSIP refuses by itself."""

    @contained
    def onRejectedIncomingCall(self, prm: Any) -> None:  # noqa: N802 (PJSIP's name)
        """The library's callback: this build holds no more calls, or the INVITE was wrong."""
        log.warning("call_refused_by_library", code=prm.statusCode, reason=masked(prm.reason))


class Library:
    """One a process: PJSIP keeps its state in the process, not in an object."""

    _started = False

    def __init__(self, busy: Callable[[], bool]) -> None:
        """busy: whether there are calls."""
        self._busy = busy
        self._endpoint: pj.Endpoint | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._events = -1
        self._hearing = False
        self._arrivals: deque[float] = deque()
        self._most_arrivals = MOST_ARRIVALS_READY
        self.calls = 0
        """How many the library takes at the same time, once it is started."""

    def arrived(self) -> None:
        """To be told of each call."""
        self._arrivals.append(asyncio.get_running_loop().time())

    def start(self, host: str, port: int, max_calls: int) -> int:
        """Opens UDP and TCP on the same port, which is returned, and begins to pump. Raises ListenFailed.

        max_calls: no more than these; `calls` says how many it really takes.
        """
        if Library._started:
            raise RuntimeError("PJSIP is already in use in this process")
        Library._started = True
        try:
            with quiet_standard_output():
                self._endpoint = _Endpoint()
                self._endpoint.libCreate()
            files = calls_by_open_files()
            self._endpoint.libInit(_settings(min(max_calls, max(1, files))))
            self._look_at_build(build_of(self._endpoint), max_calls, files)
            self._endpoint.audDevManager().setNullDev()
            port = self._listen(self._endpoint, host, port)
            self._endpoint.libStart()
            for codec in self._endpoint.codecEnum2():
                self._endpoint.codecSetPriority(codec.codecId, CODECS.get(codec.codecId, 0))
        except pj.Error as error:
            self.stop()
            raise ListenFailed(f"the phone line cannot listen on {host}:{port}: {error.reason}") from None
        except BaseException:
            self.stop()
            raise
        self._events = signalling_events()
        self._hear(True)
        self._tick()
        return port

    def _look_at_build(self, build: Build, wanted: int, files: int) -> None:
        """Says which build this is, and learns from it."""
        self.calls = build.calls
        self._most_arrivals = MOST_ARRIVALS if "epoll" in build.sockets else MOST_ARRIVALS_READY
        offered = [codec.partition("/")[0] for codec in CODECS if codec in build.codecs]
        log.info(
            "telephone_library",
            version=build.version,
            calls=build.calls,
            sockets=build.sockets,
            tls=build.tls,
            srtp=len(build.srtp),
            codecs=offered,
        )
        if files < wanted:
            log.warning("open_files_limit_calls", calls=files, wanted=wanted, remedy="raise LimitNOFILE")
        elif build.calls < wanted:
            log.warning("library_limits_calls", calls=build.calls, wanted=wanted, remedy="make pjsua2")

    def stop(self) -> None:
        """Ends the library; every call, account and player must have been let go. May be repeated."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._hear(False)
        if self._endpoint is not None:
            # Nothing is left to be said to anyone, so it need not wait a second for answers.
            self._endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)
            self._endpoint = None
        Library._started = False

    def _tick(self) -> None:
        """Looks at the library now and then: its timers, and keys, come without an event."""
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(BUSY_STEP if self._busy() else IDLE_STEP, self._tick)
        self._take()
        self._hear(not self._flooded())

    def _event(self) -> None:
        """Something has arrived. Where the library does not take it, the next look is a tick's."""
        if not self._take():
            self._hear(False)

    def _take(self) -> int:
        """Takes some of what has arrived, and says how much; what is left is the next event."""
        assert self._endpoint is not None
        for taken in range(MOST_AT_ONCE):
            if self._flooded() or self._endpoint.libHandleEvents(0) <= 0:
                return taken
        return MOST_AT_ONCE

    def _hear(self, wanted: bool) -> None:
        """Whether an event makes us look at the library at once."""
        if self._events < 0 or wanted is self._hearing:
            return
        self._hearing = wanted
        loop = asyncio.get_running_loop()
        if wanted:
            loop.add_reader(self._events, self._event)
        else:
            loop.remove_reader(self._events)

    def _flooded(self) -> bool:
        """Whether so many calls have come that the library must be left alone for a moment."""
        now = asyncio.get_running_loop().time()
        while self._arrivals and now - self._arrivals[0] > SOCKETS_KEPT:
            self._arrivals.popleft()
        return len(self._arrivals) >= self._most_arrivals

    @staticmethod
    def _listen(endpoint: pj.Endpoint, host: str, port: int) -> int:
        """Any free port is one that is free for both; it may take some tries to find it."""
        address = pj.TransportConfig()
        address.boundAddress = host
        for left in reversed(range(1 if port else PORT_TRIES)):
            address.port = port
            udp = endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, address)
            address.port = int(endpoint.transportGetInfo(udp).localName.rpartition(":")[2])
            try:
                endpoint.transportCreate(pj.PJSIP_TRANSPORT_TCP, address)
                break
            except pj.Error:
                if not left:
                    raise
                endpoint.transportClose(udp)
        return int(address.port)


def _settings(max_calls: int) -> pj.EpConfig:
    settings = pj.EpConfig()
    settings.uaConfig.threadCnt = 0
    settings.uaConfig.mainThreadOnly = True
    settings.uaConfig.maxCalls = max_calls
    settings.uaConfig.userAgent = "Huimin"
    settings.medConfig.clockRate = sound.RATE
    settings.medConfig.sndClockRate = sound.RATE
    settings.medConfig.audioFramePtime = 20
    settings.medConfig.ecTailLen = 0
    # Each port of the bridge has a list as long as there may be ports, so no more than are needed.
    settings.medConfig.maxMediaPorts = min(
        settings.medConfig.maxMediaPorts, PORTS_A_CALL * max_calls + PORTS_BESIDE
    )
    # The bridge's clock never rests: with it rests the removal of ended calls, until no place is left.
    settings.medConfig.sndAutoCloseTime = -1
    settings.medConfig.noVad = True
    settings.logConfig.level = DEEPEST_LEVEL
    settings.logConfig.consoleLevel = DEEPEST_LEVEL
    settings.logConfig.msgLogging = 0
    settings.logConfig.decor = 0
    writer = LibraryLog()
    writer.__disown__()
    settings.logConfig.writer = writer
    return settings


@contextmanager
def quiet_standard_output() -> Iterator[None]:
    """Until it knows our log, PJSIP prints on standard output, which belongs to the ``ready`` line."""
    standard = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(standard, 1)
        os.close(standard)
        os.close(nowhere)
