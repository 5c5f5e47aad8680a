"""A backend that goes away while somebody is on the line: told, tried again with a key, nothing lost."""

from __future__ import annotations

import asyncio
import io
import re
import wave
from datetime import datetime
from pathlib import Path

import pytest

from backend_client.cache import ReadCache
from backend_client.client import BackendClient
from backend_client.errors import Unreachable
from backend_client.queue.outbox import Bounds
from backend_client.submission import Accepted
from foundation.language import Language
from ivr.settings import Timing
from tests.ivr.cable import Cable
from tests.ivr.conftest import Phone
from tests.ivr.county import County
from tests.ivr.heard import english_digits, mandarin_integer
from tests.ivr.people import IDENTITY, letter, suffix
from tests.ivr.test_forms import answers, form

LETTER = f"2\n2\n1\n1\n{IDENTITY}\n1\n1"
"""The form of two questions, up to the moment of sending."""


async def test_wherever_the_backend_is_missed_the_caller_may_try_again(
    weak_phone: Phone, cable: Cable
) -> None:
    weak_phone.set(timing=Timing())
    async with weak_phone.calling() as live:
        await cable.pull_out()
        live.does("1")
        await live.until("backend.retry")
        live.does("1")
        await live.until("backend.retry")
        await cable.plug_in()
        await weak_phone.client.until_back()
        live.does("1")
        await live.until("policies.topics")
        await cable.pull_out()
        live.does("1\n*\n*\n2\n*\n4")
        await live.until("main.person")
        await live.until("main.person")
        await live.until("backend.retry")
        await cable.plug_in()
        await weak_phone.client.until_back()
        live.does("1")
        await live.until("notices/cut-sooner")
    heard = live.heard
    assert heard.said("error.BACKEND_UNREACHABLE") == "现在连接不上服务系统，请过一两分钟再试一次。"
    assert heard.record["result"] == "hung_up"


async def test_without_a_line_the_caller_has_the_reference_and_the_office_gets_it_later(
    weak_phone: Phone, cable: Cable
) -> None:
    before = set(weak_phone.county.references())
    async with weak_phone.calling(Language.EN) as live:
        live.does(LETTER)
        await live.until("summary.keys")
        await cable.pull_out()
        live.does("1")
        await live.until("sent.keys")
    assert set(weak_phone.county.references()) == before
    await cable.plug_in()
    await weak_phone.delivered()
    (reference,) = set(weak_phone.county.references()) - before
    assert answers(weak_phone.county.submission(reference))["identity_number"] == IDENTITY
    said = live.heard.said("sent.reference").removeprefix("Your reference is: ").rstrip(".")
    assert english_digits(said) == reference
    assert "sent.kept" in live.heard.prompts
    assert "submission kept" in live.heard.events


async def test_a_spoken_answer_waits_with_its_form(weak_phone: Phone, cable: Cable) -> None:
    before = set(weak_phone.county.references())
    filled = form(end="")
    async with weak_phone.calling() as live:
        live.does(filled)
        await live.until("summary.keys")
        await cable.pull_out()
        live.does("1")
        await live.until("sent.keys")
    assert "sent.kept" in live.heard.prompts
    await cable.plug_in()
    await weak_phone.delivered()
    (reference,) = set(weak_phone.county.references()) - before
    spoken = str(answers(weak_phone.county.submission(reference))["full_name"])
    with wave.open(io.BytesIO(weak_phone.county.attachment(spoken))) as file:
        assert file.getnframes() >= 4000


async def test_what_was_read_before_is_told_with_its_age_once_a_topic(
    county: County, cable: Cable, tmp_path: Path
) -> None:
    phone = Phone(county, tmp_path / "phone", cable.address)
    await phone.open(cache=ReadCache())
    try:
        fresh = await phone.call("1\n1\n1\n*\n*\n*\n4\n!")
        assert "age" not in fresh.prompts
        await cable.pull_out()
        old = await phone.call("1\n1\n1\n*\n*\n*\n4\n!")
    finally:
        await phone.close()
    assert [prompt for prompt in old.prompts if prompt != "age"] == fresh.prompts
    assert old.prompts.count("age") == 2
    today = datetime.now(phone.settings.time_zone).date()
    said = re.search("(..?)月(.+?)日", old.said("age").partition("下面是")[2])
    assert said is not None
    assert (mandarin_integer(said[1]), mandarin_integer(said[2])) == (today.month, today.day)


async def test_a_query_keeps_what_was_keyed_while_the_backend_is_away(
    weak_phone: Phone, cable: Cable
) -> None:
    reference = await letter(weak_phone, IDENTITY)
    weak_phone.set(timing=Timing())
    async with weak_phone.calling() as live:
        live.does(f"3\n{reference}")
        await live.until("progress.suffix")
        await cable.pull_out()
        live.does(suffix(IDENTITY))
        await live.until("backend.retry")
        await cable.plug_in()
        await weak_phone.client.until_back()
        live.does("1")
        await live.until("progress.now")
    assert live.heard.prompts.count("progress.reference") == 1
    assert "申请现在仍然可以提交" in live.heard.said("error.NEEDS_CONNECTION")


async def test_an_answer_that_is_lost_on_the_way_back_doubles_nothing(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The backend has taken the form, but the line was cut before it could say so."""
    sent: list[bytes] = []
    really = BackendClient.create_encoded_submission

    async def cut(self: BackendClient, encoded: bytes, *, deferred: bool) -> Accepted:
        accepted = await really(self, encoded, deferred=deferred)
        sent.append(encoded)
        if len(sent) == 1:
            raise Unreachable("BACKEND_UNREACHABLE")
        return accepted

    monkeypatch.setattr(BackendClient, "create_encoded_submission", cut)
    before = phone.county.references()
    heard = await phone.call(f"{LETTER}\n1\n!")
    assert "sent.reference" in heard.prompts
    await phone.delivered()
    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert len(phone.county.references()) == len(before) + 1


async def test_a_caller_whose_form_cannot_be_kept_is_told_so_and_what_else_can_be_done(
    county: County, tmp_path: Path
) -> None:
    phone = Phone(county, tmp_path / "phone")
    await phone.open(bounds=Bounds(bytes=1, low=1, wanted=5))
    before = county.references()
    try:
        heard = await phone.call(f"{LETTER}\n1\n1\n2\n!")
    finally:
        await phone.close()
    assert heard.prompts.count("error.QUEUE_FULL") == 2
    assert heard.prompts.count("form.leave_unsent") == 2
    assert "服务窗口" in heard.said("error.QUEUE_FULL")
    assert "人工" in heard.said("form.leave_unsent")
    assert heard.prompts[-1] == "services.apply_or_guide"
    assert county.references() == before


async def test_a_caller_who_hangs_up_while_it_is_being_sent_has_sent_it(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = BackendClient.create_encoded_submission

    async def slow(self: BackendClient, encoded: bytes, *, deferred: bool) -> Accepted:
        await asyncio.sleep(0.5)
        return await really(self, encoded, deferred=deferred)

    monkeypatch.setattr(BackendClient, "create_encoded_submission", slow)
    phone.set(timing=Timing(please_wait=0.1))
    before = phone.county.references()
    async with phone.calling(playing=0.02) as live:
        live.does(LETTER)
        await live.until("summary.keys")
        live.does("1")
        await live.until("backend.please_wait")
        await live.line.hang_up()
    assert len(phone.county.references()) == len(before) + 1
    assert live.heard.record["result"] == "hung_up"
    assert "submission accepted" in live.heard.events


async def test_a_slow_backend_is_covered_by_a_word(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    really = BackendClient.list_topics

    async def slow(self: BackendClient) -> object:
        await asyncio.sleep(0.4)
        return await really(self)

    monkeypatch.setattr(BackendClient, "list_topics", slow)
    phone.set(timing=phone.settings.timing.model_copy(update={"please_wait": 0.1, "wait_again": 1.0}))
    heard = await phone.call("1\n!")
    assert heard.prompts[4:6] == ["backend.please_wait", "policies.topics"]
