"""Somebody at the other end: a SIP phone by pjsua2, in a process of its own, told what to do line by line.

    python -m tests.kiosk.calling.answerer --record heard.wav --speak tone.wav

Prints JSON lines: listening (port), incoming (from), answered, recording, ended, stopped. Takes on standard
input: ring, answer, refuse CODE, hangup, each for the call that came last; the end of the input ends it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import pjsua2 as pj

STEP = 0.01


class Desk(pj.Account):
    """Where calls come in."""

    def __init__(self, options: argparse.Namespace, said: Any) -> None:
        super().__init__()
        self.options = options
        self._said = said
        self.call: Conversation | None = None

    def say(self, event: str, **more: object) -> None:
        """One JSON line."""
        print(json.dumps({"event": event, **more}), file=self._said, flush=True)

    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802
        self.call = Conversation(self, prm.callId)
        self.say("incoming", caller=self.call.getInfo().remoteUri)

    def do(self, line: str) -> None:
        """What standard input says."""
        what, _, code = line.partition(" ")
        assert self.call is not None, line
        if what == "hangup":
            self.call.hangup(pj.CallOpParam(True))
            return
        answer = pj.CallOpParam(True)
        answer.statusCode = {"ring": 180, "answer": 200}.get(what) or int(code)
        self.call.answer(answer)


class Conversation(pj.Call):
    """One call."""

    def __init__(self, desk: Desk, number: int) -> None:
        super().__init__(desk, number)
        self._desk = desk
        self._recorder: pj.AudioMediaRecorder | None = None
        self._player: pj.AudioMediaPlayer | None = None

    def onCallState(self, prm: Any) -> None:  # noqa: N802
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self._desk.say("answered")
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._recorder = self._player = None
            self._desk.say("ended", code=info.lastStatusCode)

    def onCallMediaState(self, prm: Any) -> None:  # noqa: N802
        if self._recorder is not None:
            return
        audio = self.getAudioMedia(-1)
        self._recorder = pj.AudioMediaRecorder()
        self._recorder.createRecorder(str(self._desk.options.record))
        audio.startTransmit(self._recorder)
        self._player = pj.AudioMediaPlayer()
        self._player.createPlayer(str(self._desk.options.speak))
        self._player.startTransmit(audio)


async def serve(options: argparse.Namespace, said: Any) -> None:
    """Until the end of standard input."""
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    settings = pj.EpConfig()
    settings.uaConfig.threadCnt = 0
    settings.uaConfig.mainThreadOnly = True
    settings.medConfig.clockRate = settings.medConfig.sndClockRate = 8000
    settings.medConfig.noVad = True
    settings.medConfig.ecTailLen = 0
    settings.logConfig.level = settings.logConfig.consoleLevel = 0
    endpoint.libInit(settings)
    endpoint.audDevManager().setNullDev()
    transport = pj.TransportConfig()
    transport.boundAddress = "127.0.0.1"
    number = endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
    port = int(endpoint.transportGetInfo(number).localName.rpartition(":")[2])
    endpoint.libStart()
    for codec in endpoint.codecEnum2():
        endpoint.codecSetPriority(codec.codecId, 255 if codec.codecId.startswith("PCMA") else 0)
    desk = Desk(options, said)
    identity = pj.AccountConfig()
    identity.idUri = f"sip:person@127.0.0.1:{port}"
    identity.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
    identity.mediaConfig.transportConfig.port = random.randrange(20_000, 60_000, 2)
    identity.mediaConfig.transportConfig.portRange = 2_000
    desk.create(identity)
    desk.say("listening", port=port)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    pumping = asyncio.create_task(pump(endpoint))
    try:
        async for line in reader:
            desk.do(line.decode().strip())
    finally:
        pumping.cancel()
        desk.call = None
        desk.shutdown()
        del desk
        endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)


async def pump(endpoint: pj.Endpoint) -> None:
    while True:
        endpoint.libHandleEvents(0)
        await asyncio.sleep(STEP)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--speak", type=Path, required=True)
    options = parser.parse_args()
    own = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what PJSIP prints is not an event
    asyncio.run(serve(options, own))


if __name__ == "__main__":
    main()
