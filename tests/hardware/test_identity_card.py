"""The content of an identity card."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.interfaces.identity_card_reader import IdentityCardRecord, Sex
from hardware.protocols.identity_card import (
    TEXT_BYTES,
    Content,
    ContentError,
    Reason,
    check_number,
    decode,
    encode,
    split,
)
from tests.hardware.samples import PERSON

TEXT = encode(PERSON)
OFFSETS = {
    "full_name": (0, 30),
    "sex": (30, 2),
    "ethnicity": (32, 4),
    "birth_date": (36, 16),
    "address": (52, 70),
    "identity_number": (122, 36),
    "issuer": (158, 30),
    "valid_from": (188, 16),
    "valid_to": (204, 16),
}


def text_with(field: str, value: str) -> bytes:
    offset, width = OFFSETS[field]
    encoded = value.encode("utf-16-le")
    encoded += " ".encode("utf-16-le") * ((width - len(encoded)) // 2)
    return TEXT[:offset] + encoded + TEXT[offset + width :]


def test_the_record_is_256_bytes_with_every_field_in_its_place() -> None:
    assert len(TEXT) == TEXT_BYTES
    assert TEXT[0:14].decode("utf-16-le") == "示例·阿依古丽"
    assert TEXT[30:32].decode("utf-16-le") == "2"
    assert TEXT[32:36].decode("utf-16-le") == "02"
    assert TEXT[36:52].decode("utf-16-le") == "19900307"
    assert TEXT[52:80].decode("utf-16-le") == "幸福省惠民市示范区和平路1号"
    assert TEXT[122:158].decode("utf-16-le") == "11999919900307102X"
    assert TEXT[158:176].decode("utf-16-le") == "幸福省惠民市公安局"
    assert TEXT[188:204].decode("utf-16-le") == "20200501"
    assert TEXT[204:220].decode("utf-16-le") == "20400501"
    assert TEXT[220:256].decode("utf-16-le") == " " * 18


def test_what_is_written_is_read() -> None:
    assert decode(Content(TEXT, b"photo")) == replace(PERSON, photo=b"photo")


def test_a_card_without_an_end_is_read() -> None:
    assert decode(Content(text_with("valid_to", "长期"), b"")).valid_to is None


def test_a_record_says_nothing_in_its_repr() -> None:
    assert repr(PERSON) == "IdentityCardRecord()"
    assert "20200501" not in repr(Content(TEXT, b""))


WRONG = [
    ("full_name", "", Reason.TEXT),
    ("full_name", "张\n三", Reason.TEXT),
    ("full_name", "张\x1b三", Reason.TEXT),
    ("sex", "3", Reason.CODE),
    ("sex", "男", Reason.CODE),
    ("ethnicity", "00", Reason.CODE),
    ("ethnicity", "57", Reason.CODE),
    ("ethnicity", "1", Reason.CODE),
    ("birth_date", "19900230", Reason.DATE),
    ("birth_date", "１９９００３０７", Reason.DATE),
    ("birth_date", "1990037", Reason.DATE),
    ("birth_date", "00000101", Reason.DATE),
    ("valid_from", "长期", Reason.DATE),
    ("valid_to", "永久", Reason.DATE),
    ("identity_number", "119999199003071021", Reason.NUMBER),
    ("identity_number", "11999919900307102x", Reason.NUMBER),
    ("identity_number", "1199991990030710", Reason.NUMBER),
    ("identity_number", "1199991990030710２X", Reason.NUMBER),
    ("issuer", "", Reason.TEXT),
]


@pytest.mark.parametrize(("field", "value", "reason"), WRONG)
def test_a_wrong_field_is_named_and_not_shown(field: str, value: str, reason: Reason) -> None:
    with pytest.raises(ContentError) as raised:
        decode(Content(text_with(field, value), b""))
    assert (raised.value.place, raised.value.reason) == (field, reason)
    assert not value or value not in str(raised.value)
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_half_a_character_is_refused() -> None:
    broken = b"\x00\xd8" + TEXT[2:]
    with pytest.raises(ContentError) as raised:
        decode(Content(broken, b""))
    assert raised.value.reason is Reason.TEXT


@pytest.mark.parametrize(
    "number", ["11010519491231002X", "440524188001010014", "34052419800101001X", "370101190102039973"]
)
def test_the_examples_of_the_standard_are_identity_numbers(number: str) -> None:
    assert check_number(number) == number


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
@pytest.mark.parametrize("at", range(18))
def test_one_wrong_digit_is_noticed(number: str, at: int) -> None:
    for other in "0123456789X":
        if other != number[at]:
            with pytest.raises(ContentError):
                check_number(number[:at] + other + number[at + 1 :])


def test_a_number_with_an_impossible_birth_date_is_refused() -> None:
    with pytest.raises(ContentError) as raised:
        check_number("119999199002300011")
    assert (raised.value.place, raised.value.reason) == ("identity_number", Reason.DATE)


@pytest.mark.parametrize("fingerprint", [None, b"", bytes(512), bytes(1024)])
def test_a_reply_is_cut_at_its_own_lengths(fingerprint: bytes | None) -> None:
    content = Content(TEXT, bytes(1024), fingerprint or b"")
    data = content.encode(with_fingerprint=fingerprint is not None)
    assert split(data, with_fingerprint=fingerprint is not None) == content


@pytest.mark.parametrize("size", [256, 300, 1000])
def test_a_record_longer_than_usual_is_read(size: int) -> None:
    data = Content(TEXT.ljust(size, b"\0"), bytes(7)).encode()
    assert decode(split(data)).full_name == PERSON.full_name


@pytest.mark.parametrize("change", [b"", b"\x01", b"\x01\x00\x04\x00", b"\xff\xff\xff\xff" + TEXT])
def test_lengths_that_do_not_add_up_are_refused(change: bytes) -> None:
    with pytest.raises(ContentError) as raised:
        split(change)
    assert raised.value.reason is Reason.LENGTHS


def test_a_record_too_short_is_refused() -> None:
    with pytest.raises(ContentError) as raised:
        decode(split(Content(TEXT[:-2], b"").encode()))
    assert raised.value.reason is Reason.LENGTHS


def test_a_name_too_long_for_the_card_is_refused() -> None:
    with pytest.raises(ContentError) as raised:
        encode(replace(PERSON, full_name="名" * 16))
    assert raised.value.place == "full_name"


@given(st.binary(max_size=2000))
def test_no_content_raises_anything_but_its_error(data: bytes) -> None:
    with suppress(ContentError):
        decode(split(data))


@given(st.binary(min_size=TEXT_BYTES, max_size=TEXT_BYTES))
def test_no_text_raises_anything_but_its_error(text: bytes) -> None:
    with suppress(ContentError):
        decode(Content(text, b""))


letters = st.characters(codec="utf-16-le", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"))


people = st.builds(
    IdentityCardRecord,
    full_name=st.text(letters, min_size=1, max_size=7),
    sex=st.sampled_from(Sex),
    ethnicity=st.sampled_from(["01", "02", "15", "56", "97", "98"]),
    birth_date=st.dates(date(1900, 1, 1)),
    address=st.text(letters, min_size=1, max_size=17),
    identity_number=st.sampled_from(["11010519491231002X", "440524188001010014"]),
    issuer=st.text(letters, min_size=1, max_size=7),
    valid_from=st.dates(date(2000, 1, 1)),
    valid_to=st.one_of(st.none(), st.dates(date(2000, 1, 1))),
    photo=st.binary(max_size=100),
)


@given(people)
def test_any_record_that_fits_is_read_as_written(record: IdentityCardRecord) -> None:
    assert decode(split(Content(encode(record), record.photo).encode())) == record
