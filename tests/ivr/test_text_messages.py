"""Results by SMS: offered by key at the end of each, agreed to, and seen where the provider is a file."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from backend.settings import PACKAGED
from foundation.language import Language
from ivr.dialogue.services import offered
from tests.backend import house as running
from tests.backend.house import Clock, House
from tests.backend.sample import resident
from tests.ivr import test_appointment, test_document
from tests.ivr.cable import Cable
from tests.ivr.calling import FAST, Heard
from tests.ivr.conftest import Live, Phone
from tests.ivr.county import County
from tests.ivr.people import suffix
from tests.ivr.test_shipped_content import way_to

pytestmark = pytest.mark.asyncio(loop_scope="module")

LANGUAGES = pytest.mark.parametrize("language", Language)
MONDAY = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
"""Ten o'clock in the county."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The demonstration content on a Monday morning."""
    data = tmp_path_factory.mktemp("house") / "data"
    async with running.house(data, PACKAGED, Clock(MONDAY)) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def line(house: House, tmp_path: Path) -> AsyncIterator[Phone]:
    """The phone line of that county."""
    made = Phone(County(house.data, PACKAGED), tmp_path / "phone", house.address)
    made.set(timing=FAST.model_copy(update={"first_key": 20.0}))
    await made.open()
    yield made
    await made.close()


def mobile(number: int, language: Language) -> str:
    """Another one for each test: a number gets so many a day."""
    return f"13900006{number}{'1' if language is Language.EN else '0'}{'0'}"


async def keyed_in(live: Live, number: str) -> None:
    """Wants the message, keys a number and confirms it."""
    live.does("7")
    await live.until("sms.which_number")
    live.does(f"{number}\n1")
    await live.until("sms.sent")


def agreed(heard: Heard, number: str) -> None:
    """What the record and the transcript say of a message that was sent."""
    assert heard.prompts.count("sms.offer") == 1
    assert heard.events.index("text message agreed to") < heard.events.index("text message sent")
    assert number not in json.dumps(heard.record)
    assert "confirm.entered" in heard.prompts


async def service_of(line: Phone, kind: str, name: str) -> str:
    """The keys from the main menu to a service."""
    groups = offered((await line.client.list_services(page_size=200)).items)
    names = [one.name for one in groups[kind]]
    return f"2\n{way_to(list(groups).index(kind))}\n{way_to(names.index(name))}"


@LANGUAGES
async def test_a_booking_and_its_progress_are_sent_without_a_name(
    line: Phone, house: House, language: Language
) -> None:
    identity = resident(610 + (language is Language.EN))
    number = mobile(1, language)
    before = set(line.county.references())
    async with line.calling(language) as live:
        live.does(f"{await test_appointment.way(line)}\n1\n{test_appointment.answers(identity)}\n2\n1\n1\n1")
        await live.until("sms.offer")
        await keyed_in(live, number)
        live.does("7")  # it was sent
        await live.until("ask.wrong_key")
    agreed(live.heard, number)
    (reference,) = set(line.county.references()) - before
    booked = await test_document.sent_to(number, house)
    assert booked["language"] == language.value
    assert "您已预约" in booked["text"] or "Your appointment is at" in booked["text"]
    assert f"{reference[:4]}-{reference[4:8]}-{reference[8:]}" in booked["text"]
    assert ("2026年12月" in booked["text"]) is (language is Language.ZH_CN)
    number = mobile(2, language)
    async with line.calling(language) as live:
        live.does(f"3 {reference} {suffix(identity)}")
        await live.until("sms.offer")
        await keyed_in(live, number)
    agreed(live.heard, number)
    told = await test_document.sent_to(number, house)
    assert "您预约了" in told["text"] or "You have an appointment at" in told["text"]
    for text in (booked["text"], told["text"]):
        assert "示范" not in text and identity[-6:] not in text
    assert reference[-4:] in told["text"] and reference[:4] not in told["text"]


@LANGUAGES
async def test_a_record_is_sent_from_the_callers_own_number_once_it_is_confirmed(
    line: Phone, house: House, language: Language
) -> None:
    number = mobile(3, language)
    way = await service_of(line, "look_up", "services/traffic-violations")
    async with line.calling(language, caller=f"sip:{number}@127.0.0.1") as live:
        live.does(f"{way}\n1\n0101#\n1\n2468\n1")
        await live.until("lookup.anew_or_back")
        live.does("7")
        await live.until("sms.own_number")
        live.does("1")
        await live.until("sms.sent")
        live.does("2")
        await live.until("lookup.number")
    heard = live.heard
    assert "text message agreed to" in heard.events and "text message sent" in heard.events
    text = (await test_document.sent_to(number, house))["text"]
    assert "*T101" in text and "云A" not in text
    assert ("闯红灯" in text) is (language is Language.ZH_CN)
    assert "passing a red light" in text or language is Language.ZH_CN


@LANGUAGES
async def test_guides_and_policies_are_sent_at_their_end(
    line: Phone, house: House, language: Language
) -> None:
    guide = f"{await test_appointment.way(line)}\n2"
    policy = "1\n1\n1"  # the parts follow by themselves
    parts = [("办理地点", "全文可在"), ("Telephone: ", "The whole text")][language is Language.EN]
    for number, way, part in (
        (mobile(4, language), guide, parts[0]),
        (mobile(5, language), policy, parts[1]),
    ):
        async with line.calling(language) as live:
            live.does(way)
            await live.until("sms.offer")
            await keyed_in(live, number)
        agreed(live.heard, number)
        assert part in (await test_document.sent_to(number, house))["text"]


async def test_what_is_not_sent_is_not_offered(line: Phone) -> None:
    way = await service_of(line, "look_up", "services/business-registration")
    heard = await line.call(f"{way}\n1\n539999000000101#\n1\n!")
    assert "lookup.details" in heard.prompts and "sms.offer" not in heard.prompts


async def test_who_reads_along_has_it_already(line: Phone) -> None:
    async with line.calling() as live:
        live.does("6\n1\n1\n1")
        await live.until("reading.end")
        live.does("7")
        await live.until("ask.wrong_key")
    assert "sms.offer" not in live.heard.prompts


async def test_who_got_enough_hears_so_and_goes_on(line: Phone, house: House) -> None:
    number = "13900006990"
    way = f"{await test_appointment.way(line)}\n2"
    for _ in range(5):
        async with line.calling() as live:
            live.does(way)
            await live.until("sms.offer")
            await keyed_in(live, number)
    async with line.calling() as live:
        live.does(way)
        await live.until("sms.offer")
        live.does("7")
        await live.until("sms.which_number")
        live.does(f"{number}\n1")
        await live.until("error.TOO_MANY_TEXTS")
        live.does("9")
        await live.until("sms.offer")
    assert "text message sent" not in live.heard.events


async def test_while_the_backend_is_away_it_is_said_and_tried_again_by_key(
    house: House, tmp_path: Path
) -> None:
    cable, number = Cable(house.address), "13900006980"
    await cable.plug_in()
    line = Phone(County(house.data, PACKAGED), tmp_path / "phone", cable.address)
    line.set(timing=FAST.model_copy(update={"first_key": 20.0, "please_wait": 20.0}))
    await line.open()
    try:
        async with line.calling() as live:
            live.does(f"{await test_appointment.way(line)}\n2")
            await live.until("sms.offer")
            await cable.pull_out()
            live.does(f"7\n{number}\n1")
            await live.until("backend.retry")
            await cable.plug_in()
            live.does("1")
            await live.until("sms.sent")
    finally:
        await line.close()
        await cable.pull_out()
    assert "办理地点" in (await test_document.sent_to(number, house))["text"]
