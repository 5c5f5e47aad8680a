"""Keeps strangers from the ports of a call's sound.

The ports are easily guessed, and PJSIP takes packets from anybody: foreign ones garble the sound and keys,
and after some of them PJSIP even sends its sound to where they came from. So each call's two sockets get a
filter in the kernel: what comes from where the call's SDP says, or from a network that may call, passes.
"""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address

import pjsua2 as pj

from foundation.log import logger
from ivr.sip.build import binding
from ivr.sip.call import Call
from ivr.sip.carrier.guard import SO_ATTACH_FILTER, attach
from ivr.sip.carrier.networks import Network, network, program

LARGEST_INFO = 1 << 13
"""Bytes; ``pjmedia_transport_info`` is some hundreds."""

log = logger("ivr.sip")


class _Sockets(ctypes.Structure):
    """How ``pjmedia_transport_info`` begins (pjmedia/transport.h): two sockets, each with its address."""

    _fields_ = (
        ("rtp", ctypes.c_long),
        ("rtp_address", ctypes.c_uint32 * 7),
        ("rtcp", ctypes.c_long),
        ("rtcp_address", ctypes.c_uint32 * 7),
    )


@lru_cache(maxsize=256)
def _program(allowed: tuple[Network, ...], remote: str) -> bytes:
    """Most calls come from the same few addresses of the carrier's."""
    return program([*allowed, network(str(ip_address(remote)))])


class SoundGuard:
    """Puts filters on calls' sockets."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        """allowed: whose packets pass in every call."""
        self.allowed = tuple(allowed)
        self._library: ctypes.CDLL | None = None

    def guard(self, call: Call) -> None:
        """To be called whenever the call's sound is set up, as its other side may have moved."""
        try:
            remote = call.getStreamInfo(call.medium).remoteRtpAddress.rpartition(":")[0].strip("[]")
            steps = _program(self.allowed, remote)
            for number in self._sockets_of(call.getId(), call.medium):
                with socket.socket(fileno=os.dup(number)) as handle:
                    attach(handle, SO_ATTACH_FILTER, steps)
        except (pj.Error, OSError, ValueError, AttributeError) as error:  # the last: a build that hides it
            log.warning("sound_not_guarded", reason=type(error).__name__)

    def _sockets_of(self, call_id: int, medium: int) -> list[int]:
        """The sockets of the call's sound, as the library has them: the binding does not tell."""
        if self._library is None:
            self._library = binding()
        info = ctypes.create_string_buffer(LARGEST_INFO)
        if self._library.pjsua_call_get_med_transport_info(call_id, medium, info):
            return []
        sockets = _Sockets.from_buffer(info)
        return [int(sockets.rtp), int(sockets.rtcp)]
