"""A person, or a message for one."""

from __future__ import annotations

import asyncio
import io
import json
import wave

import pytest

from foundation.language import Language
from ivr.answering import Answering
from ivr.console import ConsoleLine
from ivr.dialogue.main_menu import PARTS
from ivr.messages import INDEX, Messages
from tests.ivr.calling import line, transcript
from tests.ivr.conftest import Phone

PERSON = "sip:office@192.0.2.10"


def left(phone: Phone) -> list[dict[str, str]]:
    """The list of messages."""
    file = phone.settings.messages_folder / INDEX
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


@pytest.mark.parametrize("before", ["", "1\n", "1\n1\n1\n", "2\n3\n", "4\n", "2\n1\n1\n1\n"])
async def test_zero_reaches_a_person_from_every_menu(phone: Phone, before: str) -> None:
    phone.set(person=PERSON)
    heard = await phone.call(f"{before}0\n!")
    assert f"(transfer to {PERSON}: taken)" in heard.text
    assert heard.prompts[-1] == "person.transferring"
    assert heard.record["result"] == "transferred"


async def test_silence_and_wrong_keys_reach_a_person_too(phone: Phone) -> None:
    phone.set(person=PERSON)
    for script in ("~\n~\n~\n", "7\n7\n7\n"):
        heard = await phone.call(script)
        assert heard.prompts[-2:] == ["person.because", "person.transferring"]
        assert heard.record["result"] == "transferred"


async def test_where_a_person_does_not_answer_a_message_is_taken(phone: Phone) -> None:
    phone.set(person=PERSON)
    heard = await phone.call("0\n1\n13800001111\n1\n我想问医保\n1\n!", takes_transfers=False)
    assert f"(transfer to {PERSON}: refused)" in heard.text
    assert "person.busy" in heard.prompts
    assert heard.prompts[-3:] == ["message.stored", "main.menu", "main.person"]
    assert len(left(phone)) == 1


async def test_a_message_is_kept_with_the_number_to_call_back(phone: Phone) -> None:
    heard = await phone.call("0\n1\n08711234567#\n2\n13800001111\n1\nPlease call me back\n1\n!", Language.EN)
    (message,) = left(phone)
    assert message["callback"] == "13800001111"
    assert message["language"] == "en"
    assert message["call_id"] == heard.record["call_id"]
    content = (phone.settings.messages_folder / message["file"]).read_bytes()
    with wave.open(io.BytesIO(content)) as file:
        assert file.getnframes() / 8000 == pytest.approx(message["seconds"], abs=0.1)
    assert {"recording agreed to", "message left"} <= set(heard.events)
    assert heard.keys == "01" + "•" * 12 + "2" + "•" * 11 + "1#1"


async def test_the_callers_own_number_is_offered(phone: Phone) -> None:
    heard = await phone.call("0\n1\n1\n我想问医保\n1\n!", caller="+8613912345678")
    assert "幺三九，幺二三四，五六七八" in heard.said("message.own_number")
    assert left(phone)[0]["callback"] == "13912345678"
    assert left(phone)[0]["caller"] == "+8613912345678"


async def test_a_wrong_number_is_told(phone: Phone) -> None:
    heard = await phone.call("0\n1\n12#\n13800001111\n1\n我想问医保\n1\n!")
    assert "message.wrong_number" in heard.prompts
    assert left(phone)[0]["callback"] == "13800001111"


async def test_a_message_can_be_spoken_again_or_given_up(phone: Phone) -> None:
    heard = await phone.call("0\n1\n13800001111\n1\n我想\n2\n我想问医保\n1\n0\n1\n*\n!")
    assert heard.events.count("recording") == 2
    assert heard.prompts.count("message.stored") == 1
    assert heard.prompts[-3:] == ["person.back", "main.menu", "main.person"]
    assert len(left(phone)) == 1


async def test_no_person_means_the_call_goes_on_where_it_was(phone: Phone) -> None:
    heard = await phone.call("1\n0\n*\n!")
    after = heard.prompts[heard.prompts.index("person.none") :]
    assert after[:4] == ["person.none", "message.offer", "person.back", "policies.topics"]


async def test_zero_while_a_person_is_wanted_changes_nothing(phone: Phone) -> None:
    heard = await phone.call("0\n0\n0\n*\n!")
    assert heard.prompts.count("message.offer") == 3
    assert heard.events.count("person asked for") == 1


async def test_a_message_that_cannot_be_kept_is_owned_up_to(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Messages, "store", full)
    heard = await phone.call("0\n1\n13800001111\n1\n我想问医保\n1\n!")
    assert "message.not_stored" in heard.prompts
    assert "message left" not in heard.events


async def test_a_fault_of_ours_is_apologised_for_and_recorded(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(PARTS, "1", broken)
    heard = await phone.call("1\n!")
    assert heard.prompts[-1] == "end.failure"
    assert heard.record["result"] == "failure"


async def test_a_line_that_fails_while_speaking_is_hung_up_and_recorded(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(ConsoleLine, "play", broken)
    heard = await phone.call("1\n!")
    assert heard.record["result"] == "failure"
    assert "(hung up by the line)" in heard.text


async def test_a_line_told_to_end_says_so_to_its_callers(phone: Phone) -> None:
    held = line("~\n~")
    task = asyncio.create_task(Answering(phone.door, phone.settings)(held))
    await asyncio.sleep(0.03)
    task.cancel()
    await task
    assert "[end.closed]" in transcript(held)
    assert '"result":"closed"' in phone.settings.records_file.read_text("utf-8")
