"""What a clerk does for one person and with the audit trail, at the command line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from huimin.v1 import case_pb2
from sqlalchemy import Connection, text

from backend.authoring.reading import read_content
from backend.command import main
from backend.storage import audit, cases, persons
from backend.storage.tables import FormRevision
from backend_client.forms.reference import group
from backend_client.forms.wire import form_to_proto
from foundation.keys import KeyRing
from tests.backend.house import CONTENT
from tests.backend.sample import RESIDENT, resident
from tests.backend.test_sealing import FILE, FORM, NOTE, NOW, PERSONAL, apply, found_in, move, on_disk, opened
from tests.keys import put_keys

OTHER = resident(120)


def run(data: Path, *arguments: str, typed: str = "", language: str = "C") -> Result:
    return CliRunner().invoke(
        main, ["--data", str(data), *arguments], input=typed, env={"LC_ALL": language, "TERM": "dumb"}
    )


def write(data: Path, work: Callable[[Connection], Any]) -> Any:
    async def go() -> Any:
        async with opened("", data) as database:
            return await database.write(work)

    return asyncio.run(go())


def add_form(connection: Connection) -> None:
    form = read_content(CONTENT).forms[FORM.name]
    connection.execute(
        FormRevision.__table__.insert(),  # type: ignore[attr-defined]
        {"form": FORM.name, "revision": FORM.revision, "message": form_to_proto(form).SerializeToString()},
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    put_keys(folder)
    return folder


def two_cases(connection: Connection) -> list[str]:
    add_form(connection)
    with_file, plain = apply(connection, file=FILE), apply(connection)
    apply(connection, OTHER)
    move(connection, with_file, case_pb2.CASE_STATE_COMPLETED, NOTE)
    return [with_file, plain]


def test_a_person_gets_everything_that_is_held_and_nothing_of_others(data: Path, tmp_path: Path) -> None:
    references = write(data, two_cases)
    shown = run(data, "case", "show", references[0])
    assert (shown.exit_code, "completed" in shown.output) == (0, True)
    out = tmp_path / "out"
    done = run(data, "person", "export", "--out", str(out), typed=RESIDENT + "\n")
    assert (done.exit_code, "2 cases and 1 files" in done.output) == (0, True), done.output
    told = json.loads((out / "person.json").read_text())
    assert {case["reference"] for case in told["cases"]} == set(references)
    case = next(case for case in told["cases"] if case["reference"] == references[0])
    assert case["events"][-1]["note"] == NOTE
    assert case["form"]["title"]["zh_CN"] == "许可申请表"
    answers = {answer["field"]: answer for answer in case["answers"]}
    assert answers["full_name"]["answer"]["zh_CN"] == "示范居民"
    assert answers["identity_number"]["stored"] == {"identity_number": RESIDENT}
    assert answers["amount"]["answer"]["en"] == "¥10.50"
    assert answers["sex"]["label"]["en"]
    assert (out / case["files"][0]["file"]).read_bytes() == FILE
    assert case["files"][0]["file"].endswith(".wav")
    read = [(entry["action"], entry["object"]) for entry in told["read_and_changed_by"]]
    assert ("case show", f"cases/{references[0]}") in read
    assert OTHER not in (out / "person.json").read_text()
    assert [file.stat().st_mode & 0o077 for file in [out, *out.iterdir()]] == [0] * 3
    again = run(data, "person", "export", "--out", str(out), typed=RESIDENT + "\n")
    assert again.exit_code == 2
    listed = run(data, "audit", "list", "--reference", references[0], "--json")
    assert [json.loads(line)["action"] for line in listed.output.splitlines()] == [
        "FormService.CreateSubmission",
        "case show",
        "person export",
    ]


def test_a_person_is_erased_on_request_but_not_in_the_middle_of_a_case(data: Path) -> None:
    references = write(data, two_cases)
    refused = run(data, "person", "erase", "--yes", typed=RESIDENT + "\n")
    assert refused.exit_code == 2
    assert group(references[1]) in refused.output
    left = run(data, "person", "erase", RESIDENT, typed="n\n", language="zh_CN.UTF-8")
    assert (left.exit_code, "没有删除" in left.output) == (2, True)
    done = run(data, "person", "erase", "--yes", "--with-open-cases", typed=RESIDENT + "\n")
    assert (done.exit_code, "2 cases" in done.output) == (0, True), done.output
    content = on_disk("", data)
    assert found_in(content, PERSONAL) == []

    def check(connection: Connection) -> None:
        assert persons.held(connection, RESIDENT, audit.Actor("t", "t", ""), NOW).cases == ()
        assert len(persons.held(connection, OTHER, audit.Actor("t", "t", ""), NOW).cases) == 1
        assert [cases.is_erased(connection, one) for one in references] == [True, True]
        kept = audit.entries(connection, objects=[f"cases/{references[0]}"])
        assert kept[-1].entry.action == "person erase"

    write(data, check)
    set_again = run(data, "case", "set", references[0], "in-review", language="zh_CN.UTF-8")
    assert (set_again.exit_code, "已删除" in set_again.output) == (2, True)
    nobody = run(data, "person", "erase", "--yes", typed=RESIDENT + "\n")
    assert (nobody.exit_code, "0 cases" in nobody.output) == (0, True)


@pytest.mark.parametrize("typed", ["", "\n", "110101\n", RESIDENT[:-1] + "0\n", "x" * 10_000])
def test_what_is_no_identity_number_is_asked_again_and_not_repeated(data: Path, typed: str) -> None:
    write(data, two_cases)
    refused = run(data, "person", "erase", "--yes", typed=typed)
    assert refused.exit_code == 2
    assert "Check it" in refused.output
    assert typed.strip() == "" or typed.strip() not in refused.output


def test_the_trail_is_looked_over_and_listed(data: Path) -> None:
    references = write(data, two_cases)
    run(data, "case", "show", references[0])
    head = run(data, "audit", "head").output.strip()
    sound = run(data, "audit", "verify", "--head", head)
    assert (sound.exit_code, head in sound.output) == (0, True)
    listed = run(data, "audit", "list", language="zh_CN.UTF-8").output
    assert "提交申请" in listed
    assert "查看办件" in listed
    assert f"cases/{references[0]}" in listed
    assert run(data, "audit", "list", "--since", "2100-01-01").output == ""
    assert run(data, "audit", "list", "--since", "yesterday").exit_code == 2
    assert run(data, "audit", "verify", "--head", "abc").exit_code == 2
    write(data, lambda connection: connection.execute(text("DELETE FROM audit_entries WHERE number = 2")))
    tampered = run(data, "audit", "verify", "--head", head, language="zh_CN.UTF-8")
    assert tampered.exit_code == 1
    assert "第 2 条" in tampered.output


def test_keys_are_made_put_in_front_and_used(data: Path, tmp_path: Path) -> None:
    references = write(data, two_cases)
    file = data / "key"
    first = file.read_text()
    added = run(data, "keys", "new")
    assert (added.exit_code, len(KeyRing.load(file))) == (0, 2)
    assert file.read_text().endswith(first)
    assert file.stat().st_mode & 0o777 == 0o600
    rotated = run(data, "keys", "rotate")
    assert (rotated.exit_code, rotated.output.split()[0]) == (0, "25"), rotated.output
    assert run(data, "keys", "rotate").output.split()[0] == "0"
    assert run(data, "case", "show", references[0]).exit_code == 0
    elsewhere = tmp_path / "keys" / "backend.key"
    assert run(data, "keys", "new", "--out", str(elsewhere)).exit_code == 0
    assert len(KeyRing.load(elsewhere)) == 1
    for _ in range(14):
        assert run(data, "keys", "new").exit_code == 0
    full = run(data, "keys", "new", language="zh_CN.UTF-8")
    assert (full.exit_code, "最后一行" in full.output) == (2, True)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("", "needs 1 to 16 keys"),
        ("AAAA\n", "needs 1 to 16 keys"),
        ("not base64!\n", "not base64"),
        ("A" * 43 + "=\n", "sealed with other keys"),
    ],
)
def test_keys_that_do_not_fit_are_one_sentence(data: Path, keys: str, said: str) -> None:
    references = write(data, two_cases)
    (data / "key").write_text(keys)
    refused = run(data, "case", "show", references[0])
    assert (refused.exit_code, said in refused.output) == (2, True), refused.output


def test_a_command_says_who_gave_it(data: Path) -> None:
    references = write(data, two_cases)
    run(data, "case", "set", references[1], "in-review")
    line = run(data, "audit", "list", "--reference", references[1], "--json").output.splitlines()[-1]
    entry = json.loads(line)
    assert (entry["action"], entry["credential"], entry["outcome"]) == ("case set", "command", "OK")
    assert entry["door"].startswith("office/")
    assert entry["door"] != "office/"
