"""Who gives a command, as the audit trail names them."""

from __future__ import annotations

import os
import pwd
from uuid import uuid4

from backend.storage.audit import Actor


def clerk() -> Actor:
    """The user of this machine who gives the command; behind sudo the one who called it."""
    login = os.environ.get("SUDO_USER", "") if os.getuid() == 0 else ""
    if not login:
        try:
            login = pwd.getpwuid(os.getuid()).pw_name
        except KeyError:  # a user without a name, as in a container
            login = str(os.getuid())
    return Actor(f"office/{login}", "command", uuid4().hex)
