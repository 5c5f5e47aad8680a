"""SIPp, baresip and linphone call through Kamailio and finish each kind of service by keys.

Here each kind is called once, the phones and the languages in turn. ``make phones`` (`HUIMIN_PHONES=all`)
calls every kind with every phone in every language.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from backend_client.client import BackendClient
from backend_client.forms.filling import Filling
from backend_client.submission import Channel, Submission, new_submission_name
from foundation.language import Language
from tests.backend import house as running
from tests.backend.house import Clock
from tests.cashier import cashier
from tests.end_to_end.calls import speak
from tests.end_to_end.kamailio import Kamailio
from tests.end_to_end.outsiders import PHONES, Caller, Flow, can, finish, flows
from tests.end_to_end.test_phone_outsiders import given
from tests.end_to_end.workers import Workers
from tests.ivr.county import SHIPPED, County
from tests.ivr.people import IDENTITY_X, suffix

WORKERS, LINES = 3, 4
AT_ONCE = 5
"""Callers who key at the same time, on two processors."""
WORDS = "请听我说，这是试填的内容。" * 12
ALL = os.environ.get("HUIMIN_PHONES") == "all"


def _calls(persons: list[list[Flow]]) -> Iterator[tuple[str, Flow, Language]]:
    """Who calls for what in which language. persons: what each of them does; one a phone and language."""
    if ALL:
        for (phone, language), kinds in zip(itertools.product(PHONES, Language), persons, strict=True):
            yield from ((phone, flow, language) for flow in kinds if can(phone, flow))
        return
    (kinds,) = persons
    phones, languages = itertools.cycle(PHONES), itertools.cycle(Language)
    for flow in kinds:
        yield next(phone for phone in phones if can(phone, flow)), flow, next(languages)


@pytest.mark.timeout(900 if ALL else 240)
async def test_each_kind_of_service_is_finished_by_keys_through_the_proxy(tmp_path: Path) -> None:
    voice = tmp_path / "voice.wav"
    await speak(WORDS, voice)
    async with (
        cashier(tmp_path) as till,
        running.house(
            tmp_path / "house", SHIPPED, Clock(), payment=till.payment, web_listen="127.0.0.1:0"
        ) as house,
        Workers(tmp_path / "line", WORKERS, backend=house.address, MAX_CALLS=str(LINES)) as line,
        Kamailio(tmp_path / "proxy", line.addresses, LINES) as proxy,
    ):
        for worker in line.addresses:
            await proxy.sees(worker, "AP")
        async with BackendClient(house.address) as client:
            reference = await _letter(client)
            county = County(house.data, SHIPPED)
            await asyncio.to_thread(county.set_case, reference, "in-review", "正在核实。")
            persons = range(len(PHONES) * len(Language) if ALL else 1)
            done = [await flows(client, reference, suffix(IDENTITY_X), person) for person in persons]
        free = asyncio.Semaphore(AT_ONCE)

        async def one(number: int, phone: str, flow: Flow, language: Language) -> None:
            caller = Caller(f"55501{number:02}", tmp_path / f"caller-{number}", voice)
            caller.folder.mkdir()
            async with free:
                await finish(phone, caller, proxy.address, flow, language=language, records=line.records)

        outcomes = await asyncio.gather(
            *(one(number, *call) for number, call in enumerate(_calls(done))), return_exceptions=True
        )
    wrong = [outcome for outcome in outcomes if outcome is not None]
    assert not wrong, "\n".join(str(outcome) for outcome in wrong)


async def _letter(client: BackendClient) -> str:
    """The reference of an application."""
    form = await client.get_form("forms/letter-to-leadership")
    filling = Filling(form, date.today)
    while (field := filling.next_field()) is not None:
        filling.answer(field.id, given(field))
    accepted = await client.create_submission(
        Submission(
            *(new_submission_name(), form, filling.answers, Channel.TERMINAL),
            *(Language.ZH_CN, "test-terminal", datetime.now(UTC)),
        )
    )
    return accepted.reference
