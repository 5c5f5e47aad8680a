"""Content is published, scheduled and taken back while residents are being served."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from click.testing import CliRunner
from huimin.v1 import catalog_pb2, common_pb2, form_pb2, notice_pb2, policy_pb2
from sqlalchemy.exc import IntegrityError

from backend.authoring.packing import pack, unpack, with_policies
from backend.authoring.reading import read_content
from backend.command import main
from backend.settings import PACKAGED, BackendSettings
from backend.storage import forms, policies, publishing
from backend.storage.publishing import NoSuchPublication, Origin
from backend.watching import publish_at_start
from tests.backend import house as running
from tests.backend.house import CONTENT, Clock, House, Stubs, command, copy_content, ended, house, make
from tests.keys import put_keys
from tests.postgres import BOTH

SERVICE = "services/permit"
TITLE = "许可申请"
SWITCH_SECONDS = 2.0
"""So soon a running backend has switched."""


def edited(folder: Path, name: str, old: str, new: str) -> Path:
    """A copy of the content with one change."""
    copied = copy_content(folder)
    file = copied / name
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    return copied


def renamed(folder: Path, title: str) -> Path:
    """A copy of the content in which a service has another title."""
    return edited(folder, "services/permit.yaml", f"zh: {TITLE}\n", f"zh: {title}\n")


async def title(stubs: Stubs) -> str:
    """What residents read of the service."""
    answer = await stubs.catalog.GetService(catalog_pb2.GetServiceRequest(name=SERVICE))
    return answer.service.title.zh_cn


async def until(condition: Callable[[], Any], seconds: float = SWITCH_SECONDS) -> None:
    """Waits until something holds."""
    end = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < end, "not in time"
        await asyncio.sleep(0.02)


async def publish(running_house: House, folder: Path, at: datetime | None = None) -> int:
    """Publishes a folder into the database of a house."""
    now = running_house.clock()
    content = await asyncio.to_thread(read_content, folder)
    return await publishing.publish(running_house.database, content, now, Origin("tests"), at=at)


async def test_a_publication_is_in_force_within_two_seconds_and_no_call_fails(tmp_path: Path) -> None:
    data = tmp_path / "data"
    changed = renamed(tmp_path / "changed", "经营许可")
    async with running.process(data) as backend, grpc.aio.insecure_channel(backend.address) as channel:
        stubs = Stubs(channel)
        seen: list[tuple[float, str]] = []
        policies_found: list[int] = []

        async def read() -> None:
            while True:
                began = time.monotonic()
                seen.append((began, await title(stubs)))
                found = await stubs.policy.SearchPolicies(
                    policy_pb2.SearchPoliciesRequest(query="夜市", language=common_pb2.LANGUAGE_ZH_CN)
                )
                policies_found.append(len(found.matches))
                await stubs.notice.ListNotices(notice_pb2.ListNoticesRequest())
                await stubs.form.GetForm(form_pb2.GetFormRequest(name="forms/everything"))
                await asyncio.sleep(max(0.0, 0.01 - (time.monotonic() - began)))

        reading = asyncio.create_task(read())
        await asyncio.sleep(0.3)
        code, out, err = await command("--data", data, "content", "publish", changed, "--note", "试用")
        done = time.monotonic()
        assert (code, "Publication 2" in out) == (0, True), out + err
        await asyncio.sleep(SWITCH_SECONDS)
        assert not reading.done()  # no call has failed
        reading.cancel()
        assert {words for _, words in seen} == {TITLE, "经营许可"}
        assert min(began for began, words in seen if words != TITLE) < done + SWITCH_SECONDS
        assert [words for _, words in seen] == sorted((words for _, words in seen), key=lambda w: w != TITLE)
        assert set(policies_found) == {policies_found[0]}
        assert policies_found[0] > 0

        out = await clerk(data, "rollback")
        assert "publication 3" in out
        await until(lambda: _is(stubs, TITLE))
        out = await clerk(data, "list")
        assert [line[:8].split() for line in out.splitlines()] == [["*", "3"], ["2"], ["1"]]
        assert "Back to publication 1" in out.splitlines()[0]
        assert "试用" in out
        assert "退回第 1 版" in (await clerk(data, "list", language="zh_CN.UTF-8")).splitlines()[0]
        assert "in force already" in await clerk(data, "publish", str(CONTENT))
        assert await clerk(data, "list") == out


async def clerk(data: Path, *arguments: str, language: str = "C") -> str:
    """What a command about the content prints, run in this process."""
    runner = CliRunner(env={"LC_ALL": language})
    ended = await asyncio.to_thread(runner.invoke, main, ["--data", str(data), "content", *arguments])
    assert ended.exit_code == 0, ended.output
    return ended.stdout


async def _is(stubs: Stubs, words: str) -> bool:
    return await title(stubs) == words


async def test_a_publication_comes_into_force_at_its_time_and_can_be_cancelled_before(
    tmp_path: Path,
) -> None:
    clock = Clock()
    async with house(tmp_path / "data", clock=clock) as h:
        await publish(h, renamed(tmp_path / "later", "以后的许可"), at=clock() + timedelta(days=2))
        other = await publish(h, renamed(tmp_path / "other", "不要的许可"), at=clock() + timedelta(days=1))
        await asyncio.sleep(1.2)
        assert await title(h.stubs) == TITLE
        assert await h.database.write(publishing.cancel, other, clock())
        clock.forward(days=1, hours=1)
        await asyncio.sleep(1.2)
        assert await title(h.stubs) == TITLE
        clock.forward(days=1)
        await until(lambda: _is(h.stubs, "以后的许可"))
        assert not await h.database.write(publishing.cancel, 2, clock())  # it is in force


@BOTH
async def test_policies_and_the_search_follow_the_publication(tmp_path: Path, database: str) -> None:
    async with house(tmp_path / "data", database=database) as h:
        changed = edited(tmp_path / "changed", "policies/stalls.yaml", "夜市摆摊规定", "夜间经营规定")
        first = await h.database.read(publishing.in_force, h.clock())
        number = await publish(h, changed)

        async def found() -> bool:
            answer = await h.stubs.policy.SearchPolicies(
                policy_pb2.SearchPoliciesRequest(query="夜间经营", language=common_pb2.LANGUAGE_ZH_CN)
            )
            return "policies/stalls" in {match.policy.name for match in answer.matches}

        await until(found)
        policy = await h.stubs.policy.GetPolicy(policy_pb2.GetPolicyRequest(name="policies/stalls"))
        assert policy.policy.title.zh_cn == "夜间经营规定"
        assert first is not None
        before, after = [set(await h.database.read(policies.wordings, one)) for one in (first, number)]
        assert len(before ^ after) == 2  # one wording for another; the others are the same rows


@BOTH
async def test_a_form_that_was_replaced_is_taken_for_a_week_after_the_switch(
    tmp_path: Path, database: str
) -> None:
    clock = Clock()
    async with house(tmp_path / "data", clock=clock, database=database) as h:
        request = form_pb2.GetFormRequest(name="forms/everything")
        old = (await h.stubs.form.GetForm(request)).form.revision
        changed = edited(
            tmp_path / "changed", "forms/everything.yaml", "declaration:", "retention: 400\ndeclaration:"
        )
        text = (changed / "forms/everything.yaml").read_text("utf-8")
        (changed / "forms/everything.yaml").write_text(text.replace("  required: false\n", "", 1), "utf-8")
        await publish(h, changed)

        async def switched() -> bool:
            return (await h.stubs.form.GetForm(request)).form.revision != old

        await until(switched)
        new = (await h.stubs.form.GetForm(request)).form.revision
        name = "forms/everything"
        assert await h.database.read(forms.retention_days, name, old) == 1095
        assert await h.database.read(forms.retention_days, name, new) == 400
        for days, taken in ((6, True), (8, False)):
            then = clock() + timedelta(days=days)
            assert (await h.database.read(forms.revision, name, old, then) is not None) is taken
        assert await h.database.read(forms.any_revision, name, old) is not None
        await h.database.write(publishing.republish, 1, clock(), Origin("tests"))

        async def back() -> bool:
            return (await h.stubs.form.GetForm(request)).form.revision == old

        await until(back)
        later = clock() + timedelta(days=30)
        assert await h.database.read(forms.revision, name, old, later) is not None
        assert await h.database.read(forms.revision, name, new, later) is None


async def test_two_clerks_who_publish_at_once_make_two_whole_publications(tmp_path: Path) -> None:
    data = tmp_path / "data"
    make(data)
    put_keys(data)
    one, other = renamed(tmp_path / "one", "许可之一"), renamed(tmp_path / "other", "许可之二")
    done = await asyncio.gather(
        *(ended("--data", data, "content", "publish", folder) for folder in (one, other))
    )
    assert [code for code, _, _ in done] == [0, 0], done
    assert sorted(re.findall(r"Publication (\d+)", "".join(out for _, out, _ in done))) == ["1", "2"]
    async with house(data, content=one) as h:
        for number in (1, 2):
            found = await h.database.read(publishing.content, number, whole=True)
            assert len(found.policies) == len(read_content(one).policies)


@BOTH
async def test_what_clerks_published_outlives_a_start_from_the_same_folder(
    tmp_path: Path, database: str
) -> None:
    async with house(tmp_path / "data", database=database) as h:

        async def start(folder: Path | None) -> int | None:
            given: dict[str, Any] = {} if folder is None else {"content": folder}
            settings = BackendSettings(data=tmp_path / "data", **given)
            await publish_at_start(h.database, settings, datetime.now(UTC))
            return await h.database.read(publishing.in_force, datetime.now(UTC))

        assert await start(CONTENT) == 1
        by_clerk = await publish(h, renamed(tmp_path / "changed", "经营许可"))
        assert await start(CONTENT) == by_clerk
        assert await start(None) == by_clerk
        other = await start(renamed(tmp_path / "other", "新的许可"))
        assert other not in {1, by_clerk}
        assert await start(tmp_path / "other") == other


@BOTH
async def test_a_publication_that_breaks_off_leaves_nothing(tmp_path: Path, database: str) -> None:
    async with house(tmp_path / "data", database=database) as h:
        content = read_content(CONTENT)
        doubled = replace(
            content, policies=(*content.policies, content.policies[0])
        )  # a name twice cannot be
        with pytest.raises(IntegrityError):
            await publishing.publish(h.database, doubled, h.clock(), Origin("tests"))
        assert [one.number for one in await h.database.read(publishing.all_newest_first)] == [1]
        with pytest.raises(NoSuchPublication):
            await h.database.write(publishing.republish, 2, h.clock(), Origin("tests"))
        assert await title(h.stubs) == TITLE


def test_content_comes_out_of_the_database_as_it_went_in() -> None:
    for folder in (CONTENT, PACKAGED):
        content = read_content(folder)
        assert with_policies(unpack(pack(content)), content.policies) == content


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["publish", "FOLDER", "--at", "tomorrow"], "is no time"),
        (["publish", "FOLDER", "--at", "2020-01-01"], "is in the past"),
        (["publish", "FOLDER", "--at", "2199-01-01"], "too far away"),
        (["publish", "FOLDER", "--note", "x" * 201], "at most 200 characters"),
        (["rollback"], "no earlier publication"),
        (["rollback", "7"], "no publication 7"),
        (["cancel", "1"], "is not waiting"),
        (["preview"], "Name a folder"),
        (["preview", "FOLDER", "nothing"], "There is no form “nothing”"),
    ],
)
def test_what_cannot_be_done_is_told(published: Path, arguments: list[str], told: str) -> None:
    given = [str(CONTENT) if one == "FOLDER" else one for one in arguments]
    ended = CliRunner(env={"LC_ALL": "C"}).invoke(main, ["--data", str(published), "content", *given])
    assert ended.exit_code == 2
    assert told in ended.output


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of data with one publication."""
    data = tmp_path_factory.mktemp("published")
    arguments = ["--data", str(data), "content", "publish", str(CONTENT)]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    return data
