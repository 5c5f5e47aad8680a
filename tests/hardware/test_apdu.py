"""APDUs: what is said to a chip card, and how a long or a wrong-length answer is got."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.protocols.apdu import (
    MAX_RESPONSE,
    MAX_ROUNDS,
    ApduError,
    Command,
    Dialogue,
    Response,
    StatusWord,
    exchange,
    get_response,
    read_record,
    read_record_by_tag,
    select_file,
    select_name,
)
from hardware.protocols.service_card import SSSE

SAMPLES = [
    (select_name(SSSE), "00 A4 04 00 0F 73 78 31 2E 73 68 2E C9 E7 BB E1 B1 A3 D5 CF"),
    (select_file(0xEF05), "00 A4 02 00 02 EF 05"),
    (select_file(0xEF06), "00 A4 02 00 02 EF 06"),
    (read_record(7), "00 B2 07 04 00"),
    (read_record_by_tag(0x08), "00 B2 08 00 00"),
    (get_response(30), "00 C0 00 00 1E"),
    (Command(0x00, 0x84, 0x00, 0x00), "00 84 00 00"),
    (Command(0x00, 0xA4, 0x04, 0x00, b"\x01\x02", 256), "00 A4 04 00 02 01 02 00"),
]


@pytest.mark.parametrize(("command", "said"), SAMPLES)
def test_a_command_has_the_bytes_of_the_standard(command: Command, said: str) -> None:
    assert command.encode() == bytes.fromhex(said)
    assert Command.decode(bytes.fromhex(said)) == command


@pytest.mark.parametrize(
    "said", ["", "00 A4 04", "00 A4 04 00 00 01", "00 A4 04 00 05 01 02", "00 A4 04 00 01 01 02 03"]
)
def test_what_is_no_command_is_refused(said: str) -> None:
    with pytest.raises(ApduError):
        Command.decode(bytes.fromhex(said))


@pytest.mark.parametrize(
    "wrong", [{"cla": 256}, {"p2": -1}, {"data": bytes(256)}, {"le": 0}, {"le": 257}], ids=str
)
def test_a_command_that_has_no_short_form_cannot_be_made(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="byte"):
        Command(**{"cla": 0, "ins": 0xA4, "p1": 0, "p2": 0, **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0, 1, MAX_RESPONSE + 1])
def test_a_response_has_its_bounds(size: int) -> None:
    with pytest.raises(ApduError):
        Response.decode(bytes(size))


def test_a_status_that_no_table_has_stays_a_number() -> None:
    response = Response.decode(bytes.fromhex("01 02 93 02"))
    assert (response.status, response.data, response.done) == (0x9302, b"\x01\x02", False)
    assert Response.decode(b"\x6a\x82").status is StatusWord.FILE_NOT_FOUND


def test_neither_a_command_nor_a_response_shows_what_it_holds() -> None:
    assert "secret" not in repr(Command(0, 0xA4, 4, 0, b"secret")) + repr(Response(0x9000, b"secret"))


def run(dialogue: Dialogue[Response], answers: Iterable[str]) -> tuple[Response, list[str]]:
    """Drives a dialogue with a card that answers like this; what came of it, and what was said."""
    said = []
    command = next(dialogue)
    for answer in answers:
        said.append(command.encode().hex(" ").upper())
        try:
            command = dialogue.send(Response.decode(bytes.fromhex(answer)))
        except StopIteration as done:
            return done.value, said
    raise AssertionError("the dialogue does not end")


def test_what_a_card_has_more_is_fetched() -> None:
    response, said = run(exchange(select_file(0xEF05)), ["6103", "AABBCC 6102", "DDEE 9000"])
    assert (response.status, response.data.hex()) == (StatusWord.DONE, "aabbccddee")
    assert said == ["00 A4 02 00 02 EF 05", "00 C0 00 00 03", "00 C0 00 00 02"]


def test_a_length_that_a_card_corrects_is_asked_for_again() -> None:
    response, said = run(exchange(read_record(1)), ["6C02", "AABB 9000"])
    assert response.data.hex() == "aabb"
    assert said == ["00 B2 01 04 00", "00 B2 01 04 02"]
    response, said = run(exchange(read_record(1)), ["6103", "6C02", "AABB 9000"])
    assert (response.data.hex(), said[2]) == ("aabb", "00 C0 00 00 02")


@pytest.mark.parametrize("answer", ["6A82", "6982", "9000", "6283", "0102 9000"])
def test_any_other_answer_is_the_answer(answer: str) -> None:
    response, said = run(exchange(read_record(1)), [answer])
    assert response.encode() == bytes.fromhex(answer)
    assert len(said) == 1


@pytest.mark.parametrize("answers", [["6101"] * (MAX_ROUNDS + 2), ["6C01"] * 3, ["6101"] + ["6C01"] * 3])
def test_a_card_without_an_end_is_given_up(answers: list[str]) -> None:
    with pytest.raises(ApduError):
        run(exchange(read_record(1)), answers)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_the_error(data: bytes) -> None:
    with suppress(ApduError):
        assert Command.decode(data).encode() == data or data[4:5] == b""
    with suppress(ApduError):
        assert Response.decode(data).encode() == data


@given(st.lists(st.binary(min_size=2, max_size=40), min_size=12, max_size=12))
def test_any_card_comes_to_an_end(answers: list[bytes]) -> None:
    with suppress(ApduError):
        run(exchange(read_record(1)), [answer.hex() for answer in answers])
