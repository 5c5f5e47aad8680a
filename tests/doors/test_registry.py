"""Which certificate opens which door: the rule, and how old it may be what a backend knows."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backend.doors.registry import Doors, Shown, refused
from backend.rpc.door import DoorKind
from backend.rpc.refusal import Refusal
from backend.storage import doors
from backend.storage.doors import DoorState, KindDiffers, KnownDoor
from tests.backend.house import House
from tests.doors.running import TERMINAL
from tests.postgres import BOTH

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
OPEN = KnownDoor("doors/hall-1", TERMINAL, DoorState.ACTIVE, NOW - 9 * DAY, None, None)
SHOWN = Shown("doors/hall-1", "2a", NOW - DAY, NOW + DAY)


@pytest.mark.parametrize(
    ("known", "shown", "reason"),
    [
        (OPEN, SHOWN, None),
        (None, SHOWN, "DOOR_UNKNOWN"),
        (replace(OPEN, state=DoorState.INVITED), SHOWN, "DOOR_UNKNOWN"),
        (replace(OPEN, state=DoorState.REVOKED), SHOWN, "DOOR_REVOKED"),
        (replace(OPEN, name="doors/local"), SHOWN, "DOOR_UNKNOWN"),
        # Let in again since: what was made before opens nothing, unless it was recorded since.
        (replace(OPEN, revoke_time=NOW), SHOWN, "DOOR_REVOKED"),
        (replace(OPEN, revoke_time=SHOWN.not_before), SHOWN, "DOOR_REVOKED"),
        (replace(OPEN, revoke_time=NOW - 2 * DAY), SHOWN, None),
        (replace(OPEN, revoke_time=NOW, serials=frozenset({"2a"})), SHOWN, None),
        (replace(OPEN, revoke_time=NOW, serials=frozenset({"2b"})), SHOWN, "DOOR_REVOKED"),
        (replace(OPEN, state=DoorState.REVOKED, serials=frozenset({"2a"})), SHOWN, "DOOR_REVOKED"),
        (OPEN, replace(SHOWN, not_after=NOW), "CERTIFICATE_EXPIRED"),
    ],
)
def test_which_certificates_open_a_door(known: KnownDoor | None, shown: Shown, reason: str | None) -> None:
    assert refused(shown, known, NOW) == reason


async def add(running: House, name: str) -> None:
    await running.database.write(doors.add, name, TERMINAL, running.clock())


def shown_now(running: House, name: str) -> Shown:
    return Shown(name, "2a", running.clock() - DAY, running.clock() + DAY)


async def test_many_calls_ask_the_database_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    everyone = doors.everyone

    def counted(connection: object, now: datetime) -> dict[str, KnownDoor]:
        nonlocal asked
        asked += 1
        return everyone(connection, now)  # type: ignore[arg-type]

    monkeypatch.setattr(doors, "everyone", counted)
    await add(house, "doors/hall-1")
    known = Doors(house.database, house.clock)
    shown = shown_now(house, "doors/hall-1")
    found = await asyncio.gather(*(known.admit(shown) for _ in range(500)))
    assert {(door.name, door.kind) for door in found} == {("doors/hall-1", DoorKind.TERMINAL)}
    assert asked == 1


@BOTH
async def test_a_new_door_is_let_in_at_its_first_call_by_every_backend(house: House) -> None:
    await add(house, "doors/hall-1")
    backends = [Doors(house.database, house.clock) for _ in range(2)]
    for backend in backends:
        await backend.admit(shown_now(house, "doors/hall-1"))
    await add(house, "doors/hall-2")
    for backend in backends:
        assert (await backend.admit(shown_now(house, "doors/hall-2"))).name == "doors/hall-2"


async def test_nobody_is_let_in_while_the_database_is_away(house: House) -> None:
    await add(house, "doors/hall-1")
    known = Doors(house.database, house.clock)
    await known.admit(shown_now(house, "doors/hall-1"))
    await house.database.close()
    await asyncio.sleep(1.1)
    with pytest.raises(Exception) as caught:
        await known.admit(shown_now(house, "doors/hall-1"))
    assert not isinstance(caught.value, Refusal)


@BOTH
async def test_a_door_keeps_its_kind(house: House) -> None:
    await add(house, "doors/hall-1")
    with pytest.raises(KindDiffers):
        await house.database.write(doors.add, "doors/hall-1", TERMINAL + 1, house.clock())


@BOTH
async def test_what_is_over_is_swept(house: House) -> None:
    now = house.clock()
    await house.database.write(
        doors.invite, "doors/hall-1", TERMINAL, code="A" * 16, expire_time=now + DAY, now=now
    )
    await house.database.write(doors.record, "doors/hall-1", "2a", now + DAY)
    for moment, left in ((now, 1), (now + DAY, 0)):
        await house.database.write(doors.sweep, moment)
        door = (await house.database.read(doors.everyone, now))["doors/hall-1"]
        assert len(door.serials) == left
        assert (door.invited_until is not None) == bool(left)
