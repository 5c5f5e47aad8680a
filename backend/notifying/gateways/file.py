"""Messages into a file, one JSON object a line: the demonstration's gateway. Nobody gets them."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from backend.notifying.gateways.configuration import GatewayTable, read_table
from backend.notifying.outgoing import GatewayWrong, NotSent, Outgoing
from backend.storage.messages import Channel

FILE_NAME = "messages.jsonl"


class _Table(GatewayTable):
    path: Path | None = None
    """The file; ``messages.jsonl`` in the data folder where none is given."""


class FileGateway:
    """Appends each message, with ``"simulated": true``, and has it on the disk before it says so.

    A message that was written by a process which died before it could note so is there twice, by the same
    ``name``.
    """

    simulated = True

    def __init__(self, channel: Channel, table: Mapping[str, object], data: Path) -> None:
        self._path = read_table(_Table, table).path or data / FILE_NAME

    def check_config(self) -> None:
        """Its folder is there and may be written to. Raises GatewayWrong."""
        if not os.access(self._path.parent, os.W_OK):
            raise GatewayWrong(f"{self._path.parent}: cannot be written to")

    async def send(self, message: Outgoing) -> None:
        """See `Gateway`."""
        line = json.dumps(
            {
                "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "simulated": True,
                "name": message.name,
                "channel": message.channel,
                "to": message.recipient,
                "subject": message.subject,
                "text": message.text,
                "language": message.language,
            },
            ensure_ascii=False,
        )
        try:
            await asyncio.to_thread(self._append, f"{line}\n".encode())
        except OSError as error:
            raise NotSent(f"FILE_{error.errno}") from None

    async def close(self) -> None:
        """There is nothing to end."""

    def _append(self, line: bytes) -> None:
        opened = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(opened, line)  # at once, so that lines of several backends do not mix
            os.fsync(opened)
        finally:
            os.close(opened)
