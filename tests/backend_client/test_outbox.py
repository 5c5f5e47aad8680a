"""The queue and its delivery against the project's own backend, over a line that can be cut."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio

from backend_client.catalog import ServiceKind
from backend_client.client import BackendClient
from backend_client.errors import (
    Conflict,
    InvalidAnswers,
    InvalidRequest,
    NoReference,
    QueueFull,
    QueueUnusable,
)
from backend_client.forms.answer import Recording
from backend_client.forms.form import FieldType, Form
from backend_client.forms.identity_number import check_character
from backend_client.forms.reference import check_reference
from backend_client.queue.file import FILE_NAME
from backend_client.queue.listing import damaged, entries
from backend_client.queue.outbox import Bounds, Outbox
from backend_client.submission import Attachment, Submission, new_attachment_name
from foundation.keys import KEY_BYTES, KeyRing
from tests.backend_client import county as other
from tests.backend_client.county import Cable
from tests.backend_client.sample import FORM, NUMBER
from tests.backend_client.test_real_backend import backend, filled, submission
from tests.chaos.ledger import Ledger
from tests.chaos.room import Room

KEYS = KeyRing([b"k" * KEY_BYTES])
FEW = Bounds(low=4, wanted=8)


class County:
    """A running backend, a line to it, and what is in its database."""

    def __init__(self, folder: Path, address: str) -> None:
        self.ledger = Ledger(folder / "data")
        self.direct = address
        self.cable = Cable(int(address.rpartition(":")[2]))

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.cable.port}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Path, str]]:
    folder = tmp_path_factory.mktemp("backend")
    part = backend(folder, 0)
    try:
        await part.start("huimin-backend")
        yield folder, part.ready["huimin-backend"]
    finally:
        await part.stop()


@pytest.fixture
async def county(running: tuple[Path, str]) -> AsyncIterator[County]:
    county = County(*running)
    await county.cable.mend()
    try:
        yield county
    finally:
        await county.cable.cut()


@pytest.fixture
async def form(county: County) -> Form:
    async with BackendClient(county.direct) as client:
        service = (await client.list_services(ServiceKind.FORM)).items[0]
        return await client.get_form(service.form)


@asynccontextmanager
async def opened(
    county: County, folder: Path, patience: float = 4.0, bounds: Bounds = FEW, keys: KeyRing = KEYS
) -> AsyncIterator[Outbox]:
    async with BackendClient(county.address) as client:
        outbox = await Outbox.open(folder, keys, client, bounds=bounds, patience=patience)
        try:
            yield outbox
        finally:
            await outbox.close()


def resident(turn: int) -> str:
    """The identity number of a demonstration resident: right by its check digit, of nobody."""
    body = f"11010119000101{turn:03}"
    return body + check_character(body)


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (it is looked at from outside)
            await asyncio.sleep(0.02)


async def stocked(outbox: Outbox) -> None:
    await until(lambda: outbox.references >= FEW.wanted)


def application(form: Form, number: str = NUMBER, text: str = "") -> Submission:
    filling = filled(form)
    filling.answer(form.applicant_field, number)
    if text:
        field = next(f for f in form.fields if f.type is FieldType.TEXT and f.prefill is None)
        filling.answer(field.id, text)
    return submission(form, filling.answers)


def spoken(form: Form, size: int) -> tuple[Submission, Attachment]:
    """An application with an answer that was recorded."""
    field = next(f for f in form.fields if f.type is FieldType.TEXT and f.prefill is None)
    filling = filled(form)
    recording = Recording(new_attachment_name())
    filling.answer(field.id, recording)
    sent = submission(form, filling.answers)
    content = hashlib.shake_256(sent.name.encode()).digest(size)
    return sent, Attachment(recording.attachment, sent.name, "audio/wav", content)


async def test_what_is_sent_with_a_connection_is_delivered_under_a_reference_of_the_door(
    county: County, form: Form, tmp_path: Path
) -> None:
    async with opened(county, tmp_path) as outbox:
        sent = application(form)
        accepted = await outbox.send(sent)
        assert accepted.delivered
        assert check_reference(accepted.reference) == accepted.reference
        assert county.ledger.references()[sent.name] == accepted.reference
        await until(lambda: outbox.waiting == 0)
        assert outbox.oldest is None
        assert outbox.set_aside == 0


async def test_what_is_sent_without_a_connection_is_accepted_and_delivered_later_under_the_same_reference(
    county: County, form: Form, tmp_path: Path
) -> None:
    async with opened(county, tmp_path, patience=0.3) as outbox:
        await stocked(outbox)
        await county.cable.cut()
        before = datetime.now(UTC)
        sent = [application(form) for _ in range(3)]
        accepted = [await outbox.send(one) for one in sent]
        assert not any(one.delivered for one in accepted)
        assert len({one.reference for one in accepted}) == 3
        assert outbox.waiting == 3
        assert outbox.oldest is not None
        assert abs(outbox.oldest - before) < timedelta(seconds=5)
        assert not set(county.ledger.references()) & {one.name for one in sent}
        await county.cable.mend()
        await until(lambda: outbox.waiting == 0)
    stored = county.ledger.references()
    assert [stored[one.name] for one in sent] == [one.reference for one in accepted]


async def test_what_was_accepted_before_a_restart_is_delivered_after_it(
    county: County, form: Form, tmp_path: Path
) -> None:
    async with opened(county, tmp_path, patience=0.1) as outbox:
        await stocked(outbox)
        await county.cable.cut()
        sent, attachment = spoken(form, 300_000)
        accepted = await outbox.send(sent, [attachment])
    async with opened(county, tmp_path) as outbox:
        assert outbox.waiting == 1
        await county.cable.mend()
        await until(lambda: outbox.waiting == 0)
    assert county.ledger.references()[sent.name] == accepted.reference
    assert county.ledger.attachments()[attachment.name] == (sent.name, len(attachment.content))


async def test_one_resident_is_delivered_in_order_and_others_do_not_wait_for_that(
    county: County, form: Form, tmp_path: Path
) -> None:
    numbers = [resident(turn) for turn in range(3)]
    async with opened(county, tmp_path, patience=0.05, bounds=Bounds(low=20, wanted=40)) as outbox:
        await until(lambda: outbox.references >= 40)
        await county.cable.cut()
        sent: dict[str, list[str]] = {number: [] for number in numbers}
        for turn, number in itertools.product(range(8), numbers):
            one = application(form, number, f"第{turn}次申请，内容要足够长才可以。")
            await outbox.send(one)
            sent[number].append(one.name)
    async with opened(county, tmp_path) as outbox:
        await county.cable.mend()
        await until(lambda: outbox.waiting == 0)
    order = county.ledger.order()
    for names in sent.values():
        assert [order.index(name) for name in names] == sorted(order.index(name) for name in names)


async def test_answers_that_the_backend_refuses_are_told_and_nothing_is_kept(
    county: County, form: Form, tmp_path: Path
) -> None:
    async with opened(county, tmp_path) as outbox:
        await stocked(outbox)
        right = application(form)
        wrong = replace(right, answers={**right.answers, form.applicant_field: "110105194912310021"})
        with pytest.raises(InvalidAnswers) as caught:
            await outbox.send(wrong)
        assert [violation.field for violation in caught.value.violations] == [form.applicant_field]
        assert outbox.waiting == 0
        assert outbox.references == FEW.wanted
        assert not entries(tmp_path)
        assert (await outbox.send(right)).delivered  # corrected, under the same name


async def test_a_form_that_has_changed_is_told_while_the_resident_is_there_and_kept_afterwards(
    county: County, form: Form, tmp_path: Path
) -> None:
    old = replace(form, revision="0")
    async with opened(county, tmp_path, patience=0.2) as outbox:
        await stocked(outbox)
        with pytest.raises(Conflict) as caught:
            await outbox.send(application(old))
        assert caught.value.reason == "FORM_CHANGED"
        await county.cable.cut()
        late = application(old)
        accepted = await outbox.send(late)
        assert not accepted.delivered
        await county.cable.mend()
        await until(lambda: outbox.waiting == 0)
        assert outbox.set_aside == 0
    assert county.ledger.references()[late.name] == accepted.reference
    assert county.ledger.problems()[late.name] == "FORM_CHANGED"


async def test_wrong_answers_of_a_resident_who_is_gone_are_kept_for_the_office(
    county: County, form: Form, tmp_path: Path
) -> None:
    async with opened(county, tmp_path, patience=0.1) as outbox:
        await stocked(outbox)
        await county.cable.cut()
        right = application(form)
        wrong = replace(right, answers={**right.answers, form.applicant_field: "110105194912310021"})
        accepted = await outbox.send(wrong)
        await county.cable.mend()
        await until(lambda: outbox.waiting == 0)
    assert county.ledger.references()[wrong.name] == accepted.reference
    assert county.ledger.problems()[wrong.name] == f"answers.{form.applicant_field}:WRONG_CHECK_DIGIT"


async def test_a_caller_who_hangs_up_while_it_is_sent_is_delivered(
    county: County, form: Form, tmp_path: Path
) -> None:
    async with opened(county, tmp_path) as outbox:
        await stocked(outbox)
        county.cable.silent = True
        sent = application(form)
        sending = asyncio.create_task(outbox.send(sent))
        await until(lambda: outbox.waiting == 1)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        county.cable.silent = False
        await county.cable.cut()
        await county.cable.mend()
        await until(lambda: outbox.waiting == 0)
    assert sent.name in county.ledger.references()


async def test_a_file_is_sent_on_from_where_the_line_broke(
    county: County, form: Form, tmp_path: Path
) -> None:
    async with opened(county, tmp_path, patience=0.1) as outbox:
        await stocked(outbox)
        sent, attachment = spoken(form, 6 << 20)
        county.cable.break_after(4 << 20)
        await outbox.send(sent, [attachment])
        await until(lambda: county.cable.broken)
        already = county.cable.carried
        await until(lambda: outbox.waiting == 0)
        assert county.cable.carried - already < 4 << 20
    assert county.ledger.attachments()[attachment.name] == (sent.name, 6 << 20)


async def test_without_a_backend_and_without_references_nothing_is_accepted(
    county: County, form: Form, tmp_path: Path
) -> None:
    await county.cable.cut()
    async with opened(county, tmp_path, patience=0.2) as outbox:
        with pytest.raises(NoReference):
            await outbox.send(application(form))
        assert outbox.waiting == 0
        await county.cable.mend()
        await stocked(outbox)
        assert (await outbox.send(application(form))).reference


async def test_the_first_resident_of_a_new_door_waits_for_references_to_come(
    county: County, form: Form, tmp_path: Path
) -> None:
    async with opened(county, tmp_path) as outbox:
        got = await asyncio.gather(*(outbox.send(application(form)) for _ in range(2 * FEW.wanted)))
    assert len({one.reference for one in got}) == 2 * FEW.wanted


async def test_a_full_queue_refuses_and_takes_again_once_there_is_room(
    county: County, form: Form, tmp_path: Path
) -> None:
    async with opened(county, tmp_path, patience=0.05, bounds=replace(FEW, submissions=2)) as outbox:
        await stocked(outbox)
        await county.cable.cut()
        for _ in range(2):
            await outbox.send(application(form))
        with pytest.raises(QueueFull):
            await outbox.send(application(form))
        assert outbox.references == FEW.wanted - 2
        await county.cable.mend()
        await until(lambda: outbox.waiting == 0)
        await outbox.send(application(form))


async def test_files_count_in_the_bounds(county: County, form: Form, tmp_path: Path) -> None:
    async with opened(county, tmp_path, bounds=replace(FEW, bytes=100_000)) as outbox:
        await stocked(outbox)
        sent, attachment = spoken(form, 100_000)
        with pytest.raises(QueueFull):
            await outbox.send(sent, [attachment])


async def test_what_cannot_be_sent_at_all_is_refused_before_it_is_kept(
    county: County, form: Form, tmp_path: Path
) -> None:
    async with opened(county, tmp_path) as outbox:
        right = application(form)
        sent, attachment = spoken(form, 10)
        for one, files in (
            (replace(right, name="\ud800"), []),
            (replace(right, answers={**right.answers, "none": "x"}), []),
            (sent, [replace(attachment, submission=right.name)]),
            (sent, [replace(attachment, content=b"")]),
            (sent, [replace(attachment, content=bytes((16 << 20) + 1))]),
        ):
            with pytest.raises(InvalidRequest):
                await outbox.send(one, files)
        assert outbox.waiting == 0


class OtherCounty(other.County):
    """A county's own server, older than leases."""

    async def LeaseReferences(self, request: Any, context: Any) -> Any:  # noqa: N802
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "")


async def test_a_backend_that_leases_no_references_is_sent_to_directly_and_nothing_is_promised_without_it(
    tmp_path: Path,
) -> None:
    async with other.serving(OtherCounty()) as address, BackendClient(address) as client:
        outbox = await Outbox.open(tmp_path, KEYS, client)
        try:
            told = await outbox.send(application(FORM))
            assert told.delivered
            assert told.reference == other.REFERENCE
            assert (outbox.waiting, outbox.references) == (0, 0)
        finally:
            await outbox.close()
        await client.close()
        outbox = await Outbox.open(tmp_path, KEYS, client, patience=0.1)
        with pytest.raises(NoReference):
            await outbox.send(application(FORM))
        await outbox.close()


async def test_two_processes_cannot_have_one_queue(county: County, tmp_path: Path) -> None:
    async with opened(county, tmp_path), BackendClient(county.address) as client:
        with pytest.raises(QueueUnusable) as caught:
            await Outbox.open(tmp_path, KEYS, client)
        assert caught.value.reason == "QUEUE_IN_USE"
    async with opened(county, tmp_path):
        pass


async def test_two_doors_never_give_the_same_reference(county: County, form: Form, tmp_path: Path) -> None:
    async with (
        opened(county, tmp_path / "one", patience=0.05, bounds=Bounds(low=100, wanted=200)) as one,
        opened(county, tmp_path / "two", patience=0.05, bounds=Bounds(low=100, wanted=200)) as two,
    ):
        await until(lambda: one.references == two.references == 200)
        await county.cable.cut()
        told = [await door.send(application(form)) for _ in range(10) for door in (one, two)]
        await county.cable.mend()
        await until(lambda: one.waiting == two.waiting == 0)
    assert len({accepted.reference for accepted in told}) == 20
    assert {accepted.reference for accepted in told} <= set(county.ledger.references().values())


async def test_a_copy_of_a_door_gives_out_nothing_that_the_backend_knows_to_be_given(
    county: County, form: Form, tmp_path: Path
) -> None:
    """A terminal that was set up from an image of another: both begin with the same references."""
    async with opened(county, tmp_path / "one") as outbox:
        await stocked(outbox)
    await asyncio.to_thread(copy, tmp_path / "one", tmp_path / "two")
    async with opened(county, tmp_path / "one") as one, opened(county, tmp_path / "two") as two:
        told = [await door.send(application(form)) for _ in range(6) for door in (one, two)]
    assert all(accepted.delivered for accepted in told)
    assert len({accepted.reference for accepted in told}) == 12


def copy(source: Path, target: Path) -> None:
    target.mkdir()
    for file in source.iterdir():
        (target / file.name).write_bytes(file.read_bytes())


async def test_a_queue_that_is_damaged_while_a_door_runs_is_begun_anew(
    county: County, form: Form, tmp_path: Path
) -> None:
    async with opened(county, tmp_path, patience=0.1) as outbox:
        await stocked(outbox)
        await county.cable.cut()
        large, attachment = spoken(form, 4 << 20)  # more than SQLite has in its memory
        await outbox.send(large, [attachment])
        for file in tmp_path.glob(f"{FILE_NAME}*"):  # without a pause, in which one of them might be found
            if not file.name.endswith("-shm"):
                file.write_bytes(b"x" * file.stat().st_size)
        await county.cable.mend()
        await until(lambda: outbox.set_aside == 1)  # the file; what was in it cannot be read
        assert len(damaged(tmp_path)) == 1
        await stocked(outbox)
        sent = application(form)
        accepted = await outbox.send(sent)
        await until(lambda: outbox.waiting == 0)
    assert county.ledger.references()[sent.name] == accepted.reference


async def test_a_queue_on_a_full_disk_refuses_and_is_opened_once_there_is_room(
    county: County, form: Form, tmp_path: Path
) -> None:
    room = Room(tmp_path / "room")
    try:
        if not room.real:
            return  # Room says so; test_queue_store has what can be tried without a file system of its own
        room.fill()
        async with opened(county, room.folder / "queue") as outbox:
            with pytest.raises(QueueUnusable):
                await outbox.send(application(form))
            room.clear()
            await stocked(outbox)
            assert (await outbox.send(application(form))).delivered
            room.fill()
            with pytest.raises(QueueUnusable) as caught:
                await outbox.send(application(form))
            assert caught.value.reason == "QUEUE_DISK_FULL"
            room.clear()
            assert (await outbox.send(application(form))).delivered
    finally:
        room.close()


async def test_a_door_whose_clock_lost_its_battery_is_served(
    county: County, form: Form, tmp_path: Path
) -> None:
    async with opened(county, tmp_path) as outbox:
        sent = replace(application(form), send_time=datetime(1970, 1, 1, 0, 3, tzinfo=UTC))
        assert (await outbox.send(sent)).delivered


async def test_a_queue_with_other_keys_is_set_aside_and_delivered_once_they_are_back(
    county: County, form: Form, tmp_path: Path
) -> None:
    async with opened(county, tmp_path, patience=0.05) as outbox:
        await stocked(outbox)
        await county.cable.cut()
        sent = application(form)
        accepted = await outbox.send(sent)
    await county.cable.mend()
    async with opened(county, tmp_path, keys=KeyRing([b"x" * KEY_BYTES])) as outbox:
        await until(lambda: outbox.set_aside == 1)
        assert outbox.waiting == 0
        assert (await outbox.send(application(form))).delivered
    assert [entry.problem for entry in entries(tmp_path)] == ["CANNOT_OPEN"]  # the other is gone at the end
    rotated = KeyRing([b"n" * KEY_BYTES, b"k" * KEY_BYTES])
    async with opened(county, tmp_path, keys=rotated) as outbox:
        await until(lambda: outbox.waiting == 0)
        assert outbox.set_aside == 0
    assert county.ledger.references()[sent.name] == accepted.reference
