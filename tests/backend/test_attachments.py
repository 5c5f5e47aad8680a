"""Attachments: whole or not at all, once, and only for their own submission."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest
from huimin.v1 import form_pb2
from sqlalchemy import Connection, select

from backend.services import uploads
from backend.storage import attachments as stored
from backend.storage.tables import AttachmentChunkRow, AttachmentRow
from tests.backend.house import Failed, House, failed
from tests.backend.sample import answers, submission, submission_name
from tests.postgres import BOTH

SOUND = os.urandom(700_000)
"""More than two pieces."""
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


async def files(house: House) -> list[bytes]:
    """What has arrived of each file."""

    def contents(connection: Connection) -> list[bytes]:
        names = connection.execute(select(AttachmentRow.name)).scalars().all()
        return [b"".join(stored.pieces(connection, name)) for name in names]

    return await house.database.read(contents)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(5):
        while not await condition():  # noqa: ASYNC110 (a database wakes nobody)
            await asyncio.sleep(0.01)


@BOTH
async def test_a_file_is_kept_whole(house: House) -> None:
    about = info()
    assert await upload(house, messages(about)) == about.name
    assert await files(house) == [SOUND]


@BOTH
async def test_a_repeated_upload_changes_nothing(house: House) -> None:
    about = info()
    await upload(house, messages(about))
    await upload(house, messages(about))
    await asyncio.gather(*(upload(house, messages(about)) for _ in range(5)))
    assert await files(house) == [SOUND]


@BOTH
async def test_of_the_same_upload_several_times_at_once_one_file_comes(house: House) -> None:
    about = info()
    ended = await asyncio.gather(*(upload(house, messages(about)) for _ in range(8)), return_exceptions=True)
    assert about.name in ended
    for refusal in ended:
        if isinstance(refusal, grpc.aio.AioRpcError):
            assert failed(refusal).reason == "OFFSET_WRONG"
        else:
            assert refusal == about.name
    assert await files(house) == [SOUND]


async def test_a_name_cannot_be_used_for_another_file(house: House) -> None:
    about = info()
    await upload(house, messages(about))
    other = info(b"other", name=about.name, submission=about.submission)
    refusal = await refused(house, messages(other, b"other"))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.ALREADY_EXISTS, "ATTACHMENT_DIFFERS")
    assert await files(house) == [SOUND]


DAMAGED = [
    pytest.param(lambda about: messages(about, SOUND + b"x"), "info.size_bytes", id="too much"),
    pytest.param(lambda about: messages(about, SOUND[:-1] + b"\0"), "info.sha256", id="changed"),
]


@BOTH
@pytest.mark.parametrize(("parts", "field"), DAMAGED)
async def test_a_damaged_file_leaves_nothing(house: House, parts: Any, field: str) -> None:
    sound = SOUND[:-1] + b"\1"
    about = info(sound)
    refusal = await refused(house, parts(about))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "ATTACHMENT_DAMAGED")
    assert list(refusal.violations) == [field]
    assert await files(house) == []
    await upload(house, messages(about, sound))


@BOTH
async def test_a_file_that_is_cut_short_is_refused_and_can_be_completed(house: House) -> None:
    about = info()
    for parts, came in (([Upload(info=about)], b""), (messages(about, SOUND[:-1]), SOUND[:-1])):
        refusal = await refused(house, parts)
        assert (refusal.reason, list(refusal.violations)) == ("ATTACHMENT_DAMAGED", ["info.size_bytes"])
        assert await files(house) == [came]
    about.offset = len(SOUND) - 1
    await upload(house, messages(about, SOUND[-1:]))
    assert await files(house) == [SOUND]


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


@BOTH
async def test_the_largest_file_arrives(house: House) -> None:
    largest = bytes(16 << 20)
    await upload(house, messages(info(largest), largest, 65_536))
    assert [len(file) for file in await files(house)] == [16 << 20]


@BOTH
async def test_a_submission_has_a_bounded_number_of_files_also_side_by_side(house: House) -> None:
    name = submission_name()
    small = [bytes([number]) for number in range(25)]
    ended = await asyncio.gather(
        *(upload(house, messages(info(content, submission=name), content)) for content in small),
        return_exceptions=True,
    )
    refusals = [failed(refusal) for refusal in ended if isinstance(refusal, grpc.aio.AioRpcError)]
    assert [refusal.reason for refusal in refusals] == ["TOO_MANY_ATTACHMENTS"] * 5
    assert len(await files(house)) == 20


@BOTH
async def test_a_door_has_a_bounded_number_of_files_without_submissions(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "MAX_UNCLAIMED_FILES", 3)
    for number in range(3):
        await upload(house, messages(info(bytes([number])), bytes([number])))
    refusal = await refused(house, messages(info()))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAVAILABLE, "STORAGE_FULL")


async def test_a_case_is_not_given_the_file_of_another_door(house: House) -> None:
    about = info()
    await upload(house, messages(about))

    def given(connection: Connection, door: str) -> tuple[list[str], list[str]]:
        name, reference = about.name, "100000000000"
        missing = stored.missing(connection, about.submission, [name], door=door)
        return missing, stored.claim(connection, about.submission, [name], reference, door=door)

    assert await house.database.write(given, "doors/hall-2") == ([about.name], [about.name])


@BOTH
async def test_what_lies_in_the_database_is_sealed(house: House) -> None:
    content = bytes(range(256)) * 2000
    await upload(house, messages(info(content), content))
    sealed = await house.database.read(
        lambda connection: connection.execute(select(AttachmentChunkRow.sealed)).scalars().all()
    )
    assert len(sealed) == 2
    assert all(bytes(range(64)) not in piece for piece in sealed)


async def arrived(house: House, name: str) -> form_pb2.GetAttachmentResponse:
    return await house.stubs.form.GetAttachment(form_pb2.GetAttachmentRequest(name=name))


async def stopping(parts: Iterable[Upload]) -> AsyncIterator[Upload]:
    """A sender that says no more."""
    for part in parts:
        yield part
    await asyncio.sleep(60)


async def cut(house: House, about: form_pb2.AttachmentInfo, content: bytes = SOUND) -> int:
    """Cuts an upload when its first piece is kept; how much has arrived then."""
    call = house.stubs.form.UploadAttachment(stopping(messages(about, content)[:8]))
    came = 0

    async def more_than(size: int) -> bool:
        nonlocal came
        with suppress(grpc.aio.AioRpcError):
            came = (await arrived(house, about.name)).received_bytes
        return came > size

    await until(lambda: more_than(0))
    call.cancel()
    await until(lambda: more_than(stored.CHUNK))  # of the next piece, what came of it
    return came


@BOTH
async def test_an_upload_that_was_cut_goes_on_where_it_stopped(house: House) -> None:
    about = info()
    came = await cut(house, about)
    assert not (await arrived(house, about.name)).complete
    refusal = await refused(house, messages(about)[:1])
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.OUT_OF_RANGE, "OFFSET_WRONG")
    about.offset = came
    assert await upload(house, messages(about, SOUND[came:])) == about.name
    assert (await arrived(house, about.name)).complete
    assert await files(house) == [SOUND]


@BOTH
async def test_the_check_is_over_what_came_before_too(house: House) -> None:
    about = info()
    about.offset = await cut(house, about, b"other" * 140_000)
    refusal = await refused(house, messages(about, SOUND[about.offset :]))
    assert (refusal.reason, list(refusal.violations)) == ("ATTACHMENT_DAMAGED", ["info.sha256"])
    assert await files(house) == []
    about.offset = 0
    await upload(house, messages(about))
    assert await files(house) == [SOUND]


@BOTH
async def test_another_door_can_neither_ask_for_a_file_nor_go_on_with_it(house: House) -> None:
    about = info()
    await upload(house, messages(about))
    name = about.name

    def seen(connection: Connection, door: str) -> tuple[object, object]:
        description = stored.Description(
            name, about.submission, door, about.media_type, about.size_bytes, about.sha256
        )
        return stored.progress(connection, name, door), stored.begin(connection, description, house.clock())

    whole = stored.Progress(len(SOUND), len(SOUND))
    assert await house.database.write(seen, "doors/local") == (whole, whole)
    assert await house.database.write(seen, "doors/hall-2") == (None, stored.Refused.OTHER_FILE)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await arrived(house, f"attachments/{uuid4()}")
    assert failed(caught.value).reason == "ATTACHMENT_UNKNOWN"


async def test_a_door_cannot_fill_the_disk_with_files_of_no_submission(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "MAX_UNCLAIMED", 1_500_000)
    for _ in range(2):
        await upload(house, messages(info()))
    assert (await refused(house, messages(info()))).reason == "STORAGE_FULL"


async def test_a_disk_that_is_nearly_full_is_left_to_submissions(
    house: House, form: form_pb2.Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "SPARE_BYTES", 1 << 60)  # more than any disk has
    refusal = await refused(house, messages(info()))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAVAILABLE, "STORAGE_FULL")
    assert refusal.retry_after == 300
    await house.stubs.form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=submission(form)))


@BOTH
@pytest.mark.parametrize("limit", ["SILENT_SECONDS", "LONGEST_SECONDS"])
async def test_a_sender_that_is_silent_or_never_ends_is_cut_off(
    house: House, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(uploads, limit, 2.0)  # a busy database has taken what came by then
    about = info()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.stubs.form.UploadAttachment(stopping(messages(about)[:3]))
    refusal = failed(caught.value)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "UPLOAD_TOO_SLOW")
    assert (await arrived(house, about.name)).received_bytes == 120_000


@BOTH
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


@BOTH
async def test_the_file_of_another_submission_does_not_count(house: House, form: form_pb2.Form) -> None:
    about = info()
    await upload(house, messages(about))
    sent = submission(form, given=answers(remarks=form_pb2.Answer(recording=about.name)))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.stubs.form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=sent))
    assert failed(caught.value).reason == "ATTACHMENT_MISSING"


@BOTH
async def test_what_broke_off_goes_after_a_day_and_what_no_submission_named_after_thirty(
    house: House, form: form_pb2.Form
) -> None:
    sent = submission(form)
    named, unnamed, broken = info(submission=sent.name), info(b"unnamed"), info()
    await upload(house, messages(named))
    await upload(house, messages(unnamed, b"unnamed"))
    part = SOUND[: await cut(house, broken)]
    sent = submission(form, sent.name, answers(remarks=form_pb2.Answer(recording=named.name)))
    await house.stubs.form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=sent))
    begun = house.clock()
    for later, left in (
        (timedelta(hours=23), [b"unnamed", part, SOUND]),
        (stored.KEPT_UNFINISHED + timedelta(minutes=1), [b"unnamed", SOUND]),
        (stored.KEPT_UNCLAIMED - timedelta(minutes=1), [b"unnamed", SOUND]),
        (stored.KEPT_UNCLAIMED + timedelta(minutes=1), [SOUND]),
        (timedelta(days=1000), [SOUND]),
    ):
        await house.database.write(stored.sweep, begun + later)
        assert sorted(await files(house), key=len) == left
    orphans = select(AttachmentChunkRow.name).where(AttachmentChunkRow.name != named.name)
    assert await house.database.read(lambda connection: connection.execute(orphans).all()) == []
