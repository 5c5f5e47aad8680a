"""What lies on the disk: real files, damaged, full, and left behind by processes that were killed."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE

import pytest
from huimin.v1 import form_pb2
from structlog.testing import capture_logs

from backend_client.errors import Conflict, NoReference, QueueFull, QueueUnusable
from backend_client.queue.file import FILE_NAME
from backend_client.queue.listing import CANNOT_OPEN, damaged, entries, retry
from backend_client.queue.store import Bounds, Store
from backend_client.submission import (
    Attachment,
    Leased,
    new_attachment_name,
    new_submission_name,
)
from foundation.keys import KEY_BYTES, CannotOpen, KeyRing
from tests.backend_client.sample import NUMBER
from tests.chaos.room import Room

KEYS = KeyRing([b"k" * KEY_BYTES])
NOW = datetime(2026, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)
SECRET = "我的秘密是一棵三百年的银杏树"
REFERENCES = tuple(f"{number:012}" for number in range(100_000_000_000, 100_000_000_020))
BOUNDS = Bounds(low=2, wanted=10)


def opened(folder: Path, keys: KeyRing = KEYS, bounds: Bounds = BOUNDS) -> Store:
    return Store(folder, keys, bounds)


def stocked(folder: Path, keys: KeyRing = KEYS, bounds: Bounds = BOUNDS) -> Store:
    store = opened(folder, keys, bounds)
    store.end_lease(frozenset(), Leased(frozenset(), REFERENCES))
    return store


def message(text: str = SECRET) -> form_pb2.Submission:
    return form_pb2.Submission(
        name=new_submission_name(), form="forms/letter", answers=[form_pb2.Answer(field="letter", text=text)]
    )


def file_of(one: form_pb2.Submission, content: bytes) -> Attachment:
    return Attachment(new_attachment_name(), one.name, "audio/wav", content)


def everything_on(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


# Keeping


def test_what_is_kept_is_there_after_a_restart_in_order(tmp_path: Path) -> None:
    store = stocked(tmp_path)
    sent = [message(f"第{turn}封信") for turn in range(3)]
    kept = [store.keep(one, NUMBER, [], NOW + timedelta(seconds=turn)) for turn, one in enumerate(sent)]
    store.close()
    store = opened(tmp_path)
    assert [entry.number for entry in store.entries()] == [one.number for one in kept]
    assert [entry.accept_time for entry in store.entries()] == [one.accept_time for one in kept]
    assert len({entry.resident for entry in store.entries()}) == 1
    for one, was in zip(kept, sent, strict=True):
        parcel = store.parcel(one.number)
        assert parcel.reference == one.reference
        expected = form_pb2.Submission.FromString(was.SerializeToString())
        expected.reference = one.reference
        assert form_pb2.Submission.FromString(parcel.encoded) == expected
    assert store.references == len(REFERENCES) - 3
    store.close()


PART = 256 << 10


@pytest.mark.parametrize("size", [1, PART - 1, PART, PART + 1, 3 * PART + 7])
def test_files_of_any_size_come_back_as_they_were(tmp_path: Path, size: int) -> None:
    store = stocked(tmp_path)
    one = message()
    files = [file_of(one, random.Random(size).randbytes(length)) for length in (size, 1)]
    number = store.keep(one, NUMBER, files, NOW).number
    assert store.parcel(number).files == (0, 1)
    assert [store.attachment(number, position) for position in (0, 1)] == files
    store.arrived(number, 0)
    assert store.parcel(number).files == (1,)
    store.upload_again(number)
    assert store.parcel(number).files == (0, 1)
    store.close()


def test_nothing_that_a_resident_said_and_no_reference_can_be_read_on_the_disk(tmp_path: Path) -> None:
    store = stocked(tmp_path)
    one = message()
    spoken = b"what the caller said, word for word " * 20
    kept = store.keep(one, NUMBER, [file_of(one, spoken)], NOW)
    for _ in range(2):
        raw = everything_on(tmp_path)
        for secret in (SECRET.encode(), NUMBER.encode(), spoken[:24], b"forms/letter", b"audio/wav"):
            assert secret not in raw
        for reference in (kept.reference, *REFERENCES):
            assert reference.encode() not in raw
        store.close()  # and once more without the -wal file
        store = opened(tmp_path)
    store.close()
    assert SECRET not in repr(kept) + repr(one.name) + repr(store) + repr(entries(tmp_path))
    assert kept.reference not in repr(kept)


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    store = stocked(tmp_path / "queue")
    store.keep(message(), NUMBER, [], NOW)
    assert (tmp_path / "queue").stat().st_mode & 0o777 == 0o700
    for file in (tmp_path / "queue").iterdir():
        assert file.stat().st_mode & 0o077 == 0, file
    store.close()


def test_what_is_kept_twice_is_there_once(tmp_path: Path) -> None:
    store = stocked(tmp_path)
    one = message()
    first = store.keep(one, NUMBER, [], NOW)
    again = store.keep(one, NUMBER, [], NOW + timedelta(days=1))
    assert again == replace(first, already=True)
    other = message("something else")
    other.name = one.name
    with pytest.raises(Conflict):
        store.keep(other, NUMBER, [], NOW)
    assert len(store.entries()) == 1
    assert store.references == len(REFERENCES) - 1
    store.close()


def test_the_bounds_hold_and_a_refusal_leaves_nothing_behind(tmp_path: Path) -> None:
    store = stocked(tmp_path, bounds=replace(BOUNDS, submissions=2, bytes=50_000))
    one = message()
    with pytest.raises(QueueFull):
        store.keep(one, NUMBER, [file_of(one, bytes(50_000))], NOW)
    assert not store.entries()
    assert store.references == len(REFERENCES)
    numbers = [store.keep(message(), NUMBER, [], NOW).number for _ in range(2)]
    with pytest.raises(QueueFull):
        store.keep(message(), NUMBER, [], NOW)
    store.remove(numbers[0])
    store.keep(message(), NUMBER, [], NOW)
    store.close()


def test_the_file_shrinks_again(tmp_path: Path) -> None:
    store = stocked(tmp_path)
    one = message()
    number = store.keep(one, NUMBER, [file_of(one, bytes(4 << 20))], NOW).number
    store.close()
    grown = (tmp_path / FILE_NAME).stat().st_size
    store = opened(tmp_path)
    store.remove(number)
    store.close()
    assert grown > 4 << 20
    assert (tmp_path / FILE_NAME).stat().st_size < 1 << 18


def test_a_commit_is_on_the_disk(tmp_path: Path) -> None:
    """What only a power cut could show: SQLite is told to wait for the disk at every commit."""
    store = opened(tmp_path)
    pragma = {
        name: store._database.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("synchronous", "journal_mode")
    }
    assert pragma == {"synchronous": 2, "journal_mode": "wal"}
    store.close()


# References


def test_a_reference_is_given_out_once(tmp_path: Path) -> None:
    store = stocked(tmp_path)
    given = [store.keep(message(), NUMBER, [], NOW).reference for _ in REFERENCES]
    assert sorted(given) == sorted(REFERENCES)
    with pytest.raises(NoReference):
        store.keep(message(), NUMBER, [], NOW)
    store.close()
    with pytest.raises(NoReference):
        opened(tmp_path).keep(message(), NUMBER, [], NOW)


def test_a_reference_that_nobody_was_told_is_given_out_again_and_others_are_not(tmp_path: Path) -> None:
    store = stocked(tmp_path)
    told, not_told = (store.keep(message(), NUMBER, [], NOW) for _ in range(2))
    store.remove(told.number)
    for _ in range(2):
        store.remove(not_told.number, unused=not_told.reference)
    store.close()
    store = opened(tmp_path)
    given = [store.keep(message(), NUMBER, [], NOW).reference for _ in range(store.references)]
    assert sorted(given) == sorted(set(REFERENCES) - {told.reference})
    store.close()


def test_references_that_the_backend_does_not_let_out_leave_the_pool(tmp_path: Path) -> None:
    store = stocked(tmp_path)
    request, held = store.begin_lease()
    assert held == set(REFERENCES)
    used = store.keep(message(), NUMBER, [], NOW).reference  # while the request is under way
    usable = frozenset(REFERENCES[10:])
    fresh = ("200000000001", "200000000002", REFERENCES[15])
    store.end_lease(held, Leased(usable, fresh))
    assert store.begin_lease()[1] == (usable | set(fresh)) - {used}
    assert store.begin_lease()[0] != request
    store.close()


def test_a_lease_that_was_not_answered_is_asked_for_again_under_its_name(tmp_path: Path) -> None:
    store = opened(tmp_path)
    request, _ = store.begin_lease()
    store.close()
    store = opened(tmp_path)
    assert store.begin_lease()[0] == request
    store.end_lease(frozenset(), Leased(frozenset(), REFERENCES))
    assert store.begin_lease()[0] != request
    store.close()


def test_another_reference_takes_the_place_of_one_that_cannot_be_given(tmp_path: Path) -> None:
    store = stocked(tmp_path)
    kept = store.keep(message(), NUMBER, [], NOW)
    other = store.give_other_reference(kept.number)
    assert other != kept.reference
    assert store.parcel(kept.number).reference == other
    assert kept.reference not in store.begin_lease()[1]
    store.close()


# Keys


def test_with_another_key_nothing_is_opened_and_nothing_is_lost(tmp_path: Path) -> None:
    store = stocked(tmp_path)
    one = message()
    number = store.keep(one, NUMBER, [file_of(one, b"spoken")], NOW).number
    store.close()
    store = opened(tmp_path, KeyRing([b"x" * KEY_BYTES]))
    assert store.references == 0
    with pytest.raises(CannotOpen):
        store.parcel(number)
    with pytest.raises(CannotOpen):
        store.attachment(number, 0)
    with pytest.raises(Conflict):
        store.keep(one, NUMBER, [], NOW)
    store.set_aside(number, CANNOT_OPEN)
    store.close()
    store = opened(tmp_path, KeyRing([b"n" * KEY_BYTES, b"k" * KEY_BYTES]))
    assert store.references == len(REFERENCES) - 1
    assert [entry.problem for entry in store.entries()] == [None]
    assert store.attachment(number, 0).content == b"spoken"
    store.close()


# Damage


def test_a_damaged_row_is_found_and_the_others_are_not_touched(tmp_path: Path) -> None:
    store = stocked(tmp_path)
    numbers = [store.keep(message(), NUMBER, [], NOW).number for _ in range(3)]
    store.close()
    with sqlite3.connect(tmp_path / FILE_NAME) as database:
        (sealed,) = database.execute(
            "SELECT sealed FROM submissions WHERE number = ?", (numbers[1],)
        ).fetchone()
        spoilt = sealed[:-5] + bytes([sealed[-5] ^ 1]) + sealed[-4:]
        database.execute("UPDATE submissions SET sealed = ? WHERE number = ?", (spoilt, numbers[1]))
        (first,) = database.execute(
            "SELECT sealed FROM submissions WHERE number = ?", (numbers[0],)
        ).fetchone()
        database.execute("UPDATE submissions SET sealed = ? WHERE number = ?", (first, numbers[2]))
    store = opened(tmp_path)
    assert store.parcel(numbers[0]).encoded
    for number in numbers[1:]:  # the last has another one's value
        with pytest.raises(CannotOpen):
            store.parcel(number)
    store.close()


@pytest.mark.parametrize("nonsense", [-1, 2**62, "soon", b"\x00", 1.5])
def test_a_moment_that_is_damaged_keeps_nothing_from_being_delivered(
    tmp_path: Path, nonsense: object
) -> None:
    store = stocked(tmp_path)
    number = store.keep(message(), NUMBER, [], NOW).number
    store._database.execute("UPDATE submissions SET accept_time = ?", (nonsense,))
    assert [entry.number for entry in store.entries()] == [number]
    assert store.parcel(number).encoded
    store.close()


def test_a_file_that_lost_a_part_is_found(tmp_path: Path) -> None:
    store = stocked(tmp_path)
    one = message()
    number = store.keep(one, NUMBER, [file_of(one, bytes(600_000))], NOW).number
    store._database.execute("DELETE FROM parts WHERE part = 1")
    with pytest.raises(CannotOpen):
        store.attachment(number, 0)
    store.close()


@pytest.mark.parametrize("harm", ["head", "middle", "cut", "other file"])
def test_a_damaged_file_is_moved_aside_and_a_new_queue_begun(tmp_path: Path, harm: str) -> None:
    store = stocked(tmp_path)
    for _ in range(20):
        store.keep(message("长" * 2000), NUMBER, [], NOW)
    store.close()
    file = tmp_path / FILE_NAME
    whole = file.read_bytes()
    match harm:
        case "head":
            spoilt = b"not a database at all" + whole[21:]
        case "middle":
            spoilt = whole[:8192] + os.urandom(len(whole) - 16384) + whole[-8192:]
        case "cut":
            spoilt = whole[: len(whole) // 2]
        case _:
            spoilt = b"x" * 5000
    file.write_bytes(spoilt)
    store = opened(tmp_path)
    assert not store.entries()
    (aside,) = damaged(tmp_path)
    assert (aside / FILE_NAME).read_bytes() == spoilt
    store.end_lease(frozenset(), Leased(frozenset(), REFERENCES))
    store.keep(message(), NUMBER, [], NOW)
    store.close()


def test_what_can_be_read_of_a_damaged_file_is_taken_into_the_new_queue(tmp_path: Path) -> None:
    store = stocked(tmp_path)
    sent = {}
    for turn in range(15):
        one = message("长" * 3000)
        files = [file_of(one, bytes([turn]) * 30_000)] if turn % 2 else []
        sent[store.keep(one, NUMBER, files, NOW).number] = (one, files)
    store.remove(1)
    store.close()
    file = tmp_path / FILE_NAME
    whole = bytearray(file.read_bytes())
    with sqlite3.connect(file) as database:
        page = database.execute("PRAGMA page_size").fetchone()[0]
    pages = len(whole) // page
    whole[pages // 2 * page : (pages // 2 + 4) * page] = os.urandom(4 * page)
    file.write_bytes(whole)
    store = opened(tmp_path)
    assert damaged(tmp_path)
    read = 0
    for entry in store.entries():
        one, files = sent[entry.number]
        try:
            parcel = store.parcel(entry.number)
            assert [store.attachment(entry.number, position) for position in parcel.files] == files
        except CannotOpen:
            continue
        assert form_pb2.Submission.FromString(parcel.encoded).answers == one.answers
        read += 1
    assert 8 <= read < 15
    assert store.references == 0
    store.end_lease(frozenset(), Leased(frozenset(), REFERENCES))
    assert store.keep(message(), NUMBER, [], NOW).number > max(sent)
    store.close()


def test_a_damaged_file_is_tried_again_where_the_disk_has_no_room_for_what_can_be_read(
    tmp_path: Path,
) -> None:
    store = stocked(tmp_path)
    one = message()
    number = store.keep(one, NUMBER, [file_of(one, bytes(3 << 20))], NOW).number
    store.keep(message("长" * 3000), NUMBER, [], NOW)
    store.close()
    file = tmp_path / FILE_NAME
    spoilt = file.read_bytes()[:-4096] + os.urandom(4096)  # the end of the second
    file.write_bytes(spoilt)
    with capture_logs():
        Room.refuse(os.getpid(), 1 << 20)
        try:
            with pytest.raises(QueueUnusable):
                opened(tmp_path)
        finally:
            Room.allow(os.getpid())
    assert not damaged(tmp_path)
    assert file.read_bytes() == spoilt
    store = opened(tmp_path)
    assert store.entries()[0].number == number
    assert store.attachment(number, 0).content == bytes(3 << 20)
    assert damaged(tmp_path)
    store.close()


def test_a_queue_of_a_newer_release_is_left_alone(tmp_path: Path) -> None:
    opened(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE_NAME) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(QueueUnusable) as caught:
        opened(tmp_path)
    assert caught.value.reason == "QUEUE_NEWER"
    with sqlite3.connect(tmp_path / FILE_NAME) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (99,)


def test_only_one_process_has_a_queue(tmp_path: Path) -> None:
    store = opened(tmp_path)
    with pytest.raises(QueueUnusable) as caught:
        opened(tmp_path)
    assert caught.value.reason == "QUEUE_IN_USE"
    store.close()
    opened(tmp_path).close()


# Operators


def test_an_operator_sees_what_waits_and_puts_back_what_was_set_aside_while_a_door_runs(
    tmp_path: Path,
) -> None:
    assert entries(tmp_path) == []
    assert retry(tmp_path, []) == 0
    store = stocked(tmp_path)
    numbers = [store.keep(message(), NUMBER, [], NOW).number for _ in range(3)]
    store.set_aside(numbers[1], "ANSWERS_INVALID")
    assert not store.changed_by_others()
    assert [entry.problem for entry in entries(tmp_path)] == [None, "ANSWERS_INVALID", None]
    assert not store.changed_by_others()
    assert retry(tmp_path, [numbers[0], 999]) == 0
    assert retry(tmp_path, [numbers[1]]) == 1
    assert store.changed_by_others()
    assert not store.changed_by_others()
    assert {entry.problem for entry in store.entries()} == {None}
    store.set_aside(numbers[0], "X")
    store.set_aside(numbers[2], "X")
    assert retry(tmp_path, []) == 2
    store.close()


# Disks that are full or fail


def test_a_full_disk_refuses_keeps_nothing_half_and_takes_again_once_there_is_room(tmp_path: Path) -> None:
    room = Room(tmp_path / "room")
    if not room.real:
        room.close()
        full_by_limit(tmp_path / "limited")
        return
    try:
        store = stocked(room.folder / "queue")
        kept = store.keep(message(), NUMBER, [], NOW)
        room.fill()
        refused = message()
        with pytest.raises(QueueUnusable) as caught:
            store.keep(refused, NUMBER, [file_of(refused, bytes(300_000))], NOW)
        assert caught.value.reason == "QUEUE_DISK_FULL"
        assert [entry.number for entry in store.entries()] == [kept.number]
        assert store.parcel(kept.number).reference == kept.reference
        before = store.references
        room.clear()
        again = store.keep(refused, NUMBER, [file_of(refused, bytes(300_000))], NOW)
        assert store.references == before - 1
        assert store.attachment(again.number, 0).content == bytes(300_000)
        store.close()
    finally:
        room.close()


def full_by_limit(folder: Path) -> None:
    """The same where no file system can be made: no file of a process may grow."""
    store = stocked(folder)
    one = message()
    with capture_logs():  # a log could not be written, either
        Room.refuse(os.getpid(), 1)
        try:
            with pytest.raises(QueueUnusable):
                store.keep(one, NUMBER, [file_of(one, bytes(300_000))], NOW)
        finally:
            Room.allow(os.getpid())
    assert not store.entries()
    store.keep(one, NUMBER, [file_of(one, bytes(300_000))], NOW)
    store.close()


def test_a_disk_that_takes_only_so_much_refuses_and_keeps_nothing_half(tmp_path: Path) -> None:
    full_by_limit(tmp_path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(QueueUnusable):
        opened(tmp_path / "file" / "queue")


# Processes that are killed

KILLED = Path(__file__).parent / "killed.py"


def test_a_process_that_is_killed_at_any_line_leaves_what_it_accepted_and_nothing_half(
    tmp_path: Path,
) -> None:
    """At lines here and there from opening a queue on, and at each one of keeping the third submission."""
    room = Room(tmp_path / "room")
    killed = subprocess.Popen([sys.executable, KILLED], stdin=PIPE, stdout=PIPE, text=True)
    untold, at = [], 1
    try:
        assert killed.stdin is not None
        assert killed.stdout is not None
        while True:
            folder = room.folder / str(at)
            killed.stdin.write(f"{folder} {at}\n")
            killed.stdin.flush()
            accepted = json.loads(killed.stdout.readline())
            if accepted is None:
                break
            untold.append(look(folder, accepted))
            shutil.rmtree(folder)
            at += 1 if len(accepted) == 2 else 5
    finally:
        killed.kill()
        killed.communicate()
        room.close()
    assert len(untold) > 60
    assert 1 <= sum(untold) < 10  # killed after the commit, and before anybody was told


def look(folder: Path, accepted: dict[str, str]) -> int:
    """Compares a queue with what its process had said was accepted; how many it had not come to say."""
    store = opened(folder)
    found = {}
    for entry in store.entries():
        parcel = store.parcel(entry.number)
        sent = form_pb2.Submission.FromString(parcel.encoded)
        found[sent.name] = parcel.reference
        assert store.attachment(entry.number, 0).content == sent.name.encode() * 100
    assert found.items() >= accepted.items()
    assert len(found) <= len(accepted) + 1
    held = store.begin_lease()[1]
    assert not held & set(found.values())
    assert len(held) + len(found) in (5, 0)  # with the references, which came all or not at all
    assert not damaged(folder)
    store.close()
    return len(found) - len(accepted)
