"""What leaves the terminal in a report holds nobody's data."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.diagnosing.redaction import (
    REDACTED,
    TECHNICAL,
    redacted,
    redacted_lines,
    redacted_text,
    without_users,
)

IDENTITY = "11999919900307102X"
PLANTED = (
    IDENTITY,
    "119999 19900307 102X",
    "119999-1990-0307-102X",
    "6222020200112233445",
    "13800138000",
    "王小明",
    "买买提·吐尔逊",
    "惠民县幸福路1号",
    "li.si@example.org",
    "sip:13800138000@192.0.2.10",
    "Mary Smith",
    "WANG XIAOMING",
    "LI Na",
    "WANG DA",
    "WANG DE FA",
    "Mary  Smith",
    "1990.03.07",
    "7.3.1990",
    "1990/3/7",
    "1990. 3. 7",
    "1234 5678 9012",
)


@pytest.mark.parametrize("private", PLANTED)
@pytest.mark.parametrize("key", ["detail", "reason", "event", "name", "applicant", "full_name", "姓名"])
def test_nothing_planted_comes_through(private: str, key: str) -> None:
    entry = {
        key: private,
        "also": [private, {"deeper": private}],
        "advice": [f"read {private}"],
        "counts": {"detail": private, private: 1},
        private: "yes",
    }
    said = json.dumps(redacted(entry), ensure_ascii=False)
    assert private not in said
    assert private.replace(" ", "").replace("-", "") not in said.replace(" ", "").replace("-", "")


@pytest.mark.parametrize(
    "technical",
    [
        "no answer to DLE EOT 4",
        "Modbus exception 04",
        "refused: 15 AB CD EF",
        "DE FA CE 06",
        "SW1 00 SW2 00 SW3 90",
        "ACS ACR39U ICC Reader 00 00",
        "OMNIKEY CardMan 3121",
        "STX ETX, ACK NAK",
        "SELECT FILE 6A82",
        "another length than was asked for",
        "V1.0 2019.10.12",
        "192.168.100.200",
        "/dev/ttyUSB0",
    ],
)
def test_what_a_helper_needs_stays(technical: str) -> None:
    assert redacted_text(technical) == technical
    assert redacted({"detail": technical}) == {"detail": technical}


def test_who_signs_in_at_an_address_is_not_told() -> None:
    told = without_users("x: 'upsd://admin:s@cret@192.0.2.1/ups' names no supply; see http://example.org/a@b")
    assert told == "x: 'upsd://[redacted]@192.0.2.1/ups' names no supply; see http://example.org/a@b"


def test_numbers_that_are_no_texts_do_not_come_through_either() -> None:
    assert redacted({"count": 13800138000, "seconds": 1.5, "process": 4711, "waiting": True}) == {
        "count": REDACTED,
        "seconds": 1.5,
        "process": 4711,
        "waiting": True,
    }


def test_what_is_technical_stays_readable() -> None:
    entry = {
        "timestamp": "2026-11-22T10:00:00.123456Z",
        "level": "info",
        "event": "card_not_read",
        "device": "identity_card_reader",
        "port": "/dev/serial/by-id/usb-FTDI_FT232R-if00-port0",
        "completion": "invalidData",
        "code": "readFailed",
        "detail": "SW3 41",
        "reason": "No such file or directory",
        "request_id": "ad71280864f67bdd04288ee6871cd123",
        "advice": ["advice.receipt_printer.paperOut"],
        "simulated": False,
        "seconds": 0.25,
        "problem": None,
    }
    assert redacted(entry) == entry


def test_lines_that_are_no_log_are_left_out_and_said_to_be() -> None:
    lines = [
        f"Traceback: {IDENTITY}",
        "",
        '{"event": "ready"}',
        "[1]",
        "[" * 10_000,
        '{"event": "x"' + " " * 70_000,
    ]
    told = [{"event": REDACTED}, {"event": "ready"}, *[{"event": REDACTED}] * 3]
    assert list(redacted_lines(lines)) == told


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(sorted(TECHNICAL)), inner),
    max_leaves=20,
)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.text() | st.sampled_from(sorted(TECHNICAL)), JSON))
def test_any_entry_is_taken_and_no_long_number_or_han_is_left(entry: dict[str, Any]) -> None:
    for said in _strings(redacted(entry)):
        assert redacted_text(said) == said
        assert not any("\u4e00" <= sign <= "\u9fff" for sign in said)


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for one in pair for text in _strings(one)]
    if isinstance(value, list):
        return [text for one in value for text in _strings(one)]
    return [value] if isinstance(value, str) else []
