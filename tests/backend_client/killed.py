"""``killed.py``: processes that keep submissions, each killed at a line of the queue's code.

Reads from standard input ``FOLDER LINE``, once and again; LINE counts the lines that are run in
`backend_client.queue`. Answers what such a process had said was accepted before it was killed there, a JSON
object NAME: REFERENCE, or null where it came to its end before.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from huimin.v1 import form_pb2

from backend_client.queue import store as queue
from backend_client.submission import Attachment, Leased, new_attachment_name, new_submission_name
from foundation.keys import KEY_BYTES, KeyRing

QUEUE = str(Path(queue.__file__).parent)
REFERENCES = tuple(f"{number:012}" for number in range(100_000_000_000, 100_000_000_005))


def keep(folder: Path, last: int, tell: int) -> None:
    """Keeps three submissions. tell: where it writes, a line each, what is accepted."""
    lines = 0

    def count(frame: FrameType, event: str, _: object) -> Any:
        nonlocal lines
        if not frame.f_code.co_filename.startswith(QUEUE):
            return None
        if event == "line":
            lines += 1
            if lines == last:
                os.kill(os.getpid(), signal.SIGKILL)
        return count

    sys.settrace(count)
    store = queue.Store(folder, KeyRing([b"k" * KEY_BYTES]), queue.Bounds(low=1, wanted=5))
    store.begin_lease()
    store.end_lease(frozenset(), Leased(frozenset(), REFERENCES))
    for _ in range(3):
        name = new_submission_name()
        file = Attachment(new_attachment_name(), name, "audio/wav", name.encode() * 100)
        kept = store.keep(form_pb2.Submission(name=name), name, [file], datetime.now(UTC))
        os.write(tell, f"{name} {kept.reference}\n".encode())


def killed_at(folder: Path, line: int) -> dict[str, str] | None:
    """Has a process killed at that line."""
    hear, tell = os.pipe()
    child = os.fork()
    if not child:
        keep(folder, line, tell)
        os._exit(0)
    os.close(tell)
    with os.fdopen(hear) as said:
        accepted = dict(told.split() for told in said)
    _, status = os.waitpid(child, 0)
    return accepted if os.WIFSIGNALED(status) else None


if __name__ == "__main__":
    for asked in sys.stdin:
        where, at = asked.split()
        print(json.dumps(killed_at(Path(where), int(at))), flush=True)
