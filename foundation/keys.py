"""Keys for what lies on a disk: sealing, opening, and looking up without showing.

A key file holds one key a line, 32 bytes in base64 (44 characters); lines that begin with ``#`` are not
looked at. The first key seals, all open: a key is changed by putting a new one in front.

A sealed value is, in this order: 1 byte version (1), 4 bytes key id (the first of SHA-256 of the key), 12
bytes nonce, ciphertext with its 16 bytes tag: AES-256-GCM, NIST SP 800-38D, with random nonces. The context
is authenticated and not stored: what was sealed for one row and column cannot be put into another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from foundation.log import logger
from foundation.private_file import open_to_others

KEY_BYTES = 32
OVERHEAD = 33
"""Bytes that a sealed value is longer than the plain one."""
MAX_KEYS = 16
_MAX_FILE = 4096
_VERSION = b"\x01"
_ID_BYTES = 4
_NONCE_BYTES = 12
_HEAD = len(_VERSION) + _ID_BYTES + _NONCE_BYTES
_log = logger(__name__)


class KeysUnusable(Exception):
    """The keys cannot be used; the message says which file and why, and shows nothing of them."""


class CannotOpen(Exception):
    """What was to be opened was sealed with another key or for another place, or is damaged."""


class KeyRing:
    """Some keys, the newest first. Its repr shows none."""

    def __init__(self, keys: Iterable[bytes]) -> None:
        self._keys = tuple(keys)
        if not 0 < len(self._keys) <= MAX_KEYS or any(len(key) != KEY_BYTES for key in self._keys):
            raise KeysUnusable(f"needs 1 to {MAX_KEYS} keys of {KEY_BYTES} bytes")
        self._ciphers = {_id(key): AESGCM(key) for key in self._keys}
        self._newest = _id(self._keys[0])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Keys as a key file holds them. Raises KeysUnusable."""
        lines = [line.strip() for line in text.splitlines()]
        try:
            return cls(
                base64.b64decode(line, validate=True) for line in lines if line and not line.startswith("#")
            )
        except binascii.Error:
            raise KeysUnusable("a line is not base64") from None

    @classmethod
    def load(cls, file: Path) -> Self:
        """Reads a key file. Raises KeysUnusable, also where others than its owner may read it."""
        try:
            if open_to_others(file):
                raise KeysUnusable(f"{file}: others than its owner may read it; chmod 600 mends that")
            with file.open("rb") as opened:
                text = opened.read(_MAX_FILE + 1)
        except OSError as error:
            raise KeysUnusable(f"{file}: {error.strerror}") from None
        try:
            if len(text) > _MAX_FILE:
                raise KeysUnusable("is too long for keys")
            return cls.parse(text.decode("ascii"))
        except UnicodeDecodeError:
            raise KeysUnusable(f"{file}: a line is not base64") from None
        except KeysUnusable as error:
            raise KeysUnusable(f"{file}: {error}") from None

    @classmethod
    def load_or_make(cls, file: Path) -> tuple[Self, bool]:
        """Reads a key file, made with one new key where there is none; whether it was made.

        Of several processes that make it at the same time, one does. Raises KeysUnusable.
        """
        made = False
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = file.with_name(f"{file.name}.{secrets.token_hex(4)}.part")
            if not file.exists():
                descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                try:
                    os.write(descriptor, new_key().encode() + b"\n")
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
                try:
                    os.link(part, file)
                    made = True
                except FileExistsError:
                    pass
                finally:
                    part.unlink()
        except OSError as error:
            raise KeysUnusable(f"{file}: {error.strerror}") from None
        return cls.load(file), made

    @classmethod
    def find(cls, room: str, *, file: Path | None, folder: Path, starting: bool = True) -> Self:
        """The keys of a room, from the first of these places that is given.

        1. ``file``, a key file of the configuration;
        2. the variable ``HUIMIN_{ROOM}_KEY``, which holds what a key file holds;
        3. the systemd credential ``huimin-{room}.key`` (LoadCredential= or LoadCredentialEncrypted=,
           systemd.exec(5)), below ``$CREDENTIALS_DIRECTORY``;
        4. ``folder/key``, made at the first start. It lies beside the data that it seals, and so guards only
           what leaves the machine without it; the log warns of it at every start.

        starting: whether a key is made there where there is none. Raises KeysUnusable. The folder has to be
        for its owner only where a key is made in it.
        """
        if file is not None:
            return cls.load(file)
        variable = f"HUIMIN_{room.upper()}_KEY"
        if text := os.environ.get(variable, "").strip():
            try:
                return cls.parse(text)
            except KeysUnusable as error:
                raise KeysUnusable(f"{variable}: {error}") from None
        if credentials := os.environ.get("CREDENTIALS_DIRECTORY"):
            credential = Path(credentials) / f"huimin-{room}.key"
            if credential.exists():
                return cls.load(credential)
        beside = folder / "key"
        if not starting:
            return cls.load(beside)
        keys, made = cls.load_or_make(beside)
        _log.warning("key_beside_data", room=room, file=str(beside), made=made)
        return keys

    def seal(self, plain: bytes, context: str) -> bytes:
        """Encrypts with the newest key. context: where it will lie, such as ``submissions.message NAME``."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        head = _VERSION + self._newest + nonce
        return head + self._ciphers[self._newest].encrypt(nonce, plain, head + context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """The plain value. Raises CannotOpen."""
        if len(sealed) < OVERHEAD:
            raise CannotOpen("too short")
        head, body = sealed[:_HEAD], sealed[_HEAD:]
        cipher = self._ciphers.get(head[1 : 1 + _ID_BYTES])
        if head[:1] != _VERSION or cipher is None:
            raise CannotOpen("sealed with another key")
        try:
            return cipher.decrypt(head[-_NONCE_BYTES:], body, head + context.encode())
        except InvalidTag:
            raise CannotOpen("damaged, or sealed for another place") from None

    @property
    def newest(self) -> bytes:
        """Id of the key that seals now: the 4 bytes behind the first of what it sealed."""
        return self._newest

    def is_newest(self, sealed: bytes) -> bool:
        """Whether it was sealed with the key that seals now."""
        return sealed[1 : 1 + _ID_BYTES] == self._newest

    def index(self, value: str, purpose: str) -> bytes:
        """A keyed hash, 32 bytes, by which a value is found again: HMAC-SHA-256 with the oldest key.

        Of the oldest, because it has to stay the same when a key is added; so the last line of a key file is
        never removed, unless everything is indexed anew.
        """
        key = hmac.digest(self._keys[-1], f"index {purpose}".encode(), hashlib.sha256)
        return hmac.digest(key, value.encode(), hashlib.sha256)

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return f"KeyRing({len(self._keys)})"


def new_key() -> str:
    """A new key as a line of a key file."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _id(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:_ID_BYTES]
