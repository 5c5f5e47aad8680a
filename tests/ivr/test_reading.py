"""Policies, guides and notices, read out."""

from __future__ import annotations

import pytest

from foundation.language import Language
from tests.ivr.conftest import Phone


async def test_a_policy_is_read_out_in_parts(phone: Phone) -> None:
    heard = await phone.call("1\n1\n1\n1\n1\n~\n*\n!")
    start = heard.prompts.index("policies.issued") - 2
    assert heard.prompts[start : start + 11] == [
        "policies/care-1",
        "policies/care-1/number",
        "policies.issued",
        "policies/care-1/summary",
        "reading.keys",
        "policies/care-1/1/heading",
        "policies/care-1/1/text",
        "policies/care-1/2/heading",
        "policies/care-1/2/text",
        "sms.offer",
        "reading.end",
    ]
    assert heard.said("policies.list") == "医疗，有六项政策。"
    assert heard.said("policies/care-1/number") == "惠政发，二〇二五年，一号。"
    assert heard.said("policies.issued") == "惠民县人民政府，二〇二五年三月十九日发布。"
    assert heard.said("policies/care-1/1/text") == "适用于全县居民。每人每年缴费三百八十元。"
    assert heard.said("policies/care-1/2/text") == "请到窗口办理，电话零八七幺，幺二三四，五六七八。"


async def test_a_policy_is_read_out_in_english(phone: Phone) -> None:
    heard = await phone.call("1\n1\n1\n1\n1\n!", Language.EN)
    assert heard.said("policies.list") == "Medical care: six policies."
    assert heard.said("policies/care-1/number") == "惠政发，二〇二五年，一号。"
    assert heard.said("policies.issued") == (
        "Issued by Huimin County Government, the nineteenth of March, twenty twenty-five."
    )
    assert heard.said("policies/care-1/2/text").endswith(
        "zero eight seven one, one two three four, five six seven eight."
    )


async def test_a_part_is_repeated_skipped_and_followed_by_the_next_when_nothing_is_pressed(
    phone: Phone,
) -> None:
    heard = await phone.call("1\n1\n1\n9\n1\n~\n9\n!")
    assert heard.prompts.count("policies/care-1/summary") == 2
    assert heard.prompts.count("policies/care-1/1/text") == 1
    assert heard.prompts.count("policies/care-1/2/text") == 2


async def test_a_policy_without_a_number_is_read_without_one(phone: Phone) -> None:
    heard = await phone.call("1\n1\n2\n!")
    assert "policies/care-2/summary" in heard.prompts
    assert "policies/care-2/number" not in heard.prompts


async def test_back_from_a_policy_leads_to_the_group_of_the_list_it_was_chosen_from(phone: Phone) -> None:
    heard = await phone.call("1\n1\n5\n2\n*\n!")
    after = heard.prompts[heard.prompts.index("policies.issued") :]
    assert after[-4:] == ["policies.list", "policies/care-5", "policies/care-6", "menu.from_the_beginning"]


async def test_the_language_may_change_in_the_middle_of_a_text(phone: Phone) -> None:
    heard = await phone.call("1\n1\n1\n1\n8\n!")
    assert "适用于全县居民" in heard.text
    assert "It applies to all residents." in heard.text


async def test_demonstration_content_is_said_to_be_one_once_a_call(phone: Phone) -> None:
    heard = await phone.call("1\n1\n1\n*\n1\n!")
    assert heard.prompts.count("demonstration") == 1
    heard = await phone.call("1\n1\n2\n!")
    assert "demonstration" not in heard.prompts


async def test_a_phone_with_a_screen_shows_which_policy_it_is(phone: Phone) -> None:
    heard = await phone.call("1\n1\n1\n!")
    assert "(on the phone's screen: 医保办法之一 / 惠政发〔2025〕1号)" in heard.text
    assert "text shown" in heard.events


async def test_after_a_text_silence_means_that_the_caller_is_content(phone: Phone) -> None:
    heard = await phone.call("1\n1\n1\n1\n1\n" + "~\n" * 4)
    assert heard.prompts[-1] == "end.goodbye"
    assert "person.because" not in heard.prompts
    assert "ask.silence" not in heard.prompts


@pytest.mark.parametrize(
    ("language", "materials", "place"),
    [
        (Language.ZH_CN, "二，照片两张。", "办公时间：周一至周五八点半到十七点半"),
        (
            Language.EN,
            "two: Two photographs.",
            "Opening hours: Monday to Friday, eight thirty a.m. to five thirty p.m.",
        ),
    ],
)
async def test_a_guide_is_read_out(phone: Phone, language: Language, materials: str, place: str) -> None:
    heard = await phone.call("2\n3\n1\n1\n1\n1\n1\n!", language)
    place_and_end = ["guide.place", "guide.opening_hours", "guide.phone", "sms.offer", "reading.end"]
    assert heard.prompts[-5:] == place_and_end
    assert materials in heard.text
    assert heard.said("guide.opening_hours") == place
    assert "services/cards/summary" in heard.prompts


async def test_what_has_a_key_of_its_own_is_not_offered_among_the_services(phone: Phone) -> None:
    heard = await phone.call("2\n5\n!")
    assert "services/deeds" in heard.prompts
    assert not {"services/policies", "services/progress", "services/notices"} & set(heard.prompts)


async def test_a_service_with_a_form_offers_form_and_guide(phone: Phone) -> None:
    heard = await phone.call("2\n1\n2\n*\n1\n*\n!")
    assert heard.prompts.count("services.apply_or_guide") == 3
    assert heard.prompts.count("services/everything/summary") == 1, "who comes back hears the keys only"
    assert "guide.eligibility" in heard.prompts
    assert "form.begin" in heard.prompts


async def test_power_cuts_are_read_before_other_notices_and_the_nearest_first(phone: Phone) -> None:
    heard = await phone.call("4\n~\n1\n~\n!")
    titles = [name for name in heard.prompts if name.startswith("notices/") and name.count("/") == 1]
    assert titles == ["notices/cut-sooner", "notices/cut-later", "notices/road", "notices/fair"]
    assert heard.said("notices.count_power_cuts") == "现在有四条公告，其中停电公告两条。"
    assert heard.said("notices.area") == "范围：东村。"
    assert heard.said("notices.period") == "时间：二月四日星期三上午八点到下午五点。"
    assert heard.said("notices.from") == "时间：三月一日星期日上午九点开始。"
    assert heard.prompts[-1] == "notices.keys_last"


async def test_a_notice_can_be_heard_in_full(phone: Phone) -> None:
    heard = await phone.call("4\n2\n1\n*\n!", Language.EN)
    assert "notices/cut-sooner/1/text" in heard.prompts
    assert "notices/cut-sooner/2/text" in heard.prompts
    assert heard.prompts[-2:] != ["notices/cut-sooner", "notices/cut-sooner/summary"]
    assert "notices/cut-later" in heard.prompts
