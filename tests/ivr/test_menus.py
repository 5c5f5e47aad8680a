"""Greeting, menus, and what every caller can do anywhere."""

from __future__ import annotations

import re

import pytest

from foundation.language import Language
from tests.ivr.conftest import Phone


async def test_the_greeting_is_short_and_offers_english_in_english(phone: Phone) -> None:
    heard = await phone.call("!")
    assert heard.prompts == ["main.greeting", "main.this_language", "main.menu", "main.person"]
    assert heard.said("main.this_language") == "For English, press eight."
    assert heard.said("main.menu").startswith("政策按一，")
    assert len(heard.said("main.greeting")) < 10


async def test_eight_switches_the_language_at_any_menu_and_back(phone: Phone) -> None:
    heard = await phone.call("8\n1\n8\n8\n!")
    assert "For policies, press one;" in heard.text
    assert "Medical care, press one." in heard.text
    assert "医疗，请按一。" in heard.text
    assert heard.record["language"] == "en"
    assert heard.events == ["language en", "language zh_CN", "language en"]


async def test_a_call_may_begin_in_english_and_then_offers_mandarin(phone: Phone) -> None:
    heard = await phone.call("!", Language.EN)
    assert heard.said("main.this_language") == "普通话，请按八。"


@pytest.mark.parametrize("language", Language)
async def test_the_function_is_said_before_its_key(phone: Phone, language: Language) -> None:
    heard = await phone.call("1\n!", language)
    pattern = r"^\S+，请按一。$" if language is Language.ZH_CN else r"^[\w ]+, press one\.$"
    assert re.match(pattern, heard.said("topics/medical-care"))


async def test_no_menu_has_more_than_four_choices_and_a_key_for_the_next(phone: Phone) -> None:
    heard = await phone.call("1\n5\n5\n*\n!")
    assert heard.prompts[4:] == [
        *("policies.topics", "topics/medical-care", "topics/pensions", "topics/farming"),
        *("policies.by_initials", "menu.more", "menu.commands"),
        *("topics/housing", "topics/jobs", "policies.by_initials", "menu.from_the_beginning"),
        *("topics/medical-care", "topics/pensions", "topics/farming"),
        *("policies.by_initials", "menu.more", "menu.commands"),
        *("main.menu", "main.person"),
    ]


async def test_star_goes_back_one_step_through_groups_lists_and_menus(phone: Phone) -> None:
    heard = await phone.call("1\n5\n*\n1\n*\n*\n!")
    assert heard.prompts.count("policies.topics") == 2
    assert heard.prompts.count("topics/medical-care") == 3
    assert heard.prompts[-2:] == ["main.menu", "main.person"]


async def test_nine_and_an_empty_hash_say_a_menu_again(phone: Phone) -> None:
    heard = await phone.call("9\n#\n!")
    assert heard.prompts.count("main.menu") == 3
    assert heard.prompts.count("main.greeting") == 1


async def test_keys_typed_ahead_over_several_menus_reach_their_end_without_the_prompts(phone: Phone) -> None:
    heard = await phone.call("1 5 2 1\n!")
    assert heard.prompts[:4] == ["main.greeting", "main.this_language", "main.menu", "main.person"]
    assert heard.prompts[4] == "policies/jobs-1"
    assert heard.keys == "1521"


async def test_the_key_that_interrupts_a_prompt_counts(phone: Phone) -> None:
    heard = await phone.call("^1\n!", playing=0.2)
    assert "main.menu" in [entry.get("prompt") for entry in heard.record["timeline"]]
    assert "[main.menu]" not in heard.text
    assert "cut short" in heard.events
    assert "policies.topics" in heard.prompts


async def test_silence_is_told_and_the_menu_said_again_shorter(phone: Phone) -> None:
    heard = await phone.call("~\n~\n1\n!")
    assert heard.prompts[4:8] == ["ask.silence", "main.menu_short"] * 2
    assert heard.prompts[8] == "policies.topics"


async def test_three_silences_call_a_person_who_else_takes_a_message_and_say_goodbye(phone: Phone) -> None:
    heard = await phone.call("~\n" * 10)
    assert heard.prompts[8:] == [
        *("person.because", "person.none", "message.offer"),
        *("ask.silence", "message.offer") * 2,
        "end.goodbye",
    ]
    assert heard.record["result"] == "goodbye"
    assert "silent three times" in heard.events


async def test_wrong_keys_are_counted_apart_from_silence(phone: Phone) -> None:
    heard = await phone.call("~\n7\n~\n5\n1\n!")
    assert heard.prompts.count("ask.silence") == 2
    assert heard.prompts.count("ask.wrong_key") == 2
    assert "person.because" not in heard.prompts
    assert "policies.topics" in heard.prompts


async def test_three_wrong_keys_call_a_person_and_the_caller_may_come_back(phone: Phone) -> None:
    heard = await phone.call("7\n7\n5\n*\n1\n!")
    assert "wrong three times" in heard.events
    after = heard.prompts[heard.prompts.index("person.because") :]
    assert after[:6] == [
        *("person.because", "person.none", "message.offer", "person.back"),
        *("main.menu_short", "policies.topics"),
    ]


async def test_what_was_typed_ahead_behind_a_wrong_key_is_dropped(phone: Phone) -> None:
    heard = await phone.call("7 1 1\n1\n!")
    assert heard.keys == "71"
    assert "keys typed ahead dropped" in heard.events


async def test_the_limit_of_a_call_is_announced_and_ends_it_with_a_word(phone: Phone) -> None:
    timing = phone.settings.timing.model_copy(update={"call": 0.4, "warning": 0.3, "first_key": 0.1})
    phone.set(timing=timing)
    heard = await phone.call("9\n9\n~\n~\n~\n~\n~\n~\n~\n~", playing=0.01)
    assert "limit.more" in heard.prompts
    assert heard.prompts[-1] == "end.time_limit"
    assert heard.record["result"] == "time_limit"


async def test_a_caller_who_hangs_up_at_once_leaves_a_record(phone: Phone) -> None:
    heard = await phone.call("")
    assert heard.record["result"] == "hung_up"
    assert heard.record["start"] <= heard.record["answer"] <= heard.record["end"]
