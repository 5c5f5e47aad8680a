"""The command as operators run it: ready, told to stop, killed, started again, misused."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import stat
from pathlib import Path

import grpc
import grpc.aio
from click.testing import CliRunner
from grpc_health.v1 import health_pb2, health_pb2_grpc
from huimin.v1 import case_pb2, form_pb2, identity_pb2, policy_pb2

from backend.command import main
from backend.notifying.gateways.file import FILE_NAME as MESSAGES
from backend_client.forms.reference import new_reference
from tests.backend import house as running
from tests.backend.house import Stubs, command, copy_content
from tests.backend.sample import RESIDENT, answers, submission
from tests.backend.test_attachments import SOUND, info, messages


async def get_form(stubs: Stubs) -> form_pb2.Form:
    return (await stubs.form.GetForm(form_pb2.GetFormRequest(name="forms/everything"))).form


async def test_it_serves_keeps_everything_over_a_restart_and_logs_no_personal_data(tmp_path: Path) -> None:
    data, log = tmp_path / "data", tmp_path / "log"
    async with running.process(data, log=log) as first, grpc.aio.insecure_channel(first.address) as channel:
        stubs = Stubs(channel)
        form = await get_form(stubs)
        sent = submission(form)
        about = info(submission=sent.name)
        await stubs.form.UploadAttachment(iter(messages(about)))
        sent = submission(form, sent.name, answers(remarks=form_pb2.Answer(recording=about.name)))
        accepted = await stubs.form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=sent))
        assert await first.end(signal.SIGTERM) == 0
    async with running.process(data, log=log) as second, grpc.aio.insecure_channel(second.address) as channel:
        stubs = Stubs(channel)
        credential = identity_pb2.ReferenceCredential(
            reference=accepted.reference, identity_suffix=RESIDENT[-6:]
        )
        token = (
            await stubs.identity.CreateSession(identity_pb2.CreateSessionRequest(reference=credential))
        ).token
        case = await stubs.case.GetCase(
            case_pb2.GetCaseRequest(name=f"cases/{accepted.reference}"),
            metadata=(("authorization", f"Bearer {token}"),),
        )
        assert case.case_record.create_time == accepted.accept_time
        again = await stubs.form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=sent))
        assert again == accepted
        assert await second.end(signal.SIGINT) == 0
    # A simulated SMS is kept as it would have been sent, to its number; at night it waits.
    kept = [path for path in data.rglob("*") if path.is_file() and path.name != MESSAGES]
    on_disk = b"".join(path.read_bytes() for path in kept)
    assert accepted.reference.encode() in on_disk
    for personal in (RESIDENT.encode(), "示范居民".encode(), b"13800000000", SOUND[:64]):
        assert personal not in on_disk
    code, _, err = await command("--data", data, "person", "export", RESIDENT, "--out", tmp_path / "out")
    assert (code, err) == (0, "")
    assert [path.read_bytes() for path in (tmp_path / "out").iterdir() if path.suffix != ".json"] == [SOUND]
    written = log.read_text("utf-8")
    entries = [json.loads(line) for line in written.splitlines()]
    assert [entry["event"] for entry in entries].count("stopped") == 2
    assert [entry["event"] for entry in entries].count("content_published") == 1  # it had not changed
    for secret in (RESIDENT, "示范居民", "13800000000", accepted.reference, token):
        assert secret not in written


async def test_with_other_keys_it_does_not_start(tmp_path: Path) -> None:
    data, log = tmp_path / "data", tmp_path / "log"
    async with running.process(data, log=log) as first:
        assert await first.end(signal.SIGTERM) == 0
    before = (data / "huimin.sqlite3").read_bytes()
    (data / "key").write_text("A" * 43 + "=\n")
    for language, said in (("C", "sealed with other keys"), ("zh_CN.UTF-8", "其他密钥加密")):
        code, out, err = await running.ended("--data", data, "--listen", "127.0.0.1:0", language=language)
        assert (code, out) == (2, "")
        assert said in err.splitlines()[-1]
    assert (data / "huimin.sqlite3").read_bytes() == before


async def test_what_was_accepted_survives_kill_9(tmp_path: Path) -> None:
    data = tmp_path / "data"
    kept: dict[str, form_pb2.CreateSubmissionResponse] = {}
    async with running.process(data) as first, grpc.aio.insecure_channel(first.address) as channel:
        stubs = Stubs(channel)
        form = await get_form(stubs)

        async def resident() -> None:
            while True:
                sent = submission(form)
                try:
                    kept[sent.name] = await stubs.form.CreateSubmission(
                        form_pb2.CreateSubmissionRequest(submission=sent)
                    )
                except grpc.aio.AioRpcError:
                    return

        residents = [asyncio.create_task(resident()) for _ in range(4)]
        async with asyncio.timeout(20):
            while len(kept) < 20:  # noqa: ASYNC110 (it happens in another process)
                await asyncio.sleep(0.01)
        assert await first.end(signal.SIGKILL) == -signal.SIGKILL
        await asyncio.gather(*residents)
    async with running.process(data) as second, grpc.aio.insecure_channel(second.address) as channel:
        stubs = Stubs(channel)
        for name, accepted in kept.items():
            again = await stubs.form.CreateSubmission(
                form_pb2.CreateSubmissionRequest(submission=submission(form, name))
            )
            assert again == accepted
    assert len({accepted.reference for accepted in kept.values()}) == len(kept) >= 20


async def test_told_to_stop_it_finishes_what_is_under_way(tmp_path: Path) -> None:
    async with (
        running.process(tmp_path / "data") as backend,
        grpc.aio.insecure_channel(backend.address) as channel,
    ):
        stubs = Stubs(channel)
        about = info()
        parts = messages(about)
        call = stubs.form.UploadAttachment()
        await call.write(parts[0])
        await call.write(parts[1])
        health = health_pb2_grpc.HealthStub(channel)
        watching = health.Watch(health_pb2.HealthCheckRequest(service=""))
        assert (await watching.read()).status == health_pb2.HealthCheckResponse.SERVING
        backend.process.send_signal(signal.SIGTERM)
        assert (await watching.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        watching.cancel()
        for part in parts[2:]:
            await call.write(part)
        await call.done_writing()
        assert (await call).name == about.name
        assert await asyncio.wait_for(backend.process.wait(), 10) == 0


async def test_it_needs_no_arguments_and_takes_configuration_from_file_and_environment(
    tmp_path: Path,
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = tmp_path / "huimin.toml"
    config.write_text(f'[backend]\nlisten = "127.0.0.1:{port}"\nlog_level = "warning"\n')
    process = await asyncio.create_subprocess_exec(
        running.SCRIPT,
        "--config",
        config,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"XDG_DATA_HOME": str(tmp_path / "home"), "HUIMIN_BACKEND_CONTENT": str(running.CONTENT)},
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        assert line.decode() == f"ready huimin-backend 127.0.0.1:{port}\n"
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            found = await Stubs(channel).policy.ListTopics(policy_pb2.ListTopicsRequest())
        assert found.topics[0].name == "topics/health"
        process.terminate()
        _, errors = await asyncio.wait_for(process.communicate(), 20)
        assert process.returncode == 0
        warned = {json.loads(line)["event"] for line in errors.splitlines()}
        assert warned == {"key_beside_data", "messages_simulated"}
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    data = tmp_path / "home" / "huimin"
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE((data / "huimin.sqlite3").stat().st_mode) == 0o600


async def test_a_second_backend_on_the_same_address_gives_up_with_a_sentence(tmp_path: Path) -> None:
    async with running.process(tmp_path / "data") as first:
        code, out, err = await running.ended(
            "--listen", first.address, "--data", tmp_path / "other", "--content", running.CONTENT
        )
    assert (code, out) == (2, "")
    assert f"Cannot listen on {first.address}" in err
    assert "Traceback" not in err


def wrong_usage(tmp_path: Path) -> list[tuple[list[str | Path], str]]:
    config = tmp_path / "config.toml"
    config.write_text("[backend]\nlisten = 5\n")
    return [
        (["--listen", "nowhere"], "backend.listen"),
        (["--config", tmp_path / "missing.toml"], "missing.toml"),
        (["--config", config], "backend.listen"),
        (["case", "show", "123"], "is not a reference"),
        (["case", "set", new_reference(), "flying", "--data", tmp_path], "The states are: received,"),
        (["case", "set", new_reference(), "accepted", "--data", tmp_path], "There is no data in"),
        (["case", "set", new_reference(), "accepted", "--note", "一" * 501], "at most 500 characters"),
        (["fly"], "No such command"),
    ]


def test_wrong_usage_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    for arguments, sentence in wrong_usage(tmp_path):
        done = CliRunner(env={"LC_ALL": "C"}).invoke(main, [str(argument) for argument in arguments])
        assert (done.exit_code, done.stdout) == (2, ""), (arguments, done.output, done.exception)
        assert sentence in done.stderr, arguments


def obstacles(tmp_path: Path) -> list[tuple[list[str | Path], str]]:
    broken = copy_content(tmp_path / "broken")
    (broken / "topics.yaml").unlink()
    (tmp_path / "file").write_text("")
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "huimin.sqlite3").write_bytes(b"this is no database at all" * 100)
    good: list[str | Path] = ["--content", running.CONTENT]
    return [
        (["--content", broken, "--data", tmp_path / "d"], "topics.yaml:1: This file is missing."),
        ([*good, "--data", tmp_path / "file"], "The data folder"),
        ([*good, "--data", bad], "The database"),
    ]


async def test_what_keeps_it_from_starting_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    cases = obstacles(tmp_path)
    ends = await asyncio.gather(*(running.ended(*arguments) for arguments, _ in cases))
    for (arguments, sentence), (code, out, err) in zip(cases, ends, strict=True):
        assert (code, out) == (2, ""), (arguments, out, err)
        assert sentence in err, arguments
        assert "Traceback" not in err, arguments


async def test_a_case_that_is_not_there(tmp_path: Path) -> None:
    async with running.house(tmp_path / "data"):
        reference = new_reference()
        for arguments in (["show", reference], ["set", reference, "approved"]):
            code, _, err = await command("case", *arguments, "--data", tmp_path / "data")
            assert code == 2
            assert "There is no case with the reference" in err
