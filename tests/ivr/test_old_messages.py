"""Messages that an earlier release left as plain sound."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from backend_client.forms.consent import Consent, consent_of
from foundation.language import Language
from ivr import old_messages
from ivr.old_messages import INDEX, deliver_old_messages
from speech import sound
from tests.ivr.cable import Cable
from tests.ivr.conftest import Phone
from tests.ivr.county import Voicemail

WAV = sound.wav(sound.to_pcm(sound.tone(440.0, 0.5)))


def lie_there(folder: Path, *names: str, of: str = "") -> None:
    """Messages as the earlier release wrote them. of: files that have no sound any more."""
    folder.mkdir(parents=True)
    lines = []
    for number, name in enumerate(names):
        if name != of:
            (folder / name).write_bytes(WAV)
        entry = {
            "time": "2026-02-03T09:12:40+00:00",
            "file": name,
            "seconds": 0.5,
            "callback": f"1380000111{number}",
            "caller": "13900002222",
            "call_id": "call-1",
            "language": "en",
        }
        lines.append(json.dumps(entry) + "\n")
    (folder / INDEX).write_text("".join(lines), "utf-8")


async def delivered(phone: Phone) -> list[Voicemail]:
    line = f"phone-{uuid4()}"
    await asyncio.wait_for(
        deliver_old_messages(phone.settings.messages_folder, phone.door.outbox, line), timeout=20
    )
    await phone.delivered()
    return phone.county.voicemails(line)


async def test_they_are_delivered_and_then_removed(phone: Phone) -> None:
    folder = phone.settings.messages_folder
    names = [f"20260203T091240-{uuid4().hex}.wav" for _ in range(2)]
    lie_there(folder, *names, f"{uuid4()}.wav", of=names[1])
    found = await delivered(phone)
    assert [message.callback for message in found] == ["13800001110", "13800001112"]
    assert found[0].language is Language.EN
    assert WAV[44:] in found[0].wav
    assert consent_of(found[0].wav) == Consent(datetime(2026, 2, 3, 9, 12, 40, tzinfo=UTC), "call-1")
    assert not folder.exists()
    assert await delivered(phone) == []


async def test_one_that_was_delivered_before_the_line_died_is_not_delivered_twice(phone: Phone) -> None:
    folder = phone.settings.messages_folder
    name = f"{uuid4()}.wav"
    lie_there(folder, name)
    before = len(phone.county.references())
    assert len(await delivered(phone)) == 1
    lie_there(folder, name)
    await delivered(phone)
    assert len(phone.county.references()) == before + 1
    assert not folder.exists()


async def test_what_cannot_be_understood_stays(phone: Phone) -> None:
    folder = phone.settings.messages_folder
    lie_there(folder, f"{uuid4()}.wav")
    with (folder / INDEX).open("a") as index:
        index.write("not JSON\n[]\n" + json.dumps({"file": "../../secret.wav"}) + "\n")
    (folder / "stranger.wav").write_bytes(WAV)
    assert len(await delivered(phone)) == 1
    assert {path.name for path in folder.iterdir()} == {INDEX, "stranger.wav"}


async def test_they_wait_in_the_queue_while_the_backend_is_away(
    weak_phone: Phone, cable: Cable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_messages, "AGAIN_SECONDS", 0.05)
    folder = weak_phone.settings.messages_folder
    lie_there(folder, f"{uuid4()}.wav")
    await cable.pull_out()
    line = f"phone-{uuid4()}"
    await asyncio.wait_for(deliver_old_messages(folder, weak_phone.door.outbox, line), timeout=20)
    assert not folder.exists()
    assert weak_phone.door.outbox.waiting == 1
    await cable.plug_in()
    await weak_phone.delivered()
    assert len(weak_phone.county.voicemails(line)) == 1
