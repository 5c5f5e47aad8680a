"""Policies by the initials of their titles, keyed on the telephone."""

from __future__ import annotations

import pytest

from foundation.language import Language
from tests.ivr.conftest import Phone
from tests.ivr.walking import walking


async def test_the_best_are_offered_by_key_and_read_out(shipped_phone: Phone) -> None:
    heard = await shipped_phone.call("1\n4\n9529#\n1\n*\n!")
    assert heard.said("search.found") == "找到四项。"
    offered = [name for name in heard.prompts if name.startswith("policies/") and name.count("/") == 1]
    assert offered[0] == "policies/critical-illness-insurance"
    assert heard.prompts.count("search.found") == 2, "back from the text are the policies that were found"
    assert "policies/critical-illness-insurance/summary" in heard.prompts


async def test_more_initials_narrow_it_and_back_begins_anew(shipped_phone: Phone) -> None:
    async with walking(shipped_phone) as walk:
        await walk.press("1", "4", "92#")
        assert "search.narrow" in walk.here
        many = walk.here.names
        await walk.press("4")
        assert walk.here.names == ("search.more",)
        await walk.press("923#")
        assert "search.none" in walk.here or walk.here.names != many
        await walk.press("*")
        await walk.press("9559#" if "search.again" in walk.here or "search.question" in walk.here else "*")
        assert not walk.here.over


async def test_english_titles_are_searched_in_english(shipped_phone: Phone) -> None:
    heard = await shipped_phone.call("1\n4\n435#\n!", Language.EN)
    assert "policies/housing-fund-loan" in heard.prompts
    assert "435" in heard.keys.replace("•", ""), "what is searched is public"


async def test_hash_alone_says_where_the_letters_are(shipped_phone: Phone) -> None:
    heard = await shipped_phone.call("1\n4\n#\n9529#\n!")
    assert "search.letters" in heard.prompts
    assert "search.found" in heard.prompts


@pytest.mark.parametrize("keys", ["1#", "01#", "9#"])
async def test_what_is_no_letter_or_too_little_is_explained(shipped_phone: Phone, keys: str) -> None:
    heard = await shipped_phone.call(f"1\n4\n{keys}\n9529#\n!")
    assert "search.wrong" in heard.prompts
    assert "search.found" in heard.prompts


async def test_finding_nothing_three_times_is_a_person(shipped_phone: Phone) -> None:
    heard = await shipped_phone.call("1\n4\n8888888#\n8888888#\n8888888#\n*\n!")
    assert heard.prompts.count("search.none") == 3
    assert "person.because" in heard.prompts


async def test_zero_and_hash_is_a_person(shipped_phone: Phone) -> None:
    heard = await shipped_phone.call("1\n4\n0#\n*\n9529#\n!")
    assert "person asked for" in heard.events
    assert "person.because" not in heard.prompts
    assert "search.found" in heard.prompts
