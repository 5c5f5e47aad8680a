"""What is told of the machine: addresses, the version, a tone on one side, the log's latest lines."""

from __future__ import annotations

import json
import logging
from array import array
from datetime import UTC, datetime

import pytest

from kiosk.hearing import LEVELS
from kiosk.speaking.note import RATE
from kiosk.technician.log_tail import LINES, LONGEST, log_tail
from kiosk.technician.network import own_addresses, parse_addresses
from kiosk.technician.sound import SECONDS, tone
from kiosk.technician.version import Update, Updates, Version

SAID = [
    {"ifname": "lo", "flags": ["LOOPBACK", "UP"], "addr_info": [{"local": "127.0.0.1", "prefixlen": 8}]},
    {
        "ifname": "eth0",
        "flags": ["BROADCAST", "UP"],
        "addr_info": [{"local": "192.0.2.17", "prefixlen": 24}, {"local": "2001:db8::17", "prefixlen": 64}],
    },
    {"ifname": "eth1", "flags": ["UP"], "addr_info": []},
]


def test_addresses_are_those_of_the_outside() -> None:
    assert parse_addresses(json.dumps(SAID).encode()) == {"eth0": ("192.0.2.17/24", "2001:db8::17/64")}


@pytest.mark.parametrize("said", [b"", b"{}", b"null", b"ip: unknown option"])
def test_what_is_no_answer_is_told_from_one(said: bytes) -> None:
    with pytest.raises(ValueError):
        parse_addresses(said)


async def test_this_machine_is_asked() -> None:
    found = await own_addresses()
    assert found is None or all("/" in one for own in found.values() for one in own)


def test_a_restart_is_pending_once_something_else_is_installed() -> None:
    now = Updates().look()
    assert now.running.package and not now.pending
    other = Update(now.running, Version("99.0", now.running.commit), datetime.now(UTC), machine=False)
    assert other.pending


@pytest.mark.parametrize("left", [True, False])
def test_a_tone_is_heard_on_one_side_alone_and_as_loud_as_was_set(left: bool) -> None:
    loud, soft = (array("h", tone(left=left, volume=volume)) for volume in (LEVELS, 1))
    assert len(loud) == 2 * round(RATE * SECONDS)
    heard, silent = (0, 1) if left else (1, 0)
    assert not any(loud[silent::2])
    assert max(loud[heard::2]) > 20_000 > max(soft[heard::2]) > 100
    assert abs(loud[heard]) < 100, "it begins without a click"


def test_the_latest_lines_are_kept_as_they_were_written_and_no_more() -> None:
    log = logging.getLogger("huimin.test")
    with log_tail() as tail:
        log.warning("x" * (LONGEST + 1))
        for number in range(LINES + 5):
            log.warning("%s", number)
    log.warning("after")
    assert len(tail.lines) == LINES
    assert tail.lines[0].endswith("5") and tail.lines[-1].endswith(str(LINES + 4))
