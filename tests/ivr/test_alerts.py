"""Alerts in calls: first, in both languages, once, between two prompts, and without a key being lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest_asyncio

from backend_client.alert import Acknowledgement, Alert, AlertNews, AlertText, Change
from foundation.language import Language
from ivr.alerts import said_of
from tests.ivr.conftest import Phone
from tests.kiosk.alert_samples import alert, notice

ZONE = ZoneInfo("Asia/Shanghai")
BEGIN = ["alert.serious", "alerts/rain/headline", "alerts/rain/instruction", "alert.until"]


def fresh(one: Alert) -> Alert:
    return replace(one, expire_time=datetime.now(UTC) + timedelta(hours=1))


RAIN, HEAT = fresh(alert()), fresh(notice())


@pytest_asyncio.fixture
async def warned(phone: Phone) -> AsyncIterator[Phone]:
    """The phone line while a rainstorm is warned of."""
    tell(phone, RAIN)
    yield phone


def tell(phone: Phone, *alerts: Alert) -> None:
    """What the backend would say."""
    phone.door.alerts._take(AlertNews(Change.SNAPSHOT, alerts))


def kinds(phone: Phone) -> list[Acknowledgement]:
    return [what for _, what, _ in phone.door.alerts._waiting]


async def test_a_call_begins_with_the_alert_in_both_languages(warned: Phone) -> None:
    heard = await warned.call("~\n!")
    assert heard.prompts[:8] == BEGIN * 2
    assert heard.prompts[8:10] == ["alert.again"] * 2
    assert heard.prompts[10] == "main.greeting"
    assert "Move" not in heard.text and "move to higher ground at once" in heard.text
    assert "暴雨红色预警" in heard.text
    assert Acknowledgement.SPOKEN in kinds(warned)


async def test_an_english_line_begins_in_english(warned: Phone) -> None:
    heard = await warned.call("~\n!", Language.EN)
    assert heard.text.index("higher ground") < heard.text.index("暴雨红色预警")


async def test_nine_repeats_it_and_another_key_answers_the_menu(warned: Phone) -> None:
    heard = await warned.call("9\n1\n!")
    assert heard.prompts.count("alerts/rain/headline") == 4
    assert heard.prompts.count("main.greeting") == 0, "the key has answered the menu"
    assert any(name.startswith("topics/") for name in heard.prompts)
    assert kinds(warned).count(Acknowledgement.SPOKEN) == 1


async def test_keys_pressed_during_the_alert_wait_and_are_not_lost(warned: Phone) -> None:
    heard = await warned.call("^1\n1\n!")
    assert heard.prompts[:8] == BEGIN * 2, "it is said to its end"
    assert any(name.startswith("policies/") for name in heard.prompts)


async def test_one_that_is_not_serious_is_cut_short_by_a_key_that_counts(phone: Phone) -> None:
    tell(phone, HEAT)
    heard = await phone.call("^1\n!", playing=0.3)
    assert heard.prompts[0] == "alert.public"
    assert "alert.again" not in heard.prompts
    assert any(name.startswith("topics/") for name in heard.prompts)


async def test_what_is_written_in_one_language_is_read_once_and_said_to_be_so() -> None:
    said = said_of([HEAT], tuple(Language), ZONE)
    assert [one.name for one in said].count(f"{HEAT.name}/headline") == 1
    assert [one.name for one in said].count("alert.other_language") == 1
    read = next(one for one in said if one.name.endswith("/headline"))
    assert read.language is Language.EN


async def test_long_instructions_are_cut_at_a_sentence_and_the_worst_come_first() -> None:
    text = AlertText(Language.ZH_CN, "雨", "大雨", "不要出门。" * 100)
    said = said_of([replace(RAIN, zh_cn=text)], (Language.ZH_CN,), ZONE)
    instruction = next(one.text for one in said if one.name.endswith("/instruction"))
    assert len(instruction) <= 120 and instruction.endswith("。")


async def test_a_running_call_is_told_once_and_the_question_asked_again(phone: Phone) -> None:
    async with phone.calling(playing=0.2) as live:
        await live.until("main.person")
        live.does("1")
        await live.until("menu.commands")
        tell(phone, RAIN)
        await live.until("alert.until")
        await live.until("alert.again")
        await live.until("menu.commands")
        live.does("1")
        await asyncio.sleep(0.5)
        tell(phone, RAIN, HEAT)
        await live.until("alert.public")
    prompts = live.heard.prompts
    assert prompts.count("alerts/rain/headline") == 1, "in the language of the call only"
    assert "alert" in live.heard.events


async def test_an_answer_that_was_begun_is_finished_before_the_alert(phone: Phone) -> None:
    async with phone.calling() as live:
        live.does("3")
        await live.until("progress.reference")
        live.does("123456")
        await asyncio.sleep(0.1)
        tell(phone, RAIN)
        live.does("789012")
        await live.until("alerts/rain/headline")
    keys = [entry["key"] for entry in live.heard.record["timeline"] if "key" in entry]
    at = [entry.get("prompt") for entry in live.heard.record["timeline"]]
    assert len(keys) == 13, "every key of the entry was taken"
    first = next(n for n, name in enumerate(at) if name == "alert.serious")
    assert sum("key" in entry for entry in live.heard.record["timeline"][:first]) >= 12


async def test_a_withdrawn_alert_is_not_said_any_more(warned: Phone) -> None:
    tell(warned)
    assert (await warned.call("!")).prompts[0] == "main.greeting"
