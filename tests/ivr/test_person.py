"""A person, or a message for one."""

from __future__ import annotations

import asyncio
import io
import wave
from datetime import UTC
from pathlib import Path
from uuid import uuid4

import pytest

from backend_client.forms.consent import consent_of
from backend_client.queue.outbox import Bounds
from foundation.language import Language
from ivr.answering import Answering
from ivr.console import ConsoleLine
from ivr.dialogue.main_menu import PARTS
from ivr.line import Utterance
from tests.ivr.cable import Cable
from tests.ivr.calling import hum, line, transcript
from tests.ivr.conftest import Phone
from tests.ivr.county import County, Voicemail
from tests.ivr.people import IDENTITY

SAID = "我想问一问医保的事情"
PERSON = "sip:office@192.0.2.10"


@pytest.fixture
def phone(phone: Phone) -> Phone:
    """With a name of its own, by which its messages are known."""
    phone.set(line=f"phone-{uuid4()}")
    return phone


async def left(phone: Phone) -> list[Voicemail]:
    """The messages that the backend has from this line."""
    await phone.delivered()
    return phone.county.voicemails(phone.settings.line)


def seconds(wav: bytes) -> float:
    with wave.open(io.BytesIO(wav)) as file:
        return file.getnframes() / 8000


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
    assert len(await left(phone)) == 1


async def test_a_message_is_kept_with_the_number_to_call_back_and_the_consent(phone: Phone) -> None:
    heard = await phone.call("0\n1\n08711234567#\n2\n13800001111\n1\nPlease call me back\n1\n!", Language.EN)
    (message,) = await left(phone)
    assert (message.callback, message.language) == ("13800001111", Language.EN)
    assert seconds(message.wav) == pytest.approx(1.9, abs=0.1)
    consent = consent_of(message.wav)
    assert consent is not None and consent.call_id == heard.record["call_id"]
    assert consent.time is not None
    given = consent.time.astimezone(UTC).isoformat()[:19]
    assert heard.record["start"][:19] <= given <= heard.record["end"][:19]
    assert {"recording agreed to", "message left"} <= set(heard.events)
    assert heard.keys == "01" + "•" * 12 + "2" + "•" * 11 + "1#1"


async def test_the_callers_own_number_is_offered(phone: Phone) -> None:
    heard = await phone.call("0\n1\n1\n我想问医保\n1\n!", caller="+8613912345678")
    assert "幺三九，幺二三四，五六七八" in heard.said("message.own_number")
    assert [message.callback for message in await left(phone)] == ["13912345678"]


async def test_a_wrong_number_is_told(phone: Phone) -> None:
    heard = await phone.call("0\n1\n12#\n13800001111\n1\n我想问医保\n1\n!")
    assert "message.wrong_number" in heard.prompts
    assert [message.callback for message in await left(phone)] == ["13800001111"]


async def test_a_message_can_be_spoken_again_or_given_up(phone: Phone) -> None:
    heard = await phone.call("0\n1\n13800001111\n1\n我想\n2\n我想问医保\n1\n0\n1\n*\n!")
    assert heard.events.count("recording") == 2
    assert heard.prompts.count("message.stored") == 1
    assert heard.prompts[-3:] == ["person.back", "main.menu", "main.person"]
    assert len(await left(phone)) == 1


async def test_a_star_before_anything_is_said_goes_back_to_the_number(phone: Phone) -> None:
    await phone.call("0\n1\n13800001111\n1\n*\n13800002222\n1\n我想问医保\n1\n!")
    assert [message.callback for message in await left(phone)] == ["13800002222"]


async def test_who_would_not_be_recorded_leaves_the_number_only(phone: Phone) -> None:
    heard = await phone.call("0\n2\n13800001111\n1\n!")
    assert "recording declined" in heard.events and "recording" not in heard.events
    assert heard.prompts[-3:] == ["message.noted", "main.menu", "main.person"]
    (message,) = await left(phone)
    assert (message.callback, message.wav) == ("13800001111", b"")


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(">我想问一问医保的事情\n!", id="while speaking"),
        pytest.param("我想问一问医保的事情\n!", id="before saying that it may be kept"),
        pytest.param("我想问一问医保的事情\n4\n>还有养老金\n!", id="while going on"),
    ],
)
async def test_who_has_spoken_and_hangs_up_has_left_a_message(phone: Phone, end: str) -> None:
    heard = await phone.call(f"0\n1\n13800001111\n1\n{end}")
    assert heard.record["result"] == "hung_up"
    (message,) = await left(phone)
    assert seconds(message.wav) > 0.9
    assert consent_of(message.wav) is not None
    assert {"message left", "message kept"} & set(heard.events)


@pytest.mark.parametrize(
    "end",
    [
        pytest.param("!", id="without a word"),
        pytest.param("我想问一问医保的事情\n2\n!", id="after taking it back"),
    ],
)
async def test_who_hangs_up_with_nothing_said_has_left_none(phone: Phone, end: str) -> None:
    heard = await phone.call(f"0\n1\n13800001111\n1\n{end}")
    assert await left(phone) == []
    assert not {"message left", "message kept"} & set(heard.events)


async def test_the_line_told_to_end_keeps_what_was_said(phone: Phone) -> None:
    held = line("0\n1\n13800001111\n1\n我想问一问医保的事情\n~\n~\n~", caller="")
    task = asyncio.create_task(Answering(phone.door, phone.settings)(held))
    async with asyncio.timeout(10):
        while "[record.length]" not in transcript(held):  # noqa: ASYNC110 (a text file)
            await asyncio.sleep(0.005)
    task.cancel()
    await task
    assert len(await left(phone)) == 1


async def test_a_message_is_kept_sealed_while_the_backend_is_away(weak_phone: Phone, cable: Cable) -> None:
    """Neither its sound nor its number lie on the disk; what was keyed during the recording lies nowhere."""
    weak_phone.set(line=f"phone-{uuid4()}")
    await cable.pull_out()
    heard = await weak_phone.call(f"0\n1\n13800001111\n1\n>{SAID}\n{IDENTITY}\n>{SAID}\n#\n1\n!")
    assert {"message kept", "keys left out of the recording"} <= set(heard.events)
    assert heard.said("record.keys_left_out")
    assert "message.stored" in heard.prompts
    files = [path for path in weak_phone.settings.data.rglob("*") if path.is_file()]
    assert weak_phone.settings.records_file in files and len(files) > 2
    spoken = (await hum(Utterance("caller", SAID, Language.ZH_CN)))[4000:4400]
    for file in files:
        content = file.read_bytes()
        for secret in (b"13800001111", IDENTITY.encode(), spoken, b"RIFF", b"consent given"):
            assert secret not in content, f"{file.name} shows {secret[:12]!r}"
    await cable.plug_in()
    (message,) = await left(weak_phone)
    assert message.callback == "13800001111" and spoken in message.wav


async def test_no_person_means_the_call_goes_on_where_it_was(phone: Phone) -> None:
    heard = await phone.call("1\n0\n*\n!")
    after = heard.prompts[heard.prompts.index("person.none") :]
    assert after[:4] == ["person.none", "message.offer", "person.back", "policies.topics"]


async def test_zero_while_a_person_is_wanted_changes_nothing(phone: Phone) -> None:
    heard = await phone.call("0\n0\n0\n*\n!")
    assert heard.prompts.count("message.offer") == 3
    assert heard.events.count("person asked for") == 1


async def test_a_message_that_cannot_be_kept_is_owned_up_to(county: County, tmp_path: Path) -> None:
    phone = Phone(county, tmp_path / "full")
    await phone.open(bounds=Bounds(bytes=100, low=2, wanted=4))
    heard = await phone.call("0\n1\n13800001111\n1\n我想问医保\n1\n!")
    await phone.close()
    assert "message.not_stored" in heard.prompts
    assert not {"message left", "message kept"} & set(heard.events)


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
