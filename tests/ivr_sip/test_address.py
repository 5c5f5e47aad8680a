"""Addresses."""

from __future__ import annotations

import pytest

from ivr.sip.address import AddressError, caller, listen_address, sip_address


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("127.0.0.1:5060", ("127.0.0.1", 5060)),
        ("0.0.0.0:0", ("0.0.0.0", 0)),
        ("localhost:5062", ("127.0.0.1", 5062)),
    ],
)
def test_an_address_to_listen_on(text: str, meant: tuple[str, int]) -> None:
    assert listen_address(text) == meant


@pytest.mark.parametrize(
    "text", ["", "5060", "127.0.0.1", "example.org:5060", "127.0.0.1:70000", "[::1]:5060"]
)
def test_another_one_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(AddressError, match=r"127\.0\.0\.1:5060"):
        listen_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "sip:office@192.0.2.10",
        "sip:+8612345@192.0.2.10:5070;transport=tcp",
        "sips:office@hall.example",
        "sip:192.0.2.10",
        " sip:8001@[2001:db8::1]:5060 ",
    ],
)
def test_an_address_to_transfer_to(text: str) -> None:
    assert sip_address(text) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "", "8001", "http://hall.example", "sip:", "sip:a b@hall.example", "sip:a@hall.example>\r\nX: y",
        "<sip:a@hall.example>", "sip:a@hall.example?Replaces=1", "sip:" + "a" * 500 + "@hall.example",
    ],
)  # fmt: skip
def test_what_is_no_sip_address_is_refused(text: str) -> None:
    with pytest.raises(AddressError, match="sip:office@"):
        sip_address(text)


@pytest.mark.parametrize(
    ("header", "number"),
    [
        ("<sip:5550100@192.0.2.1>", "5550100"),
        ('"Somebody <x>" <sip:+865550100@192.0.2.1;user=phone>;tag=1', "+865550100"),
        ("sip:5550100;phone-context=+86@192.0.2.1", "5550100"),
        ("<tel:+86-555-0100;ext=2>", "+86-555-0100"),
        ("<sips:office%20two:secret@hall.example>", "office two"),
        ('"Anonymous" <sip:anonymous@anonymous.invalid>', ""),
        ("<sip:restricted@192.0.2.1>", ""),
        ("<sip:192.0.2.1>", ""),
        ("nonsense", ""),
        ("<sip:%0d%0a%00x@192.0.2.1>", "x"),
    ],
)
def test_who_calls(header: str, number: str) -> None:
    assert caller(header) == number


def test_an_endless_number_is_cut() -> None:
    assert len(caller(f"<sip:{'5' * 5000}@192.0.2.1>")) == 64
