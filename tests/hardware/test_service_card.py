"""The service card's application, against the program of the simulated card. Nobody has this card."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.protocols import ber_tlv, service_card
from hardware.protocols.apdu import Response
from hardware.protocols.service_card import RID, File, Reason, ServiceCard, ServiceCardError, Tag
from hardware.simulators.service_card import DEMONSTRATION, CardFault, CardProgram, load


def read(answer: Callable[[bytes], bytes]) -> ServiceCard:
    """Drives the dialogue with whatever answers."""
    dialogue = service_card.read()
    command = next(dialogue)
    while True:
        try:
            command = dialogue.send(Response.decode(answer(command.encode())))
        except StopIteration as done:
            card: ServiceCard = done.value
            return card


def records(card: ServiceCard) -> dict[int, bytes]:
    return {
        one.tag: one.value
        for file in service_card.encode(card).values()
        for record in file
        for one in ber_tlv.decode(record)
    }


def changed(tag: Tag, value: bytes) -> ServiceCard:
    return service_card.decode(records(DEMONSTRATION) | {tag: value})


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("by_tag", [False, True])
def test_a_card_says_what_was_written_to_it(by_tag: bool, exact: bool) -> None:
    assert read(CardProgram(DEMONSTRATION, by_tag=by_tag, exact=exact).answer) == DEMONSTRATION


def test_the_records_are_those_of_the_specification() -> None:
    issuer, holder = service_card.encode(DEMONSTRATION, bytes.fromhex("9911014500000000")).values()
    assert issuer[0].hex() == "0110119999" + RID.hex() + "9911014500000000"
    assert issuer[2] == b"\x03\x042.00"
    assert issuer[4].hex() == "050420210601" and issuer[5].hex() == "060420310601"
    assert issuer[6] == b"\x07\x09D12345678"
    assert holder[0] == b"\x08\x1211999919900307102X"
    assert holder[1] == b"\x09\x1e" + "示例·古丽米拉".encode("gb18030").ljust(30, b"\0")
    assert [record[0] for record in holder] == [0x08, 0x09, 0x4E, 0x0A, 0x0B, 0x0C, 0x0D]


def test_a_name_too_long_for_its_record_goes_on_in_the_next_even_in_the_middle_of_a_character() -> None:
    even = "示例·阿卜杜热合曼江·买买提明艾力"
    assert len(even.encode("gb18030")) == 34
    for name in (even, "A" + even, "示例㐀𠀀"):
        card = replace(DEMONSTRATION, holder=name)
        assert read(CardProgram(card).answer).holder == name
    first, rest = service_card.encode(replace(DEMONSTRATION, holder="A" + even))[File.HOLDER][1:3]
    with pytest.raises(UnicodeDecodeError):
        first[2:].decode("gb18030")
    assert rest[2:].rstrip(b"\0")


def test_a_card_that_may_be_somebodys_is_not_simulated(tmp_path: Path) -> None:
    file = tmp_path / "card.toml"
    file.write_text('card_number = "1"\nholder = "A"\nholder_number = "2"\n')
    with pytest.raises(ValueError, match="demonstration"):
        load(file)


def test_a_card_says_nothing_in_its_repr() -> None:
    assert repr(DEMONSTRATION) == "ServiceCard(version='2.00')"


@pytest.mark.parametrize(
    ("fault", "reason", "place"),
    [
        (CardFault.OTHER_CARD, Reason.OTHER_CARD, "SSSE SW 6A82"),
        (CardFault.PROTECTED, Reason.PROTECTED, "EF06 08 SW 6982"),
        (CardFault.GARBAGE, Reason.BROKEN, "EF05 01 tag"),
        (CardFault.WRONG_NUMBER, Reason.CONTENT, "holder_number"),
    ],
)
def test_what_is_wrong_is_named_and_not_shown(fault: CardFault, reason: Reason, place: str) -> None:
    with pytest.raises(ServiceCardError) as raised:
        read(CardProgram(DEMONSTRATION, fault).answer)
    assert (raised.value.reason, raised.value.place) == (reason, place)
    assert DEMONSTRATION.holder_number not in str(raised.value)


@pytest.mark.parametrize("tag", [Tag.CARD_NUMBER, Tag.HOLDER_NUMBER, Tag.NAME])
@pytest.mark.parametrize("value", [b"", bytes(9), b"\xff" * 9, b" " * 9, b"\x01\x02\x03"])
def test_without_number_or_name_a_card_is_not_taken(tag: Tag, value: bytes) -> None:
    with pytest.raises(ServiceCardError) as raised:
        changed(tag, value)
    assert (raised.value.reason, raised.value.place) == (Reason.CONTENT, tag.name.lower())


def test_what_a_card_leaves_blank_or_has_otherwise_is_left_out() -> None:
    card = service_card.decode(
        {tag: value for tag, value in records(DEMONSTRATION).items() if tag in (0x07, 0x08, 0x09)}
    )
    assert card == ServiceCard("D12345678", DEMONSTRATION.holder, "11999919900307102X", "11999919900307102X")
    assert changed(Tag.EXPIRES, b"\xff" * 4).expires is None
    assert changed(Tag.EXPIRES, bytes.fromhex("20310231")).expires is None
    assert changed(Tag.ETHNICITY, b"\xff").ethnicity == ""
    assert changed(Tag.CARD_IDENTIFICATION, b"\xab" * 16).region == ""
    assert changed(Tag.SEX, b"\x01").sex == ""


def test_a_foreigner_has_a_number_and_no_identity_number() -> None:
    card = changed(Tag.HOLDER_NUMBER, b"XXA0000000123456\0\0")
    assert (card.holder_number, card.identity_number) == ("XXA0000000123456", "")


TOO_LONG = [
    replace(DEMONSTRATION, card_number="D" * 10),
    replace(DEMONSTRATION, holder="名" * 26),
    replace(DEMONSTRATION, version="2.000"),
]


@pytest.mark.parametrize("card", TOO_LONG, ids=["card number", "holder", "version"])
def test_what_does_not_fit_its_record_cannot_be_written(card: ServiceCard) -> None:
    with pytest.raises(ServiceCardError):
        service_card.encode(card)


@given(st.lists(st.binary(min_size=2, max_size=60), max_size=60))
def test_whatever_a_card_answers_is_a_card_or_the_error(answers: list[bytes]) -> None:
    left = iter(answers)
    with suppress(ServiceCardError):
        read(lambda _: next(left, b"\x6f\x00"))


@given(st.binary(max_size=60), st.data())
def test_one_wrong_answer_among_right_ones_is_a_card_or_the_error(wrong: bytes, data: st.DataObject) -> None:
    program = CardProgram(DEMONSTRATION)
    at = data.draw(st.integers(0, 18))
    asked = 0

    def answer(command: bytes) -> bytes:
        nonlocal asked
        asked += 1
        return wrong + b"\x90\x00" if asked == at else program.answer(command)

    with suppress(ServiceCardError):
        read(answer)
    assert asked < 60


@given(st.dictionaries(st.sampled_from(Tag), st.binary(max_size=40)))
def test_no_records_raise_anything_but_the_error(found: dict[int, bytes]) -> None:
    with suppress(ServiceCardError):
        service_card.decode(found)


letters = st.characters(codec="gb18030", exclude_categories=("C", "Z"))
digits = st.text("0123456789", min_size=6, max_size=6).filter(lambda text: text.strip("0"))
cards = st.builds(
    ServiceCard,
    card_number=st.text("ABC0123456789", min_size=1, max_size=9),
    holder=st.text(letters, min_size=1, max_size=12),
    holder_number=st.sampled_from(["11010519491231002X", "440524188001010014"]),
    region=digits,
    version=st.sampled_from(["1.00", "2.00", "3.00"]),
    issued=st.one_of(st.none(), st.dates(date(1999, 1, 1))),
    expires=st.one_of(st.none(), st.dates(date(1999, 1, 1))),
    sex=st.sampled_from(["", "1", "2"]),
    ethnicity=st.sampled_from(["", "01", "56", "97"]),
    birthplace=st.one_of(st.just(""), digits),
    birth_date=st.one_of(st.none(), st.dates(date(1900, 1, 1))),
)


@given(cards, st.booleans(), st.booleans())
def test_any_card_that_fits_is_read_as_written(card: ServiceCard, by_tag: bool, exact: bool) -> None:
    written = replace(card, identity_number=card.holder_number)
    assert read(CardProgram(card, by_tag=by_tag, exact=exact).answer) == written


@given(st.binary(max_size=30))
def test_whatever_a_card_is_told_it_answers(said: bytes) -> None:
    answer = Response.decode(CardProgram(DEMONSTRATION).answer(said))
    assert answer.data == b""  # nothing is given away before the application is selected
