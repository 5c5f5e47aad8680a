"""The keys of the backend: what seals personal data in the database, opens it, and finds a person again.

`Database` puts the vault of its opening into every connection, where plain functions find it (`vault_of`).
A running backend reads its keys anew when it meets a value that was sealed with a key that it does not have
yet, so a key is changed without a restart.

Each sealed value names its place (`foundation.keys`), so that no row can be given the value of another:
``submissions.message NAME``, ``cases.applicant REFERENCE`` and so on; each stands where it is used.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, inspect, select

from backend.storage.tables import KeyCheck
from foundation.keys import CannotOpen, KeyRing, KeysUnusable

KNOWN = b"huimin"
"""What lies sealed in `KeyCheck`."""
PLACE = "key_check.sealed"
_INFO = "vault"
_PAUSE = 1.0
"""Seconds before keys are read anew once more."""


class WrongKeys(Exception):
    """The database was sealed with other keys; `oldest` says that only the oldest of them is missing."""

    def __init__(self, *, oldest: bool) -> None:
        super().__init__("the database was sealed with other keys")
        self.oldest = oldest


class Keyed(Protocol):
    """What a vault needs of the settings."""

    @property
    def keys(self) -> Path | None: ...  # noqa: D102
    @property
    def data(self) -> Path: ...  # noqa: D102


class Vault:
    """The keys that a backend has now. again: reads them anew, where they may have changed."""

    def __init__(self, keys: KeyRing, again: Callable[[], KeyRing] | None = None) -> None:
        self._keys = keys
        self._again = again
        self._read = time.monotonic()
        self._reading = threading.Lock()

    @classmethod
    def find(cls, settings: Keyed, *, starting: bool = False) -> Vault:
        """The vault of a backend; see `KeyRing.find` for where its keys lie. Raises KeysUnusable.

        starting: a key is made where there is none. A command makes none: it would be the wrong one.
        """

        def read(starting: bool = False) -> KeyRing:
            return KeyRing.find("backend", file=settings.keys, folder=settings.data, starting=starting)

        return cls(read(starting), read)

    def seal(self, plain: bytes, place: str) -> bytes:
        """Seals a value for a place, with the newest key."""
        return self._keys.seal(plain, place)

    def open(self, sealed: bytes, place: str) -> bytes:
        """The value that was sealed for that place. Raises CannotOpen."""
        try:
            return self._keys.open(sealed, place)
        except CannotOpen:
            if not self._read_anew():
                raise
            return self._keys.open(sealed, place)

    def seal_text(self, plain: str, place: str) -> bytes:
        """Seals a text; an empty one is sealed too."""
        return self.seal(plain.encode(), place)

    def open_text(self, sealed: bytes, place: str) -> str:
        """The text that was sealed for that place. Raises CannotOpen."""
        return self.open(sealed, place).decode()

    @property
    def newest(self) -> bytes:
        """See `KeyRing.newest`."""
        return self._keys.newest

    def index(self, value: str, purpose: str) -> bytes:
        """A keyed hash, 32 bytes, by which a value is found again; it outlives a change of keys."""
        return self._keys.index(value, purpose)

    def person(self, identity_number: str) -> bytes:
        """By which a person is found again."""
        return self.index(identity_number, "person")

    def _read_anew(self) -> bool:
        """Reads the keys anew, at most once a second; whether they may be others now."""
        with self._reading:
            if self._again is None or time.monotonic() < self._read + _PAUSE:
                return False
            self._read = time.monotonic()
            try:
                found = self._again()
            except KeysUnusable:  # half-written, or taken away: those that are there go on
                return False
            self._keys = found
            return True

    def __repr__(self) -> str:
        return "Vault(…)"


def put_vault(info: dict[object, object], vault: Vault) -> None:
    """Puts a vault where `vault_of` finds it. info: of a connection of the database's driver."""
    info[_INFO] = vault


def vault_of(connection: Connection) -> Vault:
    """The vault of the database that is connected to."""
    vault = connection.info[_INFO]
    assert isinstance(vault, Vault)
    return vault


def check_keys(connection: Connection, vault: Vault | None = None) -> None:
    """Refuses keys that the database was not sealed with. Raises WrongKeys.

    A database of the first release holds nothing sealed. vault: the connection's own where none is given.
    """
    if not inspect(connection).has_table(KeyCheck.__tablename__):
        return
    vault = vault or vault_of(connection)
    held = connection.execute(select(KeyCheck.sealed, KeyCheck.found)).one()
    try:
        vault.open(held.sealed, PLACE)
    except CannotOpen:
        raise WrongKeys(oldest=False) from None
    if not hmac.compare_digest(vault.index(KNOWN.decode(), PLACE), held.found):
        raise WrongKeys(oldest=True)
