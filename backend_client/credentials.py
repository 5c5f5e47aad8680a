"""What a door shows to be let in: its key and certificate, and the authority whose backends it trusts.

A folder holds them, readable by its owner only:

| file | what |
|---|---|
| `door.pem` | the private key (PKCS#8), then the certificate and those between it and its authority |
| `authority.pem` | the certificates of the authorities that a backend's certificate may come from |
| `new-key.pem` | a key for which a certificate was asked and has not come yet |

Key and certificate are one file, so that a renewal that is cut off leaves the old pair or the new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self

import grpc
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from backend_client.forms.wording import wording
from backend_client.target import is_loopback
from foundation.config import ConfigError
from foundation.language import Translate, language_of_environment
from foundation.pem import certificates_pem, key_pem
from foundation.private_file import open_to_others, write_private

DOOR = "door.pem"
AUTHORITY = "authority.pem"
NEW_KEY = "new-key.pem"
MAX_FILE = 1 << 18
"""Bytes; a larger file is a mistake."""

PrivateKey = ec.EllipticCurvePrivateKey


class CredentialsUnusable(Exception):
    """The files are not there, not whole or open to others. `problem` names a text of this room."""

    def __init__(self, problem: str, file: Path, reason: str = "") -> None:
        super().__init__(f"{file}: {problem}{': ' if reason else ''}{reason}")
        self.problem = problem
        self.file = file
        self.reason = reason


@dataclass(frozen=True)
class DoorCredentials:
    """A door's credentials, read from a folder. Its repr shows no key.

    `door` is the name in the certificate; `not_before` and `not_after` are its ends.
    """

    folder: Path
    door: str
    not_before: datetime
    not_after: datetime
    key: bytes = field(repr=False)
    chain: bytes = field(repr=False)
    authority: bytes = field(repr=False)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Reads them. Raises CredentialsUnusable."""
        if not (folder / DOOR).exists():
            raise CredentialsUnusable("credentials.none", folder)
        pair, authority = read_private(folder / DOOR), read_private(folder / AUTHORITY)
        return cls._of(folder, pair, authority)

    @classmethod
    def _of(cls, folder: Path, pair: bytes, authority: bytes) -> Self:
        certificates = read_certificates(pair, folder / DOOR)
        read_certificates(authority, folder / AUTHORITY)
        key = _read_key(pair, folder / DOOR)
        own = certificates[0]
        if own.public_key() != key.public_key():
            raise CredentialsUnusable("credentials.not_a_pair", folder / DOOR)
        names = own.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return cls(
            folder=folder,
            door=str(names[0].value) if names else "",
            not_before=own.not_valid_before_utc,
            not_after=own.not_valid_after_utc,
            key=key_pem(key),
            chain=certificates_pem(certificates),
            authority=authority,
        )

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """For a channel of gRPC."""
        return grpc.ssl_channel_credentials(self.authority, self.key, self.chain)


def store(
    folder: Path, key: PrivateKey, chain: Sequence[x509.Certificate], authority: Sequence[x509.Certificate]
) -> DoorCredentials:
    """Puts new credentials in the place of the old ones; on the disk when it returns.

    The authorities are written first: they include that of the old certificate, so that a cut between the two
    leaves what works. Raises CredentialsUnusable.
    """
    pair, trusted = key_pem(key) + certificates_pem(chain), certificates_pem(authority)
    made = DoorCredentials._of(folder, pair, trusted)
    write(folder / AUTHORITY, trusted)
    write(folder / DOOR, pair)
    (folder / NEW_KEY).unlink(missing_ok=True)
    return made


def pending_key(folder: Path) -> PrivateKey:
    """The key for which a certificate is being asked, made where there is none.

    It is kept until the certificate is here: a request that was cut off is repeated with the same key, by
    which the backend knows it again. Raises CredentialsUnusable.
    """
    file = folder / NEW_KEY
    if file.exists():
        return _read_key(read_private(file), file)
    key = ec.generate_private_key(ec.SECP256R1())
    write(file, key_pem(key))
    return key


def request(key: PrivateKey) -> x509.CertificateSigningRequest:
    """A PKCS#10 request for a certificate. The name of the door is not in it: who signs it knows it."""
    return x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())


def read_certificates(content: bytes, file: Path) -> list[x509.Certificate]:
    """The certificates in PEM. Raises CredentialsUnusable where there is none."""
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError:
        raise CredentialsUnusable("credentials.no_certificate", file) from None


def read_public(file: Path) -> bytes:
    """A file that is no secret. Raises CredentialsUnusable."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_FILE + 1)
    except OSError as error:
        raise CredentialsUnusable("credentials.unreadable", file, error.strerror or "") from None
    if len(content) > MAX_FILE:
        raise CredentialsUnusable("credentials.too_large", file)
    return content


def credentials_for(target: str, folder: Path | None) -> DoorCredentials | None:
    """What a door's settings come to: None where plain text will do, which is on loopback.

    Raises CredentialsUnusable.
    """
    if folder is not None:
        return DoorCredentials.load(folder)
    if not is_loopback(target):
        raise CredentialsUnusable("credentials.needed", Path(target))
    return None


def configured_credentials(target: str, folder: Path | None) -> DoorCredentials | None:
    """As `credentials_for`, for a command. Raises ConfigError with what to tell the technician."""
    try:
        return credentials_for(target, folder)
    except CredentialsUnusable as error:
        raise ConfigError(unusable_sentence(error, wording(language_of_environment()))) from None


def unusable_sentence(error: CredentialsUnusable, translate: Translate) -> str:
    """What to tell the technician."""
    return translate(error.problem, file=error.file, reason=error.reason)


def read_private(file: Path) -> bytes:
    """A file that only its owner may read. Raises CredentialsUnusable."""
    try:
        open_ = open_to_others(file)
    except OSError as error:
        raise CredentialsUnusable("credentials.unreadable", file, error.strerror or "") from None
    if open_:
        raise CredentialsUnusable("credentials.open_to_others", file)
    return read_public(file)


def write(file: Path, content: bytes) -> None:
    """Replaces a file as one step, readable by its owner only. Raises CredentialsUnusable."""
    try:
        write_private(file, content)
    except OSError as error:
        raise CredentialsUnusable("credentials.unwritable", file, error.strerror or "") from None


def _read_key(content: bytes, file: Path) -> PrivateKey:
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise CredentialsUnusable("credentials.no_key", file) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CredentialsUnusable("credentials.no_key", file)
    return key
