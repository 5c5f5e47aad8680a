"""The keys of tests."""

from __future__ import annotations

import base64
from pathlib import Path

from backend.storage.vault import Vault
from foundation.keys import KeyRing

KEY = bytes(range(32))
VAULT = Vault(KeyRing([KEY]))


def put_keys(data: Path) -> None:
    """Puts the key where the commands find it in a folder of data."""
    file = data / "key"
    file.touch(0o600)
    file.write_bytes(base64.b64encode(KEY) + b"\n")
