"""A real backend for the calls: the command itself, over a folder of its own."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huimin.v1 import common_pb2, form_pb2

from backend.storage.attachments import place
from backend.storage.submissions import message_place
from backend_client.forms import voicemail
from foundation.language import Language
from tests.keys import VAULT, put_keys

COMMAND = Path(sys.executable).with_name("huimin-backend")
CONTENT = Path(__file__).with_name("content")
SHIPPED = Path(__file__).parents[2] / "backend" / "content"


@dataclass(frozen=True)
class Voicemail:
    """A message as the backend keeps it. wav: empty where it was not recorded."""

    reference: str
    callback: str
    language: Language
    wav: bytes


class County:
    """A backend with data and content of its own."""

    def __init__(self, data: Path, content: Path = CONTENT, config: Path | None = None) -> None:
        """config: further settings of the backend."""
        self._data = self.data = data
        self._config = config
        self._content = content
        self._process: subprocess.Popen[str] | None = None
        self.address = "127.0.0.1:0"

    def start(self) -> None:
        """Returns once it serves."""
        self._data.mkdir(exist_ok=True)
        put_keys(self._data)
        options = ["--listen", self.address, "--data", str(self._data), "--content", str(self._content)]
        if self._config is not None:
            options += ["--config", str(self._config)]
        self._process = subprocess.Popen(
            [COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        ready = self._process.stdout.readline().split()
        assert ready[:2] == ["ready", "huimin-backend"], ready
        self.address = ready[2]

    def stop(self) -> None:
        """Ends it. May be repeated."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def set_case(self, reference: str, state: str, note: str = "") -> None:
        """What a clerk does with a case."""
        self._clerk("case", "set", "--note", note, reference, state)

    def _clerk(self, group: str, command: str, *words: str) -> None:
        typed = [str(COMMAND), group, command, "--data", str(self._data), *words]
        subprocess.run(typed, check=True, capture_output=True)

    def reply(self, reference: str, text: str) -> None:
        """What a clerk replies to a case."""
        self._clerk("case", "reply", reference, text)

    def publish(self, reference: str) -> None:
        """A clerk makes a case public, in Chinese only."""
        texts = ("--title", "路灯不亮", "--summary", "路灯坏了。", "--reply", "已经修好。")
        self._clerk("case", "publish", reference, *texts)

    def unpublish(self, reference: str) -> None:
        """And no longer."""
        self._clerk("case", "unpublish", reference)

    def ratings(self) -> list[tuple[str, int, int]]:
        """Service, level and channel of every rating, the oldest first."""
        found = self._rows("SELECT service, satisfaction, channel FROM ratings ORDER BY rowid")
        return [(service, level, channel) for service, level, channel in found]

    def low_ratings(self) -> dict[int, tuple[str, int, str]]:
        """Service, level and recording of what the office has to answer, by its number."""
        found = self._rows("SELECT number, service, satisfaction, coalesce(recording, '') FROM rating_cases")
        return {number: (service, level, recording) for number, service, level, recording in found}

    def reopening(self, reference: str) -> bytes:
        """What was said when a case was opened again; nothing where it was not."""
        found = self._rows("SELECT recording FROM case_reopenings WHERE reference = ?", reference)
        return self.attachment(found[0][0]) if found else b""

    def submission(self, reference: str) -> form_pb2.Submission:
        """What was sent under a reference, as the backend keeps it."""
        name, message = self._rows(
            "SELECT name, message FROM submissions JOIN cases ON submission = name WHERE reference = ?",
            reference,
        )[0]
        return form_pb2.Submission.FromString(VAULT.open(message, message_place(name)))

    def request_id(self, reference: str) -> str:
        """The name of the key that sent what has this reference."""
        query = "SELECT request_id FROM submissions JOIN cases ON submission = name WHERE reference = ?"
        return str(self._rows(query, reference)[0][0])

    def references(self) -> list[str]:
        """Every case's reference, the oldest first."""
        return [reference for (reference,) in self._rows("SELECT reference FROM cases ORDER BY create_time")]

    def voicemails(self, origin: str) -> list[Voicemail]:
        """The messages for a person that came from a line, the oldest first."""
        rows = self._rows(
            "SELECT reference FROM cases WHERE form = ? ORDER BY create_time, reference", voicemail.NAME
        )
        sent = [self.submission(reference) for (reference,) in rows]
        return [self._voicemail(message) for message in sent if message.origin == origin]

    def _voicemail(self, message: form_pb2.Submission) -> Voicemail:
        answers = {answer.field: answer for answer in message.answers}
        recording = answers[voicemail.MESSAGE].recording if voicemail.MESSAGE in answers else ""
        english = message.language == common_pb2.LANGUAGE_EN
        return Voicemail(
            message.reference,
            answers[voicemail.CALLBACK].phone_number,
            Language.EN if english else Language.ZH_CN,
            self.attachment(recording) if recording else b"",
        )

    def attachment(self, name: str) -> bytes:
        """The bytes of `attachments/{uuid}`."""
        pieces = self._rows("SELECT start, sealed FROM attachment_chunks WHERE name = ? ORDER BY start", name)
        return b"".join(VAULT.open(sealed, place(name, start)) for start, sealed in pieces)

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._data / "huimin.sqlite3")) as database:
            return database.execute(query, values).fetchall()
