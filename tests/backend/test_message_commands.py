"""``huimin-backend message``: what an operator sees and does."""

from __future__ import annotations

import asyncio
from pathlib import Path

from click.testing import CliRunner, Result

from backend.command import main
from backend.storage import messages
from tests.backend.test_messages import NOW, PHONE, claim, opened, tell
from tests.keys import put_keys


def run(data: Path, *arguments: str) -> Result:
    return CliRunner(env={"LC_ALL": "C"}).invoke(main, ["--data", str(data), "message", *arguments])


async def prepare(data: Path) -> messages.Claimed:
    """A database with one message that was given up."""
    async with opened("", data) as database:
        await database.write(tell)
        (claimed,) = await database.write(claim)
        await database.write(messages.died, claimed, "REFUSED_NO_SUCH_NUMBER", NOW)
        return claimed


def test_an_operator_lists_shows_and_retries(tmp_path: Path) -> None:
    put_keys(tmp_path)
    dead = asyncio.run(prepare(tmp_path))
    listed = run(tmp_path, "list")
    assert listed.exit_code == 0, listed.output
    assert dead.name in listed.output and "given up" in listed.output
    assert "REFUSED_NO_SUCH_NUMBER" in listed.output and PHONE not in listed.output
    assert run(tmp_path, "list", "--state", "sent").output == "There is no such message.\n"
    assert run(tmp_path, "list", "--state", "lost").exit_code == 2

    shown = run(tmp_path, "show", dead.name)
    assert PHONE in shown.output and dead.text in shown.output
    assert run(tmp_path, "show", "nothing").exit_code == 2

    assert run(tmp_path, "retry", dead.name).output == f"{dead.name} will be sent again.\n"
    assert run(tmp_path, "retry", dead.name).exit_code == 2
    assert "waiting" in run(tmp_path, "list").output
    trail = CliRunner(env={"LC_ALL": "C"}).invoke(main, ["--data", str(tmp_path), "audit", "list"])
    assert "looked at a message" in trail.output and "had a message sent again" in trail.output


def test_the_gateways_are_looked_at_without_sending(tmp_path: Path) -> None:
    checked = run(tmp_path, "check")
    assert checked.output.count("simulated, nobody gets anything") == 2
    configuration = tmp_path / "huimin.toml"
    configuration.write_text('[backend.message_gateways.sms]\ngateway = "pigeon"\n', "utf-8")
    wrong = CliRunner(env={"LC_ALL": "C"}).invoke(main, ["--config", str(configuration), "message", "check"])
    assert (wrong.exit_code, "there is no gateway 'pigeon'" in wrong.output) == (2, True)
