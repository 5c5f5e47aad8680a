"""How far an application has come."""

from __future__ import annotations

import pytest

from foundation.language import Language
from tests.ivr.conftest import Phone
from tests.ivr.people import IDENTITY, IDENTITY_X, keyed, letter, suffix


@pytest.mark.parametrize("language", Language)
async def test_a_reference_and_the_last_six_open_a_case(phone: Phone, language: Language) -> None:
    reference = await letter(phone, IDENTITY)
    phone.county.set_case(reference, "needs-material", "请补交身份证复印件2份。")
    heard = await phone.call(f"3\n{reference}\n{suffix(IDENTITY)}\n2\n9\n*\n*\n!", language)
    said = {
        Language.ZH_CN: "现在的进度是：需要补充材料。",
        Language.EN: "The state is: more material is needed, since the ",
    }
    assert heard.said("progress.now").startswith(said[language])
    assert heard.said("case/note") == "请补交身份证复印件两份。"
    assert heard.prompts.count("progress.state") == 2
    assert heard.prompts[-1] == "main.person"


async def test_x_in_the_last_place_is_keyed_as_star(phone: Phone) -> None:
    reference = await letter(phone, IDENTITY_X)
    assert suffix(IDENTITY_X).endswith("*")
    heard = await phone.call(f"3\n{reference}\n{suffix(IDENTITY_X)}\n!")
    assert "case received" in heard.events


async def test_the_whole_query_may_be_typed_ahead(phone: Phone) -> None:
    reference = await letter(phone, IDENTITY)
    heard = await phone.call(f"3 {reference} {suffix(IDENTITY)}\n!")
    assert heard.prompts[4:6] == ["forms/letter", "progress.now"]


async def test_neither_reference_nor_identity_number_stands_in_the_record(phone: Phone) -> None:
    reference = await letter(phone, IDENTITY)
    heard = await phone.call(f"3\n{reference}\n{suffix(IDENTITY)}\n!")
    assert heard.keys == "3" + "•" * 18
    assert reference not in str(heard.record)


async def test_a_reference_with_a_wrong_digit_is_told_at_once_and_can_be_entered_again(phone: Phone) -> None:
    reference = await letter(phone, IDENTITY)
    wrong = str((int(reference[0]) + 1) % 10) + reference[1:]
    heard = await phone.call(f"3\n{wrong}\n{reference[:5]}#\n{reference}\n{suffix(IDENTITY)}\n!")
    assert heard.said("reference.WRONG_CHECK_DIGIT").startswith("办件编号中有数字不对。")
    assert heard.said("reference.TOO_SHORT").endswith("您输入了五位。")
    assert "progress.now" in heard.prompts


async def test_a_wrong_identity_number_opens_nothing_and_both_are_asked_again(phone: Phone) -> None:
    reference = await letter(phone, IDENTITY)
    heard = await phone.call(f"3\n{reference}\n123456\n{reference}\n{suffix(IDENTITY)}\n!")
    assert "error.CREDENTIAL_WRONG" in heard.prompts
    assert heard.prompts.count("progress.reference") == 2
    assert "progress.now" in heard.prompts


async def test_after_five_wrong_tries_the_caller_is_told_when_to_come_back(phone: Phone) -> None:
    reference = await letter(phone, IDENTITY)
    heard = await phone.call("3\n" + f"{reference}\n123456\n" * 6 + "!")
    assert heard.prompts.count("error.CREDENTIAL_WRONG") == 5
    assert "输错的次数太多" in heard.said("error.TOO_MANY_TRIES")
    assert heard.prompts[-1] == "main.person"


async def test_five_digits_and_a_pause_are_no_identity_suffix(phone: Phone) -> None:
    reference = await letter(phone, IDENTITY)
    heard = await phone.call(f"3\n{reference}\n12345\n~\n{suffix(IDENTITY)}\n!")
    assert "suffix.NOT_AN_IDENTITY_NUMBER" in heard.prompts
    assert "progress.now" in heard.prompts


async def test_star_goes_from_the_suffix_to_the_reference_and_out(phone: Phone) -> None:
    reference = await letter(phone, IDENTITY)
    heard = await phone.call(f"3\n{reference}\n*\n*\n!")
    assert heard.prompts[4:] == [
        "progress.reference", "progress.suffix", "progress.only_payment", "progress.reference",
        "main.menu", "main.person",
    ]  # fmt: skip


async def test_another_reference_can_be_asked_for(phone: Phone) -> None:
    first, second = await letter(phone, IDENTITY), await letter(phone, IDENTITY_X)
    heard = await phone.call(f"3\n{first}\n{suffix(IDENTITY)}\n1\n{second}\n{suffix(IDENTITY_X)}\n!")
    assert heard.prompts.count("progress.now") == 2


def test_keys_of_an_identity_number() -> None:
    assert keyed("53010019500101102X") == "53010019500101102*"
