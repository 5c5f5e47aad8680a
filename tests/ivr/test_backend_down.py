"""A backend that goes away while somebody is on the line: told, tried again with a key, nothing lost."""

from __future__ import annotations

import asyncio

import pytest

from backend_client.client import BackendClient
from backend_client.errors import Unreachable
from backend_client.submission import Accepted, Submission
from foundation.language import Language
from ivr.settings import Timing
from tests.ivr.cable import Cable
from tests.ivr.conftest import Phone
from tests.ivr.people import IDENTITY, letter, suffix
from tests.ivr.test_forms import answers

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
        live.does("1")
        await live.until("policies.topics")
        await cable.pull_out()
        live.does("1\n*\n*\n2\n*\n4")
        await live.until("main.person")
        await live.until("main.person")
        await live.until("backend.retry")
        await cable.plug_in()
        live.does("1")
        await live.until("notices/cut-sooner")
    heard = live.heard
    assert heard.said("error.BACKEND_UNREACHABLE") == "现在连接不上服务系统，请过一两分钟再试一次。"
    assert heard.record["result"] == "hung_up"


async def test_a_form_outlives_a_backend_that_is_away_when_it_is_sent(
    weak_phone: Phone, cable: Cable
) -> None:
    before = set(weak_phone.county.references())
    weak_phone.set(timing=Timing())
    async with weak_phone.calling(Language.EN) as live:
        live.does(LETTER)
        await live.until("summary.keys")
        await cable.pull_out()
        live.does("1")
        await live.until("backend.retry")
        live.does("*")
        await live.until("form.leave_unsent")
        await cable.plug_in()
        live.does("1")
        await live.until("sent.reference")
    (reference,) = set(weak_phone.county.references()) - before
    assert answers(weak_phone.county.submission(reference))["identity_number"] == IDENTITY
    assert live.heard.said("error.BACKEND_UNREACHABLE").endswith("Please try again in a minute or two.")


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
        await asyncio.sleep(1.2)  # signing in is never repeated by itself: the line has to be back
        live.does("1")
        await live.until("progress.now")
    assert live.heard.prompts.count("progress.reference") == 1


async def test_an_answer_that_is_lost_on_the_way_back_doubles_nothing(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The backend has taken the form, but the line was cut before it could say so."""
    sent: list[Submission] = []
    really = BackendClient.create_submission

    async def cut(self: BackendClient, submission: Submission) -> Accepted:
        accepted = await really(self, submission)
        sent.append(submission)
        if len(sent) == 1:
            raise Unreachable("BACKEND_UNREACHABLE")
        return accepted

    monkeypatch.setattr(BackendClient, "create_submission", cut)
    before = phone.county.references()
    heard = await phone.call(f"{LETTER}\n1\n1\n!")
    assert "backend.retry" in heard.prompts
    assert "sent.reference" in heard.prompts
    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert len(phone.county.references()) == len(before) + 1


async def test_a_caller_who_gives_up_after_a_try_is_told_what_it_means(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(self: BackendClient, submission: Submission) -> Accepted:
        raise Unreachable("BACKEND_UNREACHABLE")

    monkeypatch.setattr(BackendClient, "create_submission", down)
    heard = await phone.call(f"{LETTER}\n1\n*\n2\n!")
    assert heard.prompts.count("form.leave_unsent") == 1
    assert heard.prompts[-7] == "services.which"


async def test_a_caller_who_hangs_up_while_it_is_being_sent_has_sent_it(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = BackendClient.create_submission

    async def slow(self: BackendClient, submission: Submission) -> Accepted:
        await asyncio.sleep(0.5)
        return await really(self, submission)

    monkeypatch.setattr(BackendClient, "create_submission", slow)
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
