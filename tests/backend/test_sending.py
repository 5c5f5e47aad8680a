"""Sending: real providers over HTTP, a real mail server with TLS, a process that dies before it has noted."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from huimin.v1 import case_pb2, common_pb2, form_pb2

from backend.notifying.gateway import Gateways, gateways
from backend.notifying.outgoing import GatewayWrong
from backend.notifying.quiet import QuietHours
from backend.notifying.sending import LEASE, MAX_ATTEMPTS, send_due, wait
from backend.storage import cases, messages
from backend.storage.database import Database
from backend.storage.messages import State
from backend_client.forms.reference import group
from tests.backend.house import House
from tests.backend.sample import RESIDENT, answers, submission
from tests.backend.test_messages import NOW, PHONE, opened, tell
from tests.certificates import ServerFiles, new_authority, server_files
from tests.sms_provider import SECRET, accept, over_http, provider

QUIET = QuietHours.of("21:00-08:00")  # NOW is 16:00 in the county


async def send(database: Database, made: Gateways, now: datetime = NOW, quiet: QuietHours = QUIET) -> int:
    return await send_due(database, made, quiet, lambda: now)


async def close(made: Gateways) -> None:
    for gateway in made.values():
        await gateway.close()


async def only(database: Database) -> messages.Kept:
    (kept,) = await database.read(messages.listed, None, 10)
    return kept


async def test_a_provider_gets_each_message_once_signed_and_without_private_words(
    empty_database: str, tmp_path: Path
) -> None:
    async with opened(empty_database, tmp_path) as database, provider() as one:
        made = gateways(over_http(one.url, tmp_path), tmp_path)
        await database.write(tell)
        assert await send(database, made) == 1
        assert await send(database, made) == 0
        kept = await only(database)
        assert (kept.state, kept.attempts, kept.problem) == (State.SENT, 1, "")
        (taken,) = one.taken
        assert taken["to"] == PHONE and taken["text"].startswith("【惠民政务】您编号尾号1234的办件已受理")
        assert one.keys == [kept.name] == [taken["name"]]
        await close(made)


async def _http_500(request: web.Request) -> web.StreamResponse:
    return web.Response(status=500)


async def _nonsense(request: web.Request) -> web.StreamResponse:
    return web.Response(text="<html>welcome to the hotel's network</html>")


async def _endless(request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"{" * (1 << 20))


async def _slow(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(5)
    return web.json_response({"accepted": True})


async def _elsewhere(request: web.Request) -> web.StreamResponse:
    raise web.HTTPTemporaryRedirect("http://127.0.0.1:9/")


async def _busy(request: web.Request) -> web.StreamResponse:
    return web.Response(status=429, headers={"Retry-After": "1800"})


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (_http_500, "HTTP_500"),
        (_nonsense, "NONSENSE"),
        (_endless, "ANSWER_TOO_LARGE"),
        (_slow, "TIMEOUT"),
        (_elsewhere, "HTTP_307"),
        (_busy, "HTTP_429"),
    ],
)
async def test_what_a_provider_does_not_take_is_tried_again_later(
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]], problem: str, tmp_path: Path
) -> None:
    async with opened("", tmp_path) as database, provider(answer) as one:
        made = gateways(over_http(one.url, tmp_path, timeout_seconds=1), tmp_path)
        await database.write(tell)
        assert await send(database, made) == 1
        kept = await only(database)
        assert (kept.state, kept.problem) == (State.WAITING, problem)
        assert kept.due_time >= NOW + timedelta(seconds=1800 if problem == "HTTP_429" else 10)
        assert await send(database, made) == 0
        one.answer = accept
        assert await send(database, made, kept.due_time) == 1
        assert (await only(database)).state is State.SENT
        assert len(set(one.keys)) == 1
        await close(made)


async def test_what_is_refused_for_good_is_dead_until_an_operator_has_it_tried_again(tmp_path: Path) -> None:
    async def refuse(request: web.Request) -> web.StreamResponse:
        return web.json_response({"accepted": False, "reason": "NO_SUCH_NUMBER"})

    async with opened("", tmp_path) as database, provider(refuse) as one:
        made = gateways(over_http(one.url, tmp_path), tmp_path)
        await database.write(tell)
        await send(database, made)
        kept = await only(database)
        assert (kept.state, kept.problem) == (State.DEAD, "REFUSED_NO_SUCH_NUMBER")
        assert await send(database, made, NOW + timedelta(days=2)) == 0
        one.answer = accept
        assert await database.write(messages.retry, kept.name, NOW)
        assert await send(database, made) == 1
        assert (await only(database)).state is State.SENT
        await close(made)


async def test_a_provider_that_stays_away_is_given_up_on_after_a_day(tmp_path: Path) -> None:
    async with opened("", tmp_path) as database:
        made = gateways(over_http("http://127.0.0.1:9/send", tmp_path), tmp_path)
        await database.write(tell)
        moment = NOW
        for _ in range(MAX_ATTEMPTS):
            assert await send(database, made, moment, QuietHours.of("")) == 1
            kept = await only(database)
            assert kept.problem.startswith("UNREACHABLE")
            moment = kept.due_time
        assert (kept.state, kept.attempts) == (State.DEAD, MAX_ATTEMPTS)
        assert timedelta(hours=15) < moment - NOW < timedelta(hours=36)
        await close(made)


def test_the_waits_grow_up_to_an_hour() -> None:
    assert wait(1) < timedelta(seconds=19) < timedelta(seconds=23) < wait(2)
    assert timedelta(minutes=47) < wait(20) < timedelta(minutes=73)


KILLED = """
import asyncio, sys
from datetime import datetime
from pathlib import Path
from backend.notifying.gateway import gateways
from backend.notifying.quiet import QuietHours
from backend.notifying.sending import send_due
from backend.storage.database import database_url, open_database
from tests.keys import VAULT

async def main(given, folder, url, now):
    database = await open_database(database_url(given, Path(folder)), VAULT)
    table = {"sms": {"gateway": "http", "url": url, "secret_file": Path(folder) / "provider-secret"}}
    moment = datetime.fromisoformat(now)
    await send_due(database, gateways(table, Path(folder)), QuietHours.of(""), lambda: moment)
    print("noted")

asyncio.run(main(*sys.argv[1:]))
"""


async def test_who_is_killed_between_sending_and_noting_leads_to_a_repeat_by_the_same_name_only(
    empty_database: str, tmp_path: Path
) -> None:
    killed: list[int] = []

    async def kill_then_accept(request: web.Request) -> web.StreamResponse:
        os.kill(killed[0], signal.SIGKILL)
        return web.json_response({"accepted": True})

    async with opened(empty_database, tmp_path) as database, provider(kill_then_accept) as one:
        table = over_http(one.url, tmp_path)
        await database.write(tell)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", KILLED, empty_database, str(tmp_path), one.url, NOW.isoformat(),
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        killed.append(process.pid)
        out, _ = await process.communicate()
        assert (process.returncode, out) == (-signal.SIGKILL, b"")
        assert len(one.taken) == 1

        one.answer = accept
        made = gateways(table, tmp_path)
        assert await send(database, made, NOW + LEASE - timedelta(seconds=1)) == 0
        assert await send(database, made, NOW + LEASE) == 1
        assert await send(database, made, NOW + 3 * LEASE) == 0
        assert one.taken[0] == one.taken[1] and one.keys[0] == one.keys[1]
        assert ((await only(database)).state, len(one.taken)) == (State.SENT, 2)
        await close(made)


async def test_nothing_but_what_is_waited_for_goes_out_in_quiet_hours(tmp_path: Path) -> None:
    night = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)  # 23:30 in the county
    async with opened("", tmp_path) as database, provider() as one:
        made = gateways(over_http(one.url, tmp_path), tmp_path)
        await database.write(tell)
        await database.write(lambda c: tell(c, "link", kind="document_link"))
        assert await send(database, made, night) == 1
        assert [message["text"][:12] for message in one.taken] == ["【惠民政务】您要的表格已"]
        assert await send(database, made, night + timedelta(hours=8)) == 0  # 7:30
        assert await send(database, made, night + timedelta(hours=8, minutes=30)) == 1
        await close(made)


def test_quiet_hours_may_lie_over_midnight() -> None:
    assert QUIET.holds(datetime(2026, 1, 1, 13, tzinfo=UTC)) and QUIET.holds(
        datetime(2026, 1, 1, 23, tzinfo=UTC)
    )
    assert not QUIET.holds(datetime(2026, 1, 1, 0, tzinfo=UTC)) and not QuietHours.of("").holds(NOW)
    assert QuietHours.of("12:00-14:00").holds(datetime(2026, 1, 1, 5, tzinfo=UTC))
    for wrong in ("21:00", "25:00-08:00", "9-8", "21:00-08:60"):
        with pytest.raises(ValueError):
            QuietHours.of(wrong)


class Mailbox:
    """What a mail server took. refuse: what it says to a recipient instead."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.refuse = ""

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        assert session.authenticated
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        return "250 OK"


def _authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"huimin", SECRET.encode())
    return AuthResult(success=right)


@asynccontextmanager
async def mail_server(files: ServerFiles, mailbox: Mailbox, tls: str) -> AsyncIterator[int]:
    """A mail server that takes mail over TLS from those who log in; its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.key)
    starts = tls == "starttls"

    def connected() -> SMTP:
        return SMTP(
            mailbox,
            hostname="localhost",
            authenticator=_authenticate,
            auth_required=True,
            auth_require_tls=starts,
            tls_context=context if starts else None,
            require_starttls=starts,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(connected, "127.0.0.1", 0, ssl=None if starts else context)
    async with server:
        yield server.sockets[0].getsockname()[1]


def over_smtp(port: int, files: ServerFiles, folder: Path, tls: str) -> dict[str, dict[str, object]]:
    password = folder / "password"
    password.write_text(SECRET)
    return {
        "email": {
            "gateway": "smtp",
            "host": "localhost",
            "port": port,
            "tls": tls,
            "authority": files.authority,
            "sender": "service@huimin.example",
            "sender_name": "惠民县政务服务",
            "user": "huimin",
            "password_file": password,
        }
    }


@pytest.mark.parametrize("tls", ["tls", "starttls"])
async def test_a_mail_server_takes_a_message_over_tls_from_who_logs_in(tmp_path: Path, tls: str) -> None:
    files, mailbox = server_files(tmp_path / "tls", new_authority()), Mailbox()
    async with opened("", tmp_path) as database, mail_server(files, mailbox, tls) as port:
        made = gateways(over_smtp(port, files, tmp_path, tls), tmp_path)
        await database.write(lambda c: tell(c, recipient="resident@example.com"))
        mailbox.refuse = "451 Try again later"
        assert await send(database, made) == 1
        kept = await only(database)
        assert (kept.state, kept.problem) == (State.WAITING, "SMTP_451")
        mailbox.refuse = ""
        assert await send(database, made, kept.due_time) == 1
        assert (await only(database)).state is State.SENT
        (envelope,) = mailbox.envelopes
        assert envelope.rcpt_tos == ["resident@example.com"]
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert mail["Subject"] == "您的办件已受理"
        assert mail["Message-ID"] == f"<{kept.name}@huimin.example>"
        assert mail["From"].addresses[0].display_name == "惠民县政务服务"
        assert "您编号尾号1234的办件已受理" in mail.get_content()

        mailbox.refuse = "550 No such mailbox"
        await database.write(lambda c: tell(c, "other", recipient="nobody@example.com"))
        await send(database, made)
        assert (await database.read(messages.listed, State.DEAD, 1))[0].problem == "SMTP_550"


async def test_a_mail_server_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    files, mailbox = server_files(tmp_path / "tls", new_authority()), Mailbox()
    others = server_files(tmp_path / "other", new_authority("Another authority"))
    async with opened("", tmp_path) as database, mail_server(files, mailbox, "tls") as port:
        made = gateways(over_smtp(port, others, tmp_path, "tls"), tmp_path)
        await database.write(lambda c: tell(c, recipient="resident@example.com"))
        await send(database, made)
        kept = await only(database)
        assert kept.state is State.WAITING and kept.problem.startswith("UNREACHABLE")
        assert mailbox.envelopes == []


@pytest.mark.parametrize(
    ("tables", "reason"),
    [
        ({"sms": {"gateway": "pigeon"}}, "there is no gateway 'pigeon'; there are file, http, smtp"),
        ({"sms": {"gateway": "smtp", "host": "a", "sender": "a@b.c"}}, "smtp sends e-mail only"),
        ({"sms": {"gateway": "http", "url": "https://a/"}}, "secret_file: Field required"),
        ({"sms": {"gateway": "http", "url": "http://sms.example/", "secret_file": "/dev/null"}}, "https"),
        ({"sms": {"gateway": "http", "url": "https://a/", "secret_file": "/dev/null"}}, "holds no secret"),
        ({"sms": {"gateway": "http", "url": "https://a/", "secret_file": "/nowhere"}}, "No such file"),
        ({"email": {"gateway": "smtp", "host": "mail.example", "sender": "a@b.c", "tls": "none"}}, "tls:"),
        ({"email": {"gateway": "smtp", "host": "a", "sender": "a@b.c", "user": "u"}}, "go together"),
        ({"email": {"gateway": "file", "path": "/nowhere/messages.jsonl"}}, "cannot be written to"),
        ({"email": {"gateway": "file", "colour": "red"}}, "colour"),
        ({"letter": {"gateway": "file"}}, "there is no channel 'letter'"),
    ],
)
def test_a_gateway_that_cannot_work_says_why(
    tables: dict[str, dict[str, Any]], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(GatewayWrong, match=re.escape(reason)):
        gateways(tables, tmp_path)


async def test_a_resident_is_told_of_each_change_of_a_case_in_the_language_of_the_submission(
    house: House, form: form_pb2.Form
) -> None:
    sent = submission(form, given=answers())
    sent.language = common_pb2.LANGUAGE_EN
    answer = await house.stubs.form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=sent))
    await house.stubs.form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=sent))  # a repeat
    review = case_pb2.CASE_STATE_IN_REVIEW
    for note in ("", "", "A private note"):
        event = cases.Event(review, house.clock(), note)
        await house.database.write(cases.move, answer.reference, event)
    file = house.data / "messages.jsonl"
    async with asyncio.timeout(15):
        while (await house.database.read(messages.counts)).get(State.SENT) != 4:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert {(line["to"], line["language"], line["simulated"]) for line in lines} == {(PHONE, "en", True)}
    texts = sorted(line["text"] for line in lines)
    assert sum("has been received" in text and group(answer.reference) in text for text in texts) == 1
    assert sum("is being examined" in text for text in texts) == 1
    assert sum("something new" in text for text in texts) == 2
    assert not any(word in text for text in texts for word in ("private", "Permit", RESIDENT))
    assert all(
        kept.reference == answer.reference for kept in await house.database.read(messages.listed, None, 9)
    )


async def test_who_named_no_mobile_number_is_not_told(house: House, form: form_pb2.Form) -> None:
    sent = submission(form, given=answers(phone=form_pb2.Answer(phone_number="087112345678")))
    await house.stubs.form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=sent))
    assert await house.database.read(messages.listed, None, 9) == []
