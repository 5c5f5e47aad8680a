"""TLS on the backend's ports (RFC 8446): its certificate, and what clients have to show.

The files are looked at again when a connection begins: a certificate that was replaced is used from the next
connection on, without a restart. Files that do not fit together are reported and the ones before stay in use.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import grpc
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from backend.doors.authority import Authority, AuthorityUnusable
from foundation.address import host_and_port, is_loopback_host
from foundation.log import logger
from foundation.private_file import open_to_others

MAX_FILE = 1 << 18
"""Bytes; a larger file is a mistake."""

_log = logger(__name__)


class TlsUnusable(Exception):
    """It cannot be served as the settings say. `problem` names a text of this room, `what` the file."""

    def __init__(self, problem: str, what: object = "", reason: str = "") -> None:
        super().__init__(f"{problem}: {what} {reason}".strip())
        self.problem = problem
        self.what = what
        self.reason = reason


class Given(Protocol):
    """The settings that decide about TLS."""

    listen: str
    enrol_listen: str
    tls_certificate: Path | None
    tls_key: Path | None
    tls_authority: Path | None
    authority_key: Path | None


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The backend's certificate with those up to its authority, its key, and the authorities of doors.

    `authority_key` signs doors' certificates; without it another authority does.
    """

    certificate: Path
    key: Path
    authority: Path
    authority_key: Path | None

    def read(self) -> Material:
        """What is in them. Raises TlsUnusable where they do not fit together."""
        certificate, key, authority = (_read(file) for file in (self.certificate, self.key, self.authority))
        own = _certificates(certificate, self.certificate)[0]
        try:
            private = load_pem_private_key(key, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise TlsUnusable("tls.no_key", self.key) from None
        if open_to_others(self.key):
            raise TlsUnusable("tls.open_to_others", self.key)
        if own.public_key() != private.public_key():
            raise TlsUnusable("tls.not_a_pair", self.key)
        return Material(certificate, key, authority, _certificates(authority, self.authority), own)

    def signing(self) -> Authority:
        """Who signs doors' certificates: one of `authority`. Raises TlsUnusable."""
        assert self.authority_key
        key = _read(self.authority_key)
        if open_to_others(self.authority_key):
            raise TlsUnusable("tls.open_to_others", self.authority_key)
        try:
            return Authority.read(_read(self.authority), key)
        except AuthorityUnusable:
            raise TlsUnusable("tls.not_the_authoritys", self.authority_key) from None


@dataclass(frozen=True, slots=True)
class Material:
    """The files' contents, and of the certificates those that are asked about."""

    certificate: bytes
    key: bytes
    authority: bytes
    authorities: list[x509.Certificate]
    own: x509.Certificate

    def configuration(self) -> grpc.ServerCertificateConfiguration:
        """For gRPC."""
        return grpc.ssl_server_certificate_configuration([(self.key, self.certificate)], self.authority)

    def __repr__(self) -> str:
        return "Material(…)"


def tls_files(given: Given) -> TlsFiles | None:
    """The files that the settings name; None for plain text, which is spoken on loopback only.

    Raises TlsUnusable.
    """
    named = (given.tls_certificate, given.tls_key, given.tls_authority)
    if not any(named):
        if given.enrol_listen or given.authority_key:
            raise TlsUnusable("tls.enrolment_needs_tls")
        if not is_loopback_host(host_and_port(given.listen)[0]):
            raise TlsUnusable("tls.plain_text", given.listen)
        return None
    certificate, key, authority = named
    if not (certificate and key and authority):
        raise TlsUnusable("tls.incomplete")
    if given.enrol_listen and not given.authority_key:
        raise TlsUnusable("tls.enrolment_needs_key")
    return TlsFiles(certificate, key, authority, given.authority_key)


def server_credentials(files: TlsFiles, *, doors_only: bool) -> grpc.ServerCredentials:
    """For a port. doors_only: whether clients have to show a certificate of the authorities.

    Raises TlsUnusable.
    """
    watched = _Watched(files)
    return grpc.dynamic_ssl_server_credentials(  # None, for no change, is missing in its types
        watched.first,
        watched,  # type: ignore[arg-type]
        doors_only,
    )


def add_port(server: grpc.aio.Server, address: str, files: TlsFiles | None, *, doors_only: bool) -> int:
    """Opens a port of a server; its number. Raises TlsUnusable, and RuntimeError where it is taken."""
    if files is None:
        return server.add_insecure_port(address)
    return server.add_secure_port(address, server_credentials(files, doors_only=doors_only))


def ends_soon(material: Material, now: datetime, within_days: int = 30) -> bool:
    """Whether the backend's certificate is over within so many days, or is over already."""
    return (material.own.not_valid_after_utc - now).days < within_days


class _Watched:
    """Gives gRPC another configuration when the files have changed; called in gRPC's own threads."""

    def __init__(self, files: TlsFiles) -> None:
        self._files = files
        self._state = self._look()
        self.first = files.read().configuration()

    def __call__(self) -> grpc.ServerCertificateConfiguration | None:
        state = self._look()
        if state == self._state:
            return None
        self._state = state
        try:
            material = self._files.read()
        except (TlsUnusable, OSError) as error:
            _log.error("certificate_not_taken", reason=str(error))
            return None
        _log.info("certificate_taken", until=material.own.not_valid_after_utc.isoformat())
        return material.configuration()

    def _look(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(
            _stamp(file) for file in (self._files.certificate, self._files.key, self._files.authority)
        )


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_FILE + 1)
    except OSError as error:
        raise TlsUnusable("tls.unreadable", file, error.strerror or "") from None
    if len(content) > MAX_FILE:
        raise TlsUnusable("tls.too_large", file)
    return content


def _certificates(content: bytes, file: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError:
        raise TlsUnusable("tls.no_certificate", file) from None
