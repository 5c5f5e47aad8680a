"""Attachments: whole or not at all, once, and only for their own submission."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest
from huimin.v1 import form_pb2
from sqlalchemy import select

from backend.storage import attachments as stored
from backend.storage.attachments import AttachmentFolder
from backend.storage.tables import AttachmentRow
from tests.backend.house import Failed, House, failed
from tests.backend.sample import answers, submission, submission_name

SOUND = os.urandom(200_000)
Upload = form_pb2.UploadAttachmentRequest


def info(content: bytes = SOUND, **changes: Any) -> form_pb2.AttachmentInfo:
    right: dict[str, Any] = {
        "name": f"attachments/{uuid4()}",
        "submission": submission_name(),
        "media_type": "audio/wav",
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).digest(),
    }
    return form_pb2.AttachmentInfo(**{**right, **changes})


def messages(about: form_pb2.AttachmentInfo, content: bytes = SOUND, size: int = 60_000) -> list[Upload]:
    return [
        Upload(info=about),
        *(Upload(chunk=content[start : start + size]) for start in range(0, len(content), size)),
    ]


async def upload(house: House, parts: Iterable[Upload]) -> str:
    answer = await house.stubs.form.UploadAttachment(iter(parts))
    return answer.name


async def refused(house: House, parts: Iterable[Upload]) -> Failed:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await upload(house, parts)
    return failed(caught.value)


def files(house: House) -> list[bytes]:
    return [path.read_bytes() for path in (house.data / "attachments").iterdir()]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 (a folder wakes nobody)
            await asyncio.sleep(0.01)


async def test_a_file_is_kept_whole(house: House) -> None:
    about = info()
    assert await upload(house, messages(about)) == about.name
    assert files(house) == [SOUND]


async def test_a_repeated_upload_changes_nothing(house: House) -> None:
    about = info()
    await upload(house, messages(about))
    await upload(house, messages(about))
    await asyncio.gather(*(upload(house, messages(about)) for _ in range(5)))
    assert files(house) == [SOUND]


async def test_the_same_upload_several_times_at_once_is_one_file(house: House) -> None:
    about = info()
    assert await asyncio.gather(*(upload(house, messages(about)) for _ in range(8))) == [about.name] * 8
    assert files(house) == [SOUND]


async def test_a_name_cannot_be_used_for_another_file(house: House) -> None:
    about = info()
    await upload(house, messages(about))
    other = info(b"other", name=about.name, submission=about.submission)
    refusal = await refused(house, messages(other, b"other"))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.ALREADY_EXISTS, "ATTACHMENT_DIFFERS")
    assert files(house) == [SOUND]


DAMAGED = [
    pytest.param(lambda about: messages(about, SOUND[:-1]), "info.size_bytes", id="cut short"),
    pytest.param(lambda about: messages(about, SOUND + b"x"), "info.size_bytes", id="too much"),
    pytest.param(lambda about: messages(about, SOUND[:-1] + b"\0"), "info.sha256", id="changed"),
    pytest.param(lambda about: [Upload(info=about)], "info.size_bytes", id="nothing"),
]


@pytest.mark.parametrize(("parts", "field"), DAMAGED)
async def test_a_damaged_file_leaves_nothing(house: House, parts: Any, field: str) -> None:
    sound = SOUND[:-1] + b"\1"
    about = info(sound)
    refusal = await refused(house, parts(about))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "ATTACHMENT_DAMAGED")
    assert list(refusal.violations) == [field]
    assert files(house) == []
    await upload(house, messages(about, sound))


MALFORMED = [
    ({"size_bytes": (16 << 20) + 1}, "info.size_bytes", "ATTACHMENT_TOO_LARGE"),
    ({"size_bytes": 0}, "info.size_bytes", "REQUEST_INVALID"),
    ({"size_bytes": -5}, "info.size_bytes", "REQUEST_INVALID"),
    ({"sha256": b"short"}, "info.sha256", "REQUEST_INVALID"),
    ({"media_type": "sound"}, "info.media_type", "REQUEST_INVALID"),
    ({"media_type": "audio/wav; x=\n"}, "info.media_type", "REQUEST_INVALID"),
    ({"name": "attachments/../../etc"}, "info.name", "REQUEST_INVALID"),
    ({"submission": "x"}, "info.submission", "REQUEST_INVALID"),
]


@pytest.mark.parametrize(("changes", "field", "reason"), MALFORMED)
async def test_a_malformed_description_is_refused(
    house: House, changes: dict[str, Any], field: str, reason: str
) -> None:
    refusal = await refused(house, messages(info(**changes)))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, reason)
    assert list(refusal.violations) == [field]


async def test_bytes_before_the_description_and_chunks_that_are_too_large_are_refused(house: House) -> None:
    assert list((await refused(house, messages(info())[1:])).violations) == ["info"]
    assert list((await refused(house, [])).violations) == ["info"]
    assert list((await refused(house, messages(info(), size=65_537))).violations) == ["chunk"]
    about = info()
    assert list((await refused(house, [Upload(info=about), Upload(info=about)])).violations) == ["chunk"]


async def test_the_largest_file_arrives(house: House) -> None:
    largest = bytes(16 << 20)
    await upload(house, messages(info(largest), largest, 65_536))
    assert [len(file) for file in files(house)] == [16 << 20]


async def test_a_submission_has_a_bounded_number_of_files(house: House) -> None:
    name = submission_name()
    for number in range(20):
        await upload(house, messages(info(bytes([number]), submission=name), bytes([number])))
    refusal = await refused(house, messages(info(b"x", submission=name), b"x"))
    assert refusal.reason == "TOO_MANY_ATTACHMENTS"


async def test_an_upload_that_is_cut_leaves_nothing(house: House) -> None:
    about = info()
    parts = messages(about)

    async def endless() -> AsyncIterator[Upload]:
        for part in parts[:2]:
            yield part
        await asyncio.sleep(60)

    call = house.stubs.form.UploadAttachment(endless())
    await until(lambda: files(house) != [])
    call.cancel()
    await until(lambda: files(house) == [])
    await upload(house, parts)
    assert files(house) == [SOUND]


async def test_a_recorded_answer_needs_its_file_first(house: House, form: form_pb2.Form) -> None:
    sent = submission(form)
    about = info(submission=sent.name)
    sent = submission(form, sent.name, answers(remarks=form_pb2.Answer(recording=about.name)))
    call = form_pb2.CreateSubmissionRequest(submission=sent)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.stubs.form.CreateSubmission(call)
    refusal = failed(caught.value)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ATTACHMENT_MISSING")
    assert refusal.metadata == {"attachment": about.name}
    await upload(house, messages(about))
    accepted = await house.stubs.form.CreateSubmission(call)
    asked = select(AttachmentRow.reference)
    claimed = await house.database.read(lambda connection: connection.execute(asked).scalar_one())
    assert claimed == accepted.reference


async def test_the_file_of_another_submission_does_not_count(house: House, form: form_pb2.Form) -> None:
    about = info()
    await upload(house, messages(about))
    sent = submission(form, given=answers(remarks=form_pb2.Answer(recording=about.name)))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.stubs.form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=sent))
    assert failed(caught.value).reason == "ATTACHMENT_MISSING"


async def test_files_that_no_submission_named_are_removed_after_a_while(
    house: House, form: form_pb2.Form
) -> None:
    sent = submission(form)
    named, unnamed = info(submission=sent.name), info(b"unnamed")
    await upload(house, messages(named))
    await upload(house, messages(unnamed, b"unnamed"))
    sent = submission(form, sent.name, answers(remarks=form_pb2.Answer(recording=named.name)))
    await house.stubs.form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=sent))
    folder = AttachmentFolder(house.data / "attachments")
    assert await folder.sweep(house.database, house.clock()) == 0
    assert len(files(house)) == 2
    later = house.clock() + stored.KEPT_UNCLAIMED + timedelta(minutes=1)
    assert await folder.sweep(house.database, later) == 1
    assert files(house) == [SOUND]


async def test_an_entry_always_has_its_file(house: House) -> None:
    """A disk that refuses (here: the folder is gone) leaves no entry; the upload succeeds once it is back."""
    about = info()
    folder = house.data / "attachments"
    folder.rename(house.data / "away")
    refusal = await refused(house, messages(about))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAVAILABLE, "STORAGE_UNAVAILABLE")
    (house.data / "away").rename(folder)
    entries = await house.database.read(
        lambda connection: connection.execute(select(AttachmentRow.name)).all()
    )
    assert entries == []
    await upload(house, messages(about))
    assert files(house) == [SOUND]
