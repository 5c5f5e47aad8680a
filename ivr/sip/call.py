"""PJSIP's call, its callbacks translated into what a line needs to know."""

from __future__ import annotations

import time
from typing import Any, Protocol

import pjsua2 as pj

from ivr.sip.contained import contained
from ivr.sip.keys import info
from ivr.sip.keys.events import WRAP, Packet, TelephoneEvents

_END = 2
"""PJMEDIA_STREAM_DTMF_IS_END: the key has been let go."""


class Listener(Protocol):
    """The owner of a call. Called while the library is pumped, so nothing here may wait."""

    def confirmed(self) -> None:
        """The caller's phone has acknowledged the answer."""

    def audio_changed(self, audio: pj.AudioMedia | None, *, events: bool) -> None:
        """Sound flows both ways through `audio` from now on; None: it does not, as when we are on hold.

        events: whether the phone can send keys as events (RFC 4733); otherwise they may be in the sound.
        """

    def key_pressed(self, key: str, method: int, at: float) -> None:
        """A key, once each time it is pressed; at: seconds of the monotonic clock."""

    def key_held(self, method: int, at: float) -> None:
        """The key that was pressed last in this way still is, or was let go now."""

    def transfer_progressed(self, code: int, final: bool) -> None:
        """What became of a REFER so far, as a SIP status code."""

    def text_arrived(self) -> None:
        """The phone has sent a text in the call."""

    def text_answered(self, code: int) -> None:
        """What became of a MESSAGE, as a SIP status code."""

    def disconnected(self, code: int) -> None:
        """The call has ended. Nothing comes afterwards, and the owner has to let go of it now."""


class Call(pj.Call):
    """Held by its owner alone, never in a local variable across an `await`, and let go in `disconnected`."""

    def __init__(self, account: pj.Account, call_id: int, listener: Listener) -> None:
        super().__init__(account, call_id)
        self.medium = 0
        """Which of the offer's media the sound is: a phone may offer its picture first."""
        self._listener = listener
        self._events = TelephoneEvents()

    @contained
    def onCallState(self, prm: Any) -> None:  # noqa: N802 (PJSIP's name)
        """The library's callback."""
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self._listener.confirmed()
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._listener.disconnected(info.lastStatusCode)

    @contained
    def onCallMediaState(self, prm: Any) -> None:  # noqa: N802
        """The library's callback. A medium is known by its place in the list, its stream by its index in the
        offer: what the build does not know, such as a picture, is not listed."""
        info = self.getInfo()  # which has to outlive its list
        for place, media in enumerate(info.media):
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                self.medium = media.index
                events = self.getStreamInfo(media.index).audRxEventPt >= 0
                self._listener.audio_changed(self.getAudioMedia(place), events=events)
                return
        self._listener.audio_changed(None, events=True)

    @contained
    def onDtmfEvent(self, prm: Any) -> None:  # noqa: N802
        """The library's callback, for each packet of RFC 4733. SIP INFO is read in `onCallTsxState`: the
        library knows only one of its two bodies."""
        if prm.method != pj.PJSUA_DTMF_METHOD_RFC2833:
            return
        packet = Packet(prm.digit, prm.timestamp % WRAP, prm.duration, bool(prm.flags & _END))
        if self._events.begins(packet):
            self._listener.key_pressed(packet.key, prm.method, time.monotonic())
        else:
            self._listener.key_held(prm.method, time.monotonic())

    @contained
    def onCallTsxState(self, prm: Any) -> None:  # noqa: N802
        """The library's callback, for each step of each transaction."""
        event = prm.e.body.tsxState
        if event.type != pj.PJSIP_EVENT_RX_MSG or event.tsx.method != "INFO":
            return
        arrived = event.tsx.role == pj.PJSIP_ROLE_UAS and event.tsx.state == pj.PJSIP_TSX_STATE_TRYING
        if arrived and (key := info.key_of(event.src.rdata.wholeMsg)) is not None:
            self._listener.key_pressed(key, pj.PJSUA_DTMF_METHOD_SIP_INFO, time.monotonic())

    @contained
    def onCallTransferStatus(self, prm: Any) -> None:  # noqa: N802
        """The library's callback."""
        self._listener.transfer_progressed(prm.statusCode, prm.finalNotify)

    @contained
    def onInstantMessage(self, prm: Any) -> None:  # noqa: N802
        """The library's callback."""
        self._listener.text_arrived()

    @contained
    def onInstantMessageStatus(self, prm: Any) -> None:  # noqa: N802
        """The library's callback."""
        self._listener.text_answered(prm.code)
