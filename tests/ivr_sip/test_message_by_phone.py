"""A message for a person over a real call: agreed to, heard, said again, delivered, and nowhere plain."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from backend_client.door import open_door
from backend_client.forms.consent import consent_of
from foundation.language import Language
from ivr.answering import SIZES
from ivr.answering import Answering as Dialogue
from ivr.settings import IvrSettings
from speech import sound
from tests.end_to_end.phone import CallerProcess
from tests.ivr.county import County
from tests.ivr_sip.conftest import Answering
from tests.ivr_sip.test_recording import HERTZ, pitch, samples_of_wav

FIRST, SECOND = HERTZ, 900.0
PHONE = "13800001111"
ANONYMOUS = "sip:5550@127.0.0.1"
"""Nobody who could be called back."""


def voice(file: Path, hertz: float) -> Path:
    """Something that counts as speech: a tone with gaps like those between syllables."""
    samples = sound.tone(hertz, 1.5)
    samples *= np.arange(len(samples)) % 2400 < 1900
    file.write_bytes(sound.wav(sound.to_pcm(samples)))
    return file


@pytest.mark.timeout(180)
async def test_a_caller_agrees_hears_it_says_it_again_and_leaves_it(
    answering: Answering, tmp_path: Path
) -> None:
    county = County(tmp_path / "county")
    county.start()
    settings = IvrSettings(backend=county.address, data=tmp_path / "line")
    first, second = voice(tmp_path / "first.wav", FIRST), voice(tmp_path / "second.wav", SECOND)

    async def say(caller: CallerProcess, file: Path) -> None:
        """After the tone, which comes when the instruction is over."""
        await caller.heard_sound()
        await caller.wait_for_silence(0.8)
        await caller.speak(file)
        await caller.press("#")
        await caller.heard_sound()

    try:
        async with (
            open_door(settings, settings.backend, None, SIZES, origin=settings.line) as door,
            answering(Dialogue(door, settings, language=Language.EN)) as endpoint,
            CallerProcess(
                endpoint.address, tmp_path / "heard.wav", "--caller", "sip:5550@127.0.0.1"
            ) as caller,
        ):
            await caller.answered()
            await caller.heard_sound()
            await caller.press(f"01{PHONE}1")
            await say(caller, first)
            listening = float((await caller.event("key", key="#"))["t"])
            await caller.press("3")
            await caller.wait_for_silence(1.0)
            await caller.press("2")
            again = max(float(event["t"]) for event in caller.events if event.get("key") == "2")
            await say(caller, second)
            await caller.press("1")
            await caller.heard_sound()
            await caller.wait_for_silence(0.8)
            await caller.hang_up()
        played = caller.heard()
        assert (
            max(
                played.share_of(FIRST, start, start + 0.5) for start in np.arange(listening, again - 0.5, 0.1)
            )
            > 0.7
        ), "the recording was not heard"
        (record,) = [json.loads(line) for line in settings.records_file.read_text("utf-8").splitlines()]
        events = [entry["event"] for entry in record["timeline"] if "event" in entry]
        assert events.index("recording agreed to") < events.index("recording")
        assert events.count("recording") == 2
        (message,) = county.voicemails(settings.line)
    finally:
        county.stop()
    assert message.callback == PHONE
    samples = samples_of_wav(message.wav)
    assert pitch(samples) == pytest.approx(SECOND, abs=5), "the message is what was said last"
    consent = consent_of(message.wav)
    assert consent is not None and consent.call_id == record["call_id"]
    files = [path for path in settings.data.rglob("*") if path.is_file() and path.suffix != ".wav"]
    assert settings.records_file in files
    for file in files:
        content = file.read_bytes()
        assert PHONE.encode() not in content and b"consent given" not in content, file
    assert not [path for path in settings.data.rglob("*.wav") if "speech" not in path.parts]
