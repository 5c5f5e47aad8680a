"""Messages that an earlier release left on the disk as plain sound: they are delivered, and then removed.

They lie in ``DATA/messages``: a WAV file each, and a line of ``messages.jsonl`` that names it, with ``time``,
``callback``, ``call_id`` and ``language``.
"""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from backend_client.errors import BackendError
from backend_client.forms.answer import Recording
from backend_client.forms.consent import Consent, with_consent
from backend_client.forms.voicemail import CALLBACK, MESSAGE, voicemail_form
from backend_client.queue.outbox import Outbox
from backend_client.submission import Attachment, Channel, Submission
from foundation.language import Language
from foundation.log import logger

INDEX = "messages.jsonl"
AGAIN_SECONDS = 60.0
"""Until it is tried again where one could not be kept."""
_log = logger(__name__)


async def deliver_old_messages(folder: Path, outbox: Outbox, line: str) -> None:
    """Hands the messages of a folder over to the queue, and removes each once it is there.

    What cannot be understood stays where it is. line: by whose name they are sent.
    """
    while True:
        try:
            if await _deliver_all(folder, outbox, line):
                return
        except OSError as error:
            _log.error("old messages not delivered", error=error.strerror)
        await asyncio.sleep(AGAIN_SECONDS)


async def _deliver_all(folder: Path, outbox: Outbox, line: str) -> bool:
    """Whether nothing is left that could be delivered later. Raises OSError."""
    for written in await asyncio.to_thread(_lines, folder):
        try:
            entry = json.loads(written)
            sound = folder / Path(str(entry["file"])).name
            message, recording = await asyncio.to_thread(_message, entry, sound, line)
        except FileNotFoundError:
            continue  # dealt with, and its sound deleted
        except (ValueError, KeyError, TypeError):
            _log.error("old message not understood")
            continue
        try:
            await outbox.send(message, [recording])
        except BackendError as error:
            _log.error("old message not kept", reason=error.reason)
            return False
        await asyncio.to_thread(sound.unlink)
    await asyncio.to_thread(_remove, folder)
    return True


def _lines(folder: Path) -> list[str]:
    index = folder / INDEX
    return index.read_text("utf-8", "replace").splitlines() if index.exists() else []


def _remove(folder: Path) -> None:
    """The list and the folder, where no sound is left that nobody has."""
    if not (folder / INDEX).exists():
        return
    if left := len(list(folder.glob("*.wav"))):
        _log.error("old messages left", count=left)
        return
    (folder / INDEX).unlink()
    folder.rmdir()
    _log.info("old messages delivered")


def _message(entry: dict[str, Any], sound: Path, line: str) -> tuple[Submission, Attachment]:
    """It has the same name at every try. Raises FileNotFoundError, ValueError, KeyError, TypeError."""
    name = f"submissions/{uuid5(NAMESPACE_OID, 'huimin message ' + sound.name)}"
    recording = f"attachments/{uuid5(NAMESPACE_OID, name)}"
    time = datetime.fromisoformat(entry["time"])
    wav = with_consent(sound.read_bytes(), Consent(time, str(entry["call_id"])))
    message = Submission(
        name,
        voicemail_form(),
        {CALLBACK: str(entry["callback"]), MESSAGE: Recording(recording)},
        Channel.PHONE,
        Language(entry["language"]),
        line,
        time,
    )
    return message, Attachment(recording, name, "audio/wav", wav)
