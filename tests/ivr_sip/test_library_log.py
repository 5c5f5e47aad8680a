"""PJSIP's messages in our log."""

from __future__ import annotations

import pjsua2 as pj
import pytest

from ivr.sip.library_log import MOST_CHARACTERS, MOST_LINES, LibraryLog, masked


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("Call 0: BYE sip:5550100@192.0.2.1:5060", "Call 0: BYE sip:•@192.0.2.1:5060"),
        ('From: "Somebody" <sips:+865550100;x=1@h>', 'From: "•" <sips:•@h>'),
        ("to tel:+86-555-0100;ext=2 now", "to tel:•;ext=2 now"),
        ("number +8655501000000 dialled", "number • dialled"),
        ("RTP from 192.0.2.1:16384, status=70012", "RTP from 192.0.2.1:16384, status=70012"),
        ("two\r\nlines", "two lines"),
    ],
)
def test_nobody_can_be_told_from_it(message: str, kept: str) -> None:
    assert masked(message) == kept


def test_a_message_is_cut() -> None:
    assert len(masked("x" * 10_000)) == MOST_CHARACTERS


def test_a_flood_of_lines_does_not_fill_the_disk(capfd: pytest.CaptureFixture[str]) -> None:
    writer = LibraryLog()
    entry = pj.LogEntry()
    entry.level = 2
    for number in range(500):
        entry.msg = f"wrong packet {number}"
        writer.write(entry)
    assert "".join(capfd.readouterr()).count("wrong packet") == MOST_LINES
