"""Telephone events (RFC 4733) that become keys. Pure: what a packet says in, whether it begins a key out.

PJSIP tells each packet of an event that came in order. A key is announced by several packets and ended by
three equal ones, any of which may be lost. One key is told from the next by the time at which its event
began, the RTP timestamp, which every packet of an event repeats (clause 2.2). Some gateways move it on in
each packet, others never; there the durations tell, which begin again with each key.
"""

from __future__ import annotations

from dataclasses import dataclass

WRAP = 1 << 29
"""Milliseconds after which the timestamps of an 8000 Hz clock begin again."""
BLUR = 33
"""Milliseconds by which two timestamps may be wrong against each other: PJSIP may round them to 24 bits."""
LONGEST_SEGMENT = 65_535 // 8
"""Milliseconds that one event can last; a longer key is sent as several events (clause 2.5.1.3)."""


@dataclass(frozen=True, slots=True)
class Packet:
    """What one packet says. begin: its timestamp in ms, modulo `WRAP`; duration: of the event so far, in ms;
    ended: whether the key has been let go."""

    key: str
    begin: int
    duration: int
    ended: bool


class TelephoneEvents:
    """The events of one call, packet by packet."""

    def __init__(self) -> None:
        self._first: Packet | None = None
        self._last: Packet | None = None
        self._right = False
        """Whether two packets of one key, too far apart to be rounded to it, had the same time."""

    def begins(self, packet: Packet) -> bool:
        """Whether the packet is the first of a new key that has arrived."""
        last, self._last = self._last, packet
        if last is None or last.key != packet.key or self._another(last, packet):
            self._first = packet
            return True
        first = self._first or packet
        self._right |= packet.begin == first.begin and packet.duration - first.duration > BLUR
        return False

    def _another(self, last: Packet, packet: Packet) -> bool:
        """Whether two packets of the same digit, one after the other, belong to two keys."""
        later = (packet.begin - last.begin + WRAP // 2) % WRAP - WRAP // 2
        longer = packet.duration - last.duration
        if longer < 0:
            return not _goes_on(last, later)
        if later == 0 or self._right:
            return later != 0
        if last.ended:
            # The three last packets of a gateway that moves the time on stay within the event.
            return not -BLUR <= later < max(last.duration, 1)
        # Such a gateway's timestamps grow as its durations do.
        return later >= last.duration and abs(later - longer) > BLUR


def _goes_on(last: Packet, later: int) -> bool:
    """Whether a duration became less because a long key's next segment has begun."""
    if last.ended or last.duration < LONGEST_SEGMENT // 2:
        return False
    return later == 0 or abs(later - LONGEST_SEGMENT) <= 2 * BLUR
