"""A SIP call as a line: the verbs of `ivr.line`, and nothing of PJSIP beyond them."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import UTC, datetime

import pjsua2 as pj

from foundation.log import logger
from ivr import metrics
from ivr.line import HungUp, Line, Recorded, Utterance
from ivr.pausing import Pauses
from ivr.sip.address import caller, sip_address
from ivr.sip.call import Call
from ivr.sip.hearing import Hearing
from ivr.sip.keys.inband import InBand
from ivr.sip.keys.queue import KeyQueue
from ivr.sip.media import Player, Recorder
from ivr.sip.pieces import pieces_of
from ivr.sip.silencing import without_tones
from ivr.speech.speech import Speech
from speech import sound

BEEP = sound.to_pcm(sound.tone(1000.0, 0.25))
"""What is heard before a recording, as answering machines have taught everyone."""
LISTEN_SECONDS = 0.1
"""How often a recording is judged."""
KEPT_AFTER_SPEECH = 0.4
"""Seconds of a recording that are left after its last word where silence ended it."""
UP_SECONDS = 32.0
"""Timer H of RFC 3261: an answer that nobody acknowledges for so long never will be."""
TEXT_SECONDS = 8.0
TRANSFER_SECONDS = 60.0
"""How long the other side may ring before the caller is asked again."""
HANG_UP_SECONDS = 4.0
IN_BAND = 2
"""The way of sending keys beside PJSIP's 0 for RFC 4733 and 1 for INFO."""

log = logger("ivr.sip")


class SipLine(Line):
    """Owns one call from its arrival to its end, and everything that plays or records in it."""

    def __init__(
        self,
        account: pj.Account,
        pj_id: int,
        speech: Speech,
        ended: Callable[[SipLine], None],
        sound_set_up: Callable[[Call], None],
    ) -> None:
        """ended: called once, after the call has ended and has been let go; sound_set_up: told of the call
        whenever its sound is."""
        self.call_id = uuid.uuid4().hex
        self.start_time = datetime.now(UTC)
        self._speech = speech
        self._ended = ended
        self._sound = sound_set_up
        self._keys = KeyQueue()
        self._unanswered_key: float | None = None
        self._audio: pj.AudioMedia | None = None
        self._player: Player | None = None
        self._recorder: Recorder | None = None
        self._in_band: InBand | None = None
        self._confirmed = asyncio.Event()
        self._audible = asyncio.Event()
        self._over = asyncio.Event()
        self._scopes: set[asyncio.Timeout] = set()
        self._transfer: asyncio.Queue[tuple[int, bool]] = asyncio.Queue()
        self._transfer_accepted = False
        self._text: asyncio.Future[int] | None = None
        self._asks_for_texts = False
        self._call: Call | None = Call(account, pj_id, self)
        info = self._call.getInfo()
        self.caller = caller(info.remoteUri)
        log.info("call_arrived", call_id=self.call_id, sip_call_id=info.callIdString[:128])

    # --- from arrival to the dialogue, and the end: for the endpoint -------

    def answer(self) -> None:
        """Accepts the call."""
        accept = pj.CallOpParam(True)
        accept.statusCode = pj.PJSIP_SC_OK
        self._pj_call().answer(accept)

    def refuse(self, code: int, retry_after: int | None = None) -> None:
        """Ends a call that has not been answered."""
        refusal = pj.CallOpParam(True)
        refusal.statusCode = code
        if retry_after is not None:
            header = pj.SipHeader()
            header.hName, header.hValue = "Retry-After", str(retry_after)
            refusal.txOption.headers = pj.SipHeaderVector([header])
        log.info("call_refused", call_id=self.call_id, code=code)
        self._pj_call().answer(refusal)

    async def up(self) -> bool:
        """Waits until the answer is acknowledged and sound flows; False if it never does. Raises HungUp."""
        async with self._connected():
            try:
                async with asyncio.timeout(UP_SECONDS):
                    await self._confirmed.wait()
                    await self._audible.wait()
            except TimeoutError:
                return False
        return True

    # --- the verbs ----------------------------------------------------------

    async def play(self, utterances: Sequence[Utterance]) -> None:
        """See `Line.play`. Raises SpeechError where there is no sound for a text."""
        async with self._connected(), aclosing(self._speech.sounds(utterances)) as sounds:
            async for pcm in sounds:
                await self._play(pcm)

    async def next_key(self) -> str:
        """See `Line.next_key`."""
        async with self._connected():
            return await self._keys.take()

    def key_waiting(self) -> bool:
        """See `Line.key_waiting`."""
        if self._over.is_set():
            raise HungUp
        return bool(self._keys)

    async def record(self, *, max_seconds: float, silence_seconds: float) -> Recorded:
        """See `Line.record`. Where silence ended it and nobody had spoken, the recording is empty; what was
        recorded before a key is kept as it is, but for the sound of keys."""
        async with self._connected():
            await self._play(BEEP)
        recorder = self._recorder = Recorder()
        pauses, key, silent_from, hung_up = Pauses(), None, None, False
        try:
            try:
                async with self._connected():
                    self._connect()
                    key, silent_from = await self._listen(recorder, pauses, max_seconds, silence_seconds)
            except HungUp:
                hung_up = True
            pcm = await recorder.finish()
        finally:
            self._recorder = None
            recorder.close()
        if silent_from is not None:
            pcm = pcm[: 2 * round(silent_from * sound.RATE)]
        pcm = pauses.kept(pcm[: 2 * round(max_seconds * sound.RATE)], sound.RATE)
        pcm = await asyncio.to_thread(without_tones, pcm)
        return Recorded(sound.wav(pcm), sound.seconds_of(pcm), key, hung_up, pauses.any)

    async def play_back(self, recorded: Recorded) -> None:
        """See `Line.play_back`. It is as loud as the voice of the engine."""
        samples, _ = sound.read(recorded.wav)
        async with self._connected():
            await self._play(sound.to_pcm(sound.levelled(samples)))

    async def play_waiting_tone(self) -> None:
        """See `Line.play_waiting_tone`."""
        async with self._connected():
            while True:
                await self._play(sound.WAITING)

    async def send_text(self, text: str) -> bool:
        """See `Line.send_text`. Nothing is sent to a phone that does not say it takes messages: by RFC 3261
        clause 12.2.1.2 a message that stays without an answer would end the call."""
        async with self._connected():
            taken = self._pj_call().remoteHasCap(pj.PJSIP_H_ALLOW, "", "MESSAGE")
            if taken != pj.PJSIP_DIALOG_CAP_SUPPORTED:
                return False
            for piece in pieces_of(text):
                if not await self._send(piece):
                    return False
            return True

    async def transfer(self, target: str) -> bool:
        """See `Line.transfer`; after True the call has ended here. Raises AddressError."""
        address = sip_address(target)
        self._transfer = asyncio.Queue()
        self._transfer_accepted = False
        try:
            async with self._connected():
                try:
                    self._pj_call().xfer(address, pj.CallOpParam(True))
                    async with asyncio.timeout(TRANSFER_SECONDS):
                        code = await self._transfer_result()
                except (pj.Error, TimeoutError) as error:
                    log.warning("transfer_failed", call_id=self.call_id, reason=type(error).__name__)
                    return False
        except HungUp:
            if not self._transfer_accepted:
                raise
            code = 200  # many exchanges end our leg as soon as they have taken the caller over
        log.info("transfer", call_id=self.call_id, code=code)
        if code >= 300:
            return False
        await self.hang_up()
        return True

    async def hang_up(self) -> None:
        """See `Line.hang_up`."""
        if self._call is not None and not self._over.is_set():
            with suppress(pj.Error):
                self._call.hangup(pj.CallOpParam(True))
            with suppress(TimeoutError):
                async with asyncio.timeout(HANG_UP_SECONDS):
                    await self._over.wait()

    def packets_received(self) -> int | None:
        """Of sound and of its reports (RTP and RTCP); None where no sound is to come, as on hold."""
        if self._call is None or self._audio is None:
            return None
        try:
            received = self._call.getStreamStat(self._call.medium).rtcp.rxStat
        except pj.Error:
            return None
        return int(received.pkt + received.updateCount)

    def abandon(self) -> None:
        """Ends a call whose phone no longer answers, as the library is about to be ended."""
        if not self._over.is_set():
            self.disconnected(pj.PJSIP_SC_REQUEST_TIMEOUT)
        self._let_go()

    # --- what the call tells us, while the library is pumped ----------------

    def confirmed(self) -> None:
        """See `Listener`."""
        self._confirmed.set()

    def audio_changed(self, audio: pj.AudioMedia | None, *, events: bool) -> None:
        """See `Listener`. On hold a player waits, and goes on where it was when the caller is back."""
        self._disconnect()
        self._audio = audio
        if audio is not None:
            self._audible.set()
            self._sound(self._pj_call())
            self._connect()
            self._listen_for_tones(audio, events)

    def key_pressed(self, key: str, method: int, at: float) -> None:
        """See `Listener`."""
        self._keys.press(key, method, at)
        self._unanswered_key = at

    def key_held(self, method: int, at: float) -> None:
        """See `Listener`."""
        self._keys.hold(method, at)

    def transfer_progressed(self, code: int, final: bool) -> None:
        """See `Listener`."""
        self._transfer_accepted = self._transfer_accepted or code < 300
        self._transfer.put_nowait((code, final))

    @property
    def asks_for_texts(self) -> bool:
        """See `Line.asks_for_texts`."""
        return self._asks_for_texts

    def text_arrived(self) -> None:
        """See `Listener`."""
        self._asks_for_texts = True

    def text_answered(self, code: int) -> None:
        """See `Listener`."""
        if self._text and not self._text.done():
            self._text.set_result(code)

    def disconnected(self, code: int) -> None:
        """See `Listener`. Every verb under way ends with HungUp."""
        log.info("call_ended", call_id=self.call_id, code=code)
        self._audio = None
        if self._in_band is not None:
            self._in_band.close()
        self._over.set()
        now = asyncio.get_running_loop().time()
        for scope in self._scopes:
            scope.reschedule(now)
        self._let_go()

    # --- inside --------------------------------------------------------------

    def _let_go(self) -> None:
        """Drops the only reference to PJSIP's call, at once: the next call may get its number before the loop
        runs again, and PJSIP ends whatever call has the number of an object that is destroyed (#3856)."""
        if self._call is not None:
            self._call = None
            self._ended(self)

    def _pj_call(self) -> Call:
        if self._call is None:
            raise HungUp
        return self._call

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[None]:
        """What is waited for inside ends with HungUp as soon as the call does."""
        if self._over.is_set():
            raise HungUp
        hung_up, scope = False, asyncio.timeout(None)
        try:
            async with scope:
                self._scopes.add(scope)
                try:
                    yield
                finally:
                    self._scopes.discard(scope)
        except TimeoutError:
            hung_up = scope.expired()
            if not hung_up:
                raise
        finally:
            # An exception keeps this frame, the scope its task, and the task its exception: without this, the
            # memory of each call would wait for the collector of cycles.
            del scope
        if hung_up:
            raise HungUp

    def _connect(self) -> None:
        """Joins the call's sound with what plays and what records now."""
        if self._audio is None:
            return
        if self._player is not None and self._player.port is not None:
            self._player.port.startTransmit(self._audio)
        if self._recorder is not None and self._recorder.port is not None:
            self._audio.startTransmit(self._recorder.port)

    def _listen_for_tones(self, audio: pj.AudioMedia, events: bool) -> None:
        if events:
            return
        if self._in_band is None:
            log.info("keys_in_band", call_id=self.call_id)
            self._in_band = InBand(
                lambda key: self.key_pressed(key, IN_BAND, time.monotonic()),
                lambda: self.key_held(IN_BAND, time.monotonic()),
            )
        if self._in_band.port is not None:
            audio.startTransmit(self._in_band.port)

    def _disconnect(self) -> None:
        """Parts them again. PJSIP may have removed the call's side already."""
        with suppress(pj.Error):
            if self._audio is not None and self._player is not None and self._player.port is not None:
                self._player.port.stopTransmit(self._audio)
        with suppress(pj.Error):
            if self._audio is not None and self._recorder is not None and self._recorder.port is not None:
                self._audio.stopTransmit(self._recorder.port)
        with suppress(pj.Error):
            if self._audio is not None and self._in_band is not None and self._in_band.port is not None:
                self._audio.stopTransmit(self._in_band.port)

    async def _play(self, pcm: bytes) -> None:
        player = self._player = Player(pcm)
        try:
            self._connect()
            if self._unanswered_key is not None:
                metrics.KEY_TO_SOUND.observe(time.monotonic() - self._unanswered_key)
                self._unanswered_key = None
            await player.played()
        finally:
            self._player = None
            player.stop()

    async def _listen(
        self, recorder: Recorder, pauses: Pauses, max_seconds: float, silence_seconds: float
    ) -> tuple[str | None, float | None]:
        """Returns the key that ended it, and where in the recording the silence began that did."""
        clock = asyncio.get_running_loop().time
        hearing, heard, begin = Hearing(), 0, clock()
        spoke = begin
        while clock() - begin < max_seconds:
            with suppress(TimeoutError):
                async with asyncio.timeout(LISTEN_SECONDS):
                    key = await self._keys.take()
                    if pauses.press(key, clock() - begin):
                        return key, None
                    continue
            if (asked := pauses.look(clock() - begin)) is not None:
                return asked, None
            pcm = recorder.written(heard)
            before, heard = hearing.last_speech, heard + len(pcm)
            hearing.hear(pcm)
            if hearing.last_speech != before or pauses.paused:
                spoke = clock()
            if clock() - spoke > silence_seconds:
                spoken = hearing.last_speech
                return None, 0.0 if spoken is None else spoken + KEPT_AFTER_SPEECH
        return None, None

    async def _send(self, text: str) -> bool:
        message = pj.SendInstantMessageParam()
        message.contentType = "text/plain;charset=utf-8"
        message.content = text
        self._text = asyncio.get_running_loop().create_future()
        try:
            self._pj_call().sendInstantMessage(message)
            async with asyncio.timeout(TEXT_SECONDS):
                code = await self._text
        except (pj.Error, TimeoutError) as error:
            log.warning("text_failed", call_id=self.call_id, reason=type(error).__name__)
            return False
        return code < 300

    async def _transfer_result(self) -> int:
        while True:
            code, final = await self._transfer.get()
            if final or code >= 300:
                return code
