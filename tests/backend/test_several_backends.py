"""Two backends, each a process of its own, over one database: of PostgreSQL, or the same file of SQLite."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import grpc
import grpc.aio
import pytest
import pytest_asyncio
from huimin.v1 import case_pb2, form_pb2, identity_pb2
from sqlalchemy import Connection, func, select

from backend.storage import audit
from backend.storage.database import database_url, open_database
from backend.storage.tables import CaseRow
from tests.backend import house as running
from tests.backend.house import Process, Stubs, failed
from tests.backend.sample import RESIDENT, submission
from tests.backend.test_attachments import SOUND, info, messages
from tests.keys import VAULT, put_keys
from tests.postgres import Cluster, new_database


@dataclass
class Two:
    """Two backends over one database."""

    processes: tuple[Process, Process]
    one: Stubs
    other: Stubs
    url: str
    data: Path

    async def cases(self) -> int:
        """How many there are."""

        def counted(connection: Connection) -> int:
            return connection.execute(select(func.count()).select_from(CaseRow)).scalar_one()

        database = await open_database(database_url(self.url, self.data), VAULT)
        try:
            assert (await database.read(audit.verify)).findings == ()
            return await database.read(counted)
        finally:
            await database.close()


@asynccontextmanager
async def over(url: str, folder: Path) -> AsyncIterator[Two]:
    """Starts both at the same moment, over an empty database: one makes the tables and publishes."""
    data = [folder / name for name in (("data", "data") if not url else ("one", "other"))]
    for each in data:
        each.mkdir(exist_ok=True)
        put_keys(each)
    processes = [
        running.process(each, database=url, log=folder / f"{number}.log") for number, each in enumerate(data)
    ]
    started = await asyncio.gather(*(process.__aenter__() for process in processes))
    try:
        async with (
            grpc.aio.insecure_channel(started[0].address) as one,
            grpc.aio.insecure_channel(started[1].address) as other,
        ):
            yield Two((started[0], started[1]), Stubs(one), Stubs(other), url, data[0])
    finally:
        for process in processes:
            await process.__aexit__(None, None, None)


@pytest_asyncio.fixture(params=["sqlite", "postgresql"], scope="module", loop_scope="module")
async def two(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Two]:
    for url in new_database(request, request.param, tables=False):
        async with over(url, tmp_path_factory.mktemp("two")) as backends:
            yield backends


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def form_of(stubs: Stubs) -> form_pb2.Form:
    return (await stubs.form.GetForm(form_pb2.GetFormRequest(name="forms/everything"))).form


async def create(stubs: Stubs, sent: form_pb2.Submission) -> str:
    answer = await stubs.form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=sent))
    return answer.reference


async def sign_in(stubs: Stubs, reference: str, suffix: str = RESIDENT[-6:]) -> str:
    credential = identity_pb2.ReferenceCredential(reference=reference, identity_suffix=suffix)
    answer = await stubs.identity.CreateSession(identity_pb2.CreateSessionRequest(reference=credential))
    return answer.token


async def test_one_submission_raced_through_both_becomes_one_case(two: Two) -> None:
    form = await form_of(two.one)
    before = await two.cases()
    sent = [submission(form) for _ in range(20)]
    given = await asyncio.gather(
        *(create(stubs, each) for each in sent for stubs in (two.one, two.other, two.one, two.other))
    )
    references = [set(given[start : start + 4]) for start in range(0, len(given), 4)]
    assert [len(each) for each in references] == [1] * 20
    assert len(set().union(*references)) == 20
    assert await two.cases() == before + 20


async def test_a_session_opened_at_one_works_at_the_other(two: Two) -> None:
    reference = await create(two.one, submission(await form_of(two.one)))
    token = await sign_in(two.one, reference)
    seen = await two.other.case.GetCase(
        case_pb2.GetCaseRequest(name=f"cases/{reference}"), metadata=(("authorization", f"Bearer {token}"),)
    )
    assert seen.case_record.reference == reference


async def test_wrong_tries_count_across_both(two: Two) -> None:
    reference = await create(two.other, submission(await form_of(two.other)))
    reasons = []
    for number in range(6):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await sign_in((two.one, two.other)[number % 2], reference, "00000X")
        reasons.append(failed(caught.value).reason)
    assert reasons == ["CREDENTIAL_WRONG"] * 5 + ["TOO_MANY_TRIES"]


async def test_an_upload_begun_at_one_goes_on_at_the_other(two: Two) -> None:
    about = info()

    async def stopping() -> AsyncIterator[form_pb2.UploadAttachmentRequest]:
        for part in messages(about)[:8]:
            yield part
        await asyncio.sleep(60)

    call = two.one.form.UploadAttachment(stopping())
    came = 0
    async with asyncio.timeout(10):
        while came <= 262_144:
            with suppress(grpc.aio.AioRpcError):
                came = (
                    await two.other.form.GetAttachment(form_pb2.GetAttachmentRequest(name=about.name))
                ).received_bytes
            if came:
                call.cancel()
    about.offset = came
    await two.other.form.UploadAttachment(iter(messages(about, SOUND[came:])))
    whole = await two.one.form.GetAttachment(form_pb2.GetAttachmentRequest(name=about.name))
    assert (whole.received_bytes, whole.complete) == (len(SOUND), True)


async def test_when_one_is_killed_the_other_goes_on_with_all_that_was_acknowledged(
    tmp_path: Path, postgres: Cluster
) -> None:
    async with over(postgres.empty_database(), tmp_path) as two:
        form = await form_of(two.one)
        acknowledged: list[form_pb2.Submission] = []

        async def client() -> None:
            with suppress(grpc.aio.AioRpcError):
                while True:
                    sent = submission(form)
                    await create(two.one, sent)
                    acknowledged.append(sent)

        clients = [asyncio.create_task(client()) for _ in range(4)]
        await asyncio.sleep(0.5)
        await two.processes[0].end(signal.SIGKILL)
        await asyncio.gather(*clients)
        assert acknowledged
        before = await two.cases()
        for sent in acknowledged:  # repeating each stores nothing
            await create(two.other, sent)
        assert await two.cases() == before
        await create(two.other, submission(form))
