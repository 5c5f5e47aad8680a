"""Secrets and personal data are in no log, no error text and no repr, whatever goes right or wrong.

Every field that a resident, a door or an operator fills holds a word that is nowhere else. A real backend and
a real client are driven through what succeeds and what fails; then all that they said is searched.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
from huimin.v1 import case_pb2, form_pb2, identity_pb2
from structlog.testing import capture_logs

from backend.rpc.permissions import Scope as Permission
from backend.rpc.session import Right
from backend.storage.database import FILE_NAME, database_url, open_database
from backend.storage.sessions import Opened
from backend.storage.submissions import Checked
from backend.storage.tries import Scope, Subject
from backend.storage.vault import Vault
from backend_client.client import BackendClient
from backend_client.forms.filling import Filling
from backend_client.forms.form import Form
from backend_client.queue.outbox import Outbox
from backend_client.submission import Attachment, Channel, Submission
from foundation.keys import KeyRing
from foundation.language import Language, LocalizedText
from tests.backend.house import Stubs, command, ended, process
from tests.backend.sample import answers, resident, submission

NUMBER = resident(777)
OTHER_NUMBER = resident(778)
KEY = secrets.token_bytes(32)
CANARIES = {
    "name": "金丝雀甲乙",
    "remarks": "canary-remarks-c41f",
    "phone": "13877665544",
    "licence": "880077",
    "identity number": NUMBER,
    "another identity number": OTHER_NUMBER,
    "caller": "+8687155443322",
    "note": "canary-note-77aa",
    "sound": "canary-sound-5e5e",
    "wrong token": "canary-token-" + "c" * 30,
    "password": "canary-password-90d1",
    "key": base64.b64encode(KEY).decode(),
    "bad key": "canary-key-which-is-none",
    "field": "canary_field_2b2b",
}
"""What must not be said, by what it is. `Said.add` puts tokens and codes beside them."""

ECHOED = ("error", "details", "debug", "trailer grpc-message", "trailer grpc-status-details-bin")
"""Where the identifier of a field that no form has goes back to who sent it, as the contract says."""


@dataclass
class Said:
    """All that was said, by whom, and what must not be in it."""

    texts: list[tuple[str, str]] = field(default_factory=list)
    secret: dict[str, str] = field(default_factory=lambda: dict(CANARIES))
    refusals: int = 0

    def heard(self, by: str, text: object) -> None:
        self.texts.append((by, str(text)))

    def keep_secret(self, what: str, value: str) -> str:
        self.secret[what] = value
        return value

    def found(self) -> list[tuple[str, str, str]]:
        """Which secret stands where, with what is around it."""
        return [
            (what, by, text[max(text.index(secret) - 80, 0) : text.index(secret) + 80])
            for what, secret in self.secret.items()
            for by, text in self.texts
            if secret in text and not (what == "field" and by in ECHOED)
        ]

    async def refused(self, call: Callable[[], Awaitable[object]]) -> None:
        """A call that is refused; everything of the refusal is listened to."""
        with pytest.raises((grpc.aio.AioRpcError, ValueError)) as caught:
            await call()
        self.refusals += 1
        error: Any = caught.value
        for text in (error, repr(error)):
            self.heard("error", text)
        if isinstance(error, grpc.aio.AioRpcError):
            self.heard("details", error.details())
            self.heard("debug", error.debug_error_string())
            for name, value in error.trailing_metadata() or ():
                self.heard(
                    f"trailer {name}", value.decode("utf-8", "replace") if isinstance(value, bytes) else value
                )


@pytest.fixture
def said() -> Iterator[Said]:
    heard = Said()
    yield heard
    assert heard.found() == []


def given() -> list[form_pb2.Answer]:
    return answers(
        full_name=form_pb2.Answer(text=CANARIES["name"]),
        identity_number=form_pb2.Answer(identity_number=NUMBER),
        phone=form_pb2.Answer(phone_number=CANARIES["phone"]),
        licence=form_pb2.Answer(digits=CANARIES["licence"]),
        remarks=form_pb2.Answer(text=CANARIES["remarks"]),
    )


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)


async def test_a_backend_says_nothing_of_what_it_is_told(tmp_path: Path, said: Said) -> None:
    data, log = tmp_path / "data", tmp_path / "log"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUIMIN_BACKEND_KEY", CANARIES["key"])
        patch.setenv("HUIMIN_BACKEND_LOG_LEVEL", "debug")
        async with process(data, log=log) as backend, grpc.aio.insecure_channel(backend.address) as channel:
            stubs = Stubs(channel)
            form = (await stubs.form.GetForm(form_pb2.GetFormRequest(name="forms/everything"))).form
            reference, token = await right(said, stubs, form, data)
            await wrong(said, stubs, form, reference)
            await broken(said, stubs, data, (reference, token), form)
    written = log.read_text("utf-8")
    said.heard("log", written)
    assert written.count('"event": "call"') > 25
    assert '"event": "call_failed"' in written
    assert '"event": "storage_failed"' in written
    assert said.refusals > 20


async def right(said: Said, stubs: Stubs, form: form_pb2.Form, data: Path) -> tuple[str, str]:
    """What succeeds; the reference of the case, and a token."""
    sent = submission(form, given=given())
    kept = await stubs.form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=sent))
    said.keep_secret("reference", kept.reference)
    content = CANARIES["sound"].encode() * 100
    about = form_pb2.AttachmentInfo(
        name=f"attachments/{uuid4()}",
        submission=f"submissions/{uuid4()}",
        media_type="audio/wav",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).digest(),
    )
    parts = [form_pb2.UploadAttachmentRequest(info=about), form_pb2.UploadAttachmentRequest(chunk=content)]
    await stubs.form.UploadAttachment(iter(parts))
    moved = ("case", "set", kept.reference, "accepted", "--note", CANARIES["note"], "--data", data)
    code, out, err = await _command(*moved)
    assert code == 0, err
    said.heard("command, errors", err)
    code, out, err = await _command("case", "code", kept.reference, "--data", data)
    assert code == 0, err
    digits = out.split("is ")[1].split(".")[0].replace(" ", "")
    said.keep_secret("code", digits)
    card = identity_pb2.IdentityCard(identity_number=NUMBER, full_name=CANARIES["name"])
    credential = identity_pb2.ReferenceCredential(reference=kept.reference, identity_suffix=NUMBER[-6:])
    by_code = identity_pb2.CodeCredential(reference=kept.reference, code=digits)
    token = ""
    for shown in (
        identity_pb2.CreateSessionRequest(reference=credential, caller=CANARIES["caller"]),
        identity_pb2.CreateSessionRequest(code=by_code),
        identity_pb2.CreateSessionRequest(identity_card=card),
    ):
        token = (await stubs.identity.CreateSession(shown)).token
        said.keep_secret(f"token {shown.WhichOneof('credential')}", token)
        await stubs.case.GetCase(
            case_pb2.GetCaseRequest(name=f"cases/{kept.reference}"), metadata=bearer(token)
        )
        await stubs.case.ListCases(case_pb2.ListCasesRequest(), metadata=bearer(token))
    return kept.reference, token


async def wrong(said: Said, stubs: Stubs, form: form_pb2.Form, reference: str) -> None:
    """What is refused: each field once too long, malformed, of another form, and each credential wrong."""
    create, session = stubs.form.CreateSubmission, stubs.identity.CreateSession
    channel: Any = stubs.channel
    for changes in (
        {"name": CANARIES["remarks"]},
        {"form": CANARIES["remarks"]},
        {"form": "forms/none"},
        {"form_revision": CANARIES["remarks"] * 10},
        {"origin": f"{CANARIES['remarks']}\0"},
        {"reference": CANARIES["remarks"]},
        {"answers": [form_pb2.Answer(field=CANARIES["field"], text=CANARIES["remarks"])]},
        {"answers": [form_pb2.Answer(field="phone", phone_number=CANARIES["remarks"])]},
        {"answers": [form_pb2.Answer(field="full_name", recording=CANARIES["remarks"])]},
        {"answers": [form_pb2.Answer(field="sex", choice=CANARIES["remarks"])]},
    ):
        sent = submission(form, given=given())
        for name, value in changes.items():
            sent.ClearField(name)  # type: ignore[arg-type]
            sent.MergeFrom(form_pb2.Submission(**{name: value}))  # type: ignore[arg-type]
        await said.refused(lambda: create(form_pb2.CreateSubmissionRequest(submission=sent)))  # noqa: B023
    packed = form_pb2.CreateSubmissionRequest(submission=submission(form, given=given())).SerializeToString()
    for raw in (packed[:-1], packed + b"\xff", CANARIES["name"].encode()):
        path = "/huimin.v1.FormService/CreateSubmission"
        await said.refused(lambda: channel.unary_unary(path)(raw))  # noqa: B023
    credentials = (
        {"identity_card": identity_pb2.IdentityCard(identity_number=CANARIES["remarks"], full_name="甲")},
        {"identity_card": identity_pb2.IdentityCard(identity_number=NUMBER, full_name=CANARIES["name"] * 30)},
        {"reference": identity_pb2.ReferenceCredential(reference=reference, identity_suffix="canary")},
        {"reference": identity_pb2.ReferenceCredential(reference=reference, identity_suffix="000000")},
        {"code": identity_pb2.CodeCredential(reference=reference, code=CANARIES["remarks"])},
        {"code": identity_pb2.CodeCredential(reference=reference, code="00000000")},
    )
    for credential in credentials:
        asked = identity_pb2.CreateSessionRequest(caller=CANARIES["caller"], **credential)
        await said.refused(lambda: session(asked))  # noqa: B023
    for token in (CANARIES["wrong token"], CANARIES["wrong token"] * 9):
        asked_for = case_pb2.GetCaseRequest(name=f"cases/{reference}")
        await said.refused(lambda: stubs.case.GetCase(asked_for, metadata=bearer(token)))  # noqa: B023
    await said.refused(lambda: channel.unary_unary(f"/huimin.v1.FormService/{CANARIES['field']}")(packed))
    for _ in range(5):
        guess = identity_pb2.ReferenceCredential(reference=reference, identity_suffix="000000")
        await said.refused(lambda: session(identity_pb2.CreateSessionRequest(reference=guess)))  # noqa: B023


async def broken(said: Said, stubs: Stubs, data: Path, case: tuple[str, str], form: form_pb2.Form) -> None:
    """What fails inside: a sealed value that is damaged, and tables that are gone, while it serves."""
    reference, token = case
    with closing(sqlite3.connect(data / FILE_NAME, timeout=10)) as database:
        database.execute("UPDATE case_events SET note = ?", (CANARIES["note"].encode(),))
        database.commit()
        asked = case_pb2.GetCaseRequest(name=f"cases/{reference}")
        await said.refused(lambda: stubs.case.GetCase(asked, metadata=bearer(token)))
        database.execute("ALTER TABLE submissions RENAME TO elsewhere")
        database.execute("ALTER TABLE wrong_tries RENAME TO elsewhere_too")
        database.commit()
    sent = form_pb2.CreateSubmissionRequest(submission=submission(form, given=given()))
    await said.refused(lambda: stubs.form.CreateSubmission(sent))
    guess = identity_pb2.ReferenceCredential(reference=reference, identity_suffix=NUMBER[-6:])
    again = identity_pb2.CreateSessionRequest(reference=guess, caller=CANARIES["caller"])
    await said.refused(lambda: stubs.identity.CreateSession(again))


async def _command(*arguments: str | Path) -> tuple[int, str, str]:
    """A clerk's command with the keys of the running backend."""
    return await command(*arguments, variables={"HUIMIN_BACKEND_KEY": os.environ["HUIMIN_BACKEND_KEY"]})


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"HUIMIN_BACKEND_DATABASE": "postgresql://clerk:{password}@127.0.0.1:1/huimin"}, 2),
        ({"HUIMIN_BACKEND_DATABASE": "mysql://clerk:{password}@127.0.0.1:1/huimin"}, 2),
        ({"HUIMIN_BACKEND_DATABASE": "postgresql://clerk:{password}@[nowhere/huimin"}, 2),
        ({"HUIMIN_BACKEND_KEY": "{bad key}"}, 2),
        ({"HUIMIN_BACKEND_KEY": "{key}"}, 2),  # of another database
    ],
    ids=["password", "other database", "malformed", "no key", "other key"],
)
async def test_a_backend_that_cannot_start_does_not_say_its_secrets(
    tmp_path: Path, said: Said, variables: dict[str, str], code: int
) -> None:
    filled = {name: value.format_map(CANARIES) for name, value in variables.items()}
    if "{key}" in variables.values():
        database = await open_database(database_url("", tmp_path), Vault(KeyRing([bytes(32)])))
        await database.close()
    exited, out, err = await ended("--listen", "127.0.0.1:0", "--data", tmp_path, variables=filled)
    assert exited == code
    assert err
    said.heard("output", out)
    said.heard("errors", err)


async def test_a_client_says_nothing_of_what_it_sends(tmp_path: Path, said: Said) -> None:
    with capture_logs() as entries:
        async with process(tmp_path / "data") as backend:
            client = BackendClient(backend.address)
            async with client:
                form = await client.get_form("forms/everything")
                filling = filled(form)
                said.heard("repr", repr(filling))
                outbox = await Outbox.open(tmp_path / "queue", KeyRing([KEY]), client)
                try:
                    sent = Submission(
                        name=f"submissions/{uuid4()}",
                        form=form,
                        answers=filling.answers,
                        channel=Channel.TERMINAL,
                        language=Language.ZH_CN,
                        origin="hall-1",
                        send_time=datetime.now(UTC),
                    )
                    said.heard("repr", repr(sent))
                    accepted = await client.create_submission(sent)
                    said.keep_secret("reference", accepted.reference)
                    await client_refused(said, client, accepted.reference, form)
                    session = await client.sign_in_with_card(NUMBER, CANARIES["name"])
                    said.keep_secret("token", session.token)
                    said.heard("repr", repr(session))
                    await client.get_case(session, accepted.reference)
                    said.heard("repr", repr(outbox))
                finally:
                    await outbox.close()
    for entry in entries:
        said.heard("log", entry)
    said.heard("log of the backend", (tmp_path / "data.log").read_text("utf-8"))
    on_disk = b"".join(file.read_bytes() for file in (tmp_path / "queue").rglob("*") if file.is_file())
    assert not any(secret.encode() in on_disk for secret in said.secret.values())


async def client_refused(said: Said, client: BackendClient, reference: str, form: Form) -> None:
    """What the client raises, all of it in both forms."""
    attachment = Attachment(
        f"attachments/{uuid4()}", "submissions/none", "audio/wav", CANARIES["sound"].encode()
    )
    said.heard("repr", repr(attachment))
    calls: tuple[Callable[[], Awaitable[object]], ...] = (
        lambda: client.sign_in_with_reference(reference, "000000", caller=CANARIES["caller"]),
        lambda: client.sign_in_with_card(CANARIES["remarks"], CANARIES["name"]),
        lambda: client.upload_attachment(attachment),
    )
    for call in calls:
        try:
            await call()
        except Exception as error:
            for text in (error, repr(error), repr(error.__cause__), repr(error.__context__)):
                said.heard("exception", text)
        else:
            raise AssertionError("that was to be refused")


def filled(form: Form) -> Filling:
    """The form filled in with canaries."""
    filling = Filling(form, lambda: date(2026, 11, 22))
    answers: dict[str, Any] = {
        "full_name": CANARIES["name"],
        "identity_number": NUMBER,
        "phone": CANARIES["phone"],
        "licence": CANARIES["licence"],
        "remarks": CANARIES["remarks"],
        "sex": "female",
        "start": date(2026, 12, 31),
        "amount": 1050,
        "goods": ("grain",),
        "neighbours_agree": True,
    }
    for one in form.fields:
        if one.id in answers:
            filling.answer(one.id, answers[one.id])
        else:
            filling.skip(one.id)
    return filling


def test_what_holds_secrets_does_not_show_them(said: Said) -> None:
    ring = KeyRing([KEY])
    opened = Opened(1, "doors/hall-1", "123456789012", CANARIES["name"].encode())
    message = form_pb2.Submission(name="submissions/1", answers=given())
    title = LocalizedText("甲", "a")
    said.keep_secret("key, raw", repr(KEY)[2:-1])
    said.keep_secret("person", repr(CANARIES["name"].encode())[2:-1])
    for holder in (
        ring,
        Vault(ring),
        opened,
        Right(Permission.CASE, opened),
        Subject(Scope.CALLER, CANARIES["caller"]),
        Checked(message, b"", title, NUMBER, (), None),  # type: ignore[arg-type]
    ):
        for text in (repr(holder), str(holder), f"{holder}"):
            said.heard(type(holder).__name__, text)


def test_a_secret_that_was_said_would_be_found() -> None:
    heard = Said()
    heard.heard("log", f"could not use {NUMBER}")
    assert [(what, by) for what, by, _ in heard.found()] == [("identity number", "log")]
