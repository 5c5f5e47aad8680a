"""A small certificate authority: its own certificate, the backend's, and those of doors. Pure.

Certificates are X.509 v3 (RFC 5280) with keys on P-256 and ECDSA with SHA-256. The authority signs no further
authority (path length 0). A door's certificate carries the door's identifier as common name and is good for
clients only, a backend's carries its host names and addresses and is good for servers only, so that neither
can pass for the other. Serial numbers are random, 159 bits.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LIFE = timedelta(days=3650)
SERVER_LIFE = timedelta(days=398)
DOOR_LIFE = timedelta(days=90)
MAX_REQUEST = 2048
"""Bytes of a PKCS#10 request; one with a key on P-256 and nothing else has about 220."""
MAX_NAMES = 32
SHARED_NAME = "backend.huimin.internal"
"""In every backend's certificate: what doors check where they know several addresses and no name."""

_SKEW = timedelta(minutes=5)
"""Clocks of two backends may differ by so much."""
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")

PublicKey = ec.EllipticCurvePublicKey
PrivateKey = ec.EllipticCurvePrivateKey


class RequestWrong(Exception):
    """A request for a certificate is refused; the message says why, for developers."""


class AuthorityUnusable(Exception):
    """What was given is no authority; the message says why, for the operator's log."""


class NameWrong(Exception):
    """A server's name is neither a host name nor an address."""


@dataclass(frozen=True)
class Authority:
    """A certificate that signs, with its key. Its repr shows the subject only."""

    certificate: x509.Certificate
    key: PrivateKey

    def __repr__(self) -> str:
        return f"Authority({self.certificate.subject.rfc4514_string()})"

    @classmethod
    def make(cls, name: str, now: datetime, life: timedelta = AUTHORITY_LIFE) -> Authority:
        """A new authority. name: its common name, which operators see."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = (
            _unsigned(subject, subject, key.public_key(), now, life)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        return cls(certificate, key)

    @classmethod
    def read(cls, certificates: bytes, key: bytes) -> Authority:
        """The authority of a PEM key, out of one or several PEM certificates. Raises AuthorityUnusable."""
        try:
            private = serialization.load_pem_private_key(key, password=None)
            found = x509.load_pem_x509_certificates(certificates)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise AuthorityUnusable("not PEM, or encrypted") from None
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise AuthorityUnusable("the key is not an elliptic curve's")
        for certificate in found:
            if certificate.public_key() == private.public_key():
                return cls(certificate, private)
        raise AuthorityUnusable("the key belongs to none of the certificates")

    def issue_door(
        self, key: PublicKey, door: str, now: datetime, life: timedelta = DOOR_LIFE
    ) -> x509.Certificate:
        """A certificate with which a door comes in. door: its identifier, without ``doors/``."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, door)])
        return self._issue(subject, key, now, life, purpose=ExtendedKeyUsageOID.CLIENT_AUTH)

    def issue_server(
        self, key: PublicKey, names: Sequence[str], now: datetime, life: timedelta = SERVER_LIFE
    ) -> x509.Certificate:
        """A certificate of a backend. names: host names and addresses by which doors call it.

        Raises NameWrong.
        """
        if not 0 < len(names) <= MAX_NAMES:
            raise NameWrong("")
        alternatives = [server_name(name) for name in names]
        shared = x509.DNSName(SHARED_NAME)
        if shared not in alternatives:
            alternatives.append(shared)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
        return self._issue(
            subject, key, now, life, purpose=ExtendedKeyUsageOID.SERVER_AUTH, names=alternatives
        )

    def _issue(
        self,
        subject: x509.Name,
        key: PublicKey,
        now: datetime,
        life: timedelta,
        *,
        purpose: x509.ObjectIdentifier,
        names: Sequence[x509.GeneralName] = (),
    ) -> x509.Certificate:
        builder = (
            _unsigned(subject, self.certificate.subject, key, now, life)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256())


def read_request(der: bytes) -> PublicKey:
    """The key of a PKCS#10 request (RFC 2986), whose holder has signed it.

    Nothing else of the request is looked at. Raises RequestWrong.
    """
    if len(der) > MAX_REQUEST:
        raise RequestWrong(f"has more than {MAX_REQUEST} bytes")
    try:
        request = x509.load_der_x509_csr(der)
        key = request.public_key()
    except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm):
        raise RequestWrong("is no PKCS#10 request in DER") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise RequestWrong("has a key that is not on the curve P-256")
    try:
        signed = request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm, InvalidSignature):
        signed = False
    if not signed:
        raise RequestWrong("is not signed by its own key")
    return key


def server_name(name: str) -> x509.GeneralName:
    """A host name or an address as a certificate carries it. Raises NameWrong."""
    try:
        return x509.IPAddress(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        host = name.lower()
        if len(host) > 253 or not _HOST.fullmatch(host):
            raise NameWrong(name) from None
        return x509.DNSName(host)


def serial_of(certificate: x509.Certificate) -> str:
    """The serial number as it is kept and shown: hexadecimal, lower case."""
    return f"{certificate.serial_number:x}"


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate as people compare it: pairs of hexadecimal digits, with colons."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def new_key() -> PrivateKey:
    """A new key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def _unsigned(
    subject: x509.Name, issuer: x509.Name, key: PublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    """A short life, as tests use, is not drowned by what is allowed for clocks."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - min(_SKEW, life / 10))
        .not_valid_after(now + life)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
