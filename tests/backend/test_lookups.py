"""Lookups over real sources: what they find, who may ask, and what happens where a source fails."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from aiohttp import web
from huimin.v1 import form_pb2, identity_pb2, lookup_pb2, lookup_pb2_grpc
from structlog.testing import capture_logs

from backend.conformance import trial
from backend.conformance.lookups import lookup_demands
from backend.gateway_demo import keys
from backend.lookups.provider import Misconfigured
from backend.lookups.source_settings import SourceSettings
from backend.lookups.sources import Sources
from backend.payments import payables
from backend.payments.settings import PaymentSettings
from backend.storage import audit
from backend_client.forms.lookup import Lookup, Month, Record
from backend_client.forms.lookup_wire import found_from_proto, lookup_from_proto
from tests.backend.house import House, failed, house
from tests.backend.sample import RESIDENT, resident, submission
from tests.backend.test_conformance import Meddling, meddled
from tests.keys import VAULT
from tests.lookups import TROUBLE, add_lookup, lookup_content
from tests.ports import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECRET = "a secret of the county"
OWNER, OTHER = "11999919900307102X", "119999194805120038"
EVERYTHING = """\
columns:
- {id: name, type: text, label: {zh: 名称, en: Name}}
- {id: number, type: digits, label: {zh: 编号, en: Number}}
- {id: day, type: date, label: {zh: 日期, en: Day}}
- {id: period, type: period, label: {zh: 账期, en: Month}}
- {id: money, type: money, label: {zh: 金额, en: Amount}}
- {id: cents, type: money, unit: fen, label: {zh: 分, en: Fen}}
- {id: plate, type: plate, label: {zh: 车牌, en: Plate}}
- {id: count, type: count, label: {zh: 件数, en: Count}}
- {id: phone, type: phone_number, label: {zh: 电话, en: Telephone}}
- {id: moment, type: moment, label: {zh: 时间, en: Time}}
- id: state
  type: choice
  label: {zh: 情况, en: State}
  options:
  - {id: open, codes: ["1", "true"], label: {zh: 在办, en: open}}
  - {id: closed, codes: ["0"], label: {zh: 办结, en: closed}}
"""
RIGHT: dict[str, Any] = {
    "name": "甲", "number": "AB-12", "day": "2026-10-01", "period": "202610", "money": "1,234.5", "cents": 99,
    "plate": "云A·0T101", "count": 3, "phone": "0871-00001234", "moment": "2026-10-01T08:15:00", "state": 1,
}  # fmt: skip


@dataclass
class Department:
    """A web server that keeps records, and answers as it is told to."""

    address: str
    answer: Any = None
    asked: list[web.Request] | None = None
    said: list[Any] | None = None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def department() -> AsyncIterator[Department]:
    """It runs on a real socket."""
    made = Department("", asked=[], said=[])

    async def handle(request: web.Request) -> web.StreamResponse:
        assert made.asked is not None
        assert made.said is not None
        made.asked.append(request)
        if request.can_read_body:
            made.said.append(await request.json())
        if callable(made.answer):
            found: web.StreamResponse = await made.answer(request)
            return found
        return web.json_response(made.answer)

    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.address = f"http://127.0.0.1:{runner.addresses[0][1]}/api"
    yield made
    await runner.cleanup()


def source(**settings: Any) -> SourceSettings:
    return SourceSettings(**settings)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def at(tmp_path_factory: pytest.TempPathFactory, department: Department) -> AsyncIterator[House]:
    """A backend with lookups over every kind of source."""
    folder = tmp_path_factory.mktemp("lookups")
    content = lookup_content(folder / "content")
    (folder / "secret").write_text(SECRET, "utf-8")
    with closing(sqlite3.connect(folder / "records.db")) as database:
        database.execute("CREATE TABLE things (id TEXT, name TEXT, count INTEGER)")
        database.executemany(
            "INSERT INTO things VALUES (?, ?, ?)", [("1", "甲", 3), ("2", "乙", 4), *[("9", "多", 1)] * 30]
        )
        database.commit()
    add_lookup(content, "things", "records", "SELECT name, count FROM things WHERE id = :number LIMIT :most")
    add_lookup(content, "writes", "records", "DELETE FROM things WHERE id = :number RETURNING name, count")
    add_lookup(
        content, "endless", "records",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS name, i AS count FROM n"
        " WHERE i < 0",
    )  # fmt: skip
    add_lookup(content, "by-name", "records", BY_NAME, fields=NAME, more="most: 5\n")
    add_lookup(content, "web", "web", "things/{number}?day={today}", more="records: data.items\n")
    add_lookup(content, "posted", "web", "find", more='body: {who: "{number}"}\n')
    add_lookup(
        content, "every", "web", "every", columns=EVERYTHING,
        listed='listed: {zh: "{name}在", en: "{name}"}\n', said='said: {zh: "{name}在。", en: "{name}."}\n',
    )  # fmt: skip
    add_lookup(content, "secret", "records", GUARDED, fields=TWO, more="guess_at: number\n")
    add_lookup(
        content, "mine-by-card", "content", MINE, access="access: card\n", fields="fields: []\n",
    )  # fmt: skip
    settings = {
        "slow": source(provider="trouble", seconds=0.2, kind="slow"),
        "down": source(provider="trouble", kind="down"),
        "nameless": source(provider="trouble", kind="nameless"),
        "records": source(provider="sql", database=f"sqlite:///{folder / 'records.db'}", seconds=0.5),
        "web": source(
            provider="http",
            address=department.address,
            seconds=0.5,
            header_files={"Authorization": str(folder / "secret")},
            max_bytes=4096,
        ),
    }
    settings["crowded"] = source(provider="trouble", kind="slow", seconds=2, at_once=4)
    add_lookup(content, "trouble-crowded", "crowded", "any")
    for kind in ("wrong_type", "endless", "broken"):
        add_lookup(content, f"trouble-{kind.replace('_', '-')}", kind.replace("_", "-"), "any")
        settings[kind.replace("_", "-")] = source(provider="trouble", kind=kind)
    await asyncio.to_thread(keys.make, folder)
    nobody = f"http://127.0.0.1:{free_port()}"  # the gateway is asked when somebody pays, not before
    paying = PaymentSettings(gateway="native", options=keys.options(folder, nobody))
    web = f"127.0.0.1:{free_port()}"
    async with house(folder / "data", content, lookups=settings, payment=paying, web_listen=web) as started:
        yield started


NAME = """\
fields:
- {id: name, type: text, required: false, label: {zh: 名称, en: Name}, question: {zh: 名称？, en: Name?}}
- id: number
  type: digits
  required: false
  label: {zh: 号码, en: Number}
  question: {zh: 号码？, en: Number?}
"""
TWO = """\
fields:
- {id: number, type: digits, label: {zh: 号码, en: Number}, question: {zh: 号码？, en: Number?}}
- {id: password, type: digits, label: {zh: 密码, en: Password}, question: {zh: 密码？, en: Password?}}
"""
BY_NAME = "SELECT name, count FROM things WHERE name = :name OR id = :number"
GUARDED = "SELECT name, count FROM things WHERE id = :number AND :password = '777'"
MINE = (
    "SELECT number AS name, 1 AS count FROM medical_claims"
    " WHERE identity_number = :identity_number ORDER BY 1"
)


class Asking:
    """What a door says."""

    def __init__(self, at: House) -> None:
        self.stub = lookup_pb2_grpc.LookupServiceStub(at.stubs.channel)

    async def lookup(self, name: str) -> Lookup:
        answer = await self.stub.GetLookup(lookup_pb2.GetLookupRequest(name=f"lookups/{name}"))
        return lookup_from_proto(answer.lookup)

    async def run(
        self, name: str, /, token: str = "", caller: str = "", **answers: str
    ) -> tuple[Record, ...]:
        found, _ = await self.found(name, token, caller, **answers)
        return found

    async def found(
        self, name: str, /, token: str = "", caller: str = "", **answers: str
    ) -> tuple[tuple[Record, ...], bool]:
        lookup = await self.lookup(name)
        given = []
        for field, value in answers.items():
            kind = lookup.questions.field(field).type.name.lower()
            answer = form_pb2.Answer(field=field)
            setattr(answer, kind, value)
            given.append(answer)
        request = lookup_pb2.RunLookupRequest(
            name=lookup.name, revision=lookup.revision, answers=given, caller=caller
        )
        metadata = (("authorization", f"Bearer {token}"),) if token else ()
        found = found_from_proto(lookup, await self.stub.RunLookup(request, metadata=metadata))
        return found.records, found.more

    async def refused(self, name: str, /, token: str = "", caller: str = "", **answers: str) -> str:
        """The reason why it was."""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.run(name, token, caller, **answers)
        return failed(caught.value).reason


@pytest.fixture
def ask(at: House) -> Asking:
    return Asking(at)


async def by_card(at: House, number: str) -> str:
    card = identity_pb2.IdentityCard(identity_number=number, full_name="示范居民")
    answer = await at.stubs.identity.CreateSession(identity_pb2.CreateSessionRequest(identity_card=card))
    return str(answer.token)


async def by_reference(at: House) -> str:
    form = (await at.stubs.form.GetForm(form_pb2.GetFormRequest(name="forms/everything"))).form
    sent = submission(form)
    accepted = await at.stubs.form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=sent))
    credential = identity_pb2.ReferenceCredential(reference=accepted.reference, identity_suffix=RESIDENT[-6:])
    answer = await at.stubs.identity.CreateSession(identity_pb2.CreateSessionRequest(reference=credential))
    return str(answer.token)


# Databases.


async def test_a_statement_finds_records_by_its_parameters(ask: Asking) -> None:
    assert [record.values for record in await ask.run("things", number="2")] == [{"name": "乙", "count": 4}]
    assert await ask.run("things", number="5") == ()


async def test_more_records_than_are_wanted_are_left_out_and_that_is_told(ask: Asking) -> None:
    records, more = await ask.found("things", number="9")
    assert (len(records), more) == (20, True)


@pytest.mark.parametrize("given", ["' OR 1=1 --", "甲'; DROP TABLE things; --", "%", ":number"])
async def test_an_answer_is_never_part_of_the_statement(ask: Asking, given: str) -> None:
    assert await ask.run("by-name", name=given) == ()
    assert len(await ask.run("by-name", name="甲")) == 1


async def test_a_source_is_only_read(ask: Asking) -> None:
    assert await ask.refused("writes", number="1") == "PROVIDER_DOWN"
    assert len(await ask.run("things", number="1")) == 1


async def test_a_statement_without_end_is_given_up_and_others_go_on(ask: Asking) -> None:
    began = time.monotonic()
    slow = asyncio.create_task(ask.refused("endless", number="1"))
    assert len(await ask.run("things", number="1")) == 1
    assert await slow == "PROVIDER_SLOW"
    assert time.monotonic() - began < 3


# Web servers.


async def test_json_is_read_where_the_content_says(ask: Asking, department: Department) -> None:
    department.answer = {
        "data": {"items": [{"name": "甲", "count": 3, "more": 1}, {"name": "乙", "count": 4}]}
    }
    assert [record.values["name"] for record in await ask.run("web", number="12")] == ["甲", "乙"]
    assert department.asked is not None
    request = department.asked[-1]
    assert request.method == "GET"
    assert request.path == "/api/things/12"
    assert date.fromisoformat(request.query["day"])
    assert request.headers["Authorization"] == SECRET


async def test_what_is_personal_is_sent_in_a_body(ask: Asking, department: Department) -> None:
    department.answer = {"name": "甲", "count": 3}
    assert len(await ask.run("posted", number="12")) == 1
    assert department.asked is not None
    assert department.said is not None
    assert (department.asked[-1].method, department.asked[-1].query_string) == ("POST", "")
    assert department.said[-1] == {"who": "12"}


async def test_every_type_of_value_is_told_as_what_it_is(ask: Asking, department: Department) -> None:
    department.answer = [RIGHT]
    (record,) = await ask.run("every", number="1")
    assert record.values == {
        "name": "甲",
        "number": "AB-12",
        "day": date(2026, 10, 1),
        "period": Month(2026, 10),
        "money": 123450,
        "cents": 99,
        "plate": "云A0T101",
        "count": 3,
        "phone": "087100001234",
        "moment": datetime(2026, 10, 1, 0, 15, tzinfo=UTC),
        "state": "open",
    }
    department.answer = [dict.fromkeys(RIGHT) | {"name": "乙"}]
    (record,) = await ask.run("every", number="1")
    assert record.values == {"name": "乙"}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", "x" * 600),
        ("name", "a\x00b"),
        ("name", ["甲"]),
        ("name", True),
        ("number", "甲"),
        ("day", "2026-02-30"),
        ("day", "soon"),
        ("period", "202613"),
        ("money", "12.345"),
        ("money", "NaN"),
        ("money", "1e400"),
        ("money", 10**20),
        ("cents", 1.5),
        ("plate", "<script>"),
        ("count", -1),
        ("count", 2.5),
        ("phone", "call me"),
        ("moment", "yesterday"),
        ("state", "7"),
        ("state", {"id": 1}),
    ],
)
async def test_a_value_that_cannot_be_one_is_nonsense(
    ask: Asking, department: Department, column: str, value: object
) -> None:
    department.answer = [RIGHT | {column: value}]
    assert await ask.refused("every", number="1") == "PROVIDER_NONSENSE"


async def page(request: web.Request) -> web.Response:
    return web.Response(text="<html>Sorry</html>", content_type="text/html")


async def no_json(request: web.Request) -> web.Response:
    return web.Response(text="{", content_type="application/json")


async def too_large(request: web.Request) -> web.Response:
    return web.json_response([RIGHT | {"more": "x" * 5000}])


async def deep(request: web.Request) -> web.Response:
    return web.Response(text="[" * 2000 + "]" * 2000, content_type="application/json")


async def broken(request: web.Request) -> web.Response:
    return web.json_response({"error": "no"}, status=500)


async def elsewhere(request: web.Request) -> web.Response:
    raise web.HTTPFound("/api/other")


async def slow(request: web.Request) -> web.Response:
    await asyncio.sleep(10)
    return web.json_response([RIGHT])


async def dripping(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    for _ in range(100):
        await response.write(b" ")
        await asyncio.sleep(0.1)
    return response


async def gone(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (page, "PROVIDER_NONSENSE"),
        (no_json, "PROVIDER_NONSENSE"),
        (too_large, "PROVIDER_NONSENSE"),
        (deep, "PROVIDER_NONSENSE"),
        ([{}], "PROVIDER_NONSENSE"),
        (["甲"], "PROVIDER_NONSENSE"),
        ("甲", "PROVIDER_NONSENSE"),
        ([{name: value for name, value in RIGHT.items() if name != "day"}], "PROVIDER_NONSENSE"),
        ([dict.fromkeys(RIGHT)], "PROVIDER_NONSENSE"),
        (broken, "PROVIDER_DOWN"),
        (elsewhere, "PROVIDER_DOWN"),
        (gone, "PROVIDER_DOWN"),
        (slow, "PROVIDER_SLOW"),
        (dripping, "PROVIDER_SLOW"),
    ],
)
async def test_what_a_web_server_may_do_instead(
    ask: Asking, department: Department, answer: Any, reason: str
) -> None:
    department.answer = answer
    began = time.monotonic()
    assert await ask.refused("every", number="1") == reason
    assert time.monotonic() - began < 2


async def test_a_server_without_such_a_record_has_none(ask: Asking, department: Department) -> None:
    async def none(request: web.Request) -> web.Response:
        return web.json_response({"error": "unknown"}, status=404)

    department.answer = none
    assert await ask.run("every", number="1") == ()
    department.answer = {"data": {"items": None}}
    assert await ask.run("web", number="1") == ()
    department.answer = {"data": {}}
    assert await ask.refused("web", number="1") == "PROVIDER_NONSENSE"


# Trouble.


@pytest.mark.parametrize(
    ("lookup", "reason"),
    [
        *[(f"trouble-{name}", reason) for reason, name in TROUBLE.items()],
        ("trouble-wrong-type", "PROVIDER_NONSENSE"),
        ("trouble-endless", "PROVIDER_NONSENSE"),
        ("trouble-broken", "PROVIDER_DOWN"),
    ],
)
async def test_trouble_has_a_reason(ask: Asking, lookup: str, reason: str) -> None:
    assert await ask.refused(lookup, number="1") == reason


async def test_a_slow_source_keeps_nobody_else_waiting(ask: Asking) -> None:
    waiting = [asyncio.create_task(ask.refused("trouble-crowded", number=str(n))) for n in range(20)]
    await asyncio.sleep(0.05)
    assert len(await ask.run("things", number="1")) == 1
    assert not any(one.done() for one in waiting)
    assert set(await asyncio.gather(*waiting)) == {"PROVIDER_SLOW"}


@pytest.mark.parametrize(
    "settings",
    [
        {"provider": "nobody"},
        {"provider": "sql"},
        {"provider": "sql", "database": "not a url"},
        {"provider": "sql", "database": "sqlite:///x", "password_file": "/nowhere/at/all"},
        {"provider": "sql", "database": "sqlite:///x", "more": 1},
        {"provider": "http"},
        {"provider": "http", "address": "ftp://example.com"},
        {"provider": "http", "address": "http://example.com", "header_files": {"X": "/nowhere/at/all"}},
        {"provider": "http", "address": "http://example.com", "authority": "/nowhere/at/all"},
        {"provider": "trouble", "kind": "happiness"},
        {"provider": "content", "more": 1},
    ],
)
async def test_wrong_settings_are_told_before_anybody_asks(settings: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured) as caught:
        Sources.configured({"mine": SourceSettings(**settings)})
    assert str(caught.value).startswith("mine: ")


async def test_a_source_is_tried_with_its_settings(department: Department, tmp_path: Path) -> None:
    department.answer = {}
    with closing(sqlite3.connect(tmp_path / "there.db")):
        pass
    sources = Sources.configured(
        {
            "there": source(provider="sql", database=f"sqlite:///{tmp_path / 'there.db'}"),
            "not_there": source(provider="sql", database=f"sqlite:///{tmp_path / 'nothing.db'}"),
            "web": source(provider="http", address=department.address),
            "no_web": source(provider="http", address="http://127.0.0.1:9"),
        }
    )
    told = {}
    for one in sources:
        try:
            await one.check()
            told[one.name] = ""
        except Exception as error:
            told[one.name] = str(getattr(error, "failure", error))
    await sources.close()
    assert told == {
        "content": "",
        "there": "",
        "not_there": "PROVIDER_DOWN",
        "web": "",
        "no_web": "PROVIDER_DOWN",
    }


# Who may ask.


async def test_a_card_tells_its_holder_of_himself_only(at: House, ask: Asking) -> None:
    token = await by_card(at, OWNER)
    mine = [record.values["name"] for record in await ask.run("mine-by-card", token)]
    assert mine == ["2601000101", "2601000102", "2601000103"]
    others = [record.values["name"] for record in await ask.run("mine-by-card", await by_card(at, OTHER))]
    assert others == ["2601000201", "2601000202"]
    assert await ask.run("mine-by-card", await by_card(at, resident(120))) == ()


async def test_nobody_names_a_person_by_an_answer(at: House, ask: Asking) -> None:
    lookup = await ask.lookup("mine-by-card")
    request = lookup_pb2.RunLookupRequest(
        name=lookup.name,
        revision=lookup.revision,
        answers=[form_pb2.Answer(field="identity_number", identity_number=OTHER)],
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ask.stub.RunLookup(request, metadata=(("authorization", f"Bearer {await by_card(at, OWNER)}"),))
    assert failed(caught.value).violations == {"answers.identity_number": "NO_SUCH_FIELD"}


async def test_a_personal_lookup_needs_a_session_that_says_enough(at: House, ask: Asking) -> None:
    assert await ask.refused("mine-by-card") == "SESSION_NEEDED"
    assert await ask.refused("mine-by-card", "nonsense") == "SESSION_EXPIRED"
    assert await ask.refused("mine-by-card", await by_reference(at)) == "NOT_WITH_THIS_CREDENTIAL"
    assert await ask.run("medical-claims", await by_reference(at)) == ()


async def test_a_session_that_is_over_tells_nothing(at: House, ask: Asking) -> None:
    token = await by_card(at, OWNER)
    await at.stubs.identity.DeleteSession(identity_pb2.DeleteSessionRequest(token=token))
    assert await ask.refused("mine-by-card", token) == "SESSION_EXPIRED"


async def test_every_personal_lookup_is_in_the_audit_trail(at: House, ask: Asking) -> None:
    token = await by_card(at, OWNER)
    last = (await at.database.read(audit.head)).number
    await ask.run("mine-by-card", token)
    await ask.run("secret", number="8", password="1")
    await ask.run("things", number="1")
    entries = await at.database.read(lambda connection: audit.entries(connection, after=last))
    told = [
        (kept.entry.object, kept.entry.credential, kept.entry.person, kept.entry.outcome) for kept in entries
    ]
    assert told == [
        ("lookups/mine-by-card", "card", VAULT.person(OWNER), "OK"),
        ("lookups/secret", "door", None, "NOTHING_FOUND"),
    ]


async def test_nothing_that_is_asked_or_found_is_logged(at: House, ask: Asking) -> None:
    with capture_logs() as logs:
        await ask.run("phone-bill", phone="13900000101", password="246810")
        await ask.run("mine-by-card", await by_card(at, OWNER))
        await ask.refused("writes", number="13579")
    for secret in ("13900000101", "246810", "5860", OWNER, "2601000101", "13579", "DELETE"):
        assert secret not in str(logs)


# Guessing.


async def test_guesses_at_one_number_are_closed_and_others_are_not(at: House, ask: Asking) -> None:
    for _ in range(6):
        assert await ask.run("secret", number="1", password="000") == ()
    assert await ask.refused("secret", number="1", password="777") == "TOO_MANY_TRIES"
    assert len(await ask.run("secret", number="2", password="777")) == 1
    at.clock.forward(minutes=16)
    assert len(await ask.run("secret", number="1", password="777")) == 1


async def test_a_right_answer_forgets_the_wrong_ones(at: House, ask: Asking) -> None:
    for _ in range(3):
        for _ in range(5):
            assert await ask.run("secret", number="9", password="000") == ()
        assert await ask.run("secret", number="9", password="777")
    at.clock.forward(hours=25)


async def test_one_caller_cannot_try_one_number_after_another(at: House, ask: Asking) -> None:
    for number in range(15):
        assert await ask.run("secret", caller="13800000001", number=str(100 + number), password="000") == ()
    refused = await ask.refused("secret", caller="13800000001", number="2", password="777")
    assert refused == "TOO_MANY_TRIES"
    assert len(await ask.run("secret", caller="13800000002", number="2", password="777")) == 1
    at.clock.forward(hours=25)


async def test_nobody_guesses_at_one_number_many_times_at_once(at: House, ask: Asking) -> None:
    results = await asyncio.gather(
        *(ask.run("secret", number="4", password=f"{n:03}") for n in range(40)), return_exceptions=True
    )
    assert len([one for one in results if one == ()]) <= 6
    refused = {failed(one).reason for one in results if isinstance(one, grpc.aio.AioRpcError)}
    assert "ASKED_JUST_NOW" in refused and refused <= {"ASKED_JUST_NOW", "TOO_MANY_TRIES"}
    at.clock.forward(hours=25)


# What changes, and what is owed.


async def test_a_lookup_that_has_changed_is_got_again(ask: Asking) -> None:
    lookup = await ask.lookup("things")
    request = lookup_pb2.RunLookupRequest(name=lookup.name, revision="older")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ask.stub.RunLookup(request)
    assert failed(caught.value).reason == "LOOKUP_CHANGED"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ask.stub.GetLookup(lookup_pb2.GetLookupRequest(name="lookups/nobody"))
    assert failed(caught.value).reason == "LOOKUP_UNKNOWN"


async def test_wrong_answers_are_named(ask: Asking) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ask.run("secret", number="12")
    assert failed(caught.value).violations == {"answers.password": "REQUIRED"}


async def test_a_recording_is_no_answer(ask: Asking) -> None:
    lookup = await ask.lookup("by-name")
    recording = form_pb2.Answer(field="name", recording="attachments/00000000-0000-4000-8000-000000000000")
    request = lookup_pb2.RunLookupRequest(name=lookup.name, revision=lookup.revision, answers=[recording])
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ask.stub.RunLookup(request)
    assert failed(caught.value).violations == {"answers.name": "WRONG_TYPE"}


async def test_what_is_owed_has_a_token_that_only_the_backend_opens(at: House, ask: Asking) -> None:
    owed, other, paid = await ask.run("traffic-violations", plate_digits="0101", frame_end="2468")
    assert paid.payable is None
    assert owed.payable is not None
    assert other.payable is not None
    assert (owed.payable.amount_fen, owed.payable.title.zh_cn) == (20000, "交通违规罚款 530199000000101")
    opened = payables.opened(VAULT, owed.payable.token, at.clock())
    assert opened.subject == "lookups/traffic-violations 530199000000101"
    assert opened.amount_fen == 20000
    assert "530199000000101" not in owed.payable.token
    again, *_ = await ask.run("traffic-violations", plate_digits="0101", frame_end="2468")
    assert again.payable is not None
    assert payables.opened(VAULT, again.payable.token, at.clock()).subject == opened.subject


async def test_where_no_payments_are_taken_nothing_is_offered_to_be_paid(tmp_path: Path) -> None:
    async with house(tmp_path / "data", lookup_content(tmp_path / "content")) as at:
        found = await Asking(at).run("traffic-violations", plate_digits="0101", frame_end="2468")
    assert [record.payable for record in found] == [None, None, None]


# Other servers.


def another_column(answer: lookup_pb2.GetLookupResponse) -> None:
    answer.lookup.said.en = "{nobody}"


def no_revision(answer: lookup_pb2.GetLookupResponse) -> None:
    answer.lookup.revision = ""


@pytest.mark.parametrize("meddle", [another_column, no_revision])
async def test_what_another_server_does_otherwise_is_found(at: House, meddle: Meddling) -> None:
    held = await trial.run(trial.Server(at.stubs.channel), (lookup_demands,), write=False)
    assert [one for one in held if one.outcome is not trial.Outcome.HOLDS] == []
    async with meddled(at, "GetLookup", lookup_pb2.GetLookupResponse, meddle) as server:
        results = await trial.run(server, (lookup_demands,), write=False)
    assert "lookup.lookups" in {one.demand for one in results if one.outcome is trial.Outcome.DEVIATES}
