"""Ratings by telephone: one key, no key, or a few words; and what of it stands in the call record."""

from __future__ import annotations

import asyncio

import pytest
from huimin.v1 import common_pb2, rating_pb2

from backend_client.rating import Satisfaction
from foundation.language import Language
from tests.ivr.cable import Cable
from tests.ivr.conftest import Phone
from tests.ivr.people import IDENTITY, keyed, letter, suffix
from tests.ivr.test_forms import form, send

LETTER = f"2\n2\n1\n1\n{keyed(IDENTITY)}\n1\n1\n1\n"
"""Sends the form of two questions; the reference is being said."""
BUILT = {
    Language.ZH_CN: "请您为刚才的服务打分，评价保密。",
    Language.EN: "Please rate the service you have just had. Ratings are confidential.",
}


async def arrived(phone: Phone, count: int) -> list[tuple[str, int, int]]:
    """Service, level and channel of all ratings, once there are so many."""
    for _ in range(500):
        if len(found := phone.county.ratings()) >= count:
            break
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)  # one too many would come now
    found = phone.county.ratings()
    assert len(found) == count
    return found


@pytest.mark.parametrize("language", Language)
async def test_one_key_rates_what_was_done_and_it_is_asked_once(phone: Phone, language: Language) -> None:
    before = len(phone.county.ratings())
    references = set(phone.county.references())
    heard = await phone.call(f"{LETTER}*\n2\n4\n*\n!", language)
    (reference,) = set(phone.county.references()) - references
    assert heard.said("rating.question") == BUILT[language]
    assert heard.prompts.count("rating.question") == 1
    assert "rating.thanks" in heard.prompts
    at = heard.prompts.index("rating.thanks")
    assert heard.prompts[at + 1 : at + 3] == ["main.menu", "main.person"]
    rated = await arrived(phone, before + 1)
    assert ("services/letter", Satisfaction.SATISFIED.value, common_pb2.CHANNEL_PHONE) in rated
    later = await phone.call(f"3\n{reference}\n{suffix(IDENTITY)}\n*\n!", language)
    assert "rating.question" not in later.prompts  # it was rated, whoever asks


@pytest.mark.parametrize("end", ["*\n!", "#\n!", "~\n!", "!"])
async def test_star_hash_silence_and_hanging_up_rate_nothing(phone: Phone, end: str) -> None:
    before = len(phone.county.ratings())
    heard = await phone.call(f"{LETTER}*\n{end}")
    assert "rating.question" in heard.prompts
    assert "rating.thanks" not in heard.prompts
    await asyncio.sleep(0.2)
    assert len(phone.county.ratings()) == before


async def test_who_types_ahead_is_not_asked(phone: Phone) -> None:
    """A key that was meant for the main menu is no rating."""
    before = len(phone.county.ratings())
    heard = await phone.call(f"{LETTER}* 4\n!")
    assert "rating.question" not in heard.prompts
    assert "notices.count_power_cuts" in heard.prompts
    assert len(phone.county.ratings()) == before


async def test_neither_the_level_nor_its_prompts_stand_in_the_record(phone: Phone) -> None:
    heard = await phone.call(f"{LETTER}*\n5\n*\n!")
    assert "rating.why" in heard.prompts
    assert "rating.thanks_low" in heard.prompts
    assert "rating" in heard.events
    timeline = heard.record["timeline"]
    start = timeline.index(next(entry for entry in timeline if entry.get("event") == "rating"))
    after = [entry for entry in timeline[start + 1 :] if "prompt" in entry or "key" in entry]
    assert after[0]["prompt"] == "main.menu"
    assert "rating." not in str(timeline)


async def test_a_low_rating_may_be_explained_aloud(phone: Phone) -> None:
    before = phone.county.low_ratings().keys()
    heard = await phone.call(f"{LETTER}*\n4\n1\n等了两个小时\n1\n!")
    assert heard.prompts[-1] == "main.person"
    for _ in range(500):
        if new := phone.county.low_ratings().keys() - before:
            break
        await asyncio.sleep(0.02)
    (number,) = new
    service, level, recording = phone.county.low_ratings()[number]
    assert (service, level) == ("services/letter", rating_pb2.SATISFACTION_DISSATISFIED)
    assert phone.county.attachment(recording).startswith(b"RIFF")


async def test_who_hangs_up_while_asked_why_has_rated(phone: Phone) -> None:
    before = len(phone.county.ratings())
    await phone.call(f"{LETTER}*\n5\n!")
    rated = await arrived(phone, before + 1)
    assert rated[-1][1] == Satisfaction.VERY_DISSATISFIED.value


async def test_a_rating_given_without_a_line_arrives_later(weak_phone: Phone, cable: Cable) -> None:
    before = len(weak_phone.county.ratings())
    async with weak_phone.calling() as live:
        live.does(LETTER)
        await live.until("sent.done")
        live.does("*")
        await live.until("rating.keys")
        await cable.pull_out()
        live.does("1")
        await live.until("rating.thanks")
    assert len(weak_phone.county.ratings()) == before
    await cable.plug_in()
    assert (await arrived(weak_phone, before + 1))[-1][1] == Satisfaction.VERY_SATISFIED.value


# Replies.


async def test_a_reply_is_heard_again_and_the_case_opened_once(phone: Phone) -> None:
    reference = await letter(phone, IDENTITY)
    phone.county.reply(reference, "路灯已经修好。\n感谢来信。")
    opened = f"3\n{reference}\n{suffix(IDENTITY)}"
    heard = await phone.call(f"{opened}\n4\n9\n1\n1\n灯还是不亮\n1\n4\n*\n!")
    assert "progress.reply" in heard.prompts
    assert heard.prompts.count("reply.of") == 3
    assert heard.prompts.count("case/reply") == 6
    assert "case opened again" in heard.events
    assert "再次答复" in heard.said("reply.reopened")
    assert "reply.keys" in heard.prompts  # and no offer to open it a second time
    assert phone.county.reopening(reference).startswith(b"RIFF")
    phone.county.reply(reference, "The light was replaced.")
    again = await phone.call(f"{opened}\n4\n1\n*\n!", Language.EN)
    assert again.said("case/reply") == "The light was replaced."
    assert "administrative review" in again.said("reply.once")
    assert "reply.consent" not in again.prompts
    assert "路灯" not in str(heard.record)


async def test_what_was_opened_again_at_a_terminal_is_told_by_phone(phone: Phone) -> None:
    reference = await letter(phone, IDENTITY)
    phone.county.reply(reference, "已办理。")
    session = await phone.client.sign_in_with_reference(reference, IDENTITY[-6:])
    await phone.client.reopen_case(
        session, reference, "reopenings/4c1d9b1e-7d3d-4b58-9d2a-0a8f3d3c2b11", reason="没有修好"
    )
    heard = await phone.call(f"3\n{reference}\n{suffix(IDENTITY)}\n4\n*\n!")
    assert "reply.reopened" in heard.prompts
    assert "reply.keys_reopen" not in heard.prompts


async def test_star_calls_opening_again_off(phone: Phone) -> None:
    reference = await letter(phone, IDENTITY)
    phone.county.reply(reference, "已办理。")
    heard = await phone.call(f"3\n{reference}\n{suffix(IDENTITY)}\n4\n1\n*\n!")
    assert "reply.consent" in heard.prompts
    assert phone.county.reopening(reference) == b""


async def test_public_replies_are_offered_beside_the_notices(phone: Phone) -> None:
    reference, _, _ = await send(phone, form())  # whose caller agrees to publication
    assert "notices.which" not in (await phone.call("4\n*\n!")).prompts
    phone.county.reply(reference, "已办理。")
    phone.county.publish(reference)
    try:
        heard = await phone.call("4\n2\n1\n1\n*\n*\n1\n!")
        assert heard.prompts[4] == "notices.which"
        assert "public.reply" in heard.prompts
        assert "public.only" not in heard.prompts
        assert "notices.count_power_cuts" in heard.prompts
        english = await phone.call("4\n2\n1\n1\n!", Language.EN)
        assert english.said("public.only") == "This reply is in Chinese only."
    finally:
        phone.county.unpublish(reference)
