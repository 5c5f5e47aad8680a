"""Consent that is kept within a recording."""

from __future__ import annotations

import io
import wave
from datetime import datetime, timedelta, timezone

import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from backend_client.forms.consent import Consent, consent_of, with_consent

AGREED = Consent(datetime(2026, 2, 3, 9, 0, 5, tzinfo=timezone(timedelta(hours=8))), "console-1")


def wav(pcm: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writing:
        writing.setparams((1, 2, 8000, 0, "NONE", ""))
        writing.writeframes(pcm)
    return file.getvalue()


@given(st.binary(max_size=400).map(lambda found: found[: len(found) // 2 * 2]))
def test_a_recording_keeps_its_sound_and_tells_the_consent(pcm: bytes) -> None:
    stamped = with_consent(wav(pcm), AGREED)
    with wave.open(io.BytesIO(stamped)) as reading:
        assert reading.readframes(10_000) == pcm
    assert soundfile.info(io.BytesIO(stamped)).frames == len(pcm) // 2
    assert int.from_bytes(stamped[4:8], "little") == len(stamped) - 8
    assert consent_of(stamped) == AGREED


def test_other_programs_read_it_as_a_comment() -> None:
    with soundfile.SoundFile(io.BytesIO(with_consent(wav(b"\0\1" * 80), AGREED))) as file:
        assert file.comment == "consent given 2026-02-03T09:00:05+08:00 in call console-1"


def test_a_rating_tells_that_it_was_given_and_nothing_else() -> None:
    stamped = with_consent(wav(b"\0\1" * 80), Consent())
    assert consent_of(stamped) == Consent()
    assert b"call" not in stamped


def test_what_holds_none_is_no_consent() -> None:
    assert consent_of(wav(b"\0\1" * 80)) is None
    with pytest.raises(ValueError, match="WAV"):
        with_consent(b"ID3", AGREED)


@given(st.binary(max_size=200))
def test_nothing_that_was_sent_raises(content: bytes) -> None:
    assert consent_of(content) is None
    consent_of(b"RIFF\0\0\0\0WAVE" + content)
    consent_of(b"RIFF\0\0\0\0WAVELIST\x60\0\0\0INFOICMT" + content)
