"""A caller: dials, hears, presses keys and speaks, in a process of its own, and reports it as JSON lines.

    python -m tests.end_to_end.caller sip:1@127.0.0.1:5060 --script 'hear; wait 1; keys 1' --record heard.wav

Steps of a script, separated by semicolons, or one a line on standard input with ``--script -``:

    wait S      does nothing for S seconds
    keys 12#    presses keys, in the way of --key-mode
    hear [S]    waits until something sounds, S seconds at most (20)
    quiet [S]   waits until it has been silent for S seconds (1)
    speak FILE  says an 8 kHz WAV file, to its end
    hold, resume
    hangup
    ended       waits until the other side hangs up

Events: calling, ringing, answered, recording (from here on time runs in the recorded file), sound, silence,
key, spoken, held, resumed, message, transfer, step, ended. ``t`` is seconds since the start.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import time
import wave
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pjsua2 as pj

STEP = 0.01
LOUD = 6
"""PJSIP's level meter shows 30 for speech at -18 dBFS and 0 or 1 for an idle line."""
QUIET_AFTER = 0.4
"""Seconds below `LOUD` before sound counts as ended: longer than the gaps between words."""


class Events:
    """Prints what happens, each at its time."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._start = time.monotonic()

    def say(self, event: str, **more: object) -> None:
        """One JSON line."""
        document = {"t": round(time.monotonic() - self._start, 3), "event": event, **more}
        print(json.dumps(document, ensure_ascii=False), file=self._file, flush=True)


class Conversation(pj.Call):
    """The one call."""

    def __init__(self, account: pj.Account, events: Events, options: argparse.Namespace) -> None:
        super().__init__(account)
        self.account = account
        self.events = events
        self.options = options
        self.audio: pj.AudioMedia | None = None
        self.recorder: pj.AudioMediaRecorder | None = None
        self.onward: pj.Call | None = None
        """The call to whom we were transferred."""
        self.answered = asyncio.Event()
        """Or refused: then `over` is set too."""
        self.over = asyncio.Event()

    def onCallState(self, prm: Any) -> None:  # noqa: N802
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_EARLY:
            self.events.say("ringing", code=info.lastStatusCode)
        elif info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self.events.say("answered")
            self.answered.set()
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.audio = None
            self.events.say("ended", code=info.lastStatusCode, reason=info.lastReason)
            self.over.set()
            self.answered.set()

    def onCallMediaState(self, prm: Any) -> None:  # noqa: N802
        info = self.getInfo()
        if not any(media.status == pj.PJSUA_CALL_MEDIA_ACTIVE for media in info.media):
            self.audio = None
            return
        self.audio = self.getAudioMedia(-1)
        # The level is measured only of what somebody listens to.
        self.audio.startTransmit(pj.Endpoint.instance().audDevManager().getPlaybackDevMedia())
        if self.recorder is None and self.options.record:
            self.recorder = pj.AudioMediaRecorder()
            self.recorder.createRecorder(str(self.options.record))
            self.events.say("recording", file=str(self.options.record))
        if self.recorder is not None:
            self.audio.startTransmit(self.recorder)

    def onInstantMessage(self, prm: Any) -> None:  # noqa: N802
        self.events.say("message", type=prm.contentType, text=prm.msgBody)

    def onCallTransferRequest(self, prm: Any) -> None:  # noqa: N802
        prm.statusCode = 603 if self.options.refuse_transfer else 202
        if not self.options.refuse_transfer:
            self.onward = prm.newCall = pj.Call(self.account)
        self.events.say("transfer", target=prm.dstUri, accepted=not self.options.refuse_transfer)


class Steps:
    """What a script can do with the call."""

    def __init__(self, call: Conversation, events: Events, key_mode: str) -> None:
        self.call = call
        self.events = events
        self.key_mode = key_mode
        self.sounding = False
        self._loud_at = time.monotonic()
        self._changed = asyncio.Condition()

    async def meter(self) -> None:
        """Follows the level of what is heard, until the call ends."""
        runs = 0
        while not self.call.over.is_set():
            await asyncio.sleep(2 * STEP)
            loud = self.call.audio is not None and self.call.audio.getTxLevel() >= LOUD
            runs = runs + 1 if loud else 0
            now = time.monotonic()
            if loud:
                self._loud_at = now
            sounding = runs >= 2 or (self.sounding and now - self._loud_at < QUIET_AFTER)
            if sounding != self.sounding:
                self.sounding = sounding
                self.events.say("sound" if sounding else "silence")
                async with self._changed:
                    self._changed.notify_all()

    async def wait(self, seconds: str) -> None:
        await asyncio.sleep(float(seconds))

    async def keys(self, keys: str) -> None:
        for key in keys:
            self.events.say("key", key=key)
            if self.key_mode == "info":
                press = pj.CallSendDtmfParam()
                press.method = pj.PJSUA_DTMF_METHOD_SIP_INFO
                press.digits = key
                press.duration = 100
                self.call.sendDtmf(press)
                await asyncio.sleep(0.12)
            else:
                self.call.dialDtmf(key)
                await asyncio.sleep(0.26)  # PJSIP sends 200 ms of every key and 50 ms of nothing

    async def hear(self, seconds: str = "20") -> None:
        async with asyncio.timeout(float(seconds)), self._changed:
            await self._changed.wait_for(lambda: self.sounding)

    async def quiet(self, seconds: str = "1") -> None:
        while True:
            left = float(seconds) - (time.monotonic() - self._loud_at)
            if left <= 0 and not self.sounding:
                return
            await asyncio.sleep(max(STEP, left))

    async def speak(self, file: str) -> None:
        with wave.open(file) as sound:
            length = sound.getnframes() / sound.getframerate()
        player = pj.AudioMediaPlayer()
        player.createPlayer(file, pj.PJMEDIA_FILE_NO_LOOP)
        player.startTransmit(self.call.audio)
        await asyncio.sleep(length)
        self.events.say("spoken", file=file)
        await asyncio.sleep(0.1)  # PJSIP tells the end of a file from a thread of its own

    async def hold(self) -> None:
        self.call.setHold(pj.CallOpParam(True))
        await asyncio.sleep(0.3)
        self.events.say("held")

    async def resume(self) -> None:
        again = pj.CallOpParam(True)
        again.opt.flag = pj.PJSUA_CALL_UNHOLD
        self.call.reinvite(again)
        await asyncio.sleep(0.3)
        self.events.say("resumed")

    async def hangup(self) -> None:
        self.call.hangup(pj.CallOpParam(True))
        await self.call.over.wait()

    async def ended(self) -> None:
        await self.call.over.wait()


async def follow(steps: Steps, script: str) -> None:
    """Does the steps one after another."""
    async for line in lines(script):
        name, *arguments = line.split(maxsplit=1)
        step: Callable[..., Any] = getattr(steps, name)
        await step(*arguments)
        steps.events.say("step", step=line)


async def follow_to_the_end(steps: Steps, script: str) -> None:
    """Does the steps and hangs up, or gives up when the other side has hung up."""
    following = asyncio.create_task(follow(steps, script))
    ending = asyncio.create_task(steps.call.over.wait())
    await asyncio.wait({following, ending}, return_when=asyncio.FIRST_COMPLETED)
    if not following.done():
        await asyncio.sleep(5 * STEP)  # a step that waited for the end may say so
        following.cancel()
    await asyncio.wait({following})
    if not steps.call.over.is_set():
        await steps.hangup()
    ending.cancel()
    if not following.cancelled():
        following.result()


async def lines(script: str) -> AsyncIterator[str]:
    """The steps of a script, or of standard input."""
    if script != "-":
        for step in script.split(";"):
            if step.strip():
                yield step.strip()
        return
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    async for line in reader:
        if line.strip():
            yield line.decode().strip()


async def call(options: argparse.Namespace, events: Events) -> int:
    """The whole call. Returns 0 where it was answered and the script came to its end or the call did."""
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    settings = pj.EpConfig()
    settings.uaConfig.threadCnt = 0
    settings.uaConfig.mainThreadOnly = True
    settings.medConfig.clockRate = settings.medConfig.sndClockRate = 8000
    settings.medConfig.noVad = not options.silence_suppression
    settings.medConfig.ecTailLen = 0
    settings.logConfig.level = settings.logConfig.consoleLevel = options.pjsip_log
    endpoint.libInit(settings)
    endpoint.audDevManager().setNullDev()
    transport = pj.TransportConfig()
    transport.boundAddress = "127.0.0.1"
    kind = pj.PJSIP_TRANSPORT_TCP if options.transport == "tcp" else pj.PJSIP_TRANSPORT_UDP
    endpoint.transportCreate(kind, transport)
    endpoint.libStart()
    for codec in endpoint.codecEnum2():
        wanted = codec.codecId.lower().startswith(options.codec)
        endpoint.codecSetPriority(codec.codecId, 255 if wanted else 0)
    account = pj.Account()
    identity = pj.AccountConfig()
    identity.idUri = options.caller
    identity.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
    identity.mediaConfig.transportConfig.port = random.randrange(20_000, 60_000, 2)
    identity.mediaConfig.transportConfig.portRange = 2_000
    account.create(identity)
    conversation = Conversation(account, events, options)
    events.say("calling", uri=options.uri)
    conversation.makeCall(
        options.uri + (";transport=tcp" if options.transport == "tcp" else ""), pj.CallOpParam(True)
    )
    steps = Steps(conversation, events, options.key_mode)
    pumping = asyncio.create_task(pump(endpoint))
    meter = asyncio.create_task(steps.meter())
    try:
        await conversation.answered.wait()
        answered = not conversation.over.is_set()
        if answered:
            await follow_to_the_end(steps, options.script)
        await meter
    finally:
        pumping.cancel()
        conversation.recorder = conversation.onward = None
        del conversation, steps
        account.shutdown()
        del account
        endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)
    return 0 if answered else 1


async def pump(endpoint: pj.Endpoint) -> None:
    while True:
        endpoint.libHandleEvents(0)
        await asyncio.sleep(STEP)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("uri", help="whom to call, such as sip:1@127.0.0.1:5060")
    parser.add_argument("--script", default="ended", help="what to do once answered; - for standard input")
    parser.add_argument("--record", type=Path, help="WAV file for what is heard")
    parser.add_argument("--key-mode", choices=["rfc4733", "info"], default="rfc4733")
    parser.add_argument("--speak", help="WAV file to say as soon as the call is answered")
    parser.add_argument("--caller", default="sip:5550100@127.0.0.1", help="the From address")
    parser.add_argument("--codec", choices=["pcma", "pcmu"], default="pcma")
    parser.add_argument("--transport", choices=["udp", "tcp"], default="udp")
    parser.add_argument(
        "--silence-suppression", action="store_true", help="send nothing while nothing is said"
    )
    parser.add_argument("--refuse-transfer", action="store_true")
    parser.add_argument("--pjsip-log", type=int, default=0)
    options = parser.parse_args()
    if options.speak:
        options.script = f"speak {options.speak}; {options.script}"
    own = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what PJSIP prints is not an event
    sys.exit(asyncio.run(call(options, Events(own))))


if __name__ == "__main__":
    main()
