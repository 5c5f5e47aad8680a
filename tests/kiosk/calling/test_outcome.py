"""What baresip says, and what it means."""

from __future__ import annotations

import pytest

from kiosk.calling.netstring import MOST_BYTES, BadNetstring, Netstrings, netstring
from kiosk.calling.outcome import CallEvents
from kiosk.calling.settings import HelpCallSettings
from kiosk.calling.telephone import CallState


def _after(*events: tuple[str, str, str]) -> CallState:
    followed = CallEvents()
    for kind, call, reason in events:
        followed.take({"type": kind, "id": call, "param": reason})
    return followed.state


def test_the_end_of_a_call_is_told_by_how_far_it_had_come() -> None:
    rings, talks = ("CALL_RINGING", "1", ""), ("CALL_ESTABLISHED", "1", "")
    assert _after(rings) is CallState.RINGING
    assert _after(("CALL_PROGRESS", "1", "")) is CallState.RINGING
    assert _after(rings, talks, ("CALL_CLOSED", "1", "Connection reset by peer")) is CallState.ENDED
    assert _after(rings, talks, ("CALL_CLOSED", "1", "Connection timed out")) is CallState.LOST
    assert _after(rings, ("CALL_CLOSED", "1", "486 Busy Here")) is CallState.BUSY
    assert _after(("CALL_CLOSED", "1", "600 Busy Everywhere")) is CallState.BUSY
    assert _after(("CALL_CLOSED", "1", "480 Temporarily Unavailable")) is CallState.NO_ANSWER
    assert _after(rings, ("CALL_CLOSED", "1", "500 Server Error")) is CallState.NO_ANSWER
    assert _after(("CALL_CLOSED", "1", "404 Not Found")) is CallState.UNREACHABLE
    assert _after(("CALL_CLOSED", "1", "Connection refused")) is CallState.UNREACHABLE


def test_a_talk_that_is_handed_over_goes_on() -> None:
    talks = ("CALL_ESTABLISHED", "1", "")
    over = (talks, ("CALL_RINGING", "2", ""), ("CALL_CLOSED", "1", ""))
    assert _after(*over) is CallState.TALKING
    assert _after(*over, ("CALL_ESTABLISHED", "2", ""), ("CALL_CLOSED", "2", "")) is CallState.ENDED


def test_messages_come_whole_however_they_are_cut() -> None:
    sent = netstring(b'{"a":1}') + netstring(b"") + netstring("忙".encode())
    for size in range(1, len(sent) + 1):
        taken = Netstrings()
        parts = [taken.take(sent[at : at + size]) for at in range(0, len(sent), size)]
        assert [message for part in parts for message in part] == [b'{"a":1}', b"", "忙".encode()]


@pytest.mark.parametrize("sent", [b"x", b":", b"12x:", b"9999999", b"%d:" % (MOST_BYTES + 1), b"1:ab"])
def test_what_is_no_message_is_refused(sent: bytes) -> None:
    with pytest.raises(BadNetstring):
        Netstrings().take(sent)


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "tel:12345"},
        {"address": "sip:12345"},
        {"address": "sip:1@gateway>;x"},
        {"microphone": "alsa"},
        {"microphone": "alsa,x\nmodule evil.so"},
        {"password": "a;b"},
        {"ringing": 0},
    ],
)
def test_settings_that_baresip_would_misread_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        HelpCallSettings.model_validate(wrong)
