"""Messages to residents: written down with their cause, claimed by one backend, sealed, wiped."""

from __future__ import annotations

import asyncio
import string
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from backend.authoring.finding import LOCALE
from backend.notifying.kinds import KINDS
from backend.notifying.queue import NoSuchRecipient, channel_of, enqueue, withdraw
from backend.storage import messages
from backend.storage.database import Database, database_url, open_database
from backend.storage.messages import Channel, State
from foundation.language import Language, identifiers, translator
from tests.keys import VAULT

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
LEASE = timedelta(minutes=2)
PHONE = "13800000000"


@asynccontextmanager
async def opened(given: str, data: Path) -> AsyncIterator[Database]:
    database = await open_database(database_url(given, data), VAULT)
    try:
        yield database
    finally:
        await database.close()


def tell(
    connection: Connection,
    key: str = "case-event 1",
    *,
    kind: str = "case_accepted",
    recipient: str = PHONE,
    not_before: datetime | None = None,
    expire_time: datetime | None = None,
    reference: str = "",
) -> bool:
    values = dict.fromkeys(KINDS[kind].values, "1234")
    return enqueue(
        connection,
        key=key,
        recipient=recipient,
        kind=kind,
        language=Language.ZH_CN,
        values=values,
        now=NOW,
        not_before=not_before,
        expire_time=expire_time,
        reference=reference,
    )


def claim(
    connection: Connection, now: datetime = NOW, *, urgent_only: bool = False
) -> list[messages.Claimed]:
    return messages.claim(connection, now, LEASE, urgent_only=urgent_only)


@pytest.mark.parametrize("language", Language)
def test_every_kind_has_a_text_that_takes_its_values(language: Language) -> None:
    translate = translator("backend", LOCALE, language)
    for kind, written in KINDS.items():
        text = translate(f"message.{kind}")
        fields = {name for _, name, _, _ in string.Formatter().parse(text) if name}
        assert fields == written.values, kind
        assert translate(f"subject.{kind}")
    told = {
        name.removeprefix("message.")
        for name in identifiers("backend", LOCALE, language)
        if name.startswith("message.")
    }
    assert told == KINDS.keys() | {"sms", "email"}


def test_a_recipient_is_a_mobile_number_or_an_address() -> None:
    assert channel_of(PHONE) == Channel.SMS
    assert channel_of("zhang.san@example.com") == Channel.EMAIL
    for wrong in (
        "0871123456",
        "12800000000",
        "138000000000",
        "a@b",
        "a@@example.com",
        "a b@example.com",
        "",
        "a@-",
    ):
        with pytest.raises(NoSuchRecipient):
            channel_of(wrong)


async def test_a_message_and_its_cause_are_there_together_or_not_at_all(
    empty_database: str, tmp_path: Path
) -> None:
    def half(connection: Connection) -> None:
        tell(connection)
        raise RuntimeError

    async with opened(empty_database, tmp_path) as database:
        with pytest.raises(RuntimeError):
            await database.write(half)
        assert await database.write(claim) == []
        assert await database.write(tell)
        assert not await database.write(tell)  # the cause was repeated
        assert await database.write(lambda c: tell(c, recipient="a@example.com"))  # on another way
        sms, email = sorted(await database.write(claim), key=lambda one: one.channel, reverse=True)
    assert (sms.recipient, email.recipient) == (PHONE, "a@example.com")
    assert "1234" in sms.text and "{" not in sms.text
    assert PHONE not in repr(sms)


async def test_several_backends_claim_each_message_once(empty_database: str, tmp_path: Path) -> None:
    def many(connection: Connection) -> None:
        for number in range(60):
            tell(connection, f"case-event {number}")

    async with opened(empty_database, tmp_path) as one, opened(empty_database, tmp_path) as other:
        await one.write(many)
        claimed = await asyncio.gather(*(database.write(claim) for database in (one, other) * 4))
        names = [message.name for some in claimed for message in some]
        assert len(names) == len(set(names)) == 60


async def test_who_died_while_sending_is_taken_over_from_and_has_no_say_any_more(
    empty_database: str, tmp_path: Path
) -> None:
    async with opened(empty_database, tmp_path) as database:
        await database.write(tell)
        (first,) = await database.write(claim)
        assert await database.write(claim, NOW + LEASE / 2) == []
        (second,) = await database.write(claim, NOW + LEASE)
        assert (second.name, second.attempts) == (first.name, 2)
        assert not await database.write(messages.failed, first, "TIMEOUT", NOW)
        assert await database.write(messages.sent, second, NOW)
        assert not await database.write(messages.died, first, "TIMEOUT", NOW)
        assert await database.read(messages.counts) == {State.SENT: 1}


async def test_quiet_late_withdrawn_and_retried(empty_database: str, tmp_path: Path) -> None:
    async with opened(empty_database, tmp_path) as database:
        await database.write(tell)
        assert await database.write(claim, urgent_only=True) == []
        await database.write(lambda c: tell(c, "link", kind="document_link", expire_time=NOW + LEASE))
        assert [one.kind for one in await database.write(claim, urgent_only=True)] == ["document_link"]
        assert [one.kind for one in await database.write(claim, NOW + 2 * LEASE)] == ["case_accepted"]
        assert (await database.read(messages.counts))[State.EXPIRED] == 1

        tomorrow = NOW + timedelta(days=1)
        await database.write(lambda c: tell(c, "reminder", kind="appointment_reminder", not_before=tomorrow))
        assert await database.write(claim, NOW) == []
        await database.write(withdraw, "reminder")
        (again,) = await database.write(claim, tomorrow)
        assert again.kind == "case_accepted"
        assert await database.write(messages.died, again, "REFUSED", tomorrow)
        assert await database.write(messages.retry, again.name, tomorrow)
        assert not await database.write(messages.retry, again.name, tomorrow)
        (last,) = await database.write(claim, tomorrow)
        assert last.name == again.name


async def test_what_ended_is_wiped_and_later_forgotten_and_a_case_takes_its_messages_along(
    empty_database: str, tmp_path: Path
) -> None:
    async with opened(empty_database, tmp_path) as database:
        await database.write(tell)
        (one,) = await database.write(claim)
        await database.write(lambda c: tell(c, "other", reference="100000000004"))
        await database.write(messages.sent, one, NOW)
        await database.write(messages.sweep, NOW + messages.KEEP)
        kept = await database.read(messages.opened, one.name)
        assert kept is not None and (kept.recipient, kept.text) == (None, None)
        assert not await database.write(tell)  # it is still known that this was told
        await database.write(messages.erase, ["100000000004"], NOW)
        assert await database.write(claim, NOW + LEASE) == []
        (about,) = await database.read(messages.of_cases, ["100000000004"])
        assert (about.state, about.recipient, about.text) == (State.EXPIRED, None, None)
        await database.write(messages.sweep, NOW + messages.FORGET)
        assert await database.read(messages.counts) == {}
