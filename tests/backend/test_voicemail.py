"""Messages that callers left for a person: every backend takes them, the office hears and closes them."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from huimin.v1 import common_pb2, form_pb2

from backend.storage import voicemails
from backend.storage.audit import Actor
from backend.storage.retention import erase_due
from backend_client.forms.consent import Consent, with_consent
from backend_client.forms.reference import group
from backend_client.forms.voicemail import NAME, RETENTION_DAYS, voicemail_form
from backend_client.forms.wire import form_to_proto
from tests.backend.house import House, command
from tests.backend.sample import submission, submission_name
from tests.backend.test_attachments import info, messages, upload

PHONE = "13800001111"
AGREED = Consent(datetime(2026, 2, 3, 1, 0, tzinfo=UTC), "call-1")
SOUND = with_consent(b"RIFF\x24\0\0\0WAVEdata\x10\0\0\0" + b"\1\2" * 8, AGREED)


async def left(house: House, *, recorded: bool = True) -> str:
    """The reference of a message."""
    form, name = form_to_proto(voicemail_form()), submission_name()
    given = [form_pb2.Answer(field="callback", phone_number=PHONE)]
    if recorded:
        sound = await upload(house, messages(info(SOUND, submission=name), SOUND))
        given.append(form_pb2.Answer(field="message", recording=sound))
    sent = submission(form, name, given)
    sent.channel, sent.language, sent.origin = common_pb2.CHANNEL_PHONE, common_pb2.LANGUAGE_EN, "phone-1"
    answer = await house.stubs.form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=sent))
    return str(answer.reference)


async def test_every_content_has_the_form_of_messages(house: House) -> None:
    answer = await house.stubs.form.GetForm(form_pb2.GetFormRequest(name=NAME))
    assert answer.form.revision == voicemail_form().revision
    assert not answer.form.applicant_field


async def test_the_office_lists_hears_and_closes(house: House, tmp_path: Path) -> None:
    reference = await left(house)
    data = ("--data", house.data)
    code, listed, _ = await command("voicemail", "list", *data)
    assert code == 0
    (line,) = listed.splitlines()
    assert line.startswith(group(reference)) and line.endswith(f"call back {PHONE}  English  phone-1")

    file = tmp_path / "message.wav"
    code, out, _ = await command("voicemail", "show", *data, reference, "--recording", file)
    assert (code, file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (0, SOUND, 0o600)
    assert "agreed to be recorded: 2026-02-03 09:00, call call-1" in out
    again = await command("voicemail", "show", *data, reference, "--recording", file)
    assert (again[0], "File exists" in again[2]) == (2, True)

    assert (await command("voicemail", "close", *data, reference, "--note", "called back"))[0] == 0
    assert (await command("voicemail", "list", *data))[1] == "No messages are waiting.\n"
    assert f"closed {PHONE}" in (await command("voicemail", "list", "--all", *data))[1]
    trail = (await command(*data, "audit", "list"))[1]
    for action in ("listed the callers' messages", "looked at a caller's", "closed a caller's"):
        assert action in trail
    assert PHONE not in trail


async def test_who_would_not_be_recorded_is_called_back(house: House, tmp_path: Path) -> None:
    reference = await left(house, recorded=False)
    data = ("--data", house.data)
    out = (await command("voicemail", "show", *data, reference))[1]
    assert PHONE in out and "would not be recorded" in out
    file = tmp_path / "message.wav"
    assert (await command("voicemail", "show", *data, reference, "--recording", file))[0] == 2
    assert not file.exists()


async def test_what_is_no_message_is_refused(house: House) -> None:
    data = ("--data", house.data)
    for action in ("show", "close"):
        code, _, error = await command("voicemail", action, *data, "100000000007")
        assert code == 2, error


async def test_a_message_without_a_number_is_refused(house: House) -> None:
    sent = submission(form_to_proto(voicemail_form()), given=[])
    with pytest.raises(grpc.aio.AioRpcError, match="INVALID_ARGUMENT"):
        await house.stubs.form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=sent))


async def test_nobody_opens_a_message_but_the_office(house: House) -> None:
    """It has no identity number whose end would open it."""
    reference = await left(house)
    person = await house.database.read(lambda connection: voicemails.one(connection, reference))
    assert person is not None and PHONE not in repr(person)


async def test_a_message_is_erased_after_it_was_closed(house: House) -> None:
    reference = await left(house)
    data = ("--data", house.data)
    await command("voicemail", "close", *data, reference)
    due = datetime.now(UTC) + timedelta(days=RETENTION_DAYS + 1)
    await house.database.write(erase_due, Actor("backend", "upkeep", ""), due)
    assert (await command("voicemail", "list", "--all", *data))[1] == "No messages are waiting.\n"
    assert await house.database.read(lambda connection: voicemails.one(connection, reference)) is None
    code, _, error = await command("voicemail", "show", *data, reference)
    assert (code, "There is no message" in error) == (2, True)


async def test_neither_number_nor_sound_lie_on_the_disk(house: House) -> None:
    await left(house)
    files = [path.read_bytes() for path in house.data.iterdir() if path.is_file()]
    assert files and not any(PHONE.encode() in file or b"consent given" in file for file in files)
