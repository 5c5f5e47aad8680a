"""The ear of a caller that only signals: a UDP port that takes RTP and keeps what it would sound like."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import numpy.typing as npt
import soundfile

LOUD = 0.01
"""-40 dBFS, RMS."""


class Ear(asyncio.DatagramProtocol):
    """RTP packets (RFC 3550) of G.711 A-law, payload type 8, with the times of their arrival."""

    def __init__(self) -> None:
        self.packets: list[tuple[float, bytes]] = []

    def datagram_received(self, data: bytes, address: object) -> None:
        if len(data) > 12 and data[0] >> 6 == 2 and data[1] & 0x7F == 8:
            self.packets.append((time.time(), data[12:]))

    def first_sound(self) -> float:
        """When the first packet came in which something sounds: seconds since the epoch."""
        return next(at for at, payload in self.packets if np.sqrt(np.mean(samples(payload) ** 2)) > LOUD)

    def samples(self) -> npt.NDArray[np.float32]:
        """All of it, in the order of arrival."""
        return samples(b"".join(payload for _, payload in self.packets))


def samples(payload: bytes) -> npt.NDArray[np.float32]:
    """A-law (ITU-T G.711) as numbers, full scale 1.0."""
    decoded, _ = soundfile.read(
        io.BytesIO(payload), format="RAW", subtype="ALAW", samplerate=8000, channels=1, dtype="float32"
    )
    return np.asarray(decoded, dtype=np.float32)


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[Ear, int]]:
    """An ear and its port."""
    loop = asyncio.get_running_loop()
    transport, ear = await loop.create_datagram_endpoint(Ear, local_addr=("127.0.0.1", 0))
    try:
        yield ear, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()
